"""The store in a PostgreSQL database."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import psycopg

from idsync.errors import StoreError
from idsync.stores.holder import this_process
from idsync.stores.postgres.address import label_of, parameters_of
from idsync.stores.postgres.connection import Connection
from idsync.stores.postgres.contents import PostgresContents
from idsync.stores.postgres.exchange import Raw
from idsync.stores.postgres.explanations import refused
from idsync.stores.postgres.migrations import known_migrations, migrate, migrate_a_copy, version_of
from idsync.stores.protocol import Access
from idsync.stores.tables.copying import OpenStore
from idsync.stores.tables.migrations import check_todays, too_old
from idsync.stores.tables.replicas import Replicas
from idsync.stores.tables.store import Clock, TableStore


class PostgresStore(TableStore):
    """An open store in one database; leases end by its server's clock."""

    _connection: Connection

    def whole(self) -> OpenStore:
        """The store with its tables as a whole, to be copied."""
        return OpenStore(self, self._connection, PostgresContents(self._connection))


def open_postgres(
    url: str, access: Access, *, clock: Clock | None = None, migrations: list[Path] | None = None
) -> PostgresStore:
    """Open the store at an address; raises StoreError, and SchemaTooOld where `access` may not bring it to today's."""
    known = known_migrations() if migrations is None else migrations
    connection = _connected(url)
    try:
        replicas = Replicas(connection, clock or connection.now, len(known))
        upgraded = _prepare(connection, access, known, lambda: replicas.check_none_older(this_process("")))
        return PostgresStore(connection, schema=len(known), upgraded_from=upgraded, clock=clock or connection.now)
    except BaseException:
        connection.close()
        raise


def postgres_exists(url: str) -> bool:
    """Whether there is a store at an address; raises StoreError where nobody can say."""
    connection = _connected(url)
    try:
        return version_of(connection, len(known_migrations())) > 0
    finally:
        connection.close()


def _prepare(connection: Connection, access: Access, known: list[Path], check: Callable[[], None]) -> int | None:
    """Bring the store to today's schema, or what is read of it; the version that it was brought from, if it was."""
    match access:
        case Access.WRITE:
            version = migrate(connection, known, check)
            connection.schema_version = len(known)
            return version if 0 < version < len(known) else None
        case Access.REMEMBER:
            check_todays(connection.label, version_of(connection, len(known)), len(known))
            connection.schema_version = len(known)
        case Access.READ:
            version = version_of(connection, len(known))
            connection.refuses_writes = True
            if version < len(known):
                _read_a_copy(connection, known, version)
    return None


def _read_a_copy(connection: Connection, known: list[Path], version: int) -> None:
    try:
        migrate_a_copy(connection, known, version)
    except StoreError as error:
        if version == 0:
            raise
        raise too_old(connection.label, f"It cannot be read without: {error.summary} {error.why}") from error


def _connected(url: str) -> Connection:
    parameters, label = parameters_of(url), label_of(url)

    def connect() -> Raw:
        return _connect(parameters, label)

    connection = Connection(connect, label)
    if (encoding := connection.row("SHOW server_encoding")) != ("UTF8",):
        connection.close()
        raise StoreError(
            f"The store {label} cannot hold every name.",
            why=f"The encoding of its database is {(encoding or ('unknown',))[0]}.",
            fix="Create the database with ENCODING 'UTF8' (and TEMPLATE template0).",
        )
    return connection


def _connect(parameters: dict[str, Any], label: str) -> Raw:
    make: Callable[..., Raw] = psycopg.connect
    try:
        return make(**parameters, autocommit=True, cursor_factory=psycopg.RawCursor, prepare_threshold=None)
    except psycopg.Error as error:
        raise refused(error, label) from error
