"""The directory's serial, and two numbers beside it: three that only grow, in the one row of the directory.

The serial is one more with each transaction that changes the directory, however much it changes. What is pushed in one
transaction has one number, which is greater than those of all pushes before, whatever the clocks say. The third is
that of the details of memberships up to which unused ones were cleared (`details.py`).
"""

from collections.abc import Callable
from typing import NamedTuple

from idsync.stores.tables.connection import Connection, Row
from idsync.stores.tables.remembered import Remembered
from idsync.stores.tables.statements import Statements

_SQL = Statements("directory.sql")
_MICROSECONDS = 1_000_000


class _Numbers(NamedTuple):
    """The row of the directory, or by how much it grows: the serial is added, of the others the greater one stays."""

    serial: int = 0
    push: int = 0
    cleared: int = 0

    def grown(self, by: "_Numbers") -> "_Numbers":
        return _Numbers(self.serial + by.serial, max(self.push, by.push), max(self.cleared, by.cleared))


_NOTHING = _Numbers()


class Serial:
    """Counts transactions that change the directory, and numbers those that take pushes; both are written at once."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._touched = False
        self._push = 0
        """The number of what this transaction takes, once it has one."""
        self._due = _NOTHING
        """What this transaction has to write."""
        self._row: Remembered[str, _Numbers] = Remembered(connection)
        self._row.asked_first("", _SQL["serial"], _only)
        connection.after_commit.append(self._end)
        connection.after_rollback.append(self._end)

    def current(self) -> int:
        """The serial; inside a transaction that changed something, the new one."""
        return self._written().serial + self._due.serial

    @property
    def touched(self) -> bool:
        """Whether this transaction changes the directory."""
        return self._touched

    def touch(self) -> None:
        """This transaction changes the directory."""
        if not self._touched:
            self._touched = True
            self._due = self._due._replace(serial=1)

    def last_push(self) -> int:
        """The number of the last push."""
        return self._push or self._written().push

    def number_push(self, clock: Callable[[], float]) -> int:
        """The number of what this transaction takes: microseconds since 1970, and more than the last one."""
        if not self._push:
            self._push = max(self.last_push() + 1, int(clock() * _MICROSECONDS))
            self._due = self._due._replace(push=self._push)
        return self._push

    def push_now(self, clock: Callable[[], float]) -> int:
        """The time in the same numbers, and no less than the last one."""
        return max(self.last_push(), int(clock() * _MICROSECONDS))

    def details_cleared(self) -> int:
        """The number of the details up to which unused ones were cleared."""
        return max(self._written().cleared, self._due.cleared)

    def clear_details(self, number: int) -> None:
        """Unused details up to this number were cleared in this transaction."""
        self._due = self._due._replace(cleared=number)

    def write(self) -> None:
        """Write what changed, as a transaction or a part of it ends."""
        if self._due == _NOTHING:
            return
        due, self._due = self._due, _NOTHING
        self._connection.run(_SQL["count"], due)
        self._row.change("", lambda row: row.grown(due))

    def _written(self) -> _Numbers:
        return self._row.get("", lambda: _only(self._connection.rows(_SQL["serial"])))

    def _end(self) -> None:
        self._touched, self._push, self._due = False, 0, _NOTHING


def _only(rows: list[Row]) -> _Numbers:
    return _Numbers(*map(int, rows[0])) if rows else _NOTHING
