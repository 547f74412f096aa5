"""A store that idsync made at schema 1, brought to today's: nothing of it is lost, and its journal still verifies.

`data/schema-1.db` was made by the last commit with schema 1, through its own target, editor and executor: users, lists
and locks, ours and foreign, with hostile names; a run that finished and one that was broken off; edits by hand, a
removed list among them; a lock cleared away; a lease, the facts of the last apply and a memo in the cache.
`data/schema-1.json` is what that idsync read out of it.
"""

import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import msgspec
import pytest

from idsync.errors import SchemaTooOld, StoreError
from idsync.model.canonical import canonical_bytes, fingerprint
from idsync.model.directory import DirectoryState, Names
from idsync.model.directory_index import index_of, managed_of
from idsync.model.journal import LocksSwept, MadeByHand, StepMade, bodies_named
from idsync.model.member_fingerprint import fingerprint_members
from idsync.model.names import twin_key
from idsync.model.resources import AccessList, Lock, Membership, User
from idsync.stores.protocol import Access
from idsync.stores.sqlite.store import SqliteStore, open_sqlite, open_store, open_store_to_read
from idsync.targets.given import GivenDirectory
from idsync.targets.local import LocalTarget
from tests.targets.world import NOW, ORG, our_list, our_user

DATA = Path(__file__).parents[1] / "data"


class RecordedState(msgspec.Struct):
    """A directory as it was when there were neither roles nor apps nor groups in it."""

    users: dict[str, User]
    locks: dict[str, Lock]
    access_lists: dict[str, AccessList]
    members: dict[str, dict[str, Membership]]


class Recorded(msgspec.Struct):
    """What idsync read out of the store when schema 1 was today's."""

    there: RecordedState = msgspec.field(name="state")
    edited: list[str]
    serial: int
    finished_plan: str
    unfinished_plan: str
    entries: int
    headlines: list[tuple[int, dict[str, Any]]]
    last_apply: str

    @property
    def state(self) -> DirectoryState:
        """The directory, as a state of today."""
        return DirectoryState(self.there.users, self.there.locks, self.there.access_lists, {**self.there.members})


@pytest.fixture(scope="module")
def recorded() -> Recorded:
    return msgspec.json.decode((DATA / "schema-1.json").read_bytes(), type=Recorded)


@pytest.fixture
def old(path: Path) -> Path:
    shutil.copy(DATA / "schema-1.db", path)
    return path


@pytest.fixture
def migrated(old: Path) -> Iterator[SqliteStore]:
    with open_store(old) as store:
        yield store


def test_the_file_is_of_schema_1(old: Path) -> None:
    with closing(sqlite3.connect(old)) as raw:
        assert raw.execute("PRAGMA user_version").fetchone() == (1,)


def test_the_directory_is_as_it_was(migrated: SqliteStore, recorded: Recorded) -> None:
    target = LocalTarget(migrated.directory, ORG)
    assert canonical_bytes(target.state()) == canonical_bytes(recorded.state)
    assert target.serial() == recorded.serial
    index, expected = target.index(ORG), index_of(recorded.state, ORG)
    assert (index.users, index.access_lists) == (expected.users, expected.access_lists)
    assert index.edited == set(recorded.edited)


def test_what_was_agreed_on_before_each_edit_is_known(migrated: SqliteStore, recorded: Recorded) -> None:
    names = Names(frozenset({"stays", "ÉLODIE", "mover"}), frozenset({"00g1", "00g3", "0oa4"}))
    base = migrated.agreed("local").base(names)
    assert base.users == {
        "stays": our_user("stays", "dev"),
        "ÉLODIE": our_user("ÉLODIE", "dev", okta_id="00h7"),
        "mover": recorded.state.users["mover"],
    }
    assert base.access_lists["00g3"] == our_list("00g3", "Shrinks")
    assert base.members["00g1"].keys() == {"stays", "joiner"}
    assert base.members["00g3"].keys() == {"stays"}
    assert base.members["0oa4"].keys() == {"joiner", "mover"}
    entries = {each.sequence: each.entry for each in migrated.journal.entries()}
    for address, difference in migrated.agreed("local").differing().items():
        if difference.entry is not None:
            entry = entries[difference.entry]
            assert isinstance(entry, MadeByHand)
            assert entry.address == address


def test_what_is_found_by_key_is_found(migrated: SqliteStore, recorded: Recorded) -> None:
    target, given = LocalTarget(migrated.directory, ORG), GivenDirectory(recorded.state)
    assert target.counts(ORG) == managed_of(recorded.state, ORG)
    people = [*recorded.state.users, "bob", "ann", "alice", "hand-made"]
    twins = [twin_key(name) for name in people]
    assert target.names_of([], twins) == given.names_of([], twins) != frozenset()
    ids = ["00u1", "00h4", "00u9"]
    assert target.names_of(ids, []) == given.names_of(ids, []) != frozenset()
    assert target.owned_by(people) == given.owned_by(people) != frozenset()
    assert target.locks(people) == given.locks(people) != {}
    assert target.ended_locks(NOW) == given.ended_locks(NOW)


def test_it_can_be_written_to(migrated: SqliteStore) -> None:
    target = LocalTarget(migrated.directory, ORG)
    before = target.counts(ORG)
    target.put_user(our_user("after", okta_id="00u99"))
    target.remove_members("00gh", ["名前"])
    assert target.names_of(["00u99"], []) == {"after"}
    assert target.counts(ORG).people == before.people + 1
    assert target.counts(ORG).memberships == before.memberships - 1
    members = target.state().members["00gh"]
    assert target.index(ORG).access_lists["00gh"].members_fingerprint == fingerprint_members("00gh", members)


def test_the_journal_and_what_hangs_on_it_are_whole(migrated: SqliteStore, recorded: Recorded) -> None:
    assert (migrated.journal.verify().entries, migrated.journal.verify().broken_at) == (recorded.entries, None)
    assert migrated.runs.finished(recorded.finished_plan) == 1
    unfinished = migrated.runs.unfinished(recorded.unfinished_plan)
    assert unfinished is not None
    assert unfinished.run == 2
    assert migrated.facts.get("last_apply/local") == recorded.last_apply.encode()


def test_old_entries_are_read_as_todays_and_name_bodies_that_are_kept(
    migrated: SqliteStore, recorded: Recorded
) -> None:
    entries = [each.entry for each in migrated.journal.entries()]
    named = {fingerprint for entry in entries for fingerprint in bodies_named(entry)}
    assert migrated.bodies.sound(named) == named
    changed = next(entry for entry in entries if isinstance(entry, StepMade) and entry.address == "user/mover")
    assert changed.before is not None
    assert migrated.bodies.find([changed.before])[changed.before] == canonical_bytes(our_user("mover", "dev"))
    hands = [entry for entry in entries if isinstance(entry, MadeByHand)]
    told = [entry for _, entry in recorded.headlines if entry["entry"] == "by_hand"]
    assert [(hand.address, hand.action) for hand in hands] == [(old["address"], old["action"]) for old in told]
    for hand, old in zip(hands, told, strict=True):
        for field in ("before", "after"):
            fingerprint_, body = getattr(hand, field), old.get(field)
            assert (fingerprint_ is None) == (body is None)
            if fingerprint_ is not None:
                assert msgspec.json.decode(migrated.bodies.find([fingerprint_])[fingerprint_]) == body
    (swept,) = [entry for entry in entries if isinstance(entry, LocksSwept)]
    assert swept.locks.keys() == {"ended"}


def test_every_body_is_kept_under_its_fingerprint(migrated: SqliteStore, recorded: Recorded) -> None:
    state = recorded.state
    bodies = [*state.users.values(), *state.locks.values(), *state.access_lists.values()]
    expected = {fingerprint(body): canonical_bytes(body) for body in bodies}
    assert migrated.bodies.find(list(expected)) == expected


def test_an_upgrade_that_breaks_off_leaves_the_file_as_it_was(old: Path) -> None:
    before = old.read_bytes()

    class Failing(sqlite3.Connection):
        def execute(self, sql: str, *values: Any) -> sqlite3.Cursor:
            if "owned_counts" in sql:
                raise KeyboardInterrupt
            return super().execute(sql, *values)

    with pytest.raises(KeyboardInterrupt):
        open_store(old, connect=lambda *values, **named: sqlite3.connect(*values, factory=Failing, **named))
    assert old.read_bytes() == before
    with open_store(old) as store:
        assert LocalTarget(store.directory, ORG).state().users


class TestReading:
    """A store of an earlier schema is read through a private copy: nothing of it, and nothing beside it, changes."""

    @pytest.fixture
    def reading(self, old: Path) -> Iterator[SqliteStore]:
        before, beside = old.read_bytes(), sorted(old.parent.iterdir())
        with open_store_to_read(old) as store:
            yield store
        assert old.read_bytes() == before
        assert sorted(old.parent.iterdir()) == beside

    def test_says_what_the_store_holds(self, reading: SqliteStore, recorded: Recorded) -> None:
        target = LocalTarget(reading.directory, ORG)
        assert canonical_bytes(target.state()) == canonical_bytes(recorded.state)
        assert target.index(ORG).edited == set(recorded.edited)
        assert reading.journal.verify().broken_at is None
        assert reading.upgraded_from is None

    def test_refuses_to_write(self, reading: SqliteStore) -> None:
        with pytest.raises(StoreError, match="read-only"):
            reading.facts.put({"key": b"value"})

    def test_needs_no_right_to_write(self, old: Path, recorded: Recorded) -> None:
        old.chmod(0o444)
        with open_store_to_read(old) as store:
            assert LocalTarget(store.directory, ORG).serial() == recorded.serial

    def test_sees_what_another_process_wrote_and_did_not_yet_put_into_the_file(self, old: Path) -> None:
        with closing(sqlite3.connect(old)) as raw:
            raw.execute("PRAGMA journal_mode = WAL")
            raw.execute("INSERT INTO facts (key, value) VALUES ('late', x'31')")
            raw.commit()
            with open_store_to_read(old) as store:
                assert store.facts.get("late") == b"1"

    def test_says_what_to_run_when_there_is_no_room_for_a_copy(
        self, old: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def fail(*values: object, **named: object) -> None:
            error = sqlite3.OperationalError("database or disk is full")
            error.sqlite_errorcode = sqlite3.SQLITE_FULL
            raise error

        class Full(sqlite3.Connection):
            backup = fail

        with pytest.raises(SchemaTooOld, match="earlier idsync") as caught:
            open_store_to_read(old, connect=lambda *values, **named: sqlite3.connect(*values, factory=Full, **named))
        assert "disk is full" in caught.value.why
        assert "idsync apply" in caught.value.fix

    def test_an_empty_file_reads_as_empty_and_stays_so(self, path: Path) -> None:
        path.touch()
        with open_store_to_read(path) as store:
            assert LocalTarget(store.directory, ORG).state() == DirectoryState()
        assert path.read_bytes() == b""


def test_what_can_be_made_again_is_never_a_reason_to_migrate(old: Path) -> None:
    before = old.read_bytes()
    with pytest.raises(SchemaTooOld):
        open_sqlite(old, Access.REMEMBER)
    assert old.read_bytes() == before
    open_sqlite(old, Access.WRITE).close()
    with open_sqlite(old, Access.REMEMBER) as store:
        store.cache.put({"memo": b"1"})
        assert store.cache.get("memo") == b"1"


def test_a_file_that_was_emptied_is_not_taken_for_one_of_an_earlier_version(tmp_path: Path) -> None:
    (tmp_path / "idsync.db").touch()
    with pytest.raises(StoreError, match="is empty") as caught:
        open_sqlite(tmp_path / "idsync.db", Access.REMEMBER)
    assert not isinstance(caught.value, SchemaTooOld)
    assert (tmp_path / "idsync.db").read_bytes() == b""


def test_opening_says_from_which_schema_it_brought_a_store_to_todays(old: Path, tmp_path: Path) -> None:
    for expected in (1, None):
        with open_store(old) as store:
            assert store.upgraded_from == expected
    with open_store(tmp_path / "new.db") as store:
        assert store.upgraded_from is None
