"""Runs idsync as if on a machine of its own, with leases of a few seconds: `python -m tests.serve_kills.elsewhere …`.

What a lease does once nobody can see whether its holder lives is so tried on one machine, and in seconds. The process
that reconciles imports this module too, and is so on that machine as well.
"""

import os
import socket
import sys

from idsync.cli.application import run
from idsync.reconcile import passes
from idsync.stores.postgres import connection

MACHINE, SECONDS = "IDSYNC_TESTS_MACHINE", "IDSYNC_TESTS_LEASE"
"""The variables that name the machine, and say how many seconds leases last."""

if MACHINE in os.environ:
    socket.gethostname = lambda: os.environ[MACHINE]
if seconds := os.environ.get(SECONDS):
    passes.LEADER_SECONDS = float(seconds)
    for name in ("_BEGIN_ASIDE", "_BEGIN_WRITING"):
        words = getattr(connection, name)
        setattr(connection, name, words.replace(f"'{connection._SILENT_SECONDS}s'", f"'{seconds}s'"))

if __name__ == "__main__":
    sys.exit(run(sys.argv[1:]))
