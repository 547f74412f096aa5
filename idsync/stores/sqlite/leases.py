"""Leases in a table, and whether a holder still lives."""

import getpass
import os
import socket
from datetime import timedelta
from pathlib import Path

import msgspec

from idsync.model.canonical import canonical_bytes
from idsync.model.times import parse_time
from idsync.stores.protocol import Holder
from idsync.stores.sqlite.connection import Connection
from idsync.stores.sqlite.statements import load_statements

_SQL = load_statements("records.sql")
_HOLDER = msgspec.json.Decoder(Holder)

UNSEEN_LIFE = timedelta(hours=1)
"""How long the lease of a holder that cannot be looked at is respected."""


class Leases:
    """Leases by name; one whose holder has died is free."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def take(self, name: str, holder: Holder) -> Holder | None:
        """None when `holder` has the lease now; else who has it."""
        # Looking first spares a live run's rivals the wait for its transaction to end.
        other = self._other(name, holder)
        if other is not None:
            return other
        with self._connection.writing():
            other = self._other(name, holder)
            if other is None:
                self._connection.run(_SQL["take_lease"], (name, canonical_bytes(holder)))
            return other

    def release(self, name: str, holder: Holder) -> None:
        """Give a lease back; no error when another holds it."""
        with self._connection.writing():
            other = self._kept(name)
            if other is not None and _same(other, holder):
                self._connection.run(_SQL["release_lease"], (name,))

    def _other(self, name: str, holder: Holder) -> Holder | None:
        other = self._kept(name)
        return None if other is None or _same(other, holder) or is_dead(other, holder) else other

    def _kept(self, name: str) -> Holder | None:
        row = self._connection.row(_SQL["lease"], (name,))
        return None if row is None else _HOLDER.decode(row[0])


def this_process(since: str) -> Holder:
    """This process as a holder from `since`."""
    process = os.getpid()
    return Holder(process, socket.gethostname(), _user(), since, _boot(), _born(process))


def is_dead(holder: Holder, here: Holder) -> bool:
    """Whether a holder is known to have ended, as the process `here` sees it at its own `since`.

    One on another machine, or in another container, cannot be looked at: it counts as ended after an hour, which is
    far longer than a run takes. A run that is taken for dead wrongly does no harm: the store has one writer at a time.
    """
    if holder.host != here.host:
        return parse_time(here.since) - parse_time(holder.since) > UNSEEN_LIFE
    if holder.boot != here.boot:
        return True
    try:
        os.kill(holder.process, 0)
    except ProcessLookupError:
        return True
    except PermissionError:
        pass
    return holder.born != _born(holder.process)


def _same(one: Holder, other: Holder) -> bool:
    """Whether two holders are one process, though it may have taken the lease twice."""
    return msgspec.structs.replace(one, since=other.since) == other


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # no such user id here, as in many containers
        return str(os.getuid())


def _boot() -> str:
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text("ascii").strip()
    except OSError:
        return ""


def _born(process: int) -> str:
    try:
        stat = Path(f"/proc/{process}/stat").read_text("utf-8", "replace")
    except OSError:
        return ""
    # The command, in parentheses, may hold anything; the 22nd field of all is the 20th after it.
    fields = stat.rpartition(")")[2].split()
    return fields[19] if len(fields) > 19 else ""
