"""A process that applies the plan of these tests and is killed at a statement: `killed_run STORE STATEMENT`."""

import os
import signal
import sqlite3
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from idsync.stores.sqlite.store import Connect, open_store
from idsync.targets.local import LocalTarget


def counting_connection(tell: Callable[[int], object]) -> Connect:
    """Opens connections that tell the number of each statement before they run it."""

    def connect(*values: Any, **named: Any) -> sqlite3.Connection:
        class Counting(sqlite3.Connection):
            statements = 0

            def execute(self, *values: Any) -> sqlite3.Cursor:
                self.statements += 1
                tell(self.statements)
                return super().execute(*values)

            def executemany(self, *values: Any) -> sqlite3.Cursor:
                self.statements += 1
                tell(self.statements)
                return super().executemany(*values)

        return sqlite3.connect(*values, factory=Counting, **named)

    return connect


def main(path: str, last: str) -> None:
    """Apply, and be killed at statement number `last`."""
    from tests.apply.test_crashes import PLAN
    from tests.apply.worlds import apply
    from tests.targets.world import ORG

    def tell(number: int) -> None:
        if number == int(last):
            os.kill(os.getpid(), signal.SIGKILL)

    with open_store(Path(path), connect=counting_connection(tell)) as store:
        apply(PLAN, LocalTarget(store.directory, ORG), store)


if __name__ == "__main__":
    main(*sys.argv[1:])
