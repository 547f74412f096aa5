"""Numbered migrations, forward only: a database says how far it has come, and an older tool leaves a newer one be."""

import sqlite3
from collections.abc import Callable
from pathlib import Path

from idsync.stores.sqlite.connection import Connection
from idsync.stores.sqlite.statements import SQL_FOLDER
from idsync.stores.tables.migrations import check_known, not_ours, numbered_files

_FIRST_WITH_REPLICAS = 7
"""The first version of which services say in the store that they use it."""
APPLICATION_ID = 0x1D54C001
"""Marks the file as idsync's, so that another program's database is not mistaken for ours."""


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
        for migration in migrations[version:]:
            for statement in split_statements(migration.read_text("utf-8")):
                connection.run(statement)
        connection.run(f"PRAGMA application_id = {APPLICATION_ID}")
        connection.run(f"PRAGMA user_version = {len(migrations)}")
    return version


def split_statements(text: str) -> list[str]:
    """The statements of a script; triggers, which hold semicolons, stay whole."""
    statements, current = [], ""
    for line in text.splitlines(keepends=True):
        current += line
        if sqlite3.complete_statement(current):
            statements.append(current.strip())
            current = ""
    return statements


def version_of(connection: Connection, known: int) -> int:
    """The version of a database, 0 for an empty one; raises StoreError for what is not ours, or newer than known."""
    with connection.reading():  # another process may make it meanwhile
        (version,) = connection.row("PRAGMA user_version") or (0,)
        (owner,) = connection.row("PRAGMA application_id") or (0,)
        if owner != APPLICATION_ID and (version or owner or connection.row("SELECT 1 FROM sqlite_schema")):
            raise not_ours(connection.label, "It is another program's database.")
    check_known(connection.label, version, known)
    return int(version)
