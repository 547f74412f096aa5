"""Locks by name, found by whom they are on and by when they end."""

from collections.abc import Collection, Iterable

from idsync.model.canonical import Body
from idsync.stores.tables.bodies import Bodies, present
from idsync.stores.tables.connection import Connection
from idsync.stores.tables.names import asked, check_text
from idsync.stores.tables.serial import Serial
from idsync.stores.tables.statements import Statements

_SQL = Statements("directory.sql")


class LockTable:
    """Locks by name."""

    def __init__(self, connection: Connection, bodies: Bodies, serial: Serial) -> None:
        self._connection = connection
        self._bodies = bodies
        self._serial = serial

    def bodies(self, users: Collection[str] | None, names: Collection[str]) -> Iterable[tuple[str, bytes]]:
        """Name and body of every lock, or of those on these users or of these names."""
        self._bodies.flush()
        if users is None:
            return present("lock", self._connection.rows(_SQL["lock_bodies"]))
        return present("lock", self._connection.rows(_SQL["lock_bodies_of"], (asked(users), asked(names))))

    def ended(self, now: int) -> Iterable[tuple[str, bytes]]:
        """Name and body of the locks that end at or before `now`, in seconds since 1970."""
        self._bodies.flush()
        return present("lock", self._connection.rows(_SQL["ended_lock_bodies"], (now,)))

    def put(self, name: str, user: str, ends: int | None, body: Body) -> None:
        """Create or replace a lock on `user`, empty where it is on none, that ends at `ends`, if it does."""
        check_text((name, user))
        with self._connection.writing():
            self._serial.touch()
            self._bodies.keep(body)
            self._connection.run(_SQL["put_lock"], (name, user, ends, bytes.fromhex(body.fingerprint)))

    def delete(self, name: str) -> None:
        """Delete a lock; a missing one is not an error."""
        check_text((name,))
        with self._connection.writing():
            self._serial.touch()
            self._connection.run(_SQL["delete_lock"], (name,))
