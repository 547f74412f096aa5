"""Drift: the part of a plan that undoes manual edits, without what changed in Okta or in the config."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import assert_never

import msgspec

from idsync.model.addresses import Address, member_address, split_address
from idsync.model.directory import Names
from idsync.model.findings import (
    GUARDS_CHANGED,
    NOT_MERGED,
    REMOVAL_WON,
    UPSTREAM_CONVEYED,
    UPSTREAM_PRIVILEGED,
    UPSTREAM_READ_ONLY,
    Finding,
)
from idsync.model.journal import MadeByHand, Numbered
from idsync.model.numbers import counted
from idsync.model.plain_resources import App, Role, UserGroup, title_of
from idsync.model.resources import AccessList, Lock
from idsync.plan.assemble import summarise
from idsync.plan.changes import (
    AccessListChange,
    Change,
    LockChange,
    MemberCounts,
    PersonDelta,
    PlainChange,
    Plan,
    UserChange,
)
from idsync.plan.guards import ALL_GUARDS, released
from idsync.plan.seal import sealed
from idsync.plan.sections import FIRST
from idsync.reconcile.context import delta_of
from idsync.reconcile.managed import in_force, managed_state
from idsync.reconcile.planned import Planned
from idsync.stores.protocol import Difference
from idsync.targets.protocol import DirectoryReader

replace = msgspec.structs.replace


_TOLD = frozenset({GUARDS_CHANGED, NOT_MERGED, UPSTREAM_READ_ONLY, UPSTREAM_PRIVILEGED, UPSTREAM_CONVEYED, REMOVAL_WON})
"""Findings of the whole plan that say what becomes of hands' changes."""
NO_HANDS: Mapping[Address, MadeByHand] = {}


def hands_in(differing: Mapping[Address, Difference], headlines: Iterable[Numbered]) -> Mapping[Address, MadeByHand]:
    """The journal's entries that made these differences, where people's hands did."""
    wanted = {each.entry: address for address, each in differing.items() if each.entry is not None}
    found = ((wanted[each.sequence], each.entry) for each in headlines if each.sequence in wanted)
    return {address: entry for address, entry in found if isinstance(entry, MadeByHand)}


def drift_of(planned: Planned, target: DirectoryReader, hands: Mapping[Address, MadeByHand] = NO_HANDS) -> Plan:
    """The part of a plan that concerns objects edited by hand, as a plan of its own; empty when nothing drifted.

    Its findings say who made the edits, by the `hands` that the journal knows.
    """
    edited = planned.inputs.edited
    here = (change for change in planned.plan.changes if change.target == FIRST)
    changes = released(tuple(here), ALL_GUARDS)  # they count the whole plan, which is not at issue here
    told = (each for each in planned.plan.findings if each.code in _TOLD)
    changes = tuple(kept for kept in (_edited_part(change, edited) for change in changes) if kept)
    return sealed(
        replace(
            planned.plan,
            changes=changes,
            summary=summarise(changes),
            access_delta=_delta(planned, changes, target),
            guards=(),
            both_ways=msgspec.UNSET,
            findings=(*told, *_going_out(planned.plan), *_attributed(changes, hands)),
        )
    )


def _going_out(plan: Plan) -> Iterator[Finding]:
    """That people edited memberships which go to Okta, and are not put back."""
    if isinstance(plan.summary.upstream, MemberCounts):
        number = plan.summary.upstream.add + plan.summary.upstream.remove
        what = counted(number, "edited membership goes", "edited memberships go")
        message = f"{what} to Okta with the next apply, and {'is' if number == 1 else 'are'} not put back."
        yield Finding("goes_to_okta", "info", message)


def _attributed(changes: tuple[Change, ...], hands: Mapping[Address, MadeByHand]) -> Iterator[Finding]:
    titles = {change.address: _title(change) for change in changes}
    concerned = {*titles, *(address for change in changes for address in _members_of(change))}
    for address in sorted(concerned & hands.keys()):
        hand, title = hands[address], titles.get(address, "")
        what = f"{address} ({title})" if title else address
        person = hand.circumstances.get("person", "")
        who = f"{hand.actor}, for {person}" if person else hand.actor
        reason = f" Reason given: {hand.reason}." if hand.reason else ""
        verb = {"create": "made", "update": "changed", "delete": "removed"}[hand.action]
        yield Finding("changed_by_hand", "info", f"{what} was {verb} by {who} at {hand.at}.{reason}", ())


def _title(change: Change) -> str:
    """What people call an object whose address tells them nothing: a list by its title, a lock by whom it is on."""
    body = change.after or change.before
    match body:
        case AccessList():
            return body.spec.title
        case Lock():
            return f"on {body.spec.target.user}" if body.spec.target.user else ""
        case Role() | App() | UserGroup():
            return title_of(body)
        case _:
            return ""


def _members_of(change: Change) -> Iterator[Address]:
    if isinstance(change, AccessListChange):
        name = split_address(change.address)[1]
        yield from (member_address(name, member) for member in (*change.members_added, *change.members_removed))


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
    plain: set[Address] = set()
    for change in changes:
        match change:
            case UserChange():
                users.add(split_address(change.address)[1])
            case LockChange():
                body = change.after or change.before
                users.update(() if body is None or body.spec.target.user is None else (body.spec.target.user,))
            case AccessListChange():
                lists.add(split_address(change.address)[1])
            case PlainChange():
                plain.add(change.address)
            case _:
                assert_never(change)
    return Names(frozenset(users), frozenset(lists), frozenset(plain))
