"""The group of Okta's that a pushed one stood for is gone: so is its list, until a push gives that one a new list."""

import datetime as dt
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from msgspec.structs import replace

from idsync.config.patterns import NamePattern
from idsync.reconcile.continuous.loop import TickEnd
from tests.okta_simulator.objects import Group
from tests.server.both import OPEN, Both, both, organization, read
from tests.server.conftest import Served, served
from tests.server.test_groups_said_again import patch, whole
from tests.server.test_pairing import join, lists, people, pushed, pushed_group
from tests.server.test_scim_door import asked


@pytest.fixture
def world(tmp_path: Path) -> Iterator[Both]:
    """A service that is pushed to, and that reads."""
    with both(tmp_path / "a.db", organization()) as made:
        yield made


def paired(world: Both) -> tuple[Group, str, list[str]]:
    """A group of Okta's, and the SCIM ids of one pushed under its name with ann and bob, and of them and cid."""
    org = world.reader.organization
    made = people(org, "ann", "bob", "cid")
    group = org.add_group("eng", members=made[:1])
    org.add_group("staff", members=made)
    read(world)
    ids = [pushed(world.service, each) for each in made]
    scim = pushed_group(world.service, "eng", *ids[:2])
    assert lists(world.service)[group.id] == ("eng", ["ann", "bob"])
    return group, scim, ids


def engineers(world: Both) -> dict[str, list[str]]:
    """Members of each list that is called so, by its name."""
    return {name: members for name, (title, members) in lists(world.service).items() if title == "eng"}


def gone(world: Both, group: Group) -> None:
    """Delete the group in Okta, which pushes nothing of it, and read."""
    world.reader.organization.delete_group(group)
    read(world)
    assert engineers(world) == {}, "a reading wins over pushes that arrived before it began"


PUSHES: dict[str, Callable[[Served, str, list[str]], object]] = {
    "somebody joins": lambda service, scim, ids: join(service, scim, ids[2]),
    "whole": lambda service, scim, ids: whole(service, scim, "eng", *ids),
    "members are replaced": lambda service, scim, ids: patch(
        service, scim, {"op": "replace", "path": "members", "value": [{"value": each} for each in ids]}
    ),
}


@pytest.mark.parametrize("form", PUSHES)
def test_r40_a_pushed_group_whose_group_in_okta_is_gone_has_a_list_of_its_own_with_the_next_push(
    world: Both, form: str
) -> None:
    group, scim, ids = paired(world)
    gone(world, group)
    PUSHES[form](world.service, scim, ids)
    assert engineers(world) == {scim: ["ann", "bob", "cid"]}
    for _ in range(2):
        read(world)
        assert engineers(world) == {scim: ["ann", "bob", "cid"]}
    patch(world.service, scim, {"op": "remove", "path": f'members[value eq "{ids[0]}"]'})
    assert engineers(world) == {scim: ["bob", "cid"]}


def test_r40_so_it_has_where_a_tick_saw_it_gone(world: Both) -> None:
    group, scim, ids = paired(world)
    world.tick()
    world.reader.organization.delete_group(group)
    world.service.clock[0] += dt.timedelta(minutes=1)
    assert world.tick() is TickEnd.DONE
    assert engineers(world) == {}
    join(world.service, scim, ids[2])
    assert engineers(world) == {scim: ["ann", "bob", "cid"]}
    world.tick()
    assert engineers(world) == {scim: ["ann", "bob", "cid"]}


def test_r40_a_word_that_is_not_of_its_members_brings_back_what_was_pushed_of_them(world: Both) -> None:
    group, scim, _ = paired(world)
    gone(world, group)
    patch(world.service, scim, {"op": "replace", "path": "externalId", "value": "00gEng"})
    assert engineers(world) == {scim: ["ann", "bob"]}, "it counts whole, as all that nobody else tells of"


def test_r40_a_pushed_group_is_the_one_that_took_the_place_of_the_one_that_is_gone(world: Both) -> None:
    org = world.reader.organization
    group, scim, ids = paired(world)
    gone(world, group)
    again = org.add_group("eng", members=[org.user("ann@x.com")])
    read(world)
    assert engineers(world) == {again.id: ["ann"]}
    join(world.service, scim, ids[2])
    assert engineers(world) == {again.id: ["ann", "cid"]}, "of a group that is read, a push says whom it names"
    read(world)
    assert engineers(world) == {again.id: ["ann"]}


def test_r40_what_okta_pairs_stays_so_though_the_filters_leave_its_group_out(tmp_path: Path) -> None:
    filters = "apiVersion: idsync/v1\nkind: ImportFilters\nspec: {groups: {include: [eng, staff]}}"
    with both(tmp_path / "a.db", organization(), f"{OPEN}\n---\n{filters}") as world:
        org = world.reader.organization
        made = people(org, "ann", "bob")
        org.add_group("staff", members=made)
        unread = org.add_group("engineering (Okta)", members=made)
        read(world)
        ids = [pushed(world.service, each) for each in made]
        scim = pushed_group(world.service, "eng", ids[0])
        assert engineers(world) == {scim: ["ann"]}
        org.map_pushed_group(org.app("Teleport"), unread, scim)
        read(world)
        assert engineers(world) == {}
        join(world.service, scim, ids[1])
        assert engineers(world) == {}, "it is a group that the filters leave out"
        org.delete_group(unread)
        read(world)
        join(world.service, scim, ids[1])
        for _ in range(2):
            assert engineers(world) == {scim: ["ann", "bob"]}, "what Okta pairs it with does not exist any more"
            read(world)


def test_r40_a_group_that_the_filters_leave_out_for_a_while_is_the_same_one_after_it(tmp_path: Path) -> None:
    follows = "apiVersion: idsync/v1\nkind: Service\nspec: {follow_config: true}"
    with both(tmp_path / "a.db", organization(), f"{OPEN}\n---\n{follows}") as world:
        group, scim, ids = paired(world)
        settings = world.settings
        without = replace(settings.filters, groups=replace(settings.filters.groups, exclude=(NamePattern("eng"),)))
        world.settings = replace(settings, filters=without)
        read(world)
        assert engineers(world) == {}
        with served(world.service.path, world.settings) as filtered:
            join(filtered, scim, ids[2])
        assert engineers(world) == {}
        world.settings = settings
        read(world)
        assert engineers(world) == {group.id: ["ann"]}
        join(world.service, scim, ids[1])
        assert engineers(world) == {group.id: ["ann", "bob"]}


def test_a_pushed_group_whose_group_in_okta_is_gone_can_be_deleted(world: Both) -> None:
    group, scim, ids = paired(world)
    gone(world, group)
    assert asked(world.service, "DELETE", f"/Groups/{scim}")[0] == 204
    assert asked(world.service, "GET", f"/Groups/{scim}")[0] == 404
    read(world)
    assert engineers(world) == {}
    assert asked(world.service, "GET", f"/Users/{ids[0]}")[1].get("groups", []) == []
