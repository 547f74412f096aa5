"""The declared order of an apply: locks first, unlocks last; what gives access before what takes it."""

from collections.abc import Iterable, Iterator
from enum import IntEnum
from operator import attrgetter
from typing import TypeGuard, assert_never

import msgspec

from idsync.model.directory import Cause, UpstreamCause
from idsync.plan.changes import AccessListChange, Change, LockChange, PlainChange, UserChange
from idsync.plan.sections import goes_to_okta


class Phase(IntEnum):
    """Steps run phase by phase, within a phase by address. A list's roles are there before it, and go after it."""

    # The order is that of the lines. The numbers stand in journals, and stay what they were.
    LOCK = 1
    PLAIN = 8
    USER = 2
    ACCESS_LIST = 3
    MEMBER_REMOVAL = 4
    ACCESS_LIST_DELETE = 5
    PLAIN_DELETE = 9
    USER_DELETE = 6
    UNLOCK = 7


class Step(msgspec.Struct, frozen=True, gc=False):
    """One change's share in one phase: a list that gains and loses members has two, and one in Okta as many as there
    are memberships, since each takes a request of its own.
    """

    phase: Phase
    change: Change


def phases_of(change: Change) -> tuple[Phase, ...]:
    """The phases in which a change has work to do, in order."""
    match change:
        case UserChange():
            return (Phase.USER_DELETE,) if change.action == "delete" else (Phase.USER,)
        case LockChange():
            return (Phase.UNLOCK,) if change.action == "delete" else (Phase.LOCK,)
        case AccessListChange():
            return _list_phases(change)
        case PlainChange():
            return (Phase.PLAIN_DELETE,) if change.action == "delete" else (Phase.PLAIN,)
        case _:
            assert_never(change)


def _list_phases(change: AccessListChange) -> tuple[Phase, ...]:
    if change.action == "delete":
        return (Phase.ACCESS_LIST_DELETE,)
    if not change.members_gone:
        return (Phase.ACCESS_LIST,)
    grows = change.action == "create" or bool(change.members_added) or change.before != change.after
    return (Phase.ACCESS_LIST, Phase.MEMBER_REMOVAL) if grows else (Phase.MEMBER_REMOVAL,)


def in_listing_order(changes: Iterable[Change]) -> tuple[Change, ...]:
    """Changes by their first phase, then by address and target: the order in which people read them."""
    phases: dict[Phase, list[Change]] = {phase: [] for phase in Phase}
    for change in changes:
        phases[phases_of(change)[0]].append(change)
    return tuple(change for phase in phases.values() for change in _sorted(phase))


def steps_of(changes: Iterable[Change]) -> list[Step]:
    """Every step of an apply, in the order in which they run."""
    phases: dict[Phase, list[Change]] = {phase: [] for phase in Phase}
    for change in changes:
        for phase in phases_of(change):
            phases[phase].append(change)
    steps: list[Step] = []
    for phase, some in phases.items():
        for change in _sorted(some):
            if goes_to_okta(change):
                steps.extend(_in_okta(phase, change))
            else:
                steps.append(Step(phase, change))
    return steps


def step_count(changes: Iterable[Change]) -> int:
    """How many steps an apply of these changes has."""
    return sum(_count(change) if goes_to_okta(change) else len(phases_of(change)) for change in changes)


def _count(change: AccessListChange) -> int:
    return len(change.members_added) + len(change.members_removed)


def _in_okta(phase: Phase, change: AccessListChange) -> Iterator[Step]:
    """A step for each membership that a change of Okta's adds, or takes away, with its own causes."""
    joins = phase is Phase.ACCESS_LIST
    people = {cause.id: cause for cause in change.causes if _is_of_person(cause)}
    others = tuple(cause for cause in change.causes if not _is_of_person(cause))
    for member in change.members_added if joins else change.members_removed:
        causes = (*others, people[member]) if member in people else others
        added, removed = ((member,), ()) if joins else ((), (member,))
        one = msgspec.structs.replace(change, causes=causes, members_added=added, members_removed=removed)
        yield Step(phase, one)


def _is_of_person(cause: Cause) -> TypeGuard[UpstreamCause]:
    return isinstance(cause, UpstreamCause) and cause.object == "user"


def _sorted(changes: list[Change]) -> list[Change]:
    by_target = sorted(changes, key=attrgetter("target"))  # nearly always the same, which costs next to nothing
    return sorted(by_target, key=attrgetter("address"))
