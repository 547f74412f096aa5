"""The journal: append-only, in order, chained, and telling when it was tampered with."""

import sqlite3
from contextlib import closing, suppress
from pathlib import Path

import msgspec
import pytest

from idsync.errors import StoreError
from idsync.model.addresses import Address
from idsync.model.canonical import body_of
from idsync.model.directory import UpstreamCause
from idsync.model.journal import (
    Entry,
    LocksSwept,
    MadeByHand,
    RunFinished,
    RunResumed,
    RunStarted,
    RunStopped,
    StepBegun,
    StepFailed,
    StepMade,
    Verification,
    summarise_runs,
)
from idsync.model.resources import Membership
from idsync.stores.protocol import UnfinishedRun
from idsync.stores.sqlite.store import SqliteStore, open_store, open_store_to_read
from tests.targets.world import our_list

AT = "2026-11-22T09:30:00Z"
STARTED = RunStarted(1, AT, "hiro", "sha256:p", "okta", 2, {"user": {"create": 1}}, {"user_deletes": "agreed"})
LIST = body_of(our_list("00g1"))
STEP = StepMade(
    1, 2, Address("user/a"), "create", "assigned", (UpstreamCause("user", "00u1", "é"),), None, LIST.fingerprint
)
REMOVAL = StepMade(
    1,
    4,
    Address("access_list/00g1"),
    "update",
    "membership_changed",
    before=LIST.fingerprint,
    after=LIST.fingerprint,
    members_added=("x\n",),
    members_removed={"y": Membership(reason="é")},
    details={"x\n": Membership(expires="2027-01-01T00:00:00Z")},
)
BEGUN = StepBegun(1, 4, Address("access_list/00g1"), "elsewhere")
FAILED = StepFailed(1, 5, Address("access_list/00g2"), "no answer", "elsewhere")
SWEPT = LocksSwept(1, AT, {"l1": LIST.fingerprint})
FINISHED = RunFinished(1, AT, 1)
BY_HAND = MadeByHand(AT, "hiro", "delete", Address("access_list/x"), LIST.fingerprint, None, {"y": Membership()})
WHOLE: list[Entry] = [STARTED, STEP, BEGUN, REMOVAL, FAILED, SWEPT, FINISHED, BY_HAND]


def fill(store: SqliteStore) -> None:
    store.journal.append(STARTED)
    with store.transaction():
        for entry in WHOLE[1:]:
            store.journal.append(entry, [LIST])


def tamper(path: Path, *statements: str) -> None:
    """Change the file behind idsync's back, as somebody with a database tool could."""
    with closing(sqlite3.connect(path)) as raw, raw:
        raw.execute("DROP TRIGGER journal_refuses_update")
        raw.execute("DROP TRIGGER journal_refuses_delete")
        raw.execute("DROP TRIGGER bodies_refuse_update")
        raw.execute("DROP TRIGGER bodies_refuse_delete")
        for statement in statements:
            raw.execute(statement)


def test_entries_come_back_in_order_and_whole(store: SqliteStore, other: SqliteStore) -> None:
    fill(store)
    assert [(each.sequence, each.entry) for each in other.journal.entries()] == list(enumerate(WHOLE, 1))


def test_headlines_leave_steps_out(store: SqliteStore) -> None:
    fill(store)
    assert [each.entry for each in store.journal.headlines()] == [STARTED, SWEPT, FINISHED, BY_HAND]


def test_the_entries_of_one_run_are_found_among_others(store: SqliteStore) -> None:
    store.journal.append(BY_HAND, [LIST])
    fill(store)
    store.journal.append(msgspec.structs.replace(STARTED, run=2))
    assert [each.entry for each in store.journal.entries(1)] == WHOLE[:-1]
    assert list(store.journal.entries(7)) == []


def test_entries_that_wait_in_a_transaction_can_be_read_in_it(store: SqliteStore, other: SqliteStore) -> None:
    with store.transaction():
        store.journal.append(BY_HAND, [LIST])
        assert len(list(store.journal.entries())) == 1
        assert list(other.journal.entries()) == []


def test_an_undone_transaction_leaves_no_entry_and_the_chain_whole(store: SqliteStore) -> None:
    store.journal.append(BY_HAND, [LIST])
    with suppress(ZeroDivisionError), store.transaction():
        store.journal.append(BY_HAND, [LIST])
        list(store.journal.entries())
        store.journal.append(BY_HAND, [LIST])
        raise ZeroDivisionError
    store.journal.append(BY_HAND, [LIST])
    assert store.journal.verify() == Verification(2)


def test_an_untouched_journal_verifies(store: SqliteStore) -> None:
    assert store.journal.verify() == Verification(0)
    fill(store)
    assert store.journal.verify() == Verification(len(WHOLE))


def test_two_writers_in_turn_make_one_chain(store: SqliteStore, other: SqliteStore) -> None:
    for each in (store, other, store, other):
        each.journal.append(BY_HAND, [LIST])
    assert store.journal.verify() == Verification(4)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE journal SET entries = x'7b7d'",
        "DELETE FROM journal",
        "UPDATE bodies SET body = x'7b7d'",
        "DELETE FROM bodies",
    ],
)
def test_the_database_itself_refuses_to_change_the_journal_and_what_it_names(
    store: SqliteStore, path: Path, statement: str
) -> None:
    fill(store)
    with closing(sqlite3.connect(path)) as raw, pytest.raises(sqlite3.IntegrityError, match="append-only"):
        raw.execute(statement)


@pytest.mark.parametrize(
    ("statement", "broken_at", "why"),
    [
        ("UPDATE journal SET entries = CAST(replace(entries, 'user', 'lock') AS BLOB) WHERE sequence=2", 2, "not"),
        ("UPDATE journal SET entries = CAST(replace(entries, 'hiro', 'else') AS BLOB) WHERE sequence = 8", 8, "not"),
        ("DELETE FROM journal WHERE sequence = 2", 2, "missing"),
        ("DELETE FROM journal WHERE sequence = 8", 8, "missing"),
        ("DELETE FROM journal", 1, "missing"),
        ("UPDATE journal SET event = 'step' WHERE sequence = 6", 6, "filed"),
        ("UPDATE journal SET run = 2 WHERE sequence = 2", 2, "filed"),
        ("UPDATE journal SET entry_count = 1 WHERE sequence = 2", 2, "filed"),
        ("UPDATE journal SET chain = zeroblob(32) WHERE sequence = 7", 7, "not what was written"),
        ("UPDATE bodies SET body = x'7b7d'", 2, "the body"),
        ("DELETE FROM bodies", 2, "missing"),
    ],
)  # fmt: skip
def test_tampering_is_found_at_its_first_entry(
    store: SqliteStore, path: Path, statement: str, broken_at: int, why: str
) -> None:
    fill(store)
    store.close()
    tamper(path, statement)
    with open_store_to_read(path) as reopened:
        verdict = reopened.journal.verify()
    assert (verdict.entries, verdict.broken_at) == (broken_at - 1, broken_at)
    assert why in verdict.why


def test_an_entry_that_cannot_be_read_is_a_clear_error(store: SqliteStore, path: Path) -> None:
    fill(store)
    store.close()
    tamper(path, "UPDATE journal SET entries = x'7b' WHERE sequence = 2")
    with open_store(path) as reopened, pytest.raises(StoreError, match="entry 2 cannot be read"):
        list(reopened.journal.entries())


def test_many_steps_come_back_one_by_one(store: SqliteStore, other: SqliteStore) -> None:
    steps = [msgspec.structs.replace(STEP, run=1 + number // 900, phase=number) for number in range(1_000)]
    with store.transaction():
        for step in steps:
            store.journal.append(step, [LIST])
        store.journal.append(BY_HAND, [LIST])
    read = list(other.journal.entries())
    assert [each.entry for each in read] == [*steps, BY_HAND]
    assert [each.sequence for each in read] == list(range(1, 1_002))
    assert store.journal.verify() == Verification(1_001)


def test_runs_are_numbered_and_known_by_their_plan(store: SqliteStore, other: SqliteStore) -> None:
    assert store.runs.next_number() == 1
    store.journal.append(STARTED)
    assert other.runs.next_number() == 2
    assert other.runs.unfinished("sha256:p") == UnfinishedRun(1, AT)
    assert other.runs.finished("sha256:p") is None
    store.journal.append(FINISHED)
    assert other.runs.unfinished("sha256:p") is None
    assert other.runs.finished("sha256:p") == 1
    assert other.runs.finished("sha256:another") is None


def test_a_summary_tells_who_when_what_and_how_it_ended() -> None:
    (finished,) = summarise_runs([STARTED, FINISHED, BY_HAND])
    assert (finished.actor, finished.started_at, finished.finished_at, finished.state) == ("hiro", AT, AT, "finished")
    assert (finished.counts, finished.releases) == ({"user": {"create": 1}}, {"user_deletes": "agreed"})
    (killed,) = summarise_runs([STARTED, STEP])
    assert (killed.state, killed.finished_at) == ("unfinished", None)
    stopped = RunStopped(1, AT, 1, "The disk is full.")
    (broken_off,) = summarise_runs([STARTED, stopped])
    assert (broken_off.state, broken_off.why) == ("stopped", "The disk is full.")
    (resumed,) = summarise_runs([STARTED, stopped, RunResumed(1, AT, "hiro")])
    assert (resumed.state, resumed.why) == ("unfinished", "")
