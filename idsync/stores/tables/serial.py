"""The directory's serial, and the numbers of pushes: two that only grow, in the one row of the directory.

The serial is one more with each transaction that changes the directory, however much it changes. What is pushed in one
transaction has one number, which is greater than those of all pushes before, whatever the clocks say.
"""

from collections.abc import Callable

from idsync.stores.tables.connection import Connection, Row
from idsync.stores.tables.remembered import Remembered
from idsync.stores.tables.statements import Statements

_SQL = Statements("directory.sql")
_MICROSECONDS = 1_000_000


class Serial:
    """Counts transactions that change the directory, and numbers those that take pushes; both are written at once."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._touched = False
        self._push = 0
        """The number of what this transaction takes, once it has one."""
        self._due = (0, 0)
        """By how much the serial in the row grows, and the number of the push: what this transaction has to write."""
        self._row: Remembered[str, tuple[int, int]] = Remembered(connection)
        self._row.asked_first("", _SQL["serial"], _only)
        connection.after_commit.append(self._end)
        connection.after_rollback.append(self._end)

    def current(self) -> int:
        """The serial; inside a transaction that changed something, the new one."""
        return self._written()[0] + self._due[0]

    @property
    def touched(self) -> bool:
        """Whether this transaction changes the directory."""
        return self._touched

    def touch(self) -> None:
        """This transaction changes the directory."""
        if not self._touched:
            self._touched = True
            self._due = (1, self._due[1])

    def last_push(self) -> int:
        """The number of the last push."""
        return self._push or self._written()[1]

    def number_push(self, clock: Callable[[], float]) -> int:
        """The number of what this transaction takes: microseconds since 1970, and more than the last one."""
        if not self._push:
            self._push = max(self.last_push() + 1, int(clock() * _MICROSECONDS))
            self._due = (self._due[0], self._push)
        return self._push

    def push_now(self, clock: Callable[[], float]) -> int:
        """The time in the same numbers, and no less than the last one."""
        return max(self.last_push(), int(clock() * _MICROSECONDS))

    def write(self) -> None:
        """Write what changed, as a transaction or a part of it ends."""
        if self._due == (0, 0):
            return
        (more, push), self._due = self._due, (0, 0)
        self._connection.run(_SQL["count"], (more, push))
        self._row.change("", lambda row: (row[0] + more, max(row[1], push)))

    def _written(self) -> tuple[int, int]:
        return self._row.get("", lambda: _only(self._connection.rows(_SQL["serial"])))

    def _end(self) -> None:
        self._touched, self._push, self._due = False, 0, (0, 0)


def _only(rows: list[Row]) -> tuple[int, int]:
    return (int(rows[0][0]), int(rows[0][1])) if rows else (0, 0)
