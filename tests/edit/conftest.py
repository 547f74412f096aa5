"""A store, and each kind of target to apply plans to."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from idsync.stores.sqlite.store import SqliteStore, open_store
from idsync.targets.local import LocalTarget
from idsync.targets.protocol import Target
from tests.targets.memory import MemoryTarget
from tests.targets.world import ORG


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "idsync.db"


@pytest.fixture
def store(path: Path) -> Iterator[SqliteStore]:
    with open_store(path) as opened:
        yield opened


@pytest.fixture
def local(store: SqliteStore) -> LocalTarget:
    return LocalTarget(store.directory, ORG)


@pytest.fixture(params=["local", "memory"])
def target(request: pytest.FixtureRequest, store: SqliteStore) -> Target:
    """The local target, whole or not at all, and one that keeps each write as it is made."""
    return MemoryTarget() if request.param == "memory" else LocalTarget(store.directory, ORG)
