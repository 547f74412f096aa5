"""Behind a pooler that gives each transaction to another server process: nothing of a session is relied on."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from idsync.errors import LeaseLost, StoreError
from idsync.stores.postgres.listening import listen
from idsync.stores.postgres.store import open_postgres
from idsync.stores.protocol import Access, Lease
from idsync.targets.local import LocalTarget
from tests.postgres.pooler import pooled
from tests.postgres.server import server
from tests.stores.test_journal import fill
from tests.stores.test_leases import ELSEWHERE, ME
from tests.targets.world import ORG, our_user

WRITERS, EACH = 6, 12


@pytest.fixture
def url(nothing: str, tmp_path: Path) -> Iterator[str]:
    """The address of a database without a store, by way of a pooler with fewer processes than writers."""
    with pooled(server(), nothing, tmp_path) as address:
        yield address


def test_many_writers_lose_nothing_behind_a_pooler(url: str) -> None:
    open_postgres(url, Access.WRITE).close()

    def write(number: int) -> None:
        with open_postgres(url, Access.WRITE) as store:
            store._connection.busy_milliseconds = 60_000
            target = LocalTarget(store.directory, ORG)
            for count in range(EACH):
                with store.transaction():
                    target.put_user(our_user(f"w{number}-{count}"))
                    if count == 0:
                        for more in range(80):  # so many are copied by way of a temporary table
                            target.put_user(our_user(f"w{number}-0-{more}"))
                    before = store.facts.get("count")
                    store.facts.put({"count": str(int(before or b"0") + 1).encode()})
                assert f"w{number}-{count}" in target.state().users

    with ThreadPoolExecutor(WRITERS) as pool:
        list(pool.map(write, range(WRITERS)))
    with open_postgres(url, Access.READ) as store:
        assert len(LocalTarget(store.directory, ORG).state().users) == WRITERS * (EACH + 80)
        assert store.facts.get("count") == str(WRITERS * EACH).encode()


def test_r46_leases_exclude_each_other_behind_a_pooler(url: str) -> None:
    with open_postgres(url, Access.WRITE) as store, open_postgres(url, Access.WRITE) as other:
        lease = store.leases.take("leader", ME, 0.01)
        assert isinstance(lease, Lease)
        threading.Event().wait(0.05)
        taken = other.leases.take("leader", ELSEWHERE, 60)
        assert isinstance(taken, Lease)

        def write_late() -> None:
            with store.transaction():
                store.facts.put({"key": b"late"})
                store.leases.check(lease)

        with pytest.raises(LeaseLost):
            write_late()
        assert other.facts.get("key") is None


def test_what_is_read_in_pieces_and_what_only_reads_work_behind_a_pooler(url: str) -> None:
    with open_postgres(url, Access.WRITE) as store:
        fill(store)
        entries = store.journal.latest()
        first = next(entries)
        store.facts.put({"between": b"portions"})
        assert [first, *entries][0].sequence == store.journal.head().entries
    with open_postgres(url, Access.READ) as reading, pytest.raises(StoreError, match="read-only"):
        reading.facts.put({"key": b""})


def test_behind_a_pooler_nobody_listens_and_words_are_sent_all_the_same(url: str, nothing: str) -> None:
    heard, ends = threading.Event(), threading.Event()
    with open_postgres(url, Access.WRITE) as store:
        assert not listen(url, heard.set, ends)
        assert not heard.is_set()
        listening = threading.Thread(target=listen, args=(server().url(nothing), heard.set, ends))
        listening.start()
        try:
            assert heard.wait(10), "it looks once when it begins"
            heard.clear()
            with store.transaction():
                store.wake()
                assert not heard.wait(0.2), "before the commit there is nothing to see"
            assert heard.wait(10)
        finally:
            ends.set()
            listening.join()


def test_who_listens_connects_again_when_the_connection_breaks(nothing: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("idsync.stores.postgres.listening._AGAIN_SECONDS", 0.05)
    heard, ends = threading.Event(), threading.Event()
    listening = threading.Thread(target=listen, args=(server().url(nothing), heard.set, ends))
    listening.start()
    try:
        assert heard.wait(10)
        heard.clear()
        server().run(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{nothing}'")
        assert heard.wait(10)
    finally:
        ends.set()
        listening.join()
