"""A store with all that it holds, journal included, copied into an empty one."""

from collections.abc import Callable, Iterator, Sequence

import msgspec

from idsync.errors import LeaseHeld, StoreError
from idsync.model.journal import Head
from idsync.stores.protocol import Holder
from idsync.stores.tables.connection import Connection, Row, Value
from idsync.stores.tables.contents import SINGLE, TABLES, Contents, Table
from idsync.stores.tables.store import TableStore

Tell = Callable[[str, int, int], None]
"""Takes what is under way, how much is done and how much there is."""
_SOME = 10_000
_MOVES_WITH_A_WRITE = ("directory", "journal_end", "facts", "leases", "scim_tokens")
"""Small tables, of which one moves with whatever is written: the serial and the last push, the journal's end, what is
owed and how far logs are followed, the numbers of leases (a run that came and went had a new one), and tokens.
"""


class Copied(msgspec.Struct, frozen=True):
    """What was copied: so many rows, and a journal that ends here in both stores."""

    rows: int
    head: Head


class OpenStore(msgspec.Struct, frozen=True):
    """A store, its connection and its tables as a whole."""

    store: TableStore
    connection: Connection
    contents: Contents


def copy_whole(source: OpenStore, destination: OpenStore, here: Holder, tell: Tell) -> Copied:
    """Copy everything, in one transaction, which ends only if the copy verifies; raises StoreError and LeaseHeld.

    The source is read as it is at one instant, and looked at once more at the end: what somebody was told is kept is
    in the copy, or there is none. Leases are copied as given back, with their numbers.
    """
    with source.connection.reading():
        _check_source(source, here)
    with destination.connection.writing():
        _check_empty(destination)
        with source.connection.reading():
            copied, stood = _filled(source, destination, tell), _standing(source)
        with source.connection.reading():
            _check_left_alone(source, here)
            if _standing(source) != stood:
                raise StoreError(
                    f"The store {source.connection.label} was written to while it was copied; nothing was kept.",
                    why="What was written would not be in the copy.",
                    fix="Stop whatever writes there, and copy again.",
                )
        return copied


def _standing(source: OpenStore) -> list[frozenset[Row]]:
    """What tells, held against the same of a later moment, whether anything was written between."""
    return [frozenset(source.contents.read(_table(name))) for name in _MOVES_WITH_A_WRITE]


def _filled(source: OpenStore, destination: OpenStore, tell: Tell) -> Copied:
    total, done = sum(map(source.contents.count, TABLES)), 0
    for table in TABLES:
        rows = _told(_given_back(table, source.contents.read(table)), done, total, tell)
        destination.contents.fill(table, rows)
        done += destination.contents.count(table)
    destination.connection.forget()
    tell("rows copied", done, total)
    return Copied(done, _verified(source, destination))


def _check_source(source: OpenStore, here: Holder) -> None:
    verdict = source.store.verify()
    if verdict.broken_at is not None:
        raise StoreError(
            f"The store {source.connection.label} is not copied: its journal is not whole.",
            why=f"{verdict.why[:1].upper()}{verdict.why[1:]}.",
            fix="Restore it from a backup first; `idsync history --verify` says more.",
        )
    _check_left_alone(source, here)


def _check_left_alone(source: OpenStore, here: Holder) -> None:
    for name, *_ in source.contents.read(_table("leases")):
        if (other := source.store.leases.held(name, here)) is not None:
            raise LeaseHeld(
                f"Another run is at work in the store {source.connection.label}: {other}.",
                holder=str(other),
                since=other.since,
                why="What it does after the copy was made would be lost.",
                fix="End the services that use it, wait for other runs to end, and stop whatever else writes there.",
            )


def _check_empty(destination: OpenStore) -> None:
    contents = destination.contents
    filled = [table.name for table in TABLES if contents.count(table) > (table.name in SINGLE)]
    if filled or destination.store.directory.serial():
        raise StoreError(
            f"The store {destination.connection.label} is not empty; nothing was copied.",
            why="A copy would mix two directories and break the journal.",
            fix="Name a store that does not exist yet, or an empty database.",
        )


def _given_back(table: Table, rows: Iterator[Row]) -> Iterator[Sequence[Value]]:
    """The rows of a table; of leases nobody has them in the copy."""
    if table.name != "leases":
        return rows
    return ((name, token, None, 0.0) for name, token, _, _ in rows)


def _told(rows: Iterator[Sequence[Value]], done: int, total: int, tell: Tell) -> Iterator[Sequence[Value]]:
    for number, row in enumerate(rows):
        if number % _SOME == 0:
            tell("rows copied", done + number, total)
        yield row


def _verified(source: OpenStore, destination: OpenStore) -> Head:
    """Where both journals end; raises StoreError where they are not the same, or the copy is not whole."""
    head = source.store.journal.head()
    verdict = destination.store.verify(head)
    if verdict.broken_at is not None or destination.store.journal.head() != head:
        raise StoreError(
            f"The copy in {destination.connection.label} is not what was copied; nothing of it was kept.",
            why=f"It does not verify: {verdict.why or 'its journal ends elsewhere'}.",
            fix="Report it, and go on with the store that you have.",
        )
    return head


def _table(name: str) -> Table:
    return next(table for table in TABLES if table.name == name)
