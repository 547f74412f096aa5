"""What a service says to its process that reconciles: nobody waits for one that hears nothing, nor for a long tick."""

import multiprocessing
import threading
import time
from pathlib import Path

import pytest

from idsync.okta.remembered import Remembered
from idsync.server.logs import LogForm
from idsync.server.mailbox import Mailbox
from idsync.server.reconciler import CALL, STOP, Reconciler, _heard
from tests.core.world import config

MANY = 20_000
"""More words than any pipe between two processes holds."""


def test_each_word_is_heard_once_in_the_order_in_which_it_was_put_first() -> None:
    box = Mailbox()
    assert not box.news.poll(0)
    for word in ("call", "reload", "call", "reload"):
        box.put(word)
    assert box.news.poll(0)
    assert box.take() == ["call", "reload"]
    assert not box.news.poll(0)
    assert box.take() == []
    box.put("call")
    assert box.news.poll(0)
    assert box.take() == ["call"]


def test_a_call_waits_for_nobody_where_the_process_that_reconciles_hears_nothing(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    ours, theirs = multiprocessing.Pipe()

    def start(reconciler: Reconciler) -> None:
        reconciler._ours, reconciler._process = ours, multiprocessing.current_process()  # type: ignore[assignment]

    monkeypatch.setattr(Reconciler, "_start", start)
    reconciler = Reconciler(tmp_path, config().integration, LogForm(as_json=False))

    def call_often() -> None:
        for _ in range(MANY):
            reconciler.call()

    calls = threading.Thread(target=call_often, daemon=True)
    calls.start()
    calls.join(30)
    assert not calls.is_alive(), "the thread that answers hooks and pushes waits for the process that reconciles"
    reconciler._words.put(STOP)
    heard = 0
    while theirs.recv() != STOP:
        heard += 1
    assert heard <= MANY
    reconciler._ends.set()
    reconciler._watcher.join()


def test_a_process_that_is_started_again_while_the_service_ends_hears_the_word_to_stop(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Else it goes on until it is killed, and keeps the lead."""
    pipes = [multiprocessing.Pipe() for _ in range(2)]
    started = threading.Event()

    class Ended:
        exitcode = 1

        def is_alive(self) -> bool:
            return False

        def join(self, seconds: float | None = None) -> None:
            pass

    def start(reconciler: Reconciler) -> None:
        if hasattr(reconciler, "_process"):
            started.set()
            assert reconciler._ends.wait(30)
            time.sleep(0.2)
        ours, _ = pipes[1] if started.is_set() else pipes[0]
        reconciler._ours, reconciler._process = ours, Ended()  # type: ignore[assignment]

    monkeypatch.setattr(Reconciler, "_start", start)
    monkeypatch.setattr("idsync.server.reconciler.LOOK", 0.01)
    monkeypatch.setattr("idsync.server.reconciler.SHORTEST_PAUSE", 0.01)
    reconciler = Reconciler(tmp_path, config().integration, LogForm(as_json=False))
    assert started.wait(30)
    reconciler.stop()
    assert pipes[1][1].poll(5)
    assert pipes[1][1].recv() == STOP


def test_the_word_to_stop_is_heard_in_a_long_tick_however_often_somebody_called() -> None:
    ours, theirs = multiprocessing.Pipe()
    stopping = threading.Event()
    heard = _heard(theirs, stopping, Remembered())

    def call() -> None:
        for word in [CALL] * MANY + [STOP]:
            ours.send(word)

    threading.Thread(target=call, daemon=True).start()
    assert stopping.wait(30), "nobody hears the word to stop while a tick is at work"
    assert heard.take() == [CALL, STOP]
