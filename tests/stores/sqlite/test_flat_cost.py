"""What concerns one person costs the same in a small company and in a large one: no statement reads everybody."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from idsync.model.directory import Names
from idsync.model.resources import Membership, Owner
from idsync.stores.sqlite.statements import TEXTS
from idsync.stores.sqlite.store import SqliteStore, open_store
from idsync.stores.tables.statements import Statement
from idsync.targets.local import LocalTarget
from tests.targets.world import NOW, ORG, our_list, our_lock, our_user

WHOLE = {
    "directory.sql": {
        "access_list_bodies",
        "access_list_entries",
        "lock_bodies",
        "search_users",
        "user_bodies",
        "user_entries",
    },
    "plain.sql": {"plain_bodies", "plain_entries"},
    "members.sql": {"clear_details", "members_in_bulk", "names"},
    "records.sql": {"chained_entries", "entries", "headlines"},
    "agreed.sql": {"differences"},
    "testimony.sql": {
        "runs",
        "edited",
        "user_prints",
        "lock_prints",
        "access_list_prints",
        "list_counts",
        "plain_prints",
    },
    "upstream.sql": {
        "upstream_away",
        "upstream_list_kinds",
        "upstream_lists",
        "upstream_members",
        "upstream_user_ids",
        "upstream_users",
    },
    "pushed.sql": {
        "count_pushed_groups",
        "count_pushed_users",
        "lists_not_pushed",
        "own_pushed_groups",
        "people_not_pushed",
        "pushed_groups",
        "pushed_stand_ins",
        "pushed_users",
        "scim_tokens",
    },
}
"""The statements that are meant to read a whole table; `any_…` and `last_…` read one row of it.

`clear_details` reads every membership, once for as many new details as there are thousands of memberships.
"""
FROM_THE_END = {"latest_headlines"}
"""Statements that go backwards until their reader has enough: what that costs is tested below."""
SMALL = {"directory", "journal_end", "upstream", "found", "owned_counts", "CONSTANT"}
"""Tables of one row, or one for each org, and what a statement found already."""
PARTIAL = [
    statement
    for statement in sorted(TEXTS)
    if statement.name not in WHOLE.get(statement.file, set()) | FROM_THE_END
    and not statement.name.startswith(("any_", "make_", "last_"))
]


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SqliteStore]:
    """A store for all statements: none is run."""
    with open_store(tmp_path_factory.mktemp("filled") / "idsync.db") as store:
        target = LocalTarget(store.directory, ORG)
        target.put_user(our_user("hiro"))
        target.put_access_list(our_list("00g1"))
        target.add_members("00g1", {"hiro": Membership()})
        yield store


@pytest.mark.parametrize("statement", PARTIAL, ids="/".join)
def test_a_statement_looks_up_what_it_needs(filled: SqliteStore, statement: Statement) -> None:
    sql = TEXTS[statement]
    numbers = {int(number) for number in re.findall(r"\?(\d+)", sql)}
    values = [None] * (len(numbers) or sql.count("?"))
    plan = [str(row[3]) for row in filled._connection.rows(f"EXPLAIN QUERY PLAN {sql}", values)]
    scanned = {step.split()[1] for step in plan if step.startswith("SCAN") and "VIRTUAL TABLE" not in step}
    assert scanned <= SMALL


def company(path: Path, people: int) -> SqliteStore:
    """A company in one list, with a lock, an owner and a list for every tenth person."""
    store = open_store(path)
    target = LocalTarget(store.directory, ORG)
    with target.transaction():
        for number in range(people):
            target.put_user(our_user(f"User{number}", okta_id=f"00u{number}"))
        target.put_access_list(our_list("all"))
        target.add_members("all", dict.fromkeys((f"User{number}" for number in range(people)), Membership()))
        for number in range(0, people, 10):
            target.put_lock(our_lock(f"lock{number}", f"User{number}", "2030-01-01T00:00:00Z"))
            target.put_access_list(our_list(f"own{number}"))
    target.put_user(our_user("first after the import"))
    target.put_access_list(our_list("first after the import"))
    target.add_members("first after the import", {"User1": Membership()})
    return store


def change_a_user(target: LocalTarget) -> None:
    target.put_user(our_user("first after the import"))


def change_a_list(target: LocalTarget) -> None:
    target.put_access_list(our_list("first after the import"))


@pytest.mark.parametrize("change", [change_a_user, change_a_list])
def test_whatever_comes_first_after_a_large_import_makes_the_indexes_that_it_left(
    monkeypatch: pytest.MonkeyPatch, store: SqliteStore, change: Callable[[LocalTarget], None]
) -> None:
    monkeypatch.setattr("idsync.stores.tables.users._BULK", 3)
    monkeypatch.setattr("idsync.stores.tables.members._BULK_WRITE", 3)
    target = LocalTarget(store.directory, ORG)
    with target.transaction():
        for number in range(5):
            target.put_user(our_user(f"User{number}"))
        target.put_access_list(our_list("all"))
        target.add_members("all", dict.fromkeys((f"User{number}" for number in range(5)), Membership()))
    left = {"users_by_okta_id", "users_by_twin_key", "members_by_name"}
    assert indexes_of(store).isdisjoint(left)
    store.cache.put({"a memo, which changes nothing of the directory": b""})
    assert indexes_of(store).isdisjoint(left)
    change(target)
    assert indexes_of(store) >= left


def indexes_of(store: SqliteStore) -> set[str]:
    return {name for (name,) in store._connection.rows("SELECT name FROM sqlite_schema WHERE type = 'index'")}


def test_members_of_a_large_list_are_asked_for_one_by_one(store: SqliteStore) -> None:
    sql = TEXTS[Statement("upstream.sql", "upstream_members_among")]
    plan = [str(row[3]) for row in store._connection.rows(f"EXPLAIN QUERY PLAN {sql}", (None, None))]
    assert "member=?" in plan[-1]
    assert "list=?" in plan[-1]


def look_at_one(target: LocalTarget) -> None:
    with target.reading():
        names = target.names_of(["00u7"], ["user7", "user8"])
        assert names == {"User7", "User8"}
        target.index(ORG, Names(names, frozenset({"own10"})))
        target.state(Names(names, frozenset({"own10"})))
        target.counts(ORG)
        target.locks(names)
        target.ended_locks(NOW)
        target.memberships(names)
        target.owned_by(names)


def change_one(target: LocalTarget) -> None:
    with target.transaction():
        target.put_user(our_user("User7", "ops", okta_id="00u7"))
        target.put_user(our_user("Newcomer", okta_id="00n"))
        target.put_lock(our_lock("lock of 7", "User7"))
        target.delete_user("User9")


def one_member_more(target: LocalTarget) -> None:
    with target.transaction():
        target.add_members("all", {"Newcomer": Membership(), "User3": Membership(reason="again")})
        target.remove_members("all", ["User4"])
        target.index(ORG, Names(frozenset(), frozenset({"all"})))


@pytest.mark.parametrize("work", [look_at_one, change_one, one_member_more])
def test_one_person_costs_as_many_steps_of_the_database_among_few_as_among_many(
    tmp_path: Path, work: Callable[[LocalTarget], None]
) -> None:
    steps = [steps_of(company(tmp_path / f"{people}.db", people), work) for people in (50, 4_000)]
    assert steps[1] <= steps[0] * 1.05


def steps_of(store: SqliteStore, work: Callable[[LocalTarget], None]) -> int:
    """How many instructions of its machine SQLite runs for some work."""
    count = 0

    def tick() -> int:
        nonlocal count
        count += 1
        return 0

    with store:
        target = LocalTarget(store.directory, ORG)
        store._connection._raw.set_progress_handler(tick, 1)
        work(target)
        store._connection._raw.set_progress_handler(None, 0)
    assert count > 50
    return count


def test_a_list_is_put_again_without_a_look_at_its_members(tmp_path: Path) -> None:
    def retitle(target: LocalTarget) -> None:
        found = target.state(Names(frozenset(), frozenset({"own10"}))).access_lists["own10"]
        assert found.spec.owners == (Owner("alice"),)
        target.put_access_list(our_list("all", "Everybody"))

    few, many = (steps_of(company(tmp_path / f"{people}.db", people), retitle) for people in (50, 4_000))
    assert many <= few * 1.05
