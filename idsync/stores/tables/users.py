"""Users in rows with small numbers, found by name, by Okta id and by what their name could be taken for."""

import re
from collections import Counter
from collections.abc import Collection, Iterable, Mapping

from idsync.model.canonical import Body
from idsync.model.names import twin_keys
from idsync.stores.tables.bodies import Bodies, fingerprint_in, present
from idsync.stores.tables.connection import Connection, Listed, Question, Row
from idsync.stores.tables.counts import OwnedCounts
from idsync.stores.tables.names import Names, about, asked, check_text, rows_about
from idsync.stores.tables.remembered import Remembered
from idsync.stores.tables.serial import Serial
from idsync.stores.tables.statements import Statements

_SQL = Statements("directory.sql")
_BULK = 10_000

_Row = tuple[str, str, str, str]
"""Name, org, Okta id and fingerprint."""


class UserTable:
    """Users by name. Writes wait in memory until something is read, or the transaction ends."""

    def __init__(
        self, connection: Connection, names: Names, bodies: Bodies, counts: OwnedCounts, serial: Serial
    ) -> None:
        self._connection = connection
        self._names = names
        self._bodies = bodies
        self._counts = counts
        self._serial = serial
        self._put: dict[str, _Row] = {}
        self._leaves_indexes = False
        self._known: Remembered[str, bytes | None] = Remembered(connection)
        self._entries: Remembered[tuple[str, str], Row | None] = Remembered(connection)
        connection.after_commit.append(self._end)
        connection.after_rollback.append(self._forget)

    def entries(self, org: str, names: Collection[str] | None) -> Iterable[tuple[str, str | None, str]]:
        """Name, Okta id and fingerprint of these users, or of all."""
        if names is None:
            self.flush()
            rows: Iterable[Row] = self._connection.chunks(_SQL["user_entries"], (org,))
        else:
            found = self._entries.get_all([(org, name) for name in names], self._read_entries)
            rows = (row for row in found.values() if row is not None)
        return ((name, okta_id, fingerprint_in("user", name, fingerprint)) for name, okta_id, fingerprint in rows)

    def _read_entries(self, asked_for: list[tuple[str, str]]) -> dict[tuple[str, str], Row | None]:
        self.flush()
        (org,) = {org for org, _ in asked_for}
        rows = rows_about(self._connection, _SQL["user_entries_of"], [name for _, name in asked_for], org)
        return {**dict.fromkeys(asked_for), **{(org, row[0]): row for row in rows}}

    def names_of(self, okta_ids: Collection[str], twins: Collection[str]) -> Iterable[str]:
        """Names of the users with one of these Okta ids, or whose name has one of these twin keys."""
        self.flush()
        return [name for (name,) in self._connection.rows(_SQL["users_known_as"], (asked(okta_ids), asked(twins)))]

    def questions(self, names: Collection[str]) -> list[Question]:
        """What is asked for the bodies of these users."""
        return [about(_SQL["user_bodies_of"], names)]

    def questions_around(self, org: str, people: Mapping[str, str]) -> list[Question]:
        """What is asked for who else these people, user names by Okta id, have to do with."""
        return [
            about(_SQL["users_known_as"], set(twin_keys([*people.values()])), asked(people)),
            about(_SQL["user_entries_of"], people.values(), org),
        ]

    def bodies(self, names: Collection[str] | None) -> Iterable[tuple[str, bytes]]:
        """Name and body of these users, or of all."""
        if names is None:
            self.flush()
            self._bodies.flush()
            return present("user", self._connection.chunks(_SQL["user_bodies"]))
        found = self._known.get_all(names, self._read)
        return [(name, body) for name, body in found.items() if body is not None]

    def _read(self, names: Collection[str]) -> dict[str, bytes | None]:
        self.flush()
        self._bodies.flush()
        rows = present("user", rows_about(self._connection, _SQL["user_bodies_of"], names))
        return {**dict.fromkeys(names), **dict(rows)}

    def search(self, text: str, most: int) -> list[str]:
        """The first names, up to so many, that hold a text."""
        self.flush()
        pattern = "%" + re.sub(r"([\\%_])", r"\\\1", text) + "%"
        return [name for (name,) in self._connection.rows(_SQL["search_users"], (pattern, most))]

    def put(self, name: str, org: str, okta_id: str, body: Body) -> None:
        """Create or replace a user."""
        with self._connection.writing():
            self._serial.touch()
            self._bodies.keep(body)
            self._names.expect(name)
            self._forget_read()
            self._put[name] = (name, org, okta_id, body.fingerprint)

    def delete(self, name: str) -> None:
        """Delete a user; a missing one is not an error."""
        check_text((name,))
        with self._connection.writing():
            self.flush()
            self._forget_read()
            self._serial.touch()
            row = self._connection.row(_SQL["user_org"], (name,))
            if row is not None:
                self._counts.add_people(row[0], -1)
                self._connection.run(_SQL["delete_user"], (name,))

    def flush(self) -> None:
        """Write the users that wait, in the order of their numbers."""
        if not self._put:
            return
        numbers = self._names.numbers(self._put)
        unwritten = self._names.unwritten()
        self._names.flush()
        found = list(self._put.values())
        self._put.clear()
        check_text(row[2] for row in found)
        self._count([number for number in numbers if number not in unwritten], found)
        keys = twin_keys([row[0] for row in found])
        rows = [
            (number, name, org, okta_id, None if key == name else key, bytes.fromhex(fingerprint))
            for number, key, (name, org, okta_id, fingerprint) in zip(numbers, keys, found, strict=True)
        ]
        rows.sort()
        self._connection.run_many(_SQL["put_user"], rows)

    def make_indexes(self) -> None:
        """Make the indexes that a first import left, unless this transaction is that."""
        if not self._leaves_indexes:
            for statement in ("make_users_by_okta_id", "make_users_by_twin_key"):
                self._connection.run(_SQL[statement])

    def _forget_read(self) -> None:
        self._known.forget()
        self._entries.forget()

    def _forget(self) -> None:
        self._put.clear()
        self._leaves_indexes = False

    def _end(self) -> None:
        self._leaves_indexes = False

    def _count(self, known: list[int], rows: list[_Row]) -> None:
        """Count what comes and what it replaces, which has a number that was known."""
        is_first = len(rows) > _BULK and self._connection.row(_SQL["any_users"]) == (0,)
        if known and not is_first:
            replaced = self._connection.rows(_SQL["count_users"], (Listed(known),))
            for org, number in replaced:
                self._counts.add_people(org, -number)
        # An index is made faster whole than row by row. A first import, which needs it least and is waited for most,
        # leaves that to the next transaction; until then a scan does.
        self._leaves_indexes |= is_first
        for org, number in Counter(row[1] for row in rows).items():
            self._counts.add_people(org, number)
