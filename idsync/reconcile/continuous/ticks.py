"""Ticks: each follows what moved since the last one, lets that be read, and makes it so, beside full passes."""

import math
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from datetime import datetime

from msgspec.structs import replace

from idsync.errors import AuthorizationError, IdsyncError, PassStopped, SourceError
from idsync.model.extent import Extent, Reading, cut_to, joined
from idsync.model.numbers import counted
from idsync.model.times import format_time, parse_time
from idsync.reconcile.continuous.edits_out import EditsOut
from idsync.reconcile.continuous.following import Following, Look
from idsync.reconcile.continuous.loop import TickEnd
from idsync.reconcile.continuous.parts_made import PartRead, PartsMade
from idsync.reconcile.continuous.pass_reports import counts_of, ended, failed, last_report, seconds_between
from idsync.reconcile.continuous.read_beside import Portion, ReadingBeside, ReadingsBeside
from idsync.reconcile.continuous.reconciling import Place, Reconciling
from idsync.reconcile.continuous.sending import NOTHING_SENT, Sending
from idsync.reconcile.continuous.standing import MeteredSource, Standing, put_standing
from idsync.reconcile.continuous.watching import MOST_ASKED, LogSource, is_too_much
from idsync.reconcile.followed import NOTHING
from idsync.reconcile.only_pushed import only_pushed
from idsync.reconcile.owed import owed, pay
from idsync.sources.protocol import Source
from idsync.stores.protocol import Store
from idsync.targets.protocol import Target

AGAIN_AT_ONCE = MOST_ASKED // 6
"""People and lists that a tick looks at besides what moved, of those whom a full pass left undecided."""
PATIENCE = 2.0
"""Seconds that a tick waits for what it began to read: most is read by then. Later ticks take the rest."""
_NAMED = 5
_NOTE_EACH = 60.0
_STANDING_EACH = 15.0
_NOBODY: frozenset[str] = frozenset()


class Ticks:
    """The ticks of one process, on an open store."""

    def __init__(self, store: Store, reconciling: Reconciling) -> None:
        self._store = store
        self._reconciling = reconciling
        self._following: Following | None = None
        self._beside: ReadingsBeside | None = None
        self._edits = EditsOut()
        self._stood_at = -math.inf

    def tick(self) -> TickEnd:
        """Look at what moved, and make that so."""
        place, _ = self._reconciling.in_force(self._store)
        name = place.settings.integration.name
        if self._following is None:
            self._following = Following(self._store, name, self._reconciling.clock)
        if self._beside is None:
            self._beside = ReadingsBeside(self._store, self._reconciling, name)
        tick = _Tick(self._store, self._reconciling, place, self._following, self._beside)
        sending = NOTHING_SENT
        try:
            try:
                end = tick.make()
                sending = self._send_edits(place)
            finally:
                self._tell(tick, sending, place.now())
                if tick.unread is not None:
                    self._tell_unread(tick, tick.unread, self._beside.failed(), place.now())
            if tick.looked and not self._beside.failed():
                self._note_look(tick, place.now())
            return end
        except PassStopped:  # nothing is told of it: the next process looks at the same
            return TickEnd.DONE
        except IdsyncError as error:
            self._reconciling.report(self._store, failed("tick", tick.begun, place.now(), error), tick.lead)
            return TickEnd.IN_DOUBT if tick.in_doubt else TickEnd.DONE
        finally:
            self._note_standing(tick, place)

    def _tell(self, tick: "_Tick", sending: Sending, now: datetime) -> None:
        """Tell, once, all that a tick made and sent."""
        run = (None if tick.parts is None else tick.parts.run) or sending.run
        if run is not None or sending.note:
            counts = {} if tick.parts is None else counts_of(tick.parts.summaries)
            report = replace(ended("tick", tick.begun, now), run=run, counts=counts)
            self._reconciling.report(self._store, replace(report, owed=sending.owed, note=sending.note), tick.lead)

    def has_read(self) -> bool:
        """Whether something that was read beside ticks waits to be made so."""
        return self._beside is not None and self._beside.has_any_over()

    def _tell_unread(self, tick: "_Tick", error: IdsyncError, ids: Sequence[str], now: datetime) -> None:
        """Tell that people and lists of these ids could not be read; the rest was."""
        named = ", ".join(ids[:_NAMED]) + (", …" if len(ids) > _NAMED else "")
        left = counted(len(ids), "person or list stays as known", "people and lists stay as known")
        fix = f"{error.fix} Okta is asked again within a minute, and a full pass reads everything by listings.".strip()
        told = SourceError(f"{left} ({named}): {error.summary}", why=error.why, fix=fix)
        self._reconciling.report(self._store, failed("tick", tick.begun, now, told), tick.lead)

    def _send_edits(self, place: Place) -> Sending:
        """Send to Okta what people edited, once there is something to merge it with."""
        known = self._store.upstream.is_known()
        return self._edits.send(self._store, self._reconciling, place) if known else NOTHING_SENT

    def _note_standing(self, tick: "_Tick", place: Place) -> None:
        """Keep, four times a minute at most, what is left of the source's limits and what waits to be looked at."""
        clock, source = self._reconciling.clock(), tick.source
        if not isinstance(source, MeteredSource) or clock - self._stood_at < _STANDING_EACH:
            return
        self._stood_at = clock
        looks, by_log = self._reconciling.again.waiting(), self._following is None or self._following.by_log
        looks += 0 if self._beside is None else self._beside.waiting()
        told = Standing(format_time(place.now()), source.budget(), looks, by_log)
        with suppress(IdsyncError), self._reconciling.leading(self._store, tick.lead):
            put_standing(self._store.facts, told)

    def _note_look(self, tick: "_Tick", now: datetime) -> None:
        """Keep, once a minute and after a failure, that a tick went well: it may have found nothing to do for hours."""
        last = last_report(self._store.facts, "tick")
        unkept = "tick" in self._reconciling.unkept
        if last is None or last.error is not None or unkept or seconds_between(parse_time(last.at), now) >= _NOTE_EACH:
            self._reconciling.keep(self._store, ended("tick", tick.begun, now), tick.lead)


class _Tick:
    """One tick."""

    def __init__(
        self,
        store: Store,
        reconciling: Reconciling,
        place: Place,
        following: Following,
        beside: ReadingsBeside,
    ) -> None:
        self._store = store
        self._reconciling = reconciling
        self._place = place
        self.lead = reconciling.lead.lease
        self._target: Target = place.target(store)
        self._following = following
        self._beside = beside
        self.begun = place.now()
        self.parts: PartsMade | None = None
        """What it made so, once it began to."""
        self.looked = False
        self.in_doubt = False
        """Whether everything has to be looked at, also where this tick fails after that."""
        self.unread: IdsyncError | None = None
        """Why the source said nothing of somebody or something."""
        self.source: object = None
        """What it looked at, once it has."""

    def make(self) -> TickEnd:
        """Look, read and apply. Raises what a reading raises."""
        parts = self.parts = PartsMade(self._store, self._reconciling, self._place, self.lead)
        if not self._store.upstream.is_known():
            return TickEnd.DONE  # the first full pass is to come, and the log is read from before it
        self._make_what_is_owed(parts)
        source = self._source()
        self.source = source
        if isinstance(source, LogSource):
            return self._look(source, parts)
        with self._looked_at_again() as again:
            if again != NOTHING:
                parts.make(again)
        return TickEnd.DONE

    @contextmanager
    def _looked_at_again(self) -> Iterator[Extent]:
        """Some of those whom a full pass left undecided, where few wait to be read; they wait on where this fails, and
        what a look found is found once more.
        """
        again = self._reconciling.again.take(max(0, AGAIN_AT_ONCE - self._beside.waiting()))
        try:
            yield again
        except BaseException:
            self._reconciling.again.add(again)
            self._following.look_again()
            raise

    def _make_what_is_owed(self, parts: PartsMade) -> None:
        """Apply what replicas stored that left applying to this process."""
        facts, target = self._store.facts, self._target.name
        if (left := owed(facts, target)) is not None:
            parts.make(left, close=lambda: pay(facts, target, left))

    def _source(self) -> Source:
        return self._reconciling.source(self._place, self._reconciling.going_on(self._store, self.lead))

    def _look(self, source: LogSource, parts: PartsMade) -> TickEnd:
        look = self._following.look(source, self._place.settings, self._target, self.begun)
        self.looked = True
        if look.note:
            self._reconciling.tell(replace(ended("tick", self.begun, self._place.now()), note=look.note))
        look = self._without_strangers(look)
        if look.in_doubt or is_too_much(look.extent, self._beside.waiting()):
            self.in_doubt = True
            with self._reconciling.leading(self._store, self.lead):
                look.settle()
            return TickEnd.IN_DOUBT
        with self._looked_at_again() as again:
            self._note(look, again, parts)
        self._make_what_is_read(parts)
        if self.in_doubt:
            return TickEnd.IN_DOUBT
        return TickEnd.BEHIND if look.behind else TickEnd.DONE

    def _without_strangers(self, look: Look) -> Look:
        """A look that found too much, without those who are not known and whom nothing gave an app or a group."""
        if not is_too_much(look.extent, self._beside.waiting()):
            return look
        facts = self._store.upstream.without_lists(look.alone)
        known = {user.id for user in facts.users} | facts.unassigned.keys() | {row.id for row in facts.left_as_is}
        users = (look.extent.users or _NOBODY) - (look.alone - known)
        return replace(look, extent=Extent(users, look.extent.lists))

    def _note(self, look: Look, again: Extent, parts: PartsMade) -> None:
        """Let be read what a look found, and what is to be looked at again; the look is over with that.

        Groups of which pushes alone tell are made so as they are known: a reading would find that Okta has none.
        """
        own = ((again & only_pushed(self._store.pushed)).lists if again.lists else None) or _NOBODY
        again = Extent(again.users, (again.lists or _NOBODY) - own)
        found = look.extent | again

        def settle() -> None:
            look.settle()
            self._beside.add(Extent(found.users, (found.lists or _NOBODY) - own), look.leaving)

        if own:
            parts.make(Extent(_NOBODY, own), close=settle)
        else:
            with self._reconciling.leading(self._store, self.lead):
                settle()
        self._beside.undecided.update(again.users or _NOBODY, again.lists or _NOBODY)

    def _make_what_is_read(self, parts: PartsMade) -> None:
        """Make so what was read, and begin to read what waits, for a moment."""
        until = self._reconciling.clock() + PATIENCE
        self._take_up(parts, 0.0)
        while self._beside.begin(self._place, parts.begins()):
            left = until - self._reconciling.clock()
            self._take_up(parts, max(0.0, left))
            if left <= 0:
                break

    def _take_up(self, parts: PartsMade, seconds: float) -> None:
        for each in self._beside.over(seconds):
            self._make_read(each, parts)

    def _make_read(self, one: ReadingBeside, parts: PartsMade) -> None:
        """Make so what was read; of people not before the last portion of their kind, but for locks."""
        reading = self._read(one)
        read = (
            []
            if reading is None
            else [Portion(_within(one.people, reading.extent.users), PartRead(reading, one.began))]
        )
        if self._beside.are_more(one):
            for portion in read:
                self._beside.keep(one.kind, replace(portion, locked=parts.lock(portion.read)))
        elif kept := self._beside.take(one.kind):
            self._make_people([*kept, *read], parts)
        else:
            for each in read:
                self._make(each.read, each.told, _within(one.lists, each.read.reading.extent.lists), parts)

    def _read(self, one: ReadingBeside) -> Reading | None:
        """What was read; None where the source said nothing of any of it."""
        try:
            reading = one.result()
        except (SourceError, AuthorizationError) as error:
            self.unread = error
            self._beside.fail(one.extent)
            return None
        if reading.unread is not None:
            self.unread = reading.unread
            self._beside.fail(_without(one.extent, reading.extent))
        return reading

    def _make_people(self, portions: Sequence[Portion], parts: PartsMade) -> None:
        """Make so what portions of people come to, judged as one reading: of whom more was told since, only what was
        read after that, if anything was.
        """
        waiting = self._beside.people.waiting()
        told: dict[str, int] = {}
        readings: list[Reading] = []
        for each in portions:
            newest = dict(each.told.items() & waiting.items())
            told |= newest
            readings.append(cut_to(each.read.reading, newest))
        reading = joined(readings)
        gone = sum(len(each.locked.gone) for each in portions)
        self._make(PartRead(reading, portions[0].read.began), told, {}, parts, gone)

    def _make(
        self, read: PartRead, people: Mapping[str, int], lists: Mapping[str, int], parts: PartsMade, gone: int = 0
    ) -> None:
        """Make so what was read; everything is in doubt where so much is gone of it."""
        undecided = self._beside.undecided
        left = Extent(frozenset(undecided & people.keys()), frozenset(undecided & lists.keys()))
        if not parts.make(left, read, lambda: self._beside.done(people, lists), gone):
            self.in_doubt = True


def _within(told: Mapping[str, int], read: frozenset[str] | None) -> dict[str, int]:
    return {name: number for name, number in told.items() if name in (read or _NOBODY)}


def _without(asked: Extent, read: Extent) -> Extent:
    """Of what was asked for what was not read."""
    return Extent(
        (asked.users or _NOBODY) - (read.users or _NOBODY), (asked.lists or _NOBODY) - (read.lists or _NOBODY)
    )
