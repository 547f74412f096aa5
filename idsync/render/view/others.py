"""What a plan changes beyond people's access: lists made, changed or deleted, users and locks without effect on it."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial

from msgspec.structs import replace

from idsync.model.addresses import split_address
from idsync.model.directory import OF_AN_EDIT, ConfigCause, Reason
from idsync.model.ownership import list_of_role
from idsync.model.plain_resources import title_of
from idsync.plan.changes import AccessListChange, AnyPlainChange, Change, LockChange, PlainChange, Plan, UserChange
from idsync.plan.touched import locked_person
from idsync.render.phrases import REASONS, counted
from idsync.render.view.cells import Code, ListName, Person, Role, Words, cause_cell, some
from idsync.render.view.change_rows import change_entry, edits_lost, field_entries, list_cell, why
from idsync.render.view.made import MadeWhenRead
from idsync.render.view.outcomes import Touched
from idsync.render.view.titles import SIDES
from idsync.render.view.view import Entry, Section, Side, Symbol

NAMES_SHOWN = 12
ALIKE_FROM = 3
"""So many lists that one rule changes are one entry."""


def others_of(
    plan: Plan, touched: Touched, undescribed: frozenset[str], *, parted: bool = False
) -> tuple[Section, ...]:
    """A section for lists, one for resources, one for users, one for locks, where there is something to say.

    Each side has its own where people are `parted` by who decides, or the edit changes anything here.
    """
    told = touched.names | undescribed
    by_side: dict[Side, list[Change]] = {}
    for change in plan.changes:
        by_side.setdefault(_side(change.reason), []).append(change)
    if not parted and "edit" not in by_side:
        by_side = {"okta": list(plan.changes)}
    sections = [
        section
        for side, _ in SIDES
        if side in by_side
        for section in _sections(by_side[side], touched, told, side)
        if section.entries
    ]
    return tuple(sections)


def _side(reason: Reason) -> Side:
    if reason is Reason.DRIFT:
        return "hand"
    return "edit" if reason in OF_AN_EDIT else "okta"


def _sections(changes: Sequence[Change], touched: Touched, told: frozenset[str], side: Side) -> Iterator[Section]:
    yield Section("Lists", MadeWhenRead(tuple(_lists(changes)), lambda make: make()), side=side)
    yield Section("Apps, groups and roles", MadeWhenRead(tuple(_resources(changes)), lambda make: make()), side=side)
    yield Section("Users without effect on access", tuple(_users(changes, touched, told)), side=side)
    yield Section("Locks without effect on access", tuple(_locks(changes, told)), side=side)


def _lists(some_changes: Iterable[Change]) -> Iterator[Callable[[], Entry]]:
    """Lists that go, each by itself; those that differ, together where one rule makes it so; new ones in one."""
    changes = [change for change in some_changes if isinstance(change, AccessListChange)]
    alike: dict[tuple[object, ...], list[AccessListChange]] = {}
    for change in changes:
        if change.action == "delete" or (change.action == "update" and edits_lost(change)):
            yield partial(_list, change)
        elif change.action == "update" and change.before != change.after:
            rules = tuple(cause for cause in change.causes if isinstance(cause, ConfigCause))
            key = (change.reason, rules, _touched_fields(change), change.blocked_by, change.target)
            alike.setdefault(key, []).append(change)
    for some_lists in alike.values():
        if len(some_lists) < ALIKE_FROM or some_lists[0].reason is Reason.DRIFT:
            yield from (partial(_list, change) for change in some_lists)
        else:
            yield partial(_alike, some_lists)
    new = [change for change in changes if change.action == "create"]
    if new:
        yield partial(_together, "+", new)


def _touched_fields(change: AccessListChange) -> tuple[str, ...]:
    """The fields that differ, by name; looked at one level deep, which costs little."""
    if change.before is None or change.after is None:
        return ()
    was, is_now = change.before.spec, change.after.spec
    touched = [name for name in was.__struct_fields__ if getattr(was, name) != getattr(is_now, name)]
    return (*touched, "metadata") if change.before.metadata != change.after.metadata else tuple(touched)


def _list(change: AccessListChange) -> Entry:
    """A list with what differs in it; of its members the people are told."""
    whole = change_entry(change)
    held = [detail for detail in whole.details if change.blocked_by and detail.symbol == "!"][:1]
    lost = [detail for detail in edits_lost(change) if detail not in held]
    return Entry(whole.symbol, whole.words, why(change), (*held, *field_entries(change), *lost), whole.effect)


def _alike(changes: Sequence[AccessListChange]) -> Entry:
    """Lists that one rule changes, with what differs in the first of them."""
    first = changes[0]
    fields = [replace(entry, words=(*entry.words, "  (", list_cell(first), ")")) for entry in field_entries(first)]
    rules = [cause_cell(cause) for cause in first.causes if isinstance(cause, ConfigCause)]
    note: Words = (REASONS[first.reason], *((": ", *some(rules, 3)) if rules else ()))
    if first.blocked_by:
        note = (*note, "; held back")
    return replace(_together("~", changes), note=note, details=tuple(fields))


def _together(symbol: Symbol, changes: Sequence[AccessListChange]) -> Entry:
    what = counted(len(changes), "new list" if symbol == "+" else "list")
    return Entry(symbol, (f"{what}: ", *some([list_cell(each) for each in changes], NAMES_SHOWN)))


def _resources(all_changes: Sequence[Change]) -> Iterator[Callable[[], Entry]]:
    """Apps, groups and roles that differ, each by itself; those that come or go, together by kind."""
    together: dict[tuple[str, str, tuple[str, ...], str], list[AnyPlainChange]] = {}
    for change in all_changes:
        if not isinstance(change, PlainChange):
            continue
        if change.action == "update":
            yield partial(change_entry, change)
        else:
            kind = split_address(change.address)[0]
            together.setdefault((change.action, kind, change.blocked_by, change.target), []).append(change)
    for (action, kind, blocked_by, _), changes in together.items():
        if kind != "role" or blocked_by or not _go_with_lists(all_changes, changes):
            yield partial(_resources_together, action, kind, changes)


def _go_with_lists(all_changes: Sequence[Change], changes: Sequence[AnyPlainChange]) -> bool:
    """Whether each role comes or goes with its list, of which the plan tells."""
    told = {split_address(each.address)[1]: each.action for each in all_changes if isinstance(each, AccessListChange)}
    return all(told.get(list_of_role(split_address(each.address)[1]) or "") == each.action for each in changes)


def _resources_together(action: str, kind: str, changes: Sequence[AnyPlainChange]) -> Entry:
    noun = {"app": "app", "user_group": "group", "role": "role"}[kind]
    what = counted(len(changes), f"new {noun}" if action == "create" else noun)
    cells = []
    for change in changes:
        name = split_address(change.address)[1]
        resource = change.after or change.before
        title = "" if resource is None else title_of(resource)
        cells.append(Role(name) if kind == "role" else ListName(name, title))
    held: Words = ("held back by ", *some([Code(mark) for mark in changes[0].blocked_by], NAMES_SHOWN))
    note = held if changes[0].blocked_by else ()
    return Entry("+" if action == "create" else "-", (f"{what}: ", *some(cells, NAMES_SHOWN)), note)


def _users(changes: Iterable[Change], touched: Touched, told: frozenset[str]) -> Iterator[Entry]:
    """Users of whom the plan tells nothing else: those that go by name, the others together by reason."""
    if not touched.untouched_users:
        return
    alike: dict[tuple[str, str], list[str]] = {}
    for change in changes:
        if isinstance(change, UserChange) and split_address(change.address)[1] not in told:
            if change.action == "delete":
                yield change_entry(change)
            else:
                alike.setdefault((change.action, REASONS[change.reason]), []).append(split_address(change.address)[1])
    for (action, reason), names in alike.items():
        people: Words = some([Person(name) for name in names], NAMES_SHOWN)
        yield Entry("+" if action == "create" else "~", (f"{counted(len(names), 'user')}: ", *people), (reason,))


def _locks(changes: Iterable[Change], told: frozenset[str]) -> Iterator[Entry]:
    for change in changes:
        if isinstance(change, LockChange) and locked_person(change) not in told:
            yield change_entry(change)
