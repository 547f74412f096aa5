"""What a plan sends to Okta: memberships that people edited in the directory, by group and app."""

from collections.abc import Iterator

from msgspec.structs import replace

from idsync.plan.changes import AccessListChange, Plan
from idsync.plan.okta_delta import kind_in_okta, names_in_okta
from idsync.plan.sections import OKTA, goes_to_okta
from idsync.render.phrases import counted
from idsync.render.view.cells import Code, Person, some
from idsync.render.view.change_rows import list_cell
from idsync.render.view.view import Entry, Section, Symbol

NAMES_SHOWN = 12


def of_the_directory(plan: Plan) -> Plan:
    """The plan without what goes to Okta, which is told by itself."""
    if all(change.target != OKTA for change in plan.changes):
        return plan
    return replace(
        plan,
        changes=tuple(change for change in plan.changes if change.target != OKTA),
        access_delta=tuple(delta for delta in plan.access_delta if delta.target != OKTA),
    )


def to_okta(plan: Plan) -> tuple[Section, ...]:
    """A section for what goes to Okta, where anything does."""
    entries = tuple(_entry(change) for change in plan.changes if goes_to_okta(change))
    return (Section("Goes to Okta", entries, side="out"),) if entries else ()


def _entry(change: AccessListChange) -> Entry:
    symbol: Symbol = "~" if change.members_added and change.members_removed else "-" if change.members_removed else "+"
    held = tuple(Code(mark) for mark in change.blocked_by)
    note = ("held back by ", *some(held, len(held))) if held else ()
    return Entry(symbol, (f"{kind_in_okta(change)} ", list_cell(change)), note, tuple(_people(change)))


def _people(change: AccessListChange) -> Iterator[Entry]:
    names, is_app = names_in_okta(change), kind_in_okta(change) == "app"
    joins, leaves = ("is assigned", "is unassigned") if is_app else ("joins", "leaves")
    many, gone = ("are assigned", "are unassigned") if is_app else ("join", "leave")
    told: tuple[tuple[Symbol, tuple[str, ...], str, str], ...] = (
        ("-", change.members_removed, leaves, gone),
        ("+", change.members_added, joins, many),
    )
    for symbol, people, one, several in told:
        if people:
            cells = [Person(name) for name in sorted(names.get(person, person) for person in people)]
            verb = f" {one}" if len(people) == 1 else f" {several}"
            head = (f"{counted(len(people), 'person', 'people')}{verb}: ",) if len(people) > 1 else ()
            yield Entry(symbol, (*head, *some(cells, NAMES_SHOWN)) if head else (*cells, verb))
