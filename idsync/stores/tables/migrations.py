"""Numbered migrations: the files of a folder, and what is said of a database that this version must leave alone."""

from pathlib import Path

from idsync.errors import SchemaMoved, SchemaTooOld, StoreError


def numbered_files(folder: Path) -> list[Path]:
    """The migration files in order; the first makes version 1."""
    return sorted(folder.glob("[0-9][0-9][0-9][0-9]_*.sql"))


def not_ours(label: str, why: str) -> StoreError:
    """That a database is another program's."""
    return StoreError(
        f"The store {label} is not an idsync store.",
        why=why,
        fix="Correct `store` in the Integration document.",
    )


def check_known(label: str, version: int, known: int) -> None:
    """Raise SchemaMoved for a version that is newer than those which this tool knows."""
    if version > known:
        raise SchemaMoved(
            f"The store {label} was made by a newer idsync.",
            why=f"It has schema version {version}; this tool knows versions up to {known}.",
            fix="Upgrade idsync.",
        )


def check_todays(label: str, version: int, known: int) -> None:
    """Raise where a store that this process may not bring to today's schema has none, or an earlier one."""
    if version == 0:
        raise StoreError(
            f"The store {label} is empty.",
            why="It has no tables: it was emptied, or a backup is still to be restored into it.",
            fix="Restore the backup. Where the store is meant to be new, `idsync apply` makes its tables, and so does "
            "`idsync serve` when it starts.",
        )
    if version < known:
        raise too_old(label, "This command does not change what it only looks at.")


def too_old(label: str, why: str) -> SchemaTooOld:
    """That a command which does not migrate cannot use a store of an earlier version."""
    return SchemaTooOld(
        f"The store {label} was made by an earlier idsync.",
        why=why,
        fix="Run a command that writes, such as `idsync apply`: it brings the store to this version.",
    )


def moved_on(label: str, found: int, opened: int) -> SchemaMoved:
    """That a store is not of the version any more that it had when this process opened it."""
    return SchemaMoved(
        f"The store {label} was brought to a newer schema while this process ran.",
        why=f"It has schema version {found} now; this process opened it with version {opened}.",
        fix="Start it again with the newer idsync.",
        place=label,
    )
