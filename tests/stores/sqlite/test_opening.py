"""Opening the store: made with care, and every way in which it cannot be is explained."""

import os
import shutil
import sqlite3
import stat
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing, nullcontext, suppress
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from idsync.errors import OlderReplica, SchemaMoved, StoreAway, StoreBusy, StoreError
from idsync.stores.sqlite import store as sqlite_store
from idsync.stores.sqlite.connection import Connection
from idsync.stores.sqlite.migrations import known_migrations, migrate, split_statements
from idsync.stores.sqlite.store import open_store, open_store_to_read
from idsync.targets.local import LocalTarget
from tests.stores.test_leases import ELSEWHERE
from tests.targets.world import ORG, our_user


def fill(path: Path) -> None:
    with open_store(path) as store:
        LocalTarget(store.directory, ORG).put_user(our_user("hiro"))


def put_many(target: LocalTarget) -> None:
    with target.transaction():
        for number in range(2_000):
            target.put_user(our_user(f"user{number}"))


def read_everything(path: Path) -> None:
    with open_store_to_read(path) as store:
        LocalTarget(store.directory, ORG).state()
        store.journal.verify()


def refusal(path: Path) -> StoreError:
    with pytest.raises(StoreError) as caught:
        open_store(path).close()
    assert caught.value.why
    assert caught.value.fix
    return caught.value


def test_a_new_store_is_private_to_its_user(path: Path) -> None:
    with open_store(path) as store:
        LocalTarget(store.directory, ORG).put_user(our_user("hiro"))
        for file in path.parent.iterdir():
            assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_migrations_are_numbered_one_after_the_other() -> None:
    numbers = [int(migration.name[:4]) for migration in known_migrations()]
    assert numbers == list(range(1, len(numbers) + 1))


def test_a_store_is_one_file_once_it_is_closed(path: Path) -> None:
    fill(path)
    assert [file.name for file in path.parent.iterdir()] == [path.name]


def test_r47_reading_a_store_that_is_missing_shows_an_empty_directory_and_makes_nothing(path: Path) -> None:
    with open_store_to_read(path) as store:
        assert LocalTarget(store.directory, ORG).index(ORG).users == {}
        assert store.facts.get("pool") is None
    assert list(path.parent.iterdir()) == []


def test_a_store_opened_to_read_refuses_to_write(path: Path) -> None:
    fill(path)
    with open_store_to_read(path) as store, pytest.raises(StoreError, match="read-only"):
        LocalTarget(store.directory, ORG).put_user(our_user("another"))


def test_names_of_files_that_look_like_options_are_names(tmp_path: Path) -> None:
    path = tmp_path / "odd?mode=ro&name#1 %41.db"
    fill(path)
    with open_store_to_read(path) as store:
        assert LocalTarget(store.directory, ORG).index(ORG).users.keys() == {"hiro"}


def test_a_file_that_is_not_a_database_is_refused_and_left_alone(path: Path) -> None:
    path.write_text("kind: Integration\n" * 100)
    assert "is not an idsync store" in refusal(path).summary
    assert path.read_text() == "kind: Integration\n" * 100


def test_a_store_that_another_process_makes_during_the_first_look_is_nobody_else_s(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ask = Connection.row
    others: list[Thread] = []

    def made_meanwhile(self: Connection, statement: Any, values: Any = ()) -> Any:
        found = ask(self, statement, values)
        if statement == "PRAGMA application_id" and not others:
            others.append(Thread(target=fill, args=(path,)))
            others[0].start()
            others[0].join(1)
        return found

    monkeypatch.setattr(Connection, "row", made_meanwhile)
    with open_store(path) as store:
        others[0].join()
        assert LocalTarget(store.directory, ORG).state().users.keys() == {"hiro"}


def test_another_programs_database_is_refused_and_left_alone(path: Path) -> None:
    with closing(sqlite3.connect(path)) as raw, raw:
        raw.execute("CREATE TABLE bookmarks (url)")
    before = path.read_bytes()
    assert "another program" in refusal(path).why
    assert path.read_bytes() == before


def test_r47_a_newer_schema_is_refused_and_left_alone(path: Path) -> None:
    fill(path)
    with closing(sqlite3.connect(path)) as raw:
        raw.execute("PRAGMA user_version = 999")
    error = refusal(path)
    assert "newer idsync" in error.summary
    assert "999" in error.why
    assert error.fix == "Upgrade idsync."


@pytest.mark.parametrize("first", [4096, 8192])
def test_a_damaged_file_is_a_clear_error(path: Path, first: int) -> None:
    with open_store(path) as store:
        put_many(LocalTarget(store.directory, ORG))
    content = bytearray(path.read_bytes())
    for place in range(first, len(content), 64):
        content[place] ^= 0xFF
    path.write_bytes(content)
    with pytest.raises(StoreError, match="damaged"):
        read_everything(path)


@pytest.mark.parametrize("target", ["elsewhere/idsync.db", "idsync.db"])
def test_a_link_that_leads_nowhere_is_not_taken_for_a_store_still_to_be_made(target: str, path: Path) -> None:
    path.symlink_to(target)
    with pytest.raises(StoreError, match="cannot be opened"):
        open_store_to_read(path)


def test_a_missing_folder_is_a_clear_error(tmp_path: Path) -> None:
    assert "cannot be made" in refusal(tmp_path / "missing" / "idsync.db").summary


def test_a_folder_in_the_place_of_the_file_is_a_clear_error(tmp_path: Path) -> None:
    assert "cannot be opened" in refusal(tmp_path).summary


def test_a_full_disk_undoes_the_transaction_and_says_so(path: Path) -> None:
    fill(path)
    with open_store(path) as store:
        target = LocalTarget(store.directory, ORG)
        store._connection.run("PRAGMA max_page_count = 60")
        with pytest.raises(StoreError, match="disk is full"):
            put_many(target)
        assert target.index(ORG).users.keys() == {"hiro"}


def test_what_comes_after_a_full_disk_in_one_transaction_is_not_kept_by_itself(path: Path) -> None:
    fill(path)
    with open_store(path) as store:
        connection = store._connection
        connection.run("PRAGMA max_page_count = 60")
        with pytest.raises(StoreAway, match="disk is full"), store.transaction():  # noqa: PT012 - one after the other
            store.facts.put({"before": b"1"})
            with suppress(StoreError), store.attempt():
                store.facts.put({"large": b"x" * 1_000_000})
            for name in ("alone", "attempted"):
                with suppress(StoreError), store.attempt() if name == "attempted" else nullcontext():
                    store.facts.put({name: b"1"})
        assert [store.facts.get(name) for name in ("before", "large", "alone", "attempted")] == [None] * 4
        store.facts.put({"after": b"1"})
        with store.transaction():
            store.facts.put({"then": b"1"})
        assert store.facts.get("then") == b"1"


def test_a_store_that_stays_locked_says_that_it_is_in_use(path: Path) -> None:
    fill(path)
    with closing(sqlite3.connect(path, isolation_level=None)) as rival, open_store(path) as store:
        store._connection.run("PRAGMA busy_timeout = 1")
        rival.execute("BEGIN IMMEDIATE")
        with pytest.raises(StoreBusy, match="in use by another process"):
            store.facts.put({"key": b"value"})
        rival.execute("ROLLBACK")
        store.facts.put({"key": b"value"})


class TestMigrations:
    @pytest.fixture
    def folder(self, tmp_path: Path) -> Path:
        folder = tmp_path / "migrations"
        folder.mkdir()
        (folder / "0001_first.sql").write_text("CREATE TABLE a (x);\nINSERT INTO a VALUES ('one;\n two');\n")
        return folder

    @pytest.fixture
    def connection(self, tmp_path: Path) -> Iterator[Connection]:
        raw = sqlite3.connect(tmp_path / "m.db", isolation_level=None)
        yield Connection(raw, "m.db")
        raw.close()

    def test_each_runs_once_and_in_order(self, folder: Path, connection: Connection) -> None:
        migrate(connection, known_migrations(folder))
        (folder / "0002_second.sql").write_text("ALTER TABLE a ADD COLUMN y;\nUPDATE a SET y = 2;\n")
        migrate(connection, known_migrations(folder))
        migrate(connection, known_migrations(folder))
        assert connection.rows("SELECT x, y FROM a") == [("one;\n two", 2)]

    def test_one_that_fails_leaves_the_database_as_it_was(self, folder: Path, connection: Connection) -> None:
        migrate(connection, known_migrations(folder))
        (folder / "0002_second.sql").write_text("ALTER TABLE a ADD COLUMN y;\nINSERT INTO nowhere VALUES (1);\n")
        with pytest.raises(StoreError):
            migrate(connection, known_migrations(folder))
        assert connection.row("PRAGMA user_version") == (1,)
        assert connection.rows("SELECT * FROM a") == [("one;\n two",)]

    def test_statements_are_split_where_they_end(self) -> None:
        script = "CREATE TABLE a (x);\nCREATE TRIGGER t BEFORE UPDATE ON a\nBEGIN\n    SELECT 1;\n    SELECT 2;\nEND;\n"
        assert [statement.split()[1] for statement in split_statements(script)] == ["TABLE", "TRIGGER"]


READ_AS_NOBODY = """
import os, sys
from pathlib import Path
from idsync.errors import OlderReplica, SchemaMoved, StoreAway, StoreBusy, StoreError
from idsync.stores.sqlite import store as sqlite_store
from idsync.stores.sqlite.store import open_store, open_store_to_read
from idsync.targets.local import LocalTarget
ORG = "https://enzos-pizza.okta.com"
path = Path(sys.argv[1])
with open_store_to_read(path):
    pass  # whatever is imported late is imported now
if os.geteuid() == 0:
    os.setgroups([]); os.setgid(65534); os.setuid(65534)
with open_store_to_read(path) as store:
    print(sorted(LocalTarget(store.directory, ORG).index("x").users))
try:
    with open_store(path) as store:
        LocalTarget(store.directory, ORG).delete_user("hiro")
except StoreError as error:
    print(error.summary.replace(str(path), "FILE"))
"""


def test_a_file_in_a_folder_that_cannot_be_written_is_still_read() -> None:
    # Not under tmp_path, which other users may not enter.
    folder = Path(tempfile.mkdtemp(prefix="idsync-read-only-"))
    try:
        fill(folder / "idsync.db")
        (folder / "idsync.db").chmod(0o444)
        folder.chmod(0o555)
        ran = subprocess.run(
            [sys.executable, "-c", READ_AS_NOBODY, str(folder / "idsync.db")],
            capture_output=True,
            text=True,
            env={"PYTHONPATH": os.pathsep.join(filter(None, sys.path)), "PYTHONDONTWRITEBYTECODE": "1"},
            check=False,
        )
    finally:
        folder.chmod(0o755)
        shutil.rmtree(folder)
    assert ran.stderr == ""
    assert ran.stdout.splitlines()[0] == "['hiro']"
    assert "FILE" in ran.stdout.splitlines()[1]


@pytest.fixture
def later(tmp_path: Path) -> list[Path]:
    """Migrations with one more than there is."""
    folder = tmp_path / "migrations"
    shutil.copytree(Path(known_migrations()[0]).parent, folder)
    (folder / "0999_later.sql").write_text("CREATE TABLE laters (id INTEGER PRIMARY KEY) STRICT;\n")
    return known_migrations(folder)


def test_r47_an_older_service_is_neither_overtaken_nor_writes_once_it_was(
    path: Path, later: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    with open_store(path) as older:
        lease = older.replicas.announce(ELSEWHERE)
        monkeypatch.setattr(sqlite_store, "known_migrations", lambda: later)
        with pytest.raises(OlderReplica, match="another-machine"):
            open_store(path)
        older.replicas.leave(lease)
        open_store(path).close()
        writes: list[Callable[[], object]] = [lambda: older.facts.put({"key": b"late"}), older.check_schema]
        for write in writes:
            with pytest.raises(SchemaMoved, match="newer schema"):
                write()
    with open_store(path) as store:
        assert store.facts.get("key") is None
