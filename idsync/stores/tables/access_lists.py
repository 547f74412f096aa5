"""Access lists by name, with their owners; their members are the member table's."""

from collections.abc import Collection, Iterable

from idsync.model.canonical import Body
from idsync.model.member_fingerprint import fingerprint_of_sum, sum_from_bytes
from idsync.stores.tables.bodies import Bodies, fingerprint_in, present
from idsync.stores.tables.connection import Connection, Question
from idsync.stores.tables.list_rows import ListRows
from idsync.stores.tables.members import MemberTable
from idsync.stores.tables.names import Names, about, rows_about
from idsync.stores.tables.serial import Serial
from idsync.stores.tables.statements import Statements

_SQL = Statements("directory.sql")


class AccessListTable:
    """Access lists by name. Writes wait in memory until something is read, or the transaction ends."""

    def __init__(
        self,
        connection: Connection,
        names: Names,
        lists: ListRows,
        members: MemberTable,
        bodies: Bodies,
        serial: Serial,
    ) -> None:
        self._connection = connection
        self._names = names
        self._lists = lists
        self._members = members
        self._bodies = bodies
        self._serial = serial
        self._owners: dict[int, Collection[str]] = {}
        connection.after_rollback.append(self._owners.clear)

    def entries(self, org: str, names: Collection[str] | None) -> Iterable[tuple[str, bool, str, str, int]]:
        """Name, whether ours, fingerprint, fingerprint of the members and their number, of these lists or of all."""
        self.flush()
        if names is None:
            rows = self._connection.rows(_SQL["access_list_entries"], (org,))
        else:
            rows = rows_about(self._connection, _SQL["access_list_entries_of"], names, org)
        for name, ours, fingerprint, total, count in rows:
            body = fingerprint_in("access_list", name, fingerprint)
            yield name, bool(ours), body, fingerprint_of_sum(name, sum_from_bytes(total)), count

    def owned_by(self, people: Collection[str]) -> Iterable[str]:
        """Names of the lists that name one of these people as an owner."""
        self.flush()
        return [name for (name,) in rows_about(self._connection, _SQL["owned_by"], people)]

    def questions(self, people: Collection[str]) -> list[Question]:
        """What is asked for the lists that name one of these people as an owner."""
        return [about(_SQL["owned_by"], people)]

    def bodies(self, names: Collection[str] | None) -> Iterable[tuple[str, bytes]]:
        """Name and body of these lists, or of all."""
        self.flush()
        self._bodies.flush()
        if names is None:
            return present("access_list", self._connection.rows(_SQL["access_list_bodies"]))
        return present("access_list", rows_about(self._connection, _SQL["access_list_bodies_of"], names))

    def put(self, name: str, org: str, body: Body, owners: Collection[str]) -> None:
        """Create or replace a list, which these people own; its members stay."""
        with self._connection.writing():
            self._serial.touch()
            self._bodies.keep(body)
            row = self._lists.find(name)
            if row is None:
                row = self._lists.create(name, org, body.fingerprint)
            else:
                self._lists.replace(row, org, body.fingerprint)
            self._owners[row.number] = owners

    def delete(self, name: str) -> None:
        """Delete a list and its memberships; a missing one is not an error."""
        with self._connection.writing():
            row = self._lists.find(name)
            if row is None:
                return
            self._serial.touch()
            self.flush()
            self._members.empty(row)
            self._connection.run_many(_SQL["delete_owners"], [(row.number,)])
            self._lists.delete(row)

    def flush(self) -> None:
        """Write the lists that wait, and their owners."""
        self._lists.flush()
        if not self._owners:
            return
        rows = [
            (number, name)
            for number, owners in self._owners.items()
            for name in sorted(self._names.numbers(sorted(owners)))
        ]
        changed = [(number,) for number in self._owners]
        self._owners.clear()
        self._names.flush()
        self._connection.run_many(_SQL["delete_owners"], changed)
        self._connection.run_many(_SQL["add_owner"], rows)
