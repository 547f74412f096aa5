"""How a service ends of which another version, or a store that was replaced, says that it must."""

import signal
from pathlib import Path

import pytest

from idsync.errors import StoreError, StoreReplaced
from idsync.server.presence import Presence
from idsync.stores.holder import this_process
from idsync.stores.sqlite.store import open_store

FAILURE = StoreReplaced("The store is another one.")


@pytest.fixture
def signals(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The signals that the process sends to itself."""
    sent: list[int] = []
    monkeypatch.setattr("idsync.server.presence.os.kill", lambda _, number: sent.append(number))
    return sent


def made(path: Path) -> Presence:
    """A service that says that it runs."""
    running = Presence(lambda: open_store(path), this_process("2026-11-22T12:00:00Z"))
    running.start()
    return running


def test_a_service_that_must_end_while_it_starts_ends_when_it_listens(tmp_path: Path, signals: list[int]) -> None:
    running = made(tmp_path / "a.db")
    running.end(FAILURE)
    assert signals == [], "no signal breaks a start off, whose code would say that somebody told it to end"
    running.listens()
    running.stop()
    assert (signals, running.failure) == ([signal.SIGTERM], FAILURE)


def test_a_service_that_listens_ends_at_once_and_by_its_first_failure(tmp_path: Path, signals: list[int]) -> None:
    running = made(tmp_path / "a.db")
    running.listens()
    assert signals == []
    running.end(FAILURE)
    running.end(StoreError("Something that follows from it."))
    running.stop()
    assert (signals, running.failure) == ([signal.SIGTERM], FAILURE)
