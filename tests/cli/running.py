"""Running the command line inside the test's process."""

import io
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from idsync.cli.application import run


class Ended(msgspec.Struct, frozen=True):
    """How a command ended, and what it said where."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> object:
        """What it printed, as JSON."""
        return msgspec.json.decode(self.out)


Idsync = Callable[..., Ended]
"""`idsync(*arguments, stdin=…, terminal=…)`."""


class Terminal(io.TextIOWrapper):
    """A standard input at which somebody sits."""

    def isatty(self) -> bool:
        return True


def runner(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Idsync:
    """A function that runs one command."""

    def idsync(*arguments: str | Path, stdin: str = "", terminal: bool = False) -> Ended:
        shape = Terminal if terminal else io.TextIOWrapper
        monkeypatch.setattr("sys.stdin", shape(io.BytesIO(stdin.encode()), encoding="utf-8"))
        capsys.readouterr()
        code = run([str(argument) for argument in arguments])
        said = capsys.readouterr()
        return Ended(code, said.out, said.err)

    return idsync
