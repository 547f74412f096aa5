"""Access lists in rows with small numbers, which the members' rows refer to."""

from collections.abc import Collection, Iterable

from idsync.model.resources import NESTED_LIST
from idsync.stores.sqlite.connection import Connection
from idsync.stores.sqlite.members import MemberTable
from idsync.stores.sqlite.names import asked
from idsync.stores.sqlite.numbered_lists import NumberedLists
from idsync.stores.sqlite.serial import Serial
from idsync.stores.sqlite.statements import load_statements

_SQL = load_statements("directory.sql")


class AccessListTable:
    """Access lists by name; their members are the member table's."""

    def __init__(self, connection: Connection, lists: NumberedLists, members: MemberTable, serial: Serial) -> None:
        self._connection = connection
        self._lists = lists
        self._members = members
        self._serial = serial

    def entries(self, org: str, names: Collection[str] | None) -> Iterable[tuple[str, bool, str, str, int]]:
        """Name, whether ours, fingerprint, fingerprint of the members and their number, of these lists or of all."""
        self._members.settle()
        if names is None:
            return self._connection.rows(_SQL["access_list_entries"], (org,))
        return self._connection.rows(_SQL["access_list_entries_of"], (org, asked(names)))

    def owned_by(self, people: Collection[str]) -> Iterable[str]:
        """Names of the lists that name one of these people as an owner."""
        self._lists.flush()
        return [name for (name,) in self._connection.rows(_SQL["owned_by"], (asked(people), NESTED_LIST))]

    def bodies(self, names: Collection[str] | None) -> Iterable[tuple[str, bytes]]:
        """Name and body of these lists, or of all."""
        self._lists.flush()
        if names is None:
            return self._connection.rows(_SQL["access_list_bodies"])
        return self._connection.rows(_SQL["access_list_bodies_of"], (asked(names),))

    def put(self, name: str, org: str, fingerprint: str, body: bytes) -> None:
        """Create or replace a list; its members stay."""
        with self._connection.writing():
            self._serial.touch()
            number = self._lists.number(name)
            if number is None:
                number = self._lists.new_number(name)
                self._members.begin_list(number)
            self._lists.put((number, name, org, fingerprint, body))

    def delete(self, name: str) -> None:
        """Delete a list and its memberships; a missing one is no error."""
        with self._connection.writing():
            number = self._lists.number(name)
            if number is None:
                return
            self._serial.touch()
            self._members.empty_list(number)
            self._lists.forget(name)
            self._connection.run(_SQL["delete_access_list"], (number,))
