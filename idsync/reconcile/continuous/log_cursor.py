"""Where ticks stand in the source's log, kept in the store: a restart goes on there, and it never goes back."""

from collections.abc import Callable
from datetime import datetime

import msgspec

from idsync.errors import IdsyncError
from idsync.model.canonical import canonical_bytes
from idsync.reconcile.continuous.watching import LogSource
from idsync.sources.protocol import Source
from idsync.stores.protocol import Store

_CURSOR = "log_cursor/{}"


class LogCursor:
    """The place in the log of one integration, as the store knows it."""

    def __init__(self, store: Store, integration: str) -> None:
        self._store = store
        self._key = _CURSOR.format(integration)

    def known(self) -> str | None:
        """The place from which to go on; None where the log was never looked at."""
        known = self._store.facts.get(self._key)
        return None if known is None else msgspec.json.decode(known, type=str)

    def move(self, before: str | None, now: str) -> None:
        """Go on from `now`, where nobody else moved it from `before` meanwhile."""
        with self._store.transaction():
            if now != before and self.known() == before:
                self._store.facts.put({self._key: canonical_bytes(now)})

    def begin(self, source: Callable[[], Source], begun: datetime) -> None:
        """Learn where the log stands before a first reading, so that nothing which happens during it is missed."""
        if self.known() is not None or not isinstance(opened := source(), LogSource):
            return
        try:
            moves = opened.moves(None, begun)
        except IdsyncError:  # the first tick tells
            return
        self.move(None, moves.cursor)
