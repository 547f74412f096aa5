"""The program, as people run it: without a terminal, and with nothing of the tester's own settings.

`idsync` starts a process of its own, which costs most of a second; `command` runs the same command line inside the
test's process. What a process alone can show (signals, memory, its start and its end) is tested with the first.
"""

import io
import os
import subprocess
import sys
from collections.abc import Mapping
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast
from unittest import mock

import msgspec

from idsync.cli.application import run
from idsync.model.known_secrets import forget_secrets
from tests.warm import Warm

TOKEN = {"OKTA_API_TOKEN": "00simulated-token-of-a-super-admin"}
LONGEST_RUN = 120.0


@dataclass(frozen=True)
class Ended:
    """How a command ended, and what it said where."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """What it printed, as JSON."""
        return msgspec.json.decode(self.out)


def environment(more: Mapping[str, str] = {}) -> dict[str, str]:
    """What a command of these tests sees."""
    unwanted = {"IDSYNC_CONFIG", "VISUAL", "EDITOR", "OKTA_API_TOKEN", "HTTP_PROXY", "http_proxy", "ALL_PROXY"}
    kept = {name: value for name, value in os.environ.items() if name not in unwanted}
    return kept | {"NO_PROXY": "127.0.0.1,localhost"} | dict(more)


def start(*arguments: object, more: Mapping[str, str] = TOKEN, script: str = "") -> "subprocess.Popen[str]":
    """Start the command line; with a `script`, as a process that runs this first and then the program."""
    how: dict[str, Any] = {
        "stdin": subprocess.DEVNULL,
        "stdout": subprocess.PIPE,
        "stderr": subprocess.PIPE,
        "encoding": "utf-8",
        "cwd": Path(__file__).parents[2],
    }
    given = [str(argument) for argument in arguments]
    if script:
        return subprocess.Popen([sys.executable, "-c", script, *given], env=environment(more), **how)
    return Warm("idsync", given, environment(more), **how)


def wait(process: "subprocess.Popen[str]", longest: float = LONGEST_RUN) -> Ended:
    """Wait for a process to end; no run may hang, and none may end with a traceback."""
    command = cast("list[str]", process.args)  # as `start` gave them
    try:
        out, err = process.communicate(timeout=longest)
    except subprocess.TimeoutExpired:
        process.kill()
        out, err = process.communicate()
        raise AssertionError(f"{command} did not end within {longest} s; it said {err!r}") from None
    return _checked(Ended(process.returncode, out, err), debug="--debug" in command)


def idsync(*arguments: object, more: Mapping[str, str] = TOKEN, longest: float = LONGEST_RUN) -> Ended:
    """Run the command line as a process, to its end."""
    return wait(start(*arguments, more=more), longest)


def command(*arguments: object, stdin: bytes = b"", more: Mapping[str, str] = TOKEN) -> Ended:
    """Run the command line in this process, to its end; like a new one, it knows no secret of those before it."""
    out, err = (io.TextIOWrapper(io.BytesIO(), "utf-8", "backslashreplace", write_through=True) for _ in range(2))
    kept, sys.stdin = sys.stdin, io.TextIOWrapper(io.BytesIO(stdin), "utf-8")
    forget_secrets()
    try:
        with (
            mock.patch.dict(os.environ, environment(more), clear=True),
            redirect_stdout(out),
            redirect_stderr(err),
        ):
            code = run([str(argument) for argument in arguments])
    finally:
        sys.stdin = kept
    said = [stream.buffer.getvalue().decode() for stream in (out, err)]
    return _checked(Ended(code, *said), debug="--debug" in arguments)


def _checked(ended: Ended, *, debug: bool) -> Ended:
    assert "Traceback" not in ended.out + ended.err or debug, ended.err
    assert ended.code != 1 or "Unexpected" not in ended.err, ended.err
    return ended
