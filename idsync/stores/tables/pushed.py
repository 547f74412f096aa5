"""What SCIM pushed in rows, each found by the ids and names that a client asks for."""

from collections.abc import Callable, Collection, Iterable, Mapping

import msgspec

from idsync.model.canonical import canonical_bytes
from idsync.model.names import twin_key
from idsync.model.pushed import PushedGroup, PushedUser, ScimToken
from idsync.stores.tables.connection import Connection, Question, Row
from idsync.stores.tables.names import about, asked, rows_about
from idsync.stores.tables.remembered import Remembered
from idsync.stores.tables.serial import Serial
from idsync.stores.tables.statements import Statements

_SQL = Statements("pushed.sql")
_TOKEN = msgspec.json.Decoder(ScimToken)


class Pushed:
    """Users and groups as they were pushed; implements the store's `Pushed`. `clock` gives seconds since 1970."""

    def __init__(self, connection: Connection, serial: Serial, clock: Callable[[], float]) -> None:
        self._connection = connection
        self._serial = serial
        self._clock = clock

    def last_push(self) -> int:
        """The number of the last transaction that took pushes; 0 where none ever did."""
        return self._serial.last_push()

    def number(self) -> int:
        """The number of what is pushed in the transaction that is open: each time the same one."""
        return self._serial.number_push(self._clock)

    def now(self) -> int:
        """This moment among the numbers: microseconds since 1970 by the store's clock, and no less than the last."""
        return self._serial.push_now(self._clock)

    def user(self, scim_id: str) -> PushedUser | None:
        """The user of a SCIM id."""
        return _user(self._connection.row(_SQL["pushed_user"], (scim_id,)))

    def user_named(self, username: str) -> PushedUser | None:
        """The user of a name, whatever its letter case."""
        return _user(self._connection.row(_SQL["pushed_user_named"], (twin_key(username),)))

    def users_named(self, usernames: Collection[str]) -> list[PushedUser]:
        """The users of these names, whatever their letter case, the oldest first."""
        return _users(rows_about(self._connection, _SQL["pushed_users_named"], sorted(set(map(twin_key, usernames)))))

    def questions(self, usernames: Collection[str]) -> list[Question]:
        """What is asked for the users of these names."""
        return [about(_SQL["pushed_users_named"], set(map(twin_key, usernames)))]

    def users_with_external_id(self, external_id: str) -> list[PushedUser]:
        """The users with this `externalId`, the oldest first."""
        return _users(self._connection.rows(_SQL["pushed_users_with_external_id"], (external_id,)))

    def users_of(self, okta_id: str) -> list[PushedUser]:
        """The users that stand for a person, the oldest first."""
        return _users(self._connection.rows(_SQL["pushed_users_of"], (okta_id,)))

    def stand_ins(self) -> list[PushedUser]:
        """The users for whom the SCIM id stands, since no Okta id is known, the oldest first."""
        return _users(self._connection.rows(_SQL["pushed_stand_ins"], ()))

    def users(self, offset: int, count: int) -> list[PushedUser]:
        """So many users from this place on, the oldest first."""
        return _users(self._connection.rows(_SQL["pushed_users"], (count, offset)))

    def users_after(self, push: int) -> list[PushedUser]:
        """The users that were pushed after the push of this number, the oldest first."""
        return _users(self._connection.rows(_SQL["pushed_users_after"], (push,)))

    def count_users(self) -> int:
        """How many users there are, tombstones included."""
        (number,) = self._connection.row(_SQL["count_pushed_users"]) or (0,)
        return int(number)

    def put_user(self, user: PushedUser) -> None:
        """Keep a user, in place of what there was under its SCIM id."""
        self.put_users([user])

    def put_users(self, users: Iterable[PushedUser]) -> None:
        """Keep several, those that are new in this order; needs a transaction."""
        rows = [
            (
                user.id,
                user.username,
                twin_key(user.username),
                user.okta_id,
                user.external_id,
                int(user.active),
                bytes(user.body),
                user.version,
                user.created,
                user.modified,
                user.push,
            )
            for user in users
        ]
        self._connection.run_many(_SQL["put_pushed_users"], rows)

    def delete_user(self, scim_id: str) -> None:
        """Forget a user, and its places in groups."""
        self._connection.run(_SQL["delete_pushed_user"], (scim_id,))

    def group(self, scim_id: str) -> PushedGroup | None:
        """The group of a SCIM id."""
        return _group(self._connection.row(_SQL["pushed_group"], (scim_id,)))

    def groups_titled(self, title: str) -> list[PushedGroup]:
        """The groups of a title, whatever its letter case, the oldest first."""
        return _groups(self._connection.rows(_SQL["pushed_groups_titled"], (twin_key(title),)))

    def own_groups(self) -> list[PushedGroup]:
        """The groups that stand for no group of Okta's, the oldest first."""
        return _groups(self._connection.rows(_SQL["own_pushed_groups"], ()))

    def people_not_pushed(self) -> frozenset[str]:
        """The people whom facts have and for whom no active user stands, by Okta id."""
        return frozenset(okta_id for (okta_id,) in self._connection.rows(_SQL["people_not_pushed"], ()))

    def lists_not_pushed(self) -> frozenset[str]:
        """The groups and apps that have members in the facts and for which no pushed group stands, by Okta id."""
        return frozenset(list_id for (list_id,) in self._connection.rows(_SQL["lists_not_pushed"], ()))

    def groups(self, offset: int, count: int) -> list[PushedGroup]:
        """So many groups from this place on, the oldest first."""
        return _groups(self._connection.rows(_SQL["pushed_groups"], (count, offset)))

    def groups_after(self, push: int) -> list[PushedGroup]:
        """The groups that were pushed after the push of this number, the oldest first."""
        return _groups(self._connection.rows(_SQL["pushed_groups_after"], (push,)))

    def count_groups(self) -> int:
        """How many groups there are."""
        (number,) = self._connection.row(_SQL["count_pushed_groups"]) or (0,)
        return int(number)

    def put_group(self, group: PushedGroup) -> None:
        """Keep a group, in place of what there was under its SCIM id; its members stay."""
        values = (
            group.id,
            group.title,
            twin_key(group.title),
            group.list_id,
            group.external_id,
            bytes(group.body),
            group.version,
            group.created,
            group.modified,
            group.push,
        )
        self._connection.run(_SQL["put_pushed_group"], values)

    def delete_group(self, scim_id: str) -> None:
        """Forget a group and its members."""
        self._connection.run(_SQL["delete_pushed_group"], (scim_id,))

    def members(self, group: str) -> list[tuple[str, bytes | None]]:
        """SCIM id of every member of a group, tombstones included, and what was pushed of the membership."""
        return [(scim_id, details) for scim_id, details in self._connection.rows(_SQL["pushed_members"], (group,))]

    def count_members(self, group: str) -> int:
        """How many members a group has."""
        (number,) = self._connection.row(_SQL["count_pushed_members"], (group,)) or (0,)
        return int(number)

    def groups_of(self, user: str) -> list[tuple[str, str, str]]:
        """SCIM id, title and list of every group that a user is in."""
        return [
            (scim_id, title, name) for scim_id, title, name in self._connection.rows(_SQL["pushed_groups_of"], (user,))
        ]

    def okta_ids(self, users: Collection[str]) -> Mapping[str, str]:
        """Whom these SCIM ids stand for; unknown ones are left out."""
        return dict(self._connection.rows(_SQL["pushed_users_among"], (asked(users),)))

    def people_in(self, group: str, okta_ids: Collection[str]) -> frozenset[str]:
        """Those of these people, by Okta id, for whom a member of a group stands."""
        return frozenset(each for (each,) in self._connection.rows(_SQL["pushed_people_in"], (asked(okta_ids), group)))

    def add_members(self, group: str, users: Mapping[str, bytes | None]) -> None:
        """Put users into a group, by their SCIM ids, with what was pushed of each membership."""
        rows = [(details, group, user) for user, details in users.items()]
        self._connection.run_many(_SQL["add_pushed_member"], rows)

    def remove_members(self, group: str, users: Collection[str]) -> None:
        """Take users out of a group, by their SCIM ids."""
        self._connection.run(_SQL["remove_pushed_members"], (group, asked(users)))


class Tokens:
    """The tokens that may push; implements the store's `Tokens`."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._known: Remembered[bytes, ScimToken | None] = Remembered(connection)

    def put(self, token: ScimToken) -> None:
        """Keep a token, or what became of it."""
        with self._connection.writing():
            self._known.forget()
            self._connection.run(_SQL["put_scim_token"], (token.id, token.digest, canonical_bytes(token)))

    def find(self, digest: bytes) -> ScimToken | None:
        """The token of this digest."""
        return self._known.get(digest, lambda: self._read(digest))

    def _read(self, digest: bytes) -> ScimToken | None:
        row = self._connection.row(_SQL["scim_token"], (digest,))
        return None if row is None else _TOKEN.decode(row[0])

    def questions(self, digest: bytes) -> list[Question]:
        """What is asked for the token of this digest."""
        return [Question(_SQL["scim_token"], (digest,))]

    def all(self) -> list[ScimToken]:
        """Every token that was ever made, the oldest first."""
        found = [_TOKEN.decode(body) for (body,) in self._connection.rows(_SQL["scim_tokens"])]
        return sorted(found, key=lambda token: (token.created, token.id))


def _user(row: Row | None) -> PushedUser | None:
    if row is None:
        return None
    scim_id, username, okta_id, external_id, active, body, version, created, modified, push = row
    return PushedUser(
        scim_id, username, okta_id, external_id, bool(active), msgspec.Raw(body), version, created, modified, push
    )


def _users(rows: list[Row]) -> list[PushedUser]:
    return [user for row in rows if (user := _user(row)) is not None]


def _group(row: Row | None) -> PushedGroup | None:
    if row is None:
        return None
    scim_id, title, list_id, external_id, body, version, created, modified, push = row
    return PushedGroup(scim_id, title, list_id, external_id, msgspec.Raw(body), version, created, modified, push)


def _groups(rows: list[Row]) -> list[PushedGroup]:
    return [group for row in rows if (group := _group(row)) is not None]
