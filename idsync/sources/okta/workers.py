"""Threads that drain Okta's buckets in parallel: each bucket has its own, so that none waits for another's window."""

import threading
import time
from collections.abc import Callable, Mapping
from queue import SimpleQueue
from types import TracebackType
from typing import Self

from idsync.errors import SourceError
from idsync.okta.request import Abandoned

Task = Callable[[], None]

_TICK = 0.2
_PARTING = 2.0
"""Seconds that all threads together have to end. A thread that is still connecting cannot be stopped and is left."""


class Workers:
    """Runs tasks, which may add tasks, until none is left or one fails. Used as a context."""

    def __init__(self, sizes: Mapping[str, int], give_up: Callable[[], None]) -> None:
        """`sizes` says how many threads each bucket has; `give_up` makes tasks under way end soon."""
        self._give_up = give_up
        self._queues: dict[str, SimpleQueue[Task | None]] = {bucket: SimpleQueue() for bucket in sizes}
        self._changed = threading.Condition()
        self._open = 0
        self._stopped = False
        self._failure: BaseException | None = None
        self._threads = [
            (threading.Thread(target=self._work, args=(tasks,), name=f"idsync-okta-{bucket}", daemon=True), tasks)
            for bucket, tasks in self._queues.items()
            for _ in range(sizes[bucket])
        ]

    def __enter__(self) -> Self:
        try:
            for thread, _ in self._threads:
                thread.start()
        except RuntimeError:
            for _, tasks in self._threads:
                tasks.put(None)
            raise SourceError(
                "Okta cannot be read: the system lets this process start no more threads.",
                why=f"Its limit is reached; {len(self._threads)} are needed.",
                fix="Raise the limit of processes (`ulimit -u`, or that of the container).",
            ) from None
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is not None:
            self._stop(error)
        for _, tasks in self._threads:
            tasks.put(None)
        latest = time.monotonic() + _PARTING
        for thread, _ in self._threads:
            thread.join(max(latest - time.monotonic(), 0.0))

    def submit(self, bucket: str, task: Task) -> None:
        """Add a task to the queue of a bucket."""
        with self._changed:
            self._open += 1
        self._queues[bucket].put(task)

    def drain(self, tick: Callable[[], None]) -> None:
        """Wait until every task is done, calling `tick` now and then; raises what a task raised first."""
        while True:
            with self._changed:
                if self._failure is not None:
                    raise self._failure
                if not self._open:
                    break
                self._changed.wait(_TICK)
            tick()

    def _work(self, tasks: "SimpleQueue[Task | None]") -> None:
        while (task := tasks.get()) is not None:
            try:
                if not self._stopped:
                    task()
            except Abandoned:
                pass
            except BaseException as error:
                self._stop(error)  # `drain` raises it in the caller's thread
            with self._changed:
                self._open -= 1
                if not self._open:
                    self._changed.notify_all()

    def _stop(self, error: BaseException) -> None:
        """Keep the first error and let everything under way end."""
        with self._changed:
            if self._failure is None:
                self._failure = error
            self._stopped = True
            self._changed.notify_all()
        self._give_up()
