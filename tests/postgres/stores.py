"""Stores in databases of the tests' own server, one for each place that a test names.

A database is emptied after the test and given to the next: making one takes a hundred times as long.
"""

from functools import cache
from pathlib import Path

from idsync.stores.postgres.store import open_postgres
from idsync.stores.protocol import Access
from idsync.stores.tables.contents import TABLES
from tests.postgres.server import server

_databases: dict[Path, str] = {}
_free: list[str] = []
_EMPTY = "; ".join(
    (
        "SET session_replication_role = replica",  # the journal refuses to be emptied
        *(f"DELETE FROM idsync.{table.name}" for table in TABLES),
        "INSERT INTO idsync.directory (id, serial) VALUES (1, 0)",
        "INSERT INTO idsync.journal_end (id, sequence, chain) VALUES (1, 0, decode(repeat('00', 32), 'hex'))",
    )
)


@cache
def _empty_store() -> str:
    """A database with a store in which there is nothing, to make others like it."""
    name = server().new_database()
    open_postgres(server().url(name), Access.WRITE).close()
    return name


def new_store() -> str:
    """The name of a new database with an empty store, to do anything with."""
    return server().new_database(_empty_store())


def database_at(place: Path) -> str:
    """The database of a place, with an empty store when it is first asked for; nobody may change its schema."""
    if place not in _databases:
        for gone in [each for each in _databases if not each.exists()]:
            _free_database(gone)
        _databases[place] = _free.pop() if _free else new_store()
    return _databases[place]


def free_databases() -> None:
    """Empty the databases of all places, and forget the places."""
    for place in list(_databases):
        _free_database(place)


def _free_database(place: Path) -> None:
    name = _databases.pop(place)
    server().run(_EMPTY, name)
    _free.append(name)
