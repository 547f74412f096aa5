"""What the service does with the store: one thread writes, and one reads, which does not wait for the other.

What has queued up to be written is done in one transaction and committed once. Every answer waits for the commit, so
that what a client was told is kept, and is there for who reads next; what fails is undone alone.
"""

import threading
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext, suppress
from itertools import groupby
from typing import Any, TypeVar, cast

from idsync.apply.lease import with_target
from idsync.errors import StoreAway, StoreBusy, StoreError, StoreReplaced
from idsync.server.store_thread import MOST_AT_ONCE, Job, Outcome, StoreThread, Together
from idsync.stores.protocol import Holder, Store

T = TypeVar("T")

LEASE_SECONDS = 20.0
"""So long jobs that write wait for another run to give the target back: a client waits sixty seconds at most."""


class Worker:
    """Does jobs on a store that its threads alone open; `start` and `stop` it once."""

    def __init__(
        self,
        open_store: Callable[[], AbstractContextManager[Store]],
        target: str,
        holder: Holder,
        sleep: Callable[[float], None],
    ) -> None:
        self._target = target
        self._holder = holder
        self._sleep = sleep
        self._ends = threading.Event()
        self._writer = StoreThread("writes", open_store, self._written)
        self._reader = StoreThread("reads", open_store, self._read)
        self.after_undone: list[Callable[[], None]] = []
        self.when_replaced: list[Callable[[StoreReplaced], None]] = []
        """Told, in a thread of the store, that the store is another one by now."""

    def start(self) -> None:
        """Open the store; raises what opening it raises."""
        self._writer.start()  # the first one may have to migrate
        self._reader.start()

    def end(self) -> None:
        """Let nobody wait any longer for another run to give the target back: the service ends."""
        self._ends.set()

    def stop(self) -> None:
        """Do what is queued, and close the store; a second time does nothing."""
        self._reader.stop()
        self._writer.stop()

    @property
    def waiting(self) -> int:
        """So many jobs wait to be written."""
        return self._writer.waiting

    async def read(self, make: Callable[[Store], T]) -> T:
        """What a job finds that only reads: one state, with all in it that was answered."""
        return cast(T, await self._reader.outcome(make))

    async def find(self, make: Callable[[Store], T]) -> T:
        """What a job finds by one statement, which sees one state without a span of reads around it."""
        return cast(T, await self._reader.outcome(make, asks_once=True))

    async def write(self, make: Callable[[Store], T], together: Together | None = None, given: Any = None) -> T:
        """What a job leaves, once it is committed; with `together`, it may be made as one with others of that."""
        return cast(T, await self._writer.outcome(make, together, given))

    def _written(self, store: Store, jobs: list[Job], *, apart: bool = False) -> list[Outcome]:
        """The outcomes of jobs in one transaction, in which the target is taken and given back: one commit for all.

        Where they can be made as one, nothing else is in the transaction, so that all of it is undone where that
        fails; each is then made in a part of another one, as all are with `apart`.
        """
        outcomes: list[Outcome] = []
        are_one = False
        if not apart:
            _foresee(store, jobs)
        try:
            with with_target(store, self._target, self._holder, seconds=LEASE_SECONDS, sleep=self._pause):
                jobs += self._writer.queued(MOST_AT_ONCE - len(jobs))  # came while others wrote, here or elsewhere
                groups = _groups(jobs)
                are_one = not apart and len(groups) == 1 and (len(jobs) == 1 or groups[0][0] is not None)
                if are_one:
                    outcomes = _made_as_one(store, jobs, groups[0][0])
                else:
                    for together, group in groups:
                        outcomes += self._made(store, group, None if apart else together)
        except Exception as error:
            self._forget()
            if not are_one or isinstance(error, StoreAway | StoreBusy):  # the lease, or the commit
                self._tell(error)
                raise
            if len(jobs) == 1:
                return [(jobs[0], None, error)]
        else:
            return outcomes
        return self._written(store, jobs, apart=True)

    def _pause(self, seconds: float) -> None:
        if self._ends.is_set():
            raise StoreBusy(
                "Another run is at work, and this service ends.", why="It waits no longer.", fix="Try again soon."
            )
        self._sleep(seconds)

    def _made(self, store: Store, jobs: list[Job], together: Together | None) -> list[Outcome]:
        """The outcomes of jobs as one, where they may be and that comes to the same; else of each alone."""
        if together is not None and len(jobs) > 1:
            try:
                with store.attempt():
                    return _made_as_one(store, jobs, together)
            except Exception:  # each is told its own part of it, made alone
                self._forget()
        return [_attempt(store, job) for job in jobs]

    def _read(self, store: Store, jobs: list[Job]) -> list[Outcome]:
        outcomes = _read(store, jobs)
        for _, _, failure in outcomes:
            self._tell(failure)
        return outcomes

    def _tell(self, failure: Exception | None) -> None:
        if isinstance(failure, StoreReplaced):
            for told in self.when_replaced:
                told(failure)

    def _forget(self) -> None:
        for forget in self.after_undone:
            forget()


def _groups(jobs: list[Job]) -> list[tuple[Together | None, list[Job]]]:
    """Jobs next to each other that can be made as one."""
    return [(together, [*group]) for together, group in groupby(jobs, key=lambda job: job.together)]


def _foresee(store: Store, jobs: list[Job]) -> None:
    for together, group in _groups(jobs):
        if together is not None:
            with suppress(StoreError):  # what is wrong with it, the job itself is told
                together.foresee(store, [job.given for job in group])


def _made_as_one(store: Store, jobs: list[Job], together: Together | None) -> list[Outcome]:
    if together is None or len(jobs) == 1:
        return [(job, job.make(store), None) for job in jobs]
    found = together(store, [job.given for job in jobs])
    return [_outcome(job, each) for job, each in zip(jobs, found, strict=True)]


def _outcome(job: Job, found: Any) -> Outcome:
    return (job, None, found) if isinstance(found, Exception) else (job, found, None)


def _attempt(store: Store, job: Job) -> Outcome:
    try:
        with store.attempt():
            return job, job.make(store), None
    except Exception as error:
        return job, None, error


def _read(store: Store, jobs: list[Job]) -> list[Outcome]:
    outcomes: list[Outcome] = []
    for job in jobs:
        try:
            with nullcontext() if job.asks_once else store.directory.reading():
                outcomes.append((job, job.make(store), None))
        except Exception as error:
            outcomes.append((job, None, error))
    return outcomes
