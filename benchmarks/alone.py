"""Parts of idsync by themselves, without the program around them: `python -m benchmarks.alone snapshot|index FILE`."""

import sys
from pathlib import Path

from benchmarks.organizations import ORG_URL


def read_snapshot_file(path: Path) -> None:
    """Read a snapshot file, checks included."""
    from idsync.sources.snapshot import read_snapshot

    read_snapshot(path)


def read_store_index(path: Path) -> None:
    """Read what a store's directory holds, in brief."""
    from idsync.stores.sqlite.store import open_store_to_read
    from idsync.targets.local import LocalTarget

    with open_store_to_read(path) as store:
        index = LocalTarget(store.directory).index(ORG_URL)
    if not index.users:
        raise SystemExit(f"{path} holds nobody")


if __name__ == "__main__":
    {"snapshot": read_snapshot_file, "index": read_store_index}[sys.argv[1]](Path(sys.argv[2]))
