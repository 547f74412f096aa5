"""Every change of a plan in the order of its apply: what happens to which object, why, and what differs inside."""

from bisect import bisect_right
from collections.abc import Sequence
from typing import assert_never

import msgspec

from idsync.model.addresses import split_address
from idsync.model.directory import Cause, Reason, UpstreamCause
from idsync.model.plain_resources import App, UserGroup, rule_labels, title_of
from idsync.model.plain_resources import Role as RoleResource
from idsync.model.resources import AccessList, Lock
from idsync.model.times import duration_words
from idsync.plan.changes import (
    AccessListChange,
    Action,
    AnyPlainChange,
    Change,
    LockChange,
    PlainChange,
    Plan,
    UserChange,
)
from idsync.plan.okta_delta import names_in_okta
from idsync.plan.sections import OKTA
from idsync.plan.steps import Phase, phases_of
from idsync.render.phrases import counted, in_target, reason_words
from idsync.render.view.cells import Cell, Code, ListName, Person, Role, Safe, Trait, Value, Words, cause_cell, some
from idsync.render.view.fields import differing_fields, value_words
from idsync.render.view.made import MadeWhenRead
from idsync.render.view.view import Effect, Entry, Section, Symbol

TITLES = {
    Phase.LOCK: "Locks",
    Phase.PLAIN: "Apps, groups and roles created and updated",
    Phase.USER: "Users created and updated",
    Phase.ACCESS_LIST: "Lists created and updated, members added",
    Phase.MEMBER_REMOVAL: "Members removed",
    Phase.ACCESS_LIST_DELETE: "Lists deleted",
    Phase.PLAIN_DELETE: "Apps, groups and roles deleted",
    Phase.USER_DELETE: "Users deleted",
    Phase.UNLOCK: "Locks lifted",
}
NOUNS = {
    Phase.LOCK: "locks",
    Phase.PLAIN: "resources",
    Phase.USER: "users",
    Phase.ACCESS_LIST: "lists",
    Phase.MEMBER_REMOVAL: "lists",
    Phase.ACCESS_LIST_DELETE: "lists",
    Phase.PLAIN_DELETE: "resources",
    Phase.USER_DELETE: "users",
    Phase.UNLOCK: "locks",
}
LOST_WITH_A_LIST = "owners' edits are lost: owners, review dates, requirements, members' expiry and reason"
ADDED_SHOWN = 10
REMOVED_SHOWN = 50
NAMES_SHOWN = 6
CAUSES_SHOWN = 3
SYMBOLS: dict[Action, Symbol] = {"create": "+", "update": "~", "delete": "-"}


def change_sections(plan: Plan, *, held: bool = False) -> tuple[Section, ...]:
    """A section for each phase that has work, in order; a list that also loses members stands in its first phase.

    Of what is `held` back all is held, what a change gives too.
    """
    sections = []
    start = 0
    for place, phase in enumerate(Phase):
        end = bisect_right(plan.changes, place, start, key=_place)  # they stand phase by phase
        if end > start:
            sections.append(_section(TITLES[phase], plan.changes[start:end], NOUNS[phase], held=held))
        start = end
    return tuple(sections)


_PLACES = {phase: place for place, phase in enumerate(Phase)}


def _place(change: Change) -> int:
    return _PLACES[phases_of(change)[0]]


def _section(title: str, changes: Sequence[Change], noun: str, *, held: bool = False) -> Section:
    """Changes as they run, but locks, whose addresses tell people nothing, by the person."""
    if all(isinstance(change, LockChange) for change in changes):
        changes = sorted(changes, key=lambda change: (change.action != "create", _locked_name(change)))
    return Section(title, MadeWhenRead(changes, lambda change: change_entry(change, held=held)), noun)


def _locked_name(change: Change) -> str:
    lock = change.after or change.before
    return (lock.spec.target.user if isinstance(lock, Lock) else None) or ""


def change_entry(change: Change, *, held: bool = False) -> Entry:
    """One change in full; all of it is `held` back, or only what it takes."""
    effect: Effect = ""
    match change:
        case UserChange():
            words: Words = ("user ", Person(split_address(change.address)[1]))
            details = _user_entries(change)
        case LockChange():
            words, details = _lock_words(change), _lock_entries(change)
            effect = "takes" if change.after is not None else "gives"
        case AccessListChange():
            words, details = ("list ", list_cell(change)), _list_entries(change)
        case PlainChange():
            words, details = _plain_words(change), _plain_entries(change)
        case _:
            assert_never(change)
    if change.target:
        words = (*words, Safe(in_target(change.target)))
    if change.blocked_by:
        details.insert(0, Entry("!", _held_back(change, whole=held)))
    return Entry(SYMBOLS[change.action], words, why(change), tuple(details), effect)


def list_cell(change: AccessListChange) -> ListName:
    """The list that a change is about."""
    resource = change.after or change.before
    return ListName(split_address(change.address)[1], resource.spec.title if resource else "")


def why(change: Change) -> Words:
    """The reason of a change, and its causes."""
    causes = [cause_cell(cause) for cause in change.causes if not _says_the_object_again(change, cause)]
    words = some(causes, CAUSES_SHOWN)
    reason = reason_words(change.reason)
    if isinstance(change, AccessListChange) and change.reason is Reason.RENAMED:
        reason = "a person in it was renamed in Okta"
    return (f"{reason}: ", *words) if words else (reason,)


def _says_the_object_again(change: Change, cause: Cause) -> bool:
    """A list's own group, under the name that the list has too."""
    resource = change.after or change.before
    return (
        isinstance(cause, UpstreamCause)
        and isinstance(resource, AccessList)
        and cause.id == resource.metadata.name
        and cause.name == resource.spec.title
    )


def _held_back(change: Change, *, whole: bool) -> Words:
    what = "held back by "
    if not whole and isinstance(change, AccessListChange) and change.action != "delete" and change.members_added:
        what = "removals held back by "
    return (what, *some([Code(mark) for mark in change.blocked_by], NAMES_SHOWN))


def _user_entries(change: UserChange) -> list[Entry]:
    if change.after is None:
        return []
    if change.before is not None:
        return field_entries(change)
    spec = change.after.spec
    traits = f"; {counted(len(spec.traits), 'trait')}" if spec.traits else ""
    return [Entry(" ", (Safe(f"roles: {value_words(spec.roles or None)}{traits}"),))]


def field_entries(change: UserChange | AccessListChange | AnyPlainChange) -> list[Entry]:
    """What differs inside an object that stays."""
    if change.before is None or change.after is None:
        return []
    return [Entry("~", (Safe(line),)) for line in differing_fields(change.before, change.after)]


def _plain_words(change: AnyPlainChange) -> Words:
    kind, name = split_address(change.address)
    resource = change.after or change.before
    title = "" if resource is None else title_of(resource)
    if kind == "role":
        words: Words = ("role ", Role(name))
        return (*words, f", {title}") if title else words
    return ("app " if kind == "app" else "group ", ListName(name, title))


def _plain_entries(change: AnyPlainChange) -> list[Entry]:
    if change.after is None:
        return []
    if change.before is not None:
        return field_entries(change)
    match change.after:
        case RoleResource(spec=spec):
            given = [*spec.allow.app_labels.items(), *spec.allow.group_labels.items()]
            return [Entry(" ", (Safe(f"gives: {value_words(dict(given)) if given else 'nothing'}"),))]
        case (App() | UserGroup()) as resource:
            links = resource.spec.user_groups if isinstance(resource, App) else resource.spec.applications
            said = (
                f"conveyed by: {value_words(links)}" if isinstance(resource, App) else f"conveys: {value_words(links)}"
            )
            labels = rule_labels(resource)
            entries = [Entry(" ", (Safe(said),))] if links else []
            return entries + ([Entry(" ", (Safe(f"labels: {value_words(labels)}"),))] if labels else [])


def _lock_words(change: LockChange) -> Words:
    user = _locked_name(change)
    if not user:
        return ("lock ", Value(split_address(change.address)[1]))
    if change.after is None:
        return ("lock on ", Person(user), ", lifted")
    lasting = "until lifted" if change.lifetime is None else f"for {duration_words(change.lifetime)}"
    return ("lock on ", Person(user), f", {lasting}")


def _lock_entries(change: LockChange) -> list[Entry]:
    if change.before is None or change.after is None:
        return []
    lines = differing_fields(_without_times(change.before), _without_times(change.after))
    return [Entry("~", (Safe(line),)) for line in lines]


def _without_times(lock: Lock) -> Lock:
    """The lock without what an apply sets: its lifetime is said in words."""
    replace = msgspec.structs.replace
    return replace(lock, spec=replace(lock.spec, expires=None, created_at=None))


def _named(change: AccessListChange, members: tuple[str, ...]) -> tuple[str, ...]:
    """The names of members, who stand in Okta's groups and apps by their ids."""
    if change.target != OKTA:
        return members
    names = names_in_okta(change)
    return tuple(sorted(names.get(member, member) for member in members))


def _list_entries(change: AccessListChange) -> list[Entry]:
    entries = field_entries(change)
    if change.before is None and change.after is not None:
        entries.extend(_new_list_entries(change.after))
    if change.members_added:
        entries.append(_members("+", _named(change, change.members_added), ADDED_SHOWN))
    if change.members_removed:
        entries.append(_members("-", _named(change, change.members_removed), REMOVED_SHOWN))
    if change.carried:
        names = _people(sorted(change.carried), NAMES_SHOWN)
        entries.append(Entry(" ", ("with expiry, reason and joined date as before: ", *names)))
    entries.extend(edits_lost(change))
    if change.kept and change.action != "delete":
        kept = some([Value(name) for name in change.kept], NAMES_SHOWN)
        entries.append(Entry(" ", ("kept as edited: ", *kept)))
    return entries


def edits_lost(change: AccessListChange) -> list[Entry]:
    """What people set by hand and a change takes away with a list or a membership."""
    if change.action == "delete":
        return [Entry("!", (LOST_WITH_A_LIST,))]
    lost = [name for name in change.edits_lost if name in change.members_removed]
    if not lost:
        return []
    return [Entry("!", ("expiry and reason that people set are lost with: ", *_people(lost, NAMES_SHOWN)))]


def _new_list_entries(after: AccessList) -> list[Entry]:
    spec = after.spec
    owners = _people([owner.name for owner in spec.owners], NAMES_SHOWN)
    grants: list[Words] = [("role ", Role(role)) for role in spec.grants.roles]
    grants += [("trait ", Trait(f"{name}={value_words(values)}")) for name, values in spec.grants.traits.items()]
    return [
        Entry(" ", ("grants: ", *(some(grants, NAMES_SHOWN) or ("nothing",)))),
        Entry(" ", ("owners: ", *(owners or ("nobody",)))),
    ]


def _members(symbol: Symbol, names: tuple[str, ...], limit: int) -> Entry:
    return Entry(symbol, (f"{counted(len(names), 'member')}: ", *_people(names, limit)))


def _people(names: Sequence[str], limit: int) -> Words:
    people: list[str | Cell | Words] = [Person(name) for name in names[:limit]]
    return some([*people, *names[limit:]], limit)
