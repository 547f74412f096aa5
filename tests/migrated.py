"""New stores of the tests: copies of one store that was migrated, which take a tenth of migrating each of them."""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Lock
from unittest import mock

from idsync.stores.sqlite import store
from idsync.stores.sqlite.connection import Connection
from idsync.stores.sqlite.migrations import known_migrations, migrate


def made_store(path: Path) -> Path:
    """A new store in a file, as migrations make it; its path."""
    store.open_store(path).close()
    return path


@contextmanager
def copies_of(template: Path) -> Iterator[None]:
    """As long as the block lasts, a store that is new in this process is a copy of the one in `template`.

    One that is not empty, that another list of migrations is for, or that a connection of the test's own opens (which
    watches statements, or breaks off at one) is migrated as ever.
    """
    migrations, lock = known_migrations(), Lock()

    def migrated(connection: Connection, known: list[Path], check: Callable[[], None] | None = None) -> int:
        with lock:
            if known == migrations and type(connection._raw) is sqlite3.Connection and _is_empty(connection):
                with sqlite3.connect(template) as source:
                    source.backup(connection._raw)
                source.close()
                return 0
        return migrate(connection, known, check)

    with mock.patch.object(store, "migrate", migrated):
        yield


def _is_empty(connection: Connection) -> bool:
    version, owner = connection.row("PRAGMA user_version"), connection.row("PRAGMA application_id")
    return version == owner == (0,) and not connection.row("SELECT 1 FROM sqlite_schema")
