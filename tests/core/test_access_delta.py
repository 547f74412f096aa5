"""Who gains and loses what: roles, lists and granted traits, by every route, direct or consequential."""

from collections.abc import Iterable
from typing import Any

from idsync.model.directory import ConfigCause, DirectoryState, LastApply, Reason
from idsync.model.resources import Grants, Membership
from idsync.plan.changes import Access
from tests.core.replay import applied, settled
from tests.core.world import (
    NOTHING,
    config,
    delta_of,
    edited_list,
    edited_user,
    foreign_list,
    foreign_user,
    group,
    list_change,
    okta,
    person,
    plan,
    user_change,
    with_list,
    with_member,
    with_user,
)

ALICE, BOB = person("alice"), person("bob")
GRANTS = config(
    """AccessListRules:
  rules: [{group: "*", grants: {roles: ["in-$1"], traits: {logins: ["$1"]}}}]""",
    'RoleMapping: {rules: [{trait: okta/team, value: "*", roles: ["in-$1"]}]}',
)
NESTED = Membership(membership_kind="MEMBERSHIP_KIND_LIST")


def brief(accesses: Iterable[Access]) -> list[str]:
    return [f"{item.kind} {item.name} via {','.join(item.via)}" for item in accesses]


def test_a_newcomer_gains_roles_lists_and_granted_traits() -> None:
    made = plan(okta(person("alice", team="x"), group("eng", "alice")), settings=GRANTS)
    delta = delta_of(made, "alice")
    assert brief(delta.gains) == [
        "role okta-requester via user",
        "role in-x via user",
        "role in-eng via 00g-eng",
        "trait logins=eng via 00g-eng",
        "access_list 00g-eng via ",
    ]
    assert delta.gains[-1].title == "eng"
    assert (delta.loses, delta.route_only, delta.locked) == ((), (), None)


def test_a_leaver_loses_everything_and_is_locked() -> None:
    before = okta(ALICE, BOB, group("eng", "alice", "bob"))
    delta = delta_of(plan(okta(BOB, group("eng", "alice", "bob")), settled(before, GRANTS), GRANTS), "alice")
    assert brief(delta.loses) == [
        "role okta-requester via user",
        "role in-eng via 00g-eng",
        "trait logins=eng via 00g-eng",
        "access_list 00g-eng via ",
    ]
    assert (delta.gains, delta.locked) == ((), Reason.UNASSIGNED)


def test_someone_suspended_is_locked_and_loses_nothing() -> None:
    delta = delta_of(plan(okta(person("alice", "SUSPENDED")), settled(okta(ALICE))), "alice")
    assert (delta.gains, delta.loses, delta.locked, delta.unlocked) == ((), (), Reason.SUSPENDED, None)
    delta = delta_of(plan(okta(ALICE), settled(okta(person("alice", "SUSPENDED")))), "alice")
    assert (delta.gains, delta.loses, delta.locked, delta.unlocked) == ((), (), None, Reason.UNSUSPENDED)


def test_the_same_access_by_another_way_is_route_only() -> None:
    before = okta(person("alice", team="eng"), BOB, group("eng", "bob"))
    after = okta(person("alice"), BOB, group("eng", "alice", "bob"))
    delta = delta_of(plan(after, settled(before, GRANTS), GRANTS), "alice")
    assert brief(delta.route_only) == ["role in-eng via 00g-eng"]
    assert brief(delta.gains) == ["trait logins=eng via 00g-eng", "access_list 00g-eng via "]
    assert delta.loses == ()


def test_a_second_way_to_the_same_access_is_route_only_too() -> None:
    before = okta(person("alice", team="eng"), BOB, group("eng", "bob"))
    after = okta(person("alice", team="eng"), BOB, group("eng", "alice", "bob"))
    delta = delta_of(plan(after, settled(before, GRANTS), GRANTS), "alice")
    assert brief(delta.route_only) == ["role in-eng via user,00g-eng"]


def test_people_for_whom_nothing_differs_are_left_out() -> None:
    before = okta(person("alice", title="x"), BOB)
    assert plan(okta(person("alice", title="y"), BOB), settled(before)).access_delta == ()


def test_what_follows_from_okta_is_consequential_and_names_the_group() -> None:
    before, after = okta(ALICE, BOB, group("eng", "bob")), okta(ALICE, BOB, group("eng", "alice", "bob"))
    made = plan(after, settled(before, GRANTS), GRANTS)
    role = delta_of(made, "alice").gains[0]
    assert (role.name, role.via, role.origin) == ("in-eng", ("00g-eng",), "consequential")
    causes = list_change(made, "eng").causes
    assert [cause.id for cause in causes if not isinstance(cause, ConfigCause)] == ["00g-eng"]
    assert [cause.rule for cause in causes if isinstance(cause, ConfigCause)] == ["group is *"]


def test_what_follows_from_ones_own_edit_is_direct() -> None:
    snapshot = okta(ALICE, group("eng", "alice"))
    made = plan(snapshot, settled(snapshot), GRANTS)
    assert {gain.origin for gain in delta_of(made, "alice").gains} == {"direct"}
    filtered = config("ImportFilters: {groups: {exclude: [eng]}}")
    assert {loss.origin for loss in delta_of(plan(snapshot, settled(snapshot), filtered), "alice").loses} == {"direct"}


def test_what_comes_by_ones_own_edit_and_from_okta_alike_is_direct() -> None:
    hidden = config("ImportFilters: {groups: {exclude: [eng]}}")
    edited = config(
        "RoleMapping: {rules: [{group: eng, roles: [dev]}]}",
        "AccessListRules: {rules: [{group: eng, grants: {roles: [dev]}}]}",
    )
    state = settled(okta(BOB, group("eng", "bob")), hidden)
    made = plan(okta(ALICE, BOB, group("eng", "alice", "bob")), state, edited, last=LastApply(hidden.digest, "", ""))
    origins = {gain.name: (gain.via, gain.origin) for gain in delta_of(made, "alice").gains}
    assert origins["dev"] == (("user", "00g-eng"), "direct")
    assert origins["okta-requester"] == (("user",), "consequential")


def test_changed_grants_are_told_for_every_member() -> None:
    snapshot = okta(ALICE, BOB, group("eng", "alice", "bob"))
    made = plan(snapshot, settled(snapshot), GRANTS)
    assert [delta.person for delta in made.access_delta] == ["alice", "bob"]
    assert brief(delta_of(made, "bob").gains) == ["role in-eng via 00g-eng", "trait logins=eng via 00g-eng"]


def test_an_expired_membership_gives_nothing_and_its_end_takes_nothing() -> None:
    snapshot = okta(ALICE, BOB, group("eng", "alice", "bob"))
    expired = Membership(expires="2026-11-22T12:00:00Z")
    state = with_member(settled(snapshot, GRANTS), "00g-eng", "alice", expired)
    made = plan(okta(ALICE, BOB, group("eng", "bob")), state, GRANTS)
    assert made.access_delta == ()
    valid = with_member(state, "00g-eng", "alice", Membership(expires="2026-11-22T12:00:01Z"))
    assert len(delta_of(plan(okta(ALICE, BOB, group("eng", "bob")), valid, GRANTS), "alice").loses) == 3


def test_membership_requirements_that_a_member_lacks_keep_the_access_away() -> None:
    before, after = okta(ALICE, BOB, group("eng", "bob")), okta(ALICE, BOB, group("eng", "alice", "bob"))
    state = edited_list(settled(before, GRANTS), "00g-eng", membership_requires=Grants(("cleared",)))
    assert plan(after, state, GRANTS).access_delta == ()


def test_a_role_that_meets_a_requirement_opens_the_list() -> None:
    snapshot = okta(person("alice", team="blue"), group("eng", "alice"))
    before = okta(person("alice"), group("eng", "alice"))
    state = edited_list(
        settled(before, GRANTS), "00g-eng", membership_requires=Grants(("in-blue",), {"okta/team": ("blue",)})
    )
    delta = delta_of(plan(snapshot, state, GRANTS), "alice")
    assert brief(delta.gains) == [
        "role in-blue via user",
        "role in-eng via 00g-eng",
        "trait logins=eng via 00g-eng",
        "access_list 00g-eng via ",
    ]


def with_parent(
    state: DirectoryState, child: str, name: str = "prod", kind: Membership = NESTED, **spec: Any
) -> DirectoryState:
    state = with_list(state, foreign_list(name, title=name, **{"grants": Grants((f"role-{name}",)), **spec}))
    return with_member(state, name, child, kind)


def test_a_newcomer_reaches_the_lists_that_a_joined_list_is_nested_in() -> None:
    before, after = okta(BOB, group("eng", "bob")), okta(ALICE, BOB, group("eng", "alice", "bob"))
    state = with_parent(with_parent(settled(before), "00g-eng"), "prod", "crown")
    delta = delta_of(plan(after, state), "alice")
    assert brief(delta.gains) == [
        "role okta-requester via user",
        "role role-crown via crown",
        "role role-prod via prod",
        "access_list 00g-eng via ",
        "access_list crown via ",
        "access_list prod via ",
    ]


def test_people_who_join_a_nested_list_reach_its_parents_and_people_who_leave_do_not() -> None:
    one, other = okta(ALICE, BOB, group("eng", "bob")), okta(ALICE, BOB, group("eng", "alice"))
    state = with_parent(settled(one), "00g-eng")
    made = plan(other, state)
    assert "role role-prod via prod" in brief(delta_of(made, "alice").gains)
    assert "role role-prod via prod" in brief(delta_of(made, "bob").loses)


def test_nesting_that_expired_or_requires_more_leads_nowhere() -> None:
    one, other = okta(ALICE, BOB, group("eng", "bob")), okta(ALICE, BOB, group("eng", "alice", "bob"))
    expired = Membership(expires="2020-01-01T00:00:00Z", membership_kind="MEMBERSHIP_KIND_LIST")
    state = with_parent(
        with_parent(settled(one), "00g-eng", kind=expired), "00g-eng", "strict", membership_requires=Grants(("x",))
    )
    assert brief(delta_of(plan(other, state), "alice").gains) == ["access_list 00g-eng via "]


def test_one_open_way_up_suffices_whichever_list_it_starts_from() -> None:
    expired = Membership(expires="2020-01-01T00:00:00Z", membership_kind="MEMBERSHIP_KIND_LIST")
    one = okta(ALICE, BOB, *(group(f"g{number}", "bob") for number in range(6)))
    other = okta(ALICE, BOB, *(group(f"g{number}", "alice", "bob") for number in range(6)))
    for open_way in range(6):
        state = with_parent(settled(one), f"00g-g{open_way}")
        for number in set(range(6)) - {open_way}:
            state = with_member(state, "prod", f"00g-g{number}", expired)
        assert "role role-prod via prod" in brief(delta_of(plan(other, state), "alice").gains)


def test_a_role_that_is_called_like_its_list_still_says_its_route() -> None:
    before, after = okta(ALICE, BOB, group("eng", "bob")), okta(ALICE, BOB, group("eng", "alice", "bob"))
    state = with_parent(settled(before), "00g-eng", "prod")
    state = edited_list(state, "prod", grants=Grants(("prod",)))
    gains = brief(delta_of(plan(after, state), "alice").gains)
    assert gains == ["role prod via prod", "access_list 00g-eng via ", "access_list prod via "]


def test_ten_levels_of_nesting_count_and_the_eleventh_does_not() -> None:
    one, other = okta(ALICE, BOB, group("eng", "bob")), okta(ALICE, BOB, group("eng", "alice", "bob"))
    state, below = settled(one), "00g-eng"
    for level in range(1, 12):
        state, below = with_parent(state, below, f"level{level:02}"), f"level{level:02}"
    gained = [gain.name for gain in delta_of(plan(other, state), "alice").gains if gain.kind == "role"]
    assert gained == [f"role-level{level:02}" for level in range(1, 11)]


def test_nesting_in_a_circle_ends() -> None:
    one, other = okta(ALICE, BOB, group("eng", "bob")), okta(ALICE, BOB, group("eng", "alice", "bob"))
    state = with_parent(with_parent(settled(one), "00g-eng", "a"), "a", "b")
    state = with_member(state, "a", "b", NESTED)
    gained = brief(delta_of(plan(other, state), "alice").gains)
    assert gained[:2] == ["role role-a via a", "role role-b via b"]


def test_a_list_nested_into_one_of_ours_by_hand_is_drift_and_its_people_are_told() -> None:
    snapshot = okta(ALICE, BOB, group("eng", "alice"))
    state = settled(snapshot, GRANTS)
    state = with_list(state, foreign_list("contractors"), "bob")
    state = with_member(state, "00g-eng", "contractors", NESTED)
    made = plan(snapshot, state, GRANTS)
    assert [delta.person for delta in made.access_delta] == ["bob"]
    assert brief(delta_of(made, "bob").loses) == [
        "role in-eng via 00g-eng",
        "trait logins=eng via 00g-eng",
        "access_list 00g-eng via ",
    ]


def test_people_nested_into_a_list_that_goes_are_told() -> None:
    snapshot = okta(ALICE, BOB, group("eng", "alice"), group("ops", "alice"))
    state = with_list(settled(snapshot, GRANTS), foreign_list("contractors"), "bob")
    state = with_member(state, "00g-eng", "contractors", NESTED)
    made = plan(okta(ALICE, BOB, group("ops", "alice")), state, GRANTS)
    assert "role in-eng via 00g-eng" in brief(delta_of(made, "bob").loses)


def test_foreign_lists_count_among_what_a_leaver_loses() -> None:
    state = with_list(settled(okta(ALICE, BOB)), foreign_list("payroll", grants=Grants(("pay",))), "alice")
    losses = brief(delta_of(plan(okta(BOB), state), "alice").loses)
    assert losses == ["role okta-requester via user", "role pay via payroll", "access_list payroll via "]


def test_an_adopted_user_loses_the_roles_of_before() -> None:
    settings = config(spec="users: {adopt: [bob]}")
    made = plan(okta(BOB), with_user(NOTHING, foreign_user("bob", roles=("admin",))), settings)
    assert brief(delta_of(made, "bob").loses) == ["role admin via user"]


def test_what_puts_a_hand_s_work_back_is_not_an_edit_of_the_configuration() -> None:
    made = plan(okta(ALICE, BOB), edited=["user/alice"])
    assert user_change(made, "alice").reason is Reason.DRIFT
    assert [delta_of(made, name).gains[0].origin for name in ("alice", "bob")] == ["consequential", "consequential"]


def test_the_delta_agrees_with_the_delta_of_the_way_back() -> None:
    one = okta(person("alice", team="a"), BOB, group("eng", "alice", "bob"), group("ops", "bob"))
    other = okta(person("alice", team="b"), BOB, group("eng", "bob"), group("ops", "alice", "bob"))
    there = plan(other, settled(one, GRANTS), GRANTS)
    back = plan(one, applied(settled(one, GRANTS), there), GRANTS)
    assert brief(delta_of(there, "alice").gains) == brief(delta_of(back, "alice").loses)
    assert brief(delta_of(there, "alice").loses) == brief(delta_of(back, "alice").gains)


def test_a_hand_edited_role_is_told_as_lost() -> None:
    state = edited_user(settled(okta(ALICE)), "alice", roles=("okta-requester", "admin"))
    assert brief(delta_of(plan(okta(ALICE), state), "alice").loses) == ["role admin via user"]
