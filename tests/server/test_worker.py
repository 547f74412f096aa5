"""What is written as one, and what is undone where it fails."""

import asyncio
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from idsync.errors import StoreAway, StoreError
from idsync.server.worker import Worker
from idsync.stores.protocol import Access, Holder, Store
from idsync.stores.sqlite.store import SqliteStore, open_sqlite

HOLDER = Holder(process=1, host="here", user="me", since="2026-01-01T00:00:00Z")


class Failing:
    """A store whose next commits fail."""

    def __init__(self, file: Path) -> None:
        self.file = file
        self.failures: list[Exception] = []
        self.commits = 0

    def opened(self) -> Store:
        store = open_sqlite(self.file, Access.WRITE)
        connection, commit = store._connection, store._connection._commit

        def committed() -> None:
            self.commits += 1
            if self.failures:
                raise self.failures.pop()
            commit()

        connection._commit = committed  # type: ignore[method-assign]
        return store


@pytest.fixture
def failing(tmp_path: Path) -> Failing:
    return Failing(tmp_path / "idsync.db")


@pytest.fixture
def worker(failing: Failing) -> Iterator[Worker]:
    worker = Worker(failing.opened, "local", HOLDER, lambda _: None)
    worker.start()
    failing.commits = 0
    yield worker
    worker.stop()


def noted(name: str) -> Callable[[Store], str]:
    """A job that leaves a fact of this name."""

    def make(store: Store) -> str:
        store.facts.put({name: b"there"})
        return f"{name} alone"

    return make


@dataclass(frozen=True)
class AtOnce:
    """Leaves all of these facts at once, and fails then where one of them is so."""

    fails: bool = False

    def foresee(self, store: Store, names: Sequence[str]) -> None:
        """Say which, before anything is written; what is wrong with them fails nothing yet."""
        assert isinstance(store, SqliteStore)
        assert not store._connection.is_writing
        raise StoreError(f"{names} cannot be asked for", why="", fix="")

    def __call__(self, store: Store, names: Sequence[str]) -> list[Any]:
        store.facts.put(dict.fromkeys(names, b"there"))
        if self.fails:
            refused(store)
        return [f"{name} with others" for name in names]


noted_together, refused_together = AtOnce(), AtOnce(fails=True)


def made(worker: Worker, *jobs: tuple[Callable[[Store], Any], Any, Any]) -> list[Any]:
    """The outcomes of jobs that come at one time."""

    async def come() -> list[Any]:
        return await asyncio.gather(*(worker.write(*job) for job in jobs), return_exceptions=True)

    return asyncio.run(come())


def kept(worker: Worker, *names: str) -> list[bool]:
    """Which of these facts are there."""
    return asyncio.run(worker.read(lambda store: [store.facts.get(name) is not None for name in names]))


def refused(store: Store) -> None:
    """A job that fails after it has written."""
    store.facts.put({"refused": b"there"})
    raise ValueError("refused")


def test_jobs_that_are_made_as_one_share_a_commit(worker: Worker, failing: Failing) -> None:
    told = made(worker, *((noted(name), noted_together, name) for name in ("a", "b")))
    assert told == ["a with others", "b with others"]
    assert (kept(worker, "a", "b"), failing.commits) == ([True, True], 1)


def test_where_one_fails_nothing_of_it_is_kept_and_each_is_made_alone(worker: Worker, failing: Failing) -> None:
    told = made(worker, *((noted(name), refused_together, name) for name in ("a", "b")))
    assert told == ["a alone", "b alone"]
    assert (kept(worker, "a", "b", "refused"), failing.commits) == ([True, True, False], 1)


def test_where_the_commit_is_refused_each_is_made_alone(worker: Worker, failing: Failing) -> None:
    failing.failures.append(ValueError("a row that cannot be"))
    told = made(worker, *((noted(name), noted_together, name) for name in ("a", "b")))
    assert told == ["a alone", "b alone"]
    assert (kept(worker, "a", "b"), failing.commits) == ([True, True], 2)


def test_where_nobody_knows_whether_it_was_committed_nothing_is_made_again(worker: Worker, failing: Failing) -> None:
    away = StoreAway("gone")
    failing.failures.append(away)
    told = made(worker, *((noted(name), noted_together, name) for name in ("a", "b")))
    assert told == [away, away]
    assert failing.commits == 1


def test_what_fails_by_itself_leaves_nothing_and_is_not_made_twice(worker: Worker, failing: Failing) -> None:
    (told,) = made(worker, (refused, None, None))
    assert isinstance(told, ValueError)
    assert (kept(worker, "refused"), failing.commits) == ([False], 0)


def test_what_fails_beside_others_leaves_nothing_and_takes_nothing_with_it(worker: Worker, failing: Failing) -> None:
    told = made(worker, (noted("a"), None, None), (refused, None, None), (noted("b"), None, None))
    assert (told[0], told[2]) == ("a alone", "b alone")
    assert isinstance(told[1], ValueError)
    assert (kept(worker, "a", "b", "refused"), failing.commits) == ([True, True, False], 1)
