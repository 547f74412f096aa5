"""`apply --reviewed`, killed at an entry of the journal and run again: the end is that of an unbroken run."""

import signal
from pathlib import Path

import pytest

from tests.acceptance.semantics_example import Example, copied, written
from tests.effort import some

pytestmark = pytest.mark.long


@pytest.fixture(scope="module")
def edited(tmp_path_factory: pytest.TempPathFactory) -> Example:
    """The example, applied, then edited, with the reviewed plan of the edit in `reviewed.plan`."""
    example = written(tmp_path_factory.mktemp("example") / "org")
    example.done("apply", "--auto-approve")
    rules = example.folder / "roles.yaml"
    rules.write_text(rules.read_text().replace("roles: [dev]}", "roles: [dev, deployer]}"))
    example.done("plan", "-o", example.folder / "reviewed.plan")
    return example


def _reviewed(example: Example) -> tuple[object, ...]:
    return ("--reviewed", example.folder / "reviewed.plan", *example.next_week)


@pytest.fixture(scope="module")
def unbroken(edited: Example, tmp_path_factory: pytest.TempPathFactory) -> tuple[bytes, int]:
    """The directory after an unbroken apply of the edit in the second week, and how many entries its runs wrote."""
    example = copied(edited, tmp_path_factory.mktemp("unbroken") / "org")
    made = example.done("apply", *_reviewed(example), "--format", "json").json
    return example.everything(), sum(made[part]["steps"] + 2 for part in ("reconciled", "edit"))


@pytest.mark.parametrize("how", ["before", "after"])
def test_r38_killed_at_an_entry_of_the_journal_and_run_again_equals_an_unbroken_run(
    how: str, edited: Example, unbroken: tuple[bytes, int], tmp_path: Path
) -> None:
    entries = unbroken[1]
    assert entries > 20
    for number in some(range(1 if how == "before" else 2, entries + 1, 2)):
        example = copied(edited, tmp_path / str(number))
        ended = example.process(how, number, "apply", *_reviewed(example))
        out, err = ended.communicate(timeout=60)
        assert ended.returncode == -signal.SIGKILL, out + err
        again = example.run("apply", *_reviewed(example))
        assert again.code == 0, again.err
        assert example.everything() == unbroken[0]
        assert example.done("history", "--verify", "--format", "json").json["broken_at"] is None
        assert example.done("plan", "--detailed-exitcode", *example.next_week).out.startswith("No changes")
