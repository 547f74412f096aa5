"""Whom the changes of a plan touch: sorted by person and by list."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from itertools import filterfalse
from typing import assert_never

import msgspec

from idsync.model.addresses import Address, split_address
from idsync.model.directory import Members
from idsync.model.nesting import is_nested, people_below
from idsync.model.ownership import list_of_role
from idsync.model.plain_resources import Role
from idsync.plan.changes import (
    AccessListChange,
    AnyPlainChange,
    Change,
    LockChange,
    PlainChange,
    RoleChange,
    UserChange,
    UserGroupChange,
)
from idsync.plan.effective import granted


class Touched(msgspec.Struct, frozen=True):
    """What a plan does, by person and by list: everyone whose access it may change is in `people`, or left out."""

    users: dict[str, UserChange]
    lists: dict[str, AccessListChange]
    locks: dict[str, list[LockChange]]
    joined: dict[str, list[str]]
    left: dict[str, set[str]]
    people: frozenset[str]
    plain: dict[Address, AnyPlainChange]


def touched_by(
    changes: Iterable[Change],
    members: Mapping[str, Members],
    left_out: frozenset[str] = frozenset(),
    reaching: frozenset[str] = frozenset(),
    holding: frozenset[str] = frozenset(),
) -> Touched:
    """Sort the changes by whom they touch; `members` are those before of lists that change, and of lists in these.

    Newcomers who are `left_out` will not be described. Lists that are `reaching` give other apps, and stay as they are;
    so do roles that people are `holding`.
    """
    users: dict[str, UserChange] = {}
    lists: dict[str, AccessListChange] = {}
    locks: dict[str, list[LockChange]] = defaultdict(list)
    joined: dict[str, list[str]] = defaultdict(list)
    left: dict[str, set[str]] = defaultdict(set)
    reached: set[str] = {*people_below(reaching, members), *holding} if reaching or holding else set()
    plain: dict[Address, AnyPlainChange] = {}
    for change in changes:  # in listing order, so that the lists that a person joins come sorted
        name = split_address(change.address)[1]
        match change:
            case UserChange():
                users[name] = change
            case LockChange():
                locks[locked_person(change)].append(change)
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
                reached |= people_below(nested, members) | owners_concerned(change, members)
            case PlainChange():
                plain[change.address] = change
            case _:
                assert_never(change)
    people = frozenset(joined.keys() | left.keys() | users.keys() | locks.keys() | reached) - left_out - {""}
    return Touched(users, lists, locks, joined, left, people, plain)


def locked_person(change: LockChange) -> str:
    """Whom a lock is on; empty for one on something else than a person."""
    lock = change.after or change.before
    return (lock.spec.target.user if lock else None) or ""


def reaching_others(changes: Iterable[Change]) -> frozenset[str]:
    """The lists whose members reach other apps than before: their group conveys others, or their role gives others."""
    found: set[str] = set()
    for change in changes:
        name = split_address(change.address)[1]
        match change:
            case UserGroupChange(before=before, after=after):
                conveyed = () if before is None else before.spec.applications
                conveys = () if after is None else after.spec.applications
                found.update([name] if conveyed != conveys else ())
            case RoleChange(before=Role(spec=gave), after=Role(spec=gives)) if gave != gives:
                of = list_of_role(name)
                found.update(() if of is None else [of])
            case _:
                continue
    return frozenset(found)


def owners_concerned(change: AccessListChange, members: Mapping[str, Members]) -> frozenset[str]:
    """The owners of a list to whom a change gives or takes something: what owners get, or that they are owners."""
    before, after = change.before, change.after
    had = () if before is None else before.spec.owners if granted(before.spec.owner_grants) else ()
    has = () if after is None else after.spec.owners if granted(after.spec.owner_grants) else ()
    if had == has and (before is None or after is None or before.spec.owner_grants == after.spec.owner_grants):
        return frozenset()
    owners = {*had, *has}
    nested = [owner.name for owner in owners if is_nested(owner)]
    return frozenset(owner.name for owner in owners if not is_nested(owner)) | people_below(nested, members)


def nested_lists(changes: Iterable[Change], members: Mapping[str, Members]) -> frozenset[str]:
    """The lists through which a change takes or gives something: members, before, of what shrinks or is regranted."""
    return frozenset(name for change in changes for name in children_of(change, members))


def children_of(change: Change, members: Mapping[str, Members]) -> Iterable[str]:
    """The nested lists whose people one change touches; `members` are those before."""
    if not isinstance(change, AccessListChange) or change.before is None:
        return ()
    before = members.get(split_address(change.address)[1], {})
    touched = change.members_removed if change.before == change.after else before
    return [name for name in touched if name in before and is_nested(before[name])]
