"""What a reading says otherwise than the facts that are kept, and how it takes their place."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping

import msgspec
from msgspec.structs import replace

from idsync.model.canonical import canonical_bytes
from idsync.model.extent import Extent, Reading
from idsync.model.identity import IdentityApp, IdentityGroup, Snapshot, raw_json
from idsync.stores.tables.connection import Connection
from idsync.stores.tables.names import rows_about
from idsync.stores.tables.statements import Statements
from idsync.stores.tables.upstream_people import UpstreamNumbers, UpstreamPeople

_SQL = Statements("upstream.sql")
_GROUP = msgspec.json.Decoder(IdentityGroup)
NO_IDS = raw_json([])
List = IdentityGroup | IdentityApp


class Readings:
    """Holds a reading against the rows of people, groups, apps and memberships; taking one needs a transaction."""

    def __init__(self, connection: Connection, numbers: UpstreamNumbers, people: UpstreamPeople) -> None:
        self._connection = connection
        self._numbers = numbers
        self._people = people

    def differing(self, reading: Reading) -> Extent:
        """The people and lists that are not known as this reading has them: what taking it would write."""
        snapshot, extent = reading.snapshot, reading.extent
        _, users, no_users = self._users_to_write(snapshot, extent.users)
        away, not_away = self._away_to_write(snapshot, extent.users)
        read, _, lists, no_lists = self._lists_to_write(snapshot, extent.lists)
        came, left = self._members_to_write(read, no_lists)
        moved = {name for name, _ in (*came, *left)}
        return Extent(frozenset(users | no_users | away | not_away), frozenset(lists | no_lists | moved))

    def take(self, reading: Reading) -> Extent:
        """Write what a reading says of its extent. Whose facts, and which lists, changed."""
        snapshot, extent = reading.snapshot, reading.extent
        people = self._take_users(snapshot, extent.users) | self._take_away(snapshot, extent.users)
        moved, lists = self._take_lists(snapshot, extent.lists)
        return Extent(frozenset(people | moved), frozenset(lists))

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
        known = by_list(rows_about(self._connection, _SQL["upstream_members_of"], {*read, *gone}))
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
        return replace(item, members=NO_IDS)
    return replace(item, users=NO_IDS, groups=sorted(set(item.groups)))


def by_list(pairs: Iterable[tuple[str, str]]) -> dict[str, set[str]]:
    """The members of each list, of pairs of a list and a member."""
    found: dict[str, set[str]] = defaultdict(set)
    for name, user in pairs:
        found[name].add(user)
    return dict(found)
