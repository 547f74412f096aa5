"""What was sent counts for more than a reading for two minutes: by Okta's clock, whatever this machine's says."""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.acceptance.both_ways_world import World, agreed_world


@pytest.fixture(params=[600.0, -600.0])
def ahead(request: pytest.FixtureRequest) -> float:
    """By so many seconds Okta's clock is ahead of this machine's."""
    seconds: float = request.param
    return seconds


@pytest.fixture
def world(tmp_path: Path, ahead: float) -> Iterator[World]:
    with agreed_world(tmp_path) as made:
        _set_ahead(made, ahead)
        (made.place.folder / "idsync.db").unlink()  # it remembers readings by another clock
        made.place.apply()
        yield made


def _set_ahead(world: World, seconds: float) -> None:
    world.organization.clock = lambda: time.time() + seconds


def test_r48_copies_that_lag_undo_nothing_where_the_clocks_differ(world: World) -> None:
    world.edit(world.group.id, "cat", joins=True)
    world.edit(world.group.id, "bob", joins=False)
    world.place.apply()
    # As a copy from before these requests shows it:
    world.organization.remove_member(world.group, world.people["cat"])
    world.organization.add_member(world.group, world.people["bob"])
    world.place.plans_nothing()


def test_r48_an_edit_in_okta_counts_after_two_minutes_where_the_clocks_differ(world: World, ahead: float) -> None:
    world.edit(world.group.id, "cat", joins=True)
    world.place.apply()
    _set_ahead(world, ahead + 130)
    world.organization.remove_member(world.group, world.people["cat"])
    world.place.apply()
    assert world.here(world.group.id) == world.there(world.group) == {"ann", "bob"}
