"""The store in a PostgreSQL database."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from idsync.stores.postgres.store import PostgresStore, open_postgres
from idsync.stores.protocol import Access
from tests.postgres.server import server
from tests.postgres.stores import database_at


@pytest.fixture
def database(tmp_path: Path) -> str:
    """The name of a database with an empty store."""
    return database_at(tmp_path)


@pytest.fixture
def nothing() -> Iterator[str]:
    """The name of a database without a store."""
    name = server().new_database()
    yield name
    server().drop_database(name)


@pytest.fixture
def store(database: str) -> Iterator[PostgresStore]:
    with open_postgres(server().url(database), Access.WRITE) as opened:
        yield opened


@pytest.fixture
def other(store: PostgresStore, database: str) -> Iterator[PostgresStore]:
    """The same store, as another process sees it."""
    with open_postgres(server().url(database), Access.WRITE) as opened:
        yield opened
