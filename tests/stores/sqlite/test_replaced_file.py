"""The file of a store that is moved, deleted or replaced while it is open: nothing is written where nobody finds it."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from idsync.errors import StoreAway, StoreReplaced
from idsync.stores.protocol import Access
from idsync.stores.sqlite.store import SqliteStore, open_sqlite, open_store


def put(store: SqliteStore, then: Callable[[], None] = lambda: None) -> None:
    """Write something, and let something happen before it is kept."""
    with store.transaction():
        store.facts.put({"a": b"1"})
        then()


def read(store: SqliteStore) -> None:
    """Read something."""
    with store.directory.reading():
        store.facts.get("a")


def deleted(path: Path) -> None:
    path.unlink()


def moved(path: Path) -> None:
    path.rename(path.with_name("elsewhere.db"))


def folder_moved(path: Path) -> None:
    path.parent.rename(path.parent.with_name("another"))


def dangling(path: Path) -> None:
    path.unlink()
    path.symlink_to(path.with_name("nothing.db"))


@pytest.mark.parametrize("lose", [deleted, moved, folder_moved, dangling])
@pytest.mark.parametrize("access", [Access.WRITE, Access.REMEMBER])
def test_a_file_that_is_gone_is_not_written_to(tmp_path: Path, lose: Callable[[Path], None], access: Access) -> None:
    path = tmp_path / "folder" / "idsync.db"
    path.parent.mkdir()
    open_store(path).close()
    with open_sqlite(path, access) as store:
        put(store)
        lose(path)
        for use in (put, read):
            with pytest.raises(StoreAway, match="not there any more"):
                use(store)
    assert not path.exists()


def test_a_file_that_goes_in_the_middle_of_a_transaction_is_not_committed_to(path: Path) -> None:
    with open_store(path) as store:
        with pytest.raises(StoreAway):
            put(store, lambda: moved(path))
        path.with_name("elsewhere.db").rename(path)
        assert store.facts.get("a") is None
        put(store)
        read(store)


@pytest.mark.parametrize("how", ["copied", "linked", "renamed"])
def test_another_file_in_its_place_is_not_taken_for_it(path: Path, how: str) -> None:
    backup = path.with_name("backup.db")
    with open_store(backup) as other:
        put(other)
    with open_store(path) as store:
        put(store)
        path.unlink()
        match how:
            case "copied":
                shutil.copy(backup, path)
            case "linked":
                path.symlink_to(backup)
            case _:
                backup.rename(path)
        for use in (put, read):
            with pytest.raises(StoreReplaced) as caught:
                use(store)
            assert "another file" in caught.value.why
    with open_store(path) as again:
        assert again.facts.get("a") == b"1"


def test_a_log_that_is_taken_away_is_told(path: Path) -> None:
    with open_store(path) as store:
        store._connection.run("PRAGMA journal_mode = WAL")
        put(store)
        for name in ("-wal", "-shm"):
            path.with_name(path.name + name).unlink()
        with pytest.raises(StoreReplaced) as caught:
            put(store)
        assert "The log beside it" in caught.value.why
