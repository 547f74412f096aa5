"""Built-in limits: what they count, of what, and that N passes where N+1 does not."""

import pytest

from idsync.model.identity import IdentityUser, Snapshot
from idsync.plan.changes import Plan
from idsync.plan.guards import APP_GROUPS, GUARDS, released
from tests.core.replay import applied, settled
from tests.core.world import (
    NOTHING,
    blocked,
    codes,
    config,
    edited_user,
    foreign_list,
    foreign_user,
    group,
    lines,
    lock_on,
    okta,
    person,
    plan,
    replace,
    with_list,
    with_lock,
    with_user,
)


def people(count: int, start: int = 0) -> list[IdentityUser]:
    return [person(f"p{number:03}") for number in range(start, count)]


def names(count: int, start: int = 0) -> list[str]:
    return [f"p{number:03}" for number in range(start, count)]


def guard(made: Plan, name: str) -> tuple[int, float, str]:
    return next((item.count, item.limit, item.verdict) for item in made.guards if item.guard == name)


def test_every_guard_is_on_without_a_guards_document() -> None:
    made = plan(okta(person("a")))
    assert [(item.guard, item.count, item.limit, item.verdict) for item in made.guards] == [
        ("user_deletes", 0, 5, "ok"),
        ("user_locks", 0, 5, "ok"),
        ("member_removals", 0, 10, "ok"),
        ("access_list_deletes", 0, 3, "ok"),
        ("access_losses", 0, 5, "ok"),
        ("protected_users", 0, 0, "ok"),
    ]


@pytest.mark.parametrize(
    ("managed", "leavers", "limit", "verdict"),
    [
        (20, 5, 5, "ok"),
        (20, 6, 5, "blocked"),
        (59, 5, 5, "ok"),
        (59, 6, 5, "blocked"),
        (100, 10, 10, "ok"),
        (100, 11, 10, "blocked"),
    ],
)
def test_r32_deletes_and_locks_pass_at_the_limit_and_not_beyond(
    managed: int, leavers: int, limit: int, verdict: str
) -> None:
    made = plan(okta(*people(managed, leavers)), settled(okta(*people(managed))))
    assert guard(made, "user_deletes") == (leavers, limit, verdict)
    assert guard(made, "user_locks") == (leavers, limit, verdict)
    assert ("user_deletes" in codes(made)) == (verdict == "blocked")


def test_a_fraction_of_a_percent_counts() -> None:
    settings = config("Guards: {user_deletes: {percent: 2.5, floor: 0}}")
    state = settled(okta(*people(80)), settings)
    assert guard(plan(okta(*people(80, 2)), state, settings), "user_deletes") == (2, 2, "ok")
    assert guard(plan(okta(*people(80, 3)), state, settings), "user_deletes") == (3, 2, "blocked")


def test_a_floor_of_nothing_and_no_percentage_block_the_first() -> None:
    settings = config("Guards: {user_deletes: {percent: 0, floor: 0}}")
    state = settled(okta(*people(3)), settings)
    assert guard(plan(okta(*people(3)), state, settings), "user_deletes") == (0, 0, "ok")
    assert guard(plan(okta(*people(3, 1)), state, settings), "user_deletes") == (1, 0, "blocked")


def test_r32_a_guard_never_hides_the_plan_and_says_how_to_release_it() -> None:
    made = plan(okta(*people(20, 6)), settled(okta(*people(20))))
    assert len(made.changes) == 12
    finding = next(item for item in made.findings if item.code == "user_deletes")
    assert finding.severity == "error"
    assert "6 user deletions" in finding.message
    assert "the limit is 5" in finding.message
    assert "--allow user_deletes=REASON" in finding.message


@pytest.mark.parametrize(("removed", "verdict"), [(10, "ok"), (11, "blocked")])
def test_member_removals_pass_at_the_limit_and_not_beyond(removed: int, verdict: str) -> None:
    before = okta(*people(20), group("eng", *names(20)))
    made = plan(okta(*people(20), group("eng", *names(20, removed))), settled(before))
    assert guard(made, "member_removals") == (removed, 10, verdict)


def test_the_percentage_of_member_removals_is_of_all_members_of_lists_of_ours() -> None:
    before = okta(*people(60), group("eng", *names(60)), group("ops", *names(4)))
    state = with_list(settled(before), foreign_list("payroll"), *names(60))
    made = plan(okta(*people(60), group("eng", *names(60, 17)), group("ops", *names(4))), state)
    assert guard(made, "member_removals") == (17, 16, "blocked")


def test_r32_memberships_of_leavers_are_not_member_removals() -> None:
    before = okta(*people(60), group("eng", *names(60)), group("ops", *names(60)))
    made = plan(okta(*people(60, 6), group("eng", *names(60)), group("ops", *names(60))), settled(before))
    assert guard(made, "member_removals")[0] == 0


def test_memberships_of_deleted_lists_are_not_member_removals() -> None:
    before = okta(*people(60), group("eng", *names(60)), group("ops", *names(60)))
    made = plan(okta(*people(60), group("ops", *names(60))), settled(before))
    assert guard(made, "member_removals")[0] == 0
    assert guard(made, "access_list_deletes") == (1, 3, "ok")


def test_memberships_that_a_rename_moves_are_not_member_removals() -> None:
    before = okta(person("maria"), group("eng", "maria"))
    made = plan(okta(person("maria2", id="00u-maria"), group("eng", "maria")), settled(before))
    assert guard(made, "member_removals")[0] == 0


def test_memberships_of_a_list_that_is_kept_empty_are() -> None:
    keep = config(spec="access_lists: {when_empty: keep}")
    before = okta(*people(20), group("eng", *names(20)), group("ops", "p000"))
    made = plan(okta(*people(20), group("eng"), group("ops", "p000")), settled(before, keep), keep)
    assert guard(made, "member_removals") == (20, 10, "blocked")


@pytest.mark.parametrize(("deleted", "verdict"), [(3, "ok"), (4, "blocked")])
def test_list_deletes_pass_at_the_limit_and_not_beyond(deleted: int, verdict: str) -> None:
    groups = [group(f"g{number}", "p000") for number in range(8)]
    made = plan(okta(*people(1), *groups[deleted:]), settled(okta(*people(1), *groups)))
    assert guard(made, "access_list_deletes") == (deleted, 3, verdict)


def test_r32_locks_on_people_created_suspended_do_not_count() -> None:
    made = plan(okta(*(person(f"s{number}", "SUSPENDED") for number in range(30))))
    assert guard(made, "user_locks") == (0, 5, "ok")


def test_locks_on_people_who_were_ours_do() -> None:
    suspended = okta(*(person(f"p{number:03}", "SUSPENDED") for number in range(6)), *people(20, 6))
    made = plan(suspended, settled(okta(*people(20))))
    assert guard(made, "user_locks") == (6, 5, "blocked")
    assert guard(made, "user_deletes") == (0, 5, "ok")


def test_foreign_users_and_lists_are_not_managed() -> None:
    state = settled(okta(*people(3), group("eng", *names(3))))
    for number in range(100):
        state = with_user(state, foreign_user(f"f{number}"))
        state = with_list(state, foreign_list(f"l{number}"), "f1", "f2")
    settings = config("Guards: {user_deletes: {percent: 50, floor: 0}, access_list_deletes: {percent: 100, floor: 0}}")
    made = plan(okta(*people(3), group("eng", *names(3))), state, settings)
    assert guard(made, "user_deletes")[1] == 1
    assert guard(made, "access_list_deletes")[1] == 1


PROTECTED = config("Guards: {protected_users: [Admin]}")
ADMIN = settled(okta(person("admin"), *people(3)))


@pytest.mark.parametrize(
    "snapshot",
    [
        okta(*people(3)),
        okta(person("admin", "SUSPENDED"), *people(3)),
        okta(person("admin2", id="00u-admin"), *people(3)),
    ],
)
def test_protected_people_are_never_locked_or_deleted(snapshot: Snapshot) -> None:
    made = plan(snapshot, ADMIN, PROTECTED)
    assert guard(made, "protected_users") == (1, 0, "blocked")
    finding = next(item for item in made.findings if item.code == "protected_users")
    assert "admin" in finding.message


def test_protected_people_are_never_left_without_a_role() -> None:
    settings = config("Guards: {protected_users: [admin]}", spec="users: {default_roles: []}")
    made = plan(okta(person("admin"), *people(3)), ADMIN, settings)
    assert guard(made, "protected_users") == (1, 0, "blocked")


def test_protected_people_who_had_no_role_are_not_left_without_one_by_this_plan() -> None:
    settings = config("Guards: {protected_users: [admin]}", spec="users: {default_roles: []}")
    state = edited_user(ADMIN, "admin", roles=())
    assert guard(plan(okta(person("admin", title="x"), *people(3)), state, settings), "protected_users")[2] == "ok"


def test_protected_people_may_change_and_be_created() -> None:
    made = plan(okta(person("admin", title="x")), ADMIN, PROTECTED)
    assert guard(plan(okta(person("admin", title="x"), *people(3)), ADMIN, PROTECTED), "protected_users")[0] == 0
    assert guard(plan(okta(person("admin")), NOTHING, PROTECTED), "protected_users")[0] == 0
    assert "update user admin: profile_changed" in lines(made)


def test_a_lock_without_end_on_someone_protected_may_be_given_an_end() -> None:
    state = with_lock(settled(okta(*people(3))), lock_on("admin", ours=True))
    made = plan(okta(*people(3)), state, PROTECTED)
    assert lines(made) == ["update lock admin: unassigned"]
    assert guard(made, "protected_users")[2] == "ok"


def marks(made: Plan) -> dict[str, list[str]]:
    """What each guard holds back, in brief."""
    held: dict[str, list[str]] = {}
    for line, by in sorted(blocked(made).items()):
        for guard_name in by:
            held.setdefault(guard_name, []).append(line)
    return held


def test_a_guard_within_its_limit_marks_nothing() -> None:
    assert blocked(plan(okta(*people(20, 5)), settled(okta(*people(20))))) == {}


def test_guards_on_people_mark_deletions_and_locks_and_nothing_else() -> None:
    before = okta(*people(20), group("eng", *names(20)))
    made = plan(okta(*people(20, 6), person("new"), group("eng", *names(20, 6), "new")), settled(before))
    assert marks(made) == {
        "user_deletes": [f"delete user {name}: unassigned" for name in names(6)],
        "user_locks": [f"create lock {name}: unassigned" for name in names(6)],
    }


def test_a_guard_on_locks_marks_those_of_people_who_were_there() -> None:
    newcomers = [person(f"s{number}", "SUSPENDED") for number in range(3)]
    suspended = [person(name, "SUSPENDED") for name in names(6)]
    made = plan(okta(*suspended, *people(20, 6), *newcomers), settled(okta(*people(20))))
    assert marks(made) == {"user_locks": [f"create lock {name}: suspended" for name in names(6)]}
    assert "create lock s0: suspended" in lines(made)


def test_a_guard_on_removals_marks_the_lists_that_lose_people_who_stay() -> None:
    before = okta(*people(30), group("big", *names(20)), group("eng", "p029"), group("ops", "p028", "p001"))
    after = okta(
        *people(29), group("big", *names(8)), group("eng", "p001"), group("ops", "p001", "p002"), group("new", "p003")
    )
    made = plan(after, settled(before))
    assert guard(made, "member_removals") == (13, 10, "blocked")
    assert [line.partition(":")[0] for line in marks(made)["member_removals"]] == [
        "update access_list big",
        "update access_list ops",
    ]
    assert "update access_list eng: membership_changed +p001 -p029" in lines(made)


def test_a_guard_on_lists_marks_the_lists_that_go() -> None:
    groups = [group(f"g{number}", "p000") for number in range(8)]
    made = plan(okta(*people(1), *groups[4:]), settled(okta(*people(1), *groups)))
    assert [line.partition(":")[0] for line in marks(made)["access_list_deletes"]] == [
        f"delete access_list g{number}" for number in range(4)
    ]


def test_the_guard_on_protected_people_marks_what_harms_them() -> None:
    state = settled(okta(person("admin"), *people(3), group("eng", "admin", "p000")))
    made = plan(okta(*people(3, 1), group("eng", "p001")), state, PROTECTED)
    assert marks(made) == {
        "protected_users": ["create lock admin: unassigned", "delete user admin: unassigned"],
    }


def test_a_change_bears_the_marks_of_every_guard_that_counts_it() -> None:
    settings = config("Guards: {user_deletes: {percent: 0, floor: 0}, protected_users: [p000]}")
    made = plan(okta(*people(3, 2)), settled(okta(*people(3)), settings), settings)
    assert blocked(made)["delete user p000: unassigned"] == ("user_deletes", "protected_users")
    assert blocked(made)["delete user p001: unassigned"] == ("user_deletes",)


def test_a_release_takes_its_own_mark_away_and_no_other() -> None:
    settings = config("Guards: {user_deletes: {percent: 0, floor: 0}, protected_users: [p000]}")
    made = plan(okta(*people(3, 2)), settled(okta(*people(3)), settings), settings)
    left = replace(made, changes=released(made.changes, {"user_deletes"}))
    assert set(blocked(left).values()) == {("protected_users",)}
    assert released(made.changes, {"user_deletes", "protected_users"}) == tuple(
        replace(change, blocked_by=()) for change in made.changes
    )


def test_a_plan_that_was_applied_leaves_every_guard_at_nothing() -> None:
    state = settled(okta(*people(20)))
    state = applied(state, plan(okta(*people(20, 15)), state))
    assert {item.guard: item.count for item in plan(okta(*people(20, 15)), state).guards} == dict.fromkeys(
        (guard for guard in GUARDS if guard != APP_GROUPS), 0
    )
