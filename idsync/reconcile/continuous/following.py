"""How ticks learn what moved: from the log of the source, or from its listings where the log cannot be followed.

That is said once when it begins and once when it ends, and is kept in the store, for people to see.
"""

from collections.abc import Callable
from datetime import datetime, timedelta

import msgspec

from idsync.config.settings import Settings
from idsync.errors import AuthorizationError
from idsync.model.canonical import canonical_bytes
from idsync.model.extent import Extent
from idsync.model.moves import Moves
from idsync.model.times import format_time
from idsync.reconcile.continuous.by_listings import ByListings, ListingSource
from idsync.reconcile.continuous.log_cursor import LogCursor
from idsync.reconcile.continuous.watching import LogSource
from idsync.stores.protocol import Facts, Store
from idsync.targets.protocol import DirectoryReader

LOG_AGAIN = 300.0
"""Seconds after which a log that may not be read is asked for once more."""
_BACK = timedelta(hours=1)
"""So far back a log is read that was never read before: what a listing of everybody has not shown yet is in it."""
_WITHOUT = "without_log/{}"
DENIED = (
    "The System Log may not be read (okta.logs.read): changes are found by times of change and by listings, "
    "which sees some of them minutes later."
)
STUCK = (
    "The System Log names no way past its last page: changes are found by times of change and by listings, "
    "which sees some of them minutes later."
)
BACK = "The System Log can be followed again."
LOST = "The System Log does not go back to where it was read last: everything is read."


class WithoutLog(msgspec.Struct, frozen=True):
    """Since when the log cannot be followed, and why, in words."""

    since: str
    why: str


_WITHOUT_LOG = msgspec.json.Decoder(WithoutLog)


def without_log(facts: Facts, integration: str) -> WithoutLog | None:
    """Whether the log of an integration cannot be followed now."""
    known = facts.get(_WITHOUT.format(integration))
    return None if known is None else _WITHOUT_LOG.decode(known)


class Look(msgspec.Struct, frozen=True):
    """What a look found moved. `settle` keeps that it was read, or that everything is going to be.

    With `in_doubt` everything has to be read; `behind` says that there is more to look at, `note` what to tell people,
    `alone` whom nothing gave an app or a group, and `leaving` whom the log says to go.
    """

    extent: Extent
    settle: Callable[[], None]
    in_doubt: bool = False
    behind: bool = False
    note: str = ""
    alone: frozenset[str] = frozenset()
    leaving: frozenset[str] = frozenset()


class Following:
    """The looks of one process at one integration."""

    def __init__(self, store: Store, integration: str, clock: Callable[[], float]) -> None:
        """`clock` gives seconds and never goes back."""
        self._facts = store.facts
        self._key = _WITHOUT.format(integration)
        self._integration = integration
        self._clock = clock
        self._cursor = LogCursor(store, integration)
        self._listings = ByListings(store, integration, clock)
        self._seen: frozenset[str] = frozenset()
        self._log_at = 0.0
        self._told = ""

    @property
    def by_log(self) -> bool:
        """Whether the last look was at the log."""
        return not self._told

    def look_again(self) -> None:
        """Find once more what the last look found: the store may not have kept that."""
        self._seen = frozenset()
        self._listings.look_again()

    def look(self, source: LogSource, settings: Settings, target: DirectoryReader, begun: datetime) -> Look:
        """What moved since the last look. Raises AuthorizationError where nothing may be read, and SourceError."""
        listed = source if isinstance(source, ListingSource) else None
        if listed is not None and self._told == DENIED and self._clock() < self._log_at:
            return self._by_listings(listed, settings, target, begun, DENIED)
        cursor = self._cursor.known()
        since = begun - _BACK if cursor is None and self._told else begun
        try:
            moves = source.moves(cursor, since, self._seen)
        except AuthorizationError:
            if listed is None:
                raise
            self._log_at = self._clock() + LOG_AGAIN
            return self._by_listings(listed, settings, target, begun, DENIED)
        if moves.stuck and listed is not None:
            look = self._by_listings(listed, settings, target, begun, STUCK)
            settle = _both(look.settle, lambda: self._settle(cursor, moves))
            extent = look.extent | moves.extent()
            return msgspec.structs.replace(look, extent=extent, settle=settle, leaving=moves.leaving)
        return self._by_log(cursor, moves)

    def _by_log(self, cursor: str | None, moves: Moves) -> Look:
        was_without = bool(self._told) or self._facts.get(self._key) is not None
        notes = [BACK] if was_without else []
        if moves.lost:
            notes.append(LOST)
        self._told = ""

        def settle() -> None:
            self._settle(cursor, moves)
            if was_without:
                self._facts.delete(self._key)
                self._listings.stop()

        return Look(moves.extent(), settle, moves.lost, moves.behind, " ".join(notes), moves.alone, moves.leaving)

    def _settle(self, cursor: str | None, moves: Moves) -> None:
        self._seen = moves.events
        self._cursor.move(cursor, moves.cursor)

    def _by_listings(
        self, source: ListingSource, settings: Settings, target: DirectoryReader, begun: datetime, why: str
    ) -> Look:
        found = self._listings.look(source, settings, target)
        note = "" if self._told == why else why
        self._told = why

        def settle() -> None:
            self._listings.settle()
            known = without_log(self._facts, self._integration)
            if known is None or known.why != why:
                self._facts.put({self._key: canonical_bytes(WithoutLog(format_time(begun), why))})

        return Look(found.extent, settle, found.in_doubt, note=note)


def _both(first: Callable[[], None], second: Callable[[], None]) -> Callable[[], None]:
    def settle() -> None:
        first()
        second()

    return settle
