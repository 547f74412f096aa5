"""Every implementation of the target protocol."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from idsync.stores.sqlite.store import open_store
from idsync.targets.local import LocalTarget
from idsync.targets.protocol import Target
from tests.targets.memory import MemoryTarget


@pytest.fixture(params=["local", "memory"])
def target(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Target]:
    if request.param == "memory":
        yield MemoryTarget()
        return
    with open_store(tmp_path / "idsync.db") as store:
        yield LocalTarget(store.directory)


@pytest.fixture
def local(tmp_path: Path) -> Iterator[LocalTarget]:
    with open_store(tmp_path / "idsync.db") as store:
        yield LocalTarget(store.directory)


@pytest.fixture
def reopened(tmp_path: Path) -> Iterator[Callable[[], LocalTarget]]:
    """Opens the local target's file anew, as another process would."""
    opened = []

    def again() -> LocalTarget:
        store = open_store(tmp_path / "idsync.db")
        opened.append(store)
        return LocalTarget(store.directory)

    yield again
    for store in opened:
        store.close()
