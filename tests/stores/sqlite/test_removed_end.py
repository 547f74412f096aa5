"""A journal whose end was cut off, and set back so that its chain holds, does not pass: the store knows better."""

import hashlib
import shutil
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

from idsync.cli.application import run
from idsync.model.journal import Head
from idsync.stores.sqlite.store import open_store_to_read

LOCK = '{"kind":"lock","version":"v2","metadata":{"name":"l1"},"spec":{"target":{"user":"eve"},"message":"m"}}'


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store after two runs, a hand's edit and a lock by hand."""
    folder = tmp_path_factory.mktemp("recorded") / "org"
    assert run(["init", str(folder), "--example"]) == 0
    config = ["-c", str(folder), "-q"]
    assert run(["apply", *config, "--auto-approve"]) == 0
    assert run(["apply", *config, "--auto-approve", "--snapshot", str(folder / "snapshot-next.json")]) == 0
    (folder / "lock.json").write_text(LOCK)
    assert run(["create", *config, str(folder / "lock.json")]) == 0
    assert run(["rm", *config, "user/alice.bianchi@enzos-pizza.com", "--auto-approve"]) == 0
    return folder / "idsync.db"


@pytest.fixture
def store(recorded: Path, tmp_path: Path) -> Path:
    return Path(shutil.copy(recorded, tmp_path / "idsync.db"))


def cut(connection: sqlite3.Connection, first: int) -> None:
    """Take away every row from this one on, and set the end back."""
    connection.execute("DROP TRIGGER journal_refuses_delete")
    connection.execute("DELETE FROM journal WHERE sequence >= ?", (first,))
    sequence, count, chain = connection.execute(
        "SELECT ifnull(max(sequence), 0), ifnull(max(sequence) * 0 + entry_count, 0), ifnull(chain, zeroblob(32))"
        " FROM (SELECT * FROM journal ORDER BY sequence DESC LIMIT 1)"
    ).fetchone()
    connection.execute("UPDATE journal_end SET sequence = ?, chain = ?", (max(0, sequence + count - 1), chain))


def last_hand(connection: sqlite3.Connection) -> None:
    (last,) = connection.execute("SELECT max(sequence) FROM journal").fetchone()
    cut(connection, last)


def last_hand_and_its_difference(connection: sqlite3.Connection) -> None:
    last_hand(connection)
    connection.execute("DELETE FROM differences")


def last_hand_its_difference_and_the_serial(connection: sqlite3.Connection) -> None:
    last_hand_and_its_difference(connection)
    connection.execute("UPDATE directory SET serial = serial - 1")


def second_run(connection: sqlite3.Connection) -> None:
    (first,) = connection.execute("SELECT min(sequence) FROM journal WHERE run = 2").fetchone()
    cut(connection, first)


def second_run_with_all_numbers(connection: sqlite3.Connection) -> None:
    second_run(connection)
    connection.execute("DELETE FROM runs WHERE number = 2")
    connection.execute("DELETE FROM differences")
    connection.execute("UPDATE directory SET serial = 1")


def everything(connection: sqlite3.Connection) -> None:
    cut(connection, 1)


def everything_with_all_numbers(connection: sqlite3.Connection) -> None:
    cut(connection, 1)
    connection.execute("DELETE FROM runs")
    connection.execute("DELETE FROM differences")
    connection.execute("UPDATE directory SET serial = 0")


def the_end_of_the_last_run(connection: sqlite3.Connection) -> None:
    (finished,) = connection.execute("SELECT max(sequence) FROM journal WHERE event = 'run_finished'").fetchone()
    cut(connection, finished)


def a_run_in_the_middle(connection: sqlite3.Connection) -> None:
    """Take the first run out, and chain what is left from the beginning."""
    rows = connection.execute("SELECT entry_count, run, event, entries FROM journal WHERE run IS NOT 1").fetchall()
    connection.execute("DROP TRIGGER journal_refuses_delete")
    connection.execute("DELETE FROM journal")
    place, chain = 1, bytes(32)
    for count, number, event, entries in rows:
        chain = hashlib.sha256(chain + entries).digest()
        connection.execute(
            "INSERT INTO journal VALUES (?, ?, ?, ?, ?, ?)", (place, count, number, event, entries, chain)
        )
        place += count
    connection.execute("UPDATE journal_end SET sequence = ?, chain = ?", (place - 1, chain))


def a_member_who_came_past_idsync(connection: sqlite3.Connection) -> None:
    connection.execute("UPDATE access_lists SET member_count = member_count + 1 WHERE id = 1")
    connection.execute("UPDATE access_lists SET member_count = member_count + 1")


def another_member(connection: sqlite3.Connection) -> None:
    """Put somebody in the place of a member: as many people are in the list as before."""
    connection.execute(
        "UPDATE members SET name_id = (SELECT id FROM names WHERE id NOT IN (SELECT name_id FROM members AS m"
        " WHERE m.list_id = members.list_id) LIMIT 1) WHERE (list_id, name_id) IN (SELECT list_id, name_id FROM members"
        " LIMIT 1)"
    )
    assert connection.execute("SELECT changes()").fetchone() == (1,)


def a_member_who_is_not_counted(connection: sqlite3.Connection) -> None:
    connection.execute("DELETE FROM members WHERE (list_id, name_id) IN (SELECT list_id, name_id FROM members LIMIT 1)")


def a_member_whose_membership_ends(connection: sqlite3.Connection) -> None:
    connection.execute("INSERT INTO membership_details (body) VALUES (?)", (b'{"expires":"2099-01-01T00:00:00Z"}',))
    connection.execute(
        "UPDATE members SET details_id = (SELECT max(id) FROM membership_details)"
        " WHERE (list_id, name_id) IN (SELECT list_id, name_id FROM members LIMIT 1)"
    )


def a_member_without_a_name(connection: sqlite3.Connection) -> None:
    connection.execute(
        "UPDATE members SET name_id = 99999 WHERE (list_id, name_id) IN (SELECT list_id, name_id FROM members LIMIT 1)"
    )


def a_user_who_went_past_idsync(connection: sqlite3.Connection) -> None:
    connection.execute("DELETE FROM users WHERE id = (SELECT min(id) FROM users)")


CUTS = [
    last_hand,
    last_hand_and_its_difference,
    last_hand_its_difference_and_the_serial,
    second_run,
    second_run_with_all_numbers,
    everything,
    everything_with_all_numbers,
    the_end_of_the_last_run,
    a_run_in_the_middle,
    a_member_who_came_past_idsync,
    another_member,
    a_member_who_is_not_counted,
    a_member_whose_membership_ends,
    a_member_without_a_name,
    a_user_who_went_past_idsync,
]


def test_what_nobody_touched_verifies(store: Path) -> None:
    with open_store_to_read(store) as opened:
        assert opened.verify().broken_at is None


@pytest.mark.parametrize("tampered", CUTS)
def test_a_removed_end_is_found(store: Path, tampered: Callable[[sqlite3.Connection], None]) -> None:
    connection = sqlite3.connect(store)
    tampered(connection)
    connection.commit()
    connection.close()
    with open_store_to_read(store) as opened:
        verdict = opened.verify()
    assert verdict.broken_at is not None
    assert verdict.why


def test_a_head_that_was_kept_elsewhere_finds_every_cut(store: Path) -> None:
    with open_store_to_read(store) as opened:
        head = opened.journal.head()
        assert opened.verify(head).broken_at is None
        assert opened.journal.verify(Head(head.entries, "0" * 64)).broken_at == head.entries
        assert opened.journal.verify(Head(head.entries + 1, head.chain)).broken_at is not None
        assert opened.journal.verify(Head(0, "0" * 64)).broken_at is None
    connection = sqlite3.connect(store)
    last_hand(connection)
    connection.commit()
    connection.close()
    with open_store_to_read(store) as opened:
        assert opened.journal.verify().broken_at is None
        assert "entries are gone" in opened.journal.verify(head).why
