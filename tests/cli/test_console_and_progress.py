"""How commands speak: to people on a terminal, to files, to machines; and how they show progress."""

import errno
import fcntl
import io
import json
import os
import pty
import re
import signal
import subprocess
import sys
import termios
import time
from pathlib import Path
from typing import IO

import pytest

from idsync.cli.console import Console, harmless, wants_colour
from idsync.cli.progress import LINE_EVERY, PATIENCE, REDRAW_EVERY, TURN, ProgressDisplay
from idsync.diagnostics import Position
from idsync.errors import UsageError
from idsync.sources.protocol import Wait
from tests.cli.running import Terminal


class Screen(io.StringIO):
    """A stream that is a terminal."""

    def isatty(self) -> bool:
        return True


class Clock:
    """A clock that stands still until it is moved."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def test_an_error_says_what_where_why_and_how_to_fix_it(capsys: pytest.CaptureFixture[str]) -> None:
    Console().failure(UsageError("What.", why="Why.", fix="Fix.", position=Position("a.yaml", 3, 4)))
    assert capsys.readouterr() == ("", "error: What.\n  at: a.yaml:3:4\n  why: Why.\n  fix: Fix.\n")


def test_a_message_cannot_steer_a_terminal_or_make_a_line_of_its_own(capsys: pytest.CaptureFixture[str]) -> None:
    Console().warning("one\n\x1b]0;owned\x07\u202etwo")
    assert capsys.readouterr().err == "warning: one\\n\\x1b]0;owned\\x07\\u202etwo\n"
    assert harmless("Zoë 李") == "Zoë 李"


def test_messages_can_be_json_lines(capsys: pytest.CaptureFixture[str]) -> None:
    console = Console()
    console.json_log = True
    console.failure(UsageError("What\x1b.", why="Why.", position=Position("a.yaml", 3, 4)))
    console.note("Well.")
    first, second = capsys.readouterr().err.splitlines()
    assert json.loads(first) == {
        "level": "error",
        "message": "What\x1b.",
        "why": "Why.",
        "file": "a.yaml",
        "line": 3,
        "column": 4,
    }
    assert json.loads(second) == {"level": "info", "message": "Well."}


def test_quiet_silences_notes_and_no_more(capsys: pytest.CaptureFixture[str]) -> None:
    console = Console()
    console.quiet = True
    console.note("Well.")
    console.warning("Look.")
    assert capsys.readouterr().err == "warning: Look.\n"


def test_colour_is_for_terminals_whose_owner_wants_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm")
    assert wants_colour(Screen())
    assert not wants_colour(io.StringIO())
    monkeypatch.setenv("NO_COLOR", "")
    assert wants_colour(Screen())
    monkeypatch.setenv("NO_COLOR", "1")
    assert not wants_colour(Screen())
    monkeypatch.setenv("FORCE_COLOR", "1")
    assert not wants_colour(Screen())
    monkeypatch.delenv("NO_COLOR")
    assert wants_colour(io.StringIO())
    monkeypatch.setenv("FORCE_COLOR", "0")
    assert not wants_colour(io.StringIO())
    assert wants_colour(Screen())
    monkeypatch.delenv("FORCE_COLOR")
    monkeypatch.setenv("TERM", "dumb")
    assert not wants_colour(Screen())


def test_a_question_without_a_terminal_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("yes\n"))
    with pytest.raises(UsageError):
        Console().confirm("Sure?")
    monkeypatch.setattr("sys.stdin", None)
    with pytest.raises(UsageError):
        Console().confirm("Sure?")


def test_a_question_is_answered_by_yes_alone(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for answer, consent in [("YES\n", True), (" y \n", True), ("no\n", False), ("", False)]:
        monkeypatch.setattr("sys.stdin", Terminal(io.BytesIO(answer.encode())))
        assert Console().confirm("Sure?") is consent
    out, err = capsys.readouterr()
    assert out == ""
    assert err.count("Sure? [yes/no] ") == 4


def test_what_a_question_is_about_stands_over_it_and_cannot_steer_the_terminal(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.stdin", Terminal(io.BytesIO(b"no\n")))
    assert not Console().confirm("Sure?", "Plan: 1 person loses all access.\n! held\x1b[2J\n")
    assert capsys.readouterr().err == ("\nPlan: 1 person loses all access.\n! held\\x1b[2J\nSure? [yes/no] ")


def test_what_is_quick_shows_no_bar() -> None:
    screen, clock = Screen(), Clock()
    with ProgressDisplay(Console(), screen, clock) as progress:
        progress("reading", 1, 10)
        clock.now += PATIENCE - 0.01
        progress("reading", 2, 10)
    assert screen.getvalue() == ""


def test_what_takes_longer_shows_a_bar_and_takes_it_away_again() -> None:
    screen, clock = Screen(), Clock()
    with ProgressDisplay(Console(), screen, clock) as progress:
        clock.now += PATIENCE
        progress("reading", 5, 10)
        progress("reading", 6, 10)  # too soon to draw again
        progress("reading", 5, 10)
        clock.now += TURN
        progress("users", 1_234, 0)
    first, second, gone, end = screen.getvalue().split("\r")[1:]
    assert first == "[############............] reading: 5 of 10"
    assert second == "[........................] users: 1,234".ljust(len(first))
    assert gone.strip() == ""
    assert end == ""


def test_elsewhere_a_plain_line_now_and_then_is_enough() -> None:
    stream, clock = io.StringIO(), Clock()
    with ProgressDisplay(Console(), stream, clock) as progress:
        for _ in range(4):
            progress("reading", 1, 2)
            clock.now += LINE_EVERY / 2
    assert stream.getvalue() == "reading: 1 of 2\n"


def test_elsewhere_each_part_that_moved_has_its_turn_and_no_line_comes_twice() -> None:
    stream, clock = io.StringIO(), Clock()
    with ProgressDisplay(Console(), stream, clock) as progress:
        for groups in (10, 20, 20, 20, 21, 21):
            progress("users", 500, 0)
            progress("groups", groups, 30)
            progress("apps", 2, 9)
            clock.now += LINE_EVERY
    assert stream.getvalue().splitlines() == ["users: 500", "groups: 20 of 30", "apps: 2 of 9", "groups: 21 of 30"]


def test_on_a_terminal_each_part_that_moves_has_the_bar_for_a_while() -> None:
    screen, clock = Screen(), Clock()
    with ProgressDisplay(Console(), screen, clock) as progress:
        for number in range(60):
            clock.now += REDRAW_EVERY * 1.01
            progress("users", 500 + number, 0)
            progress("groups", number, 90)
            progress("apps", 2, 9)
    drawn = [line.split("] ")[1].partition(":")[0] for line in screen.getvalue().split("\r") if "] " in line]
    turns = [part for part, before in zip(drawn, ["", *drawn], strict=False) if part != before]
    assert turns[:5] == ["users", "groups", "apps", "users", "groups"]
    assert drawn.count("apps") == 1
    assert max(drawn.count("users"), drawn.count("groups")) < 40


def test_a_bar_is_no_wider_than_the_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "40")
    screen, clock = Screen(), Clock()
    with ProgressDisplay(Console(), screen, clock) as progress:
        clock.now += PATIENCE
        progress(Wait("groups"), 42, 0)
    assert "] seconds to w" in screen.getvalue()
    assert {len(line) for line in screen.getvalue().split("\r")} == {0, 39}


def test_progress_for_machines_is_json() -> None:
    stream, clock, console = Screen(), Clock(), Console()
    console.json_log = True
    with ProgressDisplay(console, stream, clock) as progress:
        clock.now += LINE_EVERY
        progress("reading", 1, 2)
    assert json.loads(stream.getvalue()) == {"level": "info", "message": "reading", "done": 1, "total": 2}


def test_quiet_shows_no_progress() -> None:
    screen, clock, console = Screen(), Clock(), Console()
    console.quiet = True
    with ProgressDisplay(console, screen, clock) as progress:
        clock.now += 100
        progress("reading", 1, 2)
    assert screen.getvalue() == ""


@pytest.mark.parametrize("arguments", [["get", "all", "--format", "json"], ["plan", "--help"]], ids=" ".join)
def test_a_reader_that_goes_away_is_not_a_failure_of_ours(arguments: list[str], applied_example: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-m", "idsync", "-c", applied_example, *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as program:
        assert program.stdout is not None
        assert program.stderr is not None
        program.stdout.close()
        said = program.stderr.read()
        assert program.wait(timeout=60) == 141
    assert said == b""


def test_colour_and_a_question_on_a_real_terminal(fresh: Path) -> None:
    ours, theirs = pty.openpty()
    environment = {name: value for name, value in os.environ.items() if name != "NO_COLOR"} | {"TERM": "xterm"}
    program = subprocess.Popen(
        [sys.executable, "-m", "idsync", "apply", "-c", fresh],
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        env=environment,
        close_fds=True,
    )
    os.close(theirs)
    said = b""
    while b"[yes/no]" not in said:
        said += os.read(ours, 65536)
    os.write(ours, b"no\n")
    try:
        while piece := os.read(ours, 65536):
            said += piece
    except OSError:  # the terminal is closed when the program ends
        pass
    os.close(ours)
    assert program.wait(timeout=60) == 130
    assert b"\x1b[1mPlan: " in said
    told = re.sub(r"\x1b\[[0-9;]*m", "", said.decode()).replace("\r\n", "\n")
    headline = "Plan: 38 people gain access, 1 is locked; 13 lists are created."
    assert f"\n\n{headline}\nApply this plan? [yes/no] " in told.partition("organization ")[2]


def wait_until_read(pipe: IO[bytes]) -> None:
    """Wait until the other side took all that was written: from then on it waits for more."""
    for _ in range(6_000):
        if fcntl.ioctl(pipe, termios.FIONREAD, bytes(4)) == bytes(4):
            return
        time.sleep(0.01)
    raise AssertionError("nobody read what was written")


def test_ctrl_c_ends_the_program_with_130_and_no_traceback(applied_example: Path) -> None:
    program = subprocess.Popen(
        [sys.executable, "-m", "idsync", "create", "-", "-c", applied_example],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert program.stdin is not None
    program.stdin.write(b"kind: user\n")
    program.stdin.flush()
    wait_until_read(program.stdin)
    program.send_signal(signal.SIGINT)
    _, said = program.communicate(timeout=60)
    assert program.returncode == 130
    assert b"Traceback" not in said


class Full(io.StringIO):
    """A stream on a disk that has no room."""

    def flush(self) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def test_progress_that_cannot_be_written_stops_nothing() -> None:
    clock = Clock()
    with ProgressDisplay(Console(), Full(), clock) as progress:
        clock.now += LINE_EVERY
        progress("reading", 1, 2)


def test_messages_that_cannot_be_written_leave_the_exit_code_alone(applied_example: Path) -> None:
    def code(*arguments: str | Path) -> int:
        with Path("/dev/full").open("w") as full:
            return subprocess.run([sys.executable, "-m", "idsync", *arguments], stderr=full, check=False).returncode

    assert code("plan", "-c", applied_example / "nowhere") == 3
    assert code("plan", "--nonsense") == 64
    assert code("plan", "-c", applied_example, "-o", os.devnull) == 0
