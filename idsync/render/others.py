"""What a plan changes beyond people's access: lists made, changed or deleted, users and locks without effect on it."""

from collections.abc import Iterator

from idsync.model.addresses import split_address
from idsync.plan.changes import AccessListChange, LockChange, Plan, UserChange
from idsync.plan.touched import locked_person
from idsync.render.cells import Person, Words, some
from idsync.render.change_rows import change_entry, edits_lost, field_entries, list_cell, why
from idsync.render.outcomes import Touched
from idsync.render.phrases import REASONS, counted
from idsync.render.view import Entry, Section

NAMES_SHOWN = 12


def others_of(plan: Plan, touched: Touched, undescribed: frozenset[str]) -> tuple[Section, ...]:
    """A section for lists, one for users, one for locks, where there is something to say."""
    told = touched.names | undescribed
    sections = (
        Section("Lists", tuple(_lists(plan))),
        Section("Users without effect on access", tuple(_users(plan, told))),
        Section("Locks without effect on access", tuple(_locks(plan, told))),
    )
    return tuple(section for section in sections if section.entries)


def _lists(plan: Plan) -> Iterator[Entry]:
    """Lists that go, each by itself; those whose fields differ; those that are new, in one entry."""
    changes = [change for change in plan.changes if isinstance(change, AccessListChange)]
    for change in changes:
        if change.action == "delete":
            yield _list(change)
    for change in changes:
        if change.action == "update" and (change.before != change.after or edits_lost(change)):
            yield _list(change)
    new = [change for change in changes if change.action == "create"]
    if new:
        yield Entry("+", (f"{counted(len(new), 'new list')}: ", *some([list_cell(each) for each in new], NAMES_SHOWN)))


def _list(change: AccessListChange) -> Entry:
    whole = change_entry(change)
    held = [detail for detail in whole.details if change.blocked_by and detail.symbol == "!"][:1]
    lost = [detail for detail in edits_lost(change) if detail not in held]
    return Entry(whole.symbol, whole.words, why(change), (*held, *field_entries(change), *lost), whole.effect)


def _users(plan: Plan, told: frozenset[str]) -> Iterator[Entry]:
    """Users of whom the plan tells nothing else: those that go by name, the others together by reason."""
    alike: dict[tuple[str, str], list[str]] = {}
    for change in plan.changes:
        if isinstance(change, UserChange) and split_address(change.address)[1] not in told:
            if change.action == "delete":
                yield change_entry(change)
            else:
                alike.setdefault((change.action, REASONS[change.reason]), []).append(split_address(change.address)[1])
    for (action, reason), names in alike.items():
        people: Words = some([Person(name) for name in names], NAMES_SHOWN)
        yield Entry("+" if action == "create" else "~", (f"{counted(len(names), 'user')}: ", *people), (reason,))


def _locks(plan: Plan, told: frozenset[str]) -> Iterator[Entry]:
    for change in plan.changes:
        if isinstance(change, LockChange) and locked_person(change) not in told:
            yield change_entry(change)
