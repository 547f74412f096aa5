"""Runs idsync, and keeps what it says apart: what it printed, and what it said beside."""

import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

_SECRETS = ("IDSYNC_ACTION_TOKEN", "ACTIONS_RUNTIME_TOKEN", "ACTIONS_ID_TOKEN_REQUEST_TOKEN")
"""What idsync never needs to know."""


@dataclass(frozen=True)
class Ended:
    """How a command ended, and what it said."""

    code: int
    out: str
    err: str


Idsync = Callable[[Sequence[str]], Ended]


def installed(environment: Mapping[str, str]) -> Idsync:
    """The idsync that is installed beside this program. What it says beside goes to the log, too."""

    def run(arguments: Sequence[str]) -> Ended:
        known = {name: value for name, value in environment.items() if name not in _SECRETS}
        ended = subprocess.run(  # noqa: S603 - the arguments are ours, each by itself
            [sys.executable, "-m", "idsync", *arguments],
            env={**known, "NO_COLOR": "1", "PYTHONUTF8": "1"},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            encoding="utf-8",
            errors="replace",
            check=False,
            cwd=environment.get("GITHUB_WORKSPACE") or None,
        )
        return Ended(ended.returncode, ended.stdout, ended.stderr)

    return run
