"""Full passes: everything is read, judged before it is stored, and what may go ahead is applied. Ticks go on beside."""

from collections import Counter
from collections.abc import Collection
from contextlib import AbstractContextManager, ExitStack, suppress
from datetime import datetime
from functools import partial

import msgspec
from msgspec.structs import replace

from idsync.apply.kept_back import held_by_guard, kept_back
from idsync.apply.kept_entries import kept_of, numbers_held
from idsync.apply.last_apply import last_apply
from idsync.errors import IdsyncError, PassStopped, SourceError
from idsync.model.extent import Extent, Reading
from idsync.model.pushed import PushMappings
from idsync.plan.batches import OBJECT
from idsync.plan.changes import Plan
from idsync.plan.guards import ALL_GUARDS
from idsync.plan.holding import MOVED
from idsync.plan.sections import FIRST
from idsync.reconcile.applied_configuration import config_waiting, goes_by
from idsync.reconcile.applying import Applier
from idsync.reconcile.continuous.batches import InBatches, Made
from idsync.reconcile.continuous.log_cursor import LogCursor
from idsync.reconcile.continuous.pace import Pace
from idsync.reconcile.continuous.pass_reports import NOTHING_PUSHED, PassReport, counts_of, ended, failed, with_findings
from idsync.reconcile.continuous.reconciling import LEASE_WAIT, NOBODY_ASKS, SERVICE, Place, Reconciling
from idsync.reconcile.continuous.sending import Sending, sent
from idsync.reconcile.continuous.storing import FIRST_SLICE, Storing
from idsync.reconcile.continuous.under_way import Advance, UnderWay, put_under_way
from idsync.reconcile.continuous.wishes import Wish, give_up_wish, take_wish, wish_for_pass
from idsync.reconcile.followed import out_lately
from idsync.reconcile.merging import (
    Begun,
    Newer,
    newer_than_plan,
    newest,
    pushed_since,
    reading_begins,
    with_sent,
    with_what_it_lacks,
)
from idsync.reconcile.parts import Parts
from idsync.reconcile.planned import Planned
from idsync.reconcile.pushed.identifying import identify_read
from idsync.reconcile.pushed.pairing import PairingSource, not_pushed, pair
from idsync.reconcile.single_pass import plan_reading, read, remember_after_apply
from idsync.sources.protocol import Source, Wait
from idsync.stores.protocol import Store

FIRST_BATCH = 100 * OBJECT
"""What the first batch weighs, before it is known how long that takes."""


class FullPasses:
    """Full passes of one process, on an open store."""

    def __init__(self, store: Store, reconciling: Reconciling) -> None:
        self._store = store
        self._reconciling = reconciling

    def full(self) -> bool:
        """Read everything, store it as judged, and apply what may go ahead; whether that went well.

        What people ask for, and release, is granted in it. Of a pass that is stopped nothing is told.
        """
        reconciling, store = self._reconciling, self._store
        with store.attempt():  # of one state
            place, waits = reconciling.in_force(store)
            full = _FullPass(store, reconciling, place, waits=waits)
        reconciling.followed.begin(full.began)
        try:
            report = full.make()
        except PassStopped:
            full.leave_wish(waits=True)
            return False
        except IdsyncError as error:
            report = failed("full", full.begun, place.now(), error)
        finally:
            reconciling.followed.end()
            full.advance.over()
        if report.error is None:
            full.leave_wish(waits=full.waits_in_part)
        reconciling.report(store, report, full.lead)
        return report.error is None


class _Planned(msgspec.Struct, frozen=True):
    """A plan of everything, what of it goes ahead, and since when it is not the newest any more: the last push that it
    knows, and the time by the clock of this process.
    """

    planned: Planned
    reading: Reading
    applier: Applier
    parts: Parts
    note: str
    last_push: int
    time: float


class _FullPass:
    """One full pass, which began at `begun`, and by the process's clock at `began`."""

    def __init__(self, store: Store, reconciling: Reconciling, place: Place, *, waits: bool) -> None:
        self._store = store
        self._reconciling = reconciling
        self._place = place
        self._noticed = [config_waiting()] if waits else []
        self.lead = reconciling.lead.lease
        self._target = place.target(store)
        self._goes_by = goes_by(store.facts, self._target)
        self.begun: datetime = place.now()
        self.began = reconciling.clock()
        self._reads_from: Begun
        self.advance = Advance(
            reconciling.holder, self._keep_under_way, reconciling.tell_wait, reconciling.clock, place.now
        )
        self.waits_in_part = False
        """Whether something that people release is left, since somebody was pushed while this pass was planned."""

    def make(self) -> PassReport:
        """Read, plan, store and apply. Raises what each of these raises."""
        place, store = self._place, self._store
        self._reads_from = reading_begins(store.pushed)
        self._take_wish(any_wish=True)
        pulls = place.settings.integration.pulls
        if not pulls and not store.upstream.is_known():
            return replace(self._ended(), note=NOTHING_PUSHED)
        LogCursor(store, place.settings.integration.name).begin(self._source, self.begun)
        reading = read(self._source(), self._target, place.settings, last_apply(store.facts, self._target))
        before, mappings = store.pushed.last_push(), self._mappings(reading)
        with self._writing():
            pair(store.pushed, mappings.pairs, {group.id for group in reading.snapshot.groups})
            self._noticed += not_pushed(store.pushed, mappings, before)
            identify_read(place.settings, store, self._target, place.request(SERVICE, store.now()), reading)
        made = self._plan(reading)
        if pulls:
            self.advance.begins("storing")
            self._reconciling.followed.store()
            self._store_reading(made)
        self.advance.begins("applying")
        done = self._apply(made)
        parts, left = done.parts, self._send(made)
        self.waits_in_part = _waits_with_a_release(parts, self._reconciling.wish.releases)
        if parts.held.is_empty:
            with self._reconciling.leading(store, self.lead):
                remember_after_apply(made.planned, self._target, store.cache, done.applied, done.batches)
        self._reconciling.again.add(self._to_look_at_again(made))
        report = with_findings(self._ended(), parts.whole.findings)
        return replace(
            report,
            run=done.run or left.run,
            counts=counts_of([parts.going.summary]),
            held=_held(parts),
            owed=_owed(parts) + left.owed,
            doubts=parts.doubts({}),
            note=" ".join(part for part in (made.note, left.note) if part),
        )

    def _ended(self) -> PassReport:
        return replace(ended("full", self.begun, self._place.now()), config_digest=self._place.settings.digest)

    def _keep_under_way(self, under_way: UnderWay | None) -> None:
        # A store that does not take it takes what the pass itself writes no more, which tells why.
        with suppress(IdsyncError), self._reconciling.leading(self._store, self.lead):
            put_under_way(self._store.facts, under_way)

    def _mappings(self, reading: Reading) -> PushMappings:
        """Which pushed group is which of Okta's; where that cannot be read now, they stay what they are."""
        source = self._source()
        if not isinstance(source, PairingSource) or not self._store.pushed.count_groups():
            return PushMappings()
        with suppress(SourceError):
            return source.push_mappings(reading.snapshot.app_id)
        return PushMappings()

    def _source(self) -> Source:
        go_on = self._reconciling.going_on(self._store, self.lead)

        def progress(what: str | Wait, done: int, total: int) -> None:
            go_on(what, done, total)
            self.advance(what, done, total)

        return self._reconciling.source(self._place, progress)

    def _plan(self, reading: Reading) -> _Planned:
        """The plan of a reading, merged with what is known better, and what of it may go ahead."""
        place, store, target, settings = self._place, self._store, self._target, self._place.settings
        self.advance.begins("planning")
        # Who wants a pass alone wants another reading; a release is granted as soon as there is a plan.
        self._take_wish(any_wish=False)
        with ExitStack() as span:
            # What is known and what the directory holds are of one moment: who was pushed, or followed, after it is in
            # neither.
            with self._reconciling.between_writes():
                span.enter_context(target.reading())
                last_push, time = store.pushed.last_push(), self._reconciling.clock()
            reading = self._newest(reading)
            options = place.pass_options(store, noticed=self._noticed)
            planned = plan_reading(settings, reading, target, options, cache=store.cache)
            applier, parts, note = self._granting(planned.executable().plan)
        return _Planned(planned, reading, applier, parts, note, last_push, time)

    def _take_wish(self, *, any_wish: bool) -> None:
        """Let this pass grant what people asked for: any wish, or one that releases something alone."""
        with self._reconciling.leading(self._store, self.lead):
            self._reconciling.wish = take_wish(self._store.facts, any_wish=any_wish) or NOBODY_ASKS

    def leave_wish(self, *, waits: bool) -> None:
        """This pass ends; what it took waits for the next one, or was granted."""
        wish, self._reconciling.wish = self._reconciling.wish, NOBODY_ASKS
        if wish is NOBODY_ASKS:
            return
        with suppress(IdsyncError), self._reconciling.leading(self._store, self.lead):  # else it stays taken
            give_up_wish(self._store.facts)
            if waits:
                wish_for_pass(self._store.facts, wish)

    def _granting(self, plan: Plan) -> tuple[Applier, Parts, str]:
        """What of a plan goes ahead with the releases that people wish for, and what to say of those not granted."""
        wish = self._reconciling.wish
        if not wish.releases:
            applier = self._applier(wish)
            return applier, applier.parts(plan), ""
        unreleased = self._applier(Wish(wish.by))
        granted = wish.up_to(held_by_guard(kept_of(unreleased.parts(plan).held, unreleased.holders)))
        self._reconciling.wish = granted
        applier = self._applier(granted)
        refused = sorted(wish.releases.keys() - granted.releases.keys())
        if not refused:
            return applier, applier.parts(plan), ""
        note = f"Something is held by {', '.join(refused)} that was not shown: look again, and release that."
        return applier, applier.parts(plan), note

    def _applier(self, wish: Wish) -> Applier:
        place = self._place
        request = replace(
            place.request(wish.by, self._store.now()),
            split=True,
            unattended=True,
            lock_timeout=LEASE_WAIT,
            releases=wish.releases,
            goes_by=self._goes_by,
        )
        targets = {**place.targets(self._store), FIRST: self._target}
        return Applier(
            place.settings,
            self._store,
            targets,
            request,
            self._store.now,
            place.files,
            until_released=True,
            sends=False,
            known_kept=kept_back(self._store.facts, self._target.name),
        )

    def _store_reading(self, made: _Planned) -> None:
        """Let a reading replace what is known; what one in doubt lacks stays, and so does what is known better."""
        upstream, reconciling = self._store.upstream, self._reconciling
        reading = self._newest(made.reading)
        if made.parts.whole.health.verdict != "ok":
            reading = replace(reading, snapshot=with_what_it_lacks(reading.snapshot, upstream.whole()))
        pace = Pace(reconciling.clock, FIRST_SLICE)
        told = partial(with_sent, facts=self._store.facts)
        Storing(upstream, self._writing, self._known_better, told, reconciling.check_stop, pace).store(reading)

    def _apply(self, made: _Planned) -> Made:
        """Apply in batches what may go ahead, and none that is known better by then."""
        pace = Pace(self._reconciling.clock, FIRST_BATCH)
        check = self._reconciling.check_stop
        batches = InBatches(made.applier, self._writing, lambda: self._newer(made), check, pace)
        return batches.make(made.parts, made.planned.inputs.clocks)

    def _send(self, made: _Planned) -> Sending:
        """Send to Okta what people edited, once the directory is as planned; what is left of it."""
        parts = made.parts
        if self._place.settings.integration.sync.bidirectional:
            self.advance.begins("sending")
        with self._reconciling.sending(waits=True):
            moved = self._newer(made).changes_in(parts.going.changes)
            sending = sent(made.applier, parts, moved, self._reconciling.check_stop)
            self._reconciling.to_send |= sending.moved
            return sending

    def _writing(self) -> AbstractContextManager[None]:
        return self._reconciling.writing(self._store, self._target, self.lead)

    def _newest(self, reading: Reading) -> Reading:
        """The reading, but for those of whom a push that arrived since it began, or a tick, knows better."""
        return newest(reading, self._store, self._reads_from, self._place.settings, self._followed())

    def _known_better(self) -> Extent:
        """Of whom a push that arrived since the reading began, or a tick, knows better than it."""
        return pushed_since(self._store, self._reads_from) | self._followed()

    def _followed(self) -> Extent:
        """Of whom ticks know better than the reading, of this process and of one before it."""
        lately = out_lately(self._store.facts, self._reads_from.lagging)
        return self._reconciling.followed.newer_than(self.began) | lately

    def _newer(self, made: _Planned) -> Newer:
        """What is known better than the plan."""
        stored = self._reconciling.followed.stored_since(made.time)
        return newer_than_plan(self._store, stored, self._target, made.last_push)

    def _to_look_at_again(self, made: _Planned) -> Extent:
        """Who was pushed since the reading began, and whom ticks moved since it was planned: what waits of them."""
        stored = self._reconciling.followed.stored_since(made.time)
        followed = Extent(frozenset(stored.people), frozenset(stored.lists))
        return pushed_since(self._store, self._reads_from) | followed


def _waits_with_a_release(parts: Parts, releases: Collection[str]) -> bool:
    """Whether something that people release waits, since it moved while the pass was planned or applied."""
    moved = {(each.target, each.address) for each in parts.held.changes if MOVED in each.blocked_by}
    marks = (each.blocked_by for each in parts.whole.changes if (each.target, each.address) in moved)
    return any(mark in releases for each in marks for mark in each)


def _held(parts: Parts) -> dict[str, int]:
    """How much each guard holds, counted as what is kept back, and how many changes each doubt."""
    marks = (mark for change in parts.held.changes for mark in change.blocked_by)
    doubts = Counter(mark for mark in marks if mark != MOVED and mark not in ALL_GUARDS)
    return {**numbers_held(parts.held), **doubts}


def _owed(parts: Parts) -> int:
    """How many changes wait for the next pass alone, as what they change had moved."""
    return sum(change.blocked_by == (MOVED,) for change in parts.held.changes)
