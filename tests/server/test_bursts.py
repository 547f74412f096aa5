"""A burst of leavers: locked at once, the rest held until a person releases it; Okta hears where a lock is held."""

import datetime as dt
from pathlib import Path

import pytest
from msgspec.structs import replace

from idsync.apply.kept_back import kept_back
from idsync.bootstrap.workspace import Workspace
from idsync.config.settings import Settings
from idsync.errors import BlockedError
from idsync.model.journal import RunStarted
from idsync.plan.same_person import okta_id
from idsync.plan.sections import FIRST
from idsync.reconcile.applying import Applier
from idsync.reconcile.plan_options import PlanOptions
from idsync.reconcile.single_pass import plan_once
from idsync.sources.pushed import PushedSource
from idsync.stores.sqlite.store import open_store
from tests.core.world import ORG, config
from tests.okta_scim_client import Dialect, Engine
from tests.okta_scim_client.client import Refused
from tests.okta_scim_client.people import Assigned
from tests.server.conftest import Served, served

DIALECTS = pytest.mark.parametrize("dialect", Dialect)
INTEGRATION = f"""
apiVersion: idsync/v1
kind: Integration
metadata: {{name: okta}}
spec: {{org_url: {ORG}, source: {{scim: {{}}}}}}
"""
FREE = "{percent: 100, floor: 0}"
HOUR = dt.timedelta(hours=1, seconds=1)


def guarded(**guards: str) -> Settings:
    """A configuration with these guards."""
    return config(
        "Guards: {" + ", ".join(f"{name}: {limit}" for name, limit in guards.items()) + "}", integration=INTEGRATION
    )


def people(okta: Engine, count: int) -> list[Assigned]:
    """So many people, pushed."""
    made = [okta.person(f"00u{number:02}", f"p{number:02}@x.com") for number in range(count)]
    for person in made:
        okta.assign(person)
    return made


def locked(service: Served) -> list[str]:
    """Who is locked."""
    return sorted(lock.spec.target.user or "" for lock in service.directory().locks.values())


def whole_pass(service: Served, settings: Settings, **released: str) -> None:
    """A pass over everything that was pushed, attended where something is released."""
    place = Workspace(settings, service.path.parent)
    now = service.clock[0]
    with open_store(service.path) as store:
        target = place.target(store)
        planned = plan_once(
            settings,
            PushedSource(store.upstream.whole),
            target,
            PlanOptions(now=now, past=store.agreed("local").past()),
        )
        request = place.request("somebody", now)
        request = type(request)(
            request.actor,
            now,
            request.holder,
            request.expected,
            releases=released,
            split=True,
            unattended=not released,
        )
        applier = Applier(settings, store, {FIRST: target}, request, lambda: now, until_released=not released)
        applier.make(applier.parts(planned.executable().plan))


@DIALECTS
def test_r43_a_burst_is_locked_at_once_and_its_deletions_wait(tmp_path: Path, dialect: Dialect) -> None:
    settings = guarded(user_deletes="{percent: 0, floor: 2}", user_locks="{percent: 0, floor: 1}")
    with served(tmp_path / "a.db", settings) as service:
        okta = service.engine(dialect)
        for person in people(okta, 10)[:5]:
            okta.deactivate(person)
        assert okta.tasks == []
        assert locked(service) == [f"p{number:02}@x.com" for number in range(5)]
        assert sorted(service.directory().users) == [f"p{number:02}@x.com" for number in range(2, 10)]


def test_r43_time_releases_nothing_and_a_person_does(tmp_path: Path) -> None:
    settings = guarded(user_deletes="{percent: 0, floor: 2}")
    with served(tmp_path / "a.db", settings) as service:
        okta = service.engine()
        leavers = people(okta, 10)[:4]
        for person in leavers:
            okta.deactivate(person)
        assert len(service.directory().users) == 8
        service.clock[0] += HOUR
        whole_pass(service, settings)
        assert len(service.directory().users) == 8
        service.clock[0] += HOUR
        whole_pass(service, settings, user_deletes="they left")
        assert len(service.directory().users) == 6
        whole_pass(service, settings)
        with open_store(service.path) as store:
            assert kept_back(store.facts, "local") == {}


def test_r43_who_returns_is_held_no_more(tmp_path: Path) -> None:
    settings = guarded(user_deletes="{percent: 0, floor: 0}")
    with served(tmp_path / "a.db", settings) as service:
        okta = service.engine()
        ann, bob = people(okta, 2)
        okta.deactivate(ann)
        okta.deactivate(bob)
        assert locked(service) == ["p00@x.com", "p01@x.com"]
        okta.assign(ann)
        assert locked(service) == ["p01@x.com"]
        with open_store(service.path) as store:
            assert list(kept_back(store.facts, "local")) == ["user/p01@x.com"]


@DIALECTS
def test_r39_a_lock_that_is_held_is_503_and_the_fact_is_taken(tmp_path: Path, dialect: Dialect) -> None:
    settings = guarded(lock_burst="{percent: 0, floor: 1}", user_deletes=FREE, user_locks=FREE)
    with served(tmp_path / "a.db", settings) as service:
        okta = service.engine(dialect)
        ann, bob, _ = people(okta, 3)
        okta.deactivate(ann)
        okta.deactivate(bob)
        assert [task.partition(": ")[2][:3] for task in okta.tasks] == ["503"]
        assert "lock_burst holds the lock" in okta.tasks[0]
        assert locked(service) == ["p00@x.com"]
        told = okta.client.get("Users", str(bob.scim_id))
        assert told["active"] is False
        with pytest.raises(Refused, match="503"):
            okta.client.replace("Users", str(bob.scim_id), {"active": False})
        whole_pass(service, settings, lock_burst="they did leave")
        assert locked(service) == ["p00@x.com", "p01@x.com"]
        okta.client.replace("Users", str(bob.scim_id), {"active": False})


def test_r39_a_protected_person_is_not_locked_by_a_push(tmp_path: Path) -> None:
    with served(tmp_path / "a.db", guarded(protected_users='["P00@x.com"]')) as service:
        okta = service.engine()
        ann, bob = people(okta, 2)
        okta.deactivate(ann)
        okta.deactivate(bob)
        assert locked(service) == ["p01@x.com"]
        assert "protected_users holds the lock" in okta.tasks[0]


def test_r35_a_group_that_loses_many_keeps_them_until_they_are_released(tmp_path: Path) -> None:
    settings = guarded(member_removals="{percent: 0, floor: 2}")
    with served(tmp_path / "a.db", settings) as service:
        okta = service.engine(Dialect.PATCH)
        everybody = people(okta, 6)
        group = okta.push_group("eng", everybody)
        okta.change_members(group, left=tuple(everybody[:3]))
        ((_, members),) = service.directory().members.items()
        assert len(members) == 6
        assert okta.tasks == []
        okta.change_members(group, joined=tuple(everybody[:1]))
        service.clock[0] += HOUR
        whole_pass(service, settings)
        ((_, members),) = service.directory().members.items()
        assert len(members) == 6


@pytest.mark.parametrize("at_once", [True, False])
def test_r43_what_a_person_applied_is_held_no_more(tmp_path: Path, at_once: bool) -> None:
    settings = guarded(user_deletes="{percent: 0, floor: 0}", member_removals="{percent: 0, floor: 0}")
    with served(tmp_path / "a.db", settings) as service:
        okta = service.engine()
        ann, bob, eve = people(okta, 3)
        group = okta.push_group("eng", [ann, bob, eve])
        okta.deactivate(ann)
        okta.change_members(group, left=(bob,))
        with open_store(service.path) as store:
            there = set(kept_back(store.facts, "local"))
        assert there == {"user/p00@x.com", f"access_list/{group.scim_id}"}
        released = {"user_deletes": "they left"} | ({"member_removals": "they left"} if at_once else {})
        whole_pass(service, settings, **released)
        with open_store(service.path) as store:
            kept = kept_back(store.facts, "local")
        assert {entry.member for each in kept.values() for entry in each} == (set() if at_once else {"p01@x.com"})


def test_r43_an_apply_releases_by_name_alone_also_what_is_under_its_limit_by_now(tmp_path: Path) -> None:
    settings = guarded(user_deletes="{percent: 0, floor: 1}")
    with served(tmp_path / "a.db", settings) as service:
        okta = service.engine()
        for person in people(okta, 4)[:2]:
            okta.deactivate(person)
        assert len(service.directory().users) == 3
        service.clock[0] += HOUR
        now, place = service.clock[0], Workspace(settings, service.path.parent)
        with open_store(service.path) as store:
            target = place.target(store)
            source = PushedSource(store.upstream.whole)
            planned = plan_once(settings, source, target, PlanOptions(now=now, past=store.agreed("local").past()))
            plan = planned.executable().plan
            for split in (False, True):
                request = replace(place.request("somebody", now), split=split)
                applier = Applier(settings, store, {FIRST: target}, request, lambda: now)
                if split:
                    assert "user/p01@x.com" in {change.address for change in applier.parts(plan).held.changes}
                else:
                    with pytest.raises(BlockedError, match="user_deletes"):
                        applier.check_whole(plan)
            released = replace(place.request("somebody", now), releases={"user_deletes": "they left"})
            applier = Applier(settings, store, {FIRST: target}, released, lambda: now)
            applier.check_whole(plan)
            _, applied = applier.make(applier.parts(plan))
            assert applied.releases == {"user_deletes": "they left"}
            assert kept_back(store.facts, "local") == {}
            run = next(each.entry for each in store.journal.latest() if isinstance(each.entry, RunStarted))
            assert run.releases == {"user_deletes": "they left"}, "the history says who let it go, and why"
        assert len(service.directory().users) == 2


def test_r33_what_came_to_be_held_since_a_plan_was_looked_at_is_refused_all_the_same(tmp_path: Path) -> None:
    settings = guarded(user_deletes="{percent: 0, floor: 1}")
    with served(tmp_path / "a.db", settings) as service:
        okta = service.engine()
        for person in people(okta, 4)[:2]:
            okta.deactivate(person)
        service.clock[0] += HOUR
        now, place = service.clock[0], Workspace(settings, service.path.parent)
        with open_store(service.path) as store:
            target = place.target(store)
            source = PushedSource(store.upstream.whole)
            planned = plan_once(settings, source, target, PlanOptions(now=now, past=store.agreed("local").past()))
            applier = Applier(settings, store, {FIRST: target}, place.request("somebody", now), lambda: now)
            with pytest.raises(BlockedError, match="user_deletes"):
                applier.make(applier.parts(planned.executable().plan))
        assert len(service.directory().users) == 3


def test_r34_a_release_for_a_split_apply_is_written_down(tmp_path: Path) -> None:
    settings = guarded(user_deletes="{percent: 0, floor: 1}")
    with served(tmp_path / "a.db", settings) as service:
        okta = service.engine()
        for person in people(okta, 4)[:2]:
            okta.deactivate(person)
        service.clock[0] += HOUR
        whole_pass(service, settings, user_deletes="they left")
        assert len(service.directory().users) == 2
        with open_store(service.path) as store:
            run = next(each.entry for each in store.journal.latest() if isinstance(each.entry, RunStarted))
        assert run.releases == {"user_deletes": "they left"}


@pytest.mark.parametrize(("guard", "leavers"), [("user_deletes", 2), ("lock_burst", 1)])
def test_r39_who_leaves_while_their_renaming_is_held_is_locked_at_once(
    tmp_path: Path, guard: str, leavers: int
) -> None:
    limits = dict.fromkeys(("user_deletes", "user_locks", "lock_burst"), FREE) | {guard: "{percent: 0, floor: 1}"}
    settings = guarded(**limits)
    with served(tmp_path / "a.db", settings) as service:
        okta = service.engine()
        *before, ann = people(okta, 10)[: leavers + 1]
        for person in before:
            okta.deactivate(person)
        old = ann.username
        okta.change_profile(ann, username="ann@x.com")
        assert "ann@x.com" not in service.directory().users, "the renaming is held"
        service.clock[0] += HOUR
        okta.deactivate(ann)
        assert okta.tasks == []
        assert old in locked(service)
        assert old in service.directory().users, "the deletion still waits for a person"
        whole_pass(service, settings, **{guard: "they left"})
        whole_pass(service, settings)
        assert {old, "ann@x.com"}.isdisjoint(service.directory().users)
        assert old in locked(service)
        with open_store(service.path) as store:
            assert kept_back(store.facts, "local") == {}


@DIALECTS
def test_r11_an_account_whose_name_somebody_else_gets_while_its_renaming_is_held_is_locked(
    tmp_path: Path, dialect: Dialect
) -> None:
    settings = guarded(user_deletes="{percent: 0, floor: 0}", user_locks=FREE, lock_burst=FREE)
    with served(tmp_path / "a.db", settings) as service:
        okta = service.engine(dialect)
        ann = people(okta, 4)[0]
        old = ann.username
        okta.change_profile(ann, username="ann@x.com")
        assert "ann@x.com" not in service.directory().users, "the renaming is held"
        assert locked(service) == []
        newcomer = okta.person("00unew", old)
        okta.assign(newcomer)
        assert locked(service) == [old]
        assert okta_id(service.directory().users[old]) == "00u00", "it is still the account of the person renamed"
        service.clock[0] += HOUR
        okta.deactivate(newcomer)
        assert (okta.tasks, locked(service)) == ([], [old])
        whole_pass(service, settings, user_deletes="they were renamed")
        assert okta_id(service.directory().users["ann@x.com"]) == "00u00"
        assert locked(service) == [old]


@pytest.mark.parametrize("moves_on", [False, True])
def test_r39_who_leaves_with_the_name_of_a_held_renaming_is_not_said_to_be_locked(
    tmp_path: Path, moves_on: bool
) -> None:
    settings = guarded(user_deletes=FREE, user_locks=FREE, lock_burst="{percent: 0, floor: 0}")
    with served(tmp_path / "a.db", settings) as service:
        okta = service.engine(Dialect.PUT)
        ann = people(okta, 4)[0]
        old = ann.username
        okta.change_profile(ann, username="ann@x.com")
        assert "ann@x.com" not in service.directory().users, "the renaming is held"
        newcomer = okta.person("00unew", old)
        okta.assign(newcomer)
        service.clock[0] += HOUR
        if moves_on:
            left = {"userName": "new@x.com", "externalId": newcomer.okta_id, "active": False}
            with pytest.raises(Refused) as caught:
                okta.client.replace("Users", str(newcomer.scim_id), left)
            refused: object = caught.value
        else:
            okta.deactivate(newcomer)
            (refused,) = okta.tasks
        assert locked(service) == []
        assert "is noted as having left, but is not locked yet" in str(refused)
        assert "lock_burst" in str(refused)
        whole_pass(service, settings, lock_burst="they were renamed")
        assert locked(service) == [old]
        okta.tasks.clear()
        okta.deactivate(newcomer)
        assert okta.tasks == []
