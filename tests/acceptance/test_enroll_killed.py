"""`idsync enroll okta` killed at each of its writes, for real: the next run ends as an unbroken one does."""

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.acceptance.enrolling import FILES, World
from tests.acceptance.programs import TOKEN, environment
from tests.okta_simulator import Organization, Simulator, running
from tests.okta_simulator.requests import RecordedRequest

pytestmark = pytest.mark.long


GROUPS = ("eng", "ops", "sec")
WRITES = 1 + len(GROUPS) + len(FILES)
"""The app, who gets it, and the files."""
OPTIONS = tuple(option for name in GROUPS for option in ("--group", name))


def killed(world: World, how: str, number: int, options: tuple[str, ...] = OPTIONS) -> int:
    """How a process ended that was to be killed at a write."""
    command = [sys.executable, "-m", "tests.acceptance.enroll_killed", how, str(number)]
    process = subprocess.run(
        [*command, *world.arguments(*options)], env=environment(TOKEN), capture_output=True, timeout=60, check=False
    )
    return process.returncode


@pytest.mark.parametrize("how", ["before", "after"])
def test_killed_at_each_write_and_run_again_equals_an_unbroken_run(how: str, tmp_path: Path) -> None:
    for number in range(1, WRITES + 1):
        organization = Organization()
        for name in GROUPS:
            organization.add_group(name, members=[organization.add_user(f"{name}@enzos-pizza.com")])
        with running(simulator := Simulator(organization)) as url:
            world = World(simulator, url, tmp_path / f"{how}-{number}")
            assert killed(world, how, number) == -signal.SIGKILL
            again = world.enroll(*OPTIONS)
            assert again.code == 0, again.err
            assert len(world.app.groups) == 3
            assert set(world.files) == FILES
            assert made(simulator.requests.writes) == {"POST": 1, "PUT": 3}, "nothing was done twice"
            before, writes = world.files, world.writes
            third = world.enroll(*OPTIONS)
            assert "nothing was changed" in third.err
            assert (world.files, world.writes) == (before, writes)
            world.run("validate")


@pytest.mark.parametrize("how", ["before", "after"])
def test_with_a_key_it_is_the_same_and_one_key_is_made(how: str, tmp_path: Path) -> None:
    for number in range(1, 1 + 1 + 1 + len(FILES) + 1):  # the key, the app, who gets it, and the files
        with running(simulator := Simulator(Organization())) as url:
            world = World(simulator, url, tmp_path / f"{how}-{number}")
            assert killed(world, how, number, ("--oauth",)) == -signal.SIGKILL
            again = world.enroll("--oauth")
            assert again.code == 0, again.err
            assert len([*world.folder.glob("keys/*.pem")]) == 1
            assert made(simulator.requests.writes) == {"POST": 1, "PUT": 1}
            before = world.files
            assert {*before} > FILES
            assert "nothing was changed" in world.enroll("--oauth").err
            assert world.files == before


def made(writes: list[RecordedRequest]) -> dict[str, int]:
    """How many requests took effect, by method."""
    served = [each.method for each in writes if each.served]
    return {method: served.count(method) for method in sorted(set(served))}


def test_a_write_beyond_the_last_is_none(tmp_path: Path) -> None:
    """The count above is that of all writes."""
    organization = Organization()
    for name in GROUPS:
        organization.add_group(name)
    with running(simulator := Simulator(organization)) as url:
        assert killed(World(simulator, url, tmp_path / "access"), "before", WRITES + 1) == 0
