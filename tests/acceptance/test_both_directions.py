"""Memberships that go both ways, between a directory and an organization on a socket."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from idsync.compiler import both_ways
from idsync.model.ownership import lock_name
from idsync.okta.request import Request
from idsync.plan.changes import MemberCounts
from idsync.plan.planfile import decode_plan
from idsync.plan.sections import OKTA
from idsync.reconcile.both_ways import merged_lists
from idsync.reconcile.merged_lists import Lists
from idsync.targets.okta.writer import MembershipWriter
from tests.acceptance.both_ways_world import World, agreed_world, login
from tests.okta_simulator import Change, Fault, LoseAnswer, LoseLinks, Organization, Role
from tests.postgres.server import server
from tests.postgres.stores import database_at, free_databases

NAMED = """---
apiVersion: idsync/v1
kind: AccessListRules
spec: {rules: [{group: "*", bidirectional: true}]}
"""


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with agreed_world(tmp_path) as made:
        yield made


def test_r48_what_people_edit_here_goes_to_okta_and_what_is_edited_there_comes_in(world: World) -> None:
    world.edit(world.group.id, "cat", joins=True)
    world.edit(world.group.id, "bob", joins=False)
    world.edit(world.app.id, "dan", joins=True)
    world.edit(world.app.id, "ann", joins=False)
    world.organization.add_member(world.group, world.people["dan"])
    world.place.apply()
    assert world.there(world.group) == world.here(world.group.id) == {"ann", "cat", "dan"}
    assert world.assigned() == world.here(world.app.id) == {"bob", "dan"}
    assert sorted(world.wrote()) == [
        ("DELETE", "/api/v1/apps/{app}/users/{user}"),
        ("DELETE", "/api/v1/groups/{group}/users/{user}"),
        ("POST", "/api/v1/apps/{app}/users"),
        ("PUT", "/api/v1/groups/{group}/users/{user}"),
    ]
    world.place.plans_nothing()
    world.place.apply()
    world.organization.remove_member(world.group, world.people["ann"])
    world.place.apply()
    assert world.there(world.group) == world.here(world.group.id) == {"cat", "dan"}
    assert world.wrote() == []


def test_r53_without_both_directions_nothing_is_written_by_any_command(world: World) -> None:
    world.switch(both=False)
    world.edit(world.group.id, "cat", joins=True)
    world.edit(world.group.id, "bob", joins=False)
    for command in (
        ["plan"],
        ["drift"],
        ["apply", "--auto-approve"],
        ["reconcile"],
        ["snapshot"],
        ["doctor"],
    ):
        world.place.run(*command)
    assert world.here(world.group.id) == world.there(world.group) == {"ann", "bob"}
    world.switch(both=True)  # what was agreed on before is not agreed on any more
    world.edit(world.group.id, "bob", joins=False)
    world.place.apply()
    assert world.here(world.group.id) == world.there(world.group) == {"ann", "bob"}
    assert world.wrote() == []


def test_r49_the_section_is_in_the_plan_file_and_is_applied_from_it(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.edit(world.group.id, "cat", joins=True)
    kept = tmp_path / "plan.json"
    assert world.place.run("plan", "-o", kept).code == 0
    assert world.wrote() == []
    plan = decode_plan(kept.read_bytes())
    assert plan.summary.upstream == MemberCounts(add=1)
    assert [change.address for change in plan.changes if change.target == OKTA] == [f"access_list/{world.group.id}"]
    for form in ("text", "markdown", "html", "sarif", "junit", "json"):
        assert world.place.run("show", kept, "--format", form).code == 0
    ended = world.place.run("apply", kept)
    assert ended.code == 0, ended.out + ended.err
    assert world.there(world.group) == {"ann", "bob", "cat"}
    world.place.plans_nothing()
    world.organization.remove_member(world.group, world.people["cat"])
    world.place.plans_nothing()  # Okta's copies may lag for so long after a request
    monkeypatch.setattr(both_ways, "LAG", -5.0)
    world.place.apply()
    assert world.here(world.group.id) == {"ann", "bob"}


@pytest.mark.parametrize(("guard", "joins"), [("upstream_additions", True), ("upstream_removals", False)])
def test_r49_a_guard_holds_what_is_sent_until_it_is_released(world: World, guard: str, *, joins: bool) -> None:
    more = f"---\napiVersion: idsync/v1\nkind: Guards\nspec: {{{guard}: {{percent: 0, floor: 0}}}}\n"
    world.switch(both=True, more=more)
    world.place.apply()
    person, wanted = ("cat", {"ann", "bob", "cat"}) if joins else ("bob", {"ann"})
    world.edit(world.group.id, person, joins=joins)
    assert world.place.run("apply", "--auto-approve").code == 5
    for _ in range(2):
        assert world.place.run("reconcile").code == 5
        assert world.here(world.group.id) == wanted
        assert world.there(world.group) == {"ann", "bob"}
    assert world.wrote() == []
    world.place.apply("--allow", f"{guard}=it is meant")
    assert world.there(world.group) == world.here(world.group.id) == wanted


def test_r50_groups_that_a_rule_fills_or_that_convey_a_role_are_put_back(world: World) -> None:
    organization = world.organization
    organization.grant_role(world.group, Role.GROUP_ADMIN)
    world.edit(world.group.id, "cat", joins=True)
    planned = world.place.run("plan", "--format", "json")
    codes = {each["code"] for each in planned.json["findings"]}
    assert "upstream_privileged" in codes
    world.place.apply()
    assert world.here(world.group.id) == world.there(world.group) == {"ann", "bob"}
    assert world.wrote() == []


@pytest.mark.parametrize("joins", [True, False])
@pytest.mark.parametrize("how", ["role", "rule"])
@pytest.mark.parametrize("more", [(), ("--split",)])
def test_r50_a_plan_that_waited_does_not_write_a_group_that_was_closed_since(
    world: World, tmp_path: Path, how: str, more: tuple[str, ...], *, joins: bool
) -> None:
    world.edit(world.group.id, "dan" if joins else "ann", joins=joins)
    kept = tmp_path / "plan.json"
    assert world.place.run("plan", "-o", kept).code == 0
    if how == "role":
        world.organization.grant_role(world.group, Role.APP_ADMIN)
    else:
        rule = world.organization.add_rule("later", 'user.department=="Nobody"', [world.group])
        world.organization.activate_rule(rule)
    ended = world.place.run("apply", kept, *more)
    assert ended.code == (8 if more else 6), ended.out + ended.err
    assert world.group.id in ended.out + ended.err
    assert world.wrote() == []
    assert world.there(world.group) == {"ann", "bob"}
    world.place.apply()
    assert world.here(world.group.id) == {"ann", "bob"}
    assert world.wrote() == []


def test_r50_who_has_an_app_by_a_group_as_well_stays_on_both_sides(world: World) -> None:
    world.organization.assign_group(world.app, world.group)
    world.place.apply()
    world.edit(world.app.id, "bob", joins=False)
    planned = world.place.run("plan", "--format", "json")
    assert "upstream_conveyed" in {each["code"] for each in planned.json["findings"]}
    world.place.apply()
    assert "bob" in world.here(world.app.id)
    assert world.wrote() == []


def test_r50_leavers_cause_no_request_and_lose_nothing_when_they_are_back(world: World) -> None:
    world.organization.suspend(world.people["ann"])
    world.place.apply()
    world.organization.unsuspend(world.people["ann"])
    world.organization.deactivate(world.people["bob"])
    world.place.apply()
    assert world.here(world.group.id) == {"ann"}
    world.place.apply()
    assert world.wrote() == []


def test_r51_a_lost_store_and_a_list_that_is_new_send_nothing(world: World) -> None:
    new = world.organization.add_group("new", members=[world.people["cat"]])
    world.place.apply()
    assert world.here(new.id) == {"cat"}
    (world.place.folder / "idsync.db").unlink()
    world.place.apply()
    assert world.wrote() == []
    assert world.here(world.group.id) == {"ann", "bob"}


def test_r51_a_restored_store_takes_okta_s_side_once_both_directions_were_off(world: World) -> None:
    database = world.place.folder / "idsync.db"
    world.edit(world.group.id, "cat", joins=True)
    backup = database.read_bytes()
    world.place.apply()
    world.organization.remove_member(world.group, world.people["cat"])
    assert len(world.wrote()) == 1
    for each in database.parent.glob("idsync.db*"):
        each.unlink()
    database.write_bytes(backup)
    for both in (False, True):
        world.switch(both=both)
        world.place.apply()
        assert world.here(world.group.id) == world.there(world.group) == {"ann", "bob"}
    assert world.wrote() == []
    world.place.plans_nothing()


def test_r51_who_was_filtered_out_for_a_while_is_not_removed_in_okta(world: World) -> None:
    nothing = "---\napiVersion: idsync/v1\nkind: ImportFilters\nspec: {groups: {include: [none]}}\n"
    world.switch(both=True, more=nothing)
    world.place.apply()
    world.switch(both=True)
    world.place.apply()
    assert world.here(world.group.id) == world.there(world.group) == {"ann", "bob"}
    assert world.wrote() == []


def test_r53_a_role_that_only_reads_ends_with_4_before_anything_is_written(world: World) -> None:
    world.simulator.authority.add_token(world.simulator.token, role=Role.READ_ONLY)
    world.switch(both=True, more=NAMED)
    world.place.apply()
    world.edit(world.group.id, "cat", joins=True)
    ended = world.place.run("apply", "--auto-approve")
    assert ended.code == 4
    assert "Manage group membership" in ended.err
    assert world.wrote() == []


def _expire(world: World, person: str) -> None:
    """A hand lets a membership of the group end."""
    name = login(person)
    body = {
        "kind": "access_list_member",
        "version": "v1",
        "metadata": {"name": name},
        "spec": {"access_list": world.group.id, "name": name, "expires": "2020-01-01T00:00:00Z"},
    }
    file = world.place.folder.parent / f"{world.place.folder.name}-member.yaml"
    file.write_text(yaml.safe_dump(body))
    ended = world.place.run("create", "-f", file)
    assert ended.code == 0, ended.out + ended.err


def test_r51_a_membership_that_expired_is_removed_in_okta_once(world: World) -> None:
    _expire(world, "bob")
    world.place.apply()
    assert world.there(world.group) == {"ann"}
    assert world.wrote() == [("DELETE", "/api/v1/groups/{group}/users/{user}")]
    world.place.apply()
    world.organization.add_member(world.group, world.people["bob"])
    for _ in range(2):
        world.place.apply()
    assert world.there(world.group) == {"ann", "bob"}
    assert world.wrote() == []


def test_r51_who_is_added_in_okta_while_they_are_ended_here_stays_in_okta(world: World) -> None:
    """A hand adds somebody and lets it end, and somebody adds them in Okta: nobody took that back."""
    _expire(world, "cat")
    world.organization.add_member(world.group, world.people["cat"])
    for _ in range(3):
        world.place.apply()
        assert world.there(world.group) == {"ann", "bob", "cat"}
    assert world.wrote() == []


def test_r50_an_imported_group_and_one_that_a_rule_fills_are_put_back(world: World) -> None:
    imported = world.organization.add_group("from-hr", type="APP_GROUP", members=[world.people["ann"]])
    world.organization.add_rule("fills", 'user.department == "x"', [world.group])
    world.place.apply()
    world.edit(imported.id, "cat", joins=True)
    world.edit(world.group.id, "bob", joins=False)
    world.simulator.requests.clear()
    planned = world.place.run("plan", "--format", "json")
    assert [each["code"] for each in planned.json["findings"]].count("upstream_read_only") == 2
    world.place.apply()
    assert world.here(imported.id) == {"ann"}
    assert world.here(world.group.id) == {"ann", "bob"}
    assert world.wrote() == []


def test_r51_what_is_agreed_outlives_a_change_of_one_person(world: World) -> None:
    """A person who leaves, and a pass without anything to send, leave the other memberships agreed on."""
    world.organization.deactivate(world.people["dan"])
    world.place.apply()
    world.edit(world.group.id, "cat", joins=True)
    world.place.apply()
    assert world.there(world.group) == {"ann", "bob", "cat"}
    assert len(world.wrote()) == 1


@pytest.mark.parametrize("lost", [1, 2, 3])
def test_r49_a_push_whose_answers_are_lost_takes_effect_once(world: World, lost: int) -> None:
    for person in ("cat", "dan"):
        world.edit(world.group.id, person, joins=True)
    world.edit(world.group.id, "bob", joins=False)
    world.simulator.faults.add(Fault("/api/v1/**", LoseAnswer(), first=lost, times=1, writes=True))
    world.place.apply()
    assert world.there(world.group) == world.here(world.group.id) == {"ann", "cat", "dan"}
    world.place.plans_nothing()


def test_r49_as_many_requests_as_memberships_and_a_few_more(world: World) -> None:
    more = "---\napiVersion: idsync/v1\nkind: Guards\nspec: {upstream_additions: {percent: 100, floor: 1000}}\n"
    many = {f"p{number}": world.organization.add_user(login(f"p{number}")) for number in range(40)}
    for user in many.values():
        world.organization.assign_user(world.organization.apps[world.place.app], user)
    world.people.update(many)
    world.switch(both=True, more=more)
    world.place.apply()
    world.place.apply()
    world.simulator.requests.clear()
    world.place.apply()
    idle = world.simulator.requests.total
    for name in many:
        world.edit(world.group.id, name, joins=True)
    world.simulator.requests.clear()
    world.place.apply()
    assert world.there(world.group) == {"ann", "bob", *many}
    assert len(world.simulator.requests.writes) == len(many)
    assert world.simulator.requests.total <= idle + len(many) + 6


@pytest.mark.parametrize("after", [0, 1, 2])
def test_r49_killed_in_the_middle_of_a_push_the_next_apply_takes_up_the_rest(
    world: World, monkeypatch: pytest.MonkeyPatch, after: int
) -> None:
    for person in ("cat", "dan"):
        world.edit(world.group.id, person, joins=True)
    world.edit(world.group.id, "bob", joins=False)
    sent: list[str] = []

    def cut(writer: MembershipWriter, request: Request, check: Callable[[], None], body: bytes | None = None) -> None:
        if len(sent) == after:
            raise KeyboardInterrupt
        sent.append(request.url)
        write(writer, request, check, body)

    with monkeypatch.context() as patched:
        write = MembershipWriter._write
        patched.setattr(MembershipWriter, "_write", cut)
        assert world.place.run("apply", "--auto-approve").code == 130
    world.place.apply()
    assert world.there(world.group) == world.here(world.group.id) == {"ann", "cat", "dan"}
    world.place.plans_nothing()


def test_r48_two_people_edit_one_membership_at_the_same_time(world: World) -> None:
    world.edit(world.group.id, "cat", joins=True)
    world.edit(world.group.id, "bob", joins=False)
    world.edit(world.app.id, "ann", joins=False)

    def elsewhere(organization: Organization) -> None:
        organization.add_member(world.group, world.people["cat"])
        organization.remove_member(world.group, world.people["bob"])
        organization.unassign_user(world.app, world.people["ann"])

    world.simulator.faults.add(Fault("/api/v1/**", Change(elsewhere), first=1, times=1, writes=True))
    world.place.apply()
    assert world.there(world.group) == world.here(world.group.id) == {"ann", "cat"}
    assert world.assigned() == world.here(world.app.id) == {"bob"}
    world.place.plans_nothing()


def test_what_a_snapshot_says_is_not_applied_over_edits(world: World) -> None:
    taken = world.place.folder / "taken.json"
    assert world.place.run("snapshot", "-o", taken).code == 0
    world.edit(world.group.id, "cat", joins=True)
    ended = world.place.run("apply", "--auto-approve", "--snapshot", taken)
    assert (ended.code, "both ways" in ended.err) == (64, True)
    assert "cat" in world.here(world.group.id)


def test_r48_an_account_that_a_hand_deletes_is_made_again_and_no_edit_of_its_memberships(world: World) -> None:
    ended = world.place.run("rm", f"user/{login('ann')}", "--auto-approve")
    assert ended.code == 0, ended.err
    world.place.apply()
    assert world.wrote() == []
    assert "ann" in world.there(world.group)
    assert "ann" in world.assigned()
    assert "ann" in world.here(world.group.id)
    assert "ann" in world.here(world.app.id)
    world.place.plans_nothing()


def test_r50_where_the_listing_of_rules_is_not_whole_nothing_is_written(world: World) -> None:
    world.edit(world.group.id, "cat", joins=True)
    others = world.organization.add_group("others")
    for number in range(200):
        world.organization.add_rule(f"fills {number}", 'user.department == "x"', [others])
    world.simulator.faults.add(Fault("/api/v1/groups/rules", LoseLinks(), times=None))
    ended = world.place.run("apply", "--auto-approve")
    assert (ended.code, "group rules" in ended.err) == (7, True), ended.err
    assert world.wrote() == []
    assert "cat" in world.here(world.group.id), "the edit waits"


ENGINEERS = "---\napiVersion: idsync/v1\nkind: RoleMapping\nspec: {rules: [{group: eng, roles: [engineer]}]}\n"


def engineers(world: World) -> set[str]:
    users = world.place.run("get", "users", "--format", "json").json
    return {each["metadata"]["name"].partition("@")[0] for each in users if "engineer" in each["spec"]["roles"]}


def test_r49_roles_by_group_follow_what_goes_to_okta_in_the_same_apply(world: World) -> None:
    world.switch(both=True, more=ENGINEERS)
    world.place.apply()
    assert engineers(world) == {"ann", "bob"}
    world.edit(world.group.id, "cat", joins=True)
    world.edit(world.group.id, "bob", joins=False)
    world.place.apply()
    assert engineers(world) == {"ann", "cat"}
    world.place.plans_nothing()
    world.place.apply()
    assert engineers(world) == {"ann", "cat"}


def test_r49_the_plan_says_who_gains_and_loses_what_in_okta(world: World) -> None:
    world.edit(world.group.id, "cat", joins=True)
    world.edit(world.group.id, "bob", joins=False)
    world.edit(world.app.id, "dan", joins=True)
    world.organization.remove_member(world.group, world.people["ann"])
    planned = world.place.run("plan", "--format", "json").json
    delta = {
        each["person"].partition("@")[0]: [
            (sign, access["kind"], access["title"])
            for sign, side in (("+", "gains"), ("-", "loses"))
            for access in each[side]
        ]
        for each in planned["access_delta"]
        if each.get("target") == OKTA
    }
    assert delta == {
        "bob": [("-", "access_list", "eng")],
        "cat": [("+", "access_list", "eng")],
        "dan": [("+", "app", "Salesforce")],
    }
    reasons = {(each.get("target", ""), each["reason"]) for each in planned["changes"]}
    assert reasons == {(OKTA, "members_edited"), ("", "membership_changed")}, "ann's removal is Okta's, and no hand's"
    text = world.place.run("plan", "--detail").out
    assert "3 edited memberships go to Okta" in text
    for said in ("bob@enzos-pizza.com leaves", "cat@enzos-pizza.com joins", "dan@enzos-pizza.com is assigned"):
        assert said in text


def test_drift_counts_what_is_put_back_and_not_what_goes_to_okta(world: World) -> None:
    world.edit(world.app.id, "dan", joins=True)
    ended = world.place.run("drift")
    assert (ended.code, "1 edited membership goes to Okta" in ended.out) == (0, True), ended.out
    world.organization.grant_role(world.group, Role.GROUP_ADMIN)
    world.edit(world.group.id, "cat", joins=True)
    ended = world.place.run("drift", "--format", "json")
    assert ended.code == 10
    codes = {each["code"] for each in ended.json["findings"]}
    assert codes >= {"goes_to_okta", "upstream_privileged", "changed_by_hand"}
    assert world.wrote() == []


@pytest.mark.parametrize("command", ["plan", "drift"])
def test_a_plan_from_a_file_says_that_it_leaves_both_directions_out(world: World, command: str) -> None:
    taken = world.place.folder / "taken.json"
    world.place.run("snapshot", "-o", taken)
    world.edit(world.app.id, "dan", joins=True)
    told = world.place.run(command, "--snapshot", taken, "--format", "json")
    assert "not_merged" in {each["code"] for each in told.json["findings"]}
    there = world.place.folder / "there.json"
    there.write_text(world.place.run("get", "all", "--format", "json").out)
    if command == "plan":
        told = world.place.run("plan", "--current", there, "--format", "json")
        assert "not_merged" in {each["code"] for each in told.json["findings"]}
    assert world.wrote() == []


def test_a_pass_without_changes_merges_no_list_and_a_changed_list_alone(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What a plan costs follows what moved, as it does with memberships that go one way."""
    others = [world.organization.add_group(f"g{number}", members=[world.people["ann"]]) for number in range(5)]
    for _ in range(2):
        world.place.apply()
    looked_at: list[frozenset[str]] = []

    def counted(*arguments: Any) -> Lists:
        within = arguments[4]
        assert within is not None, "everybody was looked at"
        looked_at.append(within.access_lists)
        return merged_lists(*arguments)

    monkeypatch.setattr("idsync.reconcile.one_plan.merged_lists", counted)
    world.place.plans_nothing()
    world.place.apply()
    assert looked_at == [frozenset(), frozenset()]
    world.organization.add_member(others[0], world.people["bob"])
    world.edit(others[1].id, "cat", joins=True)
    world.place.apply()
    assert looked_at[2] == {others[0].id, others[1].id}
    assert world.here(others[0].id) == {"ann", "bob"}
    assert world.there(others[1]) == {"ann", "cat"}


def test_r51_a_list_that_was_emptied_by_a_filter_and_kept_is_not_emptied_in_okta(world: World) -> None:
    path = world.place.folder / "idsync.yaml"
    text = path.read_text().replace("  rate_limit_share", "  access_lists: {when_empty: keep}\n  rate_limit_share")
    nothing = "---\napiVersion: idsync/v1\nkind: ImportFilters\nspec: {groups: {include: [none]}}\n"
    path.write_text(text + nothing)
    world.place.apply()
    assert world.here(world.group.id) == set()
    path.write_text(text)
    for _ in range(2):
        world.place.apply()
    assert world.here(world.group.id) == world.there(world.group) == {"ann", "bob"}
    assert world.wrote() == []


def test_r48_who_cannot_be_added_here_for_a_conflict_is_not_removed_in_okta(world: World) -> None:
    """A lock of somebody else's stands under the name of the lock that cat would get: nothing is done about cat."""
    name = lock_name(world.place.url, login("cat"))
    lock = {
        "kind": "lock",
        "version": "v2",
        "metadata": {"name": name},
        "spec": {"target": {"user": "somebody"}, "message": "not ours"},
    }
    file = world.place.folder.parent / "lock.yaml"
    file.write_text(yaml.safe_dump(lock))
    assert world.place.run("create", "-f", file).code == 0
    world.organization.suspend(world.people["cat"])
    world.organization.add_member(world.group, world.people["cat"])
    for _ in range(2):
        ended = world.place.run("apply", "--auto-approve")
        assert ended.code == 0, ended.err
    assert "cat" not in world.here(world.group.id), "the conflict leaves cat as they are"
    assert world.place.run("rm", f"lock/{name}", "--auto-approve").code == 0
    world.organization.unsuspend(world.people["cat"])
    for _ in range(2):
        world.place.apply()
    assert world.wrote() == []
    assert "cat" in world.there(world.group)
    assert "cat" in world.here(world.group.id)


def test_r49_a_reviewed_edit_is_applied_beside_what_goes_to_okta(world: World, tmp_path: Path) -> None:
    world.edit(world.group.id, "cat", joins=True)
    world.switch(both=True, more=ENGINEERS)
    kept = tmp_path / "reviewed.json"
    assert world.place.run("plan", "-o", kept).code == 0
    world.edit(world.app.id, "dan", joins=True)
    ended = world.place.run("apply", "--reviewed", kept)
    assert ended.code == 0, ended.out + ended.err
    assert world.there(world.group) == world.here(world.group.id) == {"ann", "bob", "cat"}
    assert engineers(world) == {"ann", "bob", "cat"}
    assert world.assigned() == {"ann", "bob", "dan"}
    assert len(world.wrote()) == 2
    world.place.plans_nothing()


def test_r49_a_split_apply_sends_what_no_guard_holds(world: World) -> None:
    more = "---\napiVersion: idsync/v1\nkind: Guards\nspec: {upstream_removals: {percent: 0, floor: 0}}\n"
    world.switch(both=True, more=more)
    world.place.apply()
    world.edit(world.group.id, "cat", joins=True)
    world.edit(world.group.id, "bob", joins=False)
    assert world.place.run("apply", "--auto-approve", "--split").code == 5
    assert world.there(world.group) == {"ann", "bob", "cat"}
    assert world.here(world.group.id) == {"ann", "cat"}, "the edit waits"
    assert len(world.wrote()) == 1
    world.place.apply("--allow", "upstream_removals=it is meant")
    assert world.there(world.group) == {"ann", "cat"}
    world.place.plans_nothing()


@pytest.fixture
def databases() -> Iterator[None]:
    """Empties the databases that a test used."""
    yield
    free_databases()


@pytest.mark.usefixtures("databases")
def test_r48_both_directions_on_postgresql(tmp_path: Path) -> None:
    with agreed_world(tmp_path) as world:
        path = world.place.folder / "idsync.yaml"
        address = server().url(database_at(tmp_path / "both"))
        path.write_text(path.read_text().replace("sqlite:///idsync.db", address))
        for _ in range(2):
            world.place.apply()
        world.edit(world.group.id, "cat", joins=True)
        world.edit(world.app.id, "ann", joins=False)
        world.organization.remove_member(world.group, world.people["bob"])
        world.place.apply()
        assert world.there(world.group) == world.here(world.group.id) == {"ann", "cat"}
        assert world.assigned() == world.here(world.app.id) == {"bob"}
        assert len(world.wrote()) == 2
        world.place.plans_nothing()
