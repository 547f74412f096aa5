"""What was read or written in the open transaction of the only writer, which nobody else changes before its end."""

from collections.abc import Callable, Collection, Mapping
from typing import Generic, TypeVar

from idsync.stores.tables.connection import Connection, FirstQuestion, Listed, Row
from idsync.stores.tables.statements import Statement

_MANY = 5_000
"""What is read of more at once takes much memory, and is not asked for again soon."""
_HABITS = 8
"""So many values that the transaction before asked for are told with the beginning of the next."""
K = TypeVar("K")
V = TypeVar("V")


class Remembered(Generic[K, V]):
    """Values by key, as far as the open transaction knows them; outside of one of the only writer, nothing is kept."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._values: dict[K, V] = {}
        self._asked: dict[K, None] = {}
        """What the open transaction asked for one by one."""
        self._habit: list[K] = []
        """What the last one that asked for anything asked for."""
        connection.after_commit.append(self._end)
        connection.after_rollback.append(self.forget)

    def _end(self) -> None:
        if self._asked:
            self._habit = list(self._asked)[:_HABITS]
        self.forget()

    def get(self, key: K, read: Callable[[], V]) -> V:
        """The value of a key, which is read where it is not known."""
        if self._connection.is_only_writer:
            self._asked[key] = None
        if key in self._values:
            return self._values[key]
        value = read()
        self.note({key: value})
        return value

    def asked_first(self, key: K, statement: Statement, value: Callable[[list[Row]], V]) -> None:
        """Let a database that can do so tell the value of a key with the beginning of each transaction."""
        question = FirstQuestion(statement, lambda rows: self.note({key: value(rows)}))
        self._connection.asked_first.append(question)

    def asked_by_habit(self, statement: Statement, values: Callable[[list[Row]], dict[K, V]], missing: V) -> None:
        """The same for the keys that the transaction before asked for; the statement is given a list of them."""

        def tell(rows: list[Row]) -> None:
            self.note(dict.fromkeys(self._habit, missing) | values(rows))

        self._connection.asked_first.append(FirstQuestion(statement, tell, lambda: (Listed(self._habit),)))

    def get_all(self, keys: Collection[K], read: Callable[[list[K]], Mapping[K, V]]) -> dict[K, V]:
        """The values of keys, in the order of the keys; those that are not known are read together."""
        unknown = [key for key in dict.fromkeys(keys) if key not in self._values]
        found = read(unknown) if unknown else {}
        if len(found) <= _MANY:
            self.note(found)
        return {key: found[key] if key in found else self._values[key] for key in keys}

    def note(self, values: Mapping[K, V]) -> None:
        """Remember what was written or read."""
        if self._connection.is_only_writer:
            self._values.update(values)

    def change(self, key: K, how: Callable[[V], V]) -> None:
        """Write a part of a value, where it is known; who does not know it, reads it when it is asked for."""
        if key in self._values:
            self._values[key] = how(self._values[key])

    def forget(self) -> None:
        """Read all of it when it is asked for."""
        self._asked.clear()
        self._values.clear()
