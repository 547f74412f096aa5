"""The rows of one query, fetched from a cursor of the server a portion at a time."""

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from itertools import count

import psycopg

from idsync.stores.tables.connection import Row, Value

Execute = Callable[[str, Sequence[Value]], psycopg.Cursor[Row]]
_NUMBERS = count(1)


class Portions:
    """Needs the transaction that it was made in, until it is drained or at its end."""

    def __init__(self, execute: Execute, sql: str, values: Sequence[Value], size: int) -> None:
        self._execute = execute
        self._name = f"portions_{next(_NUMBERS)}"
        self._size = size
        self._rows: deque[Row] = deque()
        self._has_more = True
        execute(f"DECLARE {self._name} NO SCROLL CURSOR FOR {sql}", values)

    def __iter__(self) -> Iterator[Row]:
        return self

    def __next__(self) -> Row:
        if not self._rows and self._has_more:
            found = self._execute(f"FETCH FORWARD {self._size} FROM {self._name}", ()).fetchall()
            self._has_more = len(found) == self._size
            self._rows.extend(found)
        if not self._rows:
            raise StopIteration
        return self._rows.popleft()

    def drain(self) -> None:
        """Read all that is left, and give the cursor back."""
        if self._has_more:
            self._rows.extend(self._execute(f"FETCH ALL FROM {self._name}", ()).fetchall())
            self.give_back()

    def give_back(self) -> None:
        """Give the cursor back. A method `close` would be called by a generator that is left in the middle."""
        if self._has_more:
            self._has_more = False
            self._execute(f"CLOSE {self._name}", ())
