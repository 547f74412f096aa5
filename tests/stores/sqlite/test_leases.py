"""Leases: one holder at a time, and the dead hold nothing."""

import getpass
import os
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest

from idsync.errors import LeaseLost, StoreBusy
from idsync.stores.protocol import Holder, Lease
from idsync.stores.sqlite.leases import Leases, is_dead, this_process
from idsync.stores.sqlite.store import SqliteStore

NAME = "target:local"
SINCE = "2026-11-22T09:30:00Z"
ME = this_process(SINCE)
ELSEWHERE = msgspec.structs.replace(ME, host="another-machine", process=1)


def dead_process() -> Holder:
    """A holder that was a process of this machine and has ended."""
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    return msgspec.structs.replace(ME, process=ended.pid)


class Clock:
    """Shows what it is set to."""

    def __init__(self) -> None:
        self.now = 1_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def leases(store: SqliteStore, clock: Clock) -> Leases:
    return Leases(store._connection, clock)


@pytest.fixture
def theirs(other: SqliteStore, clock: Clock) -> Leases:
    """The leases as another process sees them."""
    return Leases(other._connection, clock)


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


def test_each_taking_has_a_higher_number_than_any_before(leases: Leases, theirs: Leases) -> None:
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


def test_a_lease_ends_when_it_is_not_renewed_for_its_seconds(leases: Leases, theirs: Leases, clock: Clock) -> None:
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


def test_in_a_transaction_a_lease_that_was_checked_stays(store: SqliteStore, other: SqliteStore) -> None:
    lease = taken(store.leases, dead_process())
    other._connection.run("PRAGMA busy_timeout = 1")
    with store.transaction():
        store.leases.check(lease)
        with pytest.raises(StoreBusy):
            other.leases.take(NAME, ME, 60)
    taken(other.leases)


def test_a_dead_holders_lease_is_free_at_once(leases: Leases) -> None:
    taken(leases, dead_process())
    taken(leases)


def test_a_holder_from_before_the_last_boot_is_dead() -> None:
    assert is_dead(msgspec.structs.replace(ME, boot="an earlier one"), ME)


def test_a_process_that_reuses_the_number_of_a_holder_is_not_the_holder() -> None:
    assert is_dead(msgspec.structs.replace(ME, born="1"), ME)


def test_this_process_and_those_of_other_users_are_alive() -> None:
    assert not is_dead(ME, ME)
    assert ME.process == os.getpid()


def test_of_a_holder_on_another_machine_nothing_is_known() -> None:
    assert not is_dead(msgspec.structs.replace(ELSEWHERE, boot="an earlier one"), ME)


def test_a_process_that_may_not_be_signalled_is_alive(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(process: int, signal: int) -> None:
        raise PermissionError

    monkeypatch.setattr(os, "kill", refuse)
    assert not is_dead(ME, ME)


def test_a_system_that_tells_little_of_processes_still_has_holders(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*values: object, **named: object) -> str:
        raise OSError

    monkeypatch.setattr(Path, "read_text", refuse)
    monkeypatch.setattr(getpass, "getuser", refuse)
    plain = this_process(SINCE)
    assert (plain.boot, plain.born, plain.user) == ("", "", str(os.getuid()))
    assert not is_dead(plain, plain)


def test_a_holder_reads_as_a_person_would_say_it() -> None:
    assert str(Holder(7, "laptop", "hiro", SINCE)) == "hiro@laptop, process 7"
