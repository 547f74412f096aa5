"""The people of a plan, sorted by what becomes of them: those who lose most come first."""

from collections.abc import Callable, Iterator, Mapping
from enum import IntEnum

import msgspec

from idsync.model.addresses import Address, split_address, user_address
from idsync.model.directory import Cause, Reason, UpstreamCause
from idsync.plan.changes import Access, AccessListChange, BriefPlan, PersonDelta, Plan, UserChange
from idsync.render.escape_text import shown, visible
from idsync.render.phrases import REASONS, causes_words, in_target, listed, listed_names, named
from idsync.render.view import Limits, Line, Row, Section, Symbol, capped

OWN_ROUTE = "user"
ROUTES_SHOWN = 3
ALL_LOST_SHOWN = 40


class Outcome(IntEnum):
    """What becomes of a person, the gravest first; everyone has exactly one."""

    LOSES_ALL = 1
    LOCKED = 2
    LOSES = 3
    SWAPS = 4
    RENAMED = 5
    UNLOCKED = 6
    GAINS = 7
    GETS_NOTHING = 8
    REROUTED = 9


TITLES = {
    Outcome.LOSES_ALL: "Lose all access",
    Outcome.LOCKED: "Are locked",
    Outcome.LOSES: "Lose access",
    Outcome.SWAPS: "Gain some and lose some",
    Outcome.RENAMED: "Are renamed",
    Outcome.UNLOCKED: "Are unlocked",
    Outcome.GAINS: "Gain access",
    Outcome.GETS_NOTHING: "Get an account and no access",
    Outcome.REROUTED: "Keep access by another way",
}
LOSING = frozenset({Outcome.LOSES_ALL, Outcome.LOCKED, Outcome.LOSES, Outcome.SWAPS})


class People(msgspec.Struct, frozen=True):
    """Everyone whose access a plan touches, by outcome; made once and read by headline and sections."""

    by_outcome: dict[Outcome, list[PersonDelta]]
    names: frozenset[str]
    """Everyone named, old names of the renamed included."""
    user_changes: dict[tuple[str, Address], UserChange]
    """The changes of users, by target and address."""
    lists: dict[str, AccessListChange]
    """Titles of lists by name."""
    more_newcomers: int = 0
    """People who gain access and are not described."""

    def count(self, outcome: Outcome) -> int:
        """How many people it is."""
        return len(self.by_outcome.get(outcome, ())) + (self.more_newcomers if outcome is Outcome.GAINS else 0)

    @property
    def untouched_users(self) -> int:
        """How many users change without effect on anybody's access."""
        touched = sum(split_address(address)[1] in self.names for _, address in self.user_changes)
        return len(self.user_changes) - touched - self.more_newcomers


def people_of(plan: Plan) -> People:
    """Sort a plan's people; an old name that is only locked goes with the new one."""
    user_changes: dict[tuple[str, Address], UserChange] = {}
    lists: dict[str, AccessListChange] = {}
    for change in plan.changes:
        match change:
            case UserChange():
                user_changes[change.target, change.address] = change
            case AccessListChange():
                lists[split_address(change.address)[1]] = change
            case _:
                continue
    old_names = {(each.target, each.renamed_from) for each in plan.access_delta if each.renamed_from is not None}
    by_outcome: dict[Outcome, list[PersonDelta]] = {}
    for delta in plan.access_delta:
        if (delta.target, delta.person) in old_names and not (delta.gains or delta.loses or delta.route_only):
            continue
        user_change = user_changes.get((delta.target, user_address(delta.person)))
        by_outcome.setdefault(_outcome(delta, user_change), []).append(delta)
    names = {name for _, name in old_names} | {delta.person for delta in plan.access_delta}
    more = plan.more_newcomers if isinstance(plan, BriefPlan) else 0
    return People(by_outcome, frozenset(names), user_changes, lists, more)


def people_sections(people: People, limits: Limits) -> tuple[Section, ...]:
    """A section for each outcome that somebody has."""
    sections = []
    for outcome in Outcome:
        deltas = people.by_outcome.get(outcome)
        if deltas:
            limit = limits.losing_people if outcome in LOSING else limits.other_people
            rows = tuple(_row(delta, outcome, people, limits) for delta in deltas[:limit])
            sections.append(Section(TITLES[outcome], rows, people.count(outcome), "people"))
    return tuple(sections)


def _outcome(delta: PersonDelta, change: UserChange | None) -> Outcome:
    if change is not None and change.action == "delete":
        return Outcome.LOSES_ALL
    if delta.locked is not None:
        return Outcome.LOCKED
    if delta.loses:
        return Outcome.SWAPS if delta.gains else Outcome.LOSES
    if delta.renamed_from is not None:
        return Outcome.RENAMED
    if delta.unlocked is not None:
        return Outcome.UNLOCKED
    if delta.gains:
        return Outcome.GAINS
    is_new = change is not None and change.action == "create"
    return Outcome.GETS_NOTHING if is_new and not delta.route_only else Outcome.REROUTED


def _row(delta: PersonDelta, outcome: Outcome, people: People, limits: Limits) -> Row:
    change = people.user_changes.get((delta.target, user_address(delta.person)))
    name = shown(delta.person)
    if delta.renamed_from is not None:
        name = f"{shown(delta.renamed_from)} → {name}"
    name += in_target(delta.target)
    if outcome is Outcome.LOSES_ALL:
        return Row("-", name, _note(delta, outcome, change), tuple(_all_lost(delta.loses)))
    everything = (*delta.gains, *delta.loses, *delta.route_only)
    titles = {entry.name: entry.title for entry in everything if entry.kind == "access_list"}

    def line(symbol: Symbol) -> Callable[[Access], Line]:
        return lambda entry: _access_line(symbol, entry, people.lists, titles)

    details = (
        *capped(delta.loses, limits.losing_lines, "-", line("-")),
        *capped(delta.gains, limits.lines, "+", line("+")),
        *capped(delta.route_only, limits.lines, "~", line("~")),
    )
    return Row(_SYMBOLS[outcome], name, _note(delta, outcome, change), details)


def _all_lost(loses: tuple[Access, ...]) -> Iterator[Line]:
    """Everything a leaver had, by kind: why each thing was there no longer matters."""
    kinds: tuple[tuple[str, str], ...] = (("role", "roles"), ("trait", "traits"), ("access_list", "lists"))
    for kind, plural in kinds:
        names = [entry.title or entry.name for entry in loses if entry.kind == kind]
        if names:
            yield Line("-", f"{plural}: {listed_names(names, ALL_LOST_SHOWN)}")


_SYMBOLS: dict[Outcome, Symbol] = {
    Outcome.LOSES_ALL: "-",
    Outcome.LOCKED: "-",
    Outcome.LOSES: "-",
    Outcome.SWAPS: "~",
    Outcome.RENAMED: "~",
    Outcome.UNLOCKED: "+",
    Outcome.GAINS: "+",
    Outcome.GETS_NOTHING: "+",
    Outcome.REROUTED: "~",
}


def _note(delta: PersonDelta, outcome: Outcome, change: UserChange | None) -> str:
    """What happened to the person, and what is done about it."""
    parts = list(_happened(delta, outcome, change))
    if change is not None and change.blocked_by:
        parts.append("held back")
    return "; ".join(parts)


def _happened(delta: PersonDelta, outcome: Outcome, change: UserChange | None) -> Iterator[str]:
    if outcome is Outcome.LOSES_ALL and change is not None:
        yield REASONS[change.reason]
        yield "locked, then deleted" if delta.locked else "deleted"
    elif delta.locked is not None:
        yield REASONS[delta.locked]
        yield _locked(delta.locked, change)
    elif delta.unlocked is not None:
        yield REASONS[delta.unlocked]
        yield "created again, then unlocked" if change and change.action == "create" else "unlocked"
    elif delta.renamed_from is not None:
        yield REASONS[Reason.RENAMED]
        if not (delta.gains or delta.loses):
            yield "access stays as it was"
        yield "the old name is locked and deleted"
    elif change is not None:
        if change.action == "create":
            yield "new user"
        yield REASONS[change.reason]
        if outcome is Outcome.GETS_NOTHING:
            yield "no rule gives a role, and no list has them"


def _locked(reason: Reason, change: UserChange | None) -> str:
    if reason is not Reason.SUSPENDED:
        return "locked"
    if change is not None and change.action == "create":
        return "created behind a lock"
    return "locked; the account and its lists stay"


def _access_line(
    symbol: Symbol, entry: Access, changes: Mapping[str, AccessListChange], titles: Mapping[str, str]
) -> Line:
    """One access, by which lists, groups and rules it comes or came, and whether somebody's own edit decides it.

    Why a list gives it stands in the list's own change, one of `changes`; `titles` are of lists that need none.
    """
    lists = [name for name in entry.via if name != OWN_ROUTE]
    named_lists = [entry.name, *lists] if entry.kind == "access_list" else lists
    list_causes = [cause for name in named_lists if name in changes for cause in changes[name].causes]
    by_hand = symbol == "-" and any(changes[name].reason is Reason.DRIFT for name in named_lists if name in changes)
    if by_hand:  # a hand gave it, and no rule did
        list_causes = [cause for cause in list_causes if isinstance(cause, UpstreamCause)]
    sources = {cause.id: cause for cause in list_causes if isinstance(cause, UpstreamCause)}
    if entry.kind == "access_list":
        text = f"list {_list_words(entry.name, entry.title, sources)}"
        list_causes = []
    else:
        text = f"{entry.kind} {shown(entry.name)}"
    causes = [cause for cause in dict.fromkeys((*entry.causes, *list_causes)) if not _is_said(cause, set(lists))]
    notes = []
    if lists:
        routes = [_list_words(name, _title(changes.get(name)) or titles.get(name, ""), sources) for name in lists]
        notes.append("by list " + listed(routes, ROUTES_SHOWN))
    if causes:
        notes.append(causes_words(causes))
    if by_hand:
        notes.append("changed by hand")
    if entry.origin == "direct":
        notes.append("your edit")
    return Line(symbol, text, "; ".join(notes))


def _title(change: AccessListChange | None) -> str:
    resource = (change.after or change.before) if change else None
    return resource.spec.title if resource else ""


def _is_said(cause: Cause, lists: set[str]) -> bool:
    """The group of a list that is named already, or the person, whom the row is about."""
    return isinstance(cause, UpstreamCause) and (cause.object == "user" or cause.id in lists)


def _list_words(name: str, title: str, sources: Mapping[str, UpstreamCause]) -> str:
    """A list by its title, with the group or app that it was made from."""
    source = sources.get(name)
    if source is None:
        return named(title, name)
    group = f"{visible(source.object)} {shown(name)}"
    if not title or title == source.name:
        return f"{shown(source.name or name)} ({group})"
    return f"{shown(title)} ({visible(source.object)} {shown(source.name)}, {shown(name)})"
