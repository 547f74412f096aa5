"""Live many lives, whose processes are killed while Okta serves them: `--count 50 --passes 20 --seed 1`.

Exits 1 when an edit is lost, sent twice or flaps.
"""

import argparse
import sys
import tempfile
from pathlib import Path

from tests.acceptance.both_ways_world import agreed_world
from tests.both_ways_lives.life import Wrong, live


def main() -> int:
    """Live them one after another; the seed of one that goes wrong is told."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=50)
    parser.add_argument("--passes", type=int, default=20)
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    wrong = 0
    for seed in range(asked.seed, asked.seed + asked.count):
        with tempfile.TemporaryDirectory(prefix="idsync-both-ways-") as folder, agreed_world(Path(folder)) as world:
            try:
                live(world, seed, asked.passes, as_process=True)
            except Wrong as error:
                wrong += 1
                print(f"seed {seed}: {error}", flush=True)
    print(f"{asked.count} lives of {asked.passes} passes, {wrong} went wrong")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
