"""Holders of leases: who this process is, and which others are known to be dead."""

import getpass
import os
from pathlib import Path

import msgspec
import pytest

from idsync.stores.holder import is_dead, this_process
from idsync.stores.protocol import Holder

SINCE = "2026-11-22T09:30:00Z"
ME = this_process(SINCE)
ELSEWHERE = msgspec.structs.replace(ME, host="another-machine", process=1)


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
