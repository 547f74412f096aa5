"""A thread that alone owns one handle of the store, and does what has queued up for it.

An exception knows the frames that it came through. No such frame may hold it once it is dealt with, by way of an answer
or an outcome: else bodies of many megabytes are kept until Python looks for cycles, which few large objects do not make
it do.
"""

import asyncio
import queue
import threading
from collections import deque
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any, Protocol

from idsync.stores.protocol import Store

MOST_AT_ONCE = 64
"""So many jobs are given at once, and share one commit where they write."""


class Together(Protocol):
    """Makes jobs as one, of what each gives to it."""

    def foresee(self, store: Store, given: list[Any], /) -> None:
        """Say to the store, before the transaction, what will be asked of it."""

    def __call__(self, store: Store, given: list[Any], /) -> list[Any]:
        """What each finds, or the exception that it is told in place of that. Raises where each must be made alone."""


@dataclass(frozen=True)
class Job:
    """What is to be made with the store; jobs that are next to each other and have one `together` may be one."""

    make: Callable[[Store], Any]
    loop: asyncio.AbstractEventLoop
    answer: "asyncio.Future[list[Any]]"
    """Will be what was found, and what was raised: emptied once it is read."""
    together: Together | None = None
    given: Any = None
    """What it gives to `together`."""
    asks_once: bool = False
    """Whether it is one statement that reads."""


Outcome = tuple[Job, Any, Exception | None]
"""A job, what it found, and what it raised in place of that."""


class StoreThread:
    """Gives jobs to `make`, all that wait at once, and tells their outcomes; `start` and `stop` it once."""

    def __init__(
        self,
        name: str,
        open_store: Callable[[], AbstractContextManager[Store]],
        make: Callable[[Store, list[Job]], list[Outcome]],
    ) -> None:
        self._open_store = open_store
        self._make = make
        self._come: list[Job] = []
        """What has come in these turns of the event loop, and is handed over when one brings nothing more."""
        self._jobs: deque[Job] = deque()
        self._wakes: queue.SimpleQueue[None] = queue.SimpleQueue()
        """Has something once there are jobs, or it is time to stop."""
        self._stops = threading.Event()
        self._thread = threading.Thread(target=self._work, name=name, daemon=True)
        self._opened = threading.Event()
        self._failure: BaseException | None = None

    def start(self) -> None:
        """Open the store; raises what opening it raises."""
        self._thread.start()
        self._opened.wait()
        if self._failure is not None:
            raise self._failure

    def stop(self) -> None:
        """Do what is queued, and close the store; a second time does nothing."""
        self._give()
        self._stops.set()
        self._wakes.put(None)
        if self._thread.ident is not None:
            self._thread.join()

    @property
    def waiting(self) -> int:
        """So many jobs wait that nobody has begun."""
        return len(self._jobs)

    def queued(self, most: int) -> list[Job]:
        """What has queued up by now, up to so many, for this thread to make with what it makes."""
        jobs: list[Job] = []
        while self._jobs and len(jobs) < most:
            jobs.append(self._jobs.popleft())
        return jobs

    async def outcome(
        self,
        make: Callable[[Store], Any],
        together: Together | None = None,
        given: Any = None,
        *,
        asks_once: bool = False,
    ) -> Any:
        """What a job finds; raises what it raises."""
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[list[Any]] = loop.create_future()
        self._come.append(Job(make, loop, answer, together, given, asks_once))
        if len(self._come) == 1:
            loop.call_soon(self._hand_over, loop, 0)
        outcome = await answer
        found, failure = outcome
        outcome.clear()
        if failure is None:
            return found
        try:
            raise failure
        finally:
            del failure

    def _hand_over(self, loop: asyncio.AbstractEventLoop, before: int) -> None:
        """Hand over what has come, unless the last turn of the loop brought more: those who push at one time are to
        share one transaction, which costs the same for many as for one.
        """
        if before < len(self._come) < MOST_AT_ONCE:
            loop.call_soon(self._hand_over, loop, len(self._come))
            return
        self._give()

    def _give(self) -> None:
        self._jobs.extend(self._come)
        self._come.clear()
        self._wakes.put(None)

    def _work(self) -> None:
        try:
            with self._open_store() as store:
                self._opened.set()
                while (jobs := self._next()) is not None:
                    outcomes = self._made(store, jobs)
                    del jobs  # and with them the bodies, which nobody needs while we wait
                    # One word to the event loop for all: each costs a system call, and may change the running thread.
                    outcomes[0][0].loop.call_soon_threadsafe(_tell, outcomes)
                    del outcomes
        except BaseException as error:
            self._failure = error
            self._opened.set()

    def _made(self, store: Store, jobs: list[Job]) -> list[Outcome]:
        try:
            return self._make(store, jobs)
        except Exception as error:  # nothing of these jobs was kept
            return [(job, None, error) for job in jobs]

    def _next(self) -> list[Job] | None:
        """What has queued up; None when it is time to stop."""
        while not (jobs := self.queued(MOST_AT_ONCE)):
            if self._stops.is_set():
                return None
            self._wakes.get()
        return jobs


def _tell(outcomes: list[Outcome]) -> None:
    while outcomes:
        job, found, failure = outcomes.pop(0)
        if not job.answer.done():  # else the client went away
            job.answer.set_result([found, failure])
