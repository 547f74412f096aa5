"""A year of weeks against one service: `python -m tests.serve_soak --weeks 52 --seed 1`. Exits 1 if something grows."""

import argparse
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from tests.serve_kills.service import Broken
from tests.serve_soak.soak import MEGABYTE, WARM_UP, Grown, Week, live


def main(arguments: Sequence[str] | None = None) -> int:
    """Live them; the exit code."""
    parser = argparse.ArgumentParser(prog="python -m tests.serve_soak", description=__doc__)
    parser.add_argument("--weeks", type=int, default=52, help="how many weeks after the warm-up (52)")
    parser.add_argument("--seed", type=int, default=1, help="which ones; an even one pushes by PUT (1)")
    options = parser.parse_args(arguments)
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="idsync-soak-") as folder:
        try:
            weeks = live(Path(folder), options.weeks, options.seed, _tell)
        except (Broken, Grown) as error:
            print(f"\nSeed {options.seed}: {error}")
            return 1
    first, last = weeks[WARM_UP - 1], weeks[-1]
    requests = sum(week.requests for week in weeks)
    print(
        f"\n{options.weeks} weeks in {time.monotonic() - began:.0f} s, {requests:,} requests: "
        f"memory {first.web.resident / MEGABYTE:.0f} → {last.web.resident / MEGABYTE:.0f} MiB, nothing grew; "
        f"seed {options.seed}."
    )
    return 0


def _tell(number: int, week: Week) -> None:
    said = f"week {number - WARM_UP + 1}: {week.web.resident / MEGABYTE:.1f} MiB, {week.web.files} files"
    print(f"{said}, {week.requests} requests  ", end="\r", file=sys.stderr)


if __name__ == "__main__":
    sys.exit(main())
