"""Every change of a plan in the order of its apply: what happens to which object, why, and what differs inside."""

from bisect import bisect_right
from collections.abc import Sequence
from typing import assert_never

import msgspec

from idsync.model.addresses import split_address
from idsync.model.directory import Cause, UpstreamCause
from idsync.model.resources import AccessList, Lock
from idsync.model.times import format_duration
from idsync.plan.changes import AccessListChange, Action, Change, LockChange, Plan, UserChange
from idsync.plan.steps import Phase, phases_of
from idsync.render.escape_text import shown
from idsync.render.fields import differing_fields, value_words
from idsync.render.phrases import causes_words, counted, in_target, listed, listed_names, named
from idsync.render.view import Limits, Line, Row, Section, Symbol, capped

TITLES = {
    Phase.LOCK: "Locks",
    Phase.USER: "Users created and updated",
    Phase.ACCESS_LIST: "Lists created and updated, members added",
    Phase.MEMBER_REMOVAL: "Members removed",
    Phase.ACCESS_LIST_DELETE: "Lists deleted",
    Phase.USER_DELETE: "Users deleted",
    Phase.UNLOCK: "Locks lifted",
}
NOUNS = {
    Phase.LOCK: "locks",
    Phase.USER: "users",
    Phase.ACCESS_LIST: "lists",
    Phase.MEMBER_REMOVAL: "lists",
    Phase.ACCESS_LIST_DELETE: "lists",
    Phase.USER_DELETE: "users",
    Phase.UNLOCK: "locks",
}
LOST_WITH_A_LIST = "owners' edits are lost: owners, review dates, requirements, members' expiry and reason"
DETAILS_SHOWN = 60
ADDED_SHOWN = 10
REMOVED_SHOWN = 50
SYMBOLS: dict[Action, Symbol] = {"create": "+", "update": "~", "delete": "-"}


def change_sections(plan: Plan, limits: Limits, *, held: bool = False) -> tuple[Section, ...]:
    """A section for each phase that has work, in order; a list that also loses members stands in its first phase.

    Of what is `held` back all is held, what a change gives too.
    """
    sections = []
    start = 0
    for phase in Phase:
        end = bisect_right(plan.changes, phase, start, key=_first_phase)  # they stand phase by phase
        if end > start:
            some = plan.changes[start:end]
            sections.append(_section(TITLES[phase], some, limits.changes, NOUNS[phase], held=held))
        start = end
    return tuple(sections)


def _first_phase(change: Change) -> Phase:
    return phases_of(change)[0]


def lock_section(plan: Plan, limits: Limits) -> Section:
    """Every lock that is made, changed or lifted, on its own: the first thing to look for on a bad day."""
    locks = [change for change in plan.changes if isinstance(change, LockChange)]
    return _section("Locks", locks, limits.locks, "locks")


def _section(title: str, changes: Sequence[Change], limit: int, noun: str, *, held: bool = False) -> Section:
    """Changes as they run, but locks, whose addresses tell people nothing, by the person."""
    if all(isinstance(change, LockChange) for change in changes):
        changes = sorted(changes, key=lambda change: (change.action != "create", _locked_name(change)))
    rows = tuple(change_row(change, held=held) for change in changes[:limit])
    return Section(title, rows, len(changes), noun)


def _locked_name(change: Change) -> str:
    lock = change.after or change.before
    return (lock.spec.target.user if isinstance(lock, Lock) else None) or ""


def change_row(change: Change, *, held: bool = False) -> Row:
    """One change in full; all of it is `held` back, or only what it takes."""
    match change:
        case UserChange():
            text, details = f"user {shown(split_address(change.address)[1])}", _user_lines(change)
        case LockChange():
            text, details = _lock_words(change), _lock_lines(change)
        case AccessListChange():
            text, details = _list_words(change), _list_lines(change)
        case _:
            assert_never(change)
    text += in_target(change.target)
    if change.blocked_by:
        details.insert(0, Line("!", _held_back(change, whole=held)))
    lines = capped(details, DETAILS_SHOWN, " ", lambda line: line)
    return Row(SYMBOLS[change.action], text, _why(change), lines)


def _why(change: Change) -> str:
    causes = tuple(cause for cause in change.causes if not _says_the_object_again(change, cause))
    words = causes_words(causes)
    return f"{change.reason.value}: {words}" if words else change.reason.value


def _says_the_object_again(change: Change, cause: Cause) -> bool:
    """A list's own group, under the name that the list has too."""
    resource = change.after or change.before
    return (
        isinstance(cause, UpstreamCause)
        and isinstance(resource, AccessList)
        and cause.id == resource.metadata.name
        and cause.name == resource.spec.title
    )


def _held_back(change: Change, *, whole: bool) -> str:
    what = "held back by"
    if not whole and isinstance(change, AccessListChange) and change.action != "delete" and change.members_added:
        what = "removals held back by"
    return f"{what} {listed_names(change.blocked_by)}"


def _user_lines(change: UserChange) -> list[Line]:
    if change.after is None:
        return []
    if change.before is not None:
        return list(differing_fields(change.before, change.after))
    spec = change.after.spec
    traits = f"; {counted(len(spec.traits), 'trait')}" if spec.traits else ""
    return [Line(" ", f"roles: {value_words(spec.roles or None)}{traits}")]


def _lock_words(change: LockChange) -> str:
    user = _locked_name(change)
    if not user:
        return f"lock {shown(split_address(change.address)[1])}"
    if change.after is None:
        return f"lock on {shown(user)}, lifted"
    lasting = "until lifted" if change.lifetime is None else f"for {format_duration(change.lifetime)}"
    return f"lock on {shown(user)}, {lasting}"


def _lock_lines(change: LockChange) -> list[Line]:
    if change.before is None or change.after is None:
        return []
    return list(differing_fields(_without_times(change.before), _without_times(change.after)))


def _without_times(lock: Lock) -> Lock:
    """The lock without what an apply sets: its lifetime is said in words."""
    replace = msgspec.structs.replace
    return replace(lock, spec=replace(lock.spec, expires=None, created_at=None))


def _list_words(change: AccessListChange) -> str:
    name = split_address(change.address)[1]
    resource = change.after or change.before
    return f"list {named(resource.spec.title if resource else '', name)}"


def _list_lines(change: AccessListChange) -> list[Line]:
    lines: list[Line] = []
    if change.before is not None and change.after is not None:
        lines.extend(differing_fields(change.before, change.after))
    elif change.after is not None:
        lines.extend(_new_list_lines(change.after))
    if change.members_added:
        lines.append(_member_line("+", change.members_added, ADDED_SHOWN))
    if change.members_removed:
        lines.append(_member_line("-", change.members_removed, REMOVED_SHOWN))
    if change.carried:
        names = listed_names(sorted(change.carried))
        lines.append(Line(" ", f"with expiry, reason and joined date as before: {names}"))
    if change.action == "delete":
        lines.append(Line("!", LOST_WITH_A_LIST))
        return lines
    lost = [name for name in change.edits_lost if name in change.members_removed]
    if lost:
        lines.append(Line("!", f"expiry and reason that people set are lost with: {listed_names(lost)}"))
    if change.kept:
        lines.append(Line(" ", f"kept as edited: {listed_names(change.kept)}"))
    return lines


def _new_list_lines(after: AccessList) -> list[Line]:
    spec = after.spec
    owners = [owner.name for owner in spec.owners]
    grants = [f"role {shown(role)}" for role in spec.grants.roles]
    grants += [f"trait {shown(name)}={value_words(values)}" for name, values in spec.grants.traits.items()]
    return [
        Line(" ", f"grants: {listed(grants) or 'nothing'}"),
        Line(" ", f"owners: {listed_names(owners) or 'nobody'}"),
    ]


def _member_line(symbol: Symbol, names: tuple[str, ...], limit: int) -> Line:
    return Line(symbol, f"{counted(len(names), 'member')}: {listed_names(names, limit)}")
