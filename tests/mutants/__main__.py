"""Run a sample of mutants: `python -m tests.mutants --count 200 --seed 1`. Exits 1 when too many survive."""

import argparse
import math
import os
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from queue import SimpleQueue

from tests.mutants.accepted import FILE, read_accepted, stale
from tests.mutants.mutations import Mutant, lines_of, mutants_of, sample
from tests.mutants.workshop import ROOT, Greens, NotGreen, Outcome, Stage, Workshop, pytest_stage

PACKAGES = ("idsync/compiler", "idsync/plan")
LEAST_KILLED = 95.0
"""Percent of the mutants that are not accepted; survivors are rounded up, so that one in a small sample may live."""
_PROPERTIES = ("brief_plans", "contract", "memo", "parts", "properties", "split_properties")
_CRASHES = "test_crashes.py"


def stages() -> tuple[Stage, ...]:
    """The tests that know the compiler and the planner, the quickest first, and the type checker."""
    core = sorted((ROOT / "tests" / "core").glob("test_*.py"))
    apply = sorted((ROOT / "tests" / "apply").glob("test_*.py"))
    slow = [path for path in core if path.stem.removeprefix("test_") in _PROPERTIES]
    quick = [path for path in core if path not in slow]
    return (
        pytest_stage("examples", *map(_named, quick), "tests/plan", "tests/compiler", "tests/golden"),
        Stage("types", ("-m", "mypy", "idsync")),
        pytest_stage("use cases", "tests/reconcile", "tests/examples", "tests/history", "tests/edit", "tests/infer"),
        pytest_stage("properties", *map(_named, slow)),
        pytest_stage("applies", *(_named(path) for path in apply if path.name != _CRASHES)),
    )


def _named(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def all_mutants(root: Path = ROOT) -> list[Mutant]:
    """Every mutant of the compiler and the planner."""
    files = (path for package in PACKAGES for path in sorted((root / package).rglob("*.py")))
    return [mutant for path in files for mutant in mutants_of(path.relative_to(root).as_posix(), path.read_bytes())]


def outcomes(mutants: Sequence[Mutant], workers: int) -> Iterator[tuple[Mutant, Outcome]]:
    """What became of each, in their order; raises NotGreen."""
    greens = Greens()
    free: SimpleQueue[Workshop] = SimpleQueue()

    def tested(mutant: Mutant) -> Outcome:
        workshop = free.get()
        try:
            return workshop.outcome(mutant)
        finally:
            free.put(workshop)

    with ExitStack() as opened:
        for _ in range(workers):
            folder = opened.enter_context(tempfile.TemporaryDirectory(prefix="idsync-mutants-"))
            free.put(Workshop(Path(folder), stages(), greens))
        pool = opened.enter_context(ThreadPoolExecutor(workers))
        try:
            yield from zip(mutants, pool.map(tested, mutants), strict=True)
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the sample, print who survived and how many were killed; the exit code."""
    options = _parser().parse_args(arguments)
    mutants = all_mutants()
    accepted = read_accepted(FILE.read_text())
    gone = stale(accepted, mutants)
    if gone:
        print(*(f"{FILE.name}: no such mutant any more: {entry.file}: {entry.after}" for entry in gone), sep="\n")
        return 1
    chosen = [
        mutant
        for mutant in sample(mutants, options.count, options.seed)
        if not any(entry.is_of(mutant) for entry in accepted)
    ]
    began = time.monotonic()
    counts: Counter[Outcome] = Counter()
    try:
        for mutant, outcome in outcomes(chosen, options.workers):
            counts[outcome] += 1
            if outcome is not Outcome.KILLED:
                print(f"{outcome}: ", *lines_of([mutant]), sep="\n", flush=True)
    except NotGreen as error:
        print(error)
        return 1
    survived = counts[Outcome.SURVIVED]
    killed = len(chosen) - survived
    percent = 100 * killed / len(chosen) if chosen else 100.0
    print(
        f"{killed} of {len(chosen)} mutants killed ({percent:.1f} %, {counts[Outcome.TIMED_OUT]} by time) in "
        f"{time.monotonic() - began:.0f} s; seed {options.seed}, {len(mutants):,} mutants in all, "
        f"{len(accepted)} accepted."
    )
    return 0 if survived <= survivors_allowed(len(chosen), options.at_least) else 1


def survivors_allowed(count: int, at_least: float = LEAST_KILLED) -> int:
    """How many of so many mutants may survive: their percent, rounded up."""
    return math.ceil(round(count * (100 - at_least) / 100, 6))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.mutants", description=__doc__)
    parser.add_argument("--count", type=int, default=200, help="how many mutants to test (200)")
    parser.add_argument("--seed", type=int, default=1, help="which ones (1)")
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1, help="how many at a time (one a core)")
    parser.add_argument("--at-least", type=float, default=LEAST_KILLED, help="percent to be killed (95)")
    return parser


if __name__ == "__main__":
    sys.exit(main())
