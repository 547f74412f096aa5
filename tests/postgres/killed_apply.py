"""Runs idsync, and kills it before an exchange with the server: `python -m tests.postgres.killed_apply NUMBER …`.

Number 0 kills nothing, and the number of exchanges is printed last.
"""

import os
import signal
import sys
from typing import Any

from idsync.cli.application import run
from idsync.stores.postgres.exchange import Exchange


def main() -> int:
    """Run the command line; its exit code."""
    last, count = int(sys.argv[1]), 0
    send = Exchange.send

    def counting(self: Exchange, *statements: Any, **how: Any) -> Any:
        nonlocal count
        count += 1
        if count == last:
            os.kill(os.getpid(), signal.SIGKILL)
        return send(self, *statements, **how)

    Exchange.send = counting  # type: ignore[method-assign]
    code = run(sys.argv[2:])
    print(f"exchanges: {count}")
    return code


if __name__ == "__main__":
    sys.exit(main())
