"""What a tick read is judged, stored, and made so in one transaction; also what was stored and is not made so yet.

Of people who are read in portions, those are locked before that whom Okta itself shows as gone: their locks go ahead of
a doubt about the rest as well (R29).
"""

from collections.abc import Callable

import msgspec
from msgspec.structs import replace

from idsync.apply.last_apply import last_apply
from idsync.model.extent import Extent, Reading, cut
from idsync.model.identity import ACCESS_STATUSES, OUT_BY_ITSELF, Snapshot
from idsync.model.names import twin_key
from idsync.plan.changes import Summary
from idsync.reconcile.continuous.reconciling import SERVICE, Place, Reconciling
from idsync.reconcile.continuous.watching import crosses_a_limit, gone_from
from idsync.reconcile.followed import NOTHING, note_out
from idsync.reconcile.merging import pushed_after, with_newer, with_sent
from idsync.reconcile.only_pushed import gone
from idsync.reconcile.partial_pass import apply_part
from idsync.reconcile.pushed.identifying import identify_read
from idsync.stores.protocol import Lease, Store
from idsync.targets.protocol import Target

_NOBODY: frozenset[str] = frozenset()


class Began(msgspec.Struct, frozen=True):
    """When a reading of a tick began: after the push of a number, at a `time` of this process's clock; and what it went
    by: the lead, and the digest of the configuration.
    """

    push: int
    time: float
    lead: Lease | None
    configuration: str


class PartRead(msgspec.Struct, frozen=True):
    """A part of the organization, as a reading that `began` then found it."""

    reading: Reading
    began: Began


class Locked(msgspec.Struct, frozen=True):
    """People who were stored, and locked, before those were judged with whom they are read; `gone` are those whom facts
    had before that.
    """

    people: frozenset[str] = _NOBODY
    gone: frozenset[str] = _NOBODY


class PartsMade:
    """Makes so what one tick is about, a part after the other."""

    def __init__(self, store: Store, reconciling: Reconciling, place: Place, lead: Lease | None) -> None:
        self._store = store
        self._reconciling = reconciling
        self._place = place
        self._lead = lead
        self._target: Target = place.target(store)
        self.run: int | None = None
        """The last run, and what all of them did."""
        self.summaries: list[Summary] = []

    def begins(self) -> Began:
        """What a reading has that this tick begins now."""
        return Began(self._store.pushed.last_push(), self._reconciling.clock(), self._lead, self._place.settings.digest)

    def lock(self, read: PartRead) -> Locked:
        """Lock whom Okta itself shows as deactivated or suspended, and do nothing else of what was read."""
        people = _shown_out(read.reading.snapshot)
        if not people:
            return Locked()
        within = Extent(people, _NOBODY)
        snapshot = replace(cut(read.reading.snapshot, within), left_as_is=[])
        read = replace(read, reading=replace(read.reading, snapshot=snapshot, extent=within, unread=None))
        with self._reconciling.writing(self._store, self._target, self._lead):
            if self._is_overtaken(read.began):
                return Locked()
            self._identify(read)
            gone = gone_from(read.reading, self._store.upstream)
            self._apply(self._take(read) | within, locks_alone=True)
        return Locked(people, gone)

    def make(
        self,
        again: Extent,
        read: PartRead | None = None,
        close: Callable[[], None] = lambda: None,
        gone: int = 0,
    ) -> bool:
        """Store what was read and make it so, with what is to be made `again`; `close` in the same transaction. So many
        people who were read with it are `gone`, as facts know by now.

        False where the reading has lost so much that everything has to be looked at. A reading of which more is known
        by now is dropped, without `close`.
        """
        place, store, target = self._place, self._store, self._target
        with self._reconciling.writing(store, target, self._lead):
            if read is not None and self._is_overtaken(read.began):
                return True
            if read is not None and crosses_a_limit(place.settings, read.reading, store.upstream, target, gone):
                close()
                return False
            if read is not None:
                self._identify(read)
            moved = again | self._forget_pushed()
            if read is not None:
                moved |= self._take(read)
            self._apply(moved)
            close()
        return True

    def _identify(self, read: PartRead) -> None:
        asked = self._place.request(SERVICE, self._store.now())
        identify_read(self._place.settings, self._store, self._target, asked, read.reading)

    def _apply(self, moved: Extent, *, locks_alone: bool = False) -> None:
        place, store, target, now = self._place, self._store, self._target, self._store.now()
        request = replace(place.request(SERVICE, now), split=True, unattended=True)
        for applied in apply_part(
            place.settings,
            moved,
            store=store,
            target=target,
            last=last_apply(store.facts, target),
            now=now,
            request=request,
            locks_alone=locks_alone,
        ):
            self.run = applied.run or self.run
            self.summaries.append(applied.summary)

    def _is_overtaken(self, began: Began) -> bool:
        """Whether a full pass that began later was stored since; another process led, or another configuration counted,
        between then and now.
        """
        as_it_was = began.lead == self._lead and began.configuration == self._place.settings.digest
        return not as_it_was or self._reconciling.followed.overtook(began.time)

    def _forget_pushed(self) -> Extent:
        """Let facts forget the groups of which pushes alone told, and nobody does any more. What moved.

        Without it, whatever is planned about a member would make the list again.
        """
        upstream, lists = self._store.upstream, gone(self._store.pushed, self._place.settings).lists or _NOBODY
        known = Extent(_NOBODY, lists & upstream.lists().keys() if lists else _NOBODY)
        return upstream.take(Reading(upstream.part((), ()), known)) if known != NOTHING else NOTHING

    def _take(self, read: PartRead) -> Extent:
        """Let a part that was read replace what is known of it, but for what was sent shortly before, and for whom and
        what was pushed meanwhile, which the next tick looks at again. What moved.
        """
        upstream, extent = self._store.upstream, read.reading.extent
        reading = with_sent(read.reading, self._store.facts)
        newer = pushed_after(self._store, read.began.push) & extent
        self._reconciling.again.add(newer)
        names = self._names_of(extent)
        moved = upstream.take(with_newer(reading, upstream, newer))
        inside = {user.id for user in reading.snapshot.users if user.status in ACCESS_STATUSES}
        note_out(self._store.facts, (extent.users or _NOBODY) - inside, self._store.pushed.now())
        self._reconciling.followed.note(
            extent,
            names | self._names_of(extent),
            began=read.began.time,
            stored=self._reconciling.clock(),
        )
        # A pass leaves to us all that we read, also where it stored the same and has not made it so yet.
        return moved | extent if self._reconciling.followed.ahead_of_directory else moved

    def _names_of(self, extent: Extent) -> frozenset[str]:
        """The names of these people, as they are known and in the directory."""
        users = extent.users or _NOBODY
        known = self._store.upstream.usernames(users)
        return known | self._target.names_of(users, frozenset(map(twin_key, known)))


def _shown_out(snapshot: Snapshot) -> frozenset[str]:
    """The people whom a reading shows as deactivated or suspended."""
    away = (user for user, status in snapshot.unassigned.items() if status in OUT_BY_ITSELF)
    return frozenset([*away, *(user.id for user in snapshot.users if user.status in OUT_BY_ITSELF)])
