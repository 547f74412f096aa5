"""A plan in two: what may go ahead, and what is held back until somebody releases it."""

from idsync.model.identity import IdentityUser
from idsync.model.ownership import lock_name
from idsync.model.resources import Owner
from idsync.plan.changes import LockChange, Plan, UserChange
from idsync.plan.planfile import decode_plan, encode_plan
from idsync.plan.replay import replay
from idsync.plan.seal import sealed
from idsync.plan.split import split
from tests.core.replay import applied, settled
from tests.core.world import (
    NOW,
    ORG,
    PLAIN,
    blocked,
    codes,
    config,
    delta_of,
    edited_list,
    foreign_user,
    group,
    lines,
    list_change,
    lock_change,
    okta,
    person,
    plan,
    replace,
    user_change,
    with_user,
)

ROLES = 'RoleMapping: {rules: [{group: "*", roles: ["in-$1"]}]}'
NO_DELETES = config("Guards: {user_deletes: {percent: 0, floor: 0}}")
NO_REMOVALS = config("Guards: {member_removals: {percent: 0, floor: 0}}")
NO_LIST_DELETES = config("Guards: {access_list_deletes: {percent: 0, floor: 0}}")
ANN, BOB, CARL = person("ann"), person("bob"), person("carl")


def people(count: int, start: int = 0) -> list[IdentityUser]:
    return [person(f"p{number:03}") for number in range(start, count)]


def names(count: int, start: int = 0) -> list[str]:
    return [f"p{number:03}" for number in range(start, count)]


def guards_of(made: Plan) -> dict[str, tuple[int, str]]:
    return {result.guard: (result.count, result.verdict) for result in made.guards}


def test_where_nothing_is_held_the_plan_goes_ahead_as_it_is() -> None:
    made = sealed(plan(okta(ANN), settled(okta(ANN, BOB))))
    go, held = split(made, ())
    assert go is made
    assert held.is_empty
    assert held.digest != made.digest


def test_r37_a_list_that_gains_and_loses_members_is_split_at_one_address() -> None:
    state = settled(okta(ANN, BOB, CARL, group("eng", "ann", "bob")))
    made = plan(okta(ANN, BOB, CARL, group("eng", "ann", "carl")), state, NO_REMOVALS)
    go, held = split(made, ())
    assert lines(go) == ["update access_list eng: membership_changed +carl"]
    assert blocked(held) == {"update access_list eng: membership_changed -bob": ("member_removals",)}
    assert go.summary.member.add == held.summary.member.remove == 1
    assert go.digest != held.digest


def test_r37_a_user_who_gains_a_role_and_loses_another_has_both_in_between() -> None:
    settings = config(ROLES, spec="sync: {access_lists: false}")
    state = settled(okta(person("ann", title="a"), group("eng", "ann"), group("ops", "bob")), settings)
    snapshot = okta(person("ann", title="b"), group("eng", "bob"), group("ops", "ann"), complete=False)
    made = plan(snapshot, state, settings)
    go, held = split(made, ())
    between = user_change(go, "ann").after
    assert between is not None
    assert between.spec.roles == ("okta-requester", "in-eng", "in-ops")
    assert between.spec.traits == {"okta/title": ("a", "b")}
    assert user_change(held, "ann").before == between
    assert user_change(held, "ann").after == user_change(made, "ann").after
    assert user_change(held, "ann").blocked_by == ("incomplete",)


def test_under_a_doubt_a_list_keeps_what_it_grants_and_grants_what_is_new() -> None:
    before = config("AccessListRules: {rules: [{group: eng, grants: {roles: [a], traits: {logins: [root]}}}]}")
    after = config("AccessListRules: {rules: [{group: eng, title: Eng, grants: {roles: [b], traits: {logins: [me]}}}]}")
    state = settled(okta(ANN, group("eng", "ann")), before)
    go, held = split(plan(okta(ANN, group("eng", "ann"), complete=False), state, after), ())
    between = list_change(go, "eng").after
    assert between is not None
    assert between.spec.title == "Eng"
    assert between.spec.grants.roles == ("a", "b")
    assert between.spec.grants.traits == {"logins": ("root", "me")}
    assert list_change(held, "eng").before == between
    assert lines(held) == ["update access_list eng: group_renamed"]


def test_a_guard_on_removals_holds_removals_and_not_what_a_list_grants() -> None:
    before = config("AccessListRules: {rules: [{group: eng, grants: {roles: [root]}}]}")
    state = settled(okta(ANN, BOB, group("eng", "ann", "bob")), before)
    go, held = split(plan(okta(ANN, BOB, group("eng", "ann")), state, NO_REMOVALS), ())
    assert list_change(go, "eng").after == list_change(held, "eng").after
    assert list_change(held, "eng").members_removed == ("bob",)


def test_r37_a_held_deletion_keeps_its_lock_without_an_end_and_its_memberships() -> None:
    before = okta(*people(20), group("eng", *names(20)), group("ops", "p001", "p019"))
    state = settled(before)
    made = plan(okta(*people(20, 6), person("new"), group("eng", *names(20, 6), "new"), group("ops", "p019")), state)
    assert {by for held in blocked(made).values() for by in held} == {"user_deletes", "user_locks"}
    go, held = split(made, ())
    assert lines(go) == [
        *sorted((f"create lock {name}: unassigned" for name in names(6)), key=lambda line: _lock_of(line)),
        "create user new: assigned",
        "update access_list eng: membership_changed +new",
    ]
    assert {change.lifetime for change in go.changes if isinstance(change, LockChange)} == {None}
    after = applied(state, go)
    assert after.users.keys() == {*names(20), "new"}
    assert after.members["00g-ops"].keys() == {"p001", "p019"}
    assert [lock.spec.expires for lock in after.locks.values()] == [None] * 6
    assert {change.lifetime for change in held.changes if isinstance(change, LockChange)} == {31 * 3600}
    assert {by for change in held.changes for by in change.blocked_by} == {"user_deletes"}
    assert [change.action for change in held.changes if isinstance(change, UserChange)] == ["delete"] * 6


def _lock_of(line: str) -> str:
    return lock_name(ORG, line.split()[2].removesuffix(":"))


def test_locks_go_ahead_though_their_guard_is_over_its_limit_and_the_count_says_so() -> None:
    state = settled(okta(*people(20)))
    suspended = okta(*(person(name, "SUSPENDED") for name in names(6)), *people(20, 6))
    made = sealed(plan(suspended, state))
    go, held = split(made, ())
    assert go is made
    assert held.is_empty
    leaving = plan(okta(*people(20, 6)), state)
    go, held = split(leaving, ())
    assert guards_of(go)["user_locks"] == (6, "blocked")
    assert guards_of(go)["user_deletes"] == (0, "ok")
    assert guards_of(held)["user_deletes"] == (6, "blocked")
    assert guards_of(held)["user_locks"] == (0, "ok")
    assert codes(held) == ["user_deletes"]
    assert codes(go) == []


def test_a_lock_that_never_ends_goes_ahead_as_it_is() -> None:
    settings = config("Guards: {user_deletes: {percent: 0, floor: 0}}", spec="locks: {ttl: never}")
    go, held = split(plan(okta(ANN), settled(okta(ANN, BOB), settings), settings), ())
    assert lines(go) == ["create lock bob: unassigned"]
    assert lines(held) == ["delete user bob: unassigned"]


def test_a_lock_without_end_gets_none_while_the_deletion_is_held() -> None:
    state = settled(okta(ANN, person("bob", "SUSPENDED")), NO_DELETES)
    go, held = split(plan(okta(ANN), state, NO_DELETES), ())
    assert go.is_empty
    assert lines(held) == ["update lock bob: unassigned", "delete user bob: unassigned"]
    assert {change.blocked_by for change in held.changes} == {("user_deletes",)}


def test_nobody_protected_is_locked_or_deleted_and_others_are() -> None:
    settings = config("Guards: {protected_users: [ann]}")
    state = settled(okta(ANN, BOB, CARL, group("eng", "ann", "bob", "carl")), settings)
    go, held = split(plan(okta(CARL, group("eng", "carl")), state, settings), ())
    assert lines(go) == [
        "create lock bob: unassigned",
        "update access_list eng: membership_changed -bob",
        "delete user bob: unassigned",
    ]
    assert blocked(held) == {
        "create lock ann: unassigned": ("protected_users",),
        "update access_list eng: membership_changed -ann": ("protected_users",),
        "delete user ann: unassigned": ("protected_users",),
    }
    assert lock_change(held, "ann").lifetime == 31 * 3600


def test_somebody_protected_is_not_left_without_a_role_and_gets_what_is_new() -> None:
    settings = config("Guards: {protected_users: [ann]}", spec="users: {default_roles: []}")
    state = settled(okta(ANN), PLAIN)
    go, held = split(plan(okta(person("ann", title="x")), state, settings), ())
    between = user_change(go, "ann").after
    assert between is not None
    assert (between.spec.roles, between.spec.traits) == (("okta-requester",), {"okta/title": ("x",)})
    assert blocked(held) == {"update user ann: profile_changed": ("protected_users",)}


RENAMED = okta(
    person("anna", id="00u-ann"),
    person("bobby", id="00u-bob"),
    CARL,
    group("eng", "ann", "bob", "carl"),
    group("ops", "ann", "carl"),
    group("new", "ann", "bob"),
    group("own", "ann"),
)


def test_r37_a_rename_stays_whole_and_another_goes_ahead() -> None:
    settings = config("Guards: {protected_users: [ann]}")
    state = settled(okta(ANN, BOB, group("eng", "ann", "bob"), group("ops", "bob")), settings)
    owners = (Owner("ann", "first"), Owner("bob"), Owner("olga"))
    state = edited_list(state, "00g-eng", owners=owners)
    go, held = split(plan(RENAMED, state, settings), ())
    assert lines(go) == [
        "create lock bob: renamed",
        "create user bobby: renamed",
        "create user carl: assigned",
        "update access_list eng: renamed +bobby +carl -bob",
        "create access_list new: imported +bobby",
        "update access_list ops: membership_changed +carl -bob",
        "delete user bob: renamed",
    ]
    assert lines(held) == [
        "create lock ann: renamed",
        "create user anna: renamed",
        "update access_list eng: renamed +anna -ann",
        "update access_list new: imported +anna",
        "update access_list ops: membership_changed +anna",
        "create access_list own: imported +anna",
        "delete user ann: renamed",
    ]
    assert {change.blocked_by for change in held.changes} == {("protected_users",)}
    assert list_change(go, "eng").carried.keys() == {"bobby"}
    assert list_change(held, "eng").carried.keys() == {"anna"}
    assert owner_names(go, "eng") == ["ann", "bobby", "olga"]
    assert owner_names(held, "eng") == ["anna", "bobby", "olga"]


def owner_names(made: Plan, name: str) -> list[str]:
    after = list_change(made, name).after
    assert after is not None
    return [owner.name for owner in after.spec.owners]


def test_somebody_renamed_stays_where_a_list_does_that_the_old_name_is_in() -> None:
    state = settled(okta(ANN, BOB, group("eng", "ann"), group("ops", "bob")))
    gone = okta(person("anna", id="00u-ann"), person("bobby", id="00u-bob"), group("ops", "bob"))
    go, held = split(plan(gone, state, NO_LIST_DELETES), ())
    assert "delete user bob: renamed" in lines(go)
    assert lines(held) == [
        "create lock ann: renamed",
        "create user anna: renamed",
        "delete access_list eng: deleted_upstream -ann",
        "delete user ann: renamed",
    ]
    assert {change.blocked_by for change in held.changes} == {("access_list_deletes",)}


def test_a_list_that_is_held_loses_people_whose_account_goes() -> None:
    state = settled(okta(ANN, BOB, CARL, group("eng", "ann", "bob", "carl"), group("ops", "bob")))
    smaller = okta(ANN, BOB, group("ops", "bob"))
    go, held = split(plan(smaller, state, NO_LIST_DELETES), ())
    assert lines(go) == [
        "create lock carl: unassigned",
        "update access_list eng: deleted_upstream -carl",
        "delete user carl: unassigned",
    ]
    assert lines(held) == ["delete access_list eng: deleted_upstream -ann -bob"]
    assert lines(plan(smaller, applied(state, go), NO_LIST_DELETES)) == lines(held)


def test_r37_a_list_of_leavers_alone_stays_until_their_accounts_go() -> None:
    state = settled(okta(ANN, BOB, CARL, group("night", "ann", "bob"), group("day", "ann", "carl")))
    left = okta(CARL, group("night"), group("day", "carl"))
    go, held = split(plan(left, state, NO_DELETES), ())
    assert lines(go) == ["create lock ann: unassigned", "create lock bob: unassigned"]
    assert applied(state, go).members == state.members
    assert "delete access_list night: became_empty -ann -bob" in lines(held)
    go, held = split(plan(left, state, NO_DELETES), {"user_deletes"})
    assert held.is_empty
    assert applied(state, go).members.keys() == {"00g-day"}


def test_a_list_that_somebody_else_is_in_goes_without_waiting_for_leavers() -> None:
    state = settled(okta(ANN, BOB, group("night", "ann", "bob"), group("day", "bob")))
    go, _ = split(plan(okta(BOB, group("day", "bob")), state, NO_DELETES), ())
    assert lines(go) == ["create lock ann: unassigned", "delete access_list night: deleted_upstream -ann -bob"]


def test_r37_an_adoption_stays_whole() -> None:
    settings = config(spec="users: {adopt: [ann]}")
    state = with_user(settled(okta(BOB)), foreign_user("ann", roles=("admin",)))
    made = plan(okta(ANN, BOB, group("eng", "ann", "bob"), complete=False), state, settings)
    assert blocked(made) == {"update user ann: adopted_by_name": ("incomplete",)}
    go, held = split(made, ())
    assert lines(go) == ["create access_list eng: imported +bob"]
    assert lines(held) == ["update user ann: adopted_by_name", "update access_list eng: imported +ann"]


def test_an_account_that_passes_to_another_person_is_not_given_to_both() -> None:
    settings = config(ROLES)
    state = settled(okta(ANN, BOB, group("eng", "ann", "bob")), settings)
    other = person("ann", id="00u-other")
    made = plan(okta(other, BOB, group("eng", "bob"), group("ops", "other", "bob"), complete=False), state, settings)
    go, held = split(made, ())
    assert not any(isinstance(change, UserChange) and change.address == "user/ann" for change in go.changes)
    assert "update access_list ops: imported +ann" in lines(held)
    assert "create access_list ops: imported +bob" in lines(go)


def test_a_newcomer_whose_lock_is_held_is_not_made_yet() -> None:
    made = plan(okta(person("ann", "SUSPENDED"), BOB, group("eng", "ann", "bob"), complete=False))
    go, held = split(made, ())
    assert lines(go) == ["create user bob: assigned", "create access_list eng: imported +bob"]
    assert lines(held) == [
        "create lock ann: suspended",
        "create user ann: assigned",
        "update access_list eng: imported +ann",
    ]


def test_somebody_whose_lock_is_held_is_given_nothing() -> None:
    state = settled(okta(ANN, BOB))
    suspended = okta(person("ann", "SUSPENDED", title="x"), BOB, group("eng", "ann", "bob"), complete=False)
    go, held = split(plan(suspended, state), ())
    assert lines(go) == ["create access_list eng: imported +bob"]
    assert lines(held) == [
        "create lock ann: suspended",
        "update user ann: profile_changed",
        "update access_list eng: imported +ann",
    ]


def test_nobody_is_unlocked_while_something_of_theirs_is_held() -> None:
    before = okta(person("ann", "SUSPENDED"), person("bob", "SUSPENDED"), CARL, group("eng", "ann", "carl"))
    made = plan(okta(ANN, BOB, CARL, group("eng", "carl")), settled(before), NO_REMOVALS)
    go, held = split(made, ())
    assert lines(go) == ["delete lock bob: unsuspended"]
    assert lines(held) == ["update access_list eng: membership_changed -ann", "delete lock ann: unsuspended"]
    assert {change.blocked_by for change in held.changes} == {("member_removals",)}


def test_what_is_released_is_not_held_and_what_nobody_can_release_is() -> None:
    state = settled(okta(*people(20)))
    made = sealed(plan(okta(*people(20, 6)), state))
    assert split(made, {"user_deletes"})[0] is made
    incomplete = plan(okta(*people(20, 6), complete=False), state)
    go, held = split(incomplete, {"incomplete", "user_deletes", "user_locks"})
    assert go.is_empty
    assert {change.blocked_by for change in held.changes} == {("incomplete",)}


def test_any_other_mark_holds_all_of_the_change_that_bears_it() -> None:
    state = settled(okta(ANN, BOB, group("eng", "ann", "bob")))
    made = plan(okta(person("ann", title="x"), CARL, group("eng", "ann", "carl")), state)
    by = ("policy/two-owners",)
    named = {"user/ann", "access_list/00g-eng"}
    changes = tuple(replace(item, blocked_by=by) if item.address in named else item for item in made.changes)
    go, held = split(replace(made, changes=changes), ())
    assert lines(go) == [
        "create lock bob: unassigned",
        "create user carl: assigned",
        "update access_list eng: membership_changed -bob",
        "delete user bob: unassigned",
    ]
    assert lines(held) == ["update user ann: profile_changed", "update access_list eng: membership_changed +carl"]
    assert {change.blocked_by for change in held.changes} == {by}


def test_a_marked_change_that_takes_nothing_is_held_whole() -> None:
    made = plan(okta(person("ann", title="x")), settled(okta(ANN)))
    marked = replace(made, changes=tuple(replace(change, blocked_by=("user_deletes",)) for change in made.changes))
    go, held = split(marked, ())
    assert go.is_empty
    assert lines(held) == lines(made)


def test_somebody_of_whom_a_role_is_held_joins_a_list_all_the_same() -> None:
    settings = config(ROLES)
    state = settled(okta(ANN, BOB, group("eng", "ann", "bob"), group("ops", "bob")), settings)
    made = plan(okta(ANN, BOB, group("eng", "bob"), group("ops", "ann", "bob"), complete=False), state, settings)
    go, held = split(made, ())
    assert "update access_list ops: membership_changed +ann" in lines(go)
    assert lines(held) == ["update user ann: role_mapping_changed", "update access_list eng: membership_changed -ann"]


def test_what_people_gain_and_lose_is_told_of_the_half_that_does_it() -> None:
    settings = config(ROLES, "Guards: {member_removals: {percent: 0, floor: 0}}")
    state = settled(okta(ANN, BOB, CARL, group("eng", "ann", "bob"), group("ops", "carl")), settings)
    after = okta(ANN, BOB, CARL, group("eng", "ann"), group("ops", "bob", "carl", "ann"))
    made = plan(after, state, settings)
    go, held = split(made, ())
    assert {access.name for access in delta_of(go, "bob").gains} == {"00g-ops", "in-ops"}
    assert {access.name for access in delta_of(go, "bob").loses} == {"in-eng"}
    assert {access.name for access in delta_of(held, "bob").loses} == {"00g-eng"}
    assert delta_of(held, "bob").gains == ()
    assert [delta.person for delta in held.access_delta] == ["bob"]
    assert delta_of(go, "ann") == delta_of(made, "ann")


def test_what_goes_by_one_way_and_is_kept_by_another_is_lost_with_the_last() -> None:
    rules = (
        "RoleMapping: {rules: [{group: eng, roles: [dev]}]}",
        "AccessListRules: {rules: [{group: eng, grants: {roles: [dev]}}]}",
    )
    careful = config(*rules, "Guards: {member_removals: {percent: 0, floor: 0}}")
    state = settled(okta(ANN, BOB, group("eng", "ann", "bob")), careful)
    go, held = split(sealed(plan(okta(ANN, BOB, group("eng", "bob")), state, careful)), ())
    assert [change.address for change in go.changes] == ["user/ann"]
    assert lines(held) == ["update access_list eng: membership_changed -ann"]
    assert go.access_delta == ()
    assert [(access.kind, access.name) for access in delta_of(held, "ann").loses] == [
        ("role", "dev"),
        ("access_list", "00g-eng"),
    ]


def test_of_a_held_deletion_the_lock_is_told_now_and_what_is_lost_later() -> None:
    state = settled(okta(ANN, BOB, group("eng", "ann", "bob")), NO_DELETES)
    go, held = split(plan(okta(ANN, group("eng", "ann")), state, NO_DELETES), ())
    assert (delta_of(go, "bob").locked, delta_of(go, "bob").loses) == ("unassigned", ())
    assert delta_of(held, "bob").locked is None
    assert {access.name for access in delta_of(held, "bob").loses} == {"00g-eng", "okta-requester"}


def test_a_plan_that_was_kept_in_a_file_is_split_alike() -> None:
    made = sealed(plan(okta(*people(20, 6), person("new")), settled(okta(*people(20)))))
    again = decode_plan(encode_plan(made))
    assert [half.digest for half in split(again, ())] == [half.digest for half in split(made, ())]


def test_each_section_is_held_by_its_own_marks() -> None:
    state = settled(okta(ANN, BOB))
    made = plan(okta(ANN), state)
    there = tuple(replace(change, target="teleport", blocked_by=("user_deletes",)) for change in made.changes)
    both = replace(made, changes=(*made.changes, *there), inputs=replace(made.inputs, serials={"teleport": 3}))
    go, held = split(both, ())
    assert [(change.target, change.action) for change in go.changes] == [
        ("", "create"),
        ("", "delete"),
    ]
    assert {change.target for change in held.changes} == {"teleport"}
    assert held.requires == ("targets",)
    assert replay(state, go.changes, NOW) == replay(state, made.changes, NOW)
