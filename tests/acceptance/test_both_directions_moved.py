"""An organization that moved to another address, whose memberships go both ways."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.acceptance.both_ways_world import World, agreed_world


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with agreed_world(tmp_path) as made:
        yield made


def _move(world: World) -> None:
    """Reach the organization by another address from now on."""
    path, former = world.place.folder / "idsync.yaml", world.place.url
    text = path.read_text().replace("127.0.0.1", "localhost")
    path.write_text(text.replace("  rate_limit_share", f"  former_org_urls: [{former}]\n  rate_limit_share"))


def test_r21_an_edit_that_waited_goes_out_once_the_organization_moved(world: World) -> None:
    world.edit(world.group.id, "cat", joins=True)
    _move(world)
    world.place.apply()
    assert world.there(world.group) == world.here(world.group.id) == {"ann", "bob", "cat"}
    assert len(world.wrote()) == 1
    world.place.plans_nothing()


def test_r21_an_edit_of_a_list_that_was_agreed_on_before_the_organization_moved_goes_out(world: World) -> None:
    _move(world)
    world.place.apply()
    world.place.plans_nothing()
    assert world.wrote() == []
    world.edit(world.group.id, "cat", joins=True)
    for person in ("ann", "bob"):
        world.edit(world.app.id, person, joins=False)
    world.place.apply()
    assert world.there(world.group) == world.here(world.group.id) == {"ann", "bob", "cat"}
    assert world.assigned() == world.here(world.app.id) == set()
    assert len(world.wrote()) == 3
    world.place.plans_nothing()
