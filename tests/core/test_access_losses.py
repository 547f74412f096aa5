"""The guard `access_losses`: people who stay and lose a role or a grant, net of what comes by another way."""

import pytest

from idsync.config.settings import Settings
from idsync.model.directory import DirectoryState
from idsync.model.identity import IdentityUser
from idsync.model.resources import ConnectorReference, CreatedBy, Grants, Membership, Owner
from idsync.plan.changes import Plan
from idsync.plan.health import takes_access
from idsync.plan.split import split
from tests.core.replay import applied, settled
from tests.core.world import (
    NOTHING,
    app,
    blocked,
    config,
    edited_list,
    edited_user,
    foreign_list,
    foreign_user,
    group,
    lines,
    lock_on,
    okta,
    person,
    plan,
    user_change,
    with_list,
    with_lock,
    with_member,
    with_user,
)

NONE = "Guards: {access_losses: {percent: 0, floor: 0}}"
ROLE = 'RoleMapping: {rules: [{trait: okta/team, value: "*", roles: ["team-$1"]}]}'
BY_GROUP = 'RoleMapping: {rules: [{group: "*", roles: ["in-$1"]}]}'
GRANTS = 'AccessListRules: {rules: [{group: "*", grants: {roles: ["of-$1"], traits: {logins: ["$1"]}}}]}'
LISTS = "sync: {access_lists: false}"


def people(count: int, start: int = 0, team: str = "") -> list[IdentityUser]:
    return [person(f"p{number:03}", team=team) for number in range(start, count)]


def names(count: int, start: int = 0) -> list[str]:
    return [f"p{number:03}" for number in range(start, count)]


def losses(made: Plan) -> tuple[int, float, str]:
    return next((item.count, item.limit, item.verdict) for item in made.guards if item.guard == "access_losses")


def held(made: Plan) -> list[str]:
    return sorted(line.partition(":")[0] for line, by in blocked(made).items() if "access_losses" in by)


@pytest.mark.parametrize(
    ("managed", "losing", "limit", "verdict"),
    [(20, 5, 5, "ok"), (20, 6, 5, "blocked"), (100, 10, 10, "ok"), (100, 11, 10, "blocked")],
)
def test_r32_people_who_lose_a_role_pass_at_the_limit_and_not_beyond(
    managed: int, losing: int, limit: int, verdict: str
) -> None:
    settings = config(ROLE)
    state = settled(okta(*people(managed, team="red")), settings)
    made = plan(okta(*people(losing), *people(managed, losing, team="red")), state, settings)
    assert losses(made) == (losing, limit, verdict)
    assert held(made) == ([f"update user {name}" for name in names(losing)] if verdict == "blocked" else [])


def test_r32_a_first_import_counts_nobody() -> None:
    made = plan(okta(*people(50, team="red"), group("eng", *names(50))), NOTHING, config(ROLE, GRANTS, NONE))
    assert losses(made) == (0, 0, "ok")


def test_r32_a_configuration_without_its_rules_is_counted_like_a_change_in_okta() -> None:
    snapshot = okta(*people(30, team="red"), group("eng", *names(20)))
    state = settled(snapshot, config(ROLE, GRANTS))
    assert losses(plan(snapshot, state, config(GRANTS))) == (30, 5, "blocked")
    assert losses(plan(snapshot, state, config(ROLE))) == (20, 5, "blocked")
    assert losses(plan(snapshot, state, config())) == (30, 5, "blocked")


def test_r32_a_role_that_another_replaces_is_lost() -> None:
    settings = config(ROLE, NONE)
    state = settled(okta(*people(4, team="red")), settings)
    made = plan(okta(*people(2, team="blue"), *people(4, 2, team="red")), state, settings)
    assert losses(made) == (2, 0, "blocked")
    go, later = split(made, ())
    between = user_change(go, "p000").after
    assert between is not None
    assert set(between.spec.roles) == {"okta-requester", "team-red", "team-blue"}
    assert lines(later) == ["update user p000: profile_changed", "update user p001: profile_changed"]


def test_r32_a_role_that_comes_by_another_way_is_not_lost() -> None:
    before, after = (
        config(BY_GROUP, NONE),
        config('AccessListRules: {rules: [{group: "*", grants: {roles: ["in-$1"]}}]}', NONE),
    )
    snapshot = okta(*people(5), group("eng", *names(5)))
    assert losses(plan(snapshot, settled(snapshot, before), after)) == (0, 0, "ok")


def test_a_trait_that_a_user_has_of_their_own_is_not_lost_with_a_list_that_granted_it() -> None:
    settings = config("AccessListRules: {rules: [{group: eng, grants: {traits: {okta/team: [red]}}}]}", NONE)
    before = okta(person("ann", team="red"), person("bob"), group("eng", "ann", "bob"))
    after = okta(person("ann", team="red"), person("bob"))
    assert losses(plan(after, settled(before, settings), settings)) == (1, 0, "blocked")


def test_a_trait_of_ones_own_is_not_a_grant() -> None:
    settings = config(NONE)
    state = settled(okta(person("ann", title="lead", city="Rome")), settings)
    assert losses(plan(okta(person("ann")), state, settings)) == (0, 0, "ok")


def test_r32_who_leaves_is_not_counted_nor_who_is_locked() -> None:
    settings = config(ROLE, GRANTS, NONE)
    state = settled(okta(*people(6, team="red"), group("eng", *names(6))), settings)
    made = plan(okta(*people(5, 3), person("p002", "SUSPENDED"), group("eng")), state, settings)
    assert losses(made) == (2, 0, "blocked")
    assert "update user p002" not in held(made)


def test_who_is_locked_already_is_not_counted_and_who_was_locked_until_yesterday_is() -> None:
    settings = config(ROLE, NONE)
    state = settled(okta(*people(4, team="red")), settings)
    for name, end in (("p000", None), ("p001", "2026-11-22T12:00:01Z"), ("p002", "2026-11-22T12:00:00Z")):
        state = with_lock(state, lock_on(name, expires=end))
    made = plan(okta(*people(4)), state, settings)
    assert losses(made) == (2, 0, "blocked")
    assert held(made) == ["update user p002", "update user p003"]


def test_who_is_unlocked_by_the_plan_is_counted() -> None:
    settings = config(ROLE, NONE)
    state = settled(okta(person("ann", "SUSPENDED", team="red")), settings)
    assert losses(plan(okta(person("ann")), state, settings)) == (1, 0, "blocked")


def test_r32_people_who_are_adopted_are_counted() -> None:
    by = CreatedBy(connector=ConnectorReference("saml", "okta", "ann"))
    temporary = foreign_user("ann", roles=("admin",), expires="2026-12-01T00:00:00Z", created_by=by)
    settings = config(NONE)
    made = plan(okta(person("ann")), with_user(NOTHING, temporary), settings)
    assert losses(made) == (1, 0, "blocked")
    go, later = split(made, ())
    assert go.is_empty
    assert held(later) == ["update user ann"]


def test_r32_a_renamed_person_is_one_and_keeps_what_they_had_under_the_old_name() -> None:
    settings = config(ROLE, GRANTS, NONE)
    state = settled(okta(person("ann", team="red"), group("eng", "ann")), settings)
    same = plan(okta(person("anna", id="00u-ann", team="red"), group("eng", "ann")), state, settings)
    assert losses(same) == (0, 0, "ok")
    less = plan(okta(person("anna", id="00u-ann"), group("eng", "ann")), state, settings)
    assert losses(less) == (1, 0, "blocked")
    go, _ = split(less, ())
    assert applied(state, go).users == state.users


def test_r32_a_name_that_passes_to_another_person_takes_nothing_from_the_newcomer() -> None:
    settings = config(ROLE, GRANTS, NONE)
    state = settled(okta(person("ann", team="red"), group("eng", "ann")), settings)
    made = plan(okta(person("ann", id="00u-other")), state, settings)
    assert losses(made) == (0, 0, "ok")


def nested(state: DirectoryState, parent: str, child: str) -> DirectoryState:
    return with_member(state, parent, child, Membership(membership_kind="MEMBERSHIP_KIND_LIST"))


def test_what_comes_through_lists_that_people_nested_by_hand_counts() -> None:
    settings = config(NONE)
    before = okta(*people(3), group("eng", *names(3)))
    state = with_list(settled(before, settings), foreign_list("top", grants=Grants(("root",))), "zoe")
    state = nested(state, "top", "00g-eng")
    made = plan(okta(*people(3), group("eng", "p002")), state, settings)
    assert losses(made) == (2, 0, "blocked")
    assert held(made) == ["update access_list eng"]
    assert losses(plan(okta(*people(3)), state, settings)) == (3, 0, "blocked")


def test_a_list_that_is_a_member_of_one_that_goes_loses_for_its_people() -> None:
    settings = config(GRANTS, NONE)
    before = okta(*people(4), group("eng", "p000"), group("ops", "p001", "p002"), group("top", "p003"))
    state = nested(nested(settled(before, settings), "00g-top", "00g-ops"), "00g-ops", "00g-eng")
    made = plan(okta(*people(4), group("eng", "p000"), group("ops", "p001", "p002")), state, settings)
    assert losses(made) == (4, 0, "blocked")
    assert "delete access_list top" in held(made)


def test_what_a_list_grants_to_its_owners_is_lost_with_the_list() -> None:
    settings = config(NONE)
    state = settled(okta(*people(3), group("eng", "p000")), settings)
    state = edited_list(state, "00g-eng", owners=(Owner("p001"), Owner("p002")), owner_grants=Grants(("steward",)))
    state = edited_list(state, "00g-eng", ownership_requires=Grants(("okta-requester",)))
    made = plan(okta(*people(3)), state, settings)
    assert losses(made) == (2, 0, "blocked")
    assert held(made) == ["delete access_list eng"]


def test_an_owner_who_does_not_meet_what_is_asked_of_owners_has_nothing_to_lose() -> None:
    settings = config(NONE)
    state = settled(okta(*people(3), group("eng", "p000")), settings)
    state = edited_list(state, "00g-eng", owners=(Owner("p001"),), owner_grants=Grants(("steward",)))
    state = edited_list(state, "00g-eng", ownership_requires=Grants(("dba",)))
    assert losses(plan(okta(*people(3)), state, settings)) == (0, 0, "ok")


def test_members_of_a_list_that_owns_another_lose_what_it_grants_to_owners() -> None:
    settings = config(NONE)
    state = settled(okta(*people(3), group("eng", "p000", "p001"), group("ops", "p002")), settings)
    owner = Owner("00g-eng", membership_kind="MEMBERSHIP_KIND_LIST")
    state = edited_list(state, "00g-ops", owners=(owner,), owner_grants=Grants(("steward",)))
    made = plan(okta(*people(3), group("eng", "p001"), group("ops", "p002", "p000")), state, settings)
    assert losses(made) == (1, 0, "blocked")


def test_an_expired_membership_gave_nothing_that_could_be_lost() -> None:
    settings = config(GRANTS, NONE)
    state = settled(okta(*people(2), group("eng", *names(2))), settings)
    state = with_member(state, "00g-eng", "p000", Membership(expires="2026-11-01T00:00:00Z"))
    assert losses(plan(okta(*people(2)), state, settings)) == (1, 0, "blocked")


def test_a_trait_that_a_list_requires_is_lost_with_all_that_the_list_grants() -> None:
    settings = config(GRANTS, NONE)
    state = settled(okta(*people(3, team="red"), group("eng", *names(3))), settings)
    state = edited_list(state, "00g-eng", membership_requires=Grants(traits={"okta/team": ("red",)}))
    made = plan(okta(person("p000"), *people(3, 1, team="red"), group("eng", *names(3))), state, settings)
    assert losses(made) == (1, 0, "blocked")
    assert held(made) == ["update user p000"]
    go, _ = split(made, ())
    assert go.is_empty


def test_people_of_other_origin_count_where_a_list_of_ours_gives_them_less() -> None:
    settings = config(GRANTS, NONE)
    state = with_user(settled(okta(*people(2), group("eng", *names(2))), settings), foreign_user("zoe"))
    state = with_member(state, "00g-eng", "zoe", Membership())
    made = plan(okta(*people(2), group("eng", *names(2))), state, settings)
    assert losses(made) == (1, 0, "blocked")


def test_members_without_an_account_have_nothing_to_lose() -> None:
    settings = config(GRANTS, NONE)
    state = settled(okta(*people(2), group("eng", *names(2))), settings)
    state = with_member(state, "00g-eng", "ghost", Membership())
    assert losses(plan(okta(*people(2), group("eng", *names(2))), state, settings)) == (0, 0, "ok")


def test_lists_that_take_nothing_net_are_not_marked() -> None:
    settings = config(
        "AccessListRules: {rules: [{group: 'a*', grants: {roles: [a]}}, {app: '*', grants: {roles: [crm]}}]}", NONE
    )
    before = okta(*people(3), group("a1", *names(2)), group("a2", "p000"), app("CRM", *names(2)))
    after = okta(*people(3), group("a1", "p001"), group("a2", "p000"), app("CRM", "p000"))
    made = plan(after, settled(before, settings), settings)
    assert losses(made) == (1, 0, "blocked")
    assert held(made) == ["update access_list 0oa-CRM"]


def test_both_lists_that_gave_the_same_role_are_marked_where_both_are_left() -> None:
    settings = config("AccessListRules: {rules: [{group: '*', grants: {roles: [a]}}]}", NONE)
    before = okta(*people(3), group("x", *names(3)), group("y", *names(3)))
    made = plan(okta(*people(3), group("x", "p002"), group("y", "p001")), settled(before, settings), settings)
    assert losses(made) == (1, 0, "blocked")
    assert held(made) == ["update access_list x", "update access_list y"]


@pytest.mark.parametrize("switches", ["{users: false}", "{access_lists: false}"])
def test_a_kind_that_is_switched_off_is_not_looked_at(switches: str) -> None:
    settings = config(ROLE, GRANTS, NONE, spec=f"sync: {switches}")
    on = config(ROLE, GRANTS)
    state = settled(okta(*people(3, team="red"), group("eng", *names(3))), on)
    made = plan(okta(*people(3), group("eng", "p000")), state, settings)
    assert losses(made) == ((2 if "users" in switches else 3), 0, "blocked")


def test_the_guard_is_set_like_the_others() -> None:
    settings: Settings = config("Guards: {access_losses: {percent: 50, floor: 1}}")
    state = edited_user(settled(okta(*people(4)), settings), "p000", roles=("okta-requester", "x"))
    assert losses(plan(okta(*people(4)), state, settings)) == (1, 2, "ok")


HIDDEN = [
    "users: {traits: {exclude: [team]}}",
    "users: {traits: {include: [title]}}",
    "users: {traits: {include: []}}",
    "users: {traits: {prefix: corp/}}",
]


@pytest.mark.parametrize("spec", HIDDEN)
def test_r32_traits_that_the_configuration_hides_are_lost(spec: str) -> None:
    state = settled(okta(*people(20, team="red")))
    made = plan(okta(*people(20, team="red")), state, config(spec=spec))
    assert losses(made) == (20, 5, "blocked")
    assert len(held(made)) == 20
    assert not any(map(takes_access, split(made, ())[0].changes))


def test_r32_a_value_that_changes_or_that_a_profile_has_no_more_is_not_counted() -> None:
    state = settled(okta(*people(20, team="red")))
    moved = okta(*people(10, team="blue"), *people(20, 10))
    assert losses(plan(moved, state)) == (0, 5, "ok")
    hidden = plan(
        okta(*people(10), *people(20, 10, team="red")), state, config(spec="users: {traits: {exclude: [x*]}}")
    )
    assert losses(hidden) == (0, 5, "ok")


def test_r32_a_hidden_trait_that_a_list_grants_too_is_kept_and_who_is_renamed_loses_theirs() -> None:
    grants = 'AccessListRules: {rules: [{group: "*", grants: {traits: {okta/team: [red]}}}]}'
    everybody = group("all", *names(9))
    hides = "users: {traits: {exclude: [team]}}"
    state = settled(okta(*people(12, team="red"), everybody), config(grants))
    made = plan(okta(*people(12, team="red"), everybody), state, config(grants, spec=hides))
    assert losses(made) == (3, 5, "ok")
    renamed = [person(f"q{number:03}", id=f"00u-p{number:03}", team="red") for number in range(12)]
    made = plan(okta(*renamed, everybody), state, config(grants, spec=hides))
    assert losses(made)[0] == 3


def test_r32_what_a_login_gave_somebody_who_is_adopted_is_not_counted_as_a_trait() -> None:
    sso = foreign_user(
        "p000",
        traits={"groups": ("eng",)},
        expires="2026-12-01T00:00:00Z",
        created_by=CreatedBy(connector=ConnectorReference("saml", "okta", "p000")),
    )
    made = plan(okta(*people(1, team="red")), with_user(NOTHING, sso))
    assert user_change(made, "p000").reason == "adopted"
    assert losses(made)[0] == 0
