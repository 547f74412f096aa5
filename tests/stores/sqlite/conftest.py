"""The store in a SQLite file."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from idsync.stores.sqlite.store import SqliteStore, open_store


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "idsync.db"


@pytest.fixture
def store(path: Path) -> Iterator[SqliteStore]:
    with open_store(path) as opened:
        yield opened


@pytest.fixture
def other(store: SqliteStore, path: Path) -> Iterator[SqliteStore]:
    """The same store, as another process sees it."""
    with open_store(path) as opened:
        yield opened
