"""What goes to the server in one exchange, which takes longer than most statements do there.

What is written waits for what is asked next, and goes with it. What will probably be asked is asked together, and told
from memory until something is written.
"""

import logging
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, cast

import psycopg

from idsync.errors import StoreAway
from idsync.stores.postgres.explanations import explained
from idsync.stores.postgres.prepared import Prepared
from idsync.stores.postgres.together import Filled, answers, as_text, is_short
from idsync.stores.tables.connection import Listed, Row, Value

# What it warns of is raised as well, and is told then in our words and in the form of the log.
logging.getLogger("psycopg").setLevel(logging.ERROR)

Raw = psycopg.Connection[Row]
_MOST_WAITING = 100
"""So many writes wait."""
_READS = "SELECT"
_Asked = tuple[Any, ...]


class Exchange:
    """Speaks to the server over one connection, which `connect` makes in autocommit."""

    def __init__(self, connect: Callable[[], Raw], label: str) -> None:
        self._connect = connect
        self._label = label
        self._begin_session()
        self._waiting: list[Filled] = []
        """What is written with the next exchange."""
        self._told: dict[_Asked, list[Row]] = {}
        """What is told already of what will probably be asked."""

    def _begin_session(self) -> None:
        self.raw = self._connect()
        self._prepared = Prepared(self.raw)

    def told(self, sql: str, values: Sequence[Value]) -> list[Row] | None:
        """The rows of a question that was asked together with others, if nothing was written since."""
        return self._told.get(_asked(sql, values)) if self._told else None

    def tell(self, questions: Sequence[Filled], rows: Sequence[list[Row]]) -> None:
        """Keep the answers to questions."""
        self._told |= {_asked(*each): found for each, found in zip(questions, rows, strict=True)}

    def ask_together(self, questions: Sequence[Filled]) -> None:
        """Ask what of this is not told, and keep the answers until something is written."""
        unknown = [each for each in questions if _asked(*each) not in self._told]
        if unknown:
            self.tell(unknown, self.rows_of(self.send(*unknown), len(unknown)))

    def rows_of(self, cursor: psycopg.Cursor[Row], count: int) -> list[list[Row]]:
        """The rows of each of the last statements that were sent in one exchange."""
        with self.explained():
            return answers(cursor, count)

    def write(self, sql: str, values: Sequence[Value]) -> None:
        """Write with the next exchange."""
        self._told.clear()
        if not is_short(values):
            self.send((sql, values))
            return
        self._waiting.append((sql, values))
        if len(self._waiting) >= _MOST_WAITING:
            self.settle()

    def settle(self) -> None:
        """Write what waits. What is told holds no longer: who asks for this writes past what is known here."""
        self._told.clear()
        if self._waiting:
            with self.explained():
                self._send_with_waiting(())

    def forget(self) -> None:
        """Write nothing of what waits."""
        self._told.clear()
        self._waiting.clear()

    def takes_back(self, first: Filled) -> bool:
        """Whether all that was written since `first` waited still, and is written no more; `first` is neither."""
        if first not in self._waiting:
            return False
        while self._waiting.pop() != first:
            pass
        return True

    def send(self, *statements: Filled, reconnects: bool = False) -> psycopg.Cursor[Row]:
        """The answer to the last of these statements, before which goes what waits. Raises StoreError.

        With `reconnects`, where the connection broke, another one is made, on which nothing was said yet.
        """
        if self.raw.closed and reconnects:
            self._begin_session()
        try:
            return self._sent(statements)
        except StoreAway:
            if not (self.raw.closed and reconnects):
                raise
            self._begin_session()
            return self._sent(statements)

    def _sent(self, statements: Sequence[Filled]) -> psycopg.Cursor[Row]:
        if not all(sql.startswith(_READS) for sql, _ in statements):
            self._told.clear()
        sql, values = statements[-1]
        with self.explained():
            if len(statements) > 1 or (self._waiting and is_short(values)):
                cursor = self._send_with_waiting(statements)
                cursor.set_result(-1)
                return cursor
            if self._waiting:
                self._send_with_waiting(())
            return self.raw.execute(cast(Any, sql), values or None)

    def _send_with_waiting(self, statements: Sequence[Filled]) -> psycopg.Cursor[Row]:
        """All of it in one exchange. What cannot be made a text waits for still, to be taken back."""
        text = as_text(self.raw, [*self._waiting, *statements], self._prepared)
        self._prepared.prepare()
        self._waiting = []
        try:
            return self.raw.execute(cast(Any, text))
        except psycopg.errors.InvalidSqlStatementName:
            self._prepared.lost()
            raise

    @contextmanager
    def explained(self) -> Iterator[None]:
        """Raises StoreError for what the driver raises."""
        try:
            yield
        except (psycopg.Error, psycopg.Warning, UnicodeError) as error:
            raise explained(error, self._label) from error


def _asked(sql: str, values: Sequence[Value]) -> _Asked:
    """A question, to be known by; in which order a list is given changes nothing of what is found."""
    return sql, *(tuple(sorted(value)) if isinstance(value, Listed) else value for value in values)
