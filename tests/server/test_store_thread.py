"""The thread that alone has a handle of the store."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from idsync.server.store_thread import MOST_AT_ONCE, Job, Outcome, StoreThread


class Batches:
    """A store that knows only how many jobs it was given at once."""

    def __init__(self) -> None:
        self.sizes: list[int] = []

    @contextmanager
    def opened(self) -> Iterator[Any]:
        yield None

    def make(self, store: Any, jobs: list[Job]) -> list[Outcome]:
        self.sizes.append(len(jobs))
        return [(job, job.make(store), None) for job in jobs]


@pytest.fixture
def batches() -> Batches:
    return Batches()


@pytest.fixture
def thread(batches: Batches) -> Iterator[StoreThread]:
    thread = StoreThread("test", batches.opened, batches.make)
    thread.start()
    yield thread
    thread.stop()


async def _come(thread: StoreThread, turns: int) -> int:
    """Asks for a job so many turns of the event loop later."""
    for _ in range(turns):
        await asyncio.sleep(0)
    return int(await thread.outcome(lambda _: turns))


def test_jobs_that_come_in_turns_next_to_each_other_are_given_at_once(thread: StoreThread, batches: Batches) -> None:
    async def come() -> list[int]:
        return await asyncio.gather(*(_come(thread, turns) for turns in (0, 0, 1, 2, 2, 3)))

    assert asyncio.run(come()) == [0, 0, 1, 2, 2, 3]
    assert batches.sizes == [6]


def test_jobs_that_never_end_to_come_are_given_as_many_as_share_a_commit(thread: StoreThread, batches: Batches) -> None:
    async def come() -> None:
        await asyncio.gather(*(_come(thread, turns) for turns in range(MOST_AT_ONCE + 1)))

    asyncio.run(come())

    assert batches.sizes == [MOST_AT_ONCE, 1]


def test_who_stops_it_gets_what_has_come(batches: Batches) -> None:
    thread = StoreThread("test", batches.opened, batches.make)
    thread.start()

    async def come() -> int:
        asked = asyncio.ensure_future(_come(thread, 0))
        await asyncio.sleep(0)
        thread.stop()
        return await asked

    assert asyncio.run(come()) == 0
    assert batches.sizes == [1]
