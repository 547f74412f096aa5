"""What a tick cannot read is left as it is, as a full pass leaves it."""

import time
from pathlib import Path

import pytest
from msgspec.structs import replace

from idsync.model.extent import Reading
from idsync.model.identity import LeftAsIs
from idsync.reconcile.continuous.loop import TickEnd
from idsync.reconcile.continuous.pass_reports import last_report
from idsync.reconcile.continuous.read_beside import LAST_AGAIN
from tests.okta_simulator import Drop, Effect, Fail, Fault, HtmlPage, Omit
from tests.reconcile.test_passes import organization, running

ODD_PERSON = Fault("/api/v1/apps/*/users/*", Omit(("credentials", "_embedded.user.profile.login")), times=None)
ODD_GROUP = Fault("/api/v1/groups/*", Omit(("profile",)), times=None)
ODD_MEMBERS = Fault("/api/v1/groups/*/users", Omit(("id",)), times=None)


def test_r13_a_person_whom_a_tick_cannot_read_is_left_as_they_are(tmp_path: Path) -> None:
    org = organization()
    with running(tmp_path / "a.db", org) as world:
        world.passes.full()
        before = world.directory().state()
        world.reader.simulator.faults.add(ODD_PERSON)
        org.update_user(org.user("p00@x.com"), title="Boss")
        assert world.passes.tick() is TickEnd.DONE
        after = world.directory().state()
        assert (set(after.users), after.locks) == (set(before.users), {})
        assert after.members == before.members


@pytest.mark.parametrize("fault", [ODD_GROUP, ODD_MEMBERS], ids=["group", "members"])
def test_r13_a_group_that_a_tick_cannot_read_is_left_as_it_is(tmp_path: Path, fault: Fault) -> None:
    org = organization()
    with running(tmp_path / "a.db", org) as world:
        world.passes.full()
        before = world.directory().state()
        world.reader.simulator.faults.add(fault)
        org.remove_member(org.group("eng"), org.user("p00@x.com"))
        assert world.passes.tick() is TickEnd.DONE
        assert world.directory().state().members == before.members
        assert set(world.directory().state().access_lists) == set(before.access_lists)


def test_r13_what_a_full_pass_could_not_read_a_tick_about_its_people_leaves_as_it_is(tmp_path: Path) -> None:
    org = organization()
    with running(tmp_path / "a.db", org) as world:
        world.passes.full()
        before = world.directory().state()
        world.reader.simulator.faults.add(ODD_MEMBERS)
        world.passes.full()
        assert world.directory().state().members == before.members
        world.reader.simulator.faults.clear()
        org.update_user(org.user("p00@x.com"), title="Boss")
        assert world.passes.tick() is TickEnd.DONE
        after = world.directory().state()
        assert after.members == before.members
        assert after.users["p00@x.com"] != before.users["p00@x.com"]


def test_r13_who_was_never_read_is_not_gone_for_a_tick_about_their_group(tmp_path: Path) -> None:
    org = organization()
    with running(tmp_path / "a.db", org) as world:
        world.passes.full()
        before = world.directory().state()
        facts = world.store.upstream.whole()
        assert facts is not None
        first = facts.users[0]
        left = LeftAsIs("user", first.id, "has no name")
        world.store.upstream.take(Reading(replace(facts, users=[])))
        world.store.upstream.take(Reading(replace(facts, users=facts.users[1:], left_as_is=[left])))
        org.remove_member(org.group("eng"), org.user("p01@x.com"))
        assert world.passes.tick() is TickEnd.DONE
        after = world.directory().state()
        assert (set(after.users), after.locks) == (set(before.users), {})


@pytest.mark.parametrize("effect", [Fail(500), Fail(403), Fail(404), Drop(), HtmlPage()], ids=repr)
def test_r45_who_leaves_is_locked_though_okta_fails_when_it_is_asked_about_somebody_else(
    tmp_path: Path, effect: Effect
) -> None:
    org = organization()
    with running(tmp_path / "a.db", org) as world:
        world.passes.full()
        before, faults, left = world.directory().state(), world.reader.simulator.faults, org.user("p01@x.com")
        failing = org.user("p00@x.com")
        faults.add(Fault(f"/api/v1/apps/*/users/{failing.id}", effect, times=None))
        org.update_user(failing, title="Boss")
        org.deactivate(left)
        assert world.passes.tick() is TickEnd.DONE
        after = world.directory().state()
        assert {lock.spec.target.user for lock in after.locks.values()} == {"p01@x.com"}
        assert after.users["p00@x.com"] == before.users["p00@x.com"]
        report = last_report(world.store.facts, "tick")
        assert report is not None
        assert failing.id in (report.error or "")
        world.passes.full()
        assert world.directory().state().users["p00@x.com"] != before.users["p00@x.com"], "a listing still names them"
        org.deactivate(failing)
        world.passes.tick()
        assert "p00@x.com" in world.directory().state().users
        faults.clear()
        world.passes.reconciling.clock = lambda: time.monotonic() + LAST_AGAIN
        world.passes.tick()
        assert "p00@x.com" not in world.directory().state().users, "they are asked about again"
        world.passes.tick()
        report = last_report(world.store.facts, "tick")
        assert report is not None
        assert report.error is None


@pytest.mark.parametrize("path", ["/api/v1/groups/{}", "/api/v1/groups/{}/users"])
def test_r45_who_leaves_is_locked_though_okta_fails_when_it_is_asked_about_a_list(tmp_path: Path, path: str) -> None:
    org = organization()
    with running(tmp_path / "a.db", org) as world:
        world.passes.full()
        before, faults, eng = world.directory().state(), world.reader.simulator.faults, org.group("eng")
        faults.add(Fault(path.format(eng.id), Fail(500), times=None))
        org.remove_member(eng, org.user("p00@x.com"))
        org.deactivate(org.user("p30@x.com"))
        assert world.passes.tick() is TickEnd.DONE
        after = world.directory().state()
        assert {lock.spec.target.user for lock in after.locks.values()} == {"p30@x.com"}
        assert after.members[eng.id] == before.members[eng.id]
        report = last_report(world.store.facts, "tick")
        assert report is not None
        assert f"1 person or list stays as known ({eng.id})" in (report.error or "")
        faults.clear()
        world.passes.reconciling.clock = lambda: time.monotonic() + LAST_AGAIN
        world.passes.tick()
        assert "p00@x.com" not in world.directory().state().members[eng.id]
