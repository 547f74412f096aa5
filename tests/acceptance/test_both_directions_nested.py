"""Lists in lists whose memberships go both ways: flattened on the way out, entered at the root on the way in."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from tests.acceptance.both_ways_world import World, agreed_world, login


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with agreed_world(tmp_path) as made:
        yield made


def create(world: World, *documents: dict[str, object]) -> None:
    file = world.place.folder.parent / f"{world.place.folder.name}-made.yaml"
    file.write_text(yaml.safe_dump_all(documents))
    ended = world.place.run("create", "-f", file)
    assert ended.code == 0, ended.out + ended.err


def a_list(name: str) -> dict[str, object]:
    spec = {"title": name, "owners": [{"name": "owner@enzos-pizza.com"}], "grants": {"roles": ["dev"]}}
    return {"kind": "access_list", "version": "v1", "metadata": {"name": name}, "spec": spec}


def inside(outer: str, member: str) -> dict[str, object]:
    kind = "MEMBERSHIP_KIND_USER" if "@" in member else "MEMBERSHIP_KIND_LIST"
    spec = {"access_list": outer, "name": member, "membership_kind": kind}
    return {"kind": "access_list_member", "version": "v1", "metadata": {"name": member}, "spec": spec}


def findings(world: World) -> list[str]:
    planned = world.place.run("plan", "--format", "json")
    return [each["code"] for each in planned.json["findings"]]


def test_r52_a_nested_list_goes_out_flat_and_what_comes_in_enters_at_the_root(world: World) -> None:
    group = world.group.id
    create(world, a_list("oncall"), a_list("deeper"))
    create(world, inside("oncall", login("cat")), inside("deeper", login("dan")))
    create(world, inside("oncall", "deeper"), inside(group, "oncall"))
    world.place.apply()
    assert world.there(world.group) == {"ann", "bob", "cat", "dan"}
    assert len(world.wrote()) == 2
    assert world.here(group) == {"ann", "bob", "oncall"}, "nobody is made a direct member for being nested"
    world.place.plans_nothing()

    eve = world.organization.add_user(login("eve"))
    world.people["eve"] = eve
    world.organization.assign_user(world.organization.apps[world.place.app], eve)
    world.organization.add_member(world.group, eve)
    world.place.apply()
    assert world.here(group) == {"ann", "bob", "eve", "oncall"}
    assert world.here("oncall") == {"cat", "deeper"}
    assert world.wrote() == []

    assert world.place.run("rm", f"access_list_member/deeper/{login('dan')}", "--auto-approve").code == 0
    world.place.apply()
    assert world.there(world.group) == {"ann", "bob", "cat", "eve"}
    assert len(world.wrote()) == 1
    world.place.plans_nothing()


def test_r52_who_is_nested_and_removed_in_okta_stays_here_and_is_not_added_there_again(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    create(world, a_list("oncall"))
    create(world, inside("oncall", login("cat")), inside(world.group.id, "oncall"))
    world.place.apply()
    assert world.there(world.group) == {"ann", "bob", "cat"}
    world.wrote()
    monkeypatch.setattr("idsync.compiler.both_ways.LAG", -5.0)
    world.organization.remove_member(world.group, world.people["cat"])
    for _ in range(2):
        assert "upstream_nested_member" in findings(world)
        world.place.apply()
        assert world.there(world.group) == {"ann", "bob"}
    assert world.here("oncall") == {"cat"}
    assert world.place.run("rm", f"access_list_member/oncall/{login('cat')}", "--auto-approve").code == 0
    world.place.apply()
    assert "upstream_nested_member" not in findings(world)
    create(world, inside("oncall", login("cat")))
    world.place.apply()
    assert world.there(world.group) == {"ann", "bob", "cat"}
    assert len(world.wrote()) == 1


def test_r52_a_list_between_two_that_go_both_ways_reaches_both(world: World) -> None:
    ops = world.organization.add_group("ops", members=[world.people["cat"]])
    world.place.apply()
    create(world, inside(world.group.id, ops.id))
    world.place.apply()
    assert world.there(world.group) == {"ann", "bob", "cat"}
    world.organization.add_member(ops, world.people["dan"])
    for _ in range(2):
        world.place.apply()
    assert world.there(world.group) == {"ann", "bob", "cat", "dan"}
    assert world.there(ops) == {"cat", "dan"}
    assert world.here(ops.id) == {"cat", "dan"}


def test_r38_who_was_taken_out_of_a_nested_list_since_a_plan_was_made_is_not_sent(world: World, tmp_path: Path) -> None:
    create(world, a_list("oncall"))
    create(world, inside("oncall", login("cat")), inside(world.group.id, "oncall"))
    for moves, code in ((False, 0), (True, 6)):
        kept = tmp_path / f"{moves}.json"
        assert world.place.run("plan", "-o", kept).code == 0
        if moves:
            world.edit("oncall", "dan", joins=False)
        ended = world.place.run("apply", kept)
        assert ended.code == code, ended.out + ended.err
        assert len(world.wrote()) == (0 if moves else 1)
        create(world, inside("oncall", login("dan")))
    assert world.there(world.group) == {"ann", "bob", "cat"}
