"""The last one of a list is taken out, on either side, while memberships go both ways."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from tests.acceptance.both_ways_world import World, agreed_world, login
from tests.okta_simulator import Fail, Fault


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with agreed_world(tmp_path) as made:
        yield made


def test_r48_the_last_one_whom_a_hand_takes_out_is_taken_out_in_okta(world: World) -> None:
    for person in ("ann", "bob"):
        world.edit(world.group.id, person, joins=False)
    ended = world.place.run("apply", "--auto-approve")
    assert ended.code == 0, ended.out + ended.err
    assert world.there(world.group) == world.here(world.group.id) == set()
    assert len(world.wrote()) == 2
    world.place.plans_nothing()


def emptied(world: World) -> None:
    for person in ("ann", "bob"):
        world.edit(world.group.id, person, joins=False)


def test_r48_what_okta_refuses_of_an_emptied_list_is_sent_by_the_next_apply(world: World) -> None:
    emptied(world)
    world.simulator.faults.add(Fault("/api/v1/**", Fail(403), first=2, times=1, writes=True))
    assert world.place.run("apply", "--auto-approve").code == 8
    assert len(world.there(world.group)) == 1
    assert world.here(world.group.id) == set()
    world.wrote()
    world.place.apply()
    assert world.there(world.group) == world.here(world.group.id) == set()
    assert len(world.wrote()) == 1
    world.place.apply()
    world.place.plans_nothing()
    assert world.wrote() == []


def test_r48_somebody_who_joins_in_okta_an_emptied_list_that_it_was_not_told_of(world: World) -> None:
    emptied(world)
    world.simulator.faults.add(Fault("/api/v1/**", Fail(403), times=2, writes=True))
    assert world.place.run("apply", "--auto-approve").code != 0
    assert world.here(world.group.id) == set()
    world.organization.add_member(world.group, world.people["cat"])
    world.place.apply()
    assert world.there(world.group) == world.here(world.group.id) == {"cat"}
    world.place.plans_nothing()
    world.edit(world.group.id, "dan", joins=True)
    world.place.apply()
    assert world.there(world.group) == {"cat", "dan"}


def test_r49_a_guard_holds_who_left_an_emptied_list(world: World) -> None:
    more = "---\napiVersion: idsync/v1\nkind: Guards\nspec: {upstream_removals: {percent: 0, floor: 0}}\n"
    world.switch(both=True, more=more)
    world.place.apply()
    emptied(world)
    for _ in range(2):
        assert world.place.run("apply", "--auto-approve", "--split").code == 5
        assert world.there(world.group) == {"ann", "bob"}
        assert world.here(world.group.id) == set(), "the edit waits"
    world.wrote()
    world.place.apply("--allow", "upstream_removals=it is meant")
    assert world.there(world.group) == world.here(world.group.id) == set()
    assert len(world.wrote()) == 2
    world.place.plans_nothing()


def test_r48_copies_that_lag_bring_nobody_back_into_an_emptied_list(world: World) -> None:
    emptied(world)
    world.place.apply()
    world.organization.add_member(world.group, world.people["ann"])  # as a copy from before the request shows it
    world.place.plans_nothing()


def test_r51_an_emptied_list_that_is_filtered_out_meanwhile_is_read_afresh(world: World) -> None:
    emptied(world)
    world.simulator.faults.add(Fault("/api/v1/**", Fail(403), times=2, writes=True))
    assert world.place.run("apply", "--auto-approve").code != 0
    nothing = "---\napiVersion: idsync/v1\nkind: ImportFilters\nspec: {groups: {include: [none]}}\n"
    world.switch(both=True, more=nothing)
    world.place.apply()
    world.switch(both=True)
    world.wrote()
    world.place.apply()
    assert world.here(world.group.id) == world.there(world.group) == {"ann", "bob"}
    assert world.wrote() == []


def test_r51_a_list_that_a_hand_removes_whole_is_made_again(world: World) -> None:
    emptied(world)
    ended = world.place.run("rm", f"access_list/{world.group.id}", "--auto-approve")
    assert ended.code == 0, ended.out + ended.err
    world.place.apply()
    assert world.here(world.group.id) == world.there(world.group) == {"ann", "bob"}
    assert world.wrote() == []


def test_r51_the_last_one_whose_membership_expires_is_taken_out_in_okta(world: World) -> None:
    world.organization.remove_member(world.group, world.people["bob"])
    world.place.apply()
    name = login("ann")
    spec = {"access_list": world.group.id, "name": name, "expires": "2020-01-01T00:00:00Z"}
    body = {"kind": "access_list_member", "version": "v1", "metadata": {"name": name}, "spec": spec}
    file = world.place.folder.parent / "ended.yaml"
    file.write_text(yaml.safe_dump(body))
    ended = world.place.run("create", "-f", file)
    assert ended.code == 0, ended.out + ended.err
    world.place.apply()
    assert world.there(world.group) == set()
    assert len(world.wrote()) == 1
    world.place.apply()
    world.place.plans_nothing()
