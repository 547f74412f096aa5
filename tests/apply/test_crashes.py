"""Killed anywhere, run again: the directory is that of an unbroken run."""

import os
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import pytest

from idsync.apply.executor import apply_plan
from idsync.errors import LeaseHeld, PlanStale, PlanUsed, StoreError
from idsync.model.canonical import canonical_bytes
from idsync.model.journal import RunFinished, RunStarted, RunStopped, summarise_runs
from idsync.model.resources import Lock, User
from idsync.plan.sections import FIRST
from idsync.stores.sqlite.store import SqliteStore, open_store
from idsync.targets.local import LocalTarget
from tests.apply.killed_run import counting_connection
from tests.apply.rivals import rivals_say
from tests.apply.worlds import AFTER, BEFORE, LATER, WHY, apply, fill, plan_between, request
from tests.effort import some
from tests.targets.memory import MemoryTarget
from tests.targets.world import NOW, ORG, our_user
from tests.warm import Warm

PLAN = plan_between(BEFORE, AFTER, why=WHY)


class Killed(BaseException):
    """Stands for the end of the process: nobody catches it."""


def kill() -> None:
    raise Killed


def directory(path: Path) -> bytes:
    with open_store(path) as store:
        return canonical_bytes(LocalTarget(store.directory, ORG).state())


@pytest.fixture(scope="module")
def unbroken(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """The directory after a run that nothing disturbs."""
    path = tmp_path_factory.mktemp("unbroken") / "idsync.db"
    prepare(path)
    with open_store(path) as store:
        apply(PLAN, LocalTarget(store.directory, ORG), store)
    return directory(path)


def prepare(path: Path) -> None:
    with open_store(path) as store:
        fill(LocalTarget(store.directory, ORG), BEFORE)


def finish(path: Path) -> None:
    """Run the same plan again; one that was killed after its last commit has nothing left to do."""
    with open_store(path) as store:
        try:
            apply(PLAN, LocalTarget(store.directory, ORG), store)
        except PlanUsed:
            assert store.runs.finished(PLAN.digest) == 1
        runs = summarise_runs(each.entry for each in store.journal.headlines())
        assert [run.state for run in runs] == ["finished"]
        assert store.journal.verify().broken_at is None


def statements_of_a_run(path: Path) -> int:
    """How many statements an unbroken run makes, from opening the store to closing it."""
    prepare(path)
    counted: list[int] = []
    with open_store(path, connect=counting_connection(lambda number: counted.append(number))) as store:
        apply(PLAN, LocalTarget(store.directory, ORG), store)
    return len(counted)


def test_killed_at_any_statement_and_run_again_equals_an_unbroken_run(tmp_path: Path, unbroken: bytes) -> None:
    total = statements_of_a_run(tmp_path / "counted.db")
    assert total > 30
    for last in some(range(1, total + 1), fewest=6):
        path = tmp_path / f"{last}.db"
        prepare(path)
        with pytest.raises(Killed):
            run_until(path, last)
        finish(path)
        assert directory(path) == unbroken, f"killed at statement {last}"


def run_until(path: Path, last: int) -> None:
    """Apply, and die at that statement and at every later one: not even a clean-up gets through."""
    with open_store(path, connect=counting_connection(lambda number: kill() if number >= last else None)) as store:
        apply(PLAN, LocalTarget(store.directory, ORG), store)


@pytest.mark.parametrize("part", [0.05, 0.3, 0.5, 0.7, 0.85, 0.95])
def test_a_process_killed_for_good_and_run_again_equals_an_unbroken_run(
    tmp_path: Path, unbroken: bytes, part: float
) -> None:
    total = statements_of_a_run(tmp_path / "counted.db")
    path = tmp_path / "idsync.db"
    prepare(path)
    log = tmp_path / "log"
    ran = Warm("tests.apply.killed_run", [str(path), str(round(total * part))], os.environ, log)
    assert ran.wait(60) == -signal.SIGKILL, log.read_text()
    finish(path)
    assert directory(path) == unbroken


def test_interrupted_by_a_person_nothing_is_changed_and_the_lease_is_free(path: Path, unbroken: bytes) -> None:
    prepare(path)
    before = directory(path)

    def interrupt(what: str, done: int, total: int) -> None:
        raise KeyboardInterrupt

    with open_store(path) as store:
        with pytest.raises(KeyboardInterrupt):
            apply_plan(
                PLAN, request(), targets={FIRST: LocalTarget(store.directory, ORG)}, records=store, progress=interrupt
            )
        (run,) = summarise_runs(each.entry for each in store.journal.headlines())
        assert (run.state, run.why) == ("stopped", "interrupted")
        assert canonical_bytes(LocalTarget(store.directory, ORG).state()) == before
    finish(path)
    assert directory(path) == unbroken


def test_a_disk_that_fills_up_midway_leaves_the_directory_as_it_was_and_says_so(path: Path) -> None:
    prepare(path)
    before = directory(path)
    refuse: list[bool] = []

    def full(number: int) -> None:
        if refuse:
            refuse.clear()
            error = sqlite3.OperationalError("database or disk is full")
            error.sqlite_errorcode = sqlite3.SQLITE_FULL
            raise error

    class Filling(LocalTarget):
        def put_user(self, user: User) -> None:
            refuse.append(True)
            super().put_user(user)

    with open_store(path, connect=counting_connection(full)) as store:
        with pytest.raises(StoreError, match="disk is full"):
            apply(PLAN, Filling(store.directory, ORG), store)
        assert canonical_bytes(LocalTarget(store.directory, ORG).state()) == before
    finish(path)


class FailingTarget(MemoryTarget):
    """Ends at a given write: before it is made, or just after."""

    def __init__(self, how: Callable[[], None]) -> None:
        super().__init__()
        self.left = sys.maxsize
        self.made = False
        self.how = how

    def fail_at(self, write: int, *, made: bool) -> None:
        self.left, self.made = write, made

    def _write(self) -> None:
        super()._write()
        self.left -= 1
        if self.left == 0 and not self.made:
            self.how()

    def __getattribute__(self, name: str) -> Any:
        found = super().__getattribute__(name)
        if not name.startswith(("put_", "delete_", "add_", "remove_")):
            return found

        def then_fail(*values: Any) -> None:
            found(*values)
            if self.left == 0 and self.made:
                self.left = -1
                self.how()

        return then_fail


def writes_of_a_run() -> int:
    return 11 + 1  # eleven steps, and one list is both put and given its members


@pytest.mark.parametrize("made", [False, True], ids=["before the write", "after the write"])
@pytest.mark.parametrize("write", range(1, writes_of_a_run() + 1))
def test_without_transactions_a_killed_run_goes_on_where_it_ended(store: SqliteStore, write: int, made: bool) -> None:
    whole, broken = MemoryTarget(), FailingTarget(kill)
    fill(whole, BEFORE)
    fill(broken, BEFORE)
    broken.fail_at(write, made=made)
    with pytest.raises(Killed):
        apply(PLAN, broken, store)
    applied = apply(PLAN, broken, store)
    assert applied.resumed
    assert applied.run == 1
    with_own_store(store, whole)
    assert canonical_bytes(broken.state()) == canonical_bytes(whole.state())
    (run,) = summarise_runs(each.entry for each in store.journal.headlines())
    assert run.state == "finished"


def with_own_store(store: SqliteStore, target: MemoryTarget) -> None:
    """Apply the plan unbroken, recorded elsewhere."""
    path = Path(store._connection.label).with_name("elsewhere.db")
    with open_store(path) as elsewhere:
        apply(PLAN, target, elsewhere)


def test_a_resumed_run_keeps_its_first_times_but_gives_each_lock_its_whole_life(store: SqliteStore) -> None:
    target = FailingTarget(kill)
    fill(target, BEFORE)
    target.fail_at(1, made=False)
    with pytest.raises(Killed):
        apply(PLAN, target, store)
    apply(PLAN, target, store, LATER)
    assert target.members["00g1"]["joiner"].joined == "2026-11-22T09:30:00Z"
    assert target.locks()["leaver-lock"].spec.expires == "2026-11-23T16:35:00Z"


def test_a_lock_that_the_broken_off_run_made_is_not_made_again(store: SqliteStore) -> None:
    target = FailingTarget(kill)
    fill(target, BEFORE)
    target.fail_at(2, made=False)
    with pytest.raises(Killed):
        apply(PLAN, target, store)
    apply(PLAN, target, store, LATER)
    assert target.locks()["leaver-lock"].spec.expires == "2026-11-23T16:30:00Z"


@pytest.mark.parametrize(
    "meddle",
    [
        lambda target: target.put_user(our_user("joiner", "root")),
        lambda target: target.put_user(our_user("leaver/1", "root")),
        lambda target: target.delete_access_list("00g1"),
        lambda target: target.delete_lock("leaver-lock"),
    ],
)
def test_a_broken_off_run_does_not_go_on_when_somebody_meddled(
    store: SqliteStore, meddle: Callable[[MemoryTarget], None]
) -> None:
    target = FailingTarget(kill)
    fill(target, BEFORE)
    target.fail_at(7, made=False)
    with pytest.raises(Killed):
        apply(PLAN, target, store)
    meddle(target)
    if "leaver-lock" not in target.locks():
        # A lock that is gone again is simply still to be made.
        assert apply(PLAN, target, store).resumed
        assert "leaver-lock" in target.locks()
        return
    with pytest.raises(PlanStale):
        apply(PLAN, target, store)


def test_after_state_without_a_broken_off_run_is_not_an_excuse(store: SqliteStore) -> None:
    target = MemoryTarget()
    fill(target, BEFORE)
    target.put_user(AFTER.users["joiner"])
    with pytest.raises(PlanStale):
        apply(PLAN, target, store)


def test_a_run_that_could_still_write_down_why_it_stopped_did(path: Path) -> None:
    prepare(path)

    class Broken(LocalTarget):
        def put_lock(self, lock: Lock) -> None:
            raise StoreError("The store is damaged.")

        def remove_members(self, access_list: str, names: Iterable[str]) -> None:
            raise AssertionError("nothing comes after a failure")

    with open_store(path) as store:
        with pytest.raises(StoreError, match="damaged"):
            apply(PLAN, Broken(store.directory, ORG), store)
        entries = [each.entry for each in store.journal.entries()]
        assert [type(entry) for entry in entries] == [RunStarted, RunStopped]
        apply(PLAN, LocalTarget(store.directory, ORG), store, NOW)
        assert isinstance([each.entry for each in store.journal.entries()][-1], RunFinished)


TWO = """
import sys
from pathlib import Path
from idsync.errors import LeaseHeld, PlanUsed, PlanStale
from idsync.stores.sqlite.store import open_store
from idsync.stores.holder import this_process
from idsync.targets.local import LocalTarget
from tests.targets.world import ORG
from tests.apply.test_crashes import PLAN
from tests.apply.worlds import apply
with open_store(Path(sys.argv[1])) as store:
    print("ready", flush=True)
    sys.stdin.readline()
    try:
        apply(PLAN, LocalTarget(store.directory, ORG), store, holder=this_process("2026-11-22T09:30:00Z"))
        print("applied")
    except (LeaseHeld, PlanUsed, PlanStale) as error:
        print(type(error).__name__)
"""


def test_r46_of_two_applies_at_once_exactly_one_applies(tmp_path: Path, unbroken: bytes) -> None:
    path = tmp_path / "idsync.db"
    prepare(path)
    said = rivals_say(TWO, path)
    assert said[1] == "applied"
    assert said[0] in {"LeaseHeld", "PlanUsed"}
    assert directory(path) == unbroken


HOLDS = """
import os, sys
from pathlib import Path
from idsync.stores.protocol import Lease
from idsync.stores.sqlite.store import open_store
from idsync.stores.holder import this_process
with open_store(Path(sys.argv[1])) as store:
    assert isinstance(store.leases.take("target:local", this_process("2026-11-22T09:00:00Z"), 60), Lease)
    print("held", flush=True)
    sys.stdin.readline()
"""


def test_a_killed_holders_lease_is_free_at_once_and_a_live_ones_is_not(tmp_path: Path) -> None:
    path = tmp_path / "idsync.db"
    prepare(path)
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLDS, str(path)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=Path(__file__).parents[2],
    )  # fmt: skip
    assert holder.stdout is not None
    assert holder.stdout.readline() == "held\n"
    with open_store(path) as store:
        target = LocalTarget(store.directory, ORG)
        with pytest.raises(LeaseHeld, match=f"process {holder.pid}"):
            apply(PLAN, target, store)
        os.kill(holder.pid, signal.SIGKILL)
        holder.communicate(timeout=30)
        assert apply(PLAN, target, store).run == 1
