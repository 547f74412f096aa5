"""The passes of a service: full ones, and ticks that follow what moved. Each stores what it read, and applies it.

A reading is judged before it replaces facts. Where Okta's log stands, and how passes ended, is kept in the store, so
that a restart goes on where it was.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

import msgspec
from msgspec.structs import replace

from idsync.apply.last_apply import last_apply
from idsync.apply.lease import with_target
from idsync.apply.request import Request
from idsync.config.settings import Settings
from idsync.config.source_files import SourceFile
from idsync.errors import AuthorizationError, IdsyncError, LeaseHeld, LeaseLost, StoreBusy
from idsync.model.canonical import canonical_bytes
from idsync.model.extent import Extent, Reading
from idsync.model.moves import Moves
from idsync.model.times import format_time, parse_time
from idsync.plan.changes import Plan
from idsync.plan.sections import FIRST
from idsync.plan.split import with_moved
from idsync.reconcile.applied_configuration import config_waiting
from idsync.reconcile.applying import Applier
from idsync.reconcile.identifying import identify_read
from idsync.reconcile.kept_back import numbers_held
from idsync.reconcile.loop import TickEnd
from idsync.reconcile.merging import changes_of, newest, pushed_since, with_newer, with_what_it_lacks
from idsync.reconcile.partial_pass import apply_part
from idsync.reconcile.parts import Parts
from idsync.reconcile.pass_reports import PassReport, last_report, put_report
from idsync.reconcile.single_pass import plan_reading, read, remember_after_apply
from idsync.reconcile.watching import LogSource, crosses_a_limit, is_too_much
from idsync.reconcile.wishes import Wish, take_wish
from idsync.sources.protocol import Source
from idsync.stores.protocol import Holder, Lease, Store
from idsync.targets.protocol import Target

LEADER_SECONDS = 60.0
"""How long the lead outlives the last word of the process that has it."""
WITHOUT_LOG = 300
"""Seconds between full passes where the log may not be read."""
_LEASE_WAIT = 30.0
_NOTE_EACH = 60.0
_CURSOR = "log_cursor/{}"
_NOBODY: frozenset[str] = frozenset()
_NO_WISH = Wish("idsync serve")


class Place(Protocol):
    """What a configuration stands for, made concrete."""

    @property
    def settings(self) -> Settings: ...

    @property
    def files(self) -> tuple[SourceFile, ...]: ...

    def now(self) -> datetime:
        """The time, in whole seconds."""

    def target(self, store: Store) -> Target:
        """The first target."""

    def request(self, actor: str, now: datetime) -> Request:
        """What an apply is asked for."""


@dataclass
class ServicePasses:
    """Implements the loop's `Passes` on one open store.

    `in_force` says which configuration passes go by, and whether another one waits; `source` makes its source. `tell`
    is told how each pass ended that changed something, failed, or was whole.
    """

    store: Store
    in_force: Callable[[Store], tuple[Place, bool]]
    source: Callable[[Place], Source]
    holder: Holder
    sleep: Callable[[float], None]
    tell: Callable[[PassReport], None]
    _lead: Lease | None = field(default=None, init=False)
    _log_denied_at: datetime | None = field(default=None, init=False)
    _wish: Wish = field(default=_NO_WISH, init=False)
    _again: Extent = field(default_factory=lambda: Extent(_NOBODY, _NOBODY), init=False)

    def leads(self) -> bool:
        """Whether this process has the lead, which it takes when it is free."""
        try:
            if self._lead is not None:
                self.store.leases.renew(self._lead)
                return True
        except LeaseLost:
            self._lead = None
        except StoreBusy:  # nobody else can have taken it, and each write asks again
            return True
        except IdsyncError:
            return False
        try:
            taken = self.store.leases.take("leader", self.holder, LEADER_SECONDS)
        except IdsyncError:
            return False
        self._lead = taken if isinstance(taken, Lease) else None
        return self._lead is not None

    def stand_back(self) -> None:
        """Give the lead back."""
        if self._lead is not None:
            self.store.leases.release(self._lead)
            self._lead = None

    def wants_full(self) -> bool:
        """Whether somebody asked for a full pass since the last look."""
        try:
            with self._leading():
                wish = take_wish(self.store.facts)
        except IdsyncError:  # it waits for who leads, or for the store
            return False
        if wish is not None:
            self._wish = wish
        return wish is not None

    def full(self) -> bool:
        """Read everything, store it as judged, and apply what may go ahead; whether that went well."""
        place, waits = self.in_force(self.store)
        begun = place.now()
        try:
            report = self._full(place, begun, waits)
        except IdsyncError as error:
            report = _failed("full", begun, place.now(), error)
        if report.error is None:
            self._wish = _NO_WISH
        self._report(report)
        return report.error is None

    def tick(self) -> TickEnd:
        """Look at what moved, and make that so."""
        place, _ = self.in_force(self.store)
        begun = place.now()
        source = self.source(place)
        if not isinstance(source, LogSource):
            return TickEnd.DONE
        try:
            end = self._tick(place, source, begun)
            self._note_look(begun, place.now())
            return end
        except AuthorizationError:
            return self._without_log(begun)
        except IdsyncError as error:
            self._report(_failed("tick", begun, place.now(), error))
            return TickEnd.DONE

    def _full(self, place: Place, begun: datetime, waits: bool) -> PassReport:
        store, settings, source, target = self.store, place.settings, self.source(place), place.target(self.store)
        if not settings.integration.pulls and not store.upstream.is_known():
            return PassReport("full", format_time(begun), 0.0, note="Nothing was pushed yet.")
        self._begin_log(source, begun)
        last = last_apply(store.facts, target)
        reading = read(source, target, settings, last)
        self._keep_lead()
        with self._writing(target):
            identify_read(settings, store, target, place.request("idsync serve", place.now()), reading)
        # What is known and what the directory holds are of one moment: who was pushed after it is in neither.
        with target.reading():
            planned_at = place.now()
            reading = self._newest(reading, begun)
            planned = plan_reading(
                settings,
                reading,
                target,
                last,
                place.now(),
                past=store.agreed(target.name).past(),
                cache=store.cache,
                noticed=[config_waiting()] if waits else [],
            )
            applier, parts, note = self._granting(place, target, planned.executable().plan)
        if settings.integration.pulls:
            self._store(reading, begun, target, in_doubt=parts.whole.health.verdict != "ok")
        with self._writing(target):
            if newer := changes_of(parts.going, store.pushed, target, format_time(planned_at)):
                parts = applier.parts(with_moved(parts.whole, newer))
            parts, applied = applier.make(parts, planned.inputs.clocks)
        if parts.held.is_empty:
            with self._leading():
                remember_after_apply(planned, target, store.cache, applied)
        self._again |= pushed_since(store.pushed, begun)
        report = _done("full", begun, place.now(), parts, applied.run, parts.doubts({}))
        return replace(report, note=note)

    def _granting(self, place: Place, target: Target, plan: Plan) -> tuple[Applier, Parts, str]:
        """What of a plan goes ahead with the releases that people wish for, and what to say of those not granted."""
        applier = self._applier(place, target)
        parts = applier.parts(plan)
        granted = self._wish.up_to(numbers_held(parts.whole))
        refused = sorted(self._wish.releases.keys() - granted.releases.keys())
        if not refused:
            return applier, parts, ""
        self._wish = granted
        applier = self._applier(place, target)
        note = f"More is held by {', '.join(refused)} than was shown: look again, and release that."
        return applier, applier.parts(plan), note

    def _store(self, reading: Reading, begun: datetime, target: Target, *, in_doubt: bool) -> None:
        """Let a reading replace what is known; what one in doubt lacks stays, and so does what was pushed since."""
        upstream = self.store.upstream
        with self._writing(target):
            merged = self._newest(reading, begun)
            if in_doubt:
                merged = replace(merged, snapshot=with_what_it_lacks(merged.snapshot, upstream.whole()))
            upstream.take(merged)

    def _tick(self, place: Place, source: LogSource, begun: datetime) -> TickEnd:
        cursor = self._cursor(place)
        moves = source.moves(cursor, begun)
        self._log_denied_at = None
        extent = moves.extent() | self._again
        if is_too_much(extent):
            self._put_cursor(place, moves)
            return TickEnd.IN_DOUBT
        if extent.users or extent.lists:
            if not self._follow(place, extent, moves, begun):
                return TickEnd.IN_DOUBT
            self._again = Extent(_NOBODY, _NOBODY)
        elif moves.cursor != cursor:
            self._put_cursor(place, moves)
        return TickEnd.BEHIND if moves.behind else TickEnd.DONE

    def _follow(self, place: Place, extent: Extent, moves: Moves, begun: datetime) -> bool:
        """Read a part and make it so; False where so much is gone from it that everything has to be looked at."""
        store, settings, target = self.store, place.settings, place.target(self.store)
        if not store.upstream.is_known():
            return False
        reading = self.source(place).read(extent)
        if crosses_a_limit(settings, reading, store.upstream, target):
            self._put_cursor(place, moves)
            return False
        run = None
        with self._writing(target):
            identify_read(settings, store, target, place.request("idsync serve", place.now()), reading)
            newer = pushed_since(store.pushed, begun)
            newer = Extent((newer.users or _NOBODY) & (extent.users or _NOBODY), newer.lists)
            moved = store.upstream.take(with_newer(reading, store.upstream, newer) if newer.users else reading)
            request = replace(place.request("idsync serve", place.now()), split=True, unattended=True)
            last = last_apply(store.facts, target)
            for applied in apply_part(
                settings, moved, store=store, target=target, last=last, now=place.now(), request=request
            ):
                run = applied.run or run
            self._put_cursor(place, moves)
        if run is not None:
            self._report(PassReport("tick", format_time(begun), _seconds(begun, place.now()), run=run))
        return True

    def _without_log(self, begun: datetime) -> TickEnd:
        """Where the log may not be read: said once; everything is looked at every few minutes instead."""
        if self._log_denied_at is None:
            note = "The System Log may not be read (okta.logs.read): full passes follow each five minutes instead."
            self.tell(PassReport("tick", format_time(begun), 0.0, note=note))
            self._log_denied_at = begun
            return TickEnd.DONE
        if _seconds(self._log_denied_at, begun) < WITHOUT_LOG:
            return TickEnd.DONE
        self._log_denied_at = begun
        return TickEnd.IN_DOUBT

    def _begin_log(self, source: Source, begun: datetime) -> None:
        """Learn where the log stands before a first reading, so that nothing which happens during it is missed."""
        place, _ = self.in_force(self.store)
        if not isinstance(source, LogSource) or self._cursor(place) is not None:
            return
        try:
            moves = source.moves(None, begun)
        except IdsyncError:  # the first tick tells
            return
        self._put_cursor(place, replace(moves, users=_NOBODY, lists=_NOBODY, memberships=frozenset()))

    def _newest(self, reading: Reading, begun: datetime) -> Reading:
        """The reading, but for those of whom a push that arrived since it began knows better."""
        return newest(reading, self.store.upstream, self.store.pushed, begun)

    def _applier(self, place: Place, target: Target) -> Applier:
        request = replace(
            place.request(self._wish.by, place.now()),
            split=True,
            unattended=True,
            lock_timeout=_LEASE_WAIT,
            releases=self._wish.releases,
        )
        targets = {FIRST: target}
        return Applier(place.settings, self.store, targets, request, place.now, place.files, until_released=True)

    @contextmanager
    def _writing(self, target: Target) -> Iterator[None]:
        """A transaction that has the target, so that no push or person writes between. Raises LeaseLost."""
        with with_target(self.store, target.name, self.holder, seconds=_LEASE_WAIT, sleep=self.sleep):
            self._check_lead()
            yield

    @contextmanager
    def _leading(self) -> Iterator[None]:
        """A transaction of what does not touch the target; raises LeaseLost where another process has the lead."""
        with self.store.transaction():
            self._check_lead()
            yield

    def _check_lead(self) -> None:
        if self._lead is not None:
            self.store.leases.check(self._lead)

    def _keep_lead(self) -> None:
        """Raise LeaseLost where another process took the lead meanwhile."""
        if self._lead is not None:
            self.store.leases.renew(self._lead)

    def _cursor(self, place: Place) -> str | None:
        known = self.store.facts.get(_CURSOR.format(place.settings.integration.name))
        return None if known is None else msgspec.json.decode(known, type=str)

    def _put_cursor(self, place: Place, moves: Moves) -> None:
        with self._leading():
            self.store.facts.put({_CURSOR.format(place.settings.integration.name): canonical_bytes(moves.cursor)})

    def _note_look(self, begun: datetime, now: datetime) -> None:
        """Keep, once a minute and after a failure, that a tick went well: it may have found nothing to do for hours."""
        last = last_report(self.store.facts, "tick")
        if last is None or last.error is not None or _seconds(parse_time(last.at), now) >= _NOTE_EACH:
            with self._leading():
                put_report(self.store.facts, PassReport("tick", format_time(begun), _seconds(begun, now)))

    def _report(self, report: PassReport) -> None:
        """Keep how a pass ended, where this process still leads and the store answers, and tell it."""
        with suppress(IdsyncError), self._leading():
            put_report(self.store.facts, report)
        self.tell(report)


def _done(
    kind: str, begun: datetime, now: datetime, parts: Parts, run: int | None, doubts: tuple[str, ...]
) -> PassReport:
    held: dict[str, int] = {}
    for change in parts.held.changes:
        for mark in change.blocked_by:
            held[mark] = held.get(mark, 0) + 1
    return PassReport(
        kind, format_time(begun), _seconds(begun, now), run=run, counts=_counts(parts), held=held, doubts=doubts
    )


def _counts(parts: Parts) -> Mapping[str, Mapping[str, int]]:
    counts: Mapping[str, Mapping[str, int]] = msgspec.to_builtins(parts.going.summary)
    return {kind: {action: number for action, number in each.items() if number} for kind, each in counts.items()}


def _failed(kind: str, begun: datetime, now: datetime, error: IdsyncError) -> PassReport:
    told = " ".join(part for part in (error.summary, error.why, error.fix) if part)
    waits = isinstance(error, LeaseHeld)
    return PassReport(kind, format_time(begun), _seconds(begun, now), error=told, note="waits" if waits else "")


def _seconds(begun: datetime, now: datetime) -> float:
    return (now - begun).total_seconds()
