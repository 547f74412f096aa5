"""This service among those that share its store: how it waits for older ones to end, and says that it runs itself."""

import os
import signal
import threading
from collections.abc import Callable
from contextlib import AbstractContextManager, suppress

from idsync.errors import IdsyncError, LeaseLost, OlderReplica, SchemaMoved, StoreReplaced
from idsync.server.logs import LOG
from idsync.stores.protocol import Holder, Lease, Store

OLDER_SECONDS = 75.0
"""So long a service waits for older ones: more than the row of one that was killed outlives it."""
RENEW_SECONDS = 15.0
_PAUSE = 1.0
OpenStore = Callable[[], AbstractContextManager[Store]]


def wait_for_older(open_store: OpenStore, sleep: Callable[[float], None]) -> None:
    """Bring the store to this version once no service of an older one uses it. Raises OlderReplica, which names it."""
    waited = 0.0
    while True:
        try:
            with open_store():
                return
        except OlderReplica as error:
            if waited == 0:
                LOG.warning("Waiting for an older service to end: %s. %s", error.holder, error.why)
            if waited >= OLDER_SECONDS:
                raise
        sleep(_PAUSE)
        waited += _PAUSE


class Presence:
    """Says in the store that this service runs, on a handle of its own, so that it waits for nobody who writes.

    Where another version brings the store to a newer schema, or the store is replaced by another one, it lets the
    process end, and `failure` says why.
    """

    def __init__(self, open_store: OpenStore, holder: Holder) -> None:
        self._open_store = open_store
        self._holder = holder
        self._ends = threading.Event()
        self._said = threading.Event()
        self._lock = threading.Lock()
        self._listens = False
        self._thread = threading.Thread(target=self._keep, name="presence", daemon=True)
        self.failure: IdsyncError | None = None

    def start(self) -> None:
        """Say it, and go on saying it. Raises what opening the store raises."""
        self._thread.start()
        self._said.wait()
        if self.failure is not None:
            raise self.failure

    def stop(self) -> None:
        """Say that this service ends, so that nobody waits for it; a second time does nothing."""
        self._ends.set()
        self._thread.join()

    def end(self, failure: IdsyncError) -> None:
        """Let the process end, once, and say why; one that starts ends as soon as it listens."""
        with self._lock:
            is_first, self.failure = self.failure is None, self.failure or failure
            if is_first and self._listens:
                _end_process()

    def listens(self) -> None:
        """The process listens: a signal ends it in its order from now on, and not as one that was broken off."""
        with self._lock:
            self._listens = True
            if self.failure is not None:
                _end_process()

    def _keep(self) -> None:
        try:
            with self._open_store() as store:
                lease = store.replicas.announce(self._holder)
                self._said.set()
                while not self._ends.wait(RENEW_SECONDS):
                    lease = self._renewed(store, lease)
                with suppress(IdsyncError):
                    store.replicas.leave(lease)
        except IdsyncError as error:
            if self._said.is_set():
                self.end(error)
            else:
                self.failure = error
                self._said.set()

    def _renewed(self, store: Store, lease: Lease) -> Lease:
        """The lease for some time more; raises SchemaMoved and StoreReplaced."""
        try:
            store.leases.renew(lease)
        except LeaseLost:  # such as after a backup was restored
            return store.replicas.announce(self._holder)
        except (SchemaMoved, StoreReplaced):
            raise
        except IdsyncError:  # the store is busy or away, and is asked again before the row ends
            pass
        return lease


def _end_process() -> None:
    os.kill(os.getpid(), signal.SIGTERM)
