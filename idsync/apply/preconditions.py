"""Whether the target still is what a plan was made for, and what a broken-off run has made of it.

A plan is stale where a field that a change touches, or a member that it names, is not as it was; and where a list that
people join grants something else than they were shown to gain. What people own may have moved meanwhile: it is kept,
and the changes to make are those of `Checked`.
"""

from collections.abc import Container, Iterable
from datetime import datetime
from enum import Enum
from typing import TypeVar, assert_never

import msgspec

from idsync.apply.admission import some
from idsync.compiler.users import may_adopt
from idsync.errors import PlanStale
from idsync.model.addresses import Address, split_address
from idsync.model.agreed_past import NOTHING_PAST, AgreedPast
from idsync.model.canonical import fingerprint
from idsync.model.directory import DirectoryState, Members, Names, object_at
from idsync.model.ownership import ended_locks, okta_id_of, same_owned
from idsync.model.plain_resources import Plain, Role
from idsync.model.resources import AccessList, Lock, User
from idsync.model.times import is_past
from idsync.plan.apply_times import Moment, stamped_access_list, stamped_lock, stamped_members
from idsync.plan.changes import (
    AccessListChange,
    AnyPlainChange,
    Change,
    LockChange,
    PlainChange,
    RoleChange,
    UserChange,
    passes_on,
)
from idsync.plan.merge import has_moved, merged
from idsync.plan.sections import FIRST, OKTA
from idsync.targets.protocol import DirectoryReader, Target

_NO_MEMBERS: Members = {}
_NOBODY: frozenset[str] = frozenset()
_MANY = 5_000
"""So many named members are read with their lists; fewer by themselves, however large the lists are."""

Owned = TypeVar("Owned", User, AccessList)
replace = msgspec.structs.replace


class Seen(msgspec.Struct, frozen=True):
    """What is there of what a plan touches. Of lists that stay, only the members that the plan names are in `state`."""

    state: DirectoryState
    member_counts: dict[str, int]


class Checked(msgspec.Struct, frozen=True):
    """The changes to make now, on the objects as they are, and the addresses of those that were made already."""

    changes: tuple[Change, ...]
    made: frozenset[Address]


class Standing(Enum):
    """How a change's object stands in the target."""

    AS_PLANNED = 1
    MADE = 2
    MOVED = 3


def look_at(changes: Iterable[Change], target: Target, *, ended_at: datetime | None) -> Seen:
    """Read what the changes touch and no more, but for the locks that have `ended_at` a time and are to be swept."""
    changes = tuple(changes)
    lists = [change for change in changes if isinstance(change, AccessListChange)]
    users = frozenset(name_of(change) for change in changes if isinstance(change, UserChange))
    names = frozenset(map(name_of, lists))
    plain = frozenset(change.address for change in changes if isinstance(change, PlainChange))
    with target.reading():
        counts = target.index("", Names(_NOBODY, names)).access_lists if names else {}
        locked = users | {user for change in changes if isinstance(change, LockChange) for user in _locked(change)}
        lock_names = [name_of(change) for change in changes if isinstance(change, LockChange)]
        ended = {} if ended_at is None else target.ended_locks(ended_at)
        return Seen(
            DirectoryState(
                users=target.state(Names(users, _NOBODY)).users if users else {},
                locks={**ended, **target.locks(locked, lock_names)},
                access_lists=target.access_lists(names) if names else {},
                plain=target.plain(plain) if plain else {},
                members=_named_members([change for change in lists if name_of(change) in counts], target),
            ),
            {name: entry.member_count for name, entry in counts.items()},
        )


def _named_members(lists: list[AccessListChange], target: DirectoryReader) -> dict[str, Members]:
    """The members that the changes name, of lists that are there."""
    people: set[str] = set()
    for change in lists:
        people.update(change.members_added, change.members_removed)
        if len(people) > _MANY:
            return target.state(Names(_NOBODY, frozenset(map(name_of, lists)))).members
    found = target.memberships(people) if people else {}
    return {name: found[name] for name in map(name_of, lists) if name in found}


def _locked(change: LockChange) -> Iterable[str]:
    bodies = (body for body in (change.before, change.after) if body is not None)
    return [body.spec.target.user for body in bodies if body.spec.target.user is not None]


def name_of(change: Change) -> str:
    """The name of the object that a change is about."""
    return split_address(change.address)[1]


def check_preconditions(
    changes: Iterable[Change],
    seen: Seen,
    *,
    target: Target,
    at: Moment,
    adopt: Container[str],
    named: str = FIRST,
    past: AgreedPast = NOTHING_PAST,
    reused: bool = False,
) -> Checked:
    """The changes to make; raise PlanStale when any may not be made. `adopt` names foreign users to take over.

    `named` is what the plan calls the target; `past` knows whose lock a hand lifted, so that the account goes without.
    `reused` is set where a person released the locks on names that pass on.
    """
    made: set[Address] = set()
    moved: list[Address] = []
    changes = tuple(changes)
    state = seen.state
    in_force = [lock for lock in state.locks.values() if not is_past(lock.spec.expires, at.lock_end)]
    in_force += [each.after for each in changes if isinstance(each, LockChange) and each.after]
    locked = {(lock.spec.target.user or "", okta_id_of(lock.metadata.labels)) for lock in in_force}
    checked: list[Change] = []
    for change in changes:
        if _creates(change) and object_at(state, change.address) is None:
            checked.append(change)  # as planned: nothing is there yet, as is true of nearly all of a first import
            continue
        checked.append(_as_it_is(change, state, at))
        standing = standing_of(change, seen, target, at, adopt)
        if standing is Standing.AS_PLANNED and isinstance(change, UserChange) and "lock" in target.kinds:
            # The lock that was there when the plan was made may have ended, or been removed, since.
            standing = standing if _may_go(change, locked, past, reused=reused) else Standing.MOVED
        if standing is Standing.MADE:
            made.add(change.address)
        elif standing is Standing.MOVED:
            moved.append(change.address)
    if moved:
        raise _stale(moved, named)
    return Checked(tuple(checked), frozenset(made))


def _creates(change: Change) -> bool:
    return change.before is None and change.before_fingerprint is None and change.after is not None


def _stale(moved: list[Address], named: str) -> PlanStale:
    where = f"The target {named}" if named else "The directory"
    return PlanStale(
        f"{where} has moved since the plan was made: {some(moved)}.",
        addresses=moved,
        target=named,
        why="What the plan changes of these objects is not as it was then; nothing was applied.",
        fix="Make a new plan and review it.",
    )


def _may_go(change: UserChange, locked: Container[tuple[str, str]], past: AgreedPast, *, reused: bool) -> bool:
    """Whether somebody whom a change takes the account from is locked, by their own lock or one that a person made."""
    if change.before is None or not (change.after is None or (passes_on(change) and not reused)):
        return True
    name, okta_id = name_of(change), okta_id_of(change.before.metadata.labels)
    if (name, okta_id) in locked or (name, "") in locked:
        return True
    return bool(okta_id) and past.lifted_at(okta_id, "departure") is not None


def standing_of(change: Change, seen: Seen, target: Target, at: Moment, adopt: Container[str]) -> Standing:
    """How one change's object stands; one that we may not touch any more has moved, whatever the change touches."""
    found: User | AccessList | Plain | None
    name = name_of(change)
    match change:
        case UserChange():
            standing = _user_standing(change, found := seen.state.users.get(name), target, at)
        case LockChange():
            return _lock_standing(change, seen.state.locks.get(name), target, at)
        case AccessListChange():
            standing = _list_standing(change, seen, name, target, at)
            found = seen.state.access_lists.get(name)
        case PlainChange():
            found = seen.state.plain.get(change.address)
            standing = _plain_standing(change, found, target, at)
        case _:
            assert_never(change)
    if found is None or target.ours(found) or (isinstance(found, User) and may_adopt(found, adopt)):
        return standing
    return Standing.MOVED


def _as_it_is(change: Change, state: DirectoryState, at: Moment) -> Change:
    """The change on the object as it is now: fields that it does not touch stay, and so do members who are there."""
    name = name_of(change)
    match change:
        case UserChange(before=User() as before, after=User() as after):
            current = state.users.get(name, before)
            return (
                change if current == before else replace(change, before=current, after=merged(before, after, current))
            )
        case RoleChange(before=Role() as had, after=Role() as has):
            # Options and denials of a role are people's.
            there = state.plain.get(change.address)
            if not isinstance(there, Role) or there == had:
                return change
            return replace(change, before=there, after=merged(had, has, there))
        case AccessListChange(after=AccessList() as wanted):
            return _list_as_it_is(change, wanted, state, at)
        case _:
            return change


def _list_as_it_is(change: AccessListChange, wanted: AccessList, state: DirectoryState, at: Moment) -> AccessListChange:
    name = name_of(change)
    now = state.access_lists.get(name)
    if now is None:
        return change
    if at.resumed:  # members whom the broken-off run added may have an end by now, which adding them again would lift
        members = state.members.get(name, _NO_MEMBERS)
        there = members.keys() - _still_to_renew(change, members, at)
        change = replace(change, members_added=tuple(each for each in change.members_added if each not in there))
        if change.target == OKTA:  # what it holds is what was written down: nothing of it is asked for twice
            left = tuple(each for each in change.members_removed if each in members)
            change = replace(change, members_removed=left)
    if change.before is None:  # the broken-off run made it
        return replace(change, action="update", before=now, after=now)
    return change if now == change.before else replace(change, before=now, after=merged(change.before, wanted, now))


def _user_standing(change: UserChange, current: User | None, target: Target, at: Moment) -> Standing:
    if at.resumed and target.same(change.after, current):
        return Standing.MADE
    if change.before is None or current is None:
        return Standing.AS_PLANNED if change.before is current else Standing.MOVED
    return Standing.AS_PLANNED if _is_as_before(change.before, change.after, current) else Standing.MOVED


def _plain_standing(change: AnyPlainChange, current: Plain | None, target: Target, at: Moment) -> Standing:
    before, after = change.before, change.after
    if at.resumed and target.same(after, current):
        return Standing.MADE
    if before is None or current is None:
        return Standing.AS_PLANNED if before is current else Standing.MOVED
    return Standing.AS_PLANNED if same_owned(before, current) else Standing.MOVED


def _lock_standing(change: LockChange, current: Lock | None, target: Target, at: Moment) -> Standing:
    if (None if current is None else fingerprint(current)) == change.before_fingerprint:
        return Standing.AS_PLANNED
    if current is None or change.after is None:
        return Standing.MADE if at.resumed and current is None and change.after is None else Standing.MOVED
    # A lock's life counts from when it is made, so one made by the broken-off run has other times than one made now.
    if at.resumed and target.same(stamped_lock(change, at.now), current):
        return Standing.MADE
    ended = change.before_fingerprint is None and ended_locks({"": current}, target.ours, at.lock_end)
    return Standing.AS_PLANNED if ended else Standing.MOVED


def _list_standing(change: AccessListChange, seen: Seen, name: str, target: Target, at: Moment) -> Standing:
    current = seen.state.access_lists.get(name)
    members = seen.state.members.get(name, _NO_MEMBERS)
    if at.resumed:
        return _resumed_list_standing(change, current, members, target, at)
    if change.before is None or current is None:
        return Standing.AS_PLANNED if change.before is current else Standing.MOVED
    joining = set(change.members_added) - change.members_renewed
    named = members.keys() >= set(change.members_removed) and members.keys().isdisjoint(joining)
    if change.after is None:  # who joined meanwhile would lose what nobody reviewed
        named = named and seen.member_counts.get(name, 0) == len(change.members_removed)
    return Standing.AS_PLANNED if named and _is_list_as_before(change, current) else Standing.MOVED


def _resumed_list_standing(
    change: AccessListChange, current: AccessList | None, members: Members, target: Target, at: Moment
) -> Standing:
    """Steps on members may have been made in full, in part or not at all."""
    if current is None:
        gone = Standing.AS_PLANNED if change.before is None else Standing.MOVED
        return Standing.MADE if change.after is None else gone
    after = None if change.after is None else stamped_access_list(change, at.stamp)
    made = target.same(after, current)
    if not made and not _is_list_as_before(change, current):
        return Standing.MOVED
    whole = members.keys() >= set(change.members_added) and members.keys().isdisjoint(change.members_gone)
    whole = whole and not _still_to_renew(change, members, at)
    return Standing.MADE if made and whole else Standing.AS_PLANNED


def _still_to_renew(change: AccessListChange, members: Members, at: Moment) -> frozenset[str]:
    """Names of which the broken-off run has not made the membership another person's: it would have joined then."""
    wanted = stamped_members(change, at.stamp) if change.members_renewed else {}
    return frozenset(name for name in change.members_renewed if members.get(name) != wanted[name])


def _is_list_as_before(change: AccessListChange, current: AccessList) -> bool:
    """Whether the list is there as it was, and still grants what people who join it were shown to gain."""
    if change.before is None or not _is_as_before(change.before, change.after, current):
        return False
    return not change.members_added or current.spec.grants == change.before.spec.grants


def _is_as_before(before: Owned, after: Owned | None, current: Owned) -> bool:
    if current == before:
        return True
    return same_owned(before, current) if after is None else not has_moved(before, after, current)
