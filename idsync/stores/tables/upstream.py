"""Upstream facts in rows: people, groups, apps and memberships, each found by the person or list it concerns."""

from collections import defaultdict
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

_SQL = Statements("upstream.sql")
_USER = msgspec.json.Decoder(IdentityUser)
_GROUP = msgspec.json.Decoder(IdentityGroup)
_APP = msgspec.json.Decoder(IdentityApp)
_HEAD = msgspec.json.Decoder(Snapshot)
_NO_IDS = raw_json([])

replace = msgspec.structs.replace
List = IdentityGroup | IdentityApp
_Members = Mapping[str, set[str]]


class Upstream:
    """The last known reading; implements the store's `Upstream`."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._numbers = UpstreamNumbers(connection)
        self._people = UpstreamPeople(connection, self._numbers)
        self._told: Remembered[str, Snapshot | None] = Remembered(connection)
        self._told.asked_first("", _SQL["upstream_head"], _head_in)

    def differing(self, reading: Reading) -> Extent:
        """The people and lists that are not known as this reading has them: what taking it would write."""
        with self._connection.reading():
            snapshot, extent = reading.snapshot, reading.extent
            _, users, no_users = self._users_to_write(snapshot, extent.users)
            away, not_away = self._away_to_write(snapshot, extent.users)
            read, _, lists, no_lists = self._lists_to_write(snapshot, extent.lists)
            came, left = self._members_to_write(read, no_lists)
            moved = {name for name, _ in (*came, *left)}
            return Extent(frozenset(users | no_users | away | not_away), frozenset(lists | no_lists | moved))

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
            everyone = [replace(group, members=_NO_IDS) for group in everyone]
            head = replace(snapshot, users=[], groups=everyone, apps=[], unassigned={}, left_as_is=list(left))
            self._put_head(head)
            people = self._take_users(snapshot, extent.users) | self._take_away(snapshot, extent.users)
            moved, lists = self._take_lists(snapshot, extent.lists)
            return Extent(frozenset(people | moved), frozenset(lists))

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
            members = _by_list(self._connection.rows(_SQL["upstream_members"]))
            users, away = self._people.all()
            facts = replace(head, left_as_is=[])
            return _snapshot(facts, users, self._connection.rows(_SQL["upstream_lists"]), members, away)

    def part(self, users: Collection[str], lists: Collection[str]) -> Snapshot:
        """These people, every list that any of them is in, and these lists besides; as members these people alone."""
        with self._connection.reading():
            head = self._known_head()
            members = _by_list(rows_about(self._connection, _SQL["upstream_lists_of_members"], users))
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

    def _take_users(self, snapshot: Snapshot, inside: frozenset[str] | None) -> set[str]:
        bodies, changed, gone = self._users_to_write(snapshot, inside)
        rows = [(user.id, user.username, user.status, bodies[user.id]) for user in snapshot.users if user.id in changed]
        self._people.put(rows, gone)
        return changed | gone

    def _users_to_write(
        self, snapshot: Snapshot, inside: frozenset[str] | None
    ) -> tuple[dict[str, bytes], set[str], set[str]]:
        """Bodies by Okta id, and whose are new or others, and who is gone."""
        bodies = {
            user.id: canonical_bytes(replace(user, profile=raw_json(user.attributes()))) for user in snapshot.users
        }
        known, _ = self._people.all() if inside is None else self._people.of({*inside, *bodies})
        changed = {okta_id for okta_id, body in bodies.items() if known.get(okta_id) != body}
        left = _LeftAsIs(snapshot)
        return bodies, changed, {okta_id for okta_id in known.keys() - bodies.keys() if not left.has("user", okta_id)}

    def _take_away(self, snapshot: Snapshot, inside: frozenset[str] | None) -> set[str]:
        changed, gone = self._away_to_write(snapshot, inside)
        self._people.put_away({okta_id: snapshot.unassigned[okta_id] for okta_id in changed}, gone)
        return changed | gone

    def _away_to_write(self, snapshot: Snapshot, inside: frozenset[str] | None) -> tuple[set[str], set[str]]:
        """Whose status without the app is new or another one, and who has none any more."""
        read = snapshot.unassigned
        _, known = self._people.all() if inside is None else self._people.of({*inside, *read})
        changed = {okta_id for okta_id, status in read.items() if known.get(okta_id) != status}
        return changed, known.keys() - read.keys()

    def _take_lists(self, snapshot: Snapshot, inside: frozenset[str] | None) -> tuple[set[str], set[str]]:
        """People whose memberships changed, and lists that came, went or are called something else."""
        read, bodies, changed, gone = self._lists_to_write(snapshot, inside)
        known = self._known_lists(frozenset(changed), ())
        named = {name for name in changed if not _is_called_the_same(known.get(name), read[name])}
        numbers = self._numbers.of(changed | gone)
        rows = [(numbers[name], read[name][0], _name_of(read[name][1]), bodies[name]) for name in changed]
        self._connection.run_many(_SQL["put_upstream_list"], rows)
        self._connection.run_many(_SQL["delete_upstream_list"], [(numbers[name],) for name in gone])
        self._take_links({name: read[name][1] for name in changed} | dict.fromkeys(gone))
        return self._take_members(read, gone), named | gone

    def _take_links(self, changed: Mapping[str, List | None]) -> None:
        """Write which groups convey the apps that changed; None stands for what is gone."""
        conveyed = {name: item.groups if isinstance(item, IdentityApp) else [] for name, item in changed.items()}
        numbers = self._numbers.of([*conveyed, *(group for groups in conveyed.values() for group in groups)])
        pairs = sorted({(numbers[app], numbers[group]) for app, groups in conveyed.items() for group in groups})
        self._connection.run_many(_SQL["delete_upstream_links"], [(numbers[name],) for name in conveyed])
        self._connection.run_many(_SQL["add_upstream_link"], pairs)

    def _lists_to_write(
        self, snapshot: Snapshot, inside: frozenset[str] | None
    ) -> tuple[dict[str, tuple[str, List]], dict[str, bytes], set[str], set[str]]:
        """What was read, its bodies, and which lists are new or others, and which are gone."""
        read = _lists_of(snapshot)
        known = self._known_lists(inside, read)
        bodies = {name: canonical_bytes(_without_members(item)) for name, (_, item) in read.items()}
        changed = {name for name, (kind, _) in read.items() if known.get(name) != (kind, bodies[name])}
        left = _LeftAsIs(snapshot)
        gone = {name for name in known.keys() - read.keys() if not left.has(str(known[name][0]), name)}
        return read, bodies, changed, gone

    def _take_members(self, read: Mapping[str, tuple[str, List]], gone: Collection[str]) -> set[str]:
        """Write which members came and went; a list that is gone has none."""
        came, left = self._members_to_write(read, gone)
        pairs = [*came, *left]
        numbers = self._numbers.of([name for name, _ in pairs] + [user for _, user in pairs])
        add, remove = _SQL["add_upstream_member"], _SQL["delete_upstream_member"]
        self._connection.run_many(add, [(numbers[name], numbers[user]) for name, user in came])
        self._connection.run_many(remove, [(numbers[name], numbers[user]) for name, user in left])
        return {user for _, user in pairs}

    def _members_to_write(
        self, read: Mapping[str, tuple[str, List]], gone: Collection[str]
    ) -> tuple[list[tuple[str, str]], list[tuple[str, str]]]:
        """Pairs of a list and somebody who came into it, or left."""
        known = _by_list(rows_about(self._connection, _SQL["upstream_members_of"], {*read, *gone}))
        inside = {name: _ids(item) for name, (_, item) in read.items()}
        came = [(name, user) for name, ids in inside.items() for user in sorted(ids - known.get(name, set()))]
        left = [(name, user) for name, ids in known.items() for user in sorted(ids - inside.get(name, set()))]
        return came, left

    def _known_lists(self, inside: frozenset[str] | None, read: Collection[str]) -> dict[str, tuple[str | bytes, ...]]:
        """Kind and body of what is stored of an extent and of what was read, by Okta id."""
        if inside is None:
            rows = self._connection.rows(_SQL["upstream_lists"])
        else:
            rows = rows_about(self._connection, _SQL["upstream_lists_of"], {*inside, *read})
        return {row[0]: row[1:] for row in rows}


class _LeftAsIs:
    """What a reading left as it is: a row without an id may be about anybody, or any list, that is absent."""

    def __init__(self, snapshot: Snapshot) -> None:
        self._rows = {(row.kind, row.id) for row in snapshot.left_as_is}

    def has(self, kind: str, okta_id: str) -> bool:
        """Whether nothing is known of a person, group or app that is absent from the reading."""
        return (kind, okta_id) in self._rows or (kind, "") in self._rows


def _head_in(rows: list[Row]) -> Snapshot | None:
    return _HEAD.decode(rows[0][0]) if rows else None


def _lists_of(snapshot: Snapshot) -> dict[str, tuple[str, List]]:
    lists: dict[str, tuple[str, List]] = {group.id: ("group", group) for group in snapshot.groups}
    lists.update((app.id, ("app", app)) for app in snapshot.apps)
    return lists


def _name_of(item: List) -> str:
    return item.name if isinstance(item, IdentityGroup) else item.label


def _ids(item: List) -> set[str]:
    return set(item.member_ids() if isinstance(item, IdentityGroup) else item.user_ids())


def _is_called_the_same(known: tuple[str | bytes, ...] | None, read: tuple[str, List]) -> bool:
    """Whether a list is the same but for when its members last changed, which belongs to the reading."""
    kind, item = read
    if known is None or known[0] != kind or not isinstance(item, IdentityGroup):
        return False
    return replace(_GROUP.decode(known[1]), last_membership_updated=item.last_membership_updated) == _without_members(
        item
    )


def _without_members(item: List) -> List:
    if isinstance(item, IdentityGroup):
        return replace(item, members=_NO_IDS)
    return replace(item, users=_NO_IDS, groups=sorted(set(item.groups)))


def _by_list(pairs: Iterable[tuple[str, str]]) -> dict[str, set[str]]:
    found: dict[str, set[str]] = defaultdict(set)
    for name, user in pairs:
        found[name].add(user)
    return dict(found)


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
