"""One step of a plan as an entry of the journal, with the bodies that it names."""

from idsync.model.addresses import split_address
from idsync.model.canonical import Body, body_of
from idsync.model.directory import DirectoryState, Members, object_at
from idsync.model.journal import StepMade
from idsync.model.member_fingerprint import is_plain
from idsync.model.ownership import Resource
from idsync.model.resources import Membership
from idsync.plan.changes import AccessListChange, Change, LockChange
from idsync.plan.steps import Phase, Step

_NO_MEMBERS: Members = {}


def entry_of(
    step: Step, run: int, target: str, seen: DirectoryState, after: Resource | None
) -> tuple[StepMade, list[Body]]:
    """What the journal keeps of a step that was made: enough to tell what was done and why, and to take it back.

    `seen` is what was there before the run, `after` what is there now.
    """
    change = step.change
    new = None if after is None else body_of(after)
    # A list's second step, on its members, finds the body that the first one left.
    old = new if step.phase is Phase.MEMBER_REMOVAL else _body_before(change, seen)
    before, now = None if old is None else old.fingerprint, None if new is None else new.fingerprint
    head = (run, step.phase, change.address, change.action, change.reason, change.causes, before, now)
    if isinstance(change, AccessListChange):
        added, details, removed = _members(change, step.phase, seen)
        entry = StepMade(*head, added, removed, details, target)
    else:
        entry = StepMade(*head, target=target)
    return entry, [body for body in (old, new) if body is not None]


def _body_before(change: Change, seen: DirectoryState) -> Body | None:
    # A lock whose time has passed may be there under a new one's name.
    if change.action == "create" and not isinstance(change, LockChange):
        return None
    found = object_at(seen, change.address)
    return None if found is None else body_of(found)


def _members(
    change: AccessListChange, phase: Phase, seen: DirectoryState
) -> tuple[tuple[str, ...], dict[str, Membership], dict[str, Membership]]:
    """The members that a step adds, the details of those that have any, and those that it removes."""
    members = seen.members.get(split_address(change.address)[1], _NO_MEMBERS)
    match phase:
        case Phase.ACCESS_LIST:
            details = {name: entry for name, entry in change.carried.items() if not is_plain(entry)}
            renewed = {name: members[name] for name in sorted(change.members_renewed) if name in members}
            return change.members_added, details, renewed
        case Phase.MEMBER_REMOVAL:
            return (), {}, {name: members[name] for name in change.members_gone if name in members}
        case _:
            return (), {}, dict(members)
