"""Runs idsync and kills itself before a statement: `python -m tests.postgres.killed_apply NUMBER ARGUMENTS…`.

Number 0 kills nothing, and the number of statements is printed last.
"""

import os
import signal
import sys
from typing import Any

from idsync.cli.application import run
from idsync.stores.postgres import connection


def main() -> int:
    """Run the command line; its exit code."""
    last, count = int(sys.argv[1]), 0
    execute = connection.Connection._execute

    def counting(self: connection.Connection, sql: str, values: Any = ()) -> Any:
        nonlocal count
        count += 1
        if count == last:
            os.kill(os.getpid(), signal.SIGKILL)
        return execute(self, sql, values)

    connection.Connection._execute = counting  # type: ignore[method-assign]
    code = run(sys.argv[2:])
    print(f"statements: {count}")
    return code


if __name__ == "__main__":
    sys.exit(main())
