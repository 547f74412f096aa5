"""Sending that breaks off in the middle: what was answered is agreed on, what was not goes out later, each once."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from idsync.model.journal import StepMade
from idsync.okta.request import Request
from idsync.plan.sections import OKTA
from idsync.stores.sqlite.store import open_store_to_read
from idsync.targets.okta.writer import MembershipWriter
from tests.acceptance.both_ways_world import World, agreed_world, login
from tests.okta_simulator import Fail, Fault

pytestmark = pytest.mark.long


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with agreed_world(tmp_path) as made:
        yield made


@pytest.fixture
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """No reading lags: what one shows counts, however shortly before something was sent."""
    monkeypatch.setattr("idsync.compiler.both_ways.LAG", -5.0)


def edit_all(world: World) -> None:
    for person in ("cat", "dan"):
        world.edit(world.group.id, person, joins=True)
    world.edit(world.group.id, "bob", joins=False)
    world.edit(world.app.id, "ann", joins=False)


def as_edited(world: World) -> None:
    assert world.there(world.group) == world.here(world.group.id) == {"ann", "cat", "dan"}
    assert world.assigned() == world.here(world.app.id) == {"bob"}


def cut_after(monkeypatch: pytest.MonkeyPatch, requests: int, *, answered: bool) -> None:
    """Let the process be killed before its next write, or between the answer of one and what is done about it."""
    sent: list[str] = []
    write = MembershipWriter._write

    def cut(writer: MembershipWriter, request: Request, check: Callable[[], None], body: bytes | None = None) -> None:
        if len(sent) == requests and not answered:
            raise KeyboardInterrupt
        sent.append(request.url)
        write(writer, request, check, body)
        if len(sent) == requests + 1:
            raise KeyboardInterrupt

    monkeypatch.setattr(MembershipWriter, "_write", cut)


@pytest.mark.parametrize("answered", [False, True])
@pytest.mark.parametrize("requests", [0, 1, 2, 3])
def test_r49_killed_at_any_request_the_next_apply_sends_the_rest_and_nothing_twice(
    world: World, monkeypatch: pytest.MonkeyPatch, requests: int, *, answered: bool
) -> None:
    edit_all(world)
    with monkeypatch.context() as patched:
        cut_after(patched, requests, answered=answered)
        assert world.place.run("apply", "--auto-approve").code == 130
    assert len(world.wrote()) == requests + answered
    world.place.apply()
    as_edited(world)
    assert len(world.wrote()) == 4 - requests - answered, "nothing goes out twice"
    world.place.plans_nothing()


@pytest.mark.parametrize("requests", [0, 1, 3])
def test_r49_a_killed_apply_of_a_plan_file_is_taken_up_by_the_same_command(
    world: World, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, requests: int
) -> None:
    edit_all(world)
    kept = tmp_path / "plan.json"
    assert world.place.run("plan", "-o", kept).code == 0
    with monkeypatch.context() as patched:
        cut_after(patched, requests, answered=False)
        assert world.place.run("apply", kept).code == 130
    ended = world.place.run("apply", kept)
    assert ended.code == 0, ended.out + ended.err
    as_edited(world)
    assert len(world.wrote()) == 4
    with open_store_to_read(world.place.folder / "idsync.db") as store:
        assert store.verify().broken_at is None
    world.place.plans_nothing()


@pytest.mark.usefixtures("at_once")
def test_r48_after_a_step_that_failed_an_edit_in_okta_of_what_was_sent_is_taken_for_what_it_is(world: World) -> None:
    """One membership went out, another was refused; then Okta takes the first one back, before the next apply."""
    world.edit(world.group.id, "cat", joins=True)
    world.edit(world.app.id, "dan", joins=True)
    refused = f"/api/v1/apps/{world.app.id}/users"
    world.simulator.faults.add(Fault(refused, Fail(403), times=None, writes=True))
    assert world.place.run("apply", "--auto-approve").code != 0
    assert world.there(world.group) == {"ann", "bob", "cat"}
    world.organization.remove_member(world.group, world.people["cat"])
    world.simulator.faults.clear()
    world.place.apply()
    assert world.there(world.group) == world.here(world.group.id) == {"ann", "bob"}, "the edit in Okta counts"
    assert world.assigned() == world.here(world.app.id) == {"ann", "bob", "dan"}
    world.place.plans_nothing()


@pytest.mark.usefixtures("at_once")
def test_r48_a_removal_that_went_out_and_is_taken_back_in_okta_is_not_sent_again(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    edit_all(world)
    with monkeypatch.context() as patched:
        cut_after(patched, 3, answered=False)
        assert world.place.run("apply", "--auto-approve").code == 130
    gone = {"bob"} - world.there(world.group)
    assert gone == {"bob"} or world.assigned() == {"bob"}
    for person in gone:
        world.organization.add_member(world.group, world.people[person])
    world.place.apply()
    assert world.here(world.group.id) == world.there(world.group) == {"ann", "cat", "dan"} | gone
    world.place.plans_nothing()


def test_r49_the_journal_has_each_membership_with_its_person(world: World) -> None:
    edit_all(world)
    world.place.apply()
    with open_store_to_read(world.place.folder / "idsync.db") as store:
        made = [each.entry for each in store.journal.entries() if isinstance(each.entry, StepMade)]
    steps = [each for each in made if each.target == OKTA]
    told = sorted((len(each.members_added), len(each.members_removed), len(each.causes)) for each in steps)
    assert told == [(0, 1, 2), (0, 1, 2), (1, 0, 2), (1, 0, 2)], "the list and one person each"


def test_a_configuration_that_was_applied_counts_though_okta_refuses_something(world: World) -> None:
    """An unattended pass goes by it, and does not take back what it gave."""
    world.edit(world.group.id, "cat", joins=True)
    rule = "---\napiVersion: idsync/v1\nkind: RoleMapping\nspec: {rules: [{group: eng, roles: [engineer]}]}\n"
    world.switch(both=True, more=rule)
    world.simulator.faults.add(Fault("/api/v1/groups/*/users/*", Fail(403), times=None, writes=True))
    assert world.place.run("apply", "--auto-approve").code != 0
    world.place.run("reconcile")
    got = world.place.run("get", "user", login("ann"), "--format", "json").json
    user = got[0] if isinstance(got, list) else got
    assert "engineer" in user["spec"]["roles"]


def test_r49_one_person_whom_okta_refuses_leaves_the_others_of_the_list_to_go_on(world: World) -> None:
    for person in ("cat", "dan"):
        world.edit(world.group.id, person, joins=True)
    refused = f"/api/v1/groups/{world.group.id}/users/{world.people['cat'].id}"
    world.simulator.faults.add(Fault(refused, Fail(403), times=None, writes=True))
    ended = world.place.run("apply", "--auto-approve")
    assert ended.code == 8
    assert f"access_list_member/{world.group.id}/{login('cat')}" in ended.err, "it says whom"
    assert "1 failed and 0 wait" in ended.err
    assert world.there(world.group) == {"ann", "bob", "dan"}
    told = world.place.run("history", "2").out
    assert "2 members added in Okta" in told
    assert f"+ 1 member: {login('dan')}" in told
    assert f"member {login('cat')} of list eng ({world.group.id}) failed" in told
