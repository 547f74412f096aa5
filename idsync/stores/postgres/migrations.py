"""Numbered migrations, forward only: a database says how far it has come, and an older tool leaves a newer one be."""

from collections.abc import Callable
from pathlib import Path

from idsync.stores.postgres.connection import Connection
from idsync.stores.postgres.statements import PRIVATE, SCHEMA, SQL_FOLDER, moved
from idsync.stores.tables.migrations import check_known, not_ours, numbered_files

_FIRST_WITH_REPLICAS = 2
"""The first version of which services say in the store that they use it."""
_LOOK = "SELECT to_regclass('idsync.schema_version'), EXISTS (SELECT FROM pg_tables WHERE schemaname = 'idsync')"
_BEGIN_PRIVATE = "BEGIN ISOLATION LEVEL REPEATABLE READ"


def known_migrations(folder: Path = SQL_FOLDER / "migrations") -> list[Path]:
    """The migration files in order; the first makes version 1."""
    return numbered_files(folder)


def migrate(connection: Connection, migrations: list[Path], check: Callable[[], None] | None = None) -> int:
    """Bring the database to the newest version that this tool knows, in one transaction; raises StoreError.

    `check` raises where somebody uses a store of an earlier version. The version that it had: 0 for a new one.
    """
    version = version_of(connection, len(migrations))
    if version == len(migrations):
        return version
    with connection.writing():
        # Another process may have been faster between the look and the lock.
        version = version_of(connection, len(migrations))
        if check is not None and _FIRST_WITH_REPLICAS <= version < len(migrations):
            check()
        if version == 0:
            if connection.row("SELECT to_regnamespace('idsync')") == (None,):
                connection.run(f"CREATE SCHEMA {SCHEMA}")
            connection.run("CREATE TABLE idsync.schema_version (version bigint NOT NULL)")
            connection.run("INSERT INTO idsync.schema_version (version) VALUES (0)")
        for migration in migrations[version:]:
            connection.run(migration.read_text("utf-8"))
        connection.run("UPDATE idsync.schema_version SET version = $1", (len(migrations),))
    return version


def migrate_a_copy(connection: Connection, migrations: list[Path], version: int) -> None:
    """Read from now on a copy of the store in tables of this connection alone, brought to the newest version.

    The copy is of one instant, and gone when the connection is closed. Raises StoreError.
    """
    connection.run(_BEGIN_PRIVATE)
    for name in _tables(connection) if version else ():
        connection.run(f'CREATE TEMPORARY TABLE "{name}" (LIKE {SCHEMA}."{name}" INCLUDING ALL)')
        connection.run(f'INSERT INTO {PRIVATE}."{name}" SELECT * FROM {SCHEMA}."{name}"')  # noqa: S608
    for migration in migrations[version:]:
        connection.run(moved(migration.read_text("utf-8"), PRIVATE))
    connection.keep_private_tables()


def version_of(connection: Connection, known: int) -> int:
    """The version of a database, 0 where it has no store; raises StoreError for what is not ours, or newer."""
    # In one statement: between two of them another process may make the store.
    ours, others = connection.row(_LOOK) or (None, False)
    if ours is None:
        if others:
            raise not_ours(connection.label, f"Its schema `{SCHEMA}` holds another program's tables.")
        return 0
    (version,) = connection.row("SELECT version FROM idsync.schema_version") or (0,)
    check_known(connection.label, version, known)
    return int(version)


def _tables(connection: Connection) -> list[str]:
    sql = "SELECT tablename FROM pg_tables WHERE schemaname = $1 ORDER BY tablename"
    return [name for (name,) in connection.rows(sql, (SCHEMA,))]
