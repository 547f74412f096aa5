"""Two targets, one of them remote: killed anywhere and run again, both are as an unbroken run leaves them."""

import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from idsync.errors import LeaseLost, PartlyApplied, PlanUsed
from idsync.model.addresses import Address
from idsync.model.canonical import canonical_bytes
from idsync.model.directory import Names
from idsync.model.journal import RunFinished, SectionFinished, StepMade, summarise_runs
from idsync.plan.sections import FIRST
from idsync.stores.holder import this_process
from idsync.stores.sqlite.store import SqliteStore, open_store
from idsync.targets.local import LocalTarget
from idsync.targets.protocol import Target
from tests.apply.killed_run import counting_connection
from tests.apply.rivals import rivals_say
from tests.apply.two_targets import AFTER, PLAN, REMOTE, STEPS_THERE, apply_both, content, prepared
from tests.apply.worlds import HOLDER, replace
from tests.effort import some
from tests.targets.remote import RemoteTarget
from tests.targets.shared_remote import SharedRemote
from tests.targets.world import ORG
from tests.warm import Warm

ROOT = Path(__file__).parents[2]
WRITES_THERE = ("put_", "delete_", "add_", "remove_")


class Killed(BaseException):
    """Stands for the end of the process: nobody catches it."""


class Fragile(RemoteTarget):
    """Ends at a given write: before it is made, or just after."""

    def __init__(self) -> None:
        super().__init__()
        self.left, self.made = sys.maxsize, False
        self.inside = False

    def __getattribute__(self, name: str) -> Any:
        found = super().__getattribute__(name)
        if not name.startswith(WRITES_THERE) or self.inside:
            return found

        def write(*values: Any) -> None:
            self.left -= 1
            if self.left == 0 and not self.made:
                raise Killed
            self.inside = True  # a write may be made of others
            try:
                found(*values)
            finally:
                self.inside = False
            if self.left == 0:
                raise Killed

        return write


def targets(store: SqliteStore, remote: RemoteTarget) -> dict[str, Target]:
    return {FIRST: LocalTarget(store.directory, ORG), REMOTE: remote}


def agreed(store: SqliteStore) -> bytes:
    """What is agreed on with the remote target, without revisions and times."""
    base = store.agreed(REMOTE).base(
        Names(frozenset({"stays", "leaver", "joiner"}), frozenset({"00g1", "00g2", "0oa4"}))
    )
    people = {name: user.spec.roles for name, user in base.users.items()}
    lists = {name: item.spec.title for name, item in base.access_lists.items()}
    members = {name: {who: entry.reason for who, entry in some.items()} for name, some in base.members.items()}
    return canonical_bytes([people, lists, {name: dict(sorted(some.items())) for name, some in members.items()}])


class Ending:
    """How a run ends that nothing disturbs."""

    def __init__(self, folder: Path) -> None:
        with open_store(folder / "unbroken.db") as store:
            local, remote = LocalTarget(store.directory, ORG), RemoteTarget()
            apply_both(PLAN, prepared(local, remote), store)
            self.local, self.remote, self.agreed = content(local), content(remote), agreed(store)
            self.steps = self.made(store)

    @staticmethod
    def made(store: SqliteStore) -> dict[tuple[str, str, int], tuple[tuple[str, ...], frozenset[str]]]:
        """What the journal tells of each step, by target, address and phase."""
        entries = [each.entry for each in store.journal.entries() if isinstance(each.entry, StepMade)]
        return {(e.target, e.address, e.phase): (e.members_added, frozenset(e.members_removed)) for e in entries}

    def check(self, store: SqliteStore, remote: RemoteTarget) -> None:
        """Both targets, the journal and the agreed state are as they are then."""
        assert content(LocalTarget(store.directory, ORG)) == self.local
        assert content(remote) == self.remote
        assert agreed(store) == self.agreed
        assert self.made(store) == self.steps
        entries = [each.entry for each in store.journal.entries()]
        assert [run.state for run in summarise_runs(entries)] == ["finished"]
        assert sum(isinstance(entry, RunFinished) for entry in entries) == 1
        assert sum(isinstance(entry, SectionFinished) for entry in entries) == 1
        assert store.journal.verify().broken_at is None


@pytest.fixture(scope="module")
def unbroken(tmp_path_factory: pytest.TempPathFactory) -> Ending:
    return Ending(tmp_path_factory.mktemp("unbroken"))


def finish(store: SqliteStore, remote: RemoteTarget) -> None:
    """Run the same plan again; one that was killed after its last commit has nothing left to do."""
    try:
        assert apply_both(PLAN, targets(store, remote), store).run == 1
    except PlanUsed:
        assert store.runs.finished(PLAN.digest) == 1


@pytest.mark.parametrize("made", [False, True], ids=["before", "after"])
def test_killed_at_any_remote_write(tmp_path: Path, unbroken: Ending, made: bool) -> None:
    last = 0
    while True:
        last += 1
        with open_store(tmp_path / f"{last}.db") as store:
            remote = Fragile()
            both = prepared(LocalTarget(store.directory, ORG), remote)
            remote.left, remote.made = last, made
            try:
                apply_both(PLAN, both, store)
            except Killed:
                finish(store, remote)
                unbroken.check(store, remote)
            else:
                break
    assert last > STEPS_THERE


def test_killed_at_any_statement_of_the_store(tmp_path: Path, unbroken: Ending) -> None:
    counted: list[int] = []
    run_until(tmp_path / "counted.db", counted.append)
    assert len(counted) > 60
    for last in some(range(1, len(counted) + 1), fewest=6):
        path = tmp_path / f"{last}.db"
        with pytest.raises(Killed):
            run_until(path, lambda number, last=last: kill() if number >= last else None)  # type: ignore[misc]
        with open_store(path) as store:
            finish(store, REMOTES[path])
            unbroken.check(store, REMOTES[path])


REMOTES: dict[Path, RemoteTarget] = {}
"""The remote targets of these runs: they outlive the processes that write to them."""


def kill() -> None:
    raise Killed


def run_until(path: Path, tell: Callable[[int], object]) -> None:
    """Apply, and tell each statement that the run makes of the store, from its opening on."""
    REMOTES[path] = RemoteTarget()
    with open_store(path) as store:
        prepared(LocalTarget(store.directory, ORG), REMOTES[path])
    with open_store(path, connect=counting_connection(tell)) as store:
        apply_both(PLAN, targets(store, REMOTES[path]), store)


@pytest.mark.parametrize(
    ("last", "when"), [(1, "before"), (3, "after"), (STEPS_THERE, "before"), (STEPS_THERE, "after")]
)
def test_a_process_killed_for_good_in_the_midst_of_a_remote_section(
    tmp_path: Path, unbroken: Ending, last: int, when: str
) -> None:
    remote = SharedRemote(tmp_path / "remote.json")
    with open_store(tmp_path / "idsync.db") as store:
        prepared(LocalTarget(store.directory, ORG), remote)
    log = tmp_path / "log"
    ran = Warm("tests.apply.killed_remotely", [str(tmp_path), str(last), when], os.environ, log)
    assert ran.wait(60) == -signal.SIGKILL, log.read_text()
    with open_store(tmp_path / "idsync.db") as store:
        finish(store, remote)
        unbroken.check(store, remote)


TWO = """
import sys
from pathlib import Path
from idsync.errors import LeaseHeld, PartlyApplied, PlanUsed, PlanStale
from idsync.plan.sections import FIRST
from idsync.stores.sqlite.store import open_store
from idsync.stores.holder import this_process
from idsync.targets.local import LocalTarget
from tests.targets.world import ORG
from tests.targets.shared_remote import SharedRemote
from tests.apply.two_targets import PLAN, apply_both
folder = Path(sys.argv[1])
with open_store(folder / "idsync.db") as store:
    both = {FIRST: LocalTarget(store.directory, ORG), "remote": SharedRemote(folder / "remote.json")}
    print("ready", flush=True)
    sys.stdin.readline()
    try:
        apply_both(PLAN, both, store, holder=this_process("2026-11-22T09:30:00Z"))
        print("applied")
    except (LeaseHeld, PartlyApplied, PlanUsed) as error:
        print(type(error).__name__)
"""


def test_r46_of_two_processes_on_one_store_each_section_is_made_once(tmp_path: Path, unbroken: Ending) -> None:
    remote = SharedRemote(tmp_path / "remote.json")
    with open_store(tmp_path / "idsync.db") as store:
        prepared(LocalTarget(store.directory, ORG), remote)
    rivals_say(TWO, tmp_path)
    with open_store(tmp_path / "idsync.db") as store:
        finish(store, remote)
        unbroken.check(store, remote)
        assert len(Ending.made(store)) == sum(isinstance(e.entry, StepMade) for e in store.journal.entries())


@pytest.mark.parametrize("step", range(1, STEPS_THERE + 1))
def test_r46_a_process_that_was_overtaken_writes_nothing_more(tmp_path: Path, unbroken: Ending, step: int) -> None:
    """It stands still inside a step until its lease has ended, and another process has made the rest."""
    remote = RemoteTarget()
    steps = 0

    with open_store(tmp_path / "idsync.db") as store, open_store(tmp_path / "idsync.db") as other:
        both = prepared(LocalTarget(store.directory, ORG), remote)

        def overtaken(_address: Address, made: bool) -> None:
            nonlocal steps
            steps += not made
            if made or steps != step:
                return
            steps += STEPS_THERE
            other._connection.run("UPDATE leases SET ends = 0")
            rival = replace(this_process("2026-11-22T09:40:00Z"), host="another-machine")
            apply_both(PLAN, targets(other, remote), other, holder=rival)
            unbroken.check(other, remote)

        remote.fails = overtaken
        with pytest.raises((LeaseLost, PartlyApplied)) as caught:
            apply_both(PLAN, both, store, holder=HOLDER)
        causes = caught.value.causes if isinstance(caught.value, PartlyApplied) else (caught.value,)
        assert any(isinstance(cause, LeaseLost) for cause in causes)
        unbroken.check(store, remote)


def test_the_unbroken_run_makes_both_as_they_are_to_be(unbroken: Ending, tmp_path: Path) -> None:
    with open_store(tmp_path / "idsync.db") as store:
        remote = RemoteTarget()
        both = prepared(LocalTarget(store.directory, ORG), remote)
        apply_both(PLAN, both, store)
        assert both[FIRST].state().users.keys() == AFTER.users.keys()
        assert remote.users.keys() == remote.project(AFTER).users.keys()
        unbroken.check(store, remote)
