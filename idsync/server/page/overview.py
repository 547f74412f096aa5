"""What the first page shows: each part of the service with its state, what waits for a person, and recent runs."""

from collections.abc import Container, Iterator, Mapping
from datetime import datetime, timedelta
from itertools import islice
from typing import Literal

import msgspec

from idsync.apply.kept_back import held_by_guard, kept_back
from idsync.apply.kept_entries import Kept, digest_of
from idsync.config.settings import OktaSource, ScimSource, Settings
from idsync.model.addresses import Address, split_address
from idsync.model.directory_index import Managed
from idsync.model.findings import Finding
from idsync.model.journal import MadeByHand, RunFinished, RunResumed, RunStarted, RunStopped, RunSummary, summarise_runs
from idsync.model.numbers import counted
from idsync.model.pushed import ScimToken
from idsync.model.times import format_time, parse_time
from idsync.plan.releases import RELEASED_ANYWHERE
from idsync.reconcile.continuous.following import without_log
from idsync.reconcile.continuous.loop import LAST_RETRY
from idsync.reconcile.continuous.pass_reports import NOTHING_PUSHED, PassReport, last_report
from idsync.reconcile.continuous.standing import Standing, last_standing
from idsync.reconcile.continuous.under_way import Stage, UnderWay, full_pass_under_way
from idsync.reconcile.continuous.wishes import Wish, wish_not_granted
from idsync.reconcile.waiting import Waiting, held_since, waiting_by_guard
from idsync.stores.protocol import Facts, Store
from idsync.targets.protocol import Target

State = Literal["well", "failing", "waiting", "off"]
RUNS = 20
_ENTRIES = 400
"""So many of the journal's latest headlines are looked at for runs: a burst of work by hand does not fill the page."""
SHOWN = 50
"""So many of those whom one guard holds back are named."""


STAGES: Mapping[Stage, str] = {
    "reading": "it reads Okta",
    "planning": "it compares what was read with the directory",
    "storing": "it stores what was read",
    "applying": "it applies what may go ahead",
    "sending": "it sends to Okta what was edited here",
}
"""What a full pass does at each stage, in words."""
_OFF = "Switched off by the configuration."
_DONE = {"create": "created", "update": "changed", "delete": "removed", "add": "added", "remove": "removed"}


class Part(msgspec.Struct, frozen=True):
    """A part of the service: what it is about, whether it works, and what it did last."""

    name: str
    about: str
    state: State
    last_success: str = ""
    last_failure: str = ""
    error: str = ""
    seconds: float | None = None
    next_at: str = ""
    under_way: UnderWay | None = None
    counts: tuple[tuple[str, int], ...] = ()


class Held(msgspec.Struct, frozen=True):
    """What one guard holds back until a person releases it: how much, and the first of it in words."""

    guard: str
    number: int
    since: str
    shown: tuple[Waiting, ...]
    digest: str
    """Of all that it holds: a release is of what its form showed."""

    @property
    def more(self) -> int:
        """How many are not named."""
        return self.number - len(self.shown)

    @property
    def is_released_here(self) -> bool:
        """Whether the page may release it."""
        return self.guard in RELEASED_ANYWHERE


class Overview(msgspec.Struct, frozen=True):
    """All of the first page."""

    integration: str
    org_url: str
    now: str
    leader: str
    parts: tuple[Part, ...]
    held: tuple[Held, ...]
    doubts: tuple[tuple[str, int], ...]
    config_waits: bool
    managed: Managed
    serial: int
    runs: tuple[RunSummary, ...]
    by_hand: tuple[MadeByHand, ...]
    tokens: tuple[ScimToken, ...]
    note: str
    owed: tuple[str, ...] = ()
    """What passes left for the next ones, in words."""
    not_locked: int = 0
    """So many people are to be locked, and a guard holds their locks."""
    wish: Wish | None = None
    """What people asked for and no pass has taken up yet."""
    last_full: str = ""
    """When the last full pass began that ended."""
    findings: tuple[Finding, ...] = ()
    """What the last full pass found about people, groups and apps, and left as it was: the first of it."""
    more_findings: int = 0
    uncompared: Literal["", "first", "changed"] = ""
    """Why what there is may not be what the configuration in force asks for: no full pass ended well yet, or the last
    one went by another configuration.
    """
    standing: Standing | None = None
    """What may still be asked of Okta, as the process that leads told last."""

    @property
    def fails(self) -> bool:
        """Whether a part of the service fails."""
        return any(part.state == "failing" for part in self.parts)

    @property
    def all_well(self) -> bool:
        """Whether nothing waits for a person and nothing fails."""
        errors = any(each.severity == "error" for each in self.findings)
        return bool(self.leader) and not (self.held or self.doubts or self.fails or errors or self.uncompared)


def overview(settings: Settings, store: Store, target: Target, now: datetime, *, config_waits: bool) -> Overview:
    """The state of one integration's service, from what the store knows; nobody is read for it."""
    integration = settings.integration
    full = last_report(store.facts, "full")
    runs, by_hand = _recent(store)
    kept = kept_back(store.facts, target.name)
    tokens = tuple(each for each in store.tokens.all() if each.integration == integration.name)
    return Overview(
        integration=integration.name,
        org_url=integration.org_url,
        now=format_time(now),
        leader=_leader(store),
        parts=tuple(_parts(settings, store, tokens, set(map(_kind_of, kept)))),
        held=_held(kept, target),
        doubts=_doubts(full),
        config_waits=config_waits,
        managed=target.counts(integration.org_url),
        serial=target.serial(),
        runs=runs,
        by_hand=by_hand,
        tokens=tokens,
        note=_note(full, store),
        owed=tuple(_owed(store, full)),
        not_locked=len({entry.user for address in kept if _kind_of(address) == "lock" for entry in kept[address]}),
        wish=wish_not_granted(store.facts),
        last_full="" if full is None else full.at,
        findings=() if full is None else full.findings,
        more_findings=0 if full is None else sum(full.found.values()) - len(full.findings),
        uncompared=_uncompared(settings, store),
        standing=last_standing(store.facts) if integration.pulls else None,
    )


def _uncompared(settings: Settings, store: Store) -> Literal["", "first", "changed"]:
    good = last_report(store.facts, "full", good=True)
    if good is None:
        return "first"
    return "changed" if good.config_digest not in ("", settings.digest) else ""


def _note(full: PassReport | None, store: Store) -> str:
    """What the last full pass had to say, unless that was that nothing was pushed, and something was since."""
    if full is None or (full.note == NOTHING_PUSHED and store.upstream.is_known()):
        return ""
    return full.note


def _kind_of(address: Address) -> str:
    return split_address(address)[0]


def _owed(store: Store, full: PassReport | None) -> Iterator[str]:
    tick, stands = last_report(store.facts, "tick"), last_standing(store.facts)
    if changes := sum(report.owed for report in (full, tick) if report is not None):
        refused = "or that a target refused"
        yield counted(changes, f"change whose object moved, {refused}", f"changes whose objects moved, {refused}")
    if stands is not None and stands.looks:
        yet = "ticks have yet to ask about"
        yield counted(stands.looks, f"person or list that {yet}", f"people and lists that {yet}")


def _parts(settings: Settings, store: Store, tokens: tuple[ScimToken, ...], kept: Container[str]) -> Iterator[Part]:
    """Each part; those of whose kind something is `kept` back wait."""
    integration = settings.integration
    yield _pushes(settings, tokens)
    pause = timedelta(seconds=integration.interval)
    if not integration.pulls:
        yield _passes("Full passes", "All that was pushed is compared with the directory.", store, "full", pause)
    else:
        yield _passes("Reading Okta", "Everything is read, and compared with the directory.", store, "full", pause)
        tick = timedelta(seconds=settings.service.tick)
        if isinstance(integration.source, OktaSource):
            without = without_log(store.facts, integration.name)
            about = f"Okta's System Log is looked at each {settings.service.tick} s; this is what it led to last."
            if without is None:
                yield _passes("Following Okta's log", about, store, "tick", tick)
            else:
                yield _passes(
                    "Following Okta without its log", f"Since {without.since}. {without.why}", store, "tick", tick
                )
    good = last_report(store.facts, "full", good=True)
    for kind, name, on in (
        ("user", "Users", integration.sync.users),
        ("lock", "Locks", integration.sync.users),
        ("access_list", "Access lists", integration.sync.access_lists),
    ):
        yield _kind(kind, name, good, on=on, waits=kind in kept)


def _pushes(settings: Settings, tokens: tuple[ScimToken, ...]) -> Part:
    integration = settings.integration
    on = integration.sync.scim or isinstance(integration.source, ScimSource)
    used = max((token.last_used for token in tokens if token.last_used), default="")
    about = "Okta pushes people and groups here." if on else _OFF
    return Part("SCIM", about, "well" if on else "off", last_success=used)


def _passes(name: str, about: str, store: Store, kind: str, pause: timedelta) -> Part:
    last, good = last_report(store.facts, kind), last_report(store.facts, kind, good=True)
    under_way = full_pass_under_way(store.facts, store.leases.holder("leader")) if kind == "full" else None
    if last is None:
        first = about if kind == "full" else "It begins once a full pass went well."
        return Part(name, first, "waiting", under_way=under_way)
    failed = last.error is not None
    waits = failed and last.note == "waits"
    begins = kind == "full" and under_way is None
    return Part(
        name,
        about,
        "waiting" if waits else "failing" if failed else "well",
        last_success="" if good is None else good.at,
        last_failure=last.at if failed else "",
        error=last.error or "",
        seconds=last.seconds,
        next_at=_next(last, min(pause, timedelta(seconds=LAST_RETRY)) if failed else pause) if begins else "",
        under_way=under_way,
    )


def _next(last: PassReport, pause: timedelta) -> str:
    return format_time(parse_time(last.at) + timedelta(seconds=last.seconds) + pause)


def _kind(kind: str, name: str, good: PassReport | None, *, on: bool, waits: bool) -> Part:
    """What became of the objects of a kind, by the last full pass that went well."""
    if not on:
        return Part(name, _OFF, "off")
    if good is None:
        return Part(name, "No full pass went well yet.", "waiting")
    about = "What the last good full pass did with them." + (" Some changes wait for a person." if waits else "")
    counts = [(_DONE[action], number) for action, number in good.counts.get(kind, {}).items()]
    if kind == "access_list":
        counts += [(f"members {_DONE[action]}", number) for action, number in good.counts.get("member", {}).items()]
    return Part(name, about, "waiting" if waits else "well", last_success=good.at, counts=tuple(counts))


def _held(kept: Kept, target: Target) -> tuple[Held, ...]:
    waiting = waiting_by_guard(kept, target)
    held = held_by_guard(kept)
    return tuple(
        Held(guard, len(each), held_since(each), each[:SHOWN], digest_of(held.get(guard, ())))
        for guard, each in waiting.items()
    )


def last_full(facts: Facts) -> str:
    """When the last full pass began that ended; empty before the first one."""
    report = last_report(facts, "full")
    return "" if report is None else report.at


def _doubts(full: PassReport | None) -> tuple[tuple[str, int], ...]:
    """What the last full pass holds back for the reading's sake, by doubt."""
    if full is None or full.error is not None:
        return ()
    return tuple((code, full.held.get(code, 0)) for code in full.doubts)


def _leader(store: Store) -> str:
    holder = store.leases.holder("leader")
    return "" if holder is None else str(holder)


def _recent(store: Store) -> tuple[tuple[RunSummary, ...], tuple[MadeByHand, ...]]:
    """The latest runs, the newest first, and what was done by hand since the oldest of them."""
    entries = []
    started = 0
    for numbered in islice(store.journal.latest(), _ENTRIES):
        entries.append(numbered.entry)
        started += isinstance(numbered.entry, RunStarted)
        if started == RUNS:
            break
    told = [each for each in entries if isinstance(each, RunStarted | RunResumed | RunStopped | RunFinished)]
    by_hand = tuple(each for each in entries if isinstance(each, MadeByHand))[:RUNS]
    return tuple(reversed(summarise_runs(reversed(told)))), by_hand
