"""Every implementation of the target protocol."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from idsync.stores.sqlite.store import open_store
from idsync.targets.local import LocalTarget
from tests.targets.contract import IMPLEMENTATIONS, LOCKING
from tests.targets.world import ORG, WritableTarget


@pytest.fixture(params=IMPLEMENTATIONS)
def target(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[WritableTarget]:
    """Every target, empty."""
    with open_store(tmp_path / "idsync.db") as store, IMPLEMENTATIONS[request.param].open(store, tmp_path) as opened:
        yield opened


@pytest.fixture(params=LOCKING)
def locking(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[WritableTarget]:
    """Every target that holds locks, empty."""
    with open_store(tmp_path / "idsync.db") as store, IMPLEMENTATIONS[request.param].open(store, tmp_path) as opened:
        yield opened


@pytest.fixture
def local(tmp_path: Path) -> Iterator[LocalTarget]:
    with open_store(tmp_path / "idsync.db") as store:
        yield LocalTarget(store.directory, ORG)


@pytest.fixture
def reopened(tmp_path: Path) -> Iterator[Callable[[], LocalTarget]]:
    """Opens the local target's file again, as another process would."""
    opened = []

    def again() -> LocalTarget:
        store = open_store(tmp_path / "idsync.db")
        opened.append(store)
        return LocalTarget(store.directory, ORG)

    yield again
    for store in opened:
        store.close()
