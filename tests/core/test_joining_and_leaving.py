"""People who join, leave and come back: the account, the lock, and why."""

import datetime as dt

import pytest

from idsync.model.directory import DirectoryState, UpstreamCause
from idsync.model.identity import Snapshot
from idsync.model.ownership import is_ours, lock_name
from idsync.model.resources import LockTarget
from idsync.plan.steps import Phase, steps_of
from tests.core.replay import applied, settled
from tests.core.world import (
    NOW,
    ORG,
    codes,
    config,
    edited_user,
    group,
    lines,
    lock_change,
    lock_on,
    okta,
    person,
    plan,
    user_change,
    with_lock,
    without_user,
)

STAYING = [person(f"stays{number}") for number in range(3)]


def test_r02_a_person_assigned_to_the_app_becomes_a_user_of_ours() -> None:
    made = plan(okta(person("alice", email="alice@enzos.example")))
    user = user_change(made, "alice").after
    assert user is not None
    assert (user.kind, user.version) == ("user", "v2")
    assert user.metadata.labels == {"teleport.dev/origin": "okta", "okta/org": ORG, "okta/user-id": "00u-alice"}
    assert user.spec.roles == ("okta-requester",)
    assert user.spec.traits == {"okta/email": ("alice@enzos.example",)}
    assert lines(made) == ["create user alice: assigned"]
    assert user_change(made, "alice").causes == (UpstreamCause("user", "00u-alice", "alice"),)


def test_someone_new_whom_a_person_had_locked_is_assigned_and_did_not_return() -> None:
    assert lines(plan(okta(person("alice")), with_lock(DirectoryState(), lock_on("alice")))) == [
        "create user alice: assigned"
    ]


def test_the_second_plan_is_empty() -> None:
    snapshot = okta(person("alice"), person("bob", "SUSPENDED"), group("eng", "alice", "bob"))
    assert plan(snapshot, settled(snapshot)).is_empty


@pytest.mark.parametrize("status", ["ACTIVE", "PASSWORD_EXPIRED", "RECOVERY", "LOCKED_OUT", "PROVISIONED"])
def test_r01_these_statuses_let_a_person_have_access(status: str) -> None:
    assert lines(plan(okta(person("alice", status)))) == ["create user alice: assigned"]


@pytest.mark.parametrize("status", ["STAGED", "DEPROVISIONED"])
def test_r01_these_statuses_do_not(status: str) -> None:
    assert plan(okta(person("alice", status))).is_empty


def test_r01_a_person_assigned_through_a_group_is_in_the_pool_too() -> None:
    assert lines(plan(okta(person("alice", within="GROUP")))) == ["create user alice: assigned"]


def test_r01_people_without_the_app_are_out_whatever_groups_they_are_in() -> None:
    made = plan(okta(person("alice"), group("eng", "alice", "outsider")))
    assert lines(made) == ["create user alice: assigned", "create access_list eng: imported +alice"]


@pytest.mark.parametrize(
    ("after", "reason"),
    [
        (okta(*STAYING), "unassigned"),
        (okta(*STAYING, unassigned={"alice": "ACTIVE"}), "unassigned"),
        (okta(*STAYING, unassigned={"alice": "SUSPENDED"}), "unassigned"),
        (okta(*STAYING, person("alice", "STAGED")), "unassigned"),
        (okta(*STAYING, person("alice", "DEPROVISIONED")), "deactivated"),
        (okta(*STAYING, unassigned={"alice": "DEPROVISIONED"}), "deactivated"),
        (okta(*STAYING, unassigned={"alice": "DELETED"}), "deleted_upstream"),
    ],
)
def test_r07_a_leaver_is_locked_then_deleted_for_the_right_reason(after: Snapshot, reason: str) -> None:
    made = plan(after, settled(okta(*STAYING, person("alice"))))
    assert lines(made) == [f"create lock alice: {reason}", f"delete user alice: {reason}"]
    assert [step.phase for step in steps_of(made.changes)] == [Phase.LOCK, Phase.USER_DELETE]
    assert user_change(made, "alice").causes == (UpstreamCause("user", "00u-alice", "alice"),)


def test_r07_a_leaver_loses_memberships() -> None:
    before = okta(*STAYING, person("alice"), group("eng", "alice", "stays0"))
    made = plan(okta(*STAYING, group("eng", "alice", "stays0")), settled(before))
    assert lines(made) == [
        "create lock alice: unassigned",
        "update access_list eng: membership_changed -alice",
        "delete user alice: unassigned",
    ]


def test_r07_a_leavers_lock_is_ours_says_why_and_expires_after_ttl_and_margin_from_apply() -> None:
    made = plan(okta(*STAYING), settled(okta(*STAYING, person("alice"))), config(spec="locks: {ttl: 10h, margin: 30m}"))
    change = lock_change(made, "alice")
    assert change.after is not None
    assert change.lifetime == 10 * 3600 + 30 * 60
    assert change.after.spec.expires is None
    assert change.after.spec.target == LockTarget(user="alice")
    assert "no longer assigned" in change.after.spec.message
    assert is_ours(change.after.metadata.labels, ORG)
    later = NOW + dt.timedelta(hours=5, microseconds=7)
    lock = applied(settled(okta(*STAYING, person("alice"))), made, later).locks[lock_name(ORG, "alice")]
    assert lock.spec.expires == "2026-11-23T03:30:00Z"
    assert lock.spec.created_at == "2026-11-22T17:00:00Z"


def test_the_default_lock_lasts_31_hours() -> None:
    made = plan(okta(*STAYING), settled(okta(*STAYING, person("alice"))))
    assert lock_change(made, "alice").lifetime == 31 * 3600


def test_with_ttl_never_a_leavers_lock_is_permanent() -> None:
    settings = config(spec="locks: {ttl: never}")
    state = settled(okta(*STAYING, person("alice")), settings)
    made = plan(okta(*STAYING), state, settings)
    assert lock_change(made, "alice").lifetime is None
    after = applied(state, made)
    assert after.locks[lock_name(ORG, "alice")].spec.expires is None
    assert plan(okta(*STAYING), after, settings).is_empty


def test_a_locks_name_is_made_of_org_and_name_so_that_making_it_twice_makes_it_once() -> None:
    assert lock_name(ORG, "alice") == "ca94b6bd-7853-5220-8237-0e846c288193"
    before = okta(*STAYING, person("alice"))
    half = with_lock(settled(before), lock_on("alice", ours=True, expires="2026-11-23T19:00:00Z"))
    assert lines(plan(okta(*STAYING), half)) == ["delete user alice: unassigned"]


def test_a_lock_that_ends_before_credentials_do_is_renewed_when_the_account_goes() -> None:
    state = settled(okta(*STAYING, person("alice")))
    state = with_lock(state, lock_on("alice", ours=True, expires="2026-11-22T14:00:00Z"))
    made = plan(okta(*STAYING), state)
    assert lines(made) == ["update lock alice: unassigned", "delete user alice: unassigned"]
    assert applied(state, made).locks[lock_name(ORG, "alice")].spec.expires == "2026-11-23T19:00:00Z"


def leave(name: str) -> DirectoryState:
    """The directory after `name` came and left."""
    state = settled(okta(*STAYING, person(name)))
    return applied(state, plan(okta(*STAYING), state))


def test_someone_who_left_stays_locked_and_plans_nothing_more() -> None:
    assert plan(okta(*STAYING), leave("alice")).is_empty


def test_r09_a_returning_person_is_recreated_and_then_our_lock_goes() -> None:
    state = leave("alice")
    made = plan(okta(*STAYING, person("alice")), state)
    assert lines(made) == ["create user alice: reprovisioned", "delete lock alice: reprovisioned"]
    assert [step.phase for step in steps_of(made.changes)] == [Phase.USER, Phase.UNLOCK]
    assert applied(state, made).locks == {}


def test_r09_only_our_lock_goes_and_one_made_by_a_person_stays() -> None:
    by_hand = lock_on("alice")
    state = with_lock(leave("alice"), by_hand)
    after = applied(state, plan(okta(*STAYING, person("alice")), state))
    assert after.locks == {"hand-alice": by_hand}


def test_a_lock_made_by_a_person_does_not_stand_in_for_ours() -> None:
    state = with_lock(settled(okta(*STAYING, person("alice"))), lock_on("alice"))
    made = plan(okta(*STAYING), state)
    assert lines(made) == ["create lock alice: unassigned", "delete user alice: unassigned"]
    assert "hand-alice" in applied(state, made).locks


def test_r07_an_expired_lock_of_ours_counts_as_absent_and_is_not_a_change() -> None:
    state = leave("alice")
    later = NOW + dt.timedelta(hours=31)
    assert lines(plan(okta(*STAYING), state, now=later - dt.timedelta(seconds=1))) == []
    assert lines(plan(okta(*STAYING), state, now=later)) == []
    made = plan(okta(*STAYING, person("alice")), state, now=later)
    assert lines(made) == ["create user alice: assigned"]
    assert applied(state, made, later).locks == {}


def test_an_expired_lock_made_by_a_person_is_not_swept() -> None:
    state = with_lock(settled(okta(*STAYING)), lock_on("alice", expires="2020-01-01T00:00:00Z"))
    assert applied(state, plan(okta(*STAYING), state)).locks.keys() == {"hand-alice"}


def test_an_expired_lock_of_ours_does_not_spare_a_leaver_a_new_one() -> None:
    state = with_lock(
        settled(okta(*STAYING, person("alice"))), lock_on("alice", ours=True, expires="2026-11-22T12:00:00Z")
    )
    made = plan(okta(*STAYING), state)
    assert lines(made) == ["create lock alice: unassigned", "delete user alice: unassigned"]
    assert lock_change(made, "alice").before_fingerprint is None


def test_a_user_of_ours_without_the_id_label_gets_it() -> None:
    state = settled(okta(person("alice")))
    bare = {key: value for key, value in state.users["alice"].metadata.labels.items() if key != "okta/user-id"}
    user = state.users["alice"]
    state.users["alice"] = type(user)(user.kind, user.version, type(user.metadata)("alice", labels=bare), user.spec)
    made = plan(okta(person("alice")), state)
    assert lines(made) == ["update user alice: profile_changed"]
    assert applied(state, made) == settled(okta(person("alice")))


def test_a_user_that_somebody_removed_by_hand_comes_back_as_drift() -> None:
    state = without_user(settled(okta(person("alice"))), "alice")
    assert lines(plan(okta(person("alice")), state, edited=["user/alice"])) == ["create user alice: drift"]


def test_a_changed_profile_is_the_reason_for_an_update() -> None:
    state = settled(okta(person("alice", title="cook")))
    assert lines(plan(okta(person("alice", title="chef")), state)) == ["update user alice: profile_changed"]


def test_what_logins_and_people_left_on_a_user_beside_roles_and_traits_stays() -> None:
    state = edited_user(settled(okta(person("alice", title="cook"))), "alice", expires="2027-01-01T00:00:00Z")
    made = plan(okta(person("alice", title="chef")), state)
    after = user_change(made, "alice").after
    assert after is not None
    assert after.spec.expires == "2027-01-01T00:00:00Z"


def test_r11_another_person_under_the_same_name_gets_the_account_behind_a_lock_for_the_first_one() -> None:
    state = settled(okta(*STAYING, person("alice", id="00u-old")))
    made = plan(okta(*STAYING, person("alice", id="00u-new")), state)
    assert lines(made) == ["create lock alice: unassigned", "update user alice: assigned"]
    assert codes(made) == ["login_reused"]
    assert plan(okta(*STAYING, person("alice", id="00u-new")), applied(state, made)).is_empty
