"""One writer at a time on a server: who waits, who is killed, whose connection breaks, and what is left."""

import signal
import subprocess
import sys
import time
from collections.abc import Generator
from concurrent.futures import ThreadPoolExecutor
from typing import cast

import msgspec
import psycopg
import pytest

from idsync.errors import StoreAway, StoreBusy, StoreError
from idsync.model.pushed import PushedUser
from idsync.stores.postgres import connection
from idsync.stores.postgres.store import PostgresStore, open_postgres
from idsync.stores.postgres.together import Filled, as_text
from idsync.stores.protocol import Access, Lease
from idsync.stores.tables.connection import Question, Row
from idsync.stores.tables.statements import Statement, Statements
from idsync.targets.local import LocalTarget
from tests.postgres.server import server
from tests.stores.test_journal import BY_HAND, LIST, fill
from tests.stores.test_leases import ME, NAME, dead_process, taken
from tests.targets.world import ORG, our_list, our_user

KILLED = """
import os, signal, sys
from idsync.stores.postgres.store import open_postgres
from idsync.stores.protocol import Access
from idsync.targets.local import LocalTarget
from tests.targets.world import ORG, our_user
store = open_postgres(sys.argv[1], Access.WRITE)
LocalTarget(store.directory, ORG).put_user(our_user("kept"))
with store.transaction():
    for number in range(200):
        LocalTarget(store.directory, ORG).put_user(our_user(f"user{number}"))
    assert len(LocalTarget(store.directory, ORG).state().users) == 201
    os.kill(os.getpid(), signal.SIGKILL)
"""


def people(store: PostgresStore) -> set[str]:
    return set(LocalTarget(store.directory, ORG).state().users)


def end_connections(database: str) -> None:
    """Let the server end every connection to a database, as a restart does."""
    server().run(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{database}'")


def test_in_a_transaction_a_lease_that_was_checked_stays(store: PostgresStore, other: PostgresStore) -> None:
    lease = taken(store.leases, dead_process())
    other._connection.busy_milliseconds = 20
    with store.transaction():
        store.leases.check(lease)
        with pytest.raises(StoreBusy):
            other.leases.take(NAME, ME, 60)
    taken(other.leases)


def test_r46_who_renews_or_takes_a_lease_waits_for_no_writer(store: PostgresStore, other: PostgresStore) -> None:
    other._connection.busy_milliseconds = 20
    lead = taken(other.leases, name="leader")
    with store.transaction():
        store.facts.put({"key": b"long"})
        other.leases.renew(lead)
        other.leases.release(taken(other.leases, name="another"))
        with pytest.raises(StoreBusy):
            other.facts.put({"key": b"short"})


def test_r46_a_lease_that_a_transaction_keeps_is_renewed_by_its_holder_meanwhile(
    store: PostgresStore, other: PostgresStore
) -> None:
    other._connection.busy_milliseconds = 20
    lead = taken(store.leases, name="leader")
    with store.transaction():
        store.leases.check(lead)
        other.leases.renew(lead)


def test_of_many_who_take_a_new_lease_at_once_one_has_it(database: str) -> None:
    def take(number: int) -> bool:
        with open_postgres(server().url(database), Access.WRITE) as opened:
            holder = msgspec.structs.replace(ME, host=f"machine-{number}")
            return isinstance(opened.leases.take("leader", holder, 60), Lease)

    with ThreadPoolExecutor(6) as pool:
        assert list(pool.map(take, range(6))).count(True) == 1
    assert server().run("SELECT token FROM idsync.leases WHERE name = 'leader'", database) == [(1,)]


def test_what_is_committed_waits_for_the_disk_where_the_server_does_not_by_itself(
    store: PostgresStore, database: str
) -> None:
    assert store._connection.row("SHOW synchronous_commit") == ("off",)
    with store.transaction():
        assert store._connection.row("SHOW synchronous_commit") == ("on",)
    server().run(f'ALTER DATABASE "{database}" SET synchronous_commit = local')
    with open_postgres(server().url(database), Access.WRITE) as stricter, stricter.transaction():
        assert stricter._connection.row("SHOW synchronous_commit") == ("local",)


def test_r46_leases_end_by_the_server_s_clock(store: PostgresStore, other: PostgresStore) -> None:
    assert abs(store._connection.now() - time.time()) < 60
    lease = taken(store.leases)
    (ends,) = store._connection.row("SELECT ends FROM idsync.leases") or (0,)
    assert 0 < ends - other._connection.now() <= lease.seconds


def test_a_writer_waits_and_then_sees_what_the_one_before_left(store: PostgresStore, other: PostgresStore) -> None:
    LocalTarget(store.directory, ORG).put_user(our_user("ann"))
    LocalTarget(other.directory, ORG).put_user(our_user("bob"))
    LocalTarget(store.directory, ORG).put_user(our_user("cid"))
    assert people(other) == {"ann", "bob", "cid"}
    assert store.directory.serial() == 3
    assert LocalTarget(other.directory, ORG).counts(ORG).people == 3


def test_a_span_of_reads_sees_one_state(store: PostgresStore, other: PostgresStore) -> None:
    with store.directory.reading():
        assert people(store) == set()
        LocalTarget(other.directory, ORG).put_user(our_user("ann"))
        assert people(store) == set()
    assert people(store) == {"ann"}


def test_a_process_that_is_killed_in_a_transaction_leaves_nothing_of_it(store: PostgresStore, database: str) -> None:
    ended = subprocess.run([sys.executable, "-c", KILLED, server().url(database)], check=False)
    assert ended.returncode == -signal.SIGKILL
    LocalTarget(store.directory, ORG).put_user(our_user("after"))
    assert people(store) == {"kept", "after"}


def test_a_connection_that_broke_between_two_transactions_is_nothing_to_tell_of(
    store: PostgresStore, database: str
) -> None:
    put = LocalTarget(store.directory, ORG).put_user
    put(our_user("ann"))
    end_connections(database)
    put(our_user("bob"))
    end_connections(database)
    with store.directory.reading():
        assert people(store) == {"ann", "bob"}
    end_connections(database)
    lease = taken(store.leases, ME)
    end_connections(database)
    store.leases.renew(lease)


def test_a_database_without_its_tables_is_to_be_tried_again(store: PostgresStore, database: str) -> None:
    server().run("ALTER SCHEMA idsync RENAME TO elsewhere", database)
    with pytest.raises(StoreAway, match="is not whole"):
        LocalTarget(store.directory, ORG).put_user(our_user("ann"))
    server().run("ALTER SCHEMA elsewhere RENAME TO idsync", database)
    LocalTarget(store.directory, ORG).put_user(our_user("ann"))
    server().run("ALTER TABLE idsync.facts RENAME TO elsewhere", database)
    with pytest.raises(StoreAway, match="is not whole"):
        store.facts.get("a")
    server().run("ALTER TABLE idsync.elsewhere RENAME TO facts", database)
    assert people(store) == {"ann"}


def test_a_broken_connection_undoes_its_transaction_and_the_next_one_connects_again(
    store: PostgresStore, database: str
) -> None:
    LocalTarget(store.directory, ORG).put_user(our_user("before"))

    def lose() -> None:
        with store.transaction():
            LocalTarget(store.directory, ORG).put_user(our_user("lost"))
            end_connections(database)
            people(store)

    with pytest.raises(StoreError, match="does not answer any more") as caught:
        lose()
    assert "run the same command again" in caught.value.fix
    assert people(store) == {"before"}
    LocalTarget(store.directory, ORG).put_user(our_user("after"))
    assert people(store) == {"before", "after"}
    assert LocalTarget(store.directory, ORG).counts(ORG).people == 2


def test_a_connection_that_breaks_while_a_transaction_begins_writes_nothing_outside_of_one(
    monkeypatch: pytest.MonkeyPatch, store: PostgresStore, other: PostgresStore, database: str
) -> None:
    fill(store)
    LocalTarget(other.directory, ORG).put_user(our_user("meanwhile"))
    other.journal.append(BY_HAND, [LIST])  # so that the beginning asks whether the journal goes on from what was seen
    ask = connection.Connection._chain_at

    def broken_off(self: connection.Connection, sequence: int) -> bytes | None:
        end_connections(database)
        return ask(self, sequence)

    monkeypatch.setattr(connection.Connection, "_chain_at", broken_off)
    with pytest.raises(StoreAway, match="does not answer any more"), store.transaction():
        LocalTarget(store.directory, ORG).put_user(our_user("lost"))
    monkeypatch.undo()
    assert "lost" not in people(store)
    with store.transaction():
        LocalTarget(store.directory, ORG).put_user(our_user("after"))
    assert people(store) == {"meanwhile", "after"}


def test_who_is_silent_for_too_long_in_a_transaction_holds_nobody_up(
    monkeypatch: pytest.MonkeyPatch, store: PostgresStore, other: PostgresStore
) -> None:
    begin = connection._BEGIN_WRITING.replace(f"'{connection._SILENT_SECONDS}s'", "'250ms'")
    monkeypatch.setattr(connection, "_BEGIN_WRITING", begin)

    def be_silent() -> None:
        with store.transaction():
            store.facts.put({"key": b"mine"})
            time.sleep(0.6)
            store.facts.get("key")

    with pytest.raises(StoreError):
        be_silent()
    other.facts.put({"key": b"theirs"})
    assert store.facts.get("key") == b"theirs"


def test_what_is_read_in_pieces_goes_on_after_a_write_in_between(store: PostgresStore, other: PostgresStore) -> None:
    fill(store)
    expected = [each.sequence for each in other.journal.latest()]
    entries = store.journal.latest()
    seen = [next(entries).sequence]
    store.journal.append(BY_HAND, [LIST])
    with store.directory.reading():
        seen += [each.sequence for each in entries]
        assert store.journal.head().entries == 9
    assert seen == expected
    assert store.journal.verify().broken_at is None


def test_what_is_read_in_pieces_can_be_left_after_the_connection_broke(store: PostgresStore, database: str) -> None:
    with store.transaction():
        for _ in range(500):
            store.journal.append(BY_HAND, [LIST])
    entries = store._connection.chunks("SELECT sequence FROM idsync.journal", size=1)
    next(entries)
    end_connections(database)
    cast(Generator[Row, None, None], entries).close()
    assert store.journal.head().entries == 500


def test_what_is_read_in_pieces_and_left_holds_no_transaction_open(store: PostgresStore, database: str) -> None:
    fill(store)
    next(store.journal.latest())
    for _ in store.journal.entries():
        break
    sql = f"SELECT count(*) FROM pg_stat_activity WHERE datname = '{database}' AND state LIKE 'idle in%'"
    assert server().run(sql) == [(0,)]


HOSTILE = ("\t", "\\N", "a\nb", "\\.", "{", '"', "'; DROP TABLE names; --", "名前", "😀", "İ", "%s", "$1", " ", "\x7f")


@pytest.mark.parametrize("times", [1, 30])
def test_hostile_text_comes_back_as_it_was_in_few_rows_and_in_many(store: PostgresStore, times: int) -> None:
    names = {f"{text}{number}" for text in HOSTILE for number in range(times)}
    target = LocalTarget(store.directory, ORG)
    with target.transaction():
        for name in names:
            target.put_user(our_user(name))
            target.put_access_list(our_list(name, title=name))
    assert people(store) == names
    assert target.state().access_lists.keys() == names
    with target.transaction():
        for name in names:
            target.delete_user(name)
    assert people(store) == set()


def test_the_database_itself_refuses_to_change_the_journal_and_what_it_names(
    store: PostgresStore, database: str
) -> None:
    fill(store)
    for table in ("journal", "bodies"):
        for sql in (
            f"DELETE FROM idsync.{table}",
            f"TRUNCATE idsync.{table}",
            f"UPDATE idsync.{table} SET {table[:0]}",
        ):
            if sql.startswith("UPDATE"):
                column = "entries" if table == "journal" else "body"
                sql += f"{column} = '{{}}'"
            with pytest.raises(Exception, match="append-only"):
                server().run(sql, database)


@pytest.fixture
def exchanges(store: PostgresStore, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What is asked in each exchange with the server from now on."""
    noted: list[str] = []
    exchange = store._connection._exchange
    send = exchange.send

    def note(*statements: Filled, reconnects: bool = False) -> psycopg.Cursor[Row]:
        noted.append(";".join(as_text(exchange.raw, [each]) for each in statements))
        return send(*statements, reconnects=reconnects)

    monkeypatch.setattr(exchange, "send", note)
    return noted


def test_what_a_transaction_asked_for_is_told_with_the_beginning_of_the_next_as_it_is_by_then(
    store: PostgresStore, other: PostgresStore, exchanges: list[str]
) -> None:
    store.facts.put({"it's \\ 1": b"\x00'"})
    for expected in (b"\x00'", b"\x00'", b"other"):
        exchanges.clear()
        with store.transaction():
            assert store.facts.get("it's \\ 1") == expected
            assert store.facts.get("nothing") is None
        other.facts.put({"it's \\ 1": b"other" if len(exchanges) == 2 else b"\x00'"})
    assert len(exchanges) == 2, "the beginning, and the commit"


def test_what_is_asked_for_outside_of_a_transaction_or_in_one_that_failed_becomes_no_habit(
    store: PostgresStore, exchanges: list[str]
) -> None:
    with store.transaction():
        store.facts.get("habit")
    for number in range(20):
        store.facts.get(f"read/{number}")
    with pytest.raises(KeyError), store.transaction():
        raise KeyError(store.facts.get("failed"))
    exchanges.clear()
    with store.transaction():
        store.facts.get("habit")
    (begun, _) = exchanges
    assert "habit" in begun
    assert "read/" not in begun
    assert "failed" not in begun


def test_what_a_transaction_writes_goes_to_the_server_with_what_it_asks_next(
    store: PostgresStore, exchanges: list[str]
) -> None:
    with store.transaction():
        for number in range(20):
            store.facts.delete(f"nothing/{number}")
        store.facts.put({"one": b"1"})
        assert store.facts.between("one", "onf") == {"one": b"1"}
        store.facts.put({"two": b"2"})
    assert len(exchanges) == 3, "the beginning, the question, and the commit"
    assert store.facts.get("two") == b"2"


AT = "2026-01-05T08:00:00Z"
REFUSED = pytest.mark.parametrize("row", [("a key", None), ("\0", b"1")])


def put_refused(store: PostgresStore, row: tuple[str, bytes | None]) -> None:
    """Write one fact, and another one that the server, or its driver, does not take."""
    store.facts.put({"within": b"1"})
    store._connection.run_many(Statement("facts.sql", "put_fact"), [row])
    store.facts.put({"within too": b"1"})


@REFUSED
def test_what_the_server_refuses_is_undone_with_the_part_that_wrote_it(
    store: PostgresStore, row: tuple[str, bytes | None]
) -> None:
    with store.transaction():
        store.facts.put({"before": b"1"})
        with pytest.raises(StoreError), store.attempt():
            put_refused(store, row)
        store.facts.put({"after": b"1"})
    assert store.facts.between("a", "zzz") == {"after": b"1", "before": b"1"}


@pytest.mark.parametrize("has_asked", [False, True])
def test_a_part_that_fails_is_undone_whether_or_not_the_server_knows_of_it(
    store: PostgresStore, has_asked: bool
) -> None:
    def fail() -> None:
        store.facts.put({"within": b"1"})
        if has_asked:
            assert store.facts.between("a", "zzz") == {"before": b"1", "within": b"1"}
        raise KeyError

    with store.transaction():
        store.facts.put({"before": b"1"})
        with pytest.raises(KeyError), store.attempt():
            fail()
        store.facts.put({"after": b"1"})
    assert store.facts.between("a", "zzz") == {"after": b"1", "before": b"1"}


@REFUSED
def test_a_transaction_in_which_the_server_refuses_a_write_leaves_nothing(
    store: PostgresStore, row: tuple[str, bytes | None]
) -> None:
    with pytest.raises(StoreError), store.transaction():
        put_refused(store, row)
    assert store.facts.between("a", "zzz") == {}
    store.facts.put({"next": b"1"})
    assert store.facts.get("next") == b"1"


def pushed(username: str) -> PushedUser:
    """A user as one was pushed."""
    return PushedUser(username, username, f"00u-{username}", None, True, msgspec.Raw(b"{}"), 1, AT, AT, 0)


def test_what_is_foreseen_is_told_at_once_and_holds_until_something_is_written(
    store: PostgresStore, exchanges: list[str]
) -> None:
    store.pushed.put_user(pushed("ann"))
    with store.transaction():
        store.foresee_push(b"digest", ["Ann", "bob"], ["00u-ann"])
        exchanges.clear()
        assert store.tokens.find(b"digest") is None
        assert store.pushed.users_named(["bob", "Ann"]) == [pushed("ann")]
        assert list(store.directory.users.bodies(["bob", "Ann"])) == []
        assert exchanges == []
        assert store.pushed.users_named(["ann"]) == [pushed("ann")]
        assert len(exchanges) == 1, "nobody foresaw that"
        store.pushed.put_user(pushed("bob"))
        assert store.pushed.users_named(["bob", "Ann"]) == [pushed("ann"), pushed("bob")]


def test_what_is_foreseen_is_forgotten_with_the_part_or_the_transaction_in_which_it_was_told(
    store: PostgresStore, other: PostgresStore
) -> None:
    def fail() -> None:
        store.pushed.put_user(pushed("ann"))
        store.foresee_push(b"digest", ["ann"], [])
        assert store.pushed.users_named(["ann"]) == [pushed("ann")]
        raise KeyError

    with store.transaction():
        with pytest.raises(KeyError), store.attempt():
            fail()
        assert store.pushed.users_named(["ann"]) == []
        store.foresee_push(b"digest", ["ann"], [])
    other.pushed.put_user(pushed("ann"))
    assert store.pushed.users_named(["ann"]) == [pushed("ann")]
    with store.transaction():
        assert store.pushed.users_named(["ann"]) == [pushed("ann")]


@pytest.mark.parametrize("inside", [False, True])
def test_a_question_with_a_long_value_is_foreseen_as_others_are_and_nothing_sent_with_it_is_lost(
    store: PostgresStore, inside: bool
) -> None:
    questions = [
        Question(Statements("pushed.sql")["scim_token"], (b"digest",)),
        Question(Statements("pushed.sql")["pushed_users_with_external_id"], ("x" * 100_000,)),
    ]
    reads = store._connection
    if not inside:
        reads.foresee(lambda: questions)

    def fail() -> None:
        store.facts.put({"key": b"1"})
        if inside:
            reads.foresee(lambda: questions)
        assert store.pushed.users_with_external_id("x" * 100_000) == []
        raise KeyError

    with pytest.raises(KeyError), store.transaction():
        fail()
    assert store.facts.get("key") is None, "it was written outside of a transaction"


@pytest.mark.parametrize("waits", [False, True])
def test_a_value_that_is_long_is_written_in_its_order(store: PostgresStore, waits: bool) -> None:
    with store.transaction():
        if waits:
            store.facts.put({"key": b"before"})
        store.facts.put({"key": b"x" * 100_000})
        store.facts.put({"after": b"'$1\\"})
    assert store.facts.between("a", "z") == {"key": b"x" * 100_000, "after": b"'$1\\"}
