"""The numbers of access lists, and rows of lists that wait to be written in bulk."""

from idsync.stores.sqlite.connection import Connection
from idsync.stores.sqlite.statements import load_statements

_SQL = load_statements("directory.sql")

ListRow = tuple[int, str, str, str, bytes]
"""Number, name, org, fingerprint and body."""


class NumberedLists:
    """Numbers by name; rows wait in memory until something is read, or the transaction ends."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._numbers: dict[str, int] = {}
        self._waiting: dict[int, ListRow] = {}
        self._last: int | None = None
        connection.before_commit.append(self.flush)
        # Between transactions another process may delete a list and give its number to a new one.
        connection.after_commit.append(self._forget_all)
        connection.after_rollback.append(self._forget_all)

    def number(self, name: str) -> int | None:
        """The number of a list, if it exists."""
        found = self._numbers.get(name)
        if found is None:
            row = self._connection.row(_SQL["access_list_id"], (name,))
            if row:
                found = self._numbers[name] = row[0]
        return found

    def new_number(self, name: str) -> int:
        """The number of a list that does not exist yet."""
        if self._last is None:
            self.flush()
            (self._last,) = self._connection.rows(_SQL["last_access_list_id"])[0]
        self._last += 1
        self._numbers[name] = self._last
        return self._last

    def put(self, row: ListRow) -> None:
        """Write a row with the others that wait."""
        self._waiting[row[0]] = row

    def forget(self, name: str) -> None:
        """A list is going; the rows that wait are written, so that it can go."""
        self.flush()
        self._numbers.pop(name, None)

    def flush(self) -> None:
        """Write the rows that wait."""
        if self._waiting:
            rows = list(self._waiting.values())
            self._waiting.clear()
            self._connection.run_many(_SQL["put_access_list"], rows)

    def _forget_all(self) -> None:
        self._numbers.clear()
        self._waiting.clear()
        self._last = None
