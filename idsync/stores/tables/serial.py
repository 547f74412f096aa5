"""The directory's serial: one more with each transaction that changes the directory, however much it changes."""

from idsync.stores.tables.connection import Connection, Row
from idsync.stores.tables.remembered import Remembered
from idsync.stores.tables.statements import Statements

_SQL = Statements("directory.sql")


class Serial:
    """Counts transactions that change the directory."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._touched = False
        self._known: Remembered[str, int] = Remembered(connection)
        self._known.asked_first("", _SQL["serial"], _only)
        connection.after_commit.append(self._end)
        connection.after_rollback.append(self._end)

    def current(self) -> int:
        """The serial; inside a transaction that changed something, the new one."""
        return self._known.get("", lambda: _only(self._connection.rows(_SQL["serial"])))

    @property
    def touched(self) -> bool:
        """Whether this transaction changes the directory."""
        return self._touched

    def touch(self) -> None:
        """This transaction changes the directory."""
        if not self._touched:
            self._connection.run(_SQL["bump_serial"])
            self._known.change("", lambda serial: serial + 1)
            self._touched = True

    def _end(self) -> None:
        self._touched = False


def _only(rows: list[Row]) -> int:
    return int(rows[0][0]) if rows else 0
