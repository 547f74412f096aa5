"""Two clocks that differ: what is written counts from the later one, and what ends is judged so that nobody gains."""

import datetime as dt

import pytest
from msgspec.structs import replace

from idsync.apply.preconditions import check_preconditions, look_at
from idsync.config.settings import Settings
from idsync.errors import PlanStale
from idsync.model.directory import DirectoryState
from idsync.model.extent import Reading
from idsync.model.identity import Snapshot
from idsync.model.resources import Membership
from idsync.model.times import Clocks, format_time, parse_time
from idsync.plan.apply_times import Moment, stamped_lock
from idsync.reconcile.clocks import clocks_of
from idsync.reconcile.plan_options import PlanOptions
from idsync.reconcile.planned import Planned
from idsync.reconcile.planning import make_plan
from tests.core.replay import settled
from tests.core.world import (
    NOW,
    ORG,
    PLAIN,
    Directory,
    codes,
    config,
    group,
    lock_change,
    lock_on,
    okta,
    person,
    plan,
    with_lock,
    with_member,
)
from tests.targets.memory import MemoryTarget

HOUR, DAY = 3600, 86400
FIRST = okta(person("ann"), person("ben"), group("eng", "ann", "ben"))


def planned(snapshot: Snapshot, state: DirectoryState, ahead: int, *, settings: Settings = PLAIN) -> Planned:
    reading = Reading(snapshot, ahead=ahead)
    return make_plan(settings, reading, Directory(state), PlanOptions(now=NOW))


@pytest.mark.parametrize(
    ("ahead", "said"),
    [(0, ""), (120, ""), (-120, ""), (121, "behind"), (-121, "ahead of"), (2 * DAY, "behind"), (-2 * DAY, "ahead of")],
)
def test_r20_more_than_two_minutes_are_a_finding_and_more_than_a_day_is_said(ahead: int, said: str) -> None:
    made = planned(FIRST, settled(FIRST), ahead).plan
    found = [finding for finding in made.findings if finding.code == "clock_skew"]
    assert len(found) == bool(said)
    for finding in found:
        assert finding.severity == "warning"
        assert f" {said} Okta's" in finding.message
        assert "that of the server where the store is in PostgreSQL" in finding.message, "by which passes go"
        assert ("no lock is cleared away" in finding.message) == (abs(ahead) > DAY)


@pytest.mark.parametrize("ahead", [-5 * HOUR, -90, 0, 90, 5 * HOUR])
def test_r20_ends_are_written_from_the_later_clock(ahead: int) -> None:
    state = settled(FIRST)
    made = planned(okta(person("ben"), group("eng", "ben")), state, ahead)
    assert made.inputs.now == NOW + dt.timedelta(seconds=max(ahead, 0))
    change = lock_change(made.plan, "ann")
    clocks = Clocks(NOW, ahead)
    lock = stamped_lock(change, clocks.later)
    assert parse_time(lock.spec.expires or "") == NOW + dt.timedelta(seconds=max(ahead, 0), hours=31)


@pytest.mark.parametrize(("ahead", "over"), [(-HOUR, False), (0, True), (HOUR, True), (3 * DAY, True)])
def test_r20_a_lock_is_over_only_when_both_clocks_say_so(ahead: int, over: bool) -> None:
    ended = lock_on("zoe", ours=True, expires=format_time(NOW - dt.timedelta(minutes=30)))
    made = planned(FIRST, with_lock(settled(FIRST), ended), ahead)
    assert (ended.metadata.name not in made.compilation.desired.locks) is over
    assert made.plan.is_empty


@pytest.mark.parametrize(("ahead", "over"), [(-HOUR, False), (0, False), (HOUR, True)])
def test_r20_a_membership_is_over_when_one_clock_says_so(ahead: int, over: bool) -> None:
    granting = config("AccessListRules: {rules: [{group: eng, grants: {roles: [dev]}}]}")
    soon = Membership(expires=format_time(NOW + dt.timedelta(minutes=30)))
    state = with_member(settled(FIRST, granting), "00g-eng", "ann", soon)
    without = okta(person("ann"), person("ben"), group("eng", "ben"))
    made = planned(without, state, ahead, settings=granting).plan
    assert [delta.person for delta in made.access_delta] == ([] if over else ["ann"])


@pytest.mark.parametrize(
    ("earlier", "stands"), [(NOW - dt.timedelta(hours=1), True), (NOW, False)], ids=["one clock", "both clocks"]
)
def test_r20_an_account_goes_while_its_lock_is_in_force_by_the_earlier_clock(
    earlier: dt.datetime, stands: bool
) -> None:
    lock = lock_on("ann", ours=True, expires=format_time(NOW - dt.timedelta(minutes=30)))
    state = with_lock(settled(FIRST), lock)
    goes = tuple(
        change
        for change in plan(okta(person("ben"), group("eng", "ben")), state).changes
        if change.address == "user/ann"
    )
    target = MemoryTarget(ORG)
    target.users, target.locks_by_name = dict(state.users), dict(state.locks)
    seen = look_at(goes, target, ended_at=None)
    at = Moment(NOW, earlier=earlier)
    if stands:
        assert check_preconditions(goes, seen, target=target, at=at, adopt=()).changes == goes
    else:
        with pytest.raises(PlanStale):
            check_preconditions(goes, seen, target=target, at=at, adopt=())


def test_r20_a_file_tells_only_that_okta_s_clock_is_not_behind_it() -> None:
    assert clocks_of(NOW, format_time(NOW + dt.timedelta(hours=3))) == Clocks(NOW, 3 * HOUR)
    assert clocks_of(NOW, format_time(NOW - dt.timedelta(days=3))) == Clocks(NOW, 0)
    assert clocks_of(NOW, "some day") == Clocks(NOW, 0)
    later = replace(FIRST, taken_at=format_time(NOW + dt.timedelta(days=2)))
    made = make_plan(PLAIN, Reading(later), Directory(settled(FIRST)), PlanOptions(now=NOW)).plan
    assert codes(made) == ["clock_skew"]
