"""What a tick read is judged, stored, and made so in one transaction; also what was stored and is not made so yet."""

from collections.abc import Callable

import msgspec
from msgspec.structs import replace

from idsync.apply.last_apply import last_apply
from idsync.model.extent import Extent, Reading
from idsync.model.identity import ACCESS_STATUSES
from idsync.model.names import twin_key
from idsync.plan.changes import Summary
from idsync.reconcile.continuous.reconciling import SERVICE, Place, Reconciling
from idsync.reconcile.continuous.watching import crosses_a_limit
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


class PartsMade:
    """Makes so what one tick is about, a part after the other."""

    def __init__(self, store: Store, reconciling: Reconciling, place: Place, lead: Lease | None) -> None:
        self._store = store
        self._reconciling = reconciling
        self._place = place
        self._lead = lead
        self._target: Target = place.target(store)
        self.begins = Began(store.pushed.last_push(), reconciling.clock(), lead, place.settings.digest)
        """What a reading has that this tick begins."""
        self.run: int | None = None
        """The last run, and what all of them did."""
        self.summaries: list[Summary] = []

    def make(self, again: Extent, read: PartRead | None = None, close: Callable[[], None] = lambda: None) -> bool:
        """Store what was read and make it so, with what is to be made `again`; `close` in the same transaction.

        False where the reading has lost so much that everything has to be looked at. A reading of which more is known
        by now is dropped, without `close`.
        """
        place, store, target = self._place, self._store, self._target
        with self._reconciling.writing(store, target, self._lead):
            if read is not None and self._is_overtaken(read.began):
                return True
            if read is not None and crosses_a_limit(place.settings, read.reading, store.upstream, target):
                close()
                return False
            now = store.now()
            asked = place.request(SERVICE, now)
            if read is not None:
                identify_read(place.settings, store, target, asked, read.reading)
            moved = again | self._forget_pushed()
            if read is not None:
                moved |= self._take(read)
            request = replace(asked, split=True, unattended=True)
            last = last_apply(store.facts, target)
            for applied in apply_part(
                place.settings, moved, store=store, target=target, last=last, now=now, request=request
            ):
                self.run = applied.run or self.run
                self.summaries.append(applied.summary)
            close()
        return True

    def _is_overtaken(self, began: Began) -> bool:
        """Whether a full pass that began later was stored since; another process led, or another configuration counted,
        between then and now.
        """
        as_it_was = began.lead == self.begins.lead and began.configuration == self.begins.configuration
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
