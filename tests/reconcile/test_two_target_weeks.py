"""Random weeks over two targets: the second one fails, others edit it, runs are killed; and both get there."""

import random
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec
import pytest

from idsync import __version__
from idsync.apply.admission import Expected
from idsync.apply.executor import apply_plan
from idsync.apply.request import Request
from idsync.errors import IdsyncError, PlanStale, PlanUsed, TargetError
from idsync.model.addresses import Address
from idsync.model.directory import DirectoryState
from idsync.model.identity import Snapshot
from idsync.model.journal import StepMade
from idsync.model.resources import Membership, Owner
from idsync.plan.apply_times import Moment
from idsync.plan.changes import Plan
from idsync.plan.planfile import decode_plan, encode_plan
from idsync.plan.seal import sealed
from idsync.plan.sections import FIRST
from idsync.plan.steps import Step
from idsync.reconcile.further_targets import desired_by
from idsync.reconcile.plan_options import PlanOptions
from idsync.reconcile.planned import Planned
from idsync.reconcile.single_pass import plan_once
from idsync.stores.holder import this_process
from idsync.stores.sqlite.store import SqliteStore, open_store
from idsync.targets.local import LocalTarget
from idsync.targets.protocol import Resource
from tests.core.world import NOW, ORG, config, group, okta, person
from tests.reconcile.test_further_targets import Source
from tests.targets.memory import MemoryTarget
from tests.targets.remote import RemoteTarget
from tests.targets.world import foreign_user

pytestmark = pytest.mark.long


replace = msgspec.structs.replace
PEOPLE = [f"p{number}" for number in range(8)]
GENEROUS = config(
    "Guards: {user_deletes: {percent: 100, floor: 99}, user_locks: {percent: 100, floor: 99}, "
    "member_removals: {percent: 100, floor: 99}, access_list_deletes: {percent: 100, floor: 99}, "
    "access_losses: {percent: 100, floor: 99}, source_shrink: {percent: 100, floor: 99}}"
)


class Killed(BaseException):
    """Stands for the end of the process: nobody catches it."""


class Unsteady:
    """Decides by chance what happens to a step."""

    def __init__(self, chance: random.Random) -> None:
        self._chance = chance
        self.calm = False
        self.blows = 0

    def __call__(self, _address: Address, made: bool) -> None:
        if self.calm:
            return
        fate = self._chance.random()
        self.blows += fate < 0.14
        if fate < 0.1:
            raise TargetError("No answer." if made else "Try later.")
        if fate < 0.14:
            raise Killed


class Shaky(MemoryTarget):
    """A target with locks that is as unsteady as the remote one without."""

    name = "shaky"

    def __init__(self) -> None:
        super().__init__()
        self.fails: Callable[[Address, bool], None] = lambda address, made: None

    def make(self, step: Step, at: Moment, fence: int) -> Resource | None:
        self.fails(step.change.address, False)
        made = super().make(step, at, fence)
        self.fails(step.change.address, True)
        return made


class Life:
    """One company with two targets, week by week."""

    def __init__(self, seed: int, store: SqliteStore, second: RemoteTarget | Shaky) -> None:
        self.chance = random.Random(seed)
        self.store = store
        self.local = LocalTarget(store.directory, ORG)
        self.second = second
        self.unsteady = Unsteady(self.chance)
        second.fails = self.unsteady
        self.unsteady.calm = True

    def week(self) -> Snapshot:
        """Who works here, in which groups, this week."""
        here = self.chance.sample(PEOPLE, self.chance.randint(2, len(PEOPLE)))
        people = [
            person(
                name,
                title=self.chance.choice(["cook", "chef"]),
                status=self.chance.choice(["ACTIVE"] * 4 + ["SUSPENDED"]),
            )
            for name in here
        ]
        groups = [
            group(name, *self.chance.sample(here, self.chance.randint(0, len(here))))
            for name in ("eng", "ops", "sales")
            if self.chance.random() < 0.8
        ]
        return okta(*people, *groups)

    def planned(self, week: Snapshot) -> Planned:
        return plan_once(GENEROUS, Source(week), self.local, PlanOptions(now=NOW), further=[self.second])

    def plan(self, week: Snapshot) -> Plan:
        """A plan as it comes out of its file."""
        return decode_plan(encode_plan(sealed(self.planned(week).plan)))

    def apply(self, plan: Plan) -> None:
        request = Request(
            "me",
            NOW,
            this_process("2026-11-22T12:00:00Z"),
            Expected(GENEROUS.digest, ORG, __version__, guards=GENEROUS.guards),
            {finding.code: "meant" for finding in plan.health.findings},
        )
        targets = {FIRST: self.local, self.second.name: self.second}
        apply_plan(plan, request, targets=targets, records=self.store)

    def meddle(self) -> None:
        """Somebody works in the second target: takes people out of lists, owns lists, makes users of their own."""
        lists = sorted(self.second.lists)
        if lists:
            name = self.chance.choice(lists)
            item = self.second.lists[name]
            self.second.put_access_list(replace(item, spec=replace(item.spec, owners=(Owner("zoe"),))))
            self.second.remove_members(name, self.chance.sample(PEOPLE, 2))
            self.second.add_members(name, {"guest": Membership(reason="by hand")})
        self.second.put_user(foreign_user("admin", self.chance.choice(["a", "b"])))

    def live(self, week: Snapshot) -> None:
        """Apply until all is made: with the same plan, or with a new one, as people do."""
        plan = self.plan(week)
        for attempt in range(80):
            self.unsteady.calm = attempt > 60
            try:
                self.apply(plan)
                return
            except PlanUsed:
                return
            except PlanStale:
                plan = self.plan(week)
            except (IdsyncError, Killed):
                if self.chance.random() < 0.3:
                    self.unsteady.calm = True
                    plan = self.plan(week)
            finally:
                self.unsteady.calm = True
            if self.chance.random() < 0.1:
                self.meddle()
        raise AssertionError("it never got there")


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqliteStore]:
    with open_store(tmp_path / "idsync.db") as opened:
        yield opened


@pytest.mark.parametrize("kind", [RemoteTarget, Shaky])
@pytest.mark.parametrize("seed", range(3))
def test_both_targets_get_there_whatever_happens(
    store: SqliteStore, kind: type[RemoteTarget] | type[Shaky], seed: int
) -> None:
    life = Life(seed, store, kind())
    for _ in range(5):
        week = life.week()
        life.live(week)
        again = life.planned(week)
        left = life.plan(week)
        if not left.is_empty:  # people meddled after the plan was made: the next one puts that back
            life.apply(left)
            again = life.planned(week)
        assert again.plan.is_empty
        wanted = life.second.project(desired_by(again).state)
        check(life.second, wanted)
        if life.chance.random() < 0.5:
            life.meddle()
    assert store.journal.verify().broken_at is None
    made = [each.entry for each in store.journal.entries() if isinstance(each.entry, StepMade)]
    assert {entry.target for entry in made} == {"local", life.second.name}
    assert life.unsteady.blows > 5


def check(target: RemoteTarget | Shaky, wanted: DirectoryState) -> None:
    """What is ours there is as wanted, nobody is there without being wanted, and what is foreign is there."""
    there = target.state()
    assert {name for name, user in there.users.items() if target.ours(user)} == wanted.users.keys()
    for name, item in wanted.access_lists.items():
        assert target.same(item, there.access_lists[name])
        assert there.members[name].keys() == wanted.members[name].keys()
    assert {name for name, item in there.access_lists.items() if target.ours(item)} == wanted.access_lists.keys()
    locked = {lock.spec.target.user for lock in there.locks.values()}
    assert {lock.spec.target.user for lock in wanted.locks.values()} <= locked
    assert locked.isdisjoint(wanted.users.keys() - {lock.spec.target.user for lock in wanted.locks.values()})
