"""Told to end, at any moment: the right code, at most a few words, and never a traceback."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from idsync.cli.exit_codes import ExitCode
from idsync.cli.signals import PATIENCE, Signals, Terminated

# What stands before the program: a module that is imported, or a function that is called, and waits there.
_WAIT_IN_IMPORT = """
import sys, time
class Slow:
    def find_spec(self, name, path=None, target=None):
        if name == {name!r}:
            print("now", flush=True)
            time.sleep(60)
sys.meta_path.insert(0, Slow())
sys.argv = ["idsync", "plan"]
import idsync.__main__
idsync.__main__.main()
"""
_WAIT_AT_THE_END = """
import sys, time
import idsync.__main__, idsync.cli.application
whole = idsync.cli.application.main
def main(signals):
    code = whole(signals)
    print("now", file=sys.stderr, flush=True)
    time.sleep(0.5)
    return code
idsync.cli.application.main = main
sys.argv = ["idsync", "--version"]
idsync.__main__.main()
"""


def _ended(program: str, number: int, stream: str) -> tuple[int, str, str]:
    with subprocess.Popen(
        [sys.executable, "-c", program], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        waiting = process.stdout if stream == "out" else process.stderr
        assert waiting is not None
        assert waiting.readline() == "now\n"
        process.send_signal(number)
        out, err = process.communicate(timeout=60)
        return process.returncode, out, err


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
@pytest.mark.parametrize("name", ["click", "idsync.errors", "idsync.cli.application", "idsync.cli.console"])
def test_a_command_that_has_not_begun_ends_with_one_line(name: str, number: int, code: int) -> None:
    ended, out, err = _ended(_WAIT_IN_IMPORT.format(name=name), number, "out")
    assert (ended, out) == (code, "")
    assert err.startswith("error: idsync was ")
    assert len(err.splitlines()) == 1


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_command_that_is_loading_ends_with_its_words(number: int, code: int) -> None:
    ended, out, err = _ended(_WAIT_IN_IMPORT.format(name="idsync.cli.commands.plan"), number, "out")
    assert (ended, out) == (code, "")
    assert "error: `idsync" in err
    assert "Traceback" not in err


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_command_that_is_over_keeps_its_own_code(number: int) -> None:
    code, out, err = _ended(_WAIT_AT_THE_END, number, "err")
    assert (code, err) == (0, "")
    assert "idsync" in out


def test_what_the_parent_ignores_stays_ignored() -> None:
    before = signal.getsignal(signal.SIGTERM)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    interrupted = signal.getsignal(signal.SIGINT)
    try:
        Signals().install()
        assert signal.getsignal(signal.SIGTERM) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGTERM, before)
        signal.signal(signal.SIGINT, interrupted)


def test_the_first_signal_unwinds_and_others_do_not_disturb_that(monkeypatch: pytest.MonkeyPatch) -> None:
    ended: list[int] = []
    monkeypatch.setattr(os, "_exit", ended.append)
    clock = [100.0]
    monkeypatch.setattr(time, "monotonic", lambda: clock[0])
    signals = Signals()
    signals.begin()
    with pytest.raises(KeyboardInterrupt):
        signals._arrived(signal.SIGINT, None)
    signals._arrived(signal.SIGINT, None)
    signals._arrived(signal.SIGTERM, None)
    assert ended == []
    clock[0] += PATIENCE * 1.5
    signals._arrived(signal.SIGINT, None)
    assert ended == [130]
    signals = Signals()
    signals.begin()
    with pytest.raises(Terminated):
        signals._arrived(signal.SIGTERM, None)
    assert signals.first == signal.SIGTERM


@pytest.mark.parametrize("arguments", [["--help"], ["-h"], ["plan", "--help"], ["--version"], ["schema", "plan"]])
def test_a_result_that_cannot_be_written_is_64_and_says_so(arguments: list[str]) -> None:
    with Path("/dev/full").open("w") as full:
        ended = subprocess.run(
            [sys.executable, "-m", "idsync", *arguments], stdout=full, stderr=subprocess.PIPE, text=True, check=False
        )
    assert ended.returncode == ExitCode.USAGE
    assert "cannot be written to standard output" in ended.stderr
