"""What a plan says of lists that go and of traits that change: whether Okta changed something, or an edit did."""

import pytest

from idsync.config.settings import Settings
from idsync.model.extent import Reading
from idsync.model.identity import IdentityUser, Snapshot
from idsync.model.measures import ListKind
from idsync.reconcile.plan_options import PlanOptions
from idsync.reconcile.planning import make_plan
from tests.core.replay import applied, settled
from tests.core.world import (
    NOTHING,
    NOW,
    PLAIN,
    Directory,
    app,
    config,
    group,
    okta,
    person,
    plan,
    planned,
)

ALICE = person("alice")
NAMED = "ImportFilters: {groups: {include: ['eng*', 'ops*']}, apps: {include: ['CRM*']}}"
OPS = group("ops", "alice")
WAS = okta(ALICE, group("eng", "alice", id="00g1"), app("CRM", "alice", id="0oa9"), OPS)


@pytest.mark.parametrize(
    ("now", "reason"),
    [
        (
            okta(ALICE, group("eng", "alice", id="00g1", type="BUILT_IN"), app("CRM", "alice", id="0oa9"), OPS),
            "built_in",
        ),
        (okta(ALICE, group("old", "alice", id="00g1"), app("CRM", "alice", id="0oa9"), OPS), "group_renamed"),
        (okta(ALICE, group("eng", "alice", id="00g1"), app("Old", "alice", id="0oa9"), OPS), "group_renamed"),
        (okta(ALICE, app("CRM", "alice", id="0oa9"), OPS), "deleted_upstream"),
    ],
)
def test_r23_what_okta_changed_is_not_told_as_an_edit_of_the_filters(now: Snapshot, reason: str) -> None:
    settings = config(NAMED)
    first = planned(WAS, settings=settings)
    state = applied(NOTHING, first.plan)
    made = plan(now, state, settings, last=first.last_apply)
    assert [change.reason.removeprefix("became_") for change in made.changes] == [reason]


def test_r23_a_filter_that_takes_less_is_the_reason_though_the_group_has_another_name_too() -> None:
    first = planned(WAS, settings=config(NAMED))
    state = applied(NOTHING, first.plan)
    fewer = config("ImportFilters: {groups: {include: ['ops*']}, apps: {include: ['CRM*']}}")
    made = plan(okta(ALICE, group("old", "alice", id="00g1"), app("CRM", "alice", id="0oa9"), OPS), state, fewer)
    assert [change.reason for change in made.changes] == ["filter_changed"]
    made = plan(WAS, state, fewer, last=first.last_apply)
    assert [change.reason for change in made.changes] == ["filter_changed"]


@pytest.mark.parametrize("kind", ["", "group", "app"])
def test_r23_what_the_source_was_not_asked_for_is_not_told_as_deleted(kind: ListKind) -> None:
    settings = config(NAMED)
    first = planned(WAS, settings=settings)
    gone = "0oa9" if kind == "app" else "00g1"
    eng, crm = group("eng", "alice", id="00g1"), app("CRM", "alice", id="0oa9")
    snapshot = okta(ALICE, eng if kind == "app" else crm, OPS)
    made = make_plan(
        settings,
        Reading(snapshot, others={gone: kind}),
        Directory(applied(NOTHING, first.plan)),
        PlanOptions(now=NOW, last=first.last_apply),
    ).plan
    reasons = {"": "became_built_in", "group": "group_renamed", "app": "deactivated"}
    assert [change.reason for change in made.changes] == [reasons[kind]]


HIDES = config(spec="users: {traits: {exclude: [title]}}")
CHEF, COOK = person("alice", title="chef", team="red"), person("alice", title="cook", team="red")
BARE, BLUE = person("alice", team="red"), person("alice", title="chef", team="blue")


@pytest.mark.parametrize(
    ("now", "settings", "reason"),
    [
        (CHEF, HIDES, "traits_changed"),
        (BLUE, HIDES, "traits_changed"),
        (CHEF, config(spec="users: {traits: {prefix: corp/}}"), "traits_changed"),
        (CHEF, config(spec="users: {traits: {include: [title]}}"), "traits_changed"),
        (COOK, config(spec="users: {traits: {exclude: [phone]}}"), "profile_changed"),
        (COOK, config(spec="locks: {ttl: 5h}"), "profile_changed"),
        (BARE, HIDES, "profile_changed"),
        (COOK, PLAIN, "profile_changed"),
    ],
)
def test_r23_traits_that_an_edit_hides_are_not_told_as_a_change_of_the_profile(
    now: IdentityUser, settings: Settings, reason: str
) -> None:
    first = planned(okta(CHEF))
    state = applied(NOTHING, first.plan)
    earlier = None if settings is PLAIN else PLAIN
    made = make_plan(
        settings, Reading(okta(now)), Directory(state), PlanOptions(now=NOW, last=first.last_apply, earlier=earlier)
    ).plan
    assert [change.reason for change in made.changes] == [reason]


def test_r23_where_the_configuration_before_is_unknown_a_hidden_trait_is_an_edit() -> None:
    state = settled(okta(CHEF))
    last = planned(okta(CHEF)).last_apply
    assert [each.reason for each in plan(okta(CHEF), state, HIDES, last=last).changes] == ["traits_changed"]
    assert [each.reason for each in plan(okta(BLUE), state, last=last).changes] == ["profile_changed"]
