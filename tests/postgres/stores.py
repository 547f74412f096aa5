"""Stores in databases of the tests' own server, one for each place that a test names."""

from functools import cache
from pathlib import Path

from idsync.stores.postgres.store import open_postgres
from idsync.stores.protocol import Access
from tests.postgres.server import server

_databases: dict[Path, str] = {}


@cache
def _empty_store() -> str:
    """A database with a store in which there is nothing, to make others like it."""
    name = server().new_database()
    open_postgres(server().url(name), Access.WRITE).close()
    return name


def new_store() -> str:
    """The name of a new database with an empty store."""
    return server().new_database(_empty_store())


def database_at(place: Path) -> str:
    """The database of a place, which is made with an empty store when it is first asked for."""
    if place not in _databases:
        _databases[place] = new_store()
    return _databases[place]


def drop_databases() -> None:
    """Remove the databases of all places."""
    while _databases:
        server().drop_database(_databases.popitem()[1])
