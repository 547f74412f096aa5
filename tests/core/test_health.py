"""A bad read never deletes: what of a plan a doubtful snapshot holds back, and what still goes ahead."""

import pytest

from idsync.apply.admission import check_health
from idsync.config.settings import Settings
from idsync.errors import SourceUnhealthy
from idsync.model.directory import DirectoryState, LastApply
from idsync.model.identity import IdentityGroup, Snapshot
from idsync.model.measures import Measures
from idsync.plan.health import RELEASABLE
from tests.core.replay import applied, settled
from tests.core.world import (
    APP,
    NOTHING,
    PLAIN,
    app,
    blocked,
    codes,
    config,
    edited_user,
    group,
    lines,
    okta,
    person,
    plan,
    planned,
    replace,
)

PEOPLE = [person(f"p{number:02}") for number in range(40)]
EVERYONE = group("all", *(f"p{number:02}" for number in range(40)))
FULL = okta(*PEOPLE, EVERYONE)
STATE = settled(FULL)


def after(snapshot: Snapshot, settings: Settings = PLAIN) -> LastApply:
    """What the apply of a first reading leaves."""
    return planned(snapshot, settings=settings).last_apply


def test_a_whole_snapshot_of_the_right_org_is_ok() -> None:
    made = plan(FULL, STATE, last=after(FULL))
    assert (made.health.verdict, made.health.findings) == ("ok", ())


def test_r26_an_empty_pool_blocks_every_removal_while_we_manage_people() -> None:
    made = plan(okta(EVERYONE), STATE)
    assert made.health.verdict == "suspect"
    assert codes(made)[0] == "source_empty"
    assert len(made.changes) == 81
    assert set(blocked(made)) == set(lines(made))
    assert all(held[0] == "source_empty" for held in blocked(made).values())


def test_an_empty_pool_is_in_order_while_there_is_nobody_yet() -> None:
    assert plan(okta(group("all"))).health.verdict == "ok"


def test_an_empty_pool_is_suspect_even_when_only_lists_are_managed() -> None:
    settings = config(spec="sync: {users: false}")
    state = DirectoryState(access_lists=STATE.access_lists, members=STATE.members)
    made = plan(okta(EVERYONE), state, settings)
    assert "source_empty" in codes(made)
    assert set(blocked(made)) == set(lines(made)) != set()


def test_an_empty_pool_is_suspect_when_the_last_apply_knew_people() -> None:
    assert codes(plan(okta(), NOTHING, last=after(okta(person("a"))))) == ["source_empty"]


def test_people_who_are_all_deactivated_are_an_empty_pool() -> None:
    assert (
        codes(plan(okta(*(person(f"p{n:02}", "DEPROVISIONED") for n in range(40)), EVERYONE), STATE))[0]
        == "source_empty"
    )


@pytest.mark.parametrize(("missing", "verdict"), [(0, "ok"), (12, "ok"), (13, "suspect"), (39, "suspect")])
def test_r26_a_pool_may_shrink_by_the_limit_and_no_more(missing: int, verdict: str) -> None:
    made = plan(okta(*PEOPLE[missing:], EVERYONE), STATE, last=after(FULL))
    assert made.health.verdict == verdict
    assert ("source_shrink" in codes(made)) == (verdict == "suspect")


def test_the_floor_of_shrinking_stands_where_it_is_more_than_the_percentage() -> None:
    few = settled(okta(*PEOPLE[:12]))
    assert plan(okta(*PEOPLE[:2]), few, last=after(okta(*PEOPLE[:12]))).health.verdict == "ok"
    assert plan(okta(*PEOPLE[:1]), few, last=after(okta(*PEOPLE[:12]))).health.verdict == "suspect"


def test_shrinking_is_measured_against_the_pool_of_the_last_apply() -> None:
    more = okta(*(person(f"p{number:02}") for number in range(60)), EVERYONE)
    assert plan(FULL, STATE, last=after(more)).health.verdict == "suspect"
    assert plan(okta(*PEOPLE[20:], EVERYONE), STATE, last=after(okta(*PEOPLE[20:], EVERYONE))).health.verdict == "ok"


def test_without_a_last_apply_shrinking_is_measured_against_the_people_we_manage() -> None:
    assert codes(plan(okta(*PEOPLE[13:], EVERYONE), STATE))[0] == "source_shrink"


def test_a_shrunken_snapshot_plans_additions_and_blocks_removals() -> None:
    snapshot = okta(*PEOPLE[30:], person("new"), group("all", "p30", "new"), group("fresh", "new"))
    made = plan(snapshot, STATE, last=after(FULL))
    held = set(blocked(made))
    assert "create user new: assigned" in set(lines(made)) - held
    assert "create access_list fresh: imported +new" in set(lines(made)) - held
    assert {line for line in lines(made) if line.startswith(("delete", "create lock"))} <= held
    assert any(line.startswith("update access_list all") for line in held)


def test_all_groups_empty_at_once_is_suspect() -> None:
    made = plan(okta(*PEOPLE, group("all")), STATE, last=after(FULL))
    assert codes(made)[0] == "groups_empty"
    assert blocked(made) == {lines(made)[0]: ("groups_empty",)}


def test_a_snapshot_without_any_group_is_suspect_though_apps_have_people_and_the_other_way_round() -> None:
    people = person("ann"), person("bob")
    groups = group("eng", "ann"), group("ops", "bob")
    apps = app("Grafana", "ann"), app("Wiki", "bob")
    state = settled(okta(*people, *groups, *apps))
    for rest, code in ((apps, "groups_empty"), (groups, "apps_empty")):
        made = plan(okta(*people, *rest), state)
        assert codes(made) == [code]
        assert all(held == (code,) for held in blocked(made).values())
        assert len(blocked(made)) == len(made.changes) == 2


def test_all_groups_empty_at_once_are_suspect_though_apps_have_people_and_the_other_way_round() -> None:
    kinds = ((group, app), (app, group))
    for lost, kept in kinds:
        first = okta(*PEOPLE, lost("one", "p01"), lost("two", "p02"), kept("kept", "p03"))
        made = plan(okta(*PEOPLE, lost("one"), lost("two"), kept("kept", "p03")), settled(first), last=after(first))
        assert codes(made)[0] == ("groups_empty" if lost is group else "apps_empty")
        assert len(blocked(made)) == 2


@pytest.mark.parametrize(
    "named",
    ["ImportFilters: {groups: {include: [Everyone, small-*]}}", "RoleMapping: {rules: [{group: 'E*', roles: [all]}]}"],
)
def test_r26_everyone_says_nothing_of_how_the_other_groups_were_read(named: str) -> None:
    settings, everybody = config(named), group("Everyone", type="BUILT_IN")
    small = [group(f"small-{number}", f"p{number:02}", "p30") for number in range(6)]
    first = okta(*PEOPLE, everybody, *small)
    empty = okta(*PEOPLE, everybody, *(group(each.name) for each in small))
    made = plan(empty, settled(first, settings), settings, last=after(first, settings))
    assert codes(made)[0] == "groups_empty"
    assert len(blocked(made)) == 6


def test_r26_everyone_alone_may_be_what_is_asked_for() -> None:
    settings, everybody = config("ImportFilters: {groups: {include: [Everyone]}}"), group("Everyone", type="BUILT_IN")
    first = okta(*PEOPLE, everybody)
    assert (
        plan(
            okta(*PEOPLE[1:], everybody), settled(first, settings), settings, last=after(first, settings)
        ).health.verdict
        == "ok"
    )
    assert (
        codes(plan(okta(*PEOPLE), settled(first, settings), settings, last=after(first, settings)))[0] == "groups_empty"
    )


def test_the_last_member_of_the_only_group_may_leave_where_there_are_apps() -> None:
    first = okta(*PEOPLE, group("one", "p01"), app("kept", "p03"))
    made = plan(okta(*PEOPLE, group("one"), app("kept", "p03")), settled(first), last=after(first))
    assert made.health.verdict == "ok"


def test_r26_no_groups_at_all_are_suspect_too() -> None:
    assert codes(plan(okta(*PEOPLE), STATE, last=after(FULL)))[0] == "groups_empty"
    only_built_in = okta(*PEOPLE, group("Everyone", "p01", type="BUILT_IN"))
    assert codes(plan(only_built_in, STATE, last=after(FULL)))[0] == "groups_empty"


@pytest.mark.parametrize(
    "document", ["RoleMapping: {rules: [{group: one, roles: [x]}]}", "Guards: {user_deletes: {floor: 9}}"]
)
def test_r26_a_configuration_edited_and_a_reading_without_any_group_delete_nothing(document: str) -> None:
    groups = [group(name, "p01", "p02") for name in ("one", "two", "three")]
    first = okta(*PEOPLE, *groups)
    made = plan(okta(*PEOPLE), settled(first), config(document), last=after(first))
    assert sum(change.action == "delete" for change in made.changes) == 3
    assert set(blocked(made)) == set(lines(made))
    assert all(item.verdict == "ok" for item in made.guards)


def test_one_empty_group_among_others_is_not() -> None:
    first = okta(*PEOPLE, EVERYONE, group("few", "p01"))
    assert plan(okta(*PEOPLE, EVERYONE, group("few")), settled(first), last=after(first)).health.verdict == "ok"


def test_filters_that_now_refuse_every_group_are_the_configurations_doing() -> None:
    settings = config("ImportFilters: {groups: {include: [other]}}")
    made = plan(FULL, STATE, settings, last=after(FULL))
    assert made.health.verdict == "ok"
    assert lines(made)[0].startswith("delete access_list all: filter_changed")


def test_groups_that_vanish_under_the_same_configuration_are_suspect() -> None:
    settings = config("ImportFilters: {groups: {include: [all]}}")
    other = okta(*PEOPLE, group("other", "p01"))
    assert codes(plan(other, STATE, settings, last=after(FULL, settings)))[0] == "groups_empty"


def test_r29_an_incomplete_snapshot_is_a_doubt_that_holds_every_removal_and_nothing_releases() -> None:
    snapshot = okta(*PEOPLE[1:], person("new"), EVERYONE, complete=False)
    made = plan(snapshot, STATE, last=after(FULL))
    assert made.health.verdict == "suspect"
    assert codes(made) == ["incomplete"]
    assert "incomplete" not in RELEASABLE
    with pytest.raises(SourceUnhealthy) as refusal:
        check_health(made, {"incomplete": "it is fine"} | dict.fromkeys(RELEASABLE, "it is fine"))
    assert "--allow" not in refusal.value.fix
    assert set(lines(made)) - set(blocked(made)) == {"create user new: assigned"}


def test_r29_what_takes_roles_or_traits_or_grants_away_is_held_back_too() -> None:
    before = okta(*PEOPLE[1:], person("p00", team="red", title="chef"), group("all", "p00"), group("ops", "p00"))
    rules = ('RoleMapping: {rules: [{trait: okta/team, value: "*", roles: ["team-$1"]}]}',)
    grants = ("AccessListRules: {rules: [{group: ops, grants: {roles: [root]}}]}",)
    state = settled(before, config(*rules, *grants))
    fewer_roles = okta(
        *PEOPLE[1:], person("p00", title="chef", x="1"), group("all", "p00"), group("ops", "p00"), complete=False
    )
    assert list(blocked(plan(fewer_roles, state, config(*rules, *grants)))) == ["update user p00: profile_changed"]
    fewer_traits = edited_user(
        settled(before), "p00", traits={"okta/team": ("red",), "okta/title": ("chef",), "old": ("x",)}
    )
    assert list(blocked(plan(okta(*before.users, *before.groups, complete=False), fewer_traits))) == [
        "update user p00: profile_changed"
    ]
    assert list(blocked(plan(okta(*before.users, *before.groups, complete=False), state, config(*rules)))) == [
        "update access_list ops: grants_changed"
    ]
    other_title = okta(
        *PEOPLE[1:], person("p00", team="red", title="cook"), group("all", "p00"), group("ops", "p00"), complete=False
    )
    assert list(blocked(plan(other_title, state, config(*rules, *grants)))) == ["update user p00: profile_changed"]
    more_titles = okta(
        *PEOPLE[1:],
        person("p00", team="red", title=["chef", "cook"], x="1"),
        group("all", "p00"),
        group("ops", "p00"),
        complete=False,
    )
    made = plan(more_titles, state, config(*rules, *grants))
    assert lines(made) == ["update user p00: profile_changed"]
    assert blocked(made) == {}


@pytest.mark.parametrize(
    "snapshot",
    [okta(*PEOPLE, org_url="https://other.okta.com"), okta(org_url="https://other.okta.com")],
)
def test_r25_of_another_org_there_is_nothing_to_plan(snapshot: Snapshot) -> None:
    with pytest.raises(SourceUnhealthy) as refusal:
        plan(snapshot, STATE)
    assert refusal.value.codes == ("wrong_org",)
    assert "https://other.okta.com" in refusal.value.summary
    assert refusal.value.why
    assert refusal.value.fix


def test_r25_of_another_app_there_is_nothing_to_plan() -> None:
    with pytest.raises(SourceUnhealthy) as refusal:
        plan(okta(*PEOPLE, app_id="0oa-other"), STATE)
    assert refusal.value.codes == ("wrong_app",)


BY_LABEL = config(
    integration="""
apiVersion: idsync/v1
kind: Integration
metadata: {name: okta}
spec:
  org_url: https://enzos-pizza.okta.com
  app: {label: Teleport}
  source: {snapshot: {path: snapshot.json}}
"""
)


def test_an_app_by_label_is_compared_by_label() -> None:
    assert lines(plan(okta(person("a"), app_label="Teleport"), settings=BY_LABEL)) == ["create user a: assigned"]
    with pytest.raises(SourceUnhealthy):
        plan(okta(person("a"), app_label="Other"), settings=BY_LABEL)
    with pytest.raises(SourceUnhealthy):
        plan(okta(person("a"), app("Other", id=APP)), settings=BY_LABEL)
    assert lines(plan(okta(person("a")), settings=BY_LABEL)) == ["create user a: assigned"]


def test_another_app_of_the_same_label_is_not_the_app_unless_it_is_named_by_its_id() -> None:
    good = LastApply("", "", "2026-11-21T00:00:00Z", Measures("", "0oa-first"))
    for label in ("Teleport", ""):
        with pytest.raises(SourceUnhealthy, match="0oa-first"):
            plan(okta(person("a"), app_label=label), settings=BY_LABEL, last=good)
    assert plan(okta(person("a")), last=good).changes
    assert plan(okta(person("a"), app_id="0oa-first"), settings=BY_LABEL, last=good).changes


def test_an_org_is_compared_in_lower_case_without_a_trailing_slash() -> None:
    assert lines(plan(okta(person("a"), org_url="https://Enzos-Pizza.okta.com/"))) == ["create user a: assigned"]


def test_r30_the_next_apply_remembers_the_pool_of_this_one() -> None:
    suspended = okta(person("a"), person("b", "SUSPENDED"), person("c", "DEPROVISIONED"), person("d", "HIBERNATED"))
    made = planned(suspended)
    assert made.last_apply.good is not None
    assert made.last_apply.good.people == 2
    assert made.last_apply.config_digest == PLAIN.digest
    assert made.last_apply.snapshot_digest == made.plan.inputs.snapshot_digest


def test_what_is_not_held_back_can_be_applied_and_the_rest_is_planned_again() -> None:
    made = plan(okta(*PEOPLE[30:], person("new"), EVERYONE), STATE, last=after(FULL))
    additions = replace(made, changes=tuple(item for item in made.changes if not item.blocked_by))
    again = plan(okta(*PEOPLE[30:], person("new"), EVERYONE), applied(STATE, additions), last=after(FULL))
    assert set(lines(again)) == set(blocked(made))


BY_GROUP = 'RoleMapping: {rules: [{group: "aws-*", roles: ["aws-$1"]}]}'
ADMINS = group("aws-admin", *(f"p{number:02}" for number in range(12)))


@pytest.mark.parametrize(
    "settings",
    [
        config(BY_GROUP, spec="sync: {access_lists: false}"),
        config(BY_GROUP, 'ImportFilters: {groups: {exclude: ["aws-*"]}}'),
    ],
    ids=["no lists", "other lists"],
)
@pytest.mark.parametrize("read", [(group("aws-admin"),), ()], ids=["empty", "unseen"])
def test_the_members_of_all_groups_that_give_roles_gone_at_once_are_doubted(
    settings: Settings, read: tuple[IdentityGroup, ...]
) -> None:
    first = okta(*PEOPLE, EVERYONE, ADMINS)
    made = plan(okta(*PEOPLE, EVERYONE, *read), settled(first, settings), settings, last=after(first, settings))
    found = {finding.code for finding in made.health.findings}
    assert found in ({"groups_empty"}, {"group_emptied"}, {"group_emptied", "source_shrink"})
    assert len(blocked(made)) == 12


def test_one_person_may_lose_the_last_role_that_groups_give_and_a_rule_may_change() -> None:
    settings, other = config(BY_GROUP), config(BY_GROUP.replace("aws-*", "gcp-*"))
    one = okta(*PEOPLE, group("aws-admin", "p00"), EVERYONE)
    assert plan(FULL, settled(one, settings), settings, last=after(one, settings)).health.verdict == "ok"
    many = okta(*PEOPLE, ADMINS, EVERYONE)
    made = plan(many, settled(many, settings), other, last=after(many, settings))
    assert made.health.verdict == "ok"
    assert made.summary.user.update == 12


def test_r31_a_snapshot_older_than_that_of_the_last_apply_is_an_error() -> None:
    snapshot = okta(person("ann"))
    before = LastApply(PLAIN.digest, "", "2026-11-21T00:00:00Z")
    assert codes(plan(snapshot, settled(snapshot), last=before)) == []
    assert codes(plan(snapshot, settled(snapshot), last=replace(before, snapshot_taken_at=snapshot.taken_at))) == []
    after = replace(before, snapshot_taken_at="2026-11-23T00:00:00Z")
    assert codes(plan(snapshot, settled(snapshot), last=after)) == ["source_older"]
    assert plan(snapshot, settled(snapshot), last=after).findings[0].severity == "error"
    assert codes(plan(snapshot, settled(snapshot), last=replace(before, snapshot_taken_at="once"))) == []
