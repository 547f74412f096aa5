"""Locks of ours under another `ttl` than the one that they were made with."""

from idsync.model.ownership import lock_name
from tests.core.replay import applied, settled
from tests.core.world import ORG, config, lines, lock_on, okta, person, plan, with_lock

NEVER = config(spec="locks: {ttl: never}")
STAYS = okta(person("stays"))
BEFORE = okta(person("stays"), person("alice"))
TEMPORARY = lock_on("alice", ours=True, expires="2026-11-23T00:00:00Z")
PERMANENT = lock_on("alice", ours=True)


def test_a_leaver_with_a_temporary_lock_is_locked_for_good_where_ttl_is_never() -> None:
    state = with_lock(settled(BEFORE), TEMPORARY)
    made = plan(STAYS, state, NEVER)
    assert lines(made) == ["update lock alice: unassigned", "delete user alice: unassigned"]
    after = applied(state, made)
    assert after.locks[lock_name(ORG, "alice")].spec.expires is None
    assert plan(STAYS, after, NEVER).is_empty


def test_the_temporary_lock_of_somebody_long_gone_may_end_where_ttl_is_never_now() -> None:
    assert plan(STAYS, with_lock(settled(STAYS), TEMPORARY), NEVER).is_empty


def test_the_permanent_lock_of_somebody_long_gone_gets_an_end_where_ttl_is_given_now() -> None:
    state = with_lock(settled(STAYS), PERMANENT)
    made = plan(STAYS, state)
    assert lines(made) == ["update lock alice: unassigned"]
    assert plan(STAYS, applied(state, made)).is_empty


def test_another_ttl_changes_no_lock_that_is_in_force() -> None:
    state = with_lock(settled(STAYS), TEMPORARY)
    assert plan(STAYS, state, config(spec="locks: {ttl: 90d}")).is_empty


def test_a_second_lock_of_ours_on_somebody_who_is_back_goes_too() -> None:
    state = with_lock(with_lock(settled(BEFORE), PERMANENT), lock_on("alice", ours=True, called="another"))
    made = plan(BEFORE, state)
    assert lines(made) == ["delete lock alice: unsuspended", "delete lock alice: unsuspended"]
    assert applied(state, made).locks == {}
