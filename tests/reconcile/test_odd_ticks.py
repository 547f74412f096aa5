"""What a tick cannot read is left as it is, as a full pass leaves it."""

from pathlib import Path

import pytest
from msgspec.structs import replace

from idsync.model.extent import Reading
from idsync.model.identity import LeftAsIs
from idsync.reconcile.continuous.loop import TickEnd
from tests.okta_simulator import Fault, Omit
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
