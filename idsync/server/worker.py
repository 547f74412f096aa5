"""The one thread that owns the store. What has queued up is done in one transaction and committed once.

Every answer waits for the commit, so that what a client was told is kept; what fails is undone alone.
"""

import asyncio
import queue
import threading
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import Any, TypeVar

from idsync.apply.lease import with_target
from idsync.stores.protocol import Holder, Store

T = TypeVar("T")

MOST_AT_ONCE = 64
"""So many jobs share one commit."""
LEASE_SECONDS = 20.0
"""So long jobs that write wait for another run to give the target back: a client waits sixty seconds at most."""


@dataclass(frozen=True)
class _Job:
    make: Callable[[Store], Any]
    writes: bool
    loop: asyncio.AbstractEventLoop
    answer: "asyncio.Future[Any]"


class Worker:
    """Does jobs on a store that it alone opens; `start` and `stop` it once."""

    def __init__(
        self,
        open_store: Callable[[], AbstractContextManager[Store]],
        target: str,
        holder: Holder,
        sleep: Callable[[float], None],
    ) -> None:
        self._open_store = open_store
        self._target = target
        self._holder = holder
        self._sleep = sleep
        self._jobs: queue.SimpleQueue[_Job | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._work, name="store", daemon=True)
        self._opened = threading.Event()
        self._failure: BaseException | None = None
        self.after_undone: list[Callable[[], None]] = []

    def start(self) -> None:
        """Open the store; raises what opening it raises."""
        self._thread.start()
        self._opened.wait()
        if self._failure is not None:
            raise self._failure

    def stop(self) -> None:
        """Do what is queued, and close the store; a second time does nothing."""
        self._jobs.put(None)
        self._thread.join()

    async def read(self, make: Callable[[Store], T]) -> T:
        """What a job finds that only reads."""
        return await self._queued(make, writes=False)

    async def write(self, make: Callable[[Store], T]) -> T:
        """What a job leaves, once it is committed."""
        return await self._queued(make, writes=True)

    async def _queued(self, make: Callable[[Store], T], *, writes: bool) -> T:
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[T] = loop.create_future()
        self._jobs.put(_Job(make, writes, loop, answer))
        return await answer

    def _work(self) -> None:
        try:
            with self._open_store() as store:
                self._opened.set()
                while (jobs := self._next()) is not None:
                    self._do(store, jobs)
        except BaseException as error:
            self._failure = error
            self._opened.set()

    def _next(self) -> list[_Job] | None:
        """What has queued up; None when it is time to stop."""
        first = self._jobs.get()
        if first is None:
            return None
        jobs = [first]
        while len(jobs) < MOST_AT_ONCE and not self._jobs.empty():
            job = self._jobs.get()
            if job is None:
                self._jobs.put(None)
                break
            jobs.append(job)
        return jobs

    def _do(self, store: Store, jobs: list[_Job]) -> None:
        outcomes: list[tuple[_Job, Any, Exception | None]] = []
        try:
            if any(job.writes for job in jobs):
                outcomes = self._written(store, jobs)
            else:
                outcomes = [_attempt(store, job) for job in jobs]
        except Exception as error:  # the lease, or the commit: nothing of these jobs was kept
            for forget in self.after_undone:
                forget()
            outcomes = [(job, None, error) for job in jobs]
        for job, found, failure in outcomes:
            job.loop.call_soon_threadsafe(_tell, job.answer, found, failure)

    def _written(self, store: Store, jobs: list[_Job]) -> list[tuple[_Job, Any, Exception | None]]:
        """The outcomes of jobs in one transaction, in which the target is taken and given back: one commit for all."""
        with with_target(store, self._target, self._holder, seconds=LEASE_SECONDS, sleep=self._sleep):
            return [_attempt(store, job) for job in jobs]


def _attempt(store: Store, job: _Job) -> tuple[_Job, Any, Exception | None]:
    try:
        with store.attempt() if job.writes else nullcontext():
            return job, job.make(store), None
    except Exception as error:
        return job, None, error


def _tell(answer: "asyncio.Future[Any]", found: Any, failure: Exception | None) -> None:
    if answer.done():  # the client went away
        return
    if failure is None:
        answer.set_result(found)
    else:
        answer.set_exception(failure)
