"""One step of a plan as an entry of the journal."""

import msgspec

from idsync.apply.preconditions import name_of
from idsync.model.canonical import canonical_bytes
from idsync.model.directory import DirectoryState, Members
from idsync.model.journal import NOTHING, StepMade
from idsync.model.resources import Membership
from idsync.plan.changes import AccessListChange
from idsync.plan.steps import Phase, Step

_NO_MEMBERS: Members = {}


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
