"""What one file with one writer at a time means for two processes."""

import pytest

from idsync.errors import StoreBusy
from idsync.stores.sqlite.store import SqliteStore
from tests.stores.test_leases import ME, NAME, dead_process, taken


def test_in_a_transaction_a_lease_that_was_checked_stays(store: SqliteStore, other: SqliteStore) -> None:
    lease = taken(store.leases, dead_process())
    other._connection.run("PRAGMA busy_timeout = 1")
    with store.transaction():
        store.leases.check(lease)
        with pytest.raises(StoreBusy):
            other.leases.take(NAME, ME, 60)
    taken(other.leases)
