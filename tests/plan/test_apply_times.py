"""What only an apply knows: lifetimes become expiries, new lists get a review date, new members a joined date."""

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from idsync.model.resources import Audit
from idsync.plan.apply_times import first_review, stamped_access_list, stamped_lock, stamped_members
from tests.core.replay import settled
from tests.core.world import NOW, edited_list, group, list_change, lock_change, okta, person, plan

MOMENTS = st.datetimes(min_value=dt.datetime(2000, 1, 1), max_value=dt.datetime(2200, 1, 1), timezones=st.just(dt.UTC))


@given(MOMENTS)
def test_the_first_review_is_on_the_first_of_a_month_six_to_seven_months_on(now: dt.datetime) -> None:
    review = first_review(now)
    assert (review.day, review.hour, review.minute, review.second) == (1, 0, 0, 0)
    months = (review.year - now.year) * 12 + review.month - now.month
    assert months in (6, 7)
    assert (months == 6) == (now == now.replace(day=1, hour=0, minute=0, second=0, microsecond=0))


def test_the_first_review_is_in_the_last_year_at_the_latest() -> None:
    assert first_review(dt.datetime(9999, 8, 5, tzinfo=dt.UTC)) == dt.datetime(9999, 12, 1, tzinfo=dt.UTC)


def test_the_first_review_looks_at_the_day_in_utc() -> None:
    east = dt.timezone(dt.timedelta(hours=14))
    assert first_review(dt.datetime(2026, 12, 1, 1, tzinfo=east)) == dt.datetime(2027, 6, 1, tzinfo=dt.UTC)


def test_a_lock_runs_from_apply() -> None:
    made = plan(okta(person("b")), settled(okta(person("a"), person("b"))))
    later = NOW + dt.timedelta(days=3)
    lock = stamped_lock(lock_change(made, "a"), later)
    assert (lock.spec.created_at, lock.spec.expires) == ("2026-11-25T12:00:00Z", "2026-11-26T19:00:00Z")


def test_a_permanent_lock_has_no_expiry() -> None:
    lock = stamped_lock(lock_change(plan(okta(person("a", "SUSPENDED"))), "a"), NOW)
    assert lock.spec.expires is None


def test_a_lock_that_is_lifted_cannot_be_written() -> None:
    change = lock_change(plan(okta(person("a")), settled(okta(person("a", "SUSPENDED")))), "a")
    with pytest.raises(ValueError, match="nothing to write"):
        stamped_lock(change, NOW)


def test_a_list_that_goes_cannot_be_written() -> None:
    before = okta(person("a"), group("x", "a"), group("y", "a"))
    with pytest.raises(ValueError, match="nothing to write"):
        stamped_access_list(list_change(plan(okta(person("a"), group("y", "a")), settled(before)), "x"), NOW)


def test_a_list_that_exists_keeps_its_own_review_date() -> None:
    state = edited_list(settled(okta(person("a"), group("x", "a"))), "00g-x", audit=Audit(next_audit_date=None))
    made = plan(okta(person("a"), group("x", "a", description="new")), state)
    assert stamped_access_list(list_change(made, "x"), NOW).spec.audit == Audit()


def test_new_members_join_now() -> None:
    made = plan(okta(person("a"), group("x", "a")))
    assert {entry.joined for entry in stamped_members(list_change(made, "x"), NOW).values()} == {"2026-11-22T12:00:00Z"}


def test_the_plan_does_not_know_the_second_in_which_it_is_made() -> None:
    before, after = okta(person("a"), person("b"), group("x", "a")), okta(person("b"), person("c", "SUSPENDED"))
    plans = [
        plan(after, settled(before), now=NOW + dt.timedelta(days=days, microseconds=micro))
        for days in (0, 40)
        for micro in (0, 1, 499_999, 500_000, 999_999)
    ]
    assert all(made == plans[0] for made in plans)
