"""A process that applies a plan for two targets and is killed at a remote step: `killed_remotely FOLDER STEP WHEN`."""

import os
import signal
import sys
from pathlib import Path

from idsync.model.addresses import Address
from idsync.plan.sections import FIRST
from idsync.stores.sqlite.store import open_store
from idsync.targets.local import LocalTarget
from tests.apply.two_targets import PLAN, apply_both
from tests.targets.shared_remote import SharedRemote
from tests.targets.world import ORG


def main(folder: str, last: str, when: str) -> None:
    """Apply, and be killed at remote step number `last`, before it or just after it."""
    remote = SharedRemote(Path(folder, "remote.json"))
    steps = 0

    def tell(_address: Address, made: bool) -> None:
        nonlocal steps
        steps += made == (when == "after")
        if steps == int(last) and made == (when == "after"):
            os.kill(os.getpid(), signal.SIGKILL)

    remote.fails = tell
    with open_store(Path(folder, "idsync.db")) as store:
        apply_both(PLAN, {FIRST: LocalTarget(store.directory, ORG), "remote": remote}, store)


if __name__ == "__main__":
    main(*sys.argv[1:])
