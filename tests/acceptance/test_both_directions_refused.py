"""What Okta answers that has neither done what was asked, nor refuses it: nothing is agreed on by such an answer."""

import time
from collections.abc import Iterator
from pathlib import Path
from unittest import mock

import pytest

from tests.acceptance.both_ways_world import World, agreed_world
from tests.okta_simulator import Change, Fail, Fault, HtmlPage, Organization


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with agreed_world(tmp_path) as made, mock.patch("idsync.compiler.both_ways.LAG", -5.0):
        yield made


def _edit(world: World) -> None:
    world.edit(world.group.id, "cat", joins=True)
    world.edit(world.group.id, "bob", joins=False)
    world.edit(world.app.id, "dan", joins=True)
    world.edit(world.app.id, "ann", joins=False)


@pytest.mark.parametrize("effect", [Fail(404, "E0000007"), Fail(409, "E0000112")])
def test_r48_an_edit_that_okta_did_not_make_is_sent_again(world: World, effect: Fail) -> None:
    _edit(world)
    world.simulator.faults.add(Fault("/api/v1/**", effect, times=4, writes=True))
    world.place.apply()
    assert world.there(world.group) == world.assigned() == {"ann", "bob"}
    world.organization.clock = lambda: time.time() + 60
    for _ in range(2):
        world.place.apply()
        assert world.there(world.group) == world.here(world.group.id) == {"ann", "cat"}
        assert world.assigned() == world.here(world.app.id) == {"bob", "dan"}
    assert len(world.wrote()) == 8
    world.place.plans_nothing()


def test_r48_what_somebody_else_removed_meanwhile_is_agreed_on_by_the_next_reading(world: World) -> None:
    world.edit(world.app.id, "ann", joins=False)

    def elsewhere(organization: Organization) -> None:
        organization.unassign_user(world.app, world.people["ann"])

    world.simulator.faults.add(Fault("/api/v1/**", Change(elsewhere), writes=True))
    world.place.apply()
    assert len(world.wrote()) == 1
    for _ in range(2):
        world.place.apply()
        assert world.assigned() == world.here(world.app.id) == {"bob"}
    assert world.wrote() == []
    world.organization.assign_user(world.app, world.people["ann"])
    world.place.apply()
    assert world.here(world.app.id) == {"ann", "bob"}


def test_a_404_that_is_not_okta_s_is_a_failure(world: World) -> None:
    world.edit(world.group.id, "bob", joins=False)
    world.simulator.faults.add(Fault("/api/v1/**", HtmlPage(404), times=1, writes=True))
    assert world.place.run("apply", "--auto-approve").code == 7
    world.place.apply()
    assert world.there(world.group) == world.here(world.group.id) == {"ann"}
