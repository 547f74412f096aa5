"""A service whose memberships go both ways: what goes out when, and what nobody waits for meanwhile."""

import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.acceptance.both_ways_world import World, agreed_world
from tests.acceptance.serving import serving
from tests.okta_simulator import Delay, Fail, Fault
from tests.postgres.server import server

SERVICE = """---
apiVersion: idsync/v1
kind: Service
spec: {tick: 1s}
---
apiVersion: idsync/v1
kind: Guards
spec: {upstream_additions: {floor: 20}, upstream_removals: {floor: 20}}
"""


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with agreed_world(tmp_path, SERVICE) as made:
        yield made


def test_r49_edits_go_out_with_a_full_pass_of_the_service(world: World) -> None:
    world.edit(world.group.id, "cat", joins=True)
    world.edit(world.group.id, "bob", joins=False)
    with serving(world.place) as service:
        service.until(lambda: world.there(world.group) == {"ann", "cat"}, what="the group in Okta")
        assert service.end() == 0
    assert world.here(world.group.id) == {"ann", "cat"}
    assert len(world.wrote()) == 2
    world.place.plans_nothing()


def test_r49_edits_go_out_with_a_tick_and_stay_once_nobody_looks_for_a_while(world: World) -> None:
    with serving(world.place) as service:
        service.until(lambda: "full pass" in service.log, what="the first full pass")
        world.edit(world.group.id, "cat", joins=True)
        world.edit(world.group.id, "bob", joins=False)
        world.edit(world.app.id, "dan", joins=True)
        service.until(lambda: world.there(world.group) == {"ann", "cat"}, what="the group in Okta")
        service.until(lambda: world.assigned() == {"ann", "bob", "dan"}, what="the app in Okta")
        world.organization.add_member(world.group, world.people["dan"])
        service.until(lambda: world.here(world.group.id) == {"ann", "cat", "dan"}, what="the edit in Okta")
        world.organization.remove_member(world.group, world.people["dan"])
        service.until(lambda: world.here(world.group.id) == {"ann", "cat"}, what="that it was taken back")
        assert service.end() == 0
    assert len(world.wrote()) == 3
    world.place.apply()
    assert world.there(world.group) == world.here(world.group.id) == {"ann", "cat"}
    assert world.assigned() == world.here(world.app.id) == {"ann", "bob", "dan"}
    assert world.wrote() == []


def test_r49_nobody_waits_for_the_store_while_okta_is_slow(world: World) -> None:
    for person in ("cat", "dan"):
        world.edit(world.group.id, person, joins=True)
    world.simulator.faults.add(Fault("/api/v1/**", Delay(5.0), times=None, writes=True))
    with serving(world.place) as service:
        service.until(lambda: len(world.simulator.requests.writes) == 1, what="the first request that writes")
        begun = time.monotonic()
        world.edit(world.app.id, "cat", joins=True)
        assert time.monotonic() - begun < 4
        service.until(lambda: world.there(world.group) == {"ann", "bob", "cat", "dan"}, what="the group in Okta")
        service.until(lambda: world.assigned() == {"ann", "bob", "cat"}, what="the app in Okta")
        assert service.end() == 0
    assert len(world.wrote()) == 3


def test_r49_what_okta_refuses_is_told_and_goes_out_once_it_does_not(world: World) -> None:
    world.edit(world.group.id, "cat", joins=True)
    world.edit(world.app.id, "dan", joins=True)
    refused = f"/api/v1/groups/{world.group.id}/users/*"
    world.simulator.faults.add(Fault(refused, Fail(403), times=None, writes=True))
    with serving(world.place) as service:
        service.until(lambda: "Not everything went to Okta" in service.log, what="that Okta refused something")
        service.until(lambda: world.assigned() == {"ann", "bob", "dan"}, what="the rest in Okta")
        assert service.end() == 0
    assert world.here(world.group.id) == {"ann", "bob", "cat"}, "the edit waits"
    world.simulator.faults.clear()
    world.wrote()
    world.place.apply()
    assert world.there(world.group) == {"ann", "bob", "cat"}
    assert len(world.wrote()) == 1


def test_r49_a_reconciler_that_is_killed_while_it_sends_loses_nothing_and_sends_nothing_twice(world: World) -> None:
    for person in ("cat", "dan"):
        world.edit(world.group.id, person, joins=True)
        world.edit(world.app.id, person, joins=True)
    world.simulator.faults.add(Fault("/api/v1/**", Delay(1.0), times=None, writes=True))
    with serving(world.place) as service:
        service.until(lambda: len(world.simulator.requests.writes) == 2, what="two requests that write")
        os.kill(service.until_child(), signal.SIGKILL)
        service.until(lambda: world.there(world.group) == {"ann", "bob", "cat", "dan"}, what="the group in Okta")
        service.until(lambda: world.assigned() == {"ann", "bob", "cat", "dan"}, what="the app in Okta")
        assert service.end() == 0
    assert len(world.wrote()) <= 5, "at most the request that was on its way goes out once more"
    world.place.apply()
    assert world.here(world.group.id) == world.here(world.app.id) == {"ann", "bob", "cat", "dan"}
    assert world.wrote() == []


def test_r49_a_service_that_is_told_to_end_while_it_sends_ends_and_the_next_sends_the_rest(world: World) -> None:
    for person in ("cat", "dan"):
        world.edit(world.group.id, person, joins=True)
        world.edit(world.app.id, person, joins=True)
    world.simulator.faults.add(Fault("/api/v1/**", Delay(1.5), times=None, writes=True))
    with serving(world.place) as service:
        service.until(lambda: len(world.simulator.requests.writes) == 1, what="the first request that writes")
        begun = time.monotonic()
        assert service.end() == 0
        assert time.monotonic() - begun < 12
    sent = len(world.wrote())
    assert sent < 4
    world.simulator.faults.clear()
    world.place.apply()
    assert world.there(world.group) == world.assigned() == {"ann", "bob", "cat", "dan"}
    assert sent + len(world.wrote()) <= 5


def test_r48_the_last_one_whom_a_hand_takes_out_is_taken_out_by_a_service(world: World) -> None:
    with serving(world.place) as service:
        service.until(lambda: "full pass" in service.log, what="the first full pass")
        for person in ("ann", "bob"):
            world.edit(world.group.id, person, joins=False)
        service.until(lambda: not world.there(world.group), what="the group in Okta")
        world.organization.add_member(world.group, world.people["cat"])
        service.until(lambda: world.here(world.group.id) == {"cat"}, what="the edit in Okta")
        assert service.end() == 0
    assert len(world.wrote()) == 2
    world.place.apply()
    assert world.there(world.group) == world.here(world.group.id) == {"cat"}
    assert world.wrote() == []


def test_r46_two_services_on_one_database_send_each_edit_once(world: World) -> None:
    database = server().new_database()
    path = world.place.folder / "idsync.yaml"
    path.write_text(path.read_text().replace("sqlite:///idsync.db", server().url(database)))
    try:
        for _ in range(2):
            world.place.apply()
        with serving(world.place) as one, serving(world.place) as other:
            one.until(lambda: "full pass" in one.log + other.log, what="the first full pass")
            world.edit(world.group.id, "cat", joins=True)
            world.edit(world.group.id, "bob", joins=False)
            world.edit(world.app.id, "dan", joins=True)
            one.until(lambda: world.there(world.group) == {"ann", "cat"}, what="the group in Okta")
            one.until(lambda: world.assigned() == {"ann", "bob", "dan"}, what="the app in Okta")
            leads, follows = (one, other) if "full pass" in one.log else (other, one)
            assert leads.end() == 0
            world.edit(world.app.id, "ann", joins=False)
            follows.until(lambda: world.assigned() == {"bob", "dan"}, what="the edit after one ended")
            assert follows.end() == 0
        assert len(world.wrote()) == 4
        world.place.apply()
        assert world.there(world.group) == world.here(world.group.id) == {"ann", "cat"}
        assert world.assigned() == world.here(world.app.id) == {"bob", "dan"}
        assert world.wrote() == []
    finally:
        server().drop_database(database)
