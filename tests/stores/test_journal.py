"""The journal: append-only, in order, chained, and telling when it was tampered with."""

from contextlib import suppress

import msgspec

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
from idsync.stores.protocol import Store, UnfinishedRun
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


def fill(store: Store) -> None:
    store.journal.append(STARTED)
    with store.transaction():
        for entry in WHOLE[1:]:
            store.journal.append(entry, [LIST])


def test_entries_come_back_in_order_and_whole(store: Store, other: Store) -> None:
    fill(store)
    assert [(each.sequence, each.entry) for each in other.journal.entries()] == list(enumerate(WHOLE, 1))


def test_headlines_leave_steps_out(store: Store) -> None:
    fill(store)
    assert [each.entry for each in store.journal.headlines()] == [STARTED, SWEPT, FINISHED, BY_HAND]
    assert [*store.journal.latest()] == [*store.journal.headlines()][::-1]


def test_the_entries_of_one_run_are_found_among_others(store: Store) -> None:
    store.journal.append(BY_HAND, [LIST])
    fill(store)
    store.journal.append(msgspec.structs.replace(STARTED, run=2))
    assert [each.entry for each in store.journal.entries(1)] == WHOLE[:-1]
    assert list(store.journal.entries(7)) == []


def test_the_entries_after_a_place_come_the_newest_first(store: Store) -> None:
    fill(store)
    for last in range(len(WHOLE) + 1):
        after = [(each.sequence, each.entry) for each in store.journal.entries_after(last)]
        assert after == list(enumerate(WHOLE, 1))[last:][::-1]
    assert list(store.journal.entries_after(10**12)) == []


def test_the_headlines_after_a_place_come_the_oldest_first(store: Store) -> None:
    fill(store)
    headlines = [*store.journal.headlines()]
    for last in range(len(WHOLE) + 1):
        assert store.journal.headlines_after(last) == [each for each in headlines if each.sequence > last]
    assert store.journal.headlines_after(10**12) == []


def test_an_entry_is_given_its_place(store: Store, other: Store) -> None:
    assert store.journal.append(BY_HAND, [LIST]) == 1
    assert other.journal.append(STARTED) == 2
    with store.transaction():
        assert [store.journal.append(STEP, [LIST]) for _ in range(3)] == [3, 4, 5]
    assert [each.sequence for each in other.journal.entries(1)] == [2, 3, 4, 5]


def test_entries_that_wait_in_a_transaction_can_be_read_in_it(store: Store, other: Store) -> None:
    with store.transaction():
        store.journal.append(BY_HAND, [LIST])
        assert len(list(store.journal.entries())) == 1
        assert list(other.journal.entries()) == []


def test_an_undone_transaction_leaves_no_entry_and_the_chain_whole(store: Store) -> None:
    store.journal.append(BY_HAND, [LIST])
    with suppress(ZeroDivisionError), store.transaction():
        store.journal.append(BY_HAND, [LIST])
        list(store.journal.entries())
        store.journal.append(BY_HAND, [LIST])
        raise ZeroDivisionError
    store.journal.append(BY_HAND, [LIST])
    assert store.journal.verify() == Verification(2)


def test_an_untouched_journal_verifies(store: Store) -> None:
    assert store.journal.verify() == Verification(0)
    fill(store)
    assert store.journal.verify() == Verification(len(WHOLE))


def test_two_writers_in_turn_make_one_chain(store: Store, other: Store) -> None:
    for each in (store, other, store, other):
        each.journal.append(BY_HAND, [LIST])
    assert store.journal.verify() == Verification(4)


def test_many_steps_come_back_one_by_one(store: Store, other: Store) -> None:
    steps = [msgspec.structs.replace(STEP, run=1 + number // 900, phase=number) for number in range(1_000)]
    with store.transaction():
        for step in steps:
            store.journal.append(step, [LIST])
        store.journal.append(BY_HAND, [LIST])
    read = list(other.journal.entries())
    assert [each.entry for each in read] == [*steps, BY_HAND]
    assert [each.sequence for each in read] == list(range(1, 1_002))
    assert store.journal.verify() == Verification(1_001)


def test_runs_are_numbered_and_known_by_their_plan(store: Store, other: Store) -> None:
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
