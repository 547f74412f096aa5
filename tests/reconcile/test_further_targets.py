"""Plans for two targets: from one reading to both directories, by way of one plan file."""

from collections.abc import Collection, Iterator
from pathlib import Path

import msgspec
import pytest

from idsync import __version__
from idsync.apply.admission import Expected
from idsync.apply.executor import apply_plan
from idsync.apply.request import Applied, Request
from idsync.config.settings import Settings
from idsync.errors import PartlyApplied, TargetError
from idsync.model.extent import EVERYTHING, Extent, Reading
from idsync.model.identity import Snapshot
from idsync.model.measures import Measures
from idsync.model.ownership import ORIGIN_LABEL
from idsync.model.resources import Metadata
from idsync.plan.changes import Plan
from idsync.plan.planfile import decode_plan, encode_plan
from idsync.plan.seal import sealed
from idsync.plan.sections import FIRST, sections
from idsync.plan.split import split
from idsync.reconcile.further_targets import with_further_targets
from idsync.reconcile.plan_options import PlanOptions
from idsync.reconcile.planned import Planned
from idsync.reconcile.single_pass import plan_once, remember_after_apply
from idsync.sources.protocol import NOTHING_MEASURED
from idsync.stores.holder import this_process
from idsync.stores.sqlite.store import SqliteStore, open_store
from idsync.targets.local import LocalTarget
from tests.core.world import NOW, ORG, PLAIN, config, group, okta, person
from tests.targets.memory import MemoryTarget
from tests.targets.remote import OWN_LABEL, RemoteTarget

replace = msgspec.structs.replace


class Source:
    """A source that has been read."""

    def __init__(self, snapshot: Snapshot) -> None:
        self._snapshot = snapshot

    def read(
        self, extent: Extent = EVERYTHING, known: Collection[str] = (), before: Measures = NOTHING_MEASURED
    ) -> Reading:
        return Reading(self._snapshot)


class Company:
    """A store, its directory and a second target."""

    def __init__(self, store: SqliteStore, second: RemoteTarget | MemoryTarget) -> None:
        self.store = store
        self.local = LocalTarget(store.directory, ORG)
        self.second = second
        self.targets: dict[str, LocalTarget | RemoteTarget | MemoryTarget] = {FIRST: self.local, second.name: second}

    def planned(self, snapshot: Snapshot, settings: Settings = PLAIN) -> Planned:
        return plan_once(
            settings, Source(snapshot), self.local, PlanOptions(now=NOW), cache=self.store.cache, further=[self.second]
        )

    def plan(self, snapshot: Snapshot, settings: Settings = PLAIN) -> Plan:
        """A plan as it comes out of its file."""
        return decode_plan(encode_plan(sealed(self.planned(snapshot, settings).plan)))

    def apply(self, plan: Plan, settings: Settings = PLAIN) -> Applied:
        expected = Expected(settings.digest, ORG, __version__)
        request = Request("me", NOW, this_process("2026-11-22T12:00:00Z"), expected)
        return apply_plan(plan, request, targets=self.targets, records=self.store)


@pytest.fixture(params=[RemoteTarget, MemoryTarget])
def company(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Company]:
    with open_store(tmp_path / "idsync.db") as store:
        yield Company(store, request.param())


FIRST_WEEK = okta(person("ann"), person("bob"), group("eng", "ann", "bob"))
SECOND_WEEK = okta(person("ann", title="chef"), person("cat"), group("eng", "ann", "cat"))


def test_both_targets_become_as_the_reading_says(company: Company) -> None:
    for week, people in ((FIRST_WEEK, {"ann", "bob"}), (SECOND_WEEK, {"ann", "cat"})):
        plan = company.plan(week)
        assert plan.requires == ("targets",)
        company.apply(plan)
        for target in company.targets.values():
            state = target.state()
            assert state.users.keys() == people
            assert state.members["00g-eng"].keys() == people
        assert company.plan(week).is_empty


def test_r49_each_target_has_its_section_with_guards_of_its_own_and_what_people_gain_and_lose_there(
    company: Company,
) -> None:
    company.apply(company.plan(FIRST_WEEK))
    first, second = sections(company.plan(SECOND_WEEK))
    assert (first.target, second.target) == (FIRST, company.second.name)
    assert second.serial == company.second.serial()
    for section in (first, second):
        gains = {delta.person: [each.name for each in delta.gains] for delta in section.access_delta}
        loses = {delta.person: [each.name for each in delta.loses] for delta in section.access_delta}
        assert "00g-eng" in gains["cat"]
        assert "00g-eng" in loses["bob"]
        assert len(section.guards) == len(first.guards)


def test_what_people_put_on_an_object_of_the_first_target_stays_there(company: Company) -> None:
    company.apply(company.plan(FIRST_WEEK))
    ann = company.local.state().users["ann"]
    mine = replace(ann, metadata=replace(ann.metadata, labels={**ann.metadata.labels, "team": "x"}))
    company.local.put_user(mine)
    company.apply(company.plan(SECOND_WEEK))
    there = company.second.state().users["ann"].metadata.labels
    assert company.local.state().users["ann"].metadata.labels["team"] == "x"
    assert "team" not in there
    if isinstance(company.second, RemoteTarget):
        assert there[OWN_LABEL] == "true"
        assert ORIGIN_LABEL not in there


def test_a_target_that_was_away_catches_up_with_its_own_plan(company: Company) -> None:
    company.apply(company.plan(FIRST_WEEK))
    here = {FIRST: company.local}
    alone = plan_once(PLAIN, Source(SECOND_WEEK), company.local, PlanOptions(now=NOW))
    request = Request("me", NOW, this_process("2026-11-22T12:00:00Z"), Expected(PLAIN.digest, ORG, __version__))
    apply_plan(sealed(alone.plan), request, targets=here, records=company.store)
    plan = company.plan(SECOND_WEEK)
    assert {change.target for change in plan.changes} == {company.second.name}
    company.apply(plan)
    assert company.second.state().users.keys() == {"ann", "cat"}
    assert company.plan(SECOND_WEEK).is_empty


def test_a_memo_of_the_first_target_spares_no_look_at_the_second(company: Company) -> None:
    alone = plan_once(PLAIN, Source(FIRST_WEEK), company.local, PlanOptions(now=NOW), cache=company.store.cache)
    request = Request("me", NOW, this_process("2026-11-22T12:00:00Z"), Expected(PLAIN.digest, ORG, __version__))
    applied = apply_plan(alone.executable().plan, request, targets={FIRST: company.local}, records=company.store)
    remember_after_apply(alone, company.local, company.store.cache, applied)
    again = plan_once(PLAIN, Source(FIRST_WEEK), company.local, PlanOptions(now=NOW), cache=company.store.cache)
    assert again.within is not None
    with pytest.raises(ValueError, match="everybody"):
        with_further_targets(again, [company.second])
    company.apply(company.plan(FIRST_WEEK))
    assert company.second.state().users.keys() == {"ann", "bob"}


def test_r37_a_guard_holds_the_section_of_its_target_alone(company: Company) -> None:
    """Of three people in the second target two are one too many; in the first one the limit is not reached."""
    strict = config("Guards: {user_deletes: {percent: 0, floor: 1}}")
    company.apply(company.plan(FIRST_WEEK, strict), strict)
    company.second.put_user(replace(company.second.users["bob"], metadata=_named(company.second, "zoe")))
    plan = company.plan(SECOND_WEEK, strict)
    verdicts = {(each.target, each.guard): each.verdict for each in plan.guards}
    assert verdicts[FIRST, "user_deletes"] == "ok"
    assert verdicts[company.second.name, "user_deletes"] == "blocked"
    marked = {(change.target, change.address) for change in plan.changes if change.blocked_by}
    assert marked == {(company.second.name, f"user/{name}") for name in ("bob", "zoe")}
    going, held = split(plan, [])
    assert {change.address for change in held.changes if change.target == FIRST} == set()
    assert ("user/bob", FIRST) in {(change.address, change.target) for change in going.changes}
    company.apply(going, strict)
    assert company.local.state().users.keys() == {"ann", "cat"}
    assert company.second.state().users.keys() == {"ann", "bob", "cat", "zoe"}


def _named(target: RemoteTarget | MemoryTarget, name: str) -> Metadata:
    return replace(target.users["bob"].metadata, name=name)


def test_what_one_target_refuses_is_planned_again_for_it_alone(tmp_path: Path) -> None:
    with open_store(tmp_path / "idsync.db") as store:
        company = Company(store, RemoteTarget())

        def fails(address: str, made: bool) -> None:
            if address == "user/bob":
                raise TargetError("Try later.")

        assert isinstance(company.second, RemoteTarget)
        company.second.fails = fails
        with pytest.raises(PartlyApplied):
            company.apply(company.plan(FIRST_WEEK))
        company.second.fails = lambda address, made: None
        plan = company.plan(FIRST_WEEK)
        assert [(change.target, change.address) for change in plan.changes] == [("remote", "user/bob")]
        company.apply(plan)
        assert company.plan(FIRST_WEEK).is_empty
