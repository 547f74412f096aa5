"""This process as the holder of a lease, and whether another holder still lives."""

import getpass
import os
import socket
from pathlib import Path

import msgspec

from idsync.stores.protocol import Holder


def this_process(since: str) -> Holder:
    """This process as a holder from `since`."""
    process = os.getpid()
    return Holder(process, socket.gethostname(), _user(), since, _boot(), _born(process))


def is_dead(holder: Holder, here: Holder) -> bool:
    """Whether a holder is known to have ended, as the process `here` sees it; of other machines nothing is known."""
    if holder.host != here.host:
        return False
    if holder.boot != here.boot:
        return True
    try:
        os.kill(holder.process, 0)
    except ProcessLookupError:
        return True
    except PermissionError:
        pass
    return holder.born != _born(holder.process)


def is_same(one: Holder, other: Holder) -> bool:
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
