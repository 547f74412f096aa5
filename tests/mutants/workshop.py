"""A copy of the repository in which mutants are made and tested, one after another."""

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from threading import Lock

from tests.mutants.mutations import Mutant

ROOT = Path(__file__).parents[2]
_LEFT_OUT = shutil.ignore_patterns(
    ".git", ".venv", "venv", "__pycache__", "*.egg-info", ".hypothesis", ".pytest_cache", ".ruff_cache"
)
_PYTEST = ("-m", "pytest", "-x", "-q", "--tb=no", "--hypothesis-profile=mutants")
_PLUGINS_LEFT_OUT = ("randomly", "xdist", "cacheprovider", "cov")
_LEAST_SECONDS = 60.0
_TIMES_THE_USUAL = 5


class Outcome(StrEnum):
    """What became of a mutant."""

    KILLED = "killed"
    TIMED_OUT = "timed out"
    SURVIVED = "survived"


class NotGreen(Exception):
    """The tests fail without any mistake: nothing can be said about mutants."""


@dataclass(frozen=True)
class Stage:
    """Some tests, as one command; the quick ones come first, since nearly every mutant is found by them."""

    name: str
    command: tuple[str, ...]


def pytest_stage(name: str, *paths: str) -> Stage:
    """The tests of these paths, in a fixed order and with the same examples each time."""
    left_out = [argument for plugin in _PLUGINS_LEFT_OUT for argument in ("-p", f"no:{plugin}")]
    return Stage(name, (*_PYTEST, *left_out, *paths))


class Greens:
    """Which stages are known to pass without a mistake, and how long they take; shared by all workshops."""

    def __init__(self) -> None:
        self._seconds: dict[str, float] = {}
        self._lock = Lock()

    def seconds(self, stage: Stage) -> float | None:
        """How long the stage took when it passed; None when it has not passed yet."""
        with self._lock:
            return self._seconds.get(stage.name)

    def passed(self, stage: Stage, seconds: float) -> None:
        """Note that a stage passed."""
        with self._lock:
            self._seconds[stage.name] = max(seconds, self._seconds.get(stage.name, 0.0))


class Workshop:
    """One copy, used by one thread at a time."""

    def __init__(self, folder: Path, stages: Sequence[Stage], greens: Greens, root: Path = ROOT) -> None:
        self._folder = folder / "copy"
        self._stages = stages
        self._greens = greens
        shutil.copytree(root, self._folder, ignore=_LEFT_OUT, symlinks=True)

    def outcome(self, mutant: Mutant) -> Outcome:
        """Make the mistake and run stage by stage until one notices. Raises NotGreen when one fails without it too."""
        for stage in self._stages:
            with self._made(mutant):
                outcome = self._run(stage)
            if outcome is not Outcome.SURVIVED:
                self._check_green(stage)
                return outcome
        return Outcome.SURVIVED

    @contextmanager
    def _made(self, mutant: Mutant) -> Iterator[None]:
        path = self._folder / mutant.file
        source = path.read_bytes()
        path.write_bytes(mutant.made_in(source))
        try:
            yield
        finally:
            path.write_bytes(source)

    def _check_green(self, stage: Stage) -> None:
        if self._greens.seconds(stage) is None and self._run(stage) is not Outcome.SURVIVED:
            raise NotGreen(f"{stage.name}: these tests fail in a copy without any mistake.")

    def _run(self, stage: Stage) -> Outcome:
        usual = self._greens.seconds(stage)
        longest = None if usual is None else max(_LEAST_SECONDS, _TIMES_THE_USUAL * usual)
        began = time.monotonic()
        try:
            ended = subprocess.run(
                [sys.executable, *stage.command],
                cwd=self._folder,
                env={**os.environ, **_ENVIRONMENT, "PYTHONPATH": str(self._folder)},
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                timeout=longest,
                check=False,
            )
        except subprocess.TimeoutExpired:
            return Outcome.TIMED_OUT
        if ended.returncode != 0:
            return Outcome.KILLED
        self._greens.passed(stage, time.monotonic() - began)
        return Outcome.SURVIVED


_ENVIRONMENT = {
    "PYTHONDONTWRITEBYTECODE": "1",  # bytecode is told apart by size and second only, and would outlive its mutant
    "PYTHONHASHSEED": "0",
    "PYTEST_ADDOPTS": "",
    "IDSYNC_EFFORT": "30",
}
