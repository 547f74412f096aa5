"""Live many random lives: `python -m tests.lives --count 1000 --weeks 8`. Exits 1 when one fails."""

import argparse
import sys
import time
from collections.abc import Sequence

from tests.lives.chance import random_life
from tests.lives.life import live
from tests.lives.shrink import shrunk
from tests.lives.telling import told


def main(arguments: Sequence[str] | None = None) -> int:
    """Live them, tell the story of each that fails; the exit code."""
    options = _parser().parse_args(arguments)
    began = time.monotonic()
    failed = lived = 0
    for seed in range(options.seed, options.seed + options.count):
        script = random_life(seed, options.weeks)
        failure = live(script)
        lived += 1
        if failure is not None:
            failed += 1
            print(told(seed, *shrunk(script, failure)), flush=True)
            if failed == options.at_most:
                break
    print(f"{lived} lives of {options.weeks} weeks in {time.monotonic() - began:.0f} s, {failed} failed.")
    return 1 if failed else 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.lives", description=__doc__)
    parser.add_argument("--count", type=int, default=1000, help="how many lives (1000)")
    parser.add_argument("--weeks", type=int, default=8, help="how long each is (8)")
    parser.add_argument("--seed", type=int, default=1, help="the seed of the first (1); the others follow it")
    parser.add_argument("--at-most", type=int, default=10, help="stop after so many that fail (10)")
    return parser


if __name__ == "__main__":
    sys.exit(main())
