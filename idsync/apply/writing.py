"""One step of a plan as writes to a target, and as an entry of the journal."""

from typing import assert_never

import msgspec

from idsync.apply.preconditions import Moment, name_of
from idsync.model.canonical import canonical_bytes
from idsync.model.directory import DirectoryState, Members
from idsync.model.journal import NOTHING, StepMade
from idsync.model.resources import Membership
from idsync.plan.apply_times import stamped_access_list, stamped_lock, stamped_members
from idsync.plan.changes import AccessListChange, LockChange, UserChange
from idsync.plan.steps import Phase, Step
from idsync.targets.protocol import DirectoryWriter

_NO_MEMBERS: Members = {}


def make_step(step: Step, target: DirectoryWriter, at: Moment) -> None:
    """Write one step to the target; doing it twice does it once."""
    change = step.change
    match change:
        case UserChange():
            if change.after is None:
                target.delete_user(name_of(change))
            else:
                target.put_user(change.after)
        case LockChange():
            if change.after is None:
                target.delete_lock(name_of(change))
            else:
                target.put_lock(stamped_lock(change, at.now))
        case AccessListChange():
            _make_list_step(step.phase, change, target, at)
        case _:
            assert_never(change)


def entry_of(step: Step, run: int, seen: DirectoryState) -> StepMade:
    """What the journal keeps of a step: enough to tell what was done, and to take it back."""
    change = step.change
    before = NOTHING if change.before is None else msgspec.Raw(canonical_bytes(change.before))
    if not isinstance(change, AccessListChange):
        return StepMade(run, step.phase, change.address, change.action, change.reason, before)
    added: tuple[str, ...] = ()
    removed: dict[str, Membership] = {}
    members = seen.members.get(name_of(change), _NO_MEMBERS)
    match step.phase:
        case Phase.ACCESS_LIST:
            added = change.members_added
        case Phase.MEMBER_REMOVAL:
            before = NOTHING
            removed = {name: members[name] for name in change.members_removed if name in members}
        case _:
            removed = dict(members)
    return StepMade(run, step.phase, change.address, change.action, change.reason, before, added, removed)


def _make_list_step(phase: Phase, change: AccessListChange, target: DirectoryWriter, at: Moment) -> None:
    name = name_of(change)
    match phase:
        case Phase.ACCESS_LIST_DELETE:
            target.delete_access_list(name)
        case Phase.MEMBER_REMOVAL:
            target.remove_members(name, change.members_removed)
        case _:
            if change.action == "create" or change.before != change.after:
                target.put_access_list(stamped_access_list(change, at.stamp))
            if change.members_added:
                target.add_members(name, stamped_members(change, at.stamp))
