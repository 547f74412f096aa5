"""Leases: one holder at a time, and the dead hold nothing."""

import getpass
import os
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest

from idsync.stores.protocol import Holder
from idsync.stores.sqlite.leases import is_dead, this_process
from idsync.stores.sqlite.store import SqliteStore

SINCE = "2026-11-22T09:30:00Z"
ME = this_process(SINCE)
ELSEWHERE = msgspec.structs.replace(ME, host="another-machine", process=1)


def dead_process() -> Holder:
    """A holder that was a process of this machine and has ended."""
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    return msgspec.structs.replace(ME, process=ended.pid)


def test_a_free_lease_is_taken_and_given_back(store: SqliteStore, other: SqliteStore) -> None:
    assert store.leases.take("apply", ME) is None
    assert other.leases.take("apply", ELSEWHERE) == ME
    store.leases.release("apply", ME)
    assert other.leases.take("apply", ELSEWHERE) is None


def test_leases_of_other_names_are_free(store: SqliteStore) -> None:
    assert store.leases.take("apply", ME) is None
    assert store.leases.take("leader", ELSEWHERE) is None


def test_who_holds_a_lease_may_take_it_again(store: SqliteStore) -> None:
    assert store.leases.take("apply", ME) is None
    assert store.leases.take("apply", ME) is None


def test_only_the_holder_can_give_a_lease_back(store: SqliteStore) -> None:
    store.leases.take("apply", ME)
    store.leases.release("apply", ELSEWHERE)
    assert store.leases.take("apply", ELSEWHERE) == ME


def test_a_dead_holders_lease_is_free_at_once(store: SqliteStore) -> None:
    store.leases.take("apply", dead_process())
    assert store.leases.take("apply", ME) is None


def test_a_holder_from_before_the_last_boot_is_dead() -> None:
    assert is_dead(msgspec.structs.replace(ME, boot="an earlier one"), ME)


def test_a_process_that_reuses_the_number_of_a_holder_is_not_the_holder() -> None:
    assert is_dead(msgspec.structs.replace(ME, born="1"), ME)


def test_this_process_and_those_of_other_users_are_alive() -> None:
    assert not is_dead(ME, ME)
    assert ME.process == os.getpid()


@pytest.mark.parametrize(("now", "dead"), [("2026-11-22T10:30:00Z", False), ("2026-11-22T10:30:01Z", True)])
def test_a_holder_on_another_machine_is_respected_for_an_hour(now: str, dead: bool) -> None:
    assert is_dead(ELSEWHERE, msgspec.structs.replace(ME, since=now)) == dead


def test_taking_a_lease_again_renews_it(store: SqliteStore) -> None:
    later = msgspec.structs.replace(ELSEWHERE, since="2026-11-22T10:15:00Z")
    much_later = msgspec.structs.replace(ME, since="2026-11-22T11:00:00Z")
    assert store.leases.take("apply", ELSEWHERE) is None
    assert store.leases.take("apply", later) is None
    assert store.leases.take("apply", much_later) == later
    store.leases.release("apply", ELSEWHERE)
    assert store.leases.take("apply", much_later) is None


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
