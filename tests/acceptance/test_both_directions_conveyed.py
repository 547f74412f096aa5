"""Apps that a group brings as well, whose members are not read: Okta keeps them, and says so once."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.acceptance.both_ways_world import World, agreed_world

FILTERS = "---\napiVersion: idsync/v1\nkind: ImportFilters\nspec: {groups: {include: [eng]}}\n"


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with agreed_world(tmp_path, FILTERS) as made:
        yield made


def _conveyed(world: World, *names: str) -> None:
    """A group that the filters leave out brings the app to these people."""
    group = world.organization.add_group("sales", members=[world.people[name] for name in names])
    world.organization.assign_group(world.app, group)
    world.place.apply()


def _codes(world: World) -> dict[str, str]:
    return {each["code"]: each["message"] for each in world.place.run("plan", "--format", "json").json["findings"]}


def test_r50_okta_is_asked_once_and_who_keeps_the_app_is_told_and_put_back(world: World) -> None:
    _conveyed(world, "bob")
    for person in ("ann", "bob"):
        world.edit(world.app.id, person, joins=False)
    told = _codes(world)["upstream_unread_group"]
    assert "Salesforce" in told
    ended = world.place.run("apply", "--auto-approve")
    assert ended.code == 8
    assert "a group brings that app as well" in ended.err
    assert "bob" in ended.err
    assert world.assigned() == {"bob"}
    assert len(world.wrote()) == 2
    assert "bob" not in world.here(world.app.id)
    assert "bob" in _codes(world)["upstream_conveyed"]
    world.place.apply()
    assert world.here(world.app.id) == world.assigned() == {"bob"}
    assert world.wrote() == []
    world.place.plans_nothing()
    assert "members removed in Okta" not in world.place.run("history", "3").out


def test_r50_who_left_the_group_since_loses_the_app_when_they_are_removed_again(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("idsync.compiler.both_ways.LAG", -5.0)
    _conveyed(world, "bob")
    world.edit(world.app.id, "bob", joins=False)
    ended = world.place.run("apply", "--auto-approve")
    assert ended.code == 7
    assert "bob" in ended.err
    world.place.apply()
    group = next(each for each in world.organization.groups.values() if each.name == "sales")
    world.organization.remove_member(group, world.people["bob"])
    world.edit(world.app.id, "bob", joins=False)
    world.wrote()
    world.place.apply()
    assert world.here(world.app.id) == world.assigned() == {"ann"}
    assert len(world.wrote()) == 1


def test_r50_reconcile_puts_back_whom_okta_keeps_and_does_not_ask_again(world: World) -> None:
    _conveyed(world, "ann", "bob")
    for person in ("ann", "bob"):
        world.edit(world.app.id, person, joins=False)
    assert world.place.run("reconcile").code == 8
    assert len(world.wrote()) == 2
    for _ in range(2):
        assert world.place.run("reconcile").code == 0
        assert world.here(world.app.id) == world.assigned() == {"ann", "bob"}
    assert world.wrote() == []


def test_r50_everyone_brings_an_app_to_everybody_without_a_request(world: World) -> None:
    world.switch(both=True, more=FILTERS.replace("[eng]", "[eng, Everyone]"))
    everyone = next(each for each in world.organization.groups.values() if each.name == "Everyone")
    world.organization.assign_group(world.app, everyone)
    world.place.apply()
    world.edit(world.app.id, "bob", joins=False)
    assert "bob" in _codes(world)["upstream_conveyed"]
    world.place.apply()
    assert world.here(world.app.id) == world.assigned() == {"ann", "bob"}
    assert world.wrote() == []
