"""Ticks: each follows what moved since the last one, reads that by itself, and makes it so, beside full passes."""

import math
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime

from msgspec.structs import replace

from idsync.apply.last_apply import last_apply
from idsync.errors import IdsyncError, PassStopped, SourceError
from idsync.model.extent import Extent, Reading
from idsync.model.identity import ACCESS_STATUSES
from idsync.model.names import twin_key
from idsync.model.numbers import counted
from idsync.model.times import format_time, parse_time
from idsync.reconcile.continuous.edits_out import EditsOut
from idsync.reconcile.continuous.following import Following, Look
from idsync.reconcile.continuous.loop import TickEnd
from idsync.reconcile.continuous.pass_reports import counts_of, ended, failed, last_report, seconds_between
from idsync.reconcile.continuous.reconciling import SERVICE, Place, Reconciling
from idsync.reconcile.continuous.standing import MeteredSource, Standing, put_standing
from idsync.reconcile.continuous.watching import MOST_ASKED, LogSource, crosses_a_limit, is_too_much
from idsync.reconcile.followed import NOTHING, note_out
from idsync.reconcile.merging import pushed_after, with_newer, with_sent
from idsync.reconcile.owed import owed, pay
from idsync.reconcile.partial_pass import apply_part
from idsync.reconcile.pushed.identifying import identify_read
from idsync.sources.protocol import Source
from idsync.stores.protocol import Store
from idsync.targets.protocol import Target

AGAIN_AT_ONCE = MOST_ASKED // 6
"""People and lists that a tick looks at besides what moved, of those whom a full pass left undecided."""
UNREAD_AGAIN = 60.0
"""Seconds after which the source is asked again about people and lists of which it failed to say anything."""
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
        self._edits = EditsOut()
        self._unread = NOTHING
        self._unread_at = 0.0
        self._stood_at = -math.inf

    def tick(self) -> TickEnd:
        """Look at what moved, and make that so."""
        place, _ = self._reconciling.in_force(self._store)
        if self._following is None:
            name, clock = place.settings.integration.name, self._reconciling.clock
            self._following = Following(self._store, name, clock)
        self._ask_again()
        tick = _Tick(self._store, self._reconciling, place, self._following)
        try:
            end = tick.make()
            if tick.unread is not None:
                self._note_unread(tick, tick.unread, place.now())
            elif tick.looked and self._unread == NOTHING:
                self._note_look(tick, place.now())
            self._send_edits(tick, place)
            return end
        except PassStopped:  # nothing is told of it: the next process looks at the same
            return TickEnd.DONE
        except IdsyncError as error:
            self._reconciling.report(self._store, failed("tick", tick.begun, place.now(), error), tick.lead)
            return TickEnd.DONE
        finally:
            self._note_standing(tick, place)

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

    def _send_edits(self, tick: "_Tick", place: Place) -> None:
        """Send to Okta what people edited, once there is something to merge it with."""
        if not self._store.upstream.is_known():
            return
        sending = self._edits.send(self._store, self._reconciling, place)
        if sending.run is not None or sending.note:
            told = ended("tick", tick.begun, place.now())
            told = replace(told, run=sending.run, owed=sending.owed, note=sending.note)
            self._reconciling.report(self._store, told, tick.lead)

    def _note_standing(self, tick: "_Tick", place: Place) -> None:
        """Keep, four times a minute at most, what is left of the source's limits and what waits to be looked at."""
        clock, source = self._reconciling.clock(), tick.source
        if not isinstance(source, MeteredSource) or clock - self._stood_at < _STANDING_EACH:
            return
        self._stood_at = clock
        looks, by_log = self._reconciling.again.waiting(), self._following is None or self._following.by_log
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

    def __init__(self, store: Store, reconciling: Reconciling, place: Place, following: Following) -> None:
        self._store = store
        self._reconciling = reconciling
        self._place = place
        self.lead = reconciling.lead.lease
        self._target: Target = place.target(store)
        self._following = following
        self.begun = place.now()
        self._began = reconciling.clock()
        self._last_push: int
        self.looked = False
        self.unread: IdsyncError | None = None
        self.left_unread = NOTHING
        """Of what the source failed to say anything, and why."""
        self.source: object = None
        """What it looked at, once it has."""

    def make(self) -> TickEnd:
        """Look, read and apply. Raises what a reading raises."""
        self._last_push = self._store.pushed.last_push()
        if not self._store.upstream.is_known():
            return TickEnd.DONE  # the first full pass is to come, and the log is read from before it
        self._make_what_is_owed()
        source = self._source()
        self.source = source
        again = self._reconciling.again.take(AGAIN_AT_ONCE)
        try:
            if isinstance(source, LogSource):
                return self._look(source, again)
            if again.users or again.lists:
                self._apply(again, None, None)
        except BaseException:
            self._reconciling.again.add(again)
            raise
        return TickEnd.DONE

    def _make_what_is_owed(self) -> None:
        """Apply what replicas stored that left applying to this process."""
        facts, target = self._store.facts, self._target.name
        if (left := owed(facts, target)) is not None:
            self._apply(left, None, lambda: pay(facts, target, left))

    def _source(self) -> Source:
        return self._reconciling.source(self._place, self._reconciling.going_on(self._store, self.lead))

    def _look(self, source: LogSource, again: Extent) -> TickEnd:
        look = self._following.look(source, self._place.settings, self._target, self.begun)
        self.looked = True
        if look.note:
            self._reconciling.tell(replace(ended("tick", self.begun, self._place.now()), note=look.note))
        if look.in_doubt or is_too_much(look.extent):
            self._reconciling.again.add(again)
            self._settle(look)
            return TickEnd.IN_DOUBT
        extent = look.extent | again
        if not extent.users and not extent.lists:
            self._settle(look)
        elif not self._follow(extent, again, look):
            return TickEnd.IN_DOUBT
        return TickEnd.BEHIND if look.behind else TickEnd.DONE

    def _follow(self, extent: Extent, again: Extent, look: Look) -> bool:
        """Read a part and make it so; False where so much is gone from it that everything has to be looked at.

        People come first: a large group takes long to read, and who left is not to wait for it.
        """
        parts = [part for part in (Extent(extent.users, _NOBODY), Extent(_NOBODY, extent.lists)) if part != NOTHING]
        source = self._source()
        for part in parts:
            reading = source.read(part)
            if reading.unread is not None:
                read = reading.extent
                self.unread = reading.unread
                self.left_unread |= Extent(_left(part.users, read.users), _left(part.lists, read.lists))
            if crosses_a_limit(self._place.settings, reading, self._store.upstream, self._target):
                self._settle(look)
                return False
            self._apply(again, reading, (lambda: self._settle(look)) if part is parts[-1] else None)
            again = NOTHING
        return True

    def _settle(self, look: Look) -> None:
        with self._reconciling.leading(self._store, self.lead):
            look.settle()

    def _apply(self, again: Extent, reading: Reading | None, close: Callable[[], None] | None) -> None:
        """Store what was read, and make it so, with what is to be looked at again."""
        place, store, target = self._place, self._store, self._target
        run, made = None, []
        with self._reconciling.writing(store, target, self.lead):
            now = store.now()
            asked = place.request(SERVICE, now)
            if reading is not None:
                identify_read(place.settings, store, target, asked, reading)
            moved = again | self._forget_pushed()
            if reading is not None:
                moved |= self._take(reading)
            request = replace(asked, split=True, unattended=True)
            last = last_apply(store.facts, target)
            for applied in apply_part(
                place.settings, moved, store=store, target=target, last=last, now=now, request=request
            ):
                run = applied.run or run
                made.append(applied.summary)
            if close is not None:
                close()
        if run is not None:
            report = replace(ended("tick", self.begun, place.now()), run=run, counts=counts_of(made))
            self._reconciling.report(store, report, self.lead)

    def _forget_pushed(self) -> Extent:
        """Let facts forget the groups that were only pushed, where SCIM is switched off: nobody tells of them any more.

        What moved. Without it, whatever is planned about a member would make the list again.
        """
        if self._place.settings.integration.sync.scim:
            return NOTHING
        upstream = self._store.upstream
        own = frozenset(group.id for group in self._store.pushed.own_groups())
        known = frozenset(group.id for group in upstream.part((), own).groups) & own if own else _NOBODY
        return upstream.take(Reading(upstream.part((), ()), Extent(_NOBODY, known))) if known else NOTHING

    def _take(self, reading: Reading) -> Extent:
        """Let a part that was read replace what is known of it, but for what was sent shortly before, and for whom and
        what was pushed meanwhile, which the next tick looks at again. What moved.
        """
        upstream, extent = self._store.upstream, reading.extent
        reading = with_sent(reading, self._store.facts)
        newer = pushed_after(self._store, self._last_push) & extent
        self._reconciling.again.add(newer)
        names = self._names_of(extent)
        moved = upstream.take(with_newer(reading, upstream, newer))
        inside = {user.id for user in reading.snapshot.users if user.status in ACCESS_STATUSES}
        note_out(self._store.facts, (extent.users or _NOBODY) - inside, self._store.pushed.now())
        self._reconciling.followed.note(
            extent,
            names | self._names_of(extent),
            began=self._began,
            stored=self._reconciling.clock(),
        )
        # A pass leaves to us all that we read, also where it stored the same and has not made it so yet.
        return moved | extent if self._reconciling.followed.ahead_of_directory else moved

    def _names_of(self, extent: Extent) -> frozenset[str]:
        """The names of these people, as they are known and in the directory."""
        users = extent.users or _NOBODY
        known = self._store.upstream.usernames(users)
        return known | self._target.names_of(users, frozenset(map(twin_key, known)))


def _left(asked: frozenset[str] | None, read: frozenset[str] | None) -> frozenset[str]:
    return (asked or _NOBODY) - (read or _NOBODY)
