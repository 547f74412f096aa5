"""A few lives in the suite, whose passes break off inside this process."""

from pathlib import Path

import pytest

from tests.acceptance.both_ways_world import agreed_world
from tests.both_ways_lives.life import live
from tests.effort import examples

pytestmark = pytest.mark.long


@pytest.mark.parametrize("seed", range(examples(2)))
def test_r48_twenty_passes_lose_no_edit_and_send_each_once(tmp_path: Path, seed: int) -> None:
    with agreed_world(tmp_path) as world:
        live(world, seed, passes=20)


def test_r49_a_process_that_is_killed_loses_no_edit_and_sends_none_twice(tmp_path: Path) -> None:
    with agreed_world(tmp_path) as world:
        live(world, 7, passes=4, as_process=True)
