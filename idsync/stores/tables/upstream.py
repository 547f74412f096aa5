"""Upstream facts in rows: people, groups, apps and memberships, each found by the person or list it concerns."""

from collections.abc import Collection, Iterable, Mapping

import msgspec

from idsync.errors import StoreError
from idsync.model.canonical import canonical_bytes
from idsync.model.extent import Extent, Reading
from idsync.model.identity import (
    IdentityApp,
    IdentityGroup,
    IdentityUser,
    LeftAsIs,
    Snapshot,
    is_everyone,
    raw_json,
    still_left,
)
from idsync.model.names import twin_key
from idsync.stores.tables.connection import Connection, Question, Row
from idsync.stores.tables.names import about, asked, rows_about
from idsync.stores.tables.remembered import Remembered
from idsync.stores.tables.statements import Statements
from idsync.stores.tables.upstream_people import UpstreamNumbers, UpstreamPeople
from idsync.stores.tables.upstream_readings import NO_IDS, Readings, by_list

_SQL = Statements("upstream.sql")
_USER = msgspec.json.Decoder(IdentityUser)
_GROUP = msgspec.json.Decoder(IdentityGroup)
_APP = msgspec.json.Decoder(IdentityApp)
_HEAD = msgspec.json.Decoder(Snapshot)

replace = msgspec.structs.replace
_Members = Mapping[str, set[str]]


class Upstream:
    """The last known reading; implements the store's `Upstream`."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._numbers = UpstreamNumbers(connection)
        self._people = UpstreamPeople(connection, self._numbers)
        self._readings = Readings(connection, self._numbers, self._people)
        self._told: Remembered[str, Snapshot | None] = Remembered(connection)
        self._told.asked_first("", _SQL["upstream_head"], _head_in)

    def differing(self, reading: Reading) -> Extent:
        """The people and lists that are not known as this reading has them: what taking it would write."""
        with self._connection.reading():
            return self._readings.differing(reading)

    def take(self, reading: Reading) -> Extent:
        """Store a reading; what is absent inside its extent is gone, but for what it left as it is. What changed."""
        with self._connection.writing():
            snapshot, extent = reading.snapshot, reading.extent
            everyone = [group for group in snapshot.groups if is_everyone(group.type, group.name)]
            left: Iterable[LeftAsIs] = snapshot.left_as_is
            before = None if extent.is_whole else self._head()
            if before is not None:
                everyone = everyone or before.groups
                left = still_left(before.left_as_is, snapshot, extent.users or (), extent.lists or ())
            everyone = [replace(group, members=NO_IDS) for group in everyone]
            head = replace(snapshot, users=[], groups=everyone, apps=[], unassigned={}, left_as_is=list(left))
            self._put_head(head)
            return self._readings.take(reading)

    def move(self, name: str, joined: Collection[str], left: Collection[str]) -> Extent:
        """Add people to a group or app, and take others out. Whose membership changed."""
        with self._connection.writing():
            (number,) = self._numbers.of([name]).values()
            numbers = self._numbers.of([*joined, *left])
            rows = self._connection.rows(_SQL["upstream_members_among"], (asked({*joined, *left}), number))
            inside = {user for (user,) in rows}
            came, gone = set(joined) - inside, set(left) & inside - set(joined)
            self._connection.run_many(_SQL["add_upstream_member"], [(number, numbers[user]) for user in sorted(came)])
            remove = _SQL["delete_upstream_member"]
            self._connection.run_many(remove, [(number, numbers[user]) for user in sorted(gone)])
            return Extent(frozenset(came | gone), frozenset())

    def groups_named(self, name: str) -> list[str]:
        """The groups of exactly this name, by id."""
        return [group for (group,) in self._connection.rows(_SQL["upstream_groups_named"], (name,))]

    def is_known(self) -> bool:
        """Whether anything was stored yet."""
        return self._head() is not None

    def whole(self) -> Snapshot | None:
        """Everything that is known, in one snapshot; None before the first reading."""
        with self._connection.reading():
            head = self._head()
            if head is None:
                return None
            members = by_list(self._connection.rows(_SQL["upstream_members"]))
            users, away = self._people.all()
            facts = replace(head, left_as_is=[])
            return _snapshot(facts, users, self._connection.rows(_SQL["upstream_lists"]), members, away)

    def part(self, users: Collection[str], lists: Collection[str]) -> Snapshot:
        """These people, every list that any of them is in, and these lists besides; as members these people alone."""
        with self._connection.reading():
            head = self._known_head()
            members = by_list(rows_about(self._connection, _SQL["upstream_lists_of_members"], users))
            # Everybody is in Everyone, though no member of it is stored.
            listed = {*members, *lists, *(group.id for group in head.groups)}
            heads = rows_about(self._connection, _SQL["upstream_lists_of"], listed)
            found, away = self._people.of(users)
            left = [row for row in head.left_as_is if not row.id or row.id in listed or row.id in users]
            return _snapshot(replace(head, left_as_is=left), found, heads, members, away)

    def without_lists(self, users: Collection[str]) -> Snapshot:
        """These people as `part` has them, without any group or app."""
        with self._connection.reading():
            head = self._known_head()
            found, away = self._people.of(users)
            left = [row for row in head.left_as_is if not row.id or row.id in users]
            return _snapshot(replace(head, groups=[], left_as_is=left), found, (), {}, away)

    def questions(self, users: Collection[str]) -> list[Question]:
        """What is asked for these people themselves."""
        return self._people.questions(users)

    def questions_around(self, people: Mapping[str, str]) -> list[Question]:
        """What is asked for who and what else these people, user names by Okta id, have to do with."""
        return [
            about(_SQL["upstream_users_named"], set(map(twin_key, people.values()))),
            about(_SQL["upstream_lists_of_members"], people),
        ]

    def people(self) -> frozenset[str]:
        """Everybody who has the app."""
        return frozenset(user for user, *_ in self._connection.rows(_SQL["upstream_user_ids"]))

    def lists(self) -> dict[str, str]:
        """The kind of every list, `group` or `app`."""
        return dict(self._connection.rows(_SQL["upstream_list_kinds"]))

    def usernames(self, users: Collection[str]) -> frozenset[str]:
        """The user names of these people, as far as they are known."""
        return self._people.usernames(users)

    def named(self, twin_keys: Collection[str]) -> frozenset[str]:
        """The people whose user name has one of these twin keys."""
        return frozenset(user for (user,) in rows_about(self._connection, _SQL["upstream_users_named"], twin_keys))

    def members(self, lists: Collection[str]) -> frozenset[str]:
        """Everybody in any of these lists, people without the app included."""
        return frozenset(user for _, user in rows_about(self._connection, _SQL["upstream_members_of"], lists))

    def linked(self, lists: Collection[str]) -> frozenset[str]:
        """The apps that any of these groups conveys, and the groups that convey any of these apps."""
        return frozenset(name for (name,) in rows_about(self._connection, _SQL["upstream_linked"], lists))

    def has_others(self, name: str, users: Collection[str], statuses: Collection[str]) -> bool:
        """Whether a list has a member apart from `users` who has the app and one of these Okta statuses.

        Everyone always has, as far as a part can tell: its members are not stored.
        """
        head = self._head()
        if head is not None and any(group.id == name for group in head.groups):
            return True
        values = (name, asked(statuses), asked(users))
        return self._connection.row(_SQL["has_other_upstream_members"], values) == (1,)

    def _head(self) -> Snapshot | None:
        return self._told.get("", lambda: _head_in(self._connection.rows(_SQL["upstream_head"])))

    def _known_head(self) -> Snapshot:
        head = self._head()
        if head is None:
            raise StoreError(
                "The store has no upstream facts yet.",
                why="A part is planned from the last known reading, and none was stored.",
                fix="Run a whole pass first.",
            )
        return head

    def _put_head(self, head: Snapshot) -> None:
        """Write what a reading says of itself, unless it says nothing new."""
        body, before = canonical_bytes(head), self._head()
        if before is None or canonical_bytes(before) != body:
            self._connection.run(_SQL["put_upstream_head"], (body,))
            self._told.note({"": head})


def _head_in(rows: list[Row]) -> Snapshot | None:
    return _HEAD.decode(rows[0][0]) if rows else None


def _snapshot(
    head: Snapshot,
    users: Mapping[str, bytes],
    lists: Iterable[tuple[str, str, bytes]],
    members: _Members,
    away: dict[str, str],
) -> Snapshot:
    """A snapshot of stored rows, sorted by id."""
    groups: list[IdentityGroup] = []
    apps: list[IdentityApp] = []
    for name, kind, body in lists:
        ids = raw_json(sorted(members.get(name, ())))
        if kind == "group":
            groups.append(replace(_GROUP.decode(body), members=ids))
        else:
            apps.append(replace(_APP.decode(body), users=ids))
    return replace(
        head,
        users=sorted((_USER.decode(body) for body in users.values()), key=lambda user: user.id),
        groups=sorted(groups, key=lambda group: group.id),
        apps=sorted(apps, key=lambda app: app.id),
        unassigned=dict(sorted(away.items())),
    )
