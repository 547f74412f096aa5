"""Clocks that are wrong: whether a push or a reading is newer is told by the order of the store, and by no clock."""

import datetime as dt
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from idsync.model.extent import Reading
from idsync.model.journal import RunStarted
from idsync.model.times import format_time
from idsync.reconcile.continuous.loop import TickEnd
from idsync.reconcile.lately import Lately
from idsync.sources.okta.source import OktaSource
from idsync.stores.sqlite.store import open_store
from tests.okta_simulator import Organization
from tests.okta_simulator.objects import App
from tests.server.both import OPEN, both, organization
from tests.server.conftest import FREE
from tests.server.test_bursts import locked
from tests.server.test_scim_door import GROUP, asked, user
from tests.sources.okta.organizations import Clock

PATCH_OP = "urn:ietf:params:scim:api:messages:2.0:PatchOp"
HOUR = dt.timedelta(hours=1)
HOURS = [dt.timedelta(hours=hours) for hours in (-5, 0, 5)]


def ann_and_bob() -> tuple[Organization, App]:
    """An organization in which two people have the app."""
    org = organization()
    app = org.app("Teleport")
    for name in ("ann", "bob"):
        org.assign_user(app, org.add_user(f"{name}@x.com"))
    return org, app


def once_read(monkeypatch: pytest.MonkeyPatch, happens: Callable[[], object]) -> None:
    """Let something happen once Okta was read, before anything is made of it."""
    read = OktaSource.read

    def read_first(self: OktaSource, *arguments: Any, **more: Any) -> Reading:
        monkeypatch.setattr(OktaSource, "read", read)
        reading = read(self, *arguments, **more)
        happens()
        return reading

    monkeypatch.setattr(OktaSource, "read", read_first)


@pytest.mark.parametrize("back", [dt.timedelta(0), HOUR], ids=["steady", "set back"])
@pytest.mark.parametrize("ahead", HOURS, ids=str)
@pytest.mark.parametrize("leaves", [False, True], ids=["comes", "leaves"])
def test_r41_what_is_pushed_while_a_pass_reads_stands(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, leaves: bool, ahead: dt.timedelta, back: dt.timedelta
) -> None:
    org = organization()
    app = org.app("Teleport")
    org.assign_user(app, org.add_user("bob@x.com"))
    ann = org.add_user("ann@x.com")
    if leaves:
        org.assign_user(app, ann)
    with both(tmp_path / "idsync.db", org) as world:
        clock, world.steady, world.ahead = world.service.clock, (steady := Clock()), ahead
        assert world.full()
        clock[0] += HOUR

        def push() -> None:
            clock[0] -= back
            if not leaves:
                org.assign_user(app, ann)
            body = user("ann@x.com", externalId=ann.id) | {"active": not leaves}
            assert asked(world.service, "POST", "/Users", json=body)[0] == 201
            clock[0] += dt.timedelta(seconds=30)
            steady.now += 30

        once_read(monkeypatch, push)
        assert world.full()
        state = world.service.directory()
        assert set(state.users) == ({"bob@x.com"} if leaves else {"ann@x.com", "bob@x.com"})
        assert [lock.spec.target.user for lock in state.locks.values()] == (["ann@x.com"] if leaves else [])


@pytest.mark.parametrize("back", [dt.timedelta(0), HOUR], ids=["steady", "set back"])
@pytest.mark.parametrize("ahead", HOURS, ids=str)
def test_r41_a_reading_wins_over_what_was_pushed_before_it(
    tmp_path: Path, ahead: dt.timedelta, back: dt.timedelta
) -> None:
    """Ann leaves in Okta, which cannot push it."""
    org, app = ann_and_bob()
    with both(tmp_path / "idsync.db", org) as world:
        service, clock, world.ahead = world.service, world.service.clock, ahead
        assert world.full()
        clock[0] += HOUR
        ann = org.user("ann@x.com")
        assert asked(service, "POST", "/Users", json=user("ann@x.com", externalId=ann.id))[0] == 201
        org.unassign_user(app, ann)
        clock[0] += HOUR / 2 - back
        assert world.full()
        assert set(service.directory().users) == {"bob@x.com"}
        assert locked(service) == ["ann@x.com"]


@pytest.mark.parametrize("ahead", HOURS, ids=str)
@pytest.mark.parametrize("lags", [True, False], ids=["within two minutes", "later"])
def test_r41_a_listing_may_lag_for_two_minutes_by_the_clock_of_the_store(
    tmp_path: Path, lags: bool, ahead: dt.timedelta
) -> None:
    org, _ = ann_and_bob()
    with both(tmp_path / "idsync.db", org) as world:
        service, clock, world.ahead = world.service, world.service.clock, ahead
        assert world.full()
        clock[0] += HOUR
        ann = org.user("ann@x.com")
        scim = asked(service, "POST", "/Users", json=user("ann@x.com", externalId=ann.id))[1]["id"]
        assert asked(service, "DELETE", f"/Users/{scim}")[0] == 204
        clock[0] += dt.timedelta(seconds=110 if lags else 130)
        assert world.full()
        assert locked(service) == (["ann@x.com"] if lags else [])


@pytest.mark.parametrize("back", [dt.timedelta(0), HOUR], ids=["steady", "set back"])
def test_r41_who_is_read_by_id_is_back_however_shortly_before_a_push_let_them_leave(
    tmp_path: Path, back: dt.timedelta
) -> None:
    org, app = ann_and_bob()
    with both(tmp_path / "idsync.db", org) as world:
        service, clock = world.service, world.service.clock
        assert world.full()
        clock[0] += HOUR
        ann = org.user("ann@x.com")
        body = user("ann@x.com", externalId=ann.id) | {"active": False}
        assert asked(service, "POST", "/Users", json=body)[0] == 201
        assert locked(service) == ["ann@x.com"]
        clock[0] -= back
        org.unassign_user(app, ann)
        org.assign_user(app, ann)
        assert world.tick() is TickEnd.DONE
        assert locked(service) == []


@pytest.mark.parametrize("ahead", HOURS, ids=str)
def test_r41_who_is_pushed_into_a_group_while_a_tick_reads_it_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, ahead: dt.timedelta
) -> None:
    org = organization()
    ann, bob = (org.add_user(f"{name}@x.com") for name in ("ann", "bob"))
    for each in (ann, bob):
        org.assign_user(org.app("Teleport"), each)
    eng = org.add_group("eng")
    with both(tmp_path / "idsync.db", org) as world:
        service, clock, world.ahead = world.service, world.service.clock, ahead
        assert world.full()
        body = {"schemas": [GROUP], "displayName": "eng"}
        group = asked(service, "POST", "/Groups", json=body)[1]["id"]
        scim = asked(service, "POST", "/Users", json=user("ann@x.com", externalId=ann.id))[1]["id"]
        clock[0] += HOUR
        org.add_member(eng, bob)

        def push() -> None:
            org.add_member(eng, ann)
            added = {"op": "add", "path": "members", "value": [{"value": scim}]}
            patch = {"schemas": [PATCH_OP], "Operations": [added]}
            assert asked(service, "PATCH", f"/Groups/{group}", json=patch)[0] < 300

        once_read(monkeypatch, push)
        assert world.tick() is TickEnd.DONE
        assert "ann@x.com" in service.directory().members[eng.id]
        assert world.tick() is TickEnd.DONE
        assert service.directory().members[eng.id].keys() == {"ann@x.com", "bob@x.com"}


@pytest.mark.parametrize("ahead", HOURS, ids=str)
def test_r35_the_hour_in_which_guards_count_is_one_by_the_clock_of_the_store(
    tmp_path: Path, ahead: dt.timedelta
) -> None:
    """A push asks what ticks of another machine did within the hour."""
    org, app = ann_and_bob()
    with both(tmp_path / "idsync.db", org) as world:
        service, clock, world.ahead = world.service, world.service.clock, ahead
        assert world.full()
        clock[0] += HOUR
        org.unassign_user(app, org.user("ann@x.com"))
        assert world.tick() is TickEnd.DONE
        with open_store(service.path) as store:
            tick = next(each.entry for each in store.journal.latest() if isinstance(each.entry, RunStarted))
            assert tick.at == format_time(clock[0])
            assert tick.counted
            assert Lately().counted(store.journal, clock[0]) == tick.counted


@pytest.mark.parametrize("ahead", HOURS, ids=str)
def test_r35_full_passes_count_the_hour_by_the_clock_of_the_store(tmp_path: Path, ahead: dt.timedelta) -> None:
    """A machine that is hours off counts what others took, and is counted by them; ends are by the right clocks."""
    org, app = ann_and_bob()
    org.assign_user(app, org.add_user("cid@x.com"))
    guards = OPEN.replace(f"user_deletes: {FREE}", "user_deletes: {percent: 0, floor: 1}")
    with both(tmp_path / "idsync.db", org, guards) as world:
        service, world.ahead = world.service, ahead

        def goes_on(time: dt.timedelta) -> None:
            service.clock[0] += time
            assert isinstance(org.clock, Clock)
            org.clock.now += time.total_seconds()

        assert world.full()
        goes_on(HOUR)
        org.unassign_user(app, org.user("ann@x.com"))
        assert world.tick() is TickEnd.DONE
        goes_on(HOUR / 2)
        org.unassign_user(app, org.user("bob@x.com"))
        assert world.full()
        assert set(service.directory().users) == {"bob@x.com", "cid@x.com"}, "another one went half an hour before"
        goes_on(HOUR)
        org.assign_user(app, org.user("bob@x.com"))
        org.unassign_user(app, org.user("cid@x.com"))
        assert world.full()
        assert set(service.directory().users) == {"bob@x.com"}
        (end,) = {
            lock.spec.expires for lock in service.directory().locks.values() if lock.spec.target.user == "cid@x.com"
        }
        assert end == format_time(service.clock[0] + dt.timedelta(hours=31))
        with open_store(service.path) as store:
            assert Lately().counted(store.journal, service.clock[0])["user_deletes"] == 1
