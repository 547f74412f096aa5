"""What waits for a person's word, as plans tell it: changes that unattended passes kept back, since when, by what."""

import shlex
from collections.abc import Container, Iterable, Mapping, Sequence

from msgspec import Struct
from msgspec.structs import replace

from idsync.apply.kept_back import kept_back
from idsync.apply.kept_entries import Kept, KeptBack
from idsync.apply.kept_marks import with_numbers_kept
from idsync.model.addresses import Address, split_address
from idsync.model.findings import Finding
from idsync.model.numbers import counted
from idsync.plan.releases import RELEASED_ANYWHERE
from idsync.reconcile.planned import Planned
from idsync.stores.protocol import Facts
from idsync.targets.protocol import DirectoryReader

_SHOWN = 5
_DONE = {"create": "create", "update": "change", "delete": "delete"}


class Waiting(Struct, frozen=True, order=True):
    """One change that is kept back, in words, and the name that finds its list again where the words say its title."""

    words: str
    id: str = ""
    since: str = ""
    is_lock: bool = False

    def __str__(self) -> str:
        return f"{self.words} ({self.id})" if self.id else self.words


def waiting_by_guard(kept: Kept, target: DirectoryReader) -> Mapping[str, tuple[Waiting, ...]]:
    """What each guard keeps back of a target, in order, locks first; lists are called by the titles that they have
    there.
    """
    lists = {split_address(address)[1] for address in kept if split_address(address)[0] == "access_list"}
    titles = {name: each.spec.title for name, each in target.access_lists(lists).items()} if lists else {}
    by_guard: dict[str, list[Waiting]] = {}
    for address, entries in kept.items():
        for entry in entries:
            for guard in entry.guards:
                by_guard.setdefault(guard, []).append(_waiting(address, entry, titles))
    return {guard: tuple(sorted(by_guard[guard], key=_urgency)) for guard in sorted(by_guard)}


def held_since(held: Iterable[Waiting]) -> str:
    """Since when the first of it is held; empty where all of it was kept by an earlier version."""
    return min((each.since for each in held if each.since), default="")


def kept_back_findings(
    facts: Facts, target: DirectoryReader, options: Sequence[str] = (), released: Container[str] = ()
) -> tuple[Finding, ...]:
    """A warning for each guard that keeps back something of a target and is not `released`, with what releases it.

    `options` are those by which the command finds the same configuration.
    """
    waiting = waiting_by_guard(kept_back(facts, target.name), target)
    return tuple(_finding(guard, held, options) for guard, held in waiting.items() if guard not in released)


def with_kept(planned: Planned, facts: Facts, target: DirectoryReader) -> Planned:
    """The same, with what is kept back of a target marked and counted in the plan."""
    settings = planned.inputs.settings
    plan = with_numbers_kept(planned.plan, facts, target, settings.integration.org_url, settings.limits)
    return planned if plan is planned.plan else replace(planned, plan=plan)


def _finding(guard: str, held: tuple[Waiting, ...], options: Sequence[str]) -> Finding:
    since = held_since(held)
    shown = ", ".join(map(str, held[:_SHOWN])) + (f" and {len(held) - _SHOWN:,} more" if len(held) > _SHOWN else "")
    number = counted(len(held), "change is", "changes are")
    them = "it" if len(held) == 1 else "them"
    command = f"{shlex.join(['idsync', 'apply', *options])} --allow {guard}=REASON"
    page = f", or release {guard} on the status page of the service" if guard in RELEASED_ANYWHERE else ""
    return Finding(
        "kept_back",
        "warning",
        f"{number} kept back by {guard}{f' since {since}' if since else ''}: {shown}. Passes that nobody attends "
        f"do not make {them}, however much time goes by. To make {them}: {command}{page}.",
    )


def _urgency(waiting: Waiting) -> tuple[bool, Waiting]:
    """By what is told first, since not all of it may be shown: people who are not locked can still sign in."""
    return not waiting.is_lock, waiting


def _waiting(address: Address, entry: KeptBack, titles: Mapping[str, str]) -> Waiting:
    kind, name = split_address(address)
    if kind == "lock":
        return Waiting(f"lock {entry.user}", since=entry.since, is_lock=True)
    if kind == "user":
        return Waiting(f"{_DONE[entry.action]} the user {name}{_access(entry)}", since=entry.since)
    title = titles.get(name, entry.title)
    called, id = (title, name) if title and title != name else (name, "")
    if entry.joins:
        done = f"let {entry.member} into"
    else:
        done = f"take {entry.member} out of" if entry.member else _DONE[entry.action]
    return Waiting(f"{done} the list {called}{_access(entry)}", id, entry.since)


def _access(entry: KeptBack) -> str:
    """The roles and traits that would come and go, in words; nothing where none would."""
    told = [*(f"+ {each}" for each in entry.gives), *(f"− {each}" for each in entry.takes)]
    more = f" and {len(told) - _SHOWN:,} more" if len(told) > _SHOWN else ""
    return f" ({', '.join(told[:_SHOWN])}{more})" if told else ""
