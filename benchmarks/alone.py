"""Parts of idsync by themselves: `python -m benchmarks.alone snapshot FILE`, or `index FILE`, or `okta URL`."""

import gc
import sys
from pathlib import Path

from benchmarks.organizations import APP_ID, ORG_URL


def read_snapshot_file(path: str) -> None:
    """Read a snapshot file, checks included."""
    from idsync.sources.snapshot import read_snapshot

    read_snapshot(Path(path))


def read_live_organization(url: str) -> None:
    """Read an organization from a server, as the program does: it never looks for cycles of garbage."""
    from idsync.config.settings import AppById
    from idsync.okta.auth import ApiTokenCredential
    from idsync.sources.okta.source import OktaSource

    gc.disable()
    OktaSource(org_url=url, app=AppById(APP_ID), credential=ApiTokenCredential("token")).read()


def read_store_index(path: str) -> None:
    """Read what a store's directory holds, in brief."""
    from idsync.stores.sqlite.store import open_store_to_read
    from idsync.targets.local import LocalTarget

    with open_store_to_read(Path(path)) as store:
        index = LocalTarget(store.directory, ORG_URL).index(ORG_URL)
    if not index.users:
        raise SystemExit(f"there are no users in {path}")


if __name__ == "__main__":
    parts = {"snapshot": read_snapshot_file, "index": read_store_index, "okta": read_live_organization}
    parts[sys.argv[1]](sys.argv[2])
