"""Whether the target still is what a plan was made for, object by object, and what a broken-off run has done of it."""

from collections.abc import Iterable
from enum import Enum
from typing import assert_never

import msgspec

from idsync.apply.admission import some
from idsync.errors import PlanStale
from idsync.model.addresses import Address, split_address
from idsync.model.canonical import fingerprint, fingerprint_names
from idsync.model.directory import DirectoryState, Members, Names
from idsync.model.ownership import Ours, ended_locks
from idsync.model.resources import AccessList, Lock, User
from idsync.model.times import is_past
from idsync.plan.apply_times import Moment, stamped_access_list, stamped_lock
from idsync.plan.changes import AccessListChange, Change, LockChange, UserChange

_NO_MEMBERS: Members = {}


def scope_of(changes: Iterable[Change]) -> Names:
    """The objects that changes touch."""
    users, lists = [], []
    for change in changes:
        match change:
            case UserChange():
                users.append(name_of(change))
            case AccessListChange():
                lists.append(name_of(change))
            case LockChange():
                pass
            case _:
                assert_never(change)
    return Names(frozenset(users), frozenset(lists))


def name_of(change: Change) -> str:
    """The name of the object that a change is about."""
    return split_address(change.address)[1]


class Standing(Enum):
    """How a change's object stands in the target."""

    AS_PLANNED = 1
    MADE = 2
    MOVED = 3


def check_preconditions(changes: Iterable[Change], seen: DirectoryState, *, ours: Ours, at: Moment) -> set[Address]:
    """The changes that a broken-off run made already; raise PlanStale when any may not be made."""
    found: dict[Standing, list[Address]] = {standing: [] for standing in Standing}
    changes = tuple(changes)
    locked = {lock.spec.target.user for lock in seen.locks.values() if not is_past(lock.spec.expires, at.now)}
    locked.update(each.after.spec.target.user for each in changes if isinstance(each, LockChange) and each.after)
    for change in changes:
        standing = standing_of(change, seen, ours, at)
        if standing is Standing.AS_PLANNED and isinstance(change, UserChange) and change.action == "delete":
            # The lock that was there when the plan was made may have ended, or been removed, since.
            standing = standing if name_of(change) in locked else Standing.MOVED
        found[standing].append(change.address)
    if found[Standing.MOVED]:
        raise PlanStale(
            f"The directory has moved since the plan was made: {some(found[Standing.MOVED])}.",
            addresses=found[Standing.MOVED],
            why="These objects are not what they were then; nothing was applied.",
            fix="Make a new plan and review it.",
        )
    return set(found[Standing.MADE])


def standing_of(change: Change, seen: DirectoryState, ours: Ours, at: Moment) -> Standing:
    """How one change's object stands."""
    name = name_of(change)
    match change:
        case UserChange():
            return _user_standing(change, seen.users.get(name), at)
        case LockChange():
            return _lock_standing(change, seen.locks.get(name), ours, at)
        case AccessListChange():
            members = seen.members.get(name, _NO_MEMBERS)
            return _list_standing(change, seen.access_lists.get(name), members, at)
        case _:
            assert_never(change)


def _user_standing(change: UserChange, current: User | None, at: Moment) -> Standing:
    if _is(current, change.before_fingerprint):
        return Standing.AS_PLANNED
    return Standing.MADE if at.resumed and current == change.after else Standing.MOVED


def _lock_standing(change: LockChange, current: Lock | None, ours: Ours, at: Moment) -> Standing:
    if _is(current, change.before_fingerprint):
        return Standing.AS_PLANNED
    if current is None or change.after is None:
        return Standing.MADE if at.resumed and current is None and change.after is None else Standing.MOVED
    # A lock's life counts from when it is made, so one made by the broken-off run has other times than one made now.
    if at.resumed and _timeless(current) == _timeless(stamped_lock(change, at.now)):
        return Standing.MADE
    ended = change.before_fingerprint is None and ended_locks({"": current}, ours, at.now)
    return Standing.AS_PLANNED if ended else Standing.MOVED


def _list_standing(change: AccessListChange, current: AccessList | None, members: Members, at: Moment) -> Standing:
    as_before = _is(current, change.before_fingerprint)
    if not at.resumed:
        return Standing.AS_PLANNED if as_before and _has_members(change, members.keys()) else Standing.MOVED
    after = None if change.after is None else stamped_access_list(change, at.stamp)
    if current is None:
        return Standing.MADE if after is None else Standing.AS_PLANNED if as_before else Standing.MOVED
    if not as_before and current != after:
        return Standing.MOVED
    # Steps on members may have been made in full, in part or not at all: taking them back must give those of before.
    names = members.keys()
    if not _has_members(change, (names - set(change.members_added)) | set(change.members_removed)):
        return Standing.MOVED
    whole = names >= set(change.members_added) and names.isdisjoint(change.members_removed)
    return Standing.MADE if current == after and whole else Standing.AS_PLANNED


def _is(current: User | Lock | AccessList | None, expected: str | None) -> bool:
    return (None if current is None else fingerprint(current)) == expected


def _has_members(change: AccessListChange, names: Iterable[str]) -> bool:
    expected = change.members_fingerprint
    if expected is not None:
        return fingerprint_names(names) == expected
    # A plan that gives none was made for a list without members, or does not touch them.
    return change.action != "create" or not any(True for _ in names)


def _timeless(lock: Lock) -> Lock:
    return msgspec.structs.replace(lock, spec=msgspec.structs.replace(lock.spec, expires=None, created_at=None))
