"""Opening a store in PostgreSQL: made once, read as it is, brought forward by who writes; why it cannot be opened."""

import shutil
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from idsync.cli.exit_codes import exit_code_of
from idsync.errors import OlderReplica, SchemaMoved, SchemaTooOld, StoreError
from idsync.stores.postgres.address import label_of
from idsync.stores.postgres.connection import Connection
from idsync.stores.postgres.migrations import known_migrations
from idsync.stores.postgres.store import open_postgres, postgres_exists
from idsync.stores.protocol import Access, Lease
from idsync.targets.local import LocalTarget
from tests.postgres.server import USER, server
from tests.postgres.stores import new_store
from tests.stores.test_leases import ELSEWHERE
from tests.targets.world import ORG, our_user

SCHEMAS = "SELECT nspname FROM pg_namespace WHERE nspname = 'idsync'"


def fill(database: str) -> None:
    with open_postgres(server().url(database), Access.WRITE) as store:
        LocalTarget(store.directory, ORG).put_user(our_user("hiro"))


@pytest.fixture
def database() -> Iterator[str]:
    """The name of a database with an empty store, whose schema a test may change."""
    name = new_store()
    yield name
    server().drop_database(name)


@pytest.fixture
def later(tmp_path: Path) -> list[Path]:
    """Migrations with one more than there is: a column, an index, a table and a change of what is there."""
    for file in known_migrations():
        shutil.copy(file, tmp_path)
    (tmp_path / "0999_later.sql").write_text(
        "ALTER TABLE idsync.facts ADD COLUMN later bigint NOT NULL DEFAULT 7;\n"
        "CREATE TABLE idsync.laters (id bigint PRIMARY KEY);\n"
        "CREATE INDEX facts_by_later ON idsync.facts (later);\n"
        "UPDATE idsync.facts SET key = key || '/local';\n"
    )
    return known_migrations(tmp_path)


def test_migrations_are_numbered_one_after_the_other() -> None:
    numbers = [int(migration.name[:4]) for migration in known_migrations()]
    assert numbers == list(range(1, len(numbers) + 1))


def test_r47_reading_a_store_that_is_missing_shows_an_empty_directory_and_makes_nothing(nothing: str) -> None:
    url = server().url(nothing)
    assert not postgres_exists(url)
    with open_postgres(url, Access.READ) as store:
        assert LocalTarget(store.directory, ORG).index(ORG).users == {}
        assert store.facts.get("pool") is None
        assert store.verify().entries == 0
    assert server().run(SCHEMAS, nothing) == []
    fill(nothing)
    assert postgres_exists(url)


def test_a_store_opened_to_read_refuses_to_write(database: str) -> None:
    fill(database)
    with open_postgres(server().url(database), Access.READ) as store, pytest.raises(StoreError, match="read-only"):
        LocalTarget(store.directory, ORG).put_user(our_user("another"))


def test_r47_an_earlier_schema_is_read_through_a_copy_that_nobody_sees(database: str, later: list[Path]) -> None:
    fill(database)
    url = server().url(database)
    with open_postgres(url, Access.WRITE) as writer:
        writer.facts.put({"pool": b"12"})
        with open_postgres(url, Access.READ, migrations=later) as store:
            assert store.facts.get("pool/local") == b"12"
            assert LocalTarget(store.directory, ORG).state().users.keys() == {"hiro"}
            assert list(store.journal.entries()) == []
            writer.facts.put({"pool": b"13", "more": b""})
            assert store.facts.get("pool/local") == b"12"
            with pytest.raises(StoreError, match="read-only"):
                store.facts.put({"pool": b"14"})
        assert writer.facts.get("pool") == b"13"
    assert server().run("SELECT version FROM idsync.schema_version", database) == [(len(known_migrations()),)]


def test_a_store_that_was_emptied_is_not_taken_for_one_of_an_earlier_version(nothing: str) -> None:
    """To run a command that writes, as for an earlier version, would make an empty directory of it."""
    with pytest.raises(StoreError, match="is empty") as caught:
        open_postgres(server().url(nothing), Access.REMEMBER)
    assert not isinstance(caught.value, SchemaTooOld)
    assert "Restore the backup" in caught.value.fix
    assert server().run(SCHEMAS, nothing) == []


def test_r47_an_earlier_schema_is_brought_forward_by_who_writes_and_by_nobody_else(
    database: str, later: list[Path]
) -> None:
    fill(database)
    url = server().url(database)
    with pytest.raises(SchemaTooOld, match="earlier idsync"):
        open_postgres(url, Access.REMEMBER, migrations=later)
    with open_postgres(url, Access.WRITE, migrations=later) as store:
        assert store.upgraded_from == len(known_migrations())
    with open_postgres(url, Access.WRITE, migrations=later) as store:
        assert store.upgraded_from is None
    with pytest.raises(StoreError, match="newer idsync"):
        open_postgres(url, Access.READ)


def test_r47_where_an_earlier_schema_may_not_be_copied_the_command_to_run_is_named(
    database: str, later: list[Path]
) -> None:
    server().run(f'REVOKE TEMPORARY ON DATABASE "{database}" FROM PUBLIC')
    server().run("DROP ROLE IF EXISTS onlooker")
    server().run("CREATE ROLE onlooker LOGIN")
    server().run("GRANT USAGE ON SCHEMA idsync TO onlooker", database)
    server().run("GRANT SELECT ON ALL TABLES IN SCHEMA idsync TO onlooker", database)
    url = server().url(database).replace(f"{USER}@", "onlooker@")
    with open_postgres(url, Access.READ) as store:
        assert store.directory.serial() == 0
    with pytest.raises(SchemaTooOld) as caught:
        open_postgres(url, Access.READ, migrations=later)
    assert "idsync apply" in caught.value.fix


def test_a_migration_that_fails_leaves_what_was_there(database: str, tmp_path: Path, later: list[Path]) -> None:
    later[-1].write_text("CREATE TABLE idsync.laters (id bigint);\nSELECT 1 / 0;\n")
    with pytest.raises(StoreError, match="refuses a statement"):
        open_postgres(server().url(database), Access.WRITE, migrations=later)
    assert server().run("SELECT to_regclass('idsync.laters')", database) == [(None,)]
    fill(database)


def test_two_processes_may_make_the_store_at_once(nothing: str) -> None:
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda _: open_postgres(server().url(nothing), Access.WRITE).close(), range(4)))
    fill(nothing)


def test_a_store_that_another_process_makes_during_the_first_look_is_nobody_else_s(
    nothing: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    ask = Connection.row
    looked: list[str] = []

    def made_meanwhile(self: Connection, statement: Any, values: Any = ()) -> Any:
        found = ask(self, statement, values)
        if "to_regclass('idsync.schema_version')" in statement and not looked:
            looked.append(statement)
            open_postgres(server().url(nothing), Access.WRITE).close()
        return found

    monkeypatch.setattr(Connection, "row", made_meanwhile)
    open_postgres(server().url(nothing), Access.WRITE).close()
    assert looked
    fill(nothing)


def test_another_program_s_tables_are_left_alone(nothing: str) -> None:
    server().run("CREATE SCHEMA idsync", nothing)
    fill(nothing)
    server().run("DROP SCHEMA idsync CASCADE", nothing)
    server().run("CREATE SCHEMA idsync", nothing)
    server().run("CREATE TABLE idsync.users (id bigint)", nothing)
    for access in Access:
        with pytest.raises(StoreError, match="not an idsync store"):
            open_postgres(server().url(nothing), access)


def test_a_database_that_cannot_hold_every_name_is_refused() -> None:
    server().run("DROP DATABASE IF EXISTS latin")
    server().run("CREATE DATABASE latin ENCODING 'LATIN1' LOCALE 'C' TEMPLATE template0")
    with pytest.raises(StoreError) as caught:
        open_postgres(server().url("latin"), Access.WRITE)
    assert "UTF8" in caught.value.fix


def test_a_user_without_privileges_is_told_which(nothing: str) -> None:
    server().run("DROP ROLE IF EXISTS stranger")
    server().run("CREATE ROLE stranger LOGIN")
    url = server().url(nothing).replace(f"{USER}@", "stranger@")
    with pytest.raises(StoreError) as caught:
        open_postgres(url, Access.WRITE)
    assert "may not be used by this user" in caught.value.summary
    assert "CREATE SCHEMA idsync AUTHORIZATION" in caught.value.fix
    server().run("CREATE SCHEMA idsync AUTHORIZATION stranger", nothing)
    open_postgres(url, Access.WRITE).close()


@pytest.mark.parametrize(
    ("url", "label"),
    [
        ("postgresql://me:s%20cret@db.example.com:5433/idsync?sslmode=require", "me@db.example.com:5433/idsync"),
        ("postgresql://db/idsync", "db/idsync"),
        ("postgresql://me%40home@/idsync?host=/run/pg&password=s%20cret", "me@home@/run/pg/idsync"),
        ("postgres:///idsync", "localhost/idsync"),
    ],
)
def test_people_read_an_address_without_its_secrets(url: str, label: str) -> None:
    assert label_of(url) == label


@pytest.mark.parametrize("url", ["postgresql://db:nan/x?sslmode", "postgresql://db/x?nothing=1", "postgresql://%zz/x"])
def test_an_address_that_cannot_be_read_is_not_repeated(url: str) -> None:
    with pytest.raises(StoreError) as caught:
        open_postgres(url, Access.READ)
    said = f"{caught.value.summary} {caught.value.why} {caught.value.fix}"
    assert url not in said
    assert caught.value.fix


def test_r47_a_store_that_an_older_service_uses_is_not_brought_forward(database: str, later: list[Path]) -> None:
    fill(database)
    url = server().url(database)
    with open_postgres(url, Access.WRITE) as older:
        lease = older.replicas.announce(ELSEWHERE)
        with pytest.raises(OlderReplica, match="another-machine") as caught:
            open_postgres(url, Access.WRITE, migrations=later)
        assert exit_code_of(caught.value) == 9
        with open_postgres(url, Access.READ, migrations=later) as reading:
            assert LocalTarget(reading.directory, ORG).state().users.keys() == {"hiro"}
        older.replicas.leave(lease)
        open_postgres(url, Access.WRITE, migrations=later).close()


def test_r47_who_opened_an_older_schema_writes_nothing_once_it_is_newer(database: str, later: list[Path]) -> None:
    fill(database)
    url = server().url(database)
    with open_postgres(url, Access.WRITE) as older:
        held = older.leases.take("leader", ELSEWHERE, 60)
        assert isinstance(held, Lease)
        open_postgres(url, Access.WRITE, migrations=later).close()
        writes: list[Callable[[], object]] = [
            lambda: LocalTarget(older.directory, ORG).put_user(our_user("late")),
            lambda: older.leases.renew(held),
            older.check_schema,
        ]
        for write in writes:
            with pytest.raises(SchemaMoved, match="newer schema") as caught:
                write()
            assert exit_code_of(caught.value) == 7
    with open_postgres(url, Access.READ, migrations=later) as store:
        assert LocalTarget(store.directory, ORG).state().users.keys() == {"hiro"}
