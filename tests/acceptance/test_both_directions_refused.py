"""Answers 404 and 409 to a write: Okta's own are somebody else's edit at the same time, a proxy's are failures."""

import time
from collections.abc import Iterator
from pathlib import Path
from unittest import mock

import pytest

from tests.acceptance.both_ways_world import World, agreed_world
from tests.okta_simulator import Change, Effect, Fail, Fault, HtmlPage, Intercept, Organization

PAGE = "<!DOCTYPE html><html><body>Not found</body></html>"


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with agreed_world(tmp_path) as made, mock.patch("idsync.compiler.both_ways.LAG", -5.0):
        yield made


def _edit(world: World) -> None:
    world.edit(world.group.id, "cat", joins=True)
    world.edit(world.group.id, "bob", joins=False)
    world.edit(world.app.id, "dan", joins=True)
    world.edit(world.app.id, "ann", joins=False)


@pytest.mark.parametrize(
    "effect",
    [
        Intercept(404),
        Intercept(409),
        Intercept(404, PAGE),
        Intercept(409, ""),
        Intercept(404, '{"errorCode": null}'),
        Intercept(200, PAGE),
        Fail(409, "E0000112"),
        Fail(404, "E0000008"),
    ],
)
def test_r48_an_edit_that_okta_was_not_asked_about_or_did_not_make_goes_out_with_the_next_apply(
    world: World, effect: Effect
) -> None:
    _edit(world)
    world.simulator.faults.add(Fault("/api/v1/**", effect, times=4, writes=True))
    ended = world.place.run("apply", "--auto-approve")
    assert ended.code == 7, ended.err
    assert world.there(world.group) == world.assigned() == {"ann", "bob"}
    assert len(world.wrote()) == 4
    for _ in range(2):
        world.place.apply()
        assert world.there(world.group) == world.here(world.group.id) == {"ann", "cat"}
        assert world.assigned() == world.here(world.app.id) == {"bob", "dan"}
    assert len(world.wrote()) == 4
    world.place.plans_nothing()


def test_r49_one_answer_of_a_proxy_leaves_the_others_to_go_on(world: World) -> None:
    _edit(world)
    world.simulator.faults.add(Fault("/api/v1/**", Intercept(404), first=2, writes=True))
    ended = world.place.run("apply", "--auto-approve")
    assert ended.code == 8
    assert "not as Okta's API does" in ended.err
    world.place.apply()
    assert world.there(world.group) == {"ann", "cat"}
    assert world.assigned() == {"bob", "dan"}
    assert len(world.wrote()) == 5


def test_r48_what_somebody_else_did_meanwhile_is_agreed_on(world: World) -> None:
    world.edit(world.app.id, "ann", joins=False)

    def elsewhere(organization: Organization) -> None:
        organization.unassign_user(world.app, world.people["ann"])

    world.simulator.faults.add(Fault("/api/v1/**", Change(elsewhere), writes=True))
    world.place.apply()
    assert len(world.wrote()) == 1
    world.organization.clock = lambda: time.time() + 60
    world.organization.assign_user(world.app, world.people["ann"])
    world.place.apply()
    assert world.here(world.app.id) == {"ann", "bob"}, "that they have it again is an edit of Okta's"
    assert world.wrote() == []


def test_r48_what_okta_did_under_the_page_of_a_proxy_is_agreed_on_by_the_next_reading(world: World) -> None:
    world.edit(world.group.id, "bob", joins=False)
    world.simulator.faults.add(Fault("/api/v1/**", HtmlPage(404), writes=True))
    assert world.place.run("apply", "--auto-approve").code == 7
    assert world.there(world.group) == {"ann"}
    world.wrote()
    world.place.apply()
    assert world.here(world.group.id) == {"ann"}
    assert world.wrote() == []
    world.place.plans_nothing()
