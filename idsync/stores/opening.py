"""Opens the store that a configuration names, by its scheme: the one place that knows the implementations.

They are imported when they are asked for, so that a command pays only for the one it uses.
"""

import time
from collections.abc import Callable
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING

from idsync.errors import StoreError
from idsync.model.journal import Head
from idsync.stores.protocol import Access, Holder, Store

if TYPE_CHECKING:
    from idsync.stores.postgres.store import PostgresStore
    from idsync.stores.sqlite.store import SqliteStore

Tell = Callable[[str, int, int], None]
"""Takes what is under way, how much is done and how much there is."""

_SQLITE = "sqlite:///"
_POSTGRESQL = ("postgresql://", "postgres://")


def open_store(url: str, base: Path, access: Access, *, clock: Callable[[], float] = time.time) -> Store:
    """Open the store at `url`, whose relative path begins at `base`; raises StoreError. A file goes by `clock`, in
    seconds since 1970, and a server by its own.

    Raises SchemaTooOld where the store would first have to be brought to today's schema, and `access` may not do that.
    """
    return _opened(url, base, access, clock)


def copy_store(source: str, destination: str, base: Path, here: Holder, tell: Tell) -> tuple[int, Head]:
    """Copy the store at one address, journal included, into an empty one; raises StoreError and LeaseHeld.

    How many rows it has, and where both journals end. `here` is this process.
    """
    from idsync.stores.tables.copying import copy_whole

    if not store_exists(source, base):
        raise StoreError(
            "The store to copy from does not exist; nothing was done.",
            why="Nothing was ever applied at the first address.",
            fix="Correct it; a relative path begins at the folder in which you are.",
        )
    with _opened(source, base, Access.READ) as old, _opened(destination, base, Access.WRITE) as new:
        copied = copy_whole(old.whole(), new.whole(), here, tell)
    return copied.rows, copied.head


def _opened(
    url: str, base: Path, access: Access, clock: Callable[[], float] = time.time
) -> "PostgresStore | SqliteStore":
    if _is_postgresql(url):
        _check_driver()
        from idsync.stores.postgres.store import open_postgres

        return open_postgres(url, access)
    from idsync.stores.sqlite.store import open_sqlite

    return open_sqlite(_path(url, base), access, clock=clock)


def store_exists(url: str, base: Path) -> bool:
    """Whether there is a store at `url`, or what looks like one; a file without a byte is none.

    Raises StoreError where a server does not say.
    """
    if _is_postgresql(url):
        _check_driver()
        from idsync.stores.postgres.store import postgres_exists

        return postgres_exists(url)
    path = _path(url, base)
    return path.exists() and (not path.is_file() or path.stat().st_size > 0)


def listen(url: str, called: Callable[[], None], ends: Event) -> bool:
    """Call `called` whenever a process asks the one that leads to look, until `ends` is set.

    False, at once, where nobody can listen: to a file, and behind a pooler. Raises StoreError.
    """
    if not _is_postgresql(url):
        return False
    _check_driver()
    from idsync.stores.postgres.listening import listen as listen_to_postgres

    return listen_to_postgres(url, called, ends)


def store_folder(url: str, base: Path) -> Path | None:
    """The folder in which the store at `url` lies, or is to lie; None where it is in a server."""
    return None if _is_postgresql(url) else _path(url, base).parent


def _is_postgresql(url: str) -> bool:
    return url.startswith(_POSTGRESQL)


def _check_driver() -> None:
    try:
        import psycopg  # noqa: F401
    except ImportError as error:
        raise StoreError(
            "PostgreSQL's driver is not installed, and the store is in PostgreSQL.",
            why=f"Python says: {' '.join(str(error).split())}",
            fix="Install idsync with its extra `postgres`, in a checkout: pip install '.[postgres]'",
        ) from error


def _path(url: str, base: Path) -> Path:
    if not url.startswith(_SQLITE):
        raise StoreError(
            "The store's address is of a kind that this version does not know.",
            why="It knows stores in one file, and in PostgreSQL.",
            fix="Write `store` like sqlite:///idsync.db or postgresql://host/database.",
        )
    return base / url.removeprefix(_SQLITE)
