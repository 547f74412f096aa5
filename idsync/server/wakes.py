"""Words of other replicas: they come by way of the store, and wake the process that reconciles."""

import threading
from collections.abc import Callable

Listen = Callable[[Callable[[], None], threading.Event], bool]
"""Calls the function for each word until the event is set; False, at once, where nobody can listen."""


class Wakes:
    """Listens as long as it is started; where nobody can listen, each tick looks."""

    def __init__(self, listen: Listen, call: Callable[[], None]) -> None:
        self._ends = threading.Event()
        self._thread = threading.Thread(target=listen, args=(call, self._ends), name="wakes", daemon=True)

    def start(self) -> None:
        """Begin to listen."""
        self._thread.start()

    def stop(self) -> None:
        """End; a second time does nothing."""
        self._ends.set()
        if self._thread.ident is not None:
            self._thread.join()
