"""People whom Okta suspends: locked with everything in place, ignored, or treated as leavers; and what follows."""

from idsync.model.ownership import lock_name
from idsync.plan.steps import Phase, steps_of
from tests.core.replay import applied, settled
from tests.core.world import (
    ORG,
    codes,
    config,
    group,
    lines,
    list_change,
    lock_change,
    lock_on,
    okta,
    person,
    plan,
    with_lock,
)

LOCK = lock_name(ORG, "bob")
ENG = group("eng", "alice", "bob")
BEFORE = okta(person("alice"), person("bob"), ENG)
SUSPENDED = okta(person("alice"), person("bob", "SUSPENDED"), ENG)
GONE = okta(person("alice"), ENG)
IGNORE = config(spec="users: {suspended: ignore}")
DELETE = config(spec="users: {suspended: delete}")


def test_r12_a_suspended_person_is_locked_for_good_and_keeps_account_and_lists() -> None:
    made = plan(SUSPENDED, settled(BEFORE))
    assert lines(made) == ["create lock bob: suspended"]
    assert lock_change(made, "bob").lifetime is None
    after = applied(settled(BEFORE), made)
    assert after.locks[LOCK].spec.expires is None
    assert "bob" in after.users
    assert "bob" in after.members["00g-eng"]
    assert plan(SUSPENDED, after).is_empty


def test_r12_a_person_who_is_no_longer_suspended_is_unlocked() -> None:
    state = settled(SUSPENDED)
    made = plan(BEFORE, state)
    assert lines(made) == ["delete lock bob: unsuspended"]
    assert plan(BEFORE, applied(state, made)).is_empty


def test_a_new_person_who_is_suspended_is_locked_before_the_account_is_made() -> None:
    made = plan(SUSPENDED)
    assert lines(made)[0] == "create lock bob: suspended"
    assert [step.phase for step in steps_of(made.changes)] == [Phase.LOCK, Phase.USER, Phase.USER, Phase.ACCESS_LIST]


def test_a_profile_change_is_made_before_the_unlock() -> None:
    state = settled(okta(person("bob", "SUSPENDED", title="cook")))
    made = plan(okta(person("bob", title="chef")), state)
    assert [step.phase for step in steps_of(made.changes)] == [Phase.USER, Phase.UNLOCK]


def test_a_persons_own_lock_on_a_suspended_person_stays_after_the_suspension() -> None:
    state = with_lock(settled(SUSPENDED), lock_on("bob"))
    assert applied(state, plan(BEFORE, state)).locks.keys() == {"hand-bob"}


def test_a_suspended_person_who_then_leaves_has_a_temporary_lock_from_then_on() -> None:
    state = settled(SUSPENDED)
    made = plan(GONE, state)
    assert lines(made) == [
        "update lock bob: unassigned",
        "update access_list eng: membership_changed -bob",
        "delete user bob: unassigned",
    ]
    assert lock_change(made, "bob").lifetime == 31 * 3600
    after = applied(state, made)
    assert after.locks[LOCK].spec.expires == "2026-11-23T19:00:00Z"
    assert "no longer assigned" in after.locks[LOCK].spec.message
    assert plan(GONE, after).is_empty


def test_a_leaver_who_returns_suspended_is_locked_for_good_again() -> None:
    state = applied(settled(BEFORE), plan(GONE, settled(BEFORE)))
    assert state.locks[LOCK].spec.expires is not None
    made = plan(SUSPENDED, state)
    assert lines(made) == [
        "update lock bob: suspended",
        "create user bob: reprovisioned",
        "update access_list eng: membership_changed +bob",
    ]
    after = applied(state, made)
    assert after.locks[LOCK].spec.expires is None
    assert plan(SUSPENDED, after).is_empty


def test_r12_ignoring_suspension_changes_nothing_and_warns_about_each_person() -> None:
    made = plan(SUSPENDED, settled(BEFORE), IGNORE)
    assert made.is_empty
    assert codes(made) == ["suspension_ignored"]
    assert made.findings[0].severity == "warning"
    assert "bob" in made.findings[0].message


def test_ignoring_suspension_lifts_the_locks_that_suspension_made() -> None:
    assert lines(plan(SUSPENDED, settled(SUSPENDED), IGNORE)) == ["delete lock bob: suspension_changed"]


def test_r12_deleting_on_suspension_treats_it_as_leaving() -> None:
    state = settled(BEFORE, DELETE)
    made = plan(SUSPENDED, state, DELETE)
    assert lines(made) == [
        "create lock bob: suspended",
        "update access_list eng: membership_changed -bob",
        "delete user bob: suspended",
    ]
    assert lock_change(made, "bob").lifetime == 31 * 3600
    assert plan(SUSPENDED, applied(state, made), DELETE).is_empty


def test_with_deletion_a_suspended_person_is_not_created() -> None:
    assert lines(plan(okta(person("bob", "SUSPENDED")), settings=DELETE)) == []


def test_a_suspended_person_still_follows_groups_behind_the_lock() -> None:
    state = settled(SUSPENDED)
    made = plan(okta(person("alice"), person("bob", "SUSPENDED"), group("eng", "alice")), state)
    assert list_change(made, "eng").members_removed == ("bob",)


def test_a_temporary_lock_made_permanent_and_back_settles_each_time() -> None:
    state = settled(BEFORE)
    for snapshot in (SUSPENDED, GONE, SUSPENDED, BEFORE, GONE, BEFORE):
        state = applied(state, plan(snapshot, state))
        assert plan(snapshot, state).is_empty
    assert state.locks == {}
