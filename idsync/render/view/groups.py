"""The people of a plan as entries: those to whom the same happens for the same reasons are one.

What the configuration decides stands apart from what Okta says. Somebody who comes, goes, is locked or renamed is
told of once, with everything.
"""

from collections.abc import Iterable, Iterator

import msgspec

from idsync.model.directory import OF_A_SETTING, OF_AN_EDIT
from idsync.plan.changes import Access, PersonDelta, UserChange, passes_on
from idsync.plan.holding import GIVING
from idsync.render.phrases import REASONS
from idsync.render.view.cells import Person
from idsync.render.view.outcomes import Touched, happened
from idsync.render.view.things import OWN_ROUTE, Things
from idsync.render.view.view import Group, Outcome, People

Parted = tuple[bool, PersonDelta, Outcome]
"""Whether the configuration decides it, of whom it is what, and what becomes of them by it."""
_WHOLE = frozenset({Outcome.LOSES_ALL, Outcome.LOCKED, Outcome.RENAMED, Outcome.UNLOCKED, Outcome.GETS_NOTHING})


def groups_of(touched: Touched, things: Things, undescribed: frozenset[str] = frozenset()) -> tuple[Group, ...]:
    """The people by who decides and what becomes of them; of newcomers who are `undescribed` there is the count."""
    entries: dict[tuple[bool, Outcome], dict[tuple[object, ...], list[Person]]] = {}
    firsts: dict[tuple[object, ...], People] = {}
    for edit, delta, outcome in _parts(touched, undescribed):
        entry = _entry(delta, outcome, touched, things, edit=edit)
        key = (edit, outcome, id(entry.things), entry.note, entry.target, entry.held, entry.newcomers)
        firsts.setdefault(key, entry)
        entries.setdefault((edit, outcome), {}).setdefault(key, []).extend(entry.people)
    more = touched.more_newcomers + len(undescribed)
    if more:
        entries.setdefault((False, Outcome.GAINS), {})
    groups = []
    for (edit, outcome), of_outcome in sorted(entries.items(), key=lambda item: (not item[0][0], item[0][1])):
        made = [msgspec.structs.replace(firsts[key], people=tuple(people)) for key, people in of_outcome.items()]
        total = sum(len(entry.people) for entry in made) + (more if (edit, outcome) == (False, Outcome.GAINS) else 0)
        groups.append(Group(outcome, edit, tuple(sorted(made, key=_weight)), total))
    return tuple(groups)


def _weight(entry: People) -> tuple[int, int, str]:
    """What most people share comes first, then what takes most."""
    taken = sum(1 + len(thing.brings) for thing in entry.things if thing.symbol == "-")
    return -len(entry.people), -taken, entry.people[0].name


def _parts(touched: Touched, undescribed: frozenset[str]) -> Iterator[Parted]:
    for outcome in Outcome:
        for delta in touched.by_outcome.get(outcome, ()):
            change = touched.change_of(delta)
            if delta.person in undescribed and not delta.target:
                continue
            if _is_told_whole(outcome, change):
                yield _is_by_a_setting(delta, change), delta, outcome
            else:
                yield from _by_origin(delta, outcome)


def _is_told_whole(outcome: Outcome, change: UserChange | None) -> bool:
    return outcome in _WHOLE or _is_new(change)


def _is_by_a_setting(delta: PersonDelta, change: UserChange | None) -> bool:
    """Whether somebody comes, goes, is locked or unlocked because a setting became another one."""
    return not OF_A_SETTING.isdisjoint({delta.locked, delta.unlocked, change.reason if change else None})


def _is_new(change: UserChange | None) -> bool:
    return change is not None and change.action == "create"


def _by_origin(delta: PersonDelta, outcome: Outcome) -> Iterator[Parted]:
    """What the configuration decides and what Okta says, as two people."""
    everything = (*delta.gains, *delta.loses, *delta.route_only)
    edits = sum(access.origin == "direct" for access in everything)
    if edits in (0, len(everything)):
        yield edits > 0, delta, outcome
        return
    for edit in (True, False):

        def mine(some: Iterable[Access], edit: bool = edit) -> tuple[Access, ...]:
            return tuple(access for access in some if (access.origin == "direct") == edit)

        part = PersonDelta(
            delta.person, mine(delta.gains), mine(delta.loses), mine(delta.route_only), target=delta.target
        )
        yield edit, part, _outcome_of(part)


def _is_held(delta: PersonDelta, change: UserChange | None, touched: Touched) -> bool:
    """Whether anything that is said here of a person is held back."""
    return (change is not None and _is_user_held(delta, change, touched)) or _is_held_by_lists(delta, touched)


def _is_user_held(delta: PersonDelta, change: UserChange, touched: Touched) -> bool:
    """Whether the change of the account is held in what is said here: a guard on losses holds no gain of the same."""
    marks = frozenset(change.blocked_by)
    if change.before is None or change.after is None or passes_on(change) or not marks <= touched.parting:
        return bool(marks)
    takes = any(OWN_ROUTE in access.via for access in delta.loses) or delta.locked is not None
    return bool(marks - GIVING if takes else marks & GIVING)


def _is_held_by_lists(delta: PersonDelta, touched: Touched) -> bool:
    """Whether a list that takes something from a person, or gives it, is held back in that."""
    if not touched.held_lists:
        return False
    return any(
        not (touched.held_lists[name] <= GIVING if symbol == "-" else touched.held_lists[name].isdisjoint(GIVING))
        for symbol, some in (("-", delta.loses), ("+", delta.gains))
        for access in some
        for name in ((access.name,) if access.kind == "access_list" else access.via)
        if name in touched.held_lists
    )


def _outcome_of(part: PersonDelta) -> Outcome:
    if part.loses:
        return Outcome.SWAPS if part.gains else Outcome.LOSES
    return Outcome.GAINS if part.gains else Outcome.REROUTED


def _lists_that_go(delta: PersonDelta, touched: Touched) -> str:
    """Why lists are deleted, where that is the one thing by which a person loses something."""
    names = {name for access in delta.loses for name in (access.via or (access.name,))}
    going = [touched.lists[name] for name in names if name in touched.lists and touched.lists[name].action == "delete"]
    reasons = {change.reason for change in going}
    if len(going) < len(names) or len(reasons) != 1:
        return ""
    return f"the {'list goes' if len(going) == 1 else 'lists go'}: {REASONS[reasons.pop()]}"


def _entry(delta: PersonDelta, outcome: Outcome, touched: Touched, things: Things, *, edit: bool) -> People:
    change = touched.change_of(delta)
    made = [
        *(things.of("-", access) for access in delta.loses),
        *(things.of("+", access) for access in delta.gains),
        *(things.of("~", access) for access in delta.route_only),
    ]
    whole = _is_told_whole(outcome, change)
    note = "" if edit and not whole else happened(delta, outcome, change)
    if not whole and not edit and change is not None and change.reason in OF_AN_EDIT:
        note = ""  # the account changes by the edit, which is told apart
    note = note or _lists_that_go(delta, touched)
    return People(
        outcome,
        (Person(delta.person, delta.renamed_from or ""),),
        things.bare(made) if outcome is Outcome.LOSES_ALL else things.folded(made),
        (note,) if note else (),
        delta.target,
        _is_held(delta, change, touched),
        _is_new(change) and delta.renamed_from is None,
    )
