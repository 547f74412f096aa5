"""What walks through a long journal, as a process: its memory grows with what it must compare, and by little."""

import re
from pathlib import Path

import pytest

from benchmarks.configuration import write_pushed_configuration
from idsync.model.addresses import Address
from idsync.model.canonical import body_of
from idsync.model.journal import RunFinished, RunStarted, StepMade
from idsync.stores.sqlite.store import open_store
from tests.acceptance.programs import start, wait
from tests.targets.world import our_list

pytestmark = pytest.mark.long

TELLS_ITS_MEMORY = """
import os, pathlib, runpy
end = os._exit
os._exit = lambda code: (os.write(2, pathlib.Path("/proc/self/status").read_bytes()), end(code))
runpy.run_module("idsync", run_name="__main__", alter_sys=True)
"""
AT = "2026-11-22T09:30:00Z"
LIST = body_of(our_list("00g1"))
SHORT, LONG = 20_000, 60_000
AT_ONCE = 1_000
"""Runs in a transaction."""
A_RUN = 600
"""So many bytes may be held of each run, of which the journal tells and which the store knows."""


def lived(folder: Path, runs: int) -> Path:
    """A store with so many runs, each of one step elsewhere."""
    folder.mkdir()
    write_pushed_configuration(folder)
    with open_store(folder / "idsync.db") as store:
        for first in range(1, runs, AT_ONCE):
            with store.transaction():
                for run in range(first, first + AT_ONCE):
                    journal, who = store.journal, Address(f"user/p{run}@x.com")
                    journal.append(RunStarted(run, AT, "scim token okta", f"sha256:{run:064x}", "okta", 1))
                    step = StepMade(run, 2, who, "create", "assigned", (), None, LIST.fingerprint, target="elsewhere")
                    journal.append(step, [LIST])
                    journal.append(RunFinished(run, AT, 0))
    return folder


def peak(*arguments: object) -> int:
    """The most memory that a command held, in bytes."""
    ended = wait(start(*arguments, script=TELLS_ITS_MEMORY))
    assert ended.code == 0, ended.err
    found = re.search(r"VmHWM:\s+(\d+) kB", ended.err)
    assert found is not None
    return int(found[1]) << 10


def test_a_longer_journal_is_verified_and_copied_with_little_more_memory(tmp_path: Path) -> None:
    short, long = lived(tmp_path / "short", SHORT), lived(tmp_path / "long", LONG)
    for folder in (short, long):
        assert wait(start("history", "--verify", "-c", folder)).out.startswith("The journal is whole")
    verified = [peak("history", "--verify", "-c", folder) for folder in (short, long)]
    assert verified[1] - verified[0] < A_RUN * (LONG - SHORT), verified
    copied = [
        peak("store", "copy", f"sqlite:///{folder}/idsync.db", f"sqlite:///{folder}/copy.db")
        for folder in (short, long)
    ]
    assert copied[1] - copied[0] < A_RUN * (LONG - SHORT), copied
