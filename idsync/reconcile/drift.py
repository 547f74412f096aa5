"""Drift: the part of a plan that undoes manual edits, without what changed in Okta or in the config."""

from collections.abc import Collection
from typing import assert_never

import msgspec

from idsync.model.addresses import Address, member_address, split_address
from idsync.model.directory import Names
from idsync.plan.assemble import summarise
from idsync.plan.changes import AccessListChange, Change, LockChange, PersonDelta, Plan, UserChange
from idsync.plan.guards import ALL_GUARDS, released
from idsync.plan.seal import sealed
from idsync.reconcile.context import delta_of
from idsync.reconcile.managed import in_force, managed_state
from idsync.reconcile.planned import Planned
from idsync.targets.protocol import DirectoryReader

replace = msgspec.structs.replace


def drift_of(planned: Planned, target: DirectoryReader) -> Plan:
    """The part of a plan that concerns objects edited by hand, as a plan of its own; empty when nothing drifted."""
    edited = planned.inputs.index.edited
    changes = released(planned.plan.changes, ALL_GUARDS)  # they count the whole plan, which is not at issue here
    changes = tuple(kept for kept in (_edited_part(change, edited) for change in changes) if kept)
    return sealed(
        replace(
            planned.plan,
            changes=changes,
            summary=summarise(changes),
            access_delta=_delta(planned, changes, target),
            guards=(),
            findings=(),
        )
    )


def _edited_part(change: Change, edited: Collection[Address]) -> Change | None:
    """What of a change puts an edit back; members of a list that stays count one by one."""
    itself = change.address in edited
    if not isinstance(change, AccessListChange) or change.action != "update":
        return change if itself else None
    name = split_address(change.address)[1]
    added = tuple(member for member in change.members_added if member_address(name, member) in edited)
    removed = tuple(member for member in change.members_removed if member_address(name, member) in edited)
    after = change.after if itself else change.before
    if after == change.before and not (added or removed):
        return None
    carried = {member: change.carried[member] for member in added if member in change.carried}
    return replace(change, after=after, members_added=added, members_removed=removed, carried=carried)


def _delta(planned: Planned, changes: tuple[Change, ...], target: DirectoryReader) -> tuple[PersonDelta, ...]:
    """Who has more or less by the edits, and by nothing else that the plan does."""
    inputs = planned.inputs
    with target.reading():
        touched = _touched(changes)
        locks = in_force(inputs.settings, target.locks(touched.users), inputs.clocks.earlier)
        current = managed_state(inputs.settings, target.state(touched), locks)
        return delta_of(inputs, planned.compilation, changes, current, target, renamed={})[0]


def _touched(changes: tuple[Change, ...]) -> Names:
    users: set[str] = set()
    lists: set[str] = set()
    for change in changes:
        match change:
            case UserChange():
                users.add(split_address(change.address)[1])
            case LockChange():
                body = change.after or change.before
                users.update(() if body is None or body.spec.target.user is None else (body.spec.target.user,))
            case AccessListChange():
                lists.add(split_address(change.address)[1])
            case _:
                assert_never(change)
    return Names(frozenset(users), frozenset(lists))
