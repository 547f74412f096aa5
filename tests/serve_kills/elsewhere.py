"""Runs idsync as if on a machine of its own, with leases of a few seconds: `python -m tests.serve_kills.elsewhere …`.

What a lease does once nobody can see whether its holder lives is so tried on one machine, and in seconds. The process
that reconciles imports this module too, and is so on that machine as well.
"""

import os
import socket
import sys
from pathlib import Path

from idsync.cli.application import run
from idsync.reconcile.continuous import lead
from idsync.server import presence
from idsync.stores.postgres import connection
from idsync.stores.postgres import store as postgres
from idsync.stores.sqlite import store as sqlite
from idsync.stores.tables import replicas
from idsync.stores.tables.migrations import numbered_files

MACHINE, SECONDS, MIGRATIONS = "IDSYNC_TESTS_MACHINE", "IDSYNC_TESTS_LEASE", "IDSYNC_TESTS_MIGRATIONS"
"""The variables that name the machine, how many seconds leases last, and the folder of another version's migrations."""
PATIENCE = "IDSYNC_TESTS_PATIENCE"
"""The variable that says how many seconds an older service is waited for."""

if MACHINE in os.environ:
    socket.gethostname = lambda: os.environ[MACHINE]
if seconds := os.environ.get(SECONDS):
    lead.LEADER_SECONDS = replicas.REPLICA_SECONDS = float(seconds)
    presence.OLDER_SECONDS = float(os.environ.get(PATIENCE, seconds))
    presence.RENEW_SECONDS = float(seconds) / 4
    for name in ("_BEGIN_ASIDE", "_BEGIN_WRITING"):
        words = getattr(connection, name)
        setattr(connection, name, words.replace(f"'{connection._SILENT_SECONDS}s'", f"'{seconds}s'"))
if MIGRATIONS in os.environ:
    for database in (postgres, sqlite):
        setattr(database, "known_migrations", lambda: numbered_files(Path(os.environ[MIGRATIONS])))  # noqa: B010

if __name__ == "__main__":
    sys.exit(run(sys.argv[1:]))
