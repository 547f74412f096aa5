"""Sections: the parts of a plan that are each about one target. Most plans have one.

What a plan file requires of its reader is decided here too, since a reader that knows no sections would make the
changes of every target in the first one.
"""

from collections.abc import Iterable
from typing import TypeGuard

import msgspec

from idsync.plan.changes import AccessListChange, Change, GuardResult, PersonDelta, Plan

FIRST = ""
"""How plans name the first target."""
OKTA = "okta"
"""How plans name Okta where memberships go to it; members are named there by their Okta ids."""
TARGETS = "targets"
"""What a plan requires that has changes of another target than the first."""
DIFFERENCE = "difference"
"""What a plan requires that only shows how an edit differs from the reviewed one: nothing applies it."""
UNDERSTOOD = frozenset({TARGETS, DIFFERENCE})
"""Everything that this version can be required to understand."""


def goes_to_okta(change: Change) -> TypeGuard[AccessListChange]:
    """Whether a change is of memberships in Okta."""
    return change.target == OKTA and isinstance(change, AccessListChange)


class Section(msgspec.Struct, frozen=True):
    """What a plan does to one target: the serial that it had, changes in listing order, access delta and guards."""

    target: str
    serial: int
    changes: tuple[Change, ...]
    access_delta: tuple[PersonDelta, ...]
    guards: tuple[GuardResult, ...]


def sections(plan: Plan) -> tuple[Section, ...]:
    """The sections of a plan, by target; the first target has one always, the others where the plan names them."""
    serials = plan.inputs.serials or {}
    parts = (plan.changes, plan.access_delta, plan.guards)
    targets = {FIRST, *serials, *(item.target for part in parts for item in part)}
    if targets == {FIRST}:
        return (Section(FIRST, plan.inputs.target_serial, *parts),)
    return tuple(
        Section(
            target,
            plan.inputs.target_serial if target == FIRST else serials.get(target, 0),
            tuple(change for change in plan.changes if change.target == target),
            tuple(delta for delta in plan.access_delta if delta.target == target),
            tuple(result for result in plan.guards if result.target == target),
        )
        for target in sorted(targets)
    )


def requirements(changes: Iterable[Change]) -> tuple[str, ...] | msgspec.UnsetType:
    """What a plan of these changes requires its reader to understand; UNSET when that is nothing."""
    return (TARGETS,) if any(change.target != FIRST for change in changes) else msgspec.UNSET
