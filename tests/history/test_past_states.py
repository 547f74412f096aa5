"""The directory as of a run or a time, held against a recording of every state over random weeks."""

import shutil
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from random import Random

import pytest

from idsync.errors import StoreError, UsageError
from idsync.history.past_states import state_as_of
from idsync.model.canonical import canonical_bytes
from idsync.model.directory import DirectoryState
from idsync.model.times import format_time
from idsync.stores.sqlite.store import SqliteStore, open_store
from idsync.targets.local import LocalTarget
from tests.apply.worlds import AFTER, BEFORE, apply, fill, plan_between, state
from tests.effort import some
from tests.history.weeks import Weeks
from tests.targets.world import NOW, ORG, our_user

DATA = Path(__file__).parents[1] / "stores" / "data"


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqliteStore]:
    with open_store(tmp_path / "idsync.db") as opened:
        yield opened


def as_of(store: SqliteStore, moment: object) -> DirectoryState:
    return state_as_of(LocalTarget(store.directory, ORG), store, str(moment)).state


@pytest.mark.parametrize("seed", some(range(50)))
def test_every_state_of_random_weeks_comes_back(store: SqliteStore, seed: int) -> None:
    recorded = Weeks(store, Random(seed)).live(40)
    assert any(each.run for each in recorded)
    for each in recorded:
        expected = canonical_bytes(each.state)
        for second in (0, 1, 3_599):
            assert canonical_bytes(as_of(store, format_time(each.at + timedelta(seconds=second)))) == expected
        if each.run is not None:
            assert canonical_bytes(as_of(store, each.run)) == expected
    assert as_of(store, format_time(NOW)) == DirectoryState()
    assert canonical_bytes(as_of(store, "2100-01-01T00:00:00+02:00")) == canonical_bytes(recorded[-1].state)
    assert store.journal.verify().broken_at is None


def test_a_run_that_was_broken_off_changed_nothing(store: SqliteStore) -> None:
    target = LocalTarget(store.directory, ORG)
    apply(plan_between(state(), state(our_user("ann"))), target, store)
    broken = plan_between(state(our_user("ann")), state(our_user("ann"), our_user("bob")))

    class Full(LocalTarget):
        def put_user(self, user: object) -> None:
            raise StoreError("The disk is full.")

    with pytest.raises(StoreError):
        apply(broken, Full(store.directory, ORG), store)
    assert as_of(store, 2).users == {"ann": our_user("ann")}
    apply(broken, target, store)
    assert as_of(store, 2).users.keys() == {"ann", "bob"}
    assert as_of(store, 1).users.keys() == {"ann"}


@pytest.mark.parametrize("moment", ["0", "7", "-1", "yesterday", "2026-11-22", "2026-11-22T09:30:00", "", "²"])
def test_what_is_neither_a_run_nor_a_time_is_refused(store: SqliteStore, moment: str) -> None:
    apply(plan_between(state(), state(our_user("ann"))), LocalTarget(store.directory, ORG), store)
    with pytest.raises(UsageError):
        as_of(store, moment)


def test_a_store_without_a_journal_has_no_past(store: SqliteStore) -> None:
    assert as_of(store, "2020-01-01T00:00:00Z") == DirectoryState()


class TestSchema1:
    """Entries of schema 1 are read backwards like today's, but for what they do not tell."""

    @pytest.fixture
    def store(self, tmp_path: Path) -> Iterator[SqliteStore]:
        shutil.copy(DATA / "schema-1.db", tmp_path / "idsync.db")
        with open_store(tmp_path / "idsync.db") as opened:
            yield opened

    def test_after_its_run_the_directory_was_what_the_run_made(self, store: SqliteStore) -> None:
        past = state_as_of(LocalTarget(store.directory, ORG), store, "1")
        for name, found in AFTER.users.items():
            assert past.state.users[name] == found
        assert past.state.users.keys() >= {"ÉLODIE", "admin"}
        assert past.state.users.keys().isdisjoint({"bot", "leaver/1"})
        assert past.state.locks.keys() >= {"leaver-lock", "by-hand"}
        assert past.state.access_lists["00g3"] == AFTER.access_lists["00g3"]
        assert past.state.members["00g1"].keys() == AFTER.members["00g1"].keys()
        assert past.state.members["0oa4"].keys() == AFTER.members["0oa4"].keys()
        assert past.lists_without_members == {"00g3"}

    def test_before_its_run_it_was_what_it_began_with(self, store: SqliteStore) -> None:
        past = state_as_of(LocalTarget(store.directory, ORG), store, "2026-11-22T09:29:59Z")
        for name, found in BEFORE.users.items():
            assert past.state.users[name] == found
        assert past.state.locks["returner-lock"] == BEFORE.locks["returner-lock"]
        for name in ("00g1", "00g2"):
            assert past.state.access_lists[name] == BEFORE.access_lists[name]
            assert past.state.members[name] == BEFORE.members[name]

    def test_today_is_untouched(self, store: SqliteStore) -> None:
        target = LocalTarget(store.directory, ORG)
        assert state_as_of(target, store, "2100-01-01T00:00:00Z").state == target.state()


def test_a_directory_that_was_filled_past_the_journal_still_goes_back(store: SqliteStore) -> None:
    target = LocalTarget(store.directory, ORG)
    fill(target, BEFORE)
    before = target.state()
    apply(plan_between(BEFORE, AFTER), target, store)
    after = target.state()
    assert canonical_bytes(as_of(store, "2026-11-22T09:29:59Z")) == canonical_bytes(before)
    assert canonical_bytes(as_of(store, 1)) == canonical_bytes(after)
