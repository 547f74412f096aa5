"""Drift: what of a plan puts back that people changed by hand, and nothing of what Okta or the config changed."""

from collections.abc import Collection
from typing import assert_never

import msgspec

from idsync.model.addresses import Address, member_address, split_address
from idsync.plan.assemble import summarise
from idsync.plan.changes import AccessListChange, Change, LockChange, Plan, UserChange
from idsync.plan.seal import sealed

replace = msgspec.structs.replace


def drift_of(plan: Plan, edited: Collection[Address]) -> Plan:
    """The part of a plan that concerns `edited` objects, as a plan of its own; empty when nothing drifted."""
    changes = tuple(kept for kept in (_edited_part(change, edited) for change in plan.changes) if kept is not None)
    people = {name for change in changes for name in _people(change)}
    return sealed(
        replace(
            plan,
            changes=changes,
            summary=summarise(changes),
            access_delta=tuple(delta for delta in plan.access_delta if delta.person in people),
            guards=(),
            findings=(),
        )
    )


def _edited_part(change: Change, edited: Collection[Address]) -> Change | None:
    if change.address in edited:
        return change
    if not isinstance(change, AccessListChange) or change.action != "update":
        return None
    name = split_address(change.address)[1]
    added = tuple(member for member in change.members_added if member_address(name, member) in edited)
    removed = tuple(member for member in change.members_removed if member_address(name, member) in edited)
    if not (added or removed):
        return None
    return replace(change, after=change.before, members_added=added, members_removed=removed)


def _people(change: Change) -> tuple[str, ...]:
    match change:
        case UserChange():
            return (split_address(change.address)[1],)
        case LockChange():
            body = change.after or change.before
            return () if body is None or body.spec.target.user is None else (body.spec.target.user,)
        case AccessListChange():
            return change.members_added + change.members_removed
        case _:
            assert_never(change)
