"""Every implementation of the store's protocol, each in two processes' eyes."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from idsync.stores.protocol import Store
from tests.postgres.stores import free_databases
from tests.stores.contract import IMPLEMENTATIONS, Clock, Opener


@pytest.fixture(params=list(IMPLEMENTATIONS.values()), ids=list(IMPLEMENTATIONS))
def opener(request: pytest.FixtureRequest) -> Opener:
    opener: Opener = request.param
    return opener


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def store(opener: Opener, tmp_path: Path, clock: Clock) -> Iterator[Store]:
    with opener(tmp_path, clock) as opened:
        yield opened


@pytest.fixture
def other(store: Store, opener: Opener, tmp_path: Path, clock: Clock) -> Iterator[Store]:
    """The same store, as another process sees it."""
    with opener(tmp_path, clock) as opened:
        yield opened


@pytest.fixture(autouse=True)
def databases() -> Iterator[None]:
    """Empties the databases that a test used."""
    yield
    free_databases()


@pytest.fixture
def place(tmp_path_factory: pytest.TempPathFactory) -> Callable[[], Path]:
    """Gives a folder of its own at each call, for tests that live through many lives of a store."""
    return lambda: tmp_path_factory.mktemp("store")


@pytest.fixture(autouse=True)
def copied_stores() -> None:
    """Stores are migrated here: that is what is tested."""
