"""A plan that remembers looks at what moved, and finds everything that a plan without memory finds."""

from msgspec import Raw

from idsync.compiler.memo import Memo
from idsync.config.settings import Settings
from idsync.model.directory import DirectoryState
from idsync.model.extent import Reading
from idsync.model.identity import IdentityGroup, Snapshot
from idsync.model.resources import Membership, Owner
from idsync.plan.planfile import encode_plan
from idsync.reconcile.plan_options import PlanOptions
from idsync.reconcile.planned import Planned, Remembering
from idsync.reconcile.planning import make_plan
from tests.core.replay import applied
from tests.core.world import (
    NOTHING,
    NOW,
    ORG,
    Directory,
    app,
    codes,
    config,
    edited_list,
    foreign_list,
    foreign_user,
    group,
    lines,
    okta,
    person,
    plan,
    with_list,
    with_member,
    with_user,
)

RULES = config(
    'RoleMapping: {rules: [{trait: okta/team, value: Red, roles: [red]}, {group: "*", roles: ["in-$1"]}]}',
    "AccessListRules: {rules: [{group: ENG}]}",
)
BEFORE = okta(person("maria"), person("bob"), group("eng", "bob", "maria"), group("ops", "bob"))


def remembered(
    snapshot: Snapshot, state: DirectoryState = NOTHING, settings: Settings = RULES
) -> tuple[DirectoryState, Memo | None]:
    """The directory after a plan was applied, and the memo that it left."""
    made = make_plan(settings, Reading(snapshot), Directory(state), PlanOptions(now=NOW), remembering=Remembering(None))
    after = applied(state, made.plan)
    return after, made.memo_after_apply(Directory(after).index(ORG))


def quick(snapshot: Snapshot, state: DirectoryState, memo: Memo | None, settings: Settings = RULES) -> Planned:
    return make_plan(settings, Reading(snapshot), Directory(state), PlanOptions(now=NOW), remembering=Remembering(memo))


def agrees(snapshot: Snapshot, state: DirectoryState, memo: Memo | None, settings: Settings = RULES) -> Planned:
    made = quick(snapshot, state, memo, settings)
    assert encode_plan(made.plan) == encode_plan(plan(snapshot, state, settings))
    return made


def test_when_nothing_moved_only_what_something_is_said_about_is_looked_at() -> None:
    state, memo = remembered(BEFORE)
    made = agrees(BEFORE, state, memo)
    assert made.plan.is_empty
    assert made.within is not None
    assert (made.within.users, made.within.access_lists) == (frozenset(), frozenset({"00g-eng"}))


def test_somebody_about_whom_something_is_said_is_looked_at_each_time() -> None:
    snapshot = okta(person("maria"), person("bob", team="red"), group("eng", "maria"))
    state, memo = remembered(snapshot)
    made = agrees(snapshot, state, memo)
    assert codes(made.plan) == ["case_mismatch", "case_mismatch"]
    assert made.within is not None
    assert made.within.users == {"bob"}


def test_one_person_who_moved_is_looked_at_with_their_lists() -> None:
    state, memo = remembered(BEFORE)
    made = agrees(okta(person("maria", title="x"), *BEFORE.users[1:], *BEFORE.groups), state, memo)
    assert lines(made.plan) == ["update user maria: profile_changed"]


def test_a_renamed_owner_is_found_in_lists_where_they_are_not_members() -> None:
    state, memo = remembered(BEFORE)
    state = edited_list(state, "00g-ops", owners=(Owner("maria"),))
    snapshot = okta(person("maria2", id="00u-maria"), *BEFORE.users[1:], *BEFORE.groups)
    memo = quick(BEFORE, state, memo).memo_before_apply()
    made = agrees(snapshot, state, memo)
    assert applied(state, made.plan).access_lists["00g-ops"].spec.owners == (Owner("maria2"),)


def test_a_person_who_was_held_is_looked_at_again() -> None:
    twins = okta(*BEFORE.users, person("MARIA"), *BEFORE.groups)
    state, memo = remembered(twins)
    assert lines(agrees(BEFORE, state, memo).plan) == [
        "create user maria: assigned",
        "update access_list eng: membership_changed +maria",
    ]


def test_a_hand_on_a_member_is_found() -> None:
    state, memo = remembered(BEFORE)
    state = with_member(state, "00g-ops", "maria", Membership())
    assert lines(agrees(BEFORE, state, memo).plan) == ["update access_list ops: membership_changed -maria"]


def test_another_configuration_looks_at_everything() -> None:
    state, memo = remembered(BEFORE)
    other = config('RoleMapping: {rules: [{group: "*", roles: ["at-$1"]}]}')
    assert agrees(BEFORE, state, memo, other).within is None


def test_nested_lists_are_followed_from_what_was_not_looked_at() -> None:
    state, memo = remembered(BEFORE)
    state = with_list(state, foreign_list("contractors"), "zoe", "bob")
    nested = Membership(membership_kind="MEMBERSHIP_KIND_LIST")
    state = with_member(with_member(state, "00g-ops", "contractors", nested), "contractors", "00g-eng", nested)
    agrees(BEFORE, state, memo)
    agrees(okta(*BEFORE.users, person("new"), group("eng", "bob", "new"), group("ops", "bob")), state, memo)


def test_someone_who_is_not_looked_at_is_told_of_a_new_way_in_the_same_words() -> None:
    settings = config(
        "RoleMapping: {rules: [{group: eng, roles: [dev]}]}",
        "AccessListRules: {rules: [{app: '*', grants: {roles: [dev]}}]}",
    )
    state, memo = remembered(BEFORE, settings=settings)
    made = agrees(okta(*BEFORE.users, *BEFORE.groups, app("CRM", "bob")), state, memo, settings)
    assert [access.via for access in made.plan.access_delta[0].route_only] == [("user", "0oa-CRM")]


def test_a_member_is_found_however_the_snapshot_spells_their_id() -> None:
    spelt = IdentityGroup("00g-ops", "ops", Raw(rb'["00\u0075-maria", "00\u0075-bob"]'))
    state, memo = remembered(okta(person("maria"), spelt))
    made = agrees(okta(person("maria"), person("bob"), spelt), state, memo)
    assert lines(made.plan) == ["create user bob: assigned", "update access_list ops: membership_changed +bob"]


def test_the_same_role_by_an_earlier_rule_changes_the_order_of_roles() -> None:
    rules = config(
        "RoleMapping: {rules: [{group: late, roles: [x]}, {trait: okta/team, value: red, roles: [y]}, "
        "{group: early, roles: [x]}]}"
    )
    bob = person("bob", team="red")
    state, memo = remembered(okta(bob, group("early", "bob"), group("late")), settings=rules)
    made = agrees(okta(bob, group("early"), group("late", "bob")), state, memo, rules)
    assert "update user bob: role_mapping_changed" in lines(made.plan)


def test_somebody_who_loses_the_app_leaves_the_lists_where_users_are_not_managed() -> None:
    settings = config(spec="sync: {users: false}")
    state, memo = remembered(BEFORE, settings=settings)
    made = agrees(okta(person("maria"), *BEFORE.groups), state, memo, settings)
    assert lines(made.plan) == [
        "update access_list eng: membership_changed -bob",
        "delete access_list ops: became_empty -bob",
    ]


def test_a_member_who_became_foreign_by_hand_is_taken_off_when_nobody_has_the_name_any_more() -> None:
    state, memo = remembered(BEFORE)
    state = with_user(state, foreign_user("bob"))
    made = agrees(BEFORE, state, memo)
    assert "user_conflict" in [finding.code for finding in made.plan.findings]
    memo = made.memo_after_apply(Directory(state).index(ORG))
    made = agrees(okta(person("maria"), *BEFORE.groups), state, memo)
    assert lines(made.plan) == [
        "update access_list eng: membership_changed -bob",
        "delete access_list ops: became_empty -bob",
    ]
