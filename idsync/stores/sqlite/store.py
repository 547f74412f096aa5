"""The embedded store: one SQLite file with the local directory, the journal, facts and leases."""

import os
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from urllib.parse import quote

from idsync.errors import StoreError
from idsync.stores.holder import this_process
from idsync.stores.protocol import Access
from idsync.stores.sqlite.connection import Connection, explained
from idsync.stores.sqlite.contents import SqliteContents
from idsync.stores.sqlite.functions import teach
from idsync.stores.sqlite.migrations import known_migrations, migrate, version_of
from idsync.stores.sqlite.opened_file import OpenedFile
from idsync.stores.tables.copying import OpenStore
from idsync.stores.tables.migrations import check_todays, too_old
from idsync.stores.tables.replicas import Replicas
from idsync.stores.tables.store import Clock, TableStore

Connect = Callable[..., sqlite3.Connection]
BUSY_SECONDS = 5.0
LONGEST_LOG = 32 << 20
"""So many bytes of a write-ahead log are kept for what is written next. One grows while somebody reads, or by a large
apply, and would stay as long as it ever was until a service ends.
"""
# A page of 8 KiB holds a dozen people, and halves the writes of a first import. Without spilling, nothing of a
# transaction is in the file before its commit, and no reader waits for one.
_PRAGMAS = (
    "page_size = 8192",
    "foreign_keys = ON",
    "cache_size = -16384",
    "cache_spill = OFF",
    f"journal_size_limit = {LONGEST_LOG}",
)


class SqliteStore(TableStore):
    """An open store in one file."""

    _connection: Connection

    def whole(self) -> OpenStore:
        """The store with its tables as a whole, to be copied."""
        # Nobody reads one that is being filled: what memory need not hold may go to the file before the commit. SQLite
        # heeds this between two transactions alone.
        self._connection.run("PRAGMA cache_spill = ON")
        return OpenStore(self, self._connection, SqliteContents(self._connection))

    def refuse_writes(self) -> None:
        """From now on this store only reads."""
        self._connection.run("PRAGMA query_only = ON")


def open_sqlite(
    path: Path, access: Access, *, connect: Connect = sqlite3.connect, clock: Clock = time.time
) -> SqliteStore:
    """Open the store in a file; raises StoreError."""
    match access:
        case Access.READ:
            return open_store_to_read(path, connect=connect, clock=clock)
        case Access.REMEMBER:
            return _open_to_remember(path, connect, clock)
        case Access.WRITE:
            return open_store(path, connect=connect, clock=clock)


def open_store(path: Path, *, connect: Connect = sqlite3.connect, clock: Clock = time.time) -> SqliteStore:
    """Open the store for writing, making the file (mode 0600) when it is missing; raises StoreError."""
    try:
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    except FileExistsError:
        pass
    except OSError as error:
        raise StoreError(
            f"The store {path} cannot be made.",
            why=f"{error.strerror or error}.",
            fix="Make the folder and let this user write there, or correct `store` in the Integration document.",
        ) from error
    connection = _connected(_uri(path, "rw"), str(path), connect)
    with _closed_on_failure(connection):
        known = known_migrations()
        replicas = Replicas(connection, clock, len(known))
        before = migrate(connection, known, lambda: replicas.check_none_older(this_process("")))
        connection.schema_version = len(known)
        connection.file = OpenedFile(path)
        return _store(connection, before, clock)


def open_store_to_read(path: Path, *, connect: Connect = sqlite3.connect, clock: Clock = time.time) -> SqliteStore:
    """Open the store for reading; a missing one reads as empty and is not made. Raises StoreError.

    One of an earlier schema is read through a copy, which is brought to today's and thrown away.
    """
    known = known_migrations()
    connection = None
    if _exists(path) or path.is_symlink():  # a link to nothing is a mistake, not a store still to be made
        connection, version = _looked_at(path, connect)
        if 0 < version < len(known):
            connection = _upgraded_copy(connection)
        elif version == 0:
            connection.close()
            connection = None
    if connection is None:
        connection = _connected(":memory:", str(path), connect)
        migrate(connection, known)
    with _closed_on_failure(connection):
        store = _store(connection, len(known), clock)
        store.refuse_writes()
        return store


def _open_to_remember(path: Path, connect: Connect, clock: Clock) -> SqliteStore:
    """Open a store that exists, and is of today's schema, for writing."""
    connection = _connected(_uri(path, "rw"), str(path), connect)
    with _closed_on_failure(connection):
        known = len(known_migrations())
        check_todays(str(path), version_of(connection, known), known)
        connection.schema_version = known
        connection.file = OpenedFile(path)
        return _store(connection, known, clock)


def _looked_at(path: Path, connect: Connect) -> tuple[Connection, int]:
    """A connection to a file that is only to be read, and its version."""
    try:
        return _with_version(_uri(path, "rw"), str(path), connect)
    except StoreError:
        # In a folder that cannot be written SQLite cannot share a file with a writer; without one it need not.
        if os.access(path.parent, os.W_OK) or not os.access(path, os.R_OK) or _has_log(path):
            raise
        return _with_version(_uri(path, "ro") + "&immutable=1", str(path), connect)


def _with_version(uri: str, label: str, connect: Connect) -> tuple[Connection, int]:
    connection = _connected(uri, label, connect)
    with _closed_on_failure(connection):
        return connection, version_of(connection, len(known_migrations()))


def _upgraded_copy(connection: Connection) -> Connection:
    """The same store in a private file that is gone when it is closed, brought to today's schema; closes the other."""
    copy = _connected("", connection.label, sqlite3.connect)
    try:
        connection.copy_to(copy)
        migrate(copy, known_migrations())
    except StoreError as error:
        copy.close()
        raise too_old(connection.label, f"It cannot be read without: {error.summary}") from error
    finally:
        connection.close()
    return copy


def _exists(path: Path) -> bool:
    try:
        return path.exists()
    except OSError as error:
        raise StoreError(
            f"The store {path} cannot be opened.",
            why=f"{error.strerror or error}.",
            fix="Correct `store` in the Integration document, or the permissions of its folder.",
        ) from error


def _has_log(path: Path) -> bool:
    log = path.with_name(path.name + "-wal")
    return log.exists() and log.stat().st_size > 0


def _uri(path: Path, mode: str) -> str:
    return f"file:{quote(str(path.absolute()))}?mode={mode}"


def _connected(uri: str, label: str, connect: Connect) -> Connection:
    try:
        raw = connect(uri, uri=True, isolation_level=None, timeout=BUSY_SECONDS)
    except sqlite3.Error as error:
        raise explained(error, label) from error
    teach(raw)
    connection = Connection(raw, label)
    with _closed_on_failure(connection):
        for pragma in _PRAGMAS:
            connection.run(f"PRAGMA {pragma}")
    return connection


@contextmanager
def _closed_on_failure(connection: Connection) -> Iterator[None]:
    try:
        yield
    except BaseException:
        connection.close()
        raise


def _store(connection: Connection, before: int, clock: Clock) -> SqliteStore:
    upgraded = before if 0 < before < len(known_migrations()) else None
    store = SqliteStore(connection, schema=len(known_migrations()), upgraded_from=upgraded, clock=clock)
    _write_ahead(store, connection)
    return store


def _write_ahead(store: SqliteStore, connection: Connection) -> None:
    """Keep a write-ahead log from the first change of the directory on, so that readers and the writer do not wait.

    Not before: the first import then is written to the file once, not twice, which takes half the time.
    """

    def switch() -> None:
        if store.directory.serial() == 0:
            return
        connection.after_commit.remove(switch)
        with suppress(StoreError):  # someone reads just now, or the file system cannot: it works as it is, too
            connection.run("PRAGMA busy_timeout = 0")
            connection.run("PRAGMA journal_mode = WAL")
        connection.run(f"PRAGMA busy_timeout = {int(BUSY_SECONDS * 1000)}")

    connection.after_commit.append(switch)
