"""Access lists: which exist, who is in them, what is ours to set and what people keep."""

import pytest

from idsync.model.directory import ConfigCause, UpstreamCause
from idsync.model.ownership import our_labels
from idsync.model.resources import Audit, Grants, Membership, Notifications, Owner, Recurrence
from tests.core.replay import applied, settled
from tests.core.world import (
    ORG,
    app,
    config,
    edited_list,
    group,
    lines,
    list_change,
    okta,
    person,
    plan,
    with_member,
)

ALICE, BOB, ZOE = person("alice"), person("bob"), person("zoe")
KEEP = config(spec="access_lists: {when_empty: keep}")
TEAMS = config(
    """AccessListRules:
  rules:
    - group: "^team-(.*)$"
      title: "Team $1"
      description: "All of $1"
      owners: ["lead-$1", olga]
      grants: {roles: ["team-${1}x", "$1", "a$$b"], traits: {"t-$1": ["$1", x, x]}}
    - {group: "team-red", grants: {roles: [never]}}
    - {app: "*", grants: {roles: ["app-$1"]}}"""
)


def test_r14_a_group_with_members_in_the_pool_becomes_a_list() -> None:
    made = plan(okta(ALICE, BOB, group("eng", "alice", "bob", description="Engineers")))
    change = list_change(made, "eng")
    assert change.address == "access_list/00g-eng"
    assert change.members_added == ("alice", "bob")
    assert change.after is not None
    assert (change.after.kind, change.after.version) == ("access_list", "v1")
    assert change.after.metadata.labels == our_labels(ORG)
    assert change.after.spec.title == "eng"
    assert change.after.spec.description == "Engineers"
    assert change.after.spec.owners == (Owner("olga"),)
    assert change.after.spec.grants == Grants()


def test_a_new_list_is_first_reviewed_on_the_first_of_a_month_half_a_year_on() -> None:
    state = settled(okta(ALICE, group("eng", "alice")))
    assert state.access_lists["00g-eng"].spec.audit == Audit(next_audit_date="2027-06-01T00:00:00Z")
    assert state.members["00g-eng"]["alice"].joined == "2026-11-22T12:00:00Z"


def test_r14_a_group_without_members_in_the_pool_is_not_a_list() -> None:
    made = plan(okta(ALICE, person("left", "DEPROVISIONED"), group("none"), group("old", "left", "outsider")))
    assert lines(made) == ["create user alice: assigned"]


def test_r14_deactivated_users_who_stay_in_okta_groups_are_not_members() -> None:
    made = plan(okta(ALICE, person("bob", "DEPROVISIONED"), group("eng", "alice", "bob")))
    assert list_change(made, "eng").members_added == ("alice",)


def test_r14_an_app_has_its_directly_assigned_users_only() -> None:
    made = plan(okta(ALICE, BOB, group("eng", "bob"), app("Salesforce", "alice", groups=["00g-eng"])))
    assert list_change(made, "0oa-Salesforce").members_added == ("alice",)


def test_an_app_without_direct_assignments_is_not_a_list() -> None:
    assert lines(plan(okta(ALICE, app("Salesforce", groups=["00g-eng"])))) == ["create user alice: assigned"]


def test_the_sso_app_and_inactive_apps_are_not_lists() -> None:
    snapshot = okta(ALICE, app("Teleport", "alice", id="0oa-teleport"), app("Old", "alice", status="INACTIVE"))
    assert lines(plan(snapshot)) == ["create user alice: assigned"]


def test_r17_built_in_groups_are_lists_only_when_a_filter_is_their_very_name() -> None:
    snapshot = okta(ALICE, group("Everyone", "alice", type="BUILT_IN"))

    def imported(include: str) -> bool:
        settings = config(f"ImportFilters: {{groups: {{include: [{include}]}}}}")
        return "create access_list Everyone: imported +alice" in lines(plan(snapshot, settings=settings))

    assert "Everyone" not in "".join(lines(plan(snapshot)))
    assert imported('"Everyone"')
    assert imported('"*", "Everyone"')
    assert not imported('"*"')
    assert not imported('"^Everyone$"')
    assert not imported('"Everyon*"')
    assert not imported('"everyone"')


def test_r15_the_first_matching_rule_says_title_description_owners_and_grants() -> None:
    made = plan(okta(ALICE, group("team-red", "alice"), app("CRM", "alice")), settings=TEAMS)
    red = list_change(made, "team-red").after
    assert red is not None
    assert red.spec.title == "Team red"
    assert red.spec.description == "All of red"
    assert [owner.name for owner in red.spec.owners] == ["olga", "lead-red"]
    assert red.spec.grants == Grants(("team-redx", "red", "a$b"), {"t-red": ("red", "x")})
    crm = list_change(made, "0oa-CRM").after
    assert crm is not None
    assert crm.spec.grants.roles == ("app-CRM",)


def test_traits_whose_names_come_to_the_same_are_granted_together() -> None:
    rule = 'AccessListRules: {rules: [{group: "*-*", grants: {traits: {"$1": [a, b], "$2": [b, c]}}}]}'
    made = plan(okta(person("ann"), group("team-team", "ann")), settings=config(rule))
    after = list_change(made, "team-team").after
    assert after is not None
    assert after.spec.grants.traits == {"team": ("a", "b", "c")}


def test_expansions_to_nothing_drop_the_role_the_trait_the_owner_and_the_title() -> None:
    made = plan(okta(ALICE, group("team-", "alice")), settings=TEAMS)
    change = list_change(made, "team-").after
    assert change is not None
    assert change.spec.grants == Grants(("team-x", "a$b"), {"t-": ("x",)})
    assert change.spec.title == "team-"
    assert "unusable_expansion" in {finding.code for finding in made.findings}


def test_r23_the_causes_of_a_list_are_its_group_and_the_rule_with_its_place() -> None:
    change = list_change(plan(okta(ALICE, group("team-red", "alice")), settings=TEAMS), "team-red")
    upstream, rule = change.causes
    assert upstream == UpstreamCause("group", "00g-team-red", "team-red")
    assert isinstance(rule, ConfigCause)
    assert (rule.file, rule.line > 1, rule.rule) == ("idsync.yaml", True, "group is ^team-(.*)$")


def test_a_renamed_group_gives_its_list_the_new_title() -> None:
    state = settled(okta(ALICE, group("eng", "alice")))
    made = plan(okta(ALICE, group("engineering", "alice", id="00g-eng")), state)
    assert lines(made) == ["update access_list eng: group_renamed"]


def test_a_changed_rule_changes_the_grants() -> None:
    settings = config('AccessListRules: {rules: [{group: "*", grants: {roles: [dev]}}]}')
    made = plan(okta(ALICE, group("eng", "alice")), settled(okta(ALICE, group("eng", "alice"))), settings)
    assert lines(made) == ["update access_list eng: grants_changed"]


def test_members_who_come_and_go_upstream_come_and_go() -> None:
    state = settled(okta(ALICE, BOB, group("eng", "alice")))
    made = plan(okta(ALICE, BOB, group("eng", "bob")), state)
    assert lines(made) == ["update access_list eng: membership_changed +bob -alice"]
    change = list_change(made, "eng")
    assert change.before == change.after


def test_r16_a_group_whose_last_member_leaves_loses_its_list() -> None:
    state = settled(okta(ALICE, BOB, group("eng", "alice"), group("ops", "bob")))
    made = plan(okta(ALICE, BOB, group("eng"), group("ops", "bob")), state)
    assert lines(made) == ["delete access_list eng: became_empty -alice"]


def test_r16_a_list_that_emptied_is_kept_without_members_where_the_configuration_says_so() -> None:
    state = settled(okta(ALICE, BOB, group("eng", "alice"), group("ops", "bob")), KEEP)
    state = edited_list(state, "00g-eng", owners=(Owner("zoe"),))
    made = plan(okta(ALICE, BOB, group("eng"), group("ops", "bob")), state, KEEP)
    assert lines(made) == ["update access_list eng: became_empty -alice"]
    after = applied(state, made)
    assert after.access_lists == state.access_lists
    assert after.members["00g-eng"] == {}
    assert plan(okta(ALICE, BOB, group("eng"), group("ops", "bob")), after, KEEP).is_empty


def test_a_kept_list_fills_again() -> None:
    empty, full = (
        okta(ALICE, BOB, group("eng"), group("ops", "bob")),
        okta(ALICE, BOB, group("eng", "alice"), group("ops", "bob")),
    )
    state = settled(full, KEEP)
    state = applied(state, plan(empty, state, KEEP))
    assert lines(plan(full, state, KEEP)) == ["update access_list eng: membership_changed +alice"]


def test_r16_a_group_that_is_gone_upstream_loses_its_list() -> None:
    state = settled(okta(ALICE, group("eng", "alice"), group("ops", "alice")))
    made = plan(okta(ALICE, group("ops", "alice")), state)
    assert lines(made) == ["delete access_list eng: deleted_upstream -alice"]


def test_r16_a_group_that_is_filtered_out_loses_its_list() -> None:
    snapshot = okta(ALICE, group("eng", "alice"), group("ops", "alice"))
    settings = config("ImportFilters: {groups: {exclude: [eng]}}")
    assert lines(plan(snapshot, settled(snapshot), settings)) == ["delete access_list eng: filter_changed -alice"]


def test_a_filtered_list_with_a_title_of_its_own_is_still_told_from_a_deleted_one() -> None:
    snapshot = okta(ALICE, group("team-red", "alice"), group("ops", "alice"))
    state = settled(snapshot, TEAMS)
    settings = config(
        "ImportFilters: {groups: {exclude: [team-red]}}",
        'AccessListRules: {rules: [{group: "team-*", title: "Team $1"}]}',
    )
    assert lines(plan(snapshot, state, settings))[-1] == "delete access_list team-red: filter_changed -alice"


def test_an_app_that_is_deactivated_loses_its_list_for_that_reason() -> None:
    state = settled(okta(ALICE, app("CRM", "alice"), group("eng", "alice")))
    made = plan(okta(ALICE, app("CRM", "alice", status="INACTIVE"), group("eng", "alice")), state)
    assert lines(made) == ["delete access_list 0oa-CRM: deactivated -alice"]


EDITS = {
    "owners": (Owner("zoe", "in charge"), Owner("olga")),
    "audit": Audit(Recurrence("3months", "15"), "2027-01-15T00:00:00Z", Notifications("24h")),
    "membership_requires": Grants(("dev",), {"okta/team": ("x",)}),
    "ownership_requires": Grants(("lead",)),
}


def test_r15_what_people_edit_on_a_list_survives_and_the_plan_says_so() -> None:
    before = okta(ALICE, BOB, group("eng", "alice", description="old"))
    state = edited_list(settled(before), "00g-eng", **EDITS)
    made = plan(okta(ALICE, BOB, group("eng", "alice", "bob", description="new")), state)
    change = list_change(made, "eng")
    assert change.after is not None
    for field, value in EDITS.items():
        assert getattr(change.after.spec, field) == value
    assert set(change.kept) >= set(EDITS)


@pytest.mark.parametrize("field", EDITS)
def test_an_edit_that_is_peoples_own_is_not_a_change(field: str) -> None:
    snapshot = okta(ALICE, group("eng", "alice"))
    assert plan(snapshot, edited_list(settled(snapshot), "00g-eng", **{field: EDITS[field]})).is_empty


def test_other_default_owners_change_no_list_that_exists() -> None:
    snapshot = okta(ALICE, group("eng", "alice"))
    state = edited_list(settled(snapshot), "00g-eng", owners=(Owner("someone-else"),))
    assert plan(snapshot, state).is_empty


def test_a_list_that_nobody_edited_keeps_nothing_worth_a_word() -> None:
    state = settled(okta(ALICE, BOB, group("eng", "alice")))
    assert list_change(plan(okta(ALICE, BOB, group("eng", "alice", "bob")), state), "eng").kept == ()


def test_r15_member_expiry_reason_and_joined_survive_and_the_plan_says_so() -> None:
    details = Membership("2020-01-01T00:00:00Z", "2027-01-01T00:00:00Z", "contractor", "zoe")
    snapshot = okta(ALICE, BOB, group("eng", "alice"))
    state = with_member(settled(snapshot), "00g-eng", "alice", details)
    assert plan(snapshot, state).is_empty
    made = plan(okta(ALICE, BOB, group("eng", "alice", "bob")), state)
    assert list_change(made, "eng").kept == ("member expiry", "member reasons")
    assert applied(state, made).members["00g-eng"]["alice"] == details


def test_r15_of_members_who_go_the_edits_are_lost_and_of_those_who_stay_kept() -> None:
    ends, why = Membership(expires="2027-01-01T00:00:00Z"), Membership(reason="on call")
    state = settled(okta(ALICE, BOB, ZOE, group("eng", "alice", "bob", "zoe")))
    state = with_member(with_member(state, "00g-eng", "alice", ends), "00g-eng", "zoe", why)
    change = list_change(plan(okta(ALICE, BOB, ZOE, group("eng", "bob", "zoe")), state), "eng")
    assert (change.kept, change.edits_lost) == (("member reasons",), ("alice",))
    change = list_change(plan(okta(ALICE, BOB, ZOE, group("eng", "alice", "zoe")), state), "eng")
    assert (change.kept, change.edits_lost) == (("member expiry", "member reasons"), ())
    change = list_change(plan(okta(BOB, ZOE, group("eng", "bob")), state), "eng")
    assert (change.kept, change.edits_lost) == ((), ("alice", "zoe"))


def test_r15_a_renamed_member_brings_edits_along_so_that_none_are_lost() -> None:
    state = settled(okta(ALICE, BOB, group("eng", "alice", "bob")))
    state = with_member(state, "00g-eng", "alice", Membership(reason="on call"))
    renamed = person("alicia", id="00u-alice")
    change = list_change(plan(okta(renamed, BOB, group("eng", "alice", "bob")), state), "eng")
    assert (change.members_added, change.members_removed) == (("alicia",), ("alice",))
    assert (change.kept, change.edits_lost) == (("member reasons",), ())


def test_r18_a_member_whose_expiry_has_passed_is_never_added_again() -> None:
    snapshot = okta(ALICE, BOB, group("eng", "alice"))
    expired = Membership("2020-01-01T00:00:00Z", "2026-01-01T00:00:00Z")
    state = with_member(settled(snapshot), "00g-eng", "alice", expired)
    assert plan(snapshot, state).is_empty
    made = plan(okta(ALICE, BOB, group("eng", "alice", "bob")), state)
    assert list_change(made, "eng").members_added == ("bob",)
    assert applied(state, made).members["00g-eng"]["alice"] == expired


def test_labels_that_people_added_to_a_list_stay() -> None:
    snapshot = okta(ALICE, group("eng", "alice"))
    state = settled(snapshot)
    state.access_lists["00g-eng"].metadata.labels["team"] = "x"
    made = plan(okta(ALICE, group("eng", "alice", description="new")), state)
    change = list_change(made, "eng").after
    assert change is not None
    assert change.metadata.labels == {"team": "x", **our_labels(ORG)}


def test_hundreds_of_members_named_twice_upstream_are_members_once() -> None:
    made = plan(okta(ALICE, group("eng", *["alice"] * 300)))
    assert list_change(made, "eng").members_added == ("alice",)
