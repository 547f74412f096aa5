"""The local directory's tables: users, locks, lists with their members, and plain resources, as its target asks."""

from collections.abc import Collection, Iterable, Mapping
from contextlib import AbstractContextManager

from idsync.model.addresses import Address
from idsync.model.directory import Names as InDirectory
from idsync.stores.tables.access_lists import AccessListTable
from idsync.stores.tables.bodies import Bodies
from idsync.stores.tables.connection import Connection, Question
from idsync.stores.tables.counts import OwnedCounts
from idsync.stores.tables.details import Details
from idsync.stores.tables.differences import DifferenceTable
from idsync.stores.tables.list_rows import ListRows
from idsync.stores.tables.locks import LockTable
from idsync.stores.tables.members import MemberTable
from idsync.stores.tables.names import Names
from idsync.stores.tables.plain import PlainTable
from idsync.stores.tables.serial import Serial
from idsync.stores.tables.users import UserTable


class Directory:
    """The whole directory."""

    def __init__(self, connection: Connection, bodies: Bodies, serial: Serial) -> None:
        self.names = Names(connection)
        self.details = Details(connection, serial)
        self.differences = DifferenceTable(connection)
        self._connection = connection
        self._serial = serial
        self._counts = OwnedCounts(connection)
        lists = ListRows(connection, self._counts)
        self.members = MemberTable(connection, self.names, self.details, lists, self._serial)
        self.users = UserTable(connection, self.names, bodies, self._counts, self._serial)
        self.locks = LockTable(connection, bodies, self._serial)
        self.access_lists = AccessListTable(connection, self.names, lists, self.members, bodies, self._serial)
        self.plain = PlainTable(connection, bodies, self._counts, self._serial)
        connection.before_commit.append(self._finish)

    def edited(self, within: InDirectory | None) -> Iterable[Address]:
        """Addresses of what is not as agreed: all, or those of these names, and every lock."""
        return self.differences.find(within)

    def questions_around(self, org: str, people: Mapping[str, str], locks: Collection[str]) -> list[Question]:
        """What a plan asks about these people, user names by Okta id, and about locks of these names."""
        names = [*people.values()]
        return [
            *self.users.questions_around(org, people),
            *self.locks.questions(names, locks),
            *self.access_lists.questions(names),
            *self.names.questions(names),
        ]

    def serial(self) -> int:
        """Grows by one with each transaction that changes the directory."""
        return self._serial.current()

    def counts(self, org: str) -> tuple[int, int, int, int]:
        """How many users, memberships, lists, and apps with groups are ours by `org`."""
        self._flush()
        return self._counts.of(org)

    def orgs(self) -> list[str]:
        """Every org by which some user, list, app or group is ours."""
        self._flush()
        return self._counts.orgs()

    def reading(self) -> AbstractContextManager[None]:
        """A span of reads that see one state."""
        return self._connection.reading()

    def writing(self) -> AbstractContextManager[None]:
        """A transaction."""
        return self._connection.writing()

    def _flush(self) -> None:
        """Write what waits: the counts last, since writing the rest changes them."""
        self.users.flush()
        self.access_lists.flush()
        self.members.flush()
        self.plain.flush()
        self._counts.flush()

    def _finish(self) -> None:
        """Write what waits, and make the indexes that a first import left to whatever changes the directory next."""
        self._flush()
        self.details.clear_unused(self._counts.memberships)
        self._serial.write()
        if self._serial.touched:
            self.users.make_indexes()
            self.members.make_index()
