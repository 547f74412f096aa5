"""Killed at any entry of the journal, held, raced or interrupted: the end is that of an unbroken run."""

import signal
import time
from pathlib import Path

import pytest

from tests.acceptance.semantics_example import Example, copied, written
from tests.effort import some

pytestmark = pytest.mark.long


WEEK = ("apply", "--auto-approve", "--snapshot")


@pytest.fixture(scope="module")
def applied(tmp_path_factory: pytest.TempPathFactory) -> Example:
    """The example after its first apply."""
    example = written(tmp_path_factory.mktemp("example") / "org")
    example.done("apply", "--auto-approve")
    return example


@pytest.fixture(scope="module")
def unbroken(applied: Example, tmp_path_factory: pytest.TempPathFactory) -> tuple[bytes, int]:
    """The directory after an unbroken second week, and how many entries its run wrote to the journal."""
    example = copied(applied, tmp_path_factory.mktemp("unbroken") / "org")
    made = example.done("apply", "--auto-approve", *example.next_week, "--format", "json")
    return example.everything(), made.json["steps"] + 2


def assert_like_unbroken(example: Example, unbroken: tuple[bytes, int]) -> None:
    assert example.everything() == unbroken[0]
    assert example.done("history", "--verify", "--format", "json").json["broken_at"] is None
    assert example.done("plan", "--detailed-exitcode", *example.next_week).out.startswith("No changes")


@pytest.mark.parametrize("how", ["before", "after"])
def test_killed_at_each_entry_of_the_journal_and_run_again_equals_an_unbroken_run(
    how: str, applied: Example, unbroken: tuple[bytes, int], tmp_path: Path
) -> None:
    entries = unbroken[1]
    assert entries > 10
    # In a night every entry is met once: the odd ones just before they are written, the even ones just after.
    for number in some(range(1 if how == "before" else 2, entries + 1, 2)):
        example = copied(applied, tmp_path / str(number))
        before = example.everything()
        ended = example.process(how, number, "apply", "--auto-approve", *example.next_week)
        out, err = ended.communicate(timeout=60)
        assert ended.returncode == -signal.SIGKILL, out + err
        assert example.everything() in (before, unbroken[0])
        again = example.run("apply", "--auto-approve", *example.next_week)
        assert again.code == 0, again.err
        assert_like_unbroken(example, unbroken)


@pytest.mark.parametrize("number", [2, 5])
def test_a_reviewed_plan_that_was_killed_is_resumed_by_the_same_command(
    number: int, applied: Example, unbroken: tuple[bytes, int], tmp_path: Path
) -> None:
    example = copied(applied, tmp_path / "org")
    plan = tmp_path / "a.plan"
    example.done("plan", *example.next_week, "-o", plan)
    killed = example.process("after", number, "apply", plan)
    killed.communicate(timeout=60)
    assert killed.returncode == -signal.SIGKILL
    assert "taken up where it was broken off" in example.done("apply", plan).out
    assert_like_unbroken(example, unbroken)
    assert example.run("apply", plan).code == 6


@pytest.mark.parametrize("number", [1, 6], ids=["before its transaction", "within its transaction"])
def test_of_two_applies_at_once_the_second_ends_with_9_and_the_first_goes_on(
    number: int, applied: Example, unbroken: tuple[bytes, int], tmp_path: Path
) -> None:
    example = copied(applied, tmp_path / "org")
    first = example.process("held", number, "apply", "--auto-approve", *example.next_week)
    assert first.stdout is not None
    assert any(line == "held\n" for line in iter(first.stdout.readline, "")), "the first apply is held inside"
    second = example.run("apply", "--auto-approve", *example.next_week)
    assert second.code == 9, second.err
    assert str(first.pid) in second.err
    assert example.run("plan", *example.next_week, "--detailed-exitcode").code == 2, "reading goes on"
    _, err = first.communicate(timeout=60)
    assert first.returncode == 0, err
    assert_like_unbroken(example, unbroken)


@pytest.mark.parametrize(
    ("how", "code", "said"),
    [(signal.SIGINT, 130, "was interrupted"), (signal.SIGTERM, 143, "told to end (SIGTERM)")],
)
def test_an_apply_that_is_broken_off_says_so_and_changes_nothing(
    how: signal.Signals, code: int, said: str, applied: Example, tmp_path: Path
) -> None:
    example = copied(applied, tmp_path / "org")
    before = example.everything()
    held = example.process("held", 6, "apply", "--auto-approve", *example.next_week)
    assert held.stdout is not None
    assert any(line == "held\n" for line in iter(held.stdout.readline, ""))
    held.send_signal(how)
    deadline = time.monotonic() + 30
    while held.poll() is None and time.monotonic() < deadline:
        time.sleep(0.02)
    _, err = held.communicate(timeout=30)
    assert held.returncode == code
    assert said in err
    assert "fix:" in err
    assert "Traceback" not in err
    assert example.everything() == before
    assert '"why": "interrupted"' in example.done("history", "--format", "json").out
    example.done("apply", "--auto-approve", *example.next_week)
