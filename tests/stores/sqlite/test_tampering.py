"""The journal in a file that somebody changed past idsync: found at the first entry that is not what was written."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from idsync.errors import StoreError
from idsync.stores.sqlite.store import SqliteStore, open_store, open_store_to_read
from tests.stores.test_journal import fill


def tamper(path: Path, *statements: str) -> None:
    """Change the file behind idsync's back, as somebody with a database tool could."""
    with closing(sqlite3.connect(path)) as raw, raw:
        raw.execute("DROP TRIGGER journal_refuses_update")
        raw.execute("DROP TRIGGER journal_refuses_delete")
        raw.execute("DROP TRIGGER bodies_refuse_update")
        raw.execute("DROP TRIGGER bodies_refuse_delete")
        for statement in statements:
            raw.execute(statement)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE journal SET entries = x'7b7d'",
        "DELETE FROM journal",
        "UPDATE bodies SET body = x'7b7d'",
        "DELETE FROM bodies",
    ],
)
def test_the_database_itself_refuses_to_change_the_journal_and_what_it_names(
    store: SqliteStore, path: Path, statement: str
) -> None:
    fill(store)
    with closing(sqlite3.connect(path)) as raw, pytest.raises(sqlite3.IntegrityError, match="append-only"):
        raw.execute(statement)


@pytest.mark.parametrize(
    ("statement", "broken_at", "why"),
    [
        ("UPDATE journal SET entries = CAST(replace(entries, 'user', 'lock') AS BLOB) WHERE sequence=2", 2, "not"),
        ("UPDATE journal SET entries = CAST(replace(entries, 'hiro', 'else') AS BLOB) WHERE sequence = 8", 8, "not"),
        ("DELETE FROM journal WHERE sequence = 2", 2, "missing"),
        ("DELETE FROM journal WHERE sequence = 8", 8, "missing"),
        ("DELETE FROM journal", 1, "missing"),
        ("UPDATE journal SET event = 'step' WHERE sequence = 6", 6, "filed"),
        ("UPDATE journal SET run = 2 WHERE sequence = 2", 2, "filed"),
        ("UPDATE journal SET entry_count = 1 WHERE sequence = 2", 2, "filed"),
        ("UPDATE journal SET chain = zeroblob(32) WHERE sequence = 7", 7, "not what was written"),
        ("UPDATE bodies SET body = x'7b7d'", 2, "the body"),
        ("DELETE FROM bodies", 2, "missing"),
    ],
)  # fmt: skip
def test_tampering_is_found_at_its_first_entry(
    store: SqliteStore, path: Path, statement: str, broken_at: int, why: str
) -> None:
    fill(store)
    store.close()
    tamper(path, statement)
    with open_store_to_read(path) as reopened:
        verdict = reopened.journal.verify()
    assert (verdict.entries, verdict.broken_at) == (broken_at - 1, broken_at)
    assert why in verdict.why


def test_an_entry_that_cannot_be_read_is_a_clear_error(store: SqliteStore, path: Path) -> None:
    fill(store)
    store.close()
    tamper(path, "UPDATE journal SET entries = x'7b' WHERE sequence = 2")
    with open_store(path) as reopened, pytest.raises(StoreError, match="entry 2 cannot be read"):
        list(reopened.journal.entries())
