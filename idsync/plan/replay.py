"""States after and before: what changes make of a directory. Every after-state in idsync comes from here.

`replay` follows a plan forwards, and `rewind` the journal backwards. `replay` needs no whole directory: of objects and
members that no change names, nothing is looked at, so a part of a state gives the same part of the state after.
`PeopleAfter` does the same for one person after another.
"""

from collections.abc import Callable, Collection, Iterable, Mapping
from datetime import datetime
from typing import TypeVar, assert_never

from idsync.model.addresses import Address, access_list_address, lock_address, split_address
from idsync.model.directory import DirectoryState, Members
from idsync.model.journal import (
    Entry,
    LocksSwept,
    MadeByHand,
    RunFinished,
    RunResumed,
    RunStarted,
    RunStopped,
    SectionFinished,
    StepBegun,
    StepFailed,
    StepMade,
)
from idsync.model.nesting import Parents
from idsync.model.plain_resources import Plain, Plains
from idsync.model.resources import (
    NEW_MEMBERSHIP,
    AccessList,
    AccessListMember,
    Lock,
    Membership,
    User,
    membership_of,
)
from idsync.model.revisions import AnyResource
from idsync.plan.apply_times import stamped_access_list, stamped_lock, stamped_members
from idsync.plan.around import NO_MEMBERSHIPS, Around, Memberships
from idsync.plan.changes import AccessListChange, Change, LockChange, PlainChange, UserChange
from idsync.plan.effective import Lists
from idsync.plan.role_reach import RoleReach
from idsync.plan.touched import Touched

Key = TypeVar("Key", bound=str)
Body = TypeVar("Body")
FindBodies = Callable[[Collection[str]], Mapping[str, AnyResource]]
"""Finds resources by the fingerprints of their bodies."""


def replay(state: DirectoryState, changes: Iterable[Change], now: datetime) -> DirectoryState:
    """The state once every change is made at `now`; neither the state nor its mappings are changed in place."""
    users: dict[str, User] = dict(state.users)
    locks: dict[str, Lock] = dict(state.locks)
    lists: dict[str, AccessList] = dict(state.access_lists)
    members: dict[str, Members] = dict(state.members)
    plain: Plains = dict(state.plain)
    for change in changes:
        name = split_address(change.address)[1]
        match change:
            case UserChange():
                _put(users, name, change.after)
            case LockChange():
                _put(locks, name, None if change.after is None else stamped_lock(change, now))
            case AccessListChange():
                if change.before != change.after:  # otherwise only members change, and the list stays as it is
                    _put(lists, name, None if change.after is None else stamped_access_list(change, now))
                _put(members, name, _members_after(change, members.get(name, {}), now))
            case PlainChange():
                _put(plain, change.address, change.after)
            case _:
                assert_never(change)
    return DirectoryState(users, locks, lists, members, plain)


def rewind(state: DirectoryState, entries: Iterable[Entry], find: FindBodies) -> DirectoryState:
    """The state before these entries of its journal, which come the newest first; a state is never changed in place.

    `find` is called once, for the bodies that were there then and are not now.
    """
    past = _Rewinding(state)
    for entry in entries:
        past.take_back(entry)
    return past.state(find)


class PeopleAfter:
    """What people have once changes are made, one by one: of a large plan, few may be asked about.

    The times that only an apply knows are left out; a membership that is new has no end.
    """

    def __init__(self, touched: Touched, around: Around) -> None:
        self._around = around
        self._touched = touched
        lists: dict[str, AccessList] = dict(around.access_lists)
        for name, change in touched.lists.items():
            _put(lists, name, change.after)
        plain = dict(around.plain)
        for address, each in touched.plain.items():
            _put(plain, address, each.after)
        self.lists = Lists(lists, _parents_after(around.parents, touched.lists.values()), RoleReach(plain))
        """The lists that there are then."""

    def user(self, person: str) -> User | None:
        """The user of this name."""
        change = self._touched.users.get(person)
        return change.after if change is not None else self._around.users.get(person)

    def memberships(self, person: str) -> Memberships:
        """The memberships of one person, by list."""
        memberships = self._around.memberships.get(person, NO_MEMBERSHIPS)
        joined, left = self._touched.joined.get(person), self._touched.left.get(person)
        if left:
            memberships = {name: entry for name, entry in memberships.items() if name not in left}
        if joined:
            memberships = {**memberships, **{name: self._joined_as(person, name) for name in joined}}
        return memberships

    def _joined_as(self, person: str, name: str) -> Membership:
        carried = self._touched.lists[name].carried
        return carried.get(person, NEW_MEMBERSHIP) if carried else NEW_MEMBERSHIP


class _Rewinding:
    """A state on its way back; of what changes it holds fingerprints, None for absence, until it has arrived."""

    def __init__(self, state: DirectoryState) -> None:
        self._state = state
        self._bodies: dict[Address, str | None] = {}
        self._members: dict[str, dict[str, Membership | str]] = {}

    def take_back(self, entry: Entry) -> None:
        """Take back what one entry tells of."""
        match entry:
            case StepMade():
                for name in entry.members_added:
                    self._members_of(entry.address).pop(name, None)
                self._take_back_object(entry)
            case MadeByHand():
                self._take_back_object(entry)
            case LocksSwept():
                self._bodies.update((lock_address(name), body) for name, body in entry.locks.items())
            case StepBegun() | StepFailed() | RunStarted() | RunResumed():
                pass
            case SectionFinished() | RunStopped() | RunFinished():
                pass
            case _:
                assert_never(entry)

    def state(self, find: FindBodies) -> DirectoryState:
        """The state as it was."""
        in_lists = {entry for members in self._members.values() for entry in members.values() if isinstance(entry, str)}
        found = find({body for body in self._bodies.values() if body is not None} | in_lists)
        users, locks, lists = dict(self._state.users), dict(self._state.locks), dict(self._state.access_lists)
        plain: Plains = dict(self._state.plain)
        for address, body in self._bodies.items():
            kind, name = split_address(address)
            resource = None if body is None else found[body]
            match kind:
                case "user":
                    _put(users, name, resource if isinstance(resource, User) else None)
                case "lock":
                    _put(locks, name, resource if isinstance(resource, Lock) else None)
                case "access_list":
                    _put(lists, name, resource if isinstance(resource, AccessList) else None)
                case _:
                    _put(plain, address, resource if isinstance(resource, Plain) else None)
        members = dict(self._state.members)
        for name, entries in self._members.items():
            members[name] = {person: _details(entry, found) for person, entry in entries.items()}
        return DirectoryState(users, locks, lists, {name: members.get(name, {}) for name in lists}, plain)

    def _take_back_object(self, entry: StepMade | MadeByHand) -> None:
        kind, name = split_address(entry.address)
        if kind == "access_list_member":
            access_list, _, person = name.partition("/")
            _put(self._members_of(access_list_address(access_list)), person, entry.before)
            return
        if entry.before is not None or entry.action == "create":
            self._bodies[entry.address] = entry.before
        if kind == "access_list":
            self._members_of(entry.address).update(entry.members_removed)

    def _members_of(self, address: Address) -> dict[str, Membership | str]:
        name = split_address(address)[1]
        if name not in self._members:
            self._members[name] = dict(self._state.members.get(name, {}))
        return self._members[name]


def _details(entry: Membership | str, found: Mapping[str, AnyResource]) -> Membership:
    """The details of a membership that is known by itself, or by the fingerprint of its resource."""
    if isinstance(entry, Membership):
        return entry
    resource = found[entry]
    return membership_of(resource) if isinstance(resource, AccessListMember) else NEW_MEMBERSHIP


def _put(bodies: dict[Key, Body], name: Key, body: Body | None) -> None:
    if body is None:
        bodies.pop(name, None)
    else:
        bodies[name] = body


def _members_after(change: AccessListChange, before: Members, now: datetime) -> Members | None:
    if change.after is None:
        return None
    gone = frozenset(change.members_removed)
    after: dict[str, Membership] = {name: entry for name, entry in before.items() if name not in gone}
    after.update(stamped_members(change, now))
    return after


def _parents_after(parents: Parents, changes: Iterable[AccessListChange]) -> Parents:
    """The nesting that is left when every change is made; no plan nests a list."""
    ended: dict[str, set[str]] = {}
    for change in changes:
        for name in change.members_removed:
            if name in parents:
                ended.setdefault(name, set()).add(split_address(change.address)[1])
    left: dict[str, Mapping[str, Membership]] = dict(parents)
    for name, gone in ended.items():
        left[name] = {parent: entry for parent, entry in parents[name].items() if parent not in gone}
    return left
