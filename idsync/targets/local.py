"""The local target: access is kept in tables of idsync's own store, in Teleport's shapes."""

from collections.abc import Collection, Iterable, Mapping
from contextlib import AbstractContextManager
from datetime import datetime
from typing import TypeVar

import msgspec

from idsync.errors import StoreDamaged
from idsync.model.addresses import PLAIN_KINDS, Address, Kind, split_address
from idsync.model.canonical import body_of, canonical_bytes
from idsync.model.directory import DirectoryState, Members, Names
from idsync.model.directory_index import AccessListEntry, DirectoryIndex, Managed, PlainEntry, UserEntry
from idsync.model.directory_tables import DirectoryTables
from idsync.model.former_addresses import Orphans, orphans_of
from idsync.model.list_owners import is_person
from idsync.model.ownership import is_ours, okta_id_of, org_of, same_owned
from idsync.model.plain_resources import App, Plain, Plains, Role, UserGroup, address_of_plain
from idsync.model.resources import AccessList, Lock, Membership, User
from idsync.model.times import parse_time
from idsync.plan.apply_times import Moment
from idsync.plan.steps import Step
from idsync.targets.protocol import Resource
from idsync.targets.writing import write_step

T = TypeVar("T")
_USER = msgspec.json.Decoder(User)
_LOCK = msgspec.json.Decoder(Lock)
_ACCESS_LIST = msgspec.json.Decoder(AccessList)
_MEMBERSHIP = msgspec.json.Decoder(Membership)
_PLAIN: dict[str, msgspec.json.Decoder[Plain]] = {
    "role": msgspec.json.Decoder(Role),
    "app": msgspec.json.Decoder(App),
    "user_group": msgspec.json.Decoder(UserGroup),
}


class LocalTarget:
    """A directory in tables; each write is kept at once, or with the transaction that is open."""

    name = "local"
    atomic = True
    kinds: frozenset[Kind] = frozenset({"user", "lock", "access_list", "access_list_member", *PLAIN_KINDS})

    def __init__(self, tables: DirectoryTables, org_url: str, former: Collection[str] = ()) -> None:
        """What carries our origin and `org_url` is ours, or an address that the organization had before."""
        self._tables = tables
        self._org_url = org_url
        self._former = tuple(former)
        self._memberships: dict[bytes, Membership] = {}

    def reading(self) -> AbstractContextManager[None]:
        """A span of reads that see one state."""
        return self._tables.reading()

    def transaction(self) -> AbstractContextManager[None]:
        """All writes inside are kept together or not at all."""
        return self._tables.writing()

    def serial(self) -> int:
        """Grows by one with each transaction that changes the directory."""
        return self._tables.serial()

    def index(self, org_url: str, within: Names | None = None) -> DirectoryIndex:
        """What there is, in brief, in one pass over narrow rows; or what there is of `within`."""
        users = None if within is None else within.users
        lists = None if within is None else within.access_lists
        plain = None if within is None else within.plain
        with self.reading():
            index = DirectoryIndex(
                {
                    name: UserEntry(okta_id, print_)
                    for name, okta_id, print_ in self._tables.users.entries(org_url, users)
                },
                {
                    name: AccessListEntry(ours, print_, members_print, count)
                    for name, ours, print_, members_print, count in self._tables.access_lists.entries(org_url, lists)
                },
                frozenset(self._tables.edited(within)),
                self._tables.serial(),
                self._plain_entries(org_url, plain),
            )
            for former in self._inhabited():
                index = self._with_former(index, former, users, lists, plain)
            return index

    def _inhabited(self) -> list[str]:
        """The former addresses that something carries."""
        return [former for former in self._former if any(self._tables.counts(former))]

    def _with_former(
        self,
        index: DirectoryIndex,
        former: str,
        users: Collection[str] | None,
        lists: Collection[str] | None,
        plain: Collection[Address] | None,
    ) -> DirectoryIndex:
        """The index, with what carries a former address as ours."""
        people = self._tables.users.entries(former, users)
        theirs = self._tables.access_lists.entries(former, lists)
        return msgspec.structs.replace(
            index,
            users={
                **index.users,
                **{name: UserEntry(okta_id, p) for name, okta_id, p in people if okta_id is not None},
            },
            access_lists={
                **index.access_lists,
                **{name: AccessListEntry(ours, p, members, count) for name, ours, p, members, count in theirs if ours},
            },
            plain={
                **index.plain,
                **{each: entry for each, entry in self._plain_entries(former, plain).items() if entry.ours},
            },
        )

    def _plain_entries(self, org: str, addresses: Collection[Address] | None) -> dict[Address, PlainEntry]:
        rows = self._tables.plain.entries(org, addresses)
        return {Address(address): PlainEntry(ours, print_) for address, ours, print_ in rows}

    def counts(self, org_url: str) -> Managed:
        """How many users, memberships and lists are ours: of the organization with its former addresses, or of one."""
        orgs = (org_url, *self._former) if org_url == self._org_url else (org_url,)
        each = [self._tables.counts(org) for org in orgs]
        return Managed(*map(sum, zip(*each, strict=True)))

    def orphans(self, known: Collection[str]) -> tuple[Orphans, ...]:
        """What carries our origin and an address that is not `known`, told by the counts that are kept for each."""
        with self.reading():
            strangers = sorted(set(self._tables.orgs()) - {*known})
            if not strangers:
                return ()
            locks = {found.org_url: found for found in orphans_of(DirectoryState(locks=self.locks()), known)}
            return tuple(self._orphans(org, locks.get(org, Orphans(org))) for org in strangers)

    def _orphans(self, org: str, locks: Orphans) -> Orphans:
        people = self._tables.users.entries(org, None)
        lists = self._tables.access_lists.entries(org, None)
        return Orphans(
            org,
            {name: okta_id for name, okta_id, _ in people if okta_id is not None},
            tuple(sorted(name for name, ours, *_ in lists if ours)),
            locks.locks,
            tuple(sorted(address for address, entry in self._plain_entries(org, None).items() if entry.ours)),
        )

    def names_of(self, okta_ids: Collection[str], twin_keys: Collection[str]) -> frozenset[str]:
        """Names of the users who carry one of these Okta ids, or whose name has one of these twin keys."""
        with self.reading():
            return frozenset(self._tables.users.names_of(okta_ids, twin_keys))

    def state(self, within: Names | None = None) -> DirectoryState:
        """Whole objects: all, or those of `within` without locks."""
        with self.reading():
            users = None if within is None else within.users
            lists = None if within is None else within.access_lists
            found = _decoded("access_list", _ACCESS_LIST, self._tables.access_lists.bodies(lists))
            return DirectoryState(
                _decoded("user", _USER, self._tables.users.bodies(users)),
                self.locks() if within is None else {},
                found,
                self._members_of(found, everything=within is None),
                self.plain(None if within is None else within.plain),
            )

    def locks(self, users: Collection[str] | None = None, names: Collection[str] = ()) -> dict[str, Lock]:
        """Locks by name: all, or those on one of these users or of one of these names."""
        return _decoded("lock", _LOCK, self._tables.locks.bodies(users, names))

    def ended_locks(self, now: datetime) -> dict[str, Lock]:
        """Locks whose time has passed."""
        return _decoded("lock", _LOCK, self._tables.locks.ended(int(now.timestamp())))

    def access_lists(self, names: Collection[str] | None = None) -> dict[str, AccessList]:
        """Every list, or those of these names, without members."""
        return _decoded("access_list", _ACCESS_LIST, self._tables.access_lists.bodies(names))

    def plain(self, addresses: Collection[Address] | None = None) -> Plains:
        """Roles, apps and groups: all, or those at these addresses."""
        found: Plains = {}
        if addresses is not None and not addresses:
            return found
        for address, body in self._tables.plain.bodies(addresses):
            try:
                found[Address(address)] = _PLAIN[split_address(address)[0]].decode(body)
            except (msgspec.DecodeError, UnicodeDecodeError, KeyError) as error:
                raise StoreDamaged(address, f"Its body cannot be read: {error}.") from error
        return found

    def memberships(self, people: Iterable[str]) -> dict[str, dict[str, Membership]]:
        """For each list that holds any of `people`, those memberships."""
        found: dict[str, dict[str, Membership]] = {}
        with self.reading():
            for access_list, name, details in self._tables.members.of_people(list(people)):
                found.setdefault(access_list, {})[name] = self._membership(details)
        return found

    def owned_by(self, people: Collection[str]) -> frozenset[str]:
        """The lists that name any of `people` as an owner."""
        return frozenset(self._tables.access_lists.owned_by(people))

    def ours(self, resource: Resource) -> bool:
        """Whether an object carries our origin and our org, by its present address or a former one."""
        return is_ours(resource.metadata.labels, self._org_url, self._former)

    def project(self, desired: DirectoryState) -> DirectoryState:
        """All of it: this directory holds whatever can be desired."""
        return desired

    def same(self, wanted: Resource | None, found: Resource | None) -> bool:
        """Whether the owned fields are the same, but for a lock's times."""
        return same_owned(wanted, found)

    def make(self, step: Step, at: Moment, fence: int) -> Resource | None:  # noqa: ARG002
        """Make one step; what is there then. The lease is in the same database, and checked with the commit."""
        return write_step(step, self, at)

    def put_user(self, user: User) -> None:
        """Create or replace a user."""
        metadata = user.metadata
        org = org_of(metadata.labels)
        self._tables.users.put(metadata.name, org, okta_id_of(metadata.labels) if org else "", body_of(user))

    def delete_user(self, name: str) -> None:
        """Delete a user."""
        self._tables.users.delete(name)

    def put_lock(self, lock: Lock) -> None:
        """Create or replace a lock."""
        expires = lock.spec.expires
        ends = None if expires is None else int(parse_time(expires).timestamp())
        self._tables.locks.put(lock.metadata.name, lock.spec.target.user or "", ends, body_of(lock))

    def delete_lock(self, name: str) -> None:
        """Delete a lock."""
        self._tables.locks.delete(name)

    def put_access_list(self, access_list: AccessList) -> None:
        """Create or replace a list; its members stay."""
        metadata = access_list.metadata
        owners = {owner.name for owner in access_list.spec.owners if is_person(owner)}
        self._tables.access_lists.put(metadata.name, org_of(metadata.labels), body_of(access_list), owners)

    def delete_access_list(self, name: str) -> None:
        """Delete a list and its memberships."""
        self._tables.access_lists.delete(name)

    def put_plain(self, resource: Plain) -> None:
        """Create or replace a role, an app or a group."""
        self._tables.plain.put(address_of_plain(resource), org_of(resource.metadata.labels), body_of(resource))

    def delete_plain(self, address: Address) -> None:
        """Delete a role, an app or a group."""
        self._tables.plain.delete(address)

    def add_members(self, access_list: str, members: Members) -> None:
        """Create or replace memberships of one list."""
        with self._tables.writing():
            for details, names in _by_details(members):
                self.add_alike(access_list, details, names)

    def add_alike(self, access_list: str, details: Membership, names: Collection[str]) -> None:
        """Create or replace memberships of one list that all have the same details."""
        self._tables.members.add(access_list, canonical_bytes(details), names)

    def remove_members(self, access_list: str, names: Iterable[str]) -> None:
        """Remove memberships of one list."""
        self._tables.members.remove(access_list, list(names))

    def _members_of(self, lists: Mapping[str, AccessList], *, everything: bool) -> dict[str, Members]:
        members: dict[str, dict[str, Membership]] = {name: {} for name in lists}
        for access_list, details, names in self._tables.members.of_lists(None if everything else lists.keys()):
            members[access_list].update(dict.fromkeys(names, self._membership(details)))
        return dict(members)

    def _membership(self, details: bytes) -> Membership:
        found = self._memberships.get(details)
        if found is None:
            try:
                found = self._memberships[details] = _MEMBERSHIP.decode(details)
            except (msgspec.DecodeError, UnicodeDecodeError) as error:
                raise StoreDamaged("the details of a membership", f"{error}.") from error
        return found


def _by_details(members: Members) -> Iterable[tuple[Membership, list[str]]]:
    """Members by their details; those who share one value, which is nearly always all, are told by its identity."""
    if len(set(map(id, members.values()))) == 1:
        return [(next(iter(members.values())), list(members))]
    grouped: dict[Membership, list[str]] = {}
    for name, details in members.items():
        grouped.setdefault(details, []).append(name)
    return grouped.items()


def _decoded(kind: str, decoder: msgspec.json.Decoder[T], rows: Iterable[tuple[str, bytes]]) -> dict[str, T]:
    """Resources by name; raises StoreDamaged, which names the first that cannot be read."""
    found: dict[str, T] = {}
    name = ""
    try:
        for name, body in rows:
            found[name] = decoder.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise StoreDamaged(f"{kind}/{name}", f"Its body cannot be read: {error}.") from error
    return found
