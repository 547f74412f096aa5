"""Memberships of people who left, and whose accounts a guard keeps: what a hand does to them meanwhile."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.acceptance.both_ways_world import World, agreed_world

GUARDS = "---\napiVersion: idsync/v1\nkind: Guards\nspec: {user_deletes: {percent: 0, floor: 0}}\n"


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with agreed_world(tmp_path, GUARDS) as made:
        yield made


def _leaves(world: World, person: str) -> None:
    sso = next(each for each in world.organization.apps.values() if each.label == "Teleport")
    world.organization.unassign_user(sso, world.people[person])


def _returns(world: World, person: str) -> None:
    sso = next(each for each in world.organization.apps.values() if each.label == "Teleport")
    world.organization.assign_user(sso, world.people[person])


@pytest.mark.parametrize("passes", [0, 2])
def test_r48_whom_a_hand_took_out_while_they_were_held_is_out_when_they_return(world: World, passes: int) -> None:
    _leaves(world, "bob")
    assert world.place.run("reconcile").code == 5
    assert world.here(world.group.id) == {"ann", "bob"}
    world.edit(world.group.id, "bob", joins=False)
    for _ in range(passes):
        assert world.place.run("reconcile").code == 5
    assert world.wrote() == []
    _returns(world, "bob")
    world.place.apply()
    assert world.here(world.group.id) == world.there(world.group) == {"ann"}
    assert world.here(world.app.id) == world.assigned() == {"ann", "bob"}
    assert world.wrote() == [("DELETE", "/api/v1/groups/{group}/users/{user}")]
    world.place.plans_nothing()


def test_r48_who_left_is_as_okta_says_when_they_return_after_their_account_went(world: World) -> None:
    _leaves(world, "bob")
    assert world.place.run("reconcile").code == 5
    world.edit(world.group.id, "bob", joins=False)
    world.place.apply("--allow", "user_deletes=it is meant")
    _returns(world, "bob")
    world.place.apply()
    assert world.here(world.group.id) == world.there(world.group) == {"ann", "bob"}
    assert world.wrote() == []
    world.place.plans_nothing()
    world.edit(world.group.id, "bob", joins=False)
    world.place.apply()
    assert world.here(world.group.id) == world.there(world.group) == {"ann"}


def test_r48_an_account_that_went_is_as_okta_says_however_long_it_was_away(world: World) -> None:
    _leaves(world, "bob")
    assert world.place.run("reconcile").code == 5
    world.edit(world.group.id, "bob", joins=False)
    world.place.apply("--allow", "user_deletes=it is meant")
    world.place.apply()
    world.organization.remove_member(world.group, world.people["bob"])
    world.place.apply()
    _returns(world, "bob")
    world.place.apply()
    assert world.here(world.group.id) == {"ann"}
    world.organization.add_member(world.group, world.people["bob"])
    world.place.apply()
    assert world.here(world.group.id) == world.there(world.group) == {"ann", "bob"}
    assert world.wrote() == []
