"""Explanations: every path to what a person has, or the first edge that is missing."""

from typing import Any

import pytest

from idsync.config.settings import Settings
from idsync.errors import UnknownPerson
from idsync.model.directory import ConfigCause, DirectoryState
from idsync.model.identity import IdentityGroup, Snapshot
from idsync.model.resources import Grants, Membership
from idsync.plan.explain import Explanation
from idsync.reconcile.explaining import explain
from tests.core.replay import settled
from tests.core.world import (
    NOTHING,
    NOW,
    Directory,
    app,
    config,
    edited_list,
    foreign_list,
    foreign_user,
    group,
    okta,
    person,
    with_list,
    with_member,
    with_user,
)

SETTINGS = config(
    """RoleMapping:
  rules:
    - {trait: okta/department, value: Engineering, roles: [dev]}
    - {group: "aws-*", roles: ["aws-$1", "cost$$"]}""",
    'AccessListRules: {rules: [{group: "team-*", grants: {roles: ["team-$1", dev]}}]}',
    'ImportFilters: {groups: {exclude: ["secret*"]}}',
)
SNAPSHOT = okta(
    person("ann", department="Engineering"),
    person("bob", department="Sales"),
    person("cat", "SUSPENDED"),
    person("dan", "DEPROVISIONED"),
    group("team-red", "ann", "cat"),
    group("aws-prod", "ann"),
    group("secret-ops", "ann"),
    group("Everyone", "ann", "bob", type="BUILT_IN"),
    app("CRM", "ann"),
    app("Old", "bob", status="INACTIVE"),
    app("Teleport", "bob", id="0oa-teleport"),
)
STATE = settled(SNAPSHOT, SETTINGS)


def told(
    who: str,
    what: str | None = None,
    state: DirectoryState = STATE,
    snapshot: Snapshot = SNAPSHOT,
    settings: Settings = SETTINGS,
) -> Explanation:
    return explain(settings, snapshot, Directory(state), who, what, NOW)


def missing(who: str, what: str, **others: Any) -> str:
    return " ".join(edge.what for edge in told(who, what, **others).missing)


def test_every_path_to_everything_is_told_with_its_rule() -> None:
    explanation = told("ann")
    ways = {item.name: [path.via for path in item.paths] for item in explanation.access}
    assert ways["dev"] == ["user", "00g-team-red"]
    assert ways["aws-prod"] == ["user"]
    assert ways["team-red"] == ["00g-team-red"]
    assert ways["0oa-CRM"] == ["0oa-CRM"]
    assert all(item.now and item.desired for item in explanation.access)
    dev = next(item for item in explanation.access if item.name == "dev")
    rules = [cause.rule for path in dev.paths for cause in path.causes if isinstance(cause, ConfigCause)]
    assert rules == ["okta/department is Engineering", "group is team-*"]
    assert (explanation.standing, explanation.okta_id, explanation.okta_status) == ("present", "00u-ann", "ACTIVE")
    assert explanation.missing == ()


def test_one_may_ask_by_okta_id_or_in_other_letter_case() -> None:
    assert told("00u-ann").person == "ann"
    assert told("ANN").person == "ann"


@pytest.mark.parametrize("resource", ["dev", "role/dev"])
def test_one_thing_may_be_asked_about(resource: str) -> None:
    assert [item.name for item in told("ann", resource).access] == ["dev"]


def test_what_is_and_what_is_to_be_are_told_apart() -> None:
    after = okta(person("ann"), group("team-blue", "ann"))
    access = {item.name: (item.now, item.desired) for item in told("ann", snapshot=after).access}
    assert access["team-blue"] == (False, True)
    assert access["aws-prod"] == (True, False)
    assert access["okta-requester"] == (True, True)


def states(explanation: Explanation) -> dict[str, tuple[bool, bool]]:
    """What is in force now, and what is after the next apply, by name."""
    return {item.name: (item.now, item.desired) for item in explanation.access}


@pytest.mark.parametrize("groups", [(group("team-red", "cat"),), ()], ids=["that has other members", "that is gone"])
def test_a_list_that_the_next_apply_takes_one_off_is_told_as_going(groups: tuple[IdentityGroup, ...]) -> None:
    access = states(told("ann", snapshot=okta(person("ann"), person("cat"), *groups)))
    assert access["00g-team-red"] == (True, False)
    assert access["team-red"] == (True, False)


def test_a_list_that_contains_one_that_is_joined_is_told_as_coming_and_with_ours_as_going() -> None:
    nested = Membership(membership_kind="MEMBERSHIP_KIND_LIST")
    state = with_list(STATE, foreign_list("prod", title="Production", grants=Grants(("root",))), "zoe")
    state = with_member(state, "prod", "00g-aws-prod", nested)
    joins = okta(person("ann"), person("bob"), person("cat"), group("aws-prod", "ann", "bob"))
    assert states(told("bob", snapshot=joins, state=state))["root"] == (False, True)
    drift = with_member(STATE, "00g-team-red", "00g-aws-prod", nested)
    assert states(told("bob", snapshot=SNAPSHOT, state=with_member(drift, "00g-aws-prod", "bob", Membership()))) == {
        "00g-aws-prod": (True, False),
        "00g-team-red": (True, False),
        "dev": (True, False),
        "okta-requester": (True, True),
        "team-red": (True, False),
    }


def test_what_a_foreign_user_has_stays() -> None:
    state = with_user(STATE, foreign_user("zoe", roles=("admin",)))
    state = with_list(state, foreign_list("prod", grants=Grants(("root",))), "zoe")
    assert set(states(told("zoe", state=state)).values()) == {(True, True)}
    conflict = okta(person("zoe"), *SNAPSHOT.users, *SNAPSHOT.groups)
    assert set(states(told("zoe", state=state, snapshot=conflict)).values()) == {(True, True)}


@pytest.mark.parametrize(
    ("who", "standing", "locked"),
    [("ann", "present", False), ("cat", "suspended", True), ("dan", "absent", False)],
)
def test_the_standing_of_a_person(who: str, standing: str, locked: bool) -> None:
    explanation = told(who)
    assert (explanation.standing, explanation.locked) == (standing, locked)


def test_someone_who_leaves_is_told_to_be_leaving() -> None:
    for asked in ("ann", "00u-ann"):
        explanation = told(asked, snapshot=okta(person("bob")))
        assert (explanation.person, explanation.standing) == ("ann", "leaving")


def test_who_is_in_the_directory_alone_or_in_a_list_alone_is_told_to_lack_the_app() -> None:
    account = with_user(NOTHING, foreign_user("zoe", roles=("admin",)))
    member = with_list(NOTHING, foreign_list("prod", grants=Grants(("root",))), "zoe")
    for state in (account, member):
        explanation = told("zoe", state=state)
        assert explanation.standing == "absent"
        assert "zoe is not assigned to the app" in explanation.missing[0].what


@pytest.mark.parametrize(
    ("who", "what", "edge"),
    [
        ("dan", "dev", "DEPROVISIONED"),
        ("bob", "role/dev", "bob has Sales there"),
        ("bob", "dev", "not a member of the group team-red"),
        ("bob", "aws-prod", "not a member of the group aws-prod"),
        ("bob", "role/aws-prod", "in no group that matches aws-*"),
        ("bob", "role/cost$", "in no group that matches aws-*"),
        ("bob", "access_list/00g-team-red", "not a member of the group team-red"),
        ("bob", "CRM", "not directly assigned to the app CRM"),
        ("ann", "secret-ops", "not taken by the import filters"),
        ("ann", "Everyone", "is built in"),
        ("bob", "Old", "is inactive in Okta"),
        ("bob", "Teleport", "the app people sign in with"),
        ("ann", "role/king", 'gives the role "king"'),
        ("ann", "king", 'gives the role "king"'),
        ("ann", "access_list/team-rad", 'called "team-rad". Did you mean "team-red"?'),
        ("ann", "access_list/nothing-like-it", 'No group or app in Okta is called "nothing-like-it".'),
    ],
)
def test_the_missing_edge_is_named(who: str, what: str, edge: str) -> None:
    assert edge in missing(who, what)


@pytest.mark.parametrize(
    ("asked", "answer"),
    [
        ("anne.smith", "Did you mean ann.smith@enzos.com?"),
        ("SMITH", "Did you mean ann.smith@enzos.com or bob.smith@enzos.com?"),
        ("ann.smit@enzos", "Did you mean ann.smith@enzos.com?"),
        ("@enzos", "Did you mean ann.smith@enzos.com or bob.smith@enzos.com or Cat@enzos.com? (2 more are like it)"),
        ("00u-someone", "Check the name."),
        ("x" * 200, "Check the name."),
    ],
)
def test_who_may_have_been_meant_by_a_name_that_nobody_has_is_told(asked: str, answer: str) -> None:
    people = ("ann.smith@enzos.com", "bob.smith@enzos.com", "Cat@enzos.com", "dan@enzos.com", "eve@enzos.com")
    with pytest.raises(UnknownPerson) as refused:
        told(asked, snapshot=okta(*map(person, people)))
    assert refused.value.fix.startswith(answer)


def test_someone_held_is_told_why() -> None:
    twins = okta(person("ann"), person("Ann"))
    explanation = told("ann", snapshot=twins)
    assert explanation.standing == "held"
    assert "cannot be told apart" in explanation.missing[0].what


def test_someone_in_conflict_with_a_foreign_user_is_told_so() -> None:
    state = with_user(NOTHING, foreign_user("ann", roles=("admin",)))
    explanation = told("ann", state=state)
    assert explanation.standing == "held"
    assert "is not ours" in explanation.missing[0].what


def test_hard_to_match_role_patterns_are_answered_quickly() -> None:
    stars = "*-" * 30 + "*"
    captures = "".join(f"${{{number}}}" for number in range(1, 32))
    settings = config(f'RoleMapping: {{rules: [{{group: "{stars}", roles: ["{captures}x"]}}]}}')
    assert "gives the role" in missing("ann", "role/" + "a" * 2000, settings=settings)


def test_nested_lists_and_requirements_count() -> None:
    nested = Membership(membership_kind="MEMBERSHIP_KIND_LIST")
    state = with_list(STATE, foreign_list("prod", title="Production", grants=Grants(("root",))), "zoe")
    state = with_member(state, "prod", "00g-team-red", nested)
    assert [path.via for path in told("ann", "root", state=state).access[0].paths] == ["prod"]
    strict = edited_list(state, "00g-team-red", membership_requires=Grants(("cleared",)))
    assert told("ann", "root", state=strict).access == ()


def test_what_is_switched_off_is_not_explained_from_what_is_there() -> None:
    lists_off = config(spec="sync: {access_lists: false}")
    assert {item.kind for item in told("ann", settings=lists_off).access} == {"role"}


@pytest.mark.parametrize(
    ("asked", "meant"), [("devv", "dev"), ("okta-requestr", "okta-requester"), ("role/dve", "dev")]
)
def test_a_role_that_nobody_gives_is_answered_with_the_one_that_may_be_meant(asked: str, meant: str) -> None:
    explanation = explain(SETTINGS, SNAPSHOT, Directory(NOTHING), "ann", asked, NOW)
    assert f'Did you mean "{meant}"?' in explanation.missing[0].what
