"""The rows of access lists, by name: with how many members each has, and the sum of the hashes of these."""

from dataclasses import dataclass

from idsync.model.member_fingerprint import sum_from_bytes, sum_to_bytes
from idsync.stores.tables.bodies import fingerprint_in
from idsync.stores.tables.connection import Connection
from idsync.stores.tables.counts import OwnedCounts
from idsync.stores.tables.names import check_text
from idsync.stores.tables.statements import Statements

_SQL = Statements("directory.sql")


@dataclass
class ListRow:
    """One list as it is in this transaction; `members_sum` may lie outside of the modulus until it is written."""

    number: int
    name: str
    org: str
    fingerprint: str
    member_count: int = 0
    members_sum: int = 0


class ListRows:
    """Rows by name. Changed ones wait in memory until something is read, or the transaction ends."""

    def __init__(self, connection: Connection, counts: OwnedCounts) -> None:
        self._connection = connection
        self._counts = counts
        self._known: dict[str, ListRow] = {}
        self._changed: dict[str, ListRow] = {}
        self._last: int | None = None
        self._knows_all = False
        # Between transactions another process may change a list, or delete one and give its number to a new one.
        connection.after_commit.append(self._forget)
        connection.after_rollback.append(self._forget)

    def find(self, name: str) -> ListRow | None:
        """The row of a list, if it exists; needs a transaction."""
        found = self._known.get(name)
        if found is None:
            check_text((name,))
        if found is None and self._may_be_stored():
            row = self._connection.row(_SQL["access_list"], (name,))
            if row is not None:
                number, org, fingerprint, count, total = row
                found = ListRow(
                    number, name, org, fingerprint_in("access_list", name, fingerprint), count, sum_from_bytes(total)
                )
                self._known[name] = found
        return found

    def _may_be_stored(self) -> bool:
        """Whether there may be lists that this transaction does not know: a first import need not ask for each."""
        self._last_number()
        return not self._knows_all

    def _last_number(self) -> int:
        if self._last is None:
            self.flush()
            (self._last,) = self._connection.rows(_SQL["last_access_list_id"])[0]
            self._knows_all = self._last == 0
        return self._last

    def create(self, name: str, org: str, fingerprint: str) -> ListRow:
        """A row for a list that does not exist yet, without members."""
        self._last = self._last_number() + 1
        row = self._known[name] = self._changed[name] = ListRow(self._last, name, org, fingerprint)
        self._counts.add_list(org, 1, 0)
        return row

    def replace(self, row: ListRow, org: str, fingerprint: str) -> None:
        """Give a list another body, and perhaps another owner."""
        if org != row.org:
            self._counts.add_list(row.org, -1, -row.member_count)
            self._counts.add_list(org, 1, row.member_count)
        row.org, row.fingerprint = org, fingerprint
        self._changed[row.name] = row

    def count_members(self, row: ListRow, number: int, total: int) -> None:
        """So many more members, or fewer, whose hashes have this sum."""
        row.member_count += number
        row.members_sum += total
        self._counts.add_list(row.org, 0, number)
        self._changed[row.name] = row

    def delete(self, row: ListRow) -> None:
        """Take the row away."""
        self.flush()
        self._known.pop(row.name, None)
        self._counts.add_list(row.org, -1, -row.member_count)
        self._connection.run(_SQL["delete_access_list"], (row.number,))

    def flush(self) -> None:
        """Write the rows that wait."""
        if self._changed:
            rows = [
                (
                    row.number,
                    row.name,
                    row.org,
                    bytes.fromhex(row.fingerprint),
                    row.member_count,
                    sum_to_bytes(row.members_sum),
                )
                for row in self._changed.values()
            ]
            self._changed.clear()
            self._connection.run_many(_SQL["put_access_list"], rows)

    def _forget(self) -> None:
        self._known.clear()
        self._changed.clear()
        self._last = None
        self._knows_all = False
