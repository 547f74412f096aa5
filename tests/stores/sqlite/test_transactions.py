"""What one file with one writer at a time means for two processes."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from idsync.errors import StoreBusy
from idsync.stores.sqlite.store import LONGEST_LOG, SqliteStore
from tests.stores.test_leases import ME, NAME, dead_process, taken


def test_in_a_transaction_a_lease_that_was_checked_stays(store: SqliteStore, other: SqliteStore) -> None:
    lease = taken(store.leases, dead_process())
    other._connection.run("PRAGMA busy_timeout = 1")
    with store.transaction():
        store.leases.check(lease)
        with pytest.raises(StoreBusy):
            other.leases.take(NAME, ME, 60)
    taken(other.leases)


def test_a_log_that_grew_while_somebody_read_is_short_again_once_they_end(store: SqliteStore, path: Path) -> None:
    store._connection.run("PRAGMA journal_mode = WAL")
    log, most = path.with_name(f"{path.name}-wal"), LONGEST_LOG + (1 << 20)
    with closing(sqlite3.connect(path)) as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT count(*) FROM facts").fetchone()
        for number in range(20):
            with store.transaction():
                store.facts.put({f"large/{number}": bytes(LONGEST_LOG // 10)})
        assert log.stat().st_size > most
    for number in range(3):  # what is written next goes into the file, and the one after it begins the log again
        with store.transaction():
            store.facts.put({f"small/{number}": b""})
    assert log.stat().st_size <= most
