"""Runs a command as a process of its own and says what it took: time on the wall and the processor, and memory.

The system counts a starter's own peak memory towards what it starts, so the measuring process must stay small:
organizations are made in other processes, too.
"""

import os
import subprocess
import sys
import time
from collections.abc import Iterable, Sequence
from pathlib import Path
from statistics import median

import msgspec

REPOSITORY = Path(__file__).parent.parent
PYTHON = sys.executable
# An installed program has its bytecode, in a folder of its own where the measuring person keeps none, and what people
# set for themselves must not count.
_LEFT_OUT = frozenset({"PYTHONDONTWRITEBYTECODE", "PYTHONUNBUFFERED", "IDSYNC_CONFIG"})


class Usage(msgspec.Struct, frozen=True):
    """What a process took: seconds on the wall, seconds of processor (user and system), and MiB at its peak.

    `told` is a figure that it printed itself, where it was asked for one.
    """

    wall: float
    processor: float
    memory: float
    told: float = 0.0


class UnexpectedExit(Exception):
    """A measured command did not end as it should: whatever it took, it was not the work to be measured."""


def run_measured(command: Sequence[str], output: Path, expected_exit: int = 0, told: str | None = None) -> Usage:
    """Run a command from the repository, its standard output in a file; raises UnexpectedExit.

    `told` is the name of a figure in the JSON that the command prints.
    """
    errors = output.with_suffix(".stderr")
    environment = {name: value for name, value in os.environ.items() if name not in _LEFT_OUT}
    if os.environ.get("PYTHONDONTWRITEBYTECODE"):
        environment["PYTHONPYCACHEPREFIX"] = str(output.parent / "bytecode")
    with output.open("wb") as out, errors.open("wb") as err:
        begun = time.perf_counter()
        process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=out, stderr=err, cwd=REPOSITORY, env=environment
        )
        _, status, used = os.wait4(process.pid, 0)
        wall = time.perf_counter() - begun
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != expected_exit:
        said = errors.read_text("utf-8", "replace")[-2000:]
        raise UnexpectedExit(
            f"{' '.join(command)}\nended with {process.returncode} where {expected_exit} was expected:\n{said}"
        )
    figure = 0.0 if told is None else told_figure(output, told)
    return Usage(wall, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024, figure)


def told_figure(output: Path, name: str) -> float:
    """A figure of the JSON that a command printed."""
    return msgspec.json.decode(output.read_bytes(), type=dict[str, float])[name]


class Service:
    """A process that prints its address and serves until its standard input ends."""

    def __init__(self, command: Sequence[str]) -> None:
        """Raises UnexpectedExit when it ends without an address."""
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=REPOSITORY)
        assert self._process.stdout is not None
        self.address = self._process.stdout.readline().decode().strip()
        if not self.address:
            self.stop()
            raise UnexpectedExit(f"{' '.join(command)}\nended with {self._process.returncode} before it served")

    @property
    def pid(self) -> int:
        """The process."""
        return self._process.pid

    def stop(self) -> None:
        """End the process."""
        self._process.communicate()


def middle(usages: Iterable[Usage]) -> Usage:
    """The median of each figure."""
    found = list(usages)
    return Usage(
        median(usage.wall for usage in found),
        median(usage.processor for usage in found),
        median(usage.memory for usage in found),
        median(usage.told for usage in found),
    )
