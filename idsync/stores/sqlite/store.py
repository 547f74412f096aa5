"""The embedded store: one SQLite file with the local directory, the journal, facts and leases."""

import os
import sqlite3
from collections.abc import Callable
from contextlib import AbstractContextManager, suppress
from pathlib import Path
from types import TracebackType
from typing import Self
from urllib.parse import quote

from idsync.errors import StoreError
from idsync.model.journal import LOCAL
from idsync.stores.sqlite.agreed import LocalAgreed, RemoteAgreed
from idsync.stores.sqlite.bodies import Bodies
from idsync.stores.sqlite.connection import Connection, explained
from idsync.stores.sqlite.directory import Directory
from idsync.stores.sqlite.facts import Facts
from idsync.stores.sqlite.functions import teach
from idsync.stores.sqlite.journal import Journal, Runs
from idsync.stores.sqlite.leases import Leases
from idsync.stores.sqlite.migrations import known_migrations, migrate
from idsync.stores.sqlite.upstream import Upstream

Connect = Callable[..., sqlite3.Connection]
BUSY_SECONDS = 5.0


class SqliteStore:
    """An open store. `directory` is what the local target works on; the rest are records."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self.bodies = Bodies(connection)
        self.directory = Directory(connection, self.bodies)
        self.journal = Journal(connection, self.bodies)
        self.runs = Runs(connection)
        self.leases = Leases(connection)
        self.facts = Facts(connection, "fact")
        self.cache = Facts(connection, "cache")
        self.upstream = Upstream(connection)

    def agreed(self, target: str) -> LocalAgreed | RemoteAgreed:
        """The agreed state of the target of this name."""
        if target == LOCAL:
            return LocalAgreed(self._connection, self.directory, self.bodies)
        names, details = self.directory.names, self.directory.details
        return RemoteAgreed(self._connection, target, names, details, self.bodies)

    def transaction(self) -> AbstractContextManager[None]:
        """A span of writes that are kept together or not at all; joins the one that is open."""
        return self._connection.writing()

    def refuse_writes(self) -> None:
        """From now on this store only reads."""
        self._connection.run("PRAGMA query_only = ON")

    def close(self) -> None:
        """Close the file."""
        self._connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def open_store(path: Path, *, connect: Connect = sqlite3.connect) -> SqliteStore:
    """Open the store for writing, making the file (mode 0600) when it is missing; raises StoreError."""
    try:
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    except FileExistsError:
        pass
    except OSError as error:
        raise StoreError(
            f"The store {path} cannot be made.",
            why=f"{error.strerror or error}.",
            fix="Create the folder, or correct `store` in the Integration document.",
        ) from error
    return _open(_uri(path, "rw"), str(path), connect)


def open_store_to_read(path: Path, *, connect: Connect = sqlite3.connect) -> SqliteStore:
    """Open the store for reading; a missing one reads as empty and is not made. Raises StoreError."""
    if not _exists(path) and not path.is_symlink():  # a link to nothing is a mistake, not a store still to be made
        store = _open(":memory:", str(path), connect)
    else:
        try:
            store = _open(_uri(path, "rw"), str(path), connect)
        except StoreError:
            # In a folder that cannot be written SQLite cannot share a file with a writer; without one it need not.
            if os.access(path.parent, os.W_OK) or not os.access(path, os.R_OK) or _has_log(path):
                raise
            store = _open(_uri(path, "ro") + "&immutable=1", str(path), connect)
    store.refuse_writes()
    return store


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


def _open(uri: str, label: str, connect: Connect) -> SqliteStore:
    try:
        raw = connect(uri, uri=True, isolation_level=None, timeout=BUSY_SECONDS)
    except sqlite3.Error as error:
        raise explained(error, label) from error
    teach(raw)
    connection = Connection(raw, label)
    try:
        _prepare(connection)
        store = SqliteStore(connection)
        _write_ahead(store, connection)
    except BaseException:
        raw.close()
        raise
    return store


def _prepare(connection: Connection) -> None:
    # A page of 8 KiB holds a dozen people, and halves the writes of a first import. Without spilling, nothing of a
    # transaction is in the file before its commit, and no reader waits for one.
    for pragma in ("page_size = 8192", "foreign_keys = ON", "cache_size = -16384", "cache_spill = OFF"):
        connection.run(f"PRAGMA {pragma}")
    migrate(connection, known_migrations())


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
