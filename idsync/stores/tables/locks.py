"""Locks by name, found by whom they are on and by when they end."""

from collections.abc import Collection, Iterable

from idsync.model.canonical import Body
from idsync.stores.tables.bodies import Bodies, present
from idsync.stores.tables.connection import Connection, Question
from idsync.stores.tables.names import asked, check_text
from idsync.stores.tables.remembered import Remembered
from idsync.stores.tables.serial import Serial
from idsync.stores.tables.statements import Statements

_SQL = Statements("directory.sql")
_USER, _NAME = "user", "name"
_Asked = tuple[str, str]
"""A user who may be locked, or the name of a lock."""
_Lock = tuple[str, bytes | None]


class LockTable:
    """Locks by name."""

    def __init__(self, connection: Connection, bodies: Bodies, serial: Serial) -> None:
        self._connection = connection
        self._bodies = bodies
        self._serial = serial
        self._known: Remembered[_Asked, list[_Lock]] = Remembered(connection)

    def bodies(self, users: Collection[str] | None, names: Collection[str]) -> Iterable[tuple[str, bytes]]:
        """Name and body of every lock, or of those on these users or of these names."""
        if users is None:
            self._bodies.flush()
            return present("lock", self._connection.rows(_SQL["lock_bodies"]))
        asked_for = [*((_USER, user) for user in users), *((_NAME, name) for name in names)]
        found = self._known.get_all(asked_for, self._read)
        return present("lock", {name: body for rows in found.values() for name, body in rows}.items())

    def _read(self, asked_for: list[_Asked]) -> dict[_Asked, list[_Lock]]:
        self._bodies.flush()
        users, names = (asked(text for kind, text in asked_for if kind == each) for each in (_USER, _NAME))
        found: dict[_Asked, list[_Lock]] = {each: [] for each in asked_for}
        for name, user, body in self._connection.rows(_SQL["lock_bodies_of"], (users, names)):
            for each in ((_USER, user), (_NAME, name)):
                if each in found:
                    found[each].append((name, body))
        return found

    def questions(self, users: Collection[str], names: Collection[str]) -> list[Question]:
        """What is asked for the locks on these users or of these names."""
        return [Question(_SQL["lock_bodies_of"], (asked(users), asked(names)))]

    def ended(self, now: int) -> Iterable[tuple[str, bytes]]:
        """Name and body of the locks that end at or before `now`, in seconds since 1970."""
        self._bodies.flush()
        return present("lock", self._connection.rows(_SQL["ended_lock_bodies"], (now,)))

    def put(self, name: str, user: str, ends: int | None, body: Body) -> None:
        """Create or replace a lock on `user`, empty where it is on none, that ends at `ends`, if it does."""
        check_text((name, user))
        with self._connection.writing():
            self._known.forget()
            self._serial.touch()
            self._bodies.keep(body)
            self._connection.run(_SQL["put_lock"], (name, user, ends, bytes.fromhex(body.fingerprint)))

    def delete(self, name: str) -> None:
        """Delete a lock; a missing one is not an error."""
        check_text((name,))
        with self._connection.writing():
            self._known.forget()
            self._serial.touch()
            self._connection.run(_SQL["delete_lock"], (name,))
