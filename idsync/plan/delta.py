"""The access delta: for each person whom a plan touches, effective access before and after, compared."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import datetime
from itertools import filterfalse
from typing import assert_never

import msgspec

from idsync.model.addresses import split_address
from idsync.model.directory import Members, Reason
from idsync.model.resources import NEW_MEMBERSHIP, AccessList, Membership, Metadata, User, UserSpec
from idsync.model.resources import user as user_resource
from idsync.plan.accesses import Accesses, Origins
from idsync.plan.changes import (
    Access,
    AccessListChange,
    Change,
    LockChange,
    PersonDelta,
    UserChange,
    newly_locks,
    passes_on,
)
from idsync.plan.effective import Key, Lists, Parents, Routes, effective_routes
from idsync.plan.nesting import children_of, parents_after, people_below
from idsync.plan.newcomers import Newcomers

NOBODY = user_resource(Metadata(""), UserSpec())
Memberships = Mapping[str, Membership]
NONE: Memberships = {}


class Around(msgspec.Struct, frozen=True):
    """The current state around the people whom a plan touches.

    `users` holds them and `memberships` theirs, by person and list; `access_lists` every list named there; `parents`
    the nesting of those lists. Without `users_known` the target's users were not read, and everyone counts as existing.
    """

    users: Mapping[str, User]
    access_lists: Mapping[str, AccessList]
    memberships: Mapping[str, Memberships]
    parents: Parents = {}
    users_known: bool = True


class Touched(msgspec.Struct, frozen=True):
    """What a plan does, by person and by list: everyone whose access it may change is in `people`, or left out."""

    users: dict[str, UserChange]
    lists: dict[str, AccessListChange]
    locks: dict[str, list[LockChange]]
    joined: dict[str, list[str]]
    left: dict[str, set[str]]
    people: frozenset[str]


def touched_by(
    changes: Iterable[Change], members: Mapping[str, Members], left_out: frozenset[str] = frozenset()
) -> Touched:
    """Sort the changes by whom they touch; `members` are those before of lists that change, and of lists in these.

    Newcomers who are `left_out` will not be described.
    """
    users: dict[str, UserChange] = {}
    lists: dict[str, AccessListChange] = {}
    locks: dict[str, list[LockChange]] = defaultdict(list)
    joined: dict[str, list[str]] = defaultdict(list)
    left: dict[str, set[str]] = defaultdict(set)
    reached: set[str] = set()
    for change in changes:  # in listing order, so that the lists that a person joins come sorted
        name = split_address(change.address)[1]
        match change:
            case UserChange():
                users[name] = change
            case LockChange():
                locks[_locked_user(change)].append(change)
            case AccessListChange():
                lists[name] = change
                for person in filterfalse(left_out.__contains__, change.members_added):
                    joined[person].append(name)
                nested = frozenset(children_of(change, members))
                for person in change.members_removed:
                    if person not in nested:
                        left[person].add(name)
                if change.before != change.after and change.action == "update":
                    reached |= people_below([name], members)
                reached |= people_below(nested, members)
            case _:
                assert_never(change)
    people = frozenset(joined.keys() | left.keys() | users.keys() | locks.keys() | reached) - left_out - {""}
    return Touched(users, lists, locks, joined, left, people)


def access_delta(touched: Touched, around: Around, origins: Origins, now: datetime) -> tuple[PersonDelta, ...]:
    """What each person gains, loses and keeps another way, by name; people without a difference are left out."""
    comparison = _Comparison(touched, around, origins, now)
    deltas = (comparison.of(person) for person in sorted(touched.people))
    return tuple(delta for delta in deltas if delta is not None)


def _locked_user(change: LockChange) -> str:
    lock = change.after or change.before
    return (lock.spec.target.user if lock else None) or ""


class _Comparison:
    """Before and after, made ready to be asked about one person after another."""

    def __init__(self, touched: Touched, around: Around, origins: Origins, now: datetime) -> None:
        self._around = around
        self._origins = origins
        self._now = now
        self._users = touched.users
        self._lists = touched.lists
        self._locks = touched.locks
        self._joined = touched.joined
        self._left = touched.left
        self._old_names = frozenset(origins.renamed.values())
        self._before_lists = Lists(around.access_lists, around.parents)
        self._after_lists = Lists(
            _lists_after(around.access_lists, self._lists), parents_after(around.parents, self._lists.values())
        )
        self._accesses = Accesses(self._users, self._lists, origins)
        self._newcomers = Newcomers(self._lists, self._after_lists, self._accesses, origins)

    def of(self, person: str) -> PersonDelta | None:
        """One person's delta, or None when nothing differs."""
        locked, unlocked = self._lock_reasons(person)
        if person in self._old_names and person not in self._origins.renamed:
            return PersonDelta(person, (), (), locked=locked, unlocked=unlocked) if locked or unlocked else None
        old_name = self._origins.renamed.get(person)
        before = self._before(person)
        if old_name is not None:  # a user adopted under the new name had something there, too
            before = {**before, **self._before(old_name)}
        if not before and (everything := self._everything(person)) is not None:
            return PersonDelta(person, everything, (), (), old_name, locked, unlocked)
        after = self._after(person)
        common = after.keys() & before.keys() if not self._passes_on(person) else set()
        gains = [(key, after[key]) for key in after if key not in common]
        loses = [(key, before[key]) for key in before if key not in common]
        moved = [(key, after[key]) for key in after if key in common and before[key] != after[key]]
        if not (gains or loses or moved or locked or unlocked or old_name):
            return None
        return PersonDelta(
            person,
            self._described(person, gains, gained=True),
            self._described(old_name or person, loses, gained=False),
            self._described(person, moved, gained=True),
            old_name,
            locked,
            unlocked,
        )

    def _passes_on(self, person: str) -> bool:
        """Whether another person has this name before: the one loses all that they had, and the other gains theirs."""
        change = self._users.get(person)
        return change is not None and passes_on(change)

    def _described(
        self, person: str, routes: Iterable[tuple[Key, tuple[str, ...]]], *, gained: bool
    ) -> tuple[Access, ...]:
        titles = self._after_lists if gained else self._before_lists
        return tuple(self._accesses.of(person, key, via, titles, gained=gained) for key, via in routes)

    def _lock_reasons(self, person: str) -> tuple[Reason | None, Reason | None]:
        changes = self._locks.get(person, ())
        locked = next((change.reason for change in changes if newly_locks(change)), None)
        lifted = [change.reason for change in changes if change.action == "delete"]
        return locked, lifted[0] if lifted and len(lifted) == len(changes) else None

    def _before(self, person: str) -> Routes:
        user = self._around.users.get(person)
        if user is None and self._around.users_known:
            return {}
        memberships = self._around.memberships.get(person, NONE)
        return effective_routes(user or NOBODY, memberships, self._before_lists, self._now)

    def _everything(self, person: str) -> tuple[Access, ...] | None:
        change = self._users.get(person)
        if change is None or change.after is None or person in self._around.memberships:
            return None
        return self._newcomers.everything(person, change, self._joined.get(person, []))

    def _after(self, person: str) -> Routes:
        change = self._users.get(person)
        user = change.after if change is not None else self._around.users.get(person)
        if user is None and self._around.users_known:
            return {}
        memberships = self._around.memberships.get(person, NONE)
        joined, left = self._joined.get(person), self._left.get(person)
        if left:
            memberships = {name: entry for name, entry in memberships.items() if name not in left}
        if joined:
            memberships = {**memberships, **{name: self._joined_as(person, name) for name in joined}}
        return effective_routes(user or NOBODY, memberships, self._after_lists, self._now)

    def _joined_as(self, person: str, name: str) -> Membership:
        carried = self._lists[name].carried
        return carried.get(person, NEW_MEMBERSHIP) if carried else NEW_MEMBERSHIP


def _lists_after(before: Mapping[str, AccessList], changes: Mapping[str, AccessListChange]) -> dict[str, AccessList]:
    after = dict(before)
    for name, change in changes.items():
        if change.after is None:
            after.pop(name, None)
        else:
            after[name] = change.after
    return after
