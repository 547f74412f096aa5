"""Memberships in rows of three small numbers, written in bulk at the end of a transaction, and their fingerprints."""

from collections.abc import Collection, Iterable, Iterator

import msgspec

from idsync.errors import StoreError
from idsync.model.canonical import fingerprint_names
from idsync.stores.sqlite.connection import Connection
from idsync.stores.sqlite.names import Names, asked
from idsync.stores.sqlite.numbered_lists import NumberedLists
from idsync.stores.sqlite.serial import Serial
from idsync.stores.sqlite.statements import load_statements

_SQL = load_statements("members.sql")
_LISTS = load_statements("directory.sql")
_NUMBERS = msgspec.json.Decoder(list[int])
_BULK_READ = 20_000
_BULK_WRITE = 100_000


class MemberTable:
    """Memberships by list name. Additions wait in memory until something is read, or the transaction ends."""

    def __init__(self, connection: Connection, names: Names, lists: NumberedLists, serial: Serial) -> None:
        self._connection = connection
        self._names = names
        self._lists = lists
        self._serial = serial
        self._details_ids: dict[bytes, int] = {}
        self._added: list[tuple[int, int, str]] = []
        self._added_count = 0
        self._touched: dict[int, dict[str, None] | None] = {}
        connection.before_commit.append(self.settle)
        connection.after_rollback.append(self._forget)

    def begin_list(self, number: int) -> None:
        """A list was created: its members are known to be none."""
        self._touched[number] = {}

    def empty_list(self, number: int) -> None:
        """A list is going: its memberships go first."""
        self.flush()
        self._connection.run(_SQL["delete_members"], (number,))
        self._touched.pop(number, None)

    def of_lists(self, access_lists: Collection[str] | None) -> Iterable[tuple[str, bytes, list[str]]]:
        """List, details and members, one row for each distinct details of a list."""
        self.flush()
        details: dict[int, bytes] = dict(self._connection.rows(_SQL["details"]))
        if access_lists is not None:
            names = asked(access_lists)
            (count,) = self._connection.row(_SQL["count_members_of"], (names,)) or (0,)
            if count < _BULK_READ:
                return self._row_by_row(names, details)
            return self._in_bulk(names, details)
        return self._in_bulk(None, details)

    def of_people(self, names: Collection[str]) -> Iterator[tuple[str, str, bytes]]:
        """List, member and details of every membership of these people."""
        self.flush()
        known = [number for _, number in self._connection.rows(_SQL["names_of"], (asked(names),))]
        if not known:
            return  # nobody of these was ever a member of anything, as is true of nearly every list
        details: dict[int, bytes] = dict(self._connection.rows(_SQL["details"]))
        rows = self._connection.rows(_SQL["members_of_people"], (msgspec.json.encode(known).decode(),))
        for access_list, name, details_id in rows:
            yield access_list, name, details[details_id]

    def add(self, access_list: str, details: bytes, names: Collection[str]) -> None:
        """Create or replace memberships; the list must exist."""
        with self._connection.writing():
            number = self._existing(access_list)
            self._serial.touch()
            known = self._touched.setdefault(number, None)
            if known is not None:
                known.update(dict.fromkeys(names))
            numbers = sorted(self._names.numbers(names))
            self._added.append((number, self._details_id(details), msgspec.json.encode(numbers).decode()))
            self._added_count += len(numbers)

    def remove(self, access_list: str, names: Collection[str]) -> None:
        """Remove memberships; those that are missing, and a missing list, are no error."""
        with self._connection.writing():
            number = self._lists.number(access_list)
            if number is None:
                return
            self.flush()
            self._serial.touch()
            self._touched[number] = None
            self._connection.run(_SQL["remove_members"], (number, asked(names)))

    def flush(self) -> None:
        """Write the lists, the names and the additions that wait."""
        self._lists.flush()
        self._names.flush()
        if not self._added:
            return
        rows, self._added = self._added, []
        # The index by name is made faster whole than row by row. A first import, which needs it least and is waited
        # for most, leaves that to the next transaction; until then a scan does.
        if self._added_count <= _BULK_WRITE or self._connection.row(_SQL["any_members"]) != (0,):
            self._connection.run(_SQL["make_members_by_name"])
        self._added_count = 0
        self._connection.run_many(_SQL["add_members"], rows)

    def settle(self) -> None:
        """Write the additions that wait, and the fingerprints of the lists whose members changed."""
        self.flush()
        rows = []
        for number, known in self._touched.items():
            names = self._names_in(number) if known is None else known
            rows.append((fingerprint_names(names), len(names), number))
        self._touched.clear()
        if rows:
            self._connection.run_many(_LISTS["set_members_fingerprint"], rows)

    def _names_in(self, number: int) -> set[str]:
        return {name for (name,) in self._connection.rows(_SQL["member_names"], (number,))}

    def _existing(self, access_list: str) -> int:
        number = self._lists.number(access_list)
        if number is None:
            raise StoreError(
                f"There is no access list {access_list}.",
                why="Members can only be added to a list that exists.",
                fix="Create the list first.",
            )
        return number

    def _details_id(self, body: bytes) -> int:
        found = self._details_ids.get(body)
        if found is None:
            self._connection.run(_SQL["add_details"], (body,))
            (found,) = self._connection.rows(_SQL["details_id"], (body,))[0]
            self._details_ids[body] = found
        return found

    def _row_by_row(self, names: str, details: dict[int, bytes]) -> Iterator[tuple[str, bytes, list[str]]]:
        grouped: dict[tuple[str, int], list[str]] = {}
        for access_list, name, details_id in self._connection.rows(_SQL["members_of_lists"], (names,)):
            grouped.setdefault((access_list, details_id), []).append(name)
        for (access_list, details_id), members in grouped.items():
            yield access_list, details[details_id], members

    def _in_bulk(self, names: str | None, details: dict[int, bytes]) -> Iterator[tuple[str, bytes, list[str]]]:
        name_of = self._names.by_number().__getitem__
        for access_list, ids, lowest, highest, varied in self._connection.rows(_SQL["members_in_bulk"], (names,)):
            members = list(map(name_of, _NUMBERS.decode(ids)))
            if lowest == highest:
                yield access_list, details[lowest], members
                continue
            grouped: dict[int, list[str]] = {}
            for member, details_id in zip(members, _NUMBERS.decode(varied), strict=True):
                grouped.setdefault(details_id, []).append(member)
            for details_id, some in grouped.items():
                yield access_list, details[details_id], some

    def _forget(self) -> None:
        self._details_ids.clear()
        self._added.clear()
        self._added_count = 0
        self._touched.clear()
