"""Ticks: each follows what moved since the last one, reads that by itself, and makes it so, beside full passes."""

import math
from contextlib import suppress
from datetime import datetime

from msgspec.structs import replace

from idsync.errors import AuthorizationError, IdsyncError, PassStopped, SourceError
from idsync.model.extent import Extent, Reading
from idsync.model.numbers import counted
from idsync.model.times import format_time, parse_time
from idsync.reconcile.continuous.edits_out import EditsOut
from idsync.reconcile.continuous.following import Following, Look
from idsync.reconcile.continuous.lists_beside import ListsBeside, ReadingBeside
from idsync.reconcile.continuous.loop import TickEnd
from idsync.reconcile.continuous.parts_made import PartRead, PartsMade
from idsync.reconcile.continuous.pass_reports import counts_of, ended, failed, last_report, seconds_between
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
UNREAD_AGAIN = 60.0
"""Seconds after which the source is asked again about people and lists of which it failed to say anything."""
PATIENCE = 2.0
"""Seconds that a tick waits for the lists that it began to read: most are read by then. Later ticks take the rest."""
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
        self._lists: ListsBeside | None = None
        self._edits = EditsOut()
        self._unread = NOTHING
        self._unread_at = 0.0
        self._stood_at = -math.inf

    def tick(self) -> TickEnd:
        """Look at what moved, and make that so."""
        place, _ = self._reconciling.in_force(self._store)
        name = place.settings.integration.name
        if self._following is None:
            self._following = Following(self._store, name, self._reconciling.clock)
        if self._lists is None:
            self._lists = ListsBeside(self._store, self._reconciling, name)
        self._ask_again()
        tick = _Tick(self._store, self._reconciling, place, self._following, self._lists, self._unread.lists or _NOBODY)
        sending = NOTHING_SENT
        try:
            try:
                end = tick.make()
                sending = self._send_edits(place)
            finally:
                self._tell(tick, sending, place.now())
                if tick.unread is not None:
                    self._note_unread(tick, tick.unread, place.now())
            if tick.looked and self._unread == NOTHING:
                self._note_look(tick, place.now())
            return end
        except PassStopped:  # nothing is told of it: the next process looks at the same
            return TickEnd.DONE
        except IdsyncError as error:
            self._reconciling.report(self._store, failed("tick", tick.begun, place.now(), error), tick.lead)
            return TickEnd.DONE
        finally:
            self._note_standing(tick, place)

    def _tell(self, tick: "_Tick", sending: Sending, now: datetime) -> None:
        """Tell, once, all that a tick made and sent."""
        run = (None if tick.parts is None else tick.parts.run) or sending.run
        if run is not None or sending.note:
            counts = {} if tick.parts is None else counts_of(tick.parts.summaries)
            report = replace(ended("tick", tick.begun, now), run=run, counts=counts)
            self._reconciling.report(self._store, replace(report, owed=sending.owed, note=sending.note), tick.lead)

    def has_lists(self) -> bool:
        """Whether lists that were read beside ticks wait to be made so."""
        return self._lists is not None and self._lists.has_any_over()

    def _ask_again(self) -> None:
        """Let this tick ask about what one before it could not read, where that is some time ago."""
        if self._reconciling.clock() >= self._unread_at + UNREAD_AGAIN:
            self._reconciling.again.add(self._unread)
            self._unread = NOTHING

    def _note_unread(self, tick: "_Tick", error: IdsyncError, now: datetime) -> None:
        """Keep, and tell, that some people and lists could not be read; the rest was."""
        self._unread |= tick.left_unread
        self._unread_at = self._reconciling.clock()
        ids = [*sorted(self._unread.users or ()), *sorted(self._unread.lists or ())]
        named = ", ".join(ids[:_NAMED]) + (", …" if len(ids) > _NAMED else "")
        left = counted(len(ids), "person or list stays as known", "people and lists stay as known")
        fix = f"{error.fix} Okta is asked again each minute, and a full pass reads everything by listings.".strip()
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
        looks += 0 if self._lists is None else len(self._lists.to_read.waiting())
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
        lists: ListsBeside,
        failed_lately: frozenset[str],
    ) -> None:
        """`failed_lately` are lists that could not be read a moment ago."""
        self._store = store
        self._reconciling = reconciling
        self._place = place
        self.lead = reconciling.lead.lease
        self._target: Target = place.target(store)
        self._following = following
        self._lists = lists
        self._failed_lately = failed_lately
        self.begun = place.now()
        self.parts: PartsMade | None = None
        """What it made so, once it began to."""
        self.looked = False
        self.unread: IdsyncError | None = None
        self.left_unread = NOTHING
        """Of what the source failed to say anything, and why."""
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
        again = self._reconciling.again.take(AGAIN_AT_ONCE)
        try:
            if isinstance(source, LogSource):
                return self._look(source, again, parts)
            if again.users or again.lists:
                parts.make(again)
        except BaseException:
            self._reconciling.again.add(again)
            raise
        return TickEnd.DONE

    def _make_what_is_owed(self, parts: PartsMade) -> None:
        """Apply what replicas stored that left applying to this process."""
        facts, target = self._store.facts, self._target.name
        if (left := owed(facts, target)) is not None:
            parts.make(left, close=lambda: pay(facts, target, left))

    def _source(self) -> Source:
        return self._reconciling.source(self._place, self._reconciling.going_on(self._store, self.lead))

    def _look(self, source: LogSource, again: Extent, parts: PartsMade) -> TickEnd:
        look = self._following.look(source, self._place.settings, self._target, self.begun)
        self.looked = True
        if look.note:
            self._reconciling.tell(replace(ended("tick", self.begun, self._place.now()), note=look.note))
        look = self._without_strangers(look)
        if look.in_doubt or is_too_much(look.extent):
            self._reconciling.again.add(again)
            self._settle(look)
            return TickEnd.IN_DOUBT
        try:
            fine = self._make_people(look, again, parts)
        except SourceError:  # nothing is known of any of them, but lists that moved before do not wait for them
            if self._make_lists(parts):
                raise
            return TickEnd.IN_DOUBT
        if not fine or not self._make_lists(parts):
            return TickEnd.IN_DOUBT
        return TickEnd.BEHIND if look.behind else TickEnd.DONE

    def _without_strangers(self, look: Look) -> Look:
        """A look that found too much, without those who are not known and whom nothing gave an app or a group."""
        if not is_too_much(look.extent):
            return look
        facts = self._store.upstream.without_lists(look.alone)
        known = {user.id for user in facts.users} | facts.unassigned.keys() | {row.id for row in facts.left_as_is}
        users = (look.extent.users or _NOBODY) - (look.alone - known)
        return replace(look, extent=Extent(users, look.extent.lists))

    def _make_people(self, look: Look, again: Extent, parts: PartsMade) -> bool:
        """Read the people whom a look found, and make them so; from now on the lists that it found wait to be read.

        Groups of which pushes alone tell are made so as they are known: a reading would find that Okta has none.
        False where so many are gone that everything has to be looked at.
        """
        found = look.extent | again
        own = ((again & only_pushed(self._store.pushed)).lists if again.lists else None) or _NOBODY
        left, lists = Extent(again.users, own), (found.lists or _NOBODY) - own
        self._lists.undecided |= (again.lists or _NOBODY) - own

        def settle() -> None:
            look.settle()
            self._lists.to_read.add(lists)

        if found.users:
            people = Extent(found.users, _NOBODY)
            reading = self._source().read(people)
            self._note_unread(people, reading)
            return parts.make(left, PartRead(reading, parts.begins), settle)
        if left.lists:
            return parts.make(left, close=settle)
        with self._reconciling.leading(self._store, self.lead):
            settle()
        return True

    def _make_lists(self, parts: PartsMade) -> bool:
        """Make so what lists were read, and begin to read those that wait.

        False where so much is gone from one that everything has to be looked at.
        """
        fine = self._take_up(parts, 0.0)
        if self._lists.begin(self._place, parts.begins, self._failed_lately | (self.left_unread.lists or _NOBODY)):
            fine &= self._take_up(parts, PATIENCE)
        return fine

    def _take_up(self, parts: PartsMade, seconds: float) -> bool:
        return all(self._make_read(each, parts) for each in self._lists.over(seconds))

    def _make_read(self, beside: ReadingBeside, parts: PartsMade) -> bool:
        try:
            reading = beside.result()
        except (SourceError, AuthorizationError) as error:
            self.unread = error
            self.left_unread |= beside.extent
            return True
        self._note_unread(beside.extent, reading)
        told = {name: number for name, number in beside.told.items() if name in (reading.extent.lists or _NOBODY)}
        left = Extent(_NOBODY, frozenset(self._lists.undecided & told.keys()))

        def done() -> None:
            self._lists.to_read.done(told)
            self._lists.undecided -= told.keys()

        return parts.make(left, PartRead(reading, beside.began), done)

    def _note_unread(self, asked: Extent, reading: Reading) -> None:
        if reading.unread is not None:
            read = reading.extent
            self.unread = reading.unread
            self.left_unread |= Extent(_left(asked.users, read.users), _left(asked.lists, read.lists))

    def _settle(self, look: Look) -> None:
        with self._reconciling.leading(self._store, self.lead):
            look.settle()


def _left(asked: frozenset[str] | None, read: frozenset[str] | None) -> frozenset[str]:
    return (asked or _NOBODY) - (read or _NOBODY)
