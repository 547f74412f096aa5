"""Memberships in rows of three small numbers, written in bulk at the end of a transaction."""

from collections.abc import Collection, Iterable, Iterator
from operator import itemgetter

import msgspec

from idsync.errors import StoreError
from idsync.stores.tables.connection import Connection, Listed
from idsync.stores.tables.details import Details, PlainHashes, hash_of, plain
from idsync.stores.tables.list_rows import ListRow, ListRows
from idsync.stores.tables.names import Names, asked
from idsync.stores.tables.serial import Serial
from idsync.stores.tables.statements import Statements

_SQL = Statements("members.sql")
_NUMBERS = msgspec.json.Decoder(list[int])
_BULK_READ = 20_000
_BULK_WRITE = 100_000


class MemberTable:
    """Memberships by list name. Additions wait in memory until something is read, or the transaction ends."""

    def __init__(self, connection: Connection, names: Names, details: Details, lists: ListRows, serial: Serial) -> None:
        self._connection = connection
        self._names = names
        self._lists = lists
        self._serial = serial
        self._details = details
        self._hashes = PlainHashes()
        self._added: list[tuple[int, int, Listed]] = []
        self._added_to: set[int] = set()
        self._added_count = 0
        self._leaves_index = False
        connection.after_commit.append(self._end)
        connection.after_rollback.append(self._forget)

    def empty(self, row: ListRow) -> None:
        """A list is going: its memberships go first."""
        self.flush()
        self._connection.run(_SQL["delete_members"], (row.number,))

    def of_lists(self, access_lists: Collection[str] | None) -> Iterable[tuple[str, bytes, list[str]]]:
        """List, details and members, one row for each distinct details of a list."""
        self.flush()
        if access_lists is None:
            return self._in_bulk(None)
        names = asked(access_lists)
        if not names:
            return []
        (count,) = self._connection.row(_SQL["count_members_of"], (names,)) or (0,)
        return self._row_by_row(names) if count < _BULK_READ else self._in_bulk(names)

    def of_people(self, names: Collection[str]) -> Iterator[tuple[str, str, bytes]]:
        """List, member and details of every membership of these people."""
        self.flush()
        known = Listed(self._names.find(names))
        if not known:
            return  # nobody of these was ever a member of anything, as is true of nearly every list
        with self._connection.reading():
            rows = self._connection.rows(_SQL["members_of_people"], (known,))
            bodies = self._details.bodies({details for _, _, details in rows})
        for access_list, name, details in rows:
            yield access_list, name, bodies[details]

    def add(self, access_list: str, details: bytes, names: Collection[str]) -> None:
        """Create or replace memberships; the list must exist."""
        with self._connection.writing():
            row = self._existing(access_list)
            self._serial.touch()
            replaced, replaced_sum = self._standing(row, names)
            numbers = Listed(sorted(self._names.numbers(names)))
            self._lists.count_members(row, len(numbers) - replaced, self._sum(details, names) - replaced_sum)
            number = self._details.number(details)
            self._added.append((row.number, number, numbers))
            self._added_to.add(row.number)
            self._added_count += len(numbers)

    def remove(self, access_list: str, names: Collection[str]) -> None:
        """Remove memberships; those that are missing, and a missing list, are not an error."""
        with self._connection.writing():
            row = self._lists.find(access_list)
            if row is None:
                return
            removed, removed_sum = self._standing(row, names)
            self.flush()
            self._serial.touch()
            self._lists.count_members(row, -removed, -removed_sum)
            self._connection.run(_SQL["remove_members"], (row.number, asked(names)))

    def flush(self) -> None:
        """Write the lists, the names and the additions that wait."""
        self._lists.flush()
        self._names.flush()
        if not self._added:
            return
        rows, self._added = self._added, []
        # A first import leaves the index by name to the next transaction, as that of users.
        self._leaves_index |= self._added_count > _BULK_WRITE and self._connection.row(_SQL["any_members"]) == (0,)
        self._added_to.clear()
        self._added_count = 0
        self._connection.run_many(_SQL["add_members"], rows)

    def make_index(self) -> None:
        """Make the index that a first import left, unless this transaction is that."""
        if not self._leaves_index:
            self._connection.run(_SQL["make_members_by_name"])

    def _standing(self, row: ListRow, names: Collection[str]) -> tuple[int, int]:
        """How many of these are members of a list now, and the sum of the hashes of their memberships."""
        if not row.member_count:
            return 0, 0
        if row.number in self._added_to:
            self.flush()
        found = self._connection.rows(_SQL["members_among"], (asked(names), row.number))
        bodies = self._details.bodies({details for _, details in found})
        return len(found), sum(hash_of(name, bodies[details]) for name, details in found)

    def _sum(self, details: bytes, names: Collection[str]) -> int:
        """The sum of the hashes of these people's memberships with the same details."""
        if not plain(details):
            return sum(hash_of(name, details) for name in names)
        if len(names) < 2:
            return sum(map(self._hashes.__getitem__, names))
        return sum(itemgetter(*names)(self._hashes))

    def _existing(self, access_list: str) -> ListRow:
        row = self._lists.find(access_list)
        if row is None:
            raise StoreError(
                f"The access list {access_list} does not exist.",
                why="Members can only be added to a list that exists.",
                fix="Create the list first.",
            )
        return row

    def _row_by_row(self, names: Listed) -> Iterator[tuple[str, bytes, list[str]]]:
        grouped: dict[tuple[str, int], list[str]] = {}
        with self._connection.reading():
            for access_list, name, details in self._connection.rows(_SQL["members_of_lists"], (names,)):
                grouped.setdefault((access_list, details), []).append(name)
            bodies = self._details.bodies({details for _, details in grouped})
        for (access_list, details), members in grouped.items():
            yield access_list, bodies[details], members

    def _in_bulk(self, names: Listed | None) -> Iterator[tuple[str, bytes, list[str]]]:
        with self._connection.reading():
            name_of = self._names.by_number().__getitem__
            rows = self._connection.rows(_SQL["members_in_bulk"], (names,))
            numbers = {lowest for _, _, lowest, _, _ in rows}
            for *_, varied in rows:
                if varied is not None:
                    numbers.update(_NUMBERS.decode(varied))
            bodies = self._details.bodies(numbers)
        for access_list, ids, lowest, highest, varied in rows:
            members = list(map(name_of, _NUMBERS.decode(ids)))
            if lowest == highest:
                yield access_list, bodies[lowest], members
                continue
            grouped: dict[int, list[str]] = {}
            for member, details in zip(members, _NUMBERS.decode(varied), strict=True):
                grouped.setdefault(details, []).append(member)
            for details, some in grouped.items():
                yield access_list, bodies[details], some

    def _end(self) -> None:
        self._hashes.clear()
        self._leaves_index = False

    def _forget(self) -> None:
        self._end()
        self._added.clear()
        self._added_to.clear()
        self._added_count = 0
