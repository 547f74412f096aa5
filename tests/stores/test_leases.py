"""Leases: one holder at a time, and the dead hold nothing."""

import subprocess
import sys

import msgspec
import pytest

from idsync.errors import LeaseLost
from idsync.stores.holder import this_process
from idsync.stores.protocol import Holder, Lease, Leases, Store
from tests.stores.contract import Clock

NAME = "target:local"
SINCE = "2026-11-22T09:30:00Z"
ME = this_process(SINCE)
ELSEWHERE = msgspec.structs.replace(ME, host="another-machine", process=1)


def dead_process() -> Holder:
    """A holder that was a process of this machine and has ended."""
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    return msgspec.structs.replace(ME, process=ended.pid)


@pytest.fixture
def leases(store: Store) -> Leases:
    return store.leases


@pytest.fixture
def theirs(other: Store) -> Leases:
    """The leases as another process sees them."""
    return other.leases


def taken(leases: Leases, holder: Holder = ME, name: str = NAME) -> Lease:
    """The lease, which must be free."""
    lease = leases.take(name, holder, 60)
    assert isinstance(lease, Lease)
    return lease


def test_a_free_lease_is_taken_and_given_back(leases: Leases, theirs: Leases) -> None:
    lease = taken(leases)
    assert theirs.take(NAME, ELSEWHERE, 60) == ME
    leases.release(lease)
    taken(theirs, ELSEWHERE)


def test_leases_of_other_names_are_free(leases: Leases) -> None:
    taken(leases)
    taken(leases, ELSEWHERE, "leader")


def test_r46_each_taking_has_a_higher_number_than_any_before(leases: Leases, theirs: Leases) -> None:
    tokens = []
    for holder in (ME, ELSEWHERE, ME, ME):
        lease = taken(leases if holder is ME else theirs, holder)
        tokens.append(lease.token)
        leases.release(lease)
    assert tokens == sorted(set(tokens))


def test_who_holds_a_lease_may_take_it_again_and_loses_the_one_from_before(leases: Leases) -> None:
    before = taken(leases)
    now = taken(leases)
    leases.check(now)
    with pytest.raises(LeaseLost):
        leases.check(before)
    leases.release(before)
    leases.check(now)


def test_r46_a_lease_ends_when_it_is_not_renewed_for_its_seconds(leases: Leases, theirs: Leases, clock: Clock) -> None:
    lease = taken(leases)
    clock.now += 59.9
    assert theirs.take(NAME, ELSEWHERE, 60) == ME
    clock.now += 0.1
    taken(theirs, ELSEWHERE)
    for refused in (leases.check, leases.renew):
        with pytest.raises(LeaseLost, match=r"took over: [^ ]+@another-machine"):
            refused(lease)
    leases.release(lease)
    assert leases.take(NAME, ME, 60) == ELSEWHERE


def test_a_lease_that_is_renewed_lasts(leases: Leases, theirs: Leases, clock: Clock) -> None:
    lease = taken(leases)
    for _ in range(5):
        clock.now += 50
        leases.renew(lease)
        assert theirs.take(NAME, ELSEWHERE, 60) == ME


def test_a_lease_that_ran_out_and_that_nobody_took_is_not_lost(leases: Leases, clock: Clock) -> None:
    lease = taken(leases)
    clock.now += 1_000
    leases.check(lease)
    leases.renew(lease)
    assert leases.take(NAME, ELSEWHERE, 60) == ME


def test_a_lease_that_was_given_back_is_not_held(leases: Leases) -> None:
    lease = taken(leases)
    leases.release(lease)
    with pytest.raises(LeaseLost):
        leases.check(lease)


def test_a_dead_holders_lease_is_free_at_once(leases: Leases) -> None:
    taken(leases, dead_process())
    taken(leases)


def test_what_takes_a_lease_within_its_transaction_has_the_same_until_it_ends(store: Store, theirs: Leases) -> None:
    with store.transaction():
        outer = taken(store.leases)
        for _ in range(2):
            inner = store.leases.take(NAME, msgspec.structs.replace(ME, since="2026-11-22T10:00:00Z"), 300)
            assert inner == outer
            store.leases.check(outer)
            store.leases.release(outer)
            store.leases.check(outer)
        store.leases.release(outer)
        with pytest.raises(LeaseLost):
            store.leases.check(outer)
    assert taken(theirs, ELSEWHERE).token == outer.token + 1


def test_what_a_transaction_takes_and_does_not_give_back_stays_with_its_holder(
    store: Store, theirs: Leases, clock: Clock
) -> None:
    with store.transaction():
        lease = taken(store.leases)
        assert store.leases.take(NAME, ELSEWHERE, 60) == ME
        clock.now += 50
        store.leases.renew(lease)
        with store.attempt():  # what is undone here would not undo the lease
            store.leases.check(lease)
    assert theirs.take(NAME, ELSEWHERE, 60) == ME
    clock.now += 50
    assert theirs.take(NAME, ELSEWHERE, 60) == ME
    store.leases.check(lease)
    clock.now += 50
    assert taken(theirs, ELSEWHERE).token == lease.token + 1


def test_r46_who_slept_has_lost_a_lease_that_a_transaction_took_and_gave_back(
    store: Store, theirs: Leases, clock: Clock
) -> None:
    slept = taken(theirs, ELSEWHERE)
    clock.now += 1_000
    with store.transaction():
        store.leases.release(taken(store.leases))
    with pytest.raises(LeaseLost):
        theirs.check(slept)


def test_a_part_that_is_undone_leaves_a_lease_that_can_be_taken(store: Store, theirs: Leases) -> None:
    with store.transaction():
        outer = taken(store.leases)
        with pytest.raises(ZeroDivisionError), store.attempt():
            _raise_with(store.leases)
        inner = taken(store.leases)
        store.leases.check(inner)
        store.leases.release(inner)
        store.leases.release(outer)
    assert taken(theirs, ELSEWHERE).token > outer.token


def test_a_lease_of_a_transaction_that_is_undone_is_nobodys(store: Store, theirs: Leases) -> None:
    with pytest.raises(ZeroDivisionError), store.transaction():
        _raise_with(store.leases)
    lease = taken(theirs, ELSEWHERE)
    assert store.leases.take(NAME, ME, 60) == ELSEWHERE
    theirs.check(lease)


def _raise_with(leases: Leases) -> None:
    taken(leases)
    raise ZeroDivisionError
