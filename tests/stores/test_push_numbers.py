"""The numbers of pushes, on every store: they grow in the order of transactions, whatever clocks say."""

import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from idsync.model.extent import Extent
from idsync.model.identity import raw_json
from idsync.model.pushed import PushedGroup, PushedUser
from idsync.reconcile.followed import out_lately
from idsync.reconcile.gone import gone_after
from idsync.stores.holder import this_process
from idsync.stores.postgres.migrations import known_migrations as known_to_postgres
from idsync.stores.postgres.migrations import migrate as migrate_postgres
from idsync.stores.postgres.store import _connected as connected_to_postgres
from idsync.stores.postgres.store import open_postgres
from idsync.stores.protocol import Access, Store
from idsync.stores.sqlite.migrations import known_migrations as known_to_sqlite
from idsync.stores.sqlite.migrations import migrate as migrate_sqlite
from idsync.stores.sqlite.store import _connected as connected_to_sqlite
from idsync.stores.sqlite.store import _uri, open_sqlite
from idsync.stores.tables.copying import copy_whole
from idsync.targets.local import LocalTarget
from tests.postgres.server import server
from tests.stores.contract import Clock, Opener
from tests.targets.world import ORG, our_user

TIME = "2026-11-22T12:00:00Z"


def pushed(store: Store, name: str) -> int:
    """The number of a push, which is taken in a transaction of its own or in the one that is open."""
    with store.transaction():
        number = store.pushed.number()
        body = raw_json({"userName": name})
        store.pushed.put_user(PushedUser(name, name, name, None, True, body, 1, TIME, TIME, number))
    return number


def fails(store: Store, name: str) -> None:
    """A push that fails once it is taken."""
    pushed(store, name)
    raise ZeroDivisionError


def after(store: Store, number: int) -> list[str]:
    """Who was pushed after the push of a number."""
    return [user.username for user in store.pushed.users_after(number)]


def test_numbers_are_microseconds_and_grow_where_clocks_differ_or_go_back(opener: Opener, tmp_path: Path) -> None:
    here, there = Clock(), Clock()
    with opener(tmp_path, here) as one, opener(tmp_path, there) as other:
        assert one.pushed.last_push() == 0
        there.now += 3600
        numbers = [pushed(one, "ann"), pushed(other, "bob"), pushed(one, "cid")]
        here.now -= 500
        numbers += [pushed(one, "dan"), pushed(other, "eve")]
        there.now += 1
        numbers.append(pushed(other, "fay"))
        start, ahead = 1_000_000_000, 4_600_000_000
        assert numbers == [start, ahead, ahead + 1, ahead + 2, ahead + 3, ahead + 1_000_000]
        assert one.pushed.last_push() == other.pushed.last_push() == numbers[-1]
        assert after(one, numbers[1]) == ["cid", "dan", "eve", "fay"]
        assert one.pushed.now() == numbers[-1], "no moment is before the last push"
        there.now += 1
        assert other.pushed.now() == numbers[-1] + 1_000_000


def test_what_is_pushed_in_one_transaction_has_one_number(store: Store, clock: Clock) -> None:
    with store.transaction():
        first = pushed(store, "ann")
        clock.now += 1
        LocalTarget(store.directory, ORG).put_user(our_user("ann"))
        assert pushed(store, "bob") == store.pushed.last_push() == first
        assert store.directory.serial() == 1
    assert (store.pushed.last_push(), store.directory.serial()) == (first, 1)


def test_what_changes_the_directory_alone_has_no_number(store: Store) -> None:
    number = pushed(store, "ann")
    LocalTarget(store.directory, ORG).put_user(our_user("ann"))
    assert (store.pushed.last_push(), store.directory.serial()) == (number, 1)


def test_a_part_that_is_undone_leaves_the_numbers_of_the_rest(store: Store, other: Store) -> None:
    with store.transaction():
        first = pushed(store, "ann")
        LocalTarget(store.directory, ORG).put_user(our_user("ann"))
        with pytest.raises(ZeroDivisionError), store.attempt():
            fails(store, "bob")
        second = pushed(store, "cid")
        assert second > first
    assert after(other, 0) == ["ann", "cid"]
    assert other.pushed.last_push() == second
    with pytest.raises(ZeroDivisionError), store.transaction():
        fails(store, "dan")
    assert store.pushed.last_push() == second
    assert pushed(other, "eve") > second


def test_groups_are_found_by_numbers_too(store: Store) -> None:
    number = pushed(store, "ann")
    for name in ("ops", "eng"):
        with store.transaction():
            group = PushedGroup(name, name, name, None, raw_json({}), 1, TIME, TIME, store.pushed.number())
            store.pushed.put_group(group)
    assert [group.title for group in store.pushed.groups_after(number)] == ["ops", "eng"]
    assert [group.title for group in store.pushed.groups_after(group.push - 1)] == ["eng"]


BEFORE = """
INSERT INTO {at}pushed_users
    (number, id, username, twin_key, okta_id, external_id, active, body, version, created, modified)
VALUES
    (1, '1', 'ann', 'ann', 'ann', NULL, 1, {body}, 1, '2026-11-22T12:00:00Z', '2026-11-22T12:00:00Z'),
    (2, '2', 'bob', 'bob', 'bob', NULL, 0, {body}, 1, '2026-11-22T12:00:00Z', '2026-11-22T12:30:00Z');
INSERT INTO {at}pushed_groups (number, id, title, twin_key, list_id, external_id, body, version, created, modified)
VALUES (1, '1', 'eng', 'eng', 'eng', NULL, {body}, 1, '2026-11-22T12:00:00Z', '2026-11-22T12:31:00Z');
INSERT INTO {at}facts (key, value) VALUES
    ('pushed/gone/users 2026-11-22T12:32:00Zc d/~', {body}),
    ('pushed/gone/lists 2026-11-22T12:33:00Zops', {body}),
    ('followed/out 2026-11-22T12:34:00Zeve', {body}),
    ('owed/local', {body})
"""
NOON, MINUTE = 1_795_348_800_000_000, 60_000_000
Reopen = Callable[[Access], Store]


def _older_sqlite(place: Path) -> Reopen:
    path = place / "idsync.db"
    path.touch()
    connection = connected_to_sqlite(_uri(path, "rw"), str(path), sqlite3.connect)
    migrate_sqlite(connection, known_to_sqlite()[:8])
    with connection.writing():
        for statement in BEFORE.format(at="", body="X'7b7d'").split(";"):
            connection.run(statement)
    connection.close()
    return lambda access: open_sqlite(path, access)


def _older_postgres(place: Path) -> Reopen:
    url = server().url(server().new_database())
    connection = connected_to_postgres(url)
    migrate_postgres(connection, known_to_postgres()[:3])
    with connection.writing():
        connection.run(BEFORE.format(at="idsync.", body="'{}'::bytea"))
    connection.close()
    return lambda access: open_postgres(url, access)


@pytest.fixture(params=[_older_sqlite, _older_postgres], ids=["sqlite", "postgres"])
def older(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Reopen]:
    """Opens a store of the schema in which times stood in for numbers."""
    return request.param(tmp_path)  # type: ignore[no-any-return]


@pytest.mark.parametrize("access", [Access.WRITE, Access.READ], ids=["brought forward", "read through a copy"])
def test_r47_the_times_of_an_earlier_schema_become_numbers(older: Reopen, access: Access) -> None:
    with older(access) as store:
        assert store.pushed.last_push() == NOON + 33 * MINUTE
        assert {user.username: user.push for user in store.pushed.users(0, 9)} == {
            "ann": NOON,
            "bob": NOON + 30 * MINUTE,
        }
        assert [group.push for group in store.pushed.groups(0, 9)] == [NOON + 31 * MINUTE]
        assert after(store, NOON) == ["bob"]
        found = gone_after(store.facts, NOON + 32 * MINUTE - 1, NOON + 32 * MINUTE)
        assert found == Extent(frozenset({"c d/~"}), frozenset({"ops"}))
        assert gone_after(store.facts, NOON + 32 * MINUTE, NOON + 33 * MINUTE).users == frozenset()
        assert out_lately(store.facts, NOON + 34 * MINUTE - 1).users == frozenset({"eve"})
        assert out_lately(store.facts, NOON + 34 * MINUTE).users == frozenset()
        assert store.facts.get("owed/local") == b"{}"


def test_a_copy_keeps_the_numbers(opener: Opener, tmp_path: Path, clock: Clock) -> None:
    (tmp_path / "copy").mkdir()
    with opener(tmp_path, clock) as store, open_sqlite(tmp_path / "copy" / "b.db", Access.WRITE) as copy:
        number = pushed(store, "ann")
        last = pushed(store, "bob")
        copy_whole(store.whole(), copy.whole(), this_process(TIME), lambda *_: None)  # type: ignore[attr-defined]
        assert after(copy, number) == ["bob"]
        assert copy.pushed.last_push() == last
