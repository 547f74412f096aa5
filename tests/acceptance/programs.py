"""The program as people run it: a process of its own, with no terminal."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import msgspec

SECONDS = 120


class Ended(msgspec.Struct, frozen=True):
    """How a program ended, and what it said where."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """What it printed, as JSON."""
        return msgspec.json.decode(self.out)


def idsync(*arguments: str | Path, stdin: str = "", environment: dict[str, str] | None = None) -> Ended:
    """Run the program; it must not take for ever, and never shows a traceback."""
    ended = subprocess.run(
        [sys.executable, "-m", "idsync", *map(str, arguments)],
        input=stdin,
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
        env={**os.environ, **(environment or {})},
    )
    assert "Traceback" not in ended.stderr
    return Ended(ended.returncode, ended.stdout, ended.stderr)
