"""The passes of the process that reconciles: ticks in its own thread, and each full pass in another beside it; in yet
others that is read what ticks then make so.
"""

import threading
import time
from collections.abc import Callable
from contextlib import AbstractContextManager, suppress

from idsync.errors import IdsyncError
from idsync.reconcile.continuous.full_passes import FullPasses
from idsync.reconcile.continuous.loop import TickEnd
from idsync.reconcile.continuous.reconciling import Reconciling
from idsync.reconcile.continuous.ticks import Ticks
from idsync.reconcile.continuous.wishes import waiting_wish
from idsync.server.mailbox import Mailbox
from idsync.stores.protocol import Store


class TwoThreads:
    """Implements the loop's `Passes`. `store` is that of this thread; a full pass opens one of its own.

    `ended` says when anything beside ticks is over: to be waited for beside other news.
    """

    def __init__(
        self, store: Store, open_store: Callable[[], AbstractContextManager[Store]], reconciling: Reconciling
    ) -> None:
        self._store = store
        self._open_store = open_store
        self._reconciling = reconciling
        self._ticks = Ticks(store, reconciling)
        self._thread: threading.Thread | None = None
        self._full_is_over = False
        self._well = False
        self._failure: BaseException | None = None
        self._beside: list[threading.Thread] = []
        self._begun_by: str | None = None
        """The digest of what passes went by as the last full pass began."""
        self.ended = Mailbox()
        reconciling.beside = self._run_beside

    def leads(self) -> bool:
        """Whether this process has the lead, which it takes when it is free."""
        return self._reconciling.leads(self._store)

    def begin_full(self) -> None:
        """Begin a full pass."""
        self._begun_by = self._configuration() or self._begun_by  # where it is not to be had, the one before counts
        self._well, self._failure, self._full_is_over = False, None, False
        self._thread = threading.Thread(target=self._full, name="full pass", daemon=True)
        self._thread.start()

    def full_ended(self) -> bool | None:
        """Whether the full pass went well; None while it goes on. Raises what nobody expected of it."""
        if self._thread is None or not self._full_is_over:
            return None
        self._thread.join()
        self._thread = None
        if self._failure is not None:
            raise self._failure
        return self._well

    def tick(self) -> TickEnd:
        """Look at what moved, and make that so."""
        return self._ticks.tick()

    def heard_of_readings(self) -> bool:
        """Whether, since this was asked last, something was read beside that the next tick is to make so."""
        return bool(self.ended.take()) and self._ticks.has_read()

    def wants_full(self) -> bool:
        """Whether somebody asks for a full pass, which grants what they ask for; or whether passes go by another
        configuration than when the last one began, so that it may have left much as it was.
        """
        if waiting_wish(self._store.facts) is not None:
            return True
        return self._begun_by is not None and self._configuration() not in (None, self._begun_by)

    def stop(self, seconds: float) -> None:
        """Let a full pass break off, and what is read beside; wait so long for all of it; let another process lead."""
        self._reconciling.stopping.set()
        latest = time.monotonic() + seconds
        for thread in (*self._beside, self._thread):
            if thread is not None:
                thread.join(max(0.0, latest - time.monotonic()))
        self._reconciling.lead.give_back(self._store)

    def _configuration(self) -> str | None:
        """The digest of what passes go by; None where that cannot be told now."""
        with suppress(IdsyncError):
            return self._reconciling.in_force(self._store)[0].settings.digest
        return None

    def _full(self) -> None:
        try:
            with self._open_store() as store:
                self._well = FullPasses(store, self._reconciling).full()
        except BaseException as error:
            self._failure = error
        finally:
            self._full_is_over = True
            self.ended.put("full pass")

    def _run_beside(self, work: Callable[[], None]) -> None:
        def run() -> None:
            work()
            self.ended.put("reading")

        thread = threading.Thread(target=run, name="reading", daemon=True)
        self._beside = [*(each for each in self._beside if each.is_alive()), thread]
        thread.start()
