"""An apply to PostgreSQL that is killed before any exchange with the server, and two at once: nothing is half done."""

import re
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.cli.running import Idsync
from tests.cli.test_postgres import stored_at
from tests.postgres.server import server
from tests.postgres.stores import new_store

pytestmark = pytest.mark.long


@pytest.fixture
def databases() -> Iterator[Callable[[], str]]:
    """Gives the address of another empty store at each call."""
    made: list[str] = []

    def make() -> str:
        made.append(new_store())
        return server().url(made[-1])

    yield make
    for name in made:
        server().drop_database(name)


def apply_and_die(org: Path, number: int) -> subprocess.CompletedProcess[str]:
    """Apply, and be killed before the exchange of this number."""
    arguments = ["apply", "--auto-approve", "-c", str(org)]
    command = [sys.executable, "-m", "tests.postgres.killed_apply", str(number), *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def told(idsync: Idsync, org: Path) -> str:
    """All that there is, without times and what follows from them, and whatever its store is called."""
    ended = idsync("get", "all", "--format", "json", "-c", org)
    assert ended.code == 0
    return re.sub(r'\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ|"revision": "\w+"|\btest_\d+', "·", ended.out)


def test_an_apply_that_is_killed_anywhere_is_made_again_and_ends_the_same(
    idsync: Idsync, fresh: Path, databases: Callable[[], str]
) -> None:
    stored_at(fresh, databases())
    whole = apply_and_die(fresh, 0)
    assert whole.returncode == 0, whole.stderr
    expected = told(idsync, fresh)
    counted = re.search(r"exchanges: (\d+)", whole.stdout)
    assert counted is not None
    total = int(counted[1])
    assert total > 20
    for last in (2, total // 4, total // 2, 3 * total // 4, total - 2):
        stored_at(fresh, databases())
        assert apply_and_die(fresh, last).returncode == -signal.SIGKILL
        assert idsync("history", "--verify", "-c", fresh).code == 0
        assert idsync("apply", "--auto-approve", "-c", fresh).code == 0
        assert told(idsync, fresh) == expected
        assert idsync("history", "--verify", "-c", fresh).code == 0
        assert idsync("plan", "-c", fresh).out.startswith("No changes.")


def test_of_two_applies_at_once_one_applies_and_the_other_finds_nothing_left_or_is_told(
    idsync: Idsync, fresh: Path, databases: Callable[[], str]
) -> None:
    stored_at(fresh, databases())
    command = [sys.executable, "-m", "idsync", "apply", "--auto-approve", "-c", str(fresh)]
    both = [subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) for _ in range(2)]
    for each in both:
        each.communicate()
    codes = sorted(each.returncode for each in both)
    assert codes[0] == 0
    assert codes[1] in (0, 6, 9)
    assert idsync("plan", "-c", fresh).out.startswith("No changes.")
    assert idsync("history", "--verify", "-c", fresh).code == 0
    assert idsync("history", "-c", fresh).out.count("applied:") == 1
