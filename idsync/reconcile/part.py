"""Planning a part: the people and lists of an extent, closed so that twins, renames and passed-on names are seen.

Everybody outside is neither read nor decided: what a part costs depends on what it covers, not on how many there are.
"""

from collections.abc import Collection, Iterable
from contextlib import AbstractContextManager
from copy import copy
from typing import Self

import msgspec

from idsync.compiler.app_groups import role_addresses
from idsync.compiler.pool import admitted_statuses
from idsync.compiler.subjects import subjects
from idsync.config.settings import Settings
from idsync.model.addresses import Address, plain_address
from idsync.model.agreed_past import AgreedPast
from idsync.model.directory import DirectoryState, Members, Names
from idsync.model.directory_index import DirectoryIndex, Managed
from idsync.model.extent import Extent
from idsync.model.former_addresses import Orphans
from idsync.model.identity import Snapshot, is_everyone, without_left
from idsync.model.names import twin_key
from idsync.model.ownership import lock_name
from idsync.model.plain_resources import App, Plain, Plains, UserGroup
from idsync.model.resources import AccessList, Lock, Membership
from idsync.stores.protocol import Upstream
from idsync.targets.protocol import DirectoryReader

_NOBODY: frozenset[str] = frozenset()


class Part(msgspec.Struct, frozen=True):
    """What is looked at: people by Okta id and by directory name, lists, and those of them that are looked at whole.

    Of the other lists only the memberships of these people are looked at; each has other members, who stay.
    """

    snapshot: Snapshot
    users: frozenset[str]
    names: frozenset[str]
    lists: frozenset[str]
    whole_lists: frozenset[str]
    resources: frozenset[str] = frozenset()
    """Apps and groups, by Okta id, that are looked at as resources."""

    @property
    def plain(self) -> frozenset[Address]:
        """The addresses of these apps and groups, and of the roles of the lists."""
        roles = (address for name in self.lists for address in role_addresses(name))
        return frozenset([*roles, *map(_app, self.resources), *map(_user_group, self.resources)])

    @property
    def shared_lists(self) -> frozenset[str]:
        """The lists that have other members, too."""
        return self.lists - self.whole_lists


def closed(settings: Settings, upstream: Upstream, target: DirectoryReader, extent: Extent) -> Part:
    """The part that has to be looked at for `extent`, which names its people and lists.

    The same Okta id, the same name and the same folded name are looked at together, upstream and in the directory. A
    list that is new, that goes, or that nobody else is in is looked at whole, with all its members.
    """
    org_url = settings.integration.org_url
    users, whole = extent.users or _NOBODY, extent.lists or _NOBODY
    while True:
        people = _alike(upstream, target, org_url, users | _members(upstream, target, org_url, whole))
        part = _part(settings, upstream, target, people, whole)
        more = part.whole_lists - whole
        if people.users == users and not more:
            return part
        users, whole = people.users, whole | more


class _People(msgspec.Struct, frozen=True):
    users: frozenset[str]
    names: frozenset[str]


def _members(upstream: Upstream, target: DirectoryReader, org_url: str, lists: frozenset[str]) -> frozenset[str]:
    """Okta ids of the members of these lists, upstream and in the directory."""
    if not lists:
        return _NOBODY
    inside = target.state(Names(_NOBODY, lists)).members
    names = frozenset(name for entries in inside.values() for name in entries)
    return upstream.members(lists) | _ids_of(target, names, org_url)


def _ids_of(target: DirectoryReader, names: frozenset[str], org_url: str) -> frozenset[str]:
    entries = target.index(org_url, Names(names, _NOBODY)).users.values() if names else ()
    return frozenset(entry.okta_id for entry in entries if entry.okta_id)


def _alike(upstream: Upstream, target: DirectoryReader, org_url: str, users: frozenset[str]) -> _People:
    """These people, with everybody of the same id, name or folded name on either side, and so on."""
    names = _NOBODY
    while True:
        keys = frozenset(map(twin_key, upstream.usernames(users) | names))
        found_names = target.names_of(users, keys)
        found = users | upstream.named(keys) | _ids_of(target, found_names, org_url)
        if found == users and found_names == names:
            return _People(users, names)
        users, names = found, found_names


def _part(
    settings: Settings, upstream: Upstream, target: DirectoryReader, people: _People, whole: frozenset[str]
) -> Part:
    resources, known = _linked(upstream, target, whole) if settings.integration.sync.app_groups else (_NOBODY, _NOBODY)
    usernames = upstream.usernames(people.users)
    former = people.names - usernames | _passing(upstream, target, people, settings)
    # Of an account that a hand took, memberships stand under its name still: who gets the name does not get them.
    there = frozenset(target.memberships(people.names | usernames))
    there |= target.owned_by(former) if former else _NOBODY
    snapshot = without_left(upstream.part(people.users, there | whole | known))
    chosen = {subject.id: subject for subject in subjects(settings.filters, snapshot)}
    joined = {name for name, subject in chosen.items() if subject.has_members}
    lists = there | whole | joined
    admitted = admitted_statuses(settings)
    index = target.index(settings.integration.org_url, Names(_NOBODY, lists)).access_lists
    alone = (name for name in joined | (there & chosen.keys()) if not upstream.has_others(name, people.users, admitted))
    ours = (name for name in there if name in index and index[name].ours)
    gone = (name for name in ours if name not in chosen)
    everyone = {group.id for group in snapshot.groups if is_everyone(group.type, group.name)}
    new = (name for name in joined if name not in index and name not in everyone)
    seen = frozenset([*whole, *alone, *gone, *new]) & lists
    return Part(snapshot, people.users, people.names, lists, seen, resources)


def _linked(
    upstream: Upstream, target: DirectoryReader, lists: frozenset[str]
) -> tuple[frozenset[str], frozenset[str]]:
    """These groups and apps with all that is linked with them, upstream or in the directory: their resources name each
    other. And what these in turn are linked with, of which they say as much.
    """
    there = target.plain([*map(_app, lists), *map(_user_group, lists)]) if lists else {}
    known = (item.spec.user_groups if isinstance(item, App) else _conveyed(item) for item in there.values())
    resources = lists.union(upstream.linked(lists), *known) if lists else lists
    return resources, resources | upstream.linked(resources) if resources else resources


def _conveyed(resource: Plain) -> tuple[str, ...]:
    return resource.spec.applications if isinstance(resource, UserGroup) else ()


def _app(okta_id: str) -> Address:
    return plain_address("app", okta_id)


def _user_group(okta_id: str) -> Address:
    return plain_address("user_group", okta_id)


def _passing(upstream: Upstream, target: DirectoryReader, people: _People, settings: Settings) -> frozenset[str]:
    """Names that are somebody's upstream whom the directory does not have under them: they may be another person's."""
    users = upstream.without_lists(people.users).users
    names = frozenset(user.username for user in users)
    entries = target.index(settings.integration.org_url, Names(names, _NOBODY)).users
    return frozenset(
        user.username for user in users if (entry := entries.get(user.username)) is None or entry.okta_id != user.id
    )


Holder = tuple[str, str]
"""A user name, with the Okta id of somebody who has or had it."""


def holders(index: DirectoryIndex, snapshot: Snapshot, past: AgreedPast) -> frozenset[Holder]:
    """Who has which name in the directory and upstream, and who had it before: only these may be locked under it."""
    there = ((name, entry.okta_id) for name, entry in index.users.items() if entry.okta_id)
    upstream = ((user.username, user.id) for user in snapshot.users)
    return frozenset([*there, *upstream, *((each.name, each.okta_id) for each in past.former)])


class PartOfDirectory:
    """A directory of which only a part is shown; implements `DirectoryReader`.

    Of lists that are shared with people outside, only the memberships of the people inside are shown.
    """

    def __init__(self, target: DirectoryReader, part: Part, org_url: str, *, managed_resources: bool = False) -> None:
        """Roles, apps and groups are shown where they are managed."""
        self._target = target
        self._part = part
        self._org_url = org_url
        shown: frozenset[Address] = part.plain if managed_resources else frozenset()
        self._shown = Names(part.names | self._usernames(), part.lists, shown)
        self._lock_names = frozenset(lock_name(org_url, name) for name in self._shown.users)

    def with_locks_of(self, people: Collection[Holder]) -> Self:
        """The same part, which also shows what has the name of a lock for one of these people alone.

        Each name with everybody's id would be the square of a push that is about everybody in a group.
        """
        shown = copy(self)
        shown._lock_names = self._lock_names.union(lock_name(self._org_url, *each) for each in people)
        return shown

    def _usernames(self) -> frozenset[str]:
        return frozenset(user.username for user in self._part.snapshot.users)

    @property
    def name(self) -> str:
        """The name of the target."""
        return self._target.name

    def reading(self) -> AbstractContextManager[None]:
        """A span of reads that see one state."""
        return self._target.reading()

    def serial(self) -> int:
        """The serial of the directory."""
        return self._target.serial()

    def index(self, org_url: str, within: Names | None = None) -> DirectoryIndex:
        """The part in brief; of its lists the counts are of all their members."""
        return self._target.index(org_url, self._shown if within is None else within)

    def counts(self, org_url: str) -> Managed:
        """How much of the whole directory is ours."""
        return self._target.counts(org_url)

    def orphans(self, known: Collection[str]) -> tuple[Orphans, ...]:
        """What of the whole directory carries an address that is not `known`."""
        return self._target.orphans(known)

    def names_of(self, okta_ids: Collection[str], twin_keys: Collection[str]) -> frozenset[str]:
        """Names of users by Okta id or twin key, in the whole directory."""
        return self._target.names_of(okta_ids, twin_keys)

    def state(self, within: Names | None = None) -> DirectoryState:
        """The objects of the part, or those named, with members cut down to the people inside."""
        names = self._shown if within is None else within
        shared = names.access_lists & self._part.shared_lists
        found = self._target.state(Names(names.users, names.access_lists - shared, names.plain))
        cut = self._shared(shared) if shared else DirectoryState()
        return DirectoryState(
            found.users,
            self.locks() if within is None else found.locks,
            {**found.access_lists, **cut.access_lists},
            {**found.members, **cut.members},
            found.plain,
        )

    def _shared(self, names: frozenset[str]) -> DirectoryState:
        lists = self._target.access_lists(names)
        inside = self._target.memberships(self._shown.users)
        members: dict[str, Members] = {name: inside.get(name, {}) for name in lists}
        return DirectoryState(access_lists=lists, members=members)

    def locks(self, users: Collection[str] | None = None, names: Collection[str] = ()) -> dict[str, Lock]:
        """Locks on the people inside and under the plain names of ours on them, or those asked for."""
        if users is None:
            return self._target.locks(self._shown.users, self._lock_names)
        return self._target.locks(users, names)

    def access_lists(self, names: Collection[str] | None = None) -> dict[str, AccessList]:
        """The lists of the part, or those named, without members."""
        return self._target.access_lists(self._part.lists if names is None else names)

    def plain(self, addresses: Collection[Address] | None = None) -> Plains:
        """The roles, apps and groups of the part, or those at these addresses."""
        return self._target.plain(self._shown.plain if addresses is None else addresses)

    def memberships(self, people: Iterable[str]) -> dict[str, dict[str, Membership]]:
        """For each list that holds any of `people`, those memberships."""
        return self._target.memberships(people)

    def owned_by(self, people: Collection[str]) -> frozenset[str]:
        """The lists that name any of `people` as an owner."""
        return self._target.owned_by(people)
