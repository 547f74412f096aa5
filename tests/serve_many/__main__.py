"""Push very many people at one time: `python -m tests.serve_many --people 10000 --connections 8 --store postgres`.

With `--replicas 2` the connections push to several services. Exits 1 when somebody is lost, or there twice.
"""

import argparse
import sys
from collections.abc import Sequence

from tests.serve_kills.__main__ import prepared
from tests.serve_kills.service import Broken
from tests.serve_many.pushing import push_many


def main(arguments: Sequence[str] | None = None) -> int:
    """Push them; the exit code."""
    options = _parser().parse_args(arguments)
    with prepared(options.store, options.replicas) as (service, _):
        try:
            service.start()
            rate = push_many(service, options.people, options.connections, options.seed)
        except Broken as error:
            print(f"Seed {options.seed}: {error}\n{service.log()}")
            return 1
        finally:
            service.stop()
    where = f"{options.replicas} on {options.store}"
    print(f"{rate}, by {options.connections} connections: each is there once; seed {options.seed}, {where}.")
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.serve_many", description=__doc__)
    parser.add_argument("--people", type=int, default=10_000, help="how many people (10000)")
    parser.add_argument("--connections", type=int, default=8, help="how many push at one time (8)")
    parser.add_argument("--seed", type=int, default=1, help="in which order (1)")
    parser.add_argument("--store", choices=["sqlite", "postgres"], default="sqlite", help="where the store is (sqlite)")
    parser.add_argument("--replicas", type=int, default=1, help="how many services (1)")
    return parser


if __name__ == "__main__":
    sys.exit(main())
