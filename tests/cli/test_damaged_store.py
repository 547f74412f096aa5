"""A store whose rows were damaged: what is damaged is named, with a way on, and nothing ends in `Unexpected`."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from tests.cli.running import Idsync

ENZO = "enzo.moretti@enzos-pizza.com"
_OF_ENZO = f"(SELECT fingerprint FROM users WHERE name = '{ENZO}')"
_OF_A_LIST = "(SELECT fingerprint FROM access_lists WHERE name = '00g1enzo0010')"


def damage(org: Path, *statements: str) -> None:
    with closing(sqlite3.connect(org / "idsync.db")) as raw, raw:
        raw.execute("DROP TRIGGER bodies_refuse_update")
        raw.execute("DROP TRIGGER bodies_refuse_delete")
        for statement in statements:
            raw.execute(statement)


@pytest.mark.parametrize(
    ("statement", "named"),
    [
        (f"UPDATE bodies SET body = x'7b' WHERE fingerprint = {_OF_ENZO}", f"user/{ENZO}"),
        (f"UPDATE bodies SET body = x'ff' WHERE fingerprint = {_OF_ENZO}", f"user/{ENZO}"),
        (f"UPDATE bodies SET body = x'6e756c6c' WHERE fingerprint = {_OF_ENZO}", f"user/{ENZO}"),
        (f"DELETE FROM bodies WHERE fingerprint = {_OF_ENZO}", f"user/{ENZO}"),
        (f"UPDATE bodies SET body = x'5b5d' WHERE fingerprint = {_OF_A_LIST}", "access_list/00g1enzo0010"),
        (f"DELETE FROM bodies WHERE fingerprint = {_OF_A_LIST}", "access_list/00g1enzo0010"),
    ],
)
def test_an_object_that_cannot_be_read_is_named_with_a_way_on(
    idsync: Idsync, org: Path, statement: str, named: str
) -> None:
    damage(org, statement)
    ended = idsync("get", "all", "-c", org)
    assert (ended.code, ended.out) == (1, "")
    assert named in ended.err
    assert "Restore the store from a backup" in ended.err
    verified = idsync("history", "-c", org, "--verify")
    assert verified.code == 1
    assert "the body" in verified.err


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE membership_details SET body = x'7b'",
        "DELETE FROM membership_details",
        "UPDATE members SET details_id = 12345678",
    ],
)
def test_memberships_that_cannot_be_read_are_told_so(idsync: Idsync, org: Path, statement: str) -> None:
    damage(org, statement)
    ended = idsync("get", "access_list_members", "-c", org)
    assert ended.code == 1
    assert "Unexpected" not in ended.err
    assert "membership" in ended.err


@pytest.mark.parametrize(
    ("holder", "ends"),
    [("x'7b'", 9e15), ("x'ff'", 9e15), ('cast(\'{"process":"x"}\' as blob)', 9e15), ("x'6e756c6c'", 9e15)],
)
def test_a_lease_that_cannot_be_read_stops_no_apply(idsync: Idsync, org: Path, holder: str, ends: float) -> None:
    damage(org, "DELETE FROM leases", f"INSERT INTO leases VALUES ('target:local', 7, {holder}, {ends})")
    ended = idsync("apply", "-c", org, "--auto-approve", "--snapshot", org / "snapshot-next.json")
    assert ended.code == 0, ended.err


def test_a_damaged_fact_says_how_to_go_on(idsync: Idsync, org: Path) -> None:
    damage(org, "UPDATE facts SET value = x'7b'")
    ended = idsync("plan", "-c", org)
    assert ended.code == 1
    assert "fix:" in ended.err
    assert "Unexpected" not in ended.err


def test_a_file_that_was_cut_is_explained(idsync: Idsync, org: Path) -> None:
    store = org / "idsync.db"
    whole = store.read_bytes()
    for size in (len(whole) // 2, len(whole) // 3, 5000, 100, 17):
        store.write_bytes(whole[:size])
        for command in (["get", "all"], ["plan"], ["history", "--verify"]):
            ended = idsync(*command, "-c", org)
            assert ended.code in (1, 7), (size, command, ended)
            assert "Unexpected" not in ended.err
            assert "fix:" in ended.err


@pytest.mark.parametrize(
    ("table", "column"), [("users", "fingerprint"), ("users", "name"), ("access_lists", "fingerprint")]
)
def test_a_row_that_was_cut_short_is_told_so_by_every_command(
    idsync: Idsync, org: Path, table: str, column: str
) -> None:
    _cut_short(org / "idsync.db", table, column)
    # With a change to make, and with none, which leaves a memo.
    weeks = [["--snapshot", str(org / "snapshot-next.json")], []]
    for command in (["get", "all"], ["history", "--verify"], *(["apply", "--auto-approve", *week] for week in weeks)):
        ended = idsync(*command, "-c", org)
        assert "Unexpected" not in ended.err, command
        assert ended.code in (0, 1)
    assert idsync("history", "-c", org, "--verify").code == 1


def _cut_short(store: Path, table: str, column: str) -> None:
    """Leave nothing of a column in any row, as SQLite reads a page that was zeroed."""
    schema = f"UPDATE sqlite_schema SET sql = ? WHERE name = '{table}'"
    with closing(sqlite3.connect(store)) as raw, raw:
        (before,) = raw.execute(f"SELECT sql FROM sqlite_schema WHERE name = '{table}'").fetchone()
        raw.execute("PRAGMA writable_schema = ON")
        raw.execute(schema, (before.replace("NOT NULL", ""),))
    with closing(sqlite3.connect(store)) as raw, raw:
        raw.execute(f"UPDATE {table} SET {column} = NULL")
        raw.execute("PRAGMA writable_schema = ON")
        raw.execute(schema, (before,))
