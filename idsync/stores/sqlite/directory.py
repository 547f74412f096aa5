"""The local directory's tables: users, locks, access lists and memberships, as the local target asks for them."""

from collections.abc import Collection, Iterable
from contextlib import AbstractContextManager

from idsync.model.names import twin_key
from idsync.stores.sqlite.access_lists import AccessListTable
from idsync.stores.sqlite.connection import Connection
from idsync.stores.sqlite.members import MemberTable
from idsync.stores.sqlite.names import Names, asked
from idsync.stores.sqlite.numbered_lists import NumberedLists
from idsync.stores.sqlite.serial import Serial
from idsync.stores.sqlite.statements import load_statements

_SQL = load_statements("directory.sql")
_WAITING = 10_000


class UserTable:
    """Users by name. Writes wait in memory until something is read, or the transaction ends."""

    def __init__(self, connection: Connection, names: Names, serial: Serial) -> None:
        self._connection = connection
        self._names = names
        self._serial = serial
        self._put: dict[str, tuple[str, str, str, str, bytes]] = {}
        connection.before_commit.append(self.flush)
        connection.after_rollback.append(self._put.clear)

    def entries(self, org: str, names: Collection[str] | None) -> Iterable[tuple[str, str | None, str]]:
        """Name, Okta id and fingerprint of these users, or of all."""
        self.flush()
        if names is None:
            return self._connection.chunks(_SQL["user_entries"], (org,))
        return self._connection.rows(_SQL["user_entries_of"], (org, asked(names)))

    def names_of(self, okta_ids: Collection[str], twin_keys: Collection[str]) -> Iterable[str]:
        """Names of the users with one of these Okta ids, or whose name has one of these twin keys."""
        self.flush()
        wanted = frozenset(twin_keys)
        names = [name for (name,) in self._connection.rows(_SQL["users_by_okta_id"], (asked(okta_ids),))]
        if wanted:
            names += [name for (name,) in self._connection.chunks(_SQL["user_names"]) if twin_key(name) in wanted]
        return names

    def bodies(self, names: Collection[str] | None) -> Iterable[tuple[str, bytes]]:
        """Name and body of these users, or of all."""
        self.flush()
        if names is None:
            return self._connection.chunks(_SQL["user_bodies"])
        return self._connection.rows(_SQL["user_bodies_of"], (asked(names),))

    def put(self, name: str, org: str, okta_id: str, fingerprint: str, body: bytes) -> None:
        """Create or replace a user."""
        with self._connection.writing():
            self._serial.touch()
            self._put[name] = (name, org, okta_id, fingerprint, body)
            if len(self._put) >= _WAITING:
                self.flush()

    def delete(self, name: str) -> None:
        """Delete a user; a missing one is no error."""
        with self._connection.writing():
            self.flush()
            self._serial.touch()
            self._connection.run(_SQL["delete_user"], (name,))

    def flush(self) -> None:
        """Write the users that wait."""
        if not self._put:
            return
        numbers = self._names.numbers(self._put)
        rows = [(number, *row) for number, row in zip(numbers, self._put.values(), strict=True)]
        self._put.clear()
        self._names.flush()
        self._connection.run_many(_SQL["put_user"], rows)


class LockTable:
    """Locks by name."""

    def __init__(self, connection: Connection, serial: Serial) -> None:
        self._connection = connection
        self._serial = serial

    def bodies(self, users: Collection[str] | None, names: Collection[str]) -> Iterable[tuple[str, bytes]]:
        """Name and body of every lock, or of those on these users or of these names."""
        if users is None:
            return self._connection.rows(_SQL["lock_bodies"])
        return self._connection.rows(_SQL["lock_bodies_of"], (asked(users), asked(names)))

    def put(self, name: str, body: bytes) -> None:
        """Create or replace a lock."""
        with self._connection.writing():
            self._serial.touch()
            self._connection.run(_SQL["put_lock"], (name, body))

    def delete(self, name: str) -> None:
        """Delete a lock; a missing one is no error."""
        with self._connection.writing():
            self._serial.touch()
            self._connection.run(_SQL["delete_lock"], (name,))


class Directory:
    """The whole directory."""

    def __init__(self, connection: Connection) -> None:
        names = Names(connection)
        self._connection = connection
        self._serial = Serial(connection)
        lists = NumberedLists(connection)
        self.members = MemberTable(connection, names, lists, self._serial)
        self.users = UserTable(connection, names, self._serial)
        self.locks = LockTable(connection, self._serial)
        self.access_lists = AccessListTable(connection, lists, self.members, self._serial)

    def counts(self, org: str) -> tuple[int, int, int]:
        """How many users, memberships and lists are ours by `org`."""
        self.users.flush()
        self.members.settle()
        people, memberships, lists = self._connection.rows(_SQL["counts"], (org,))[0]
        return people, memberships, lists

    def serial(self) -> int:
        """Grows by one with each transaction that changes the directory."""
        return self._serial.current()

    def edited(self) -> Iterable[str]:
        """Addresses of objects of ours that a person changed or removed since the last apply."""
        return [address for (address,) in self._connection.rows(_SQL["edited"])]

    def reading(self) -> AbstractContextManager[None]:
        """A span of reads that see one state."""
        return self._connection.reading()

    def writing(self) -> AbstractContextManager[None]:
        """A transaction."""
        return self._connection.writing()
