"""Every benchmark does its work on a small organization; the figures are not checked."""

import importlib
from collections.abc import Iterator
from pathlib import Path

import click
import msgspec
import pytest
from click.testing import CliRunner

import benchmarks
from benchmarks.organizations import Size
from benchmarks.processes import PYTHON, UnexpectedExit, Usage, middle, run_measured
from benchmarks.rows import (
    ALL,
    HELP,
    PLAN_UNCHANGED,
    PUSHED_PERSON,
    SCIM_CREATES,
    SCIM_CREATES_PROCESSOR,
    SCIM_ON_POSTGRESQL,
    SCIM_SLOWEST,
    Row,
)
from benchmarks.stage import Stage
from benchmarks.table import Measured, render
from tests.effort import some

pytestmark = pytest.mark.long


FOLDER = Path(benchmarks.__file__).parent
COMMANDS = sorted(
    path.stem for path in FOLDER.glob("*.py") if 'if __name__ == "__main__":\n    main()' in path.read_text()
)
EVERY = (*ALL, *SCIM_ON_POSTGRESQL)
FURTHER = (SCIM_CREATES_PROCESSOR, SCIM_SLOWEST, *SCIM_ON_POSTGRESQL[1:3])
"""Other figures that the command of a row before them prints."""
ROWS = [row for row in EVERY if row not in FURTHER]
SMALL = ["--users=200", "--groups=20", "--memberships=1000", "--apps=4"]


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    with Stage(tmp_path_factory.mktemp("stage"), Size(200, 20, 1000, 4), seed=0) as made:
        made.prepare()
        yield made


def command(name: str) -> click.Command:
    found = importlib.import_module(f"benchmarks.{name}").main
    assert isinstance(found, click.Command)
    return found


@pytest.mark.parametrize("row", some(ROWS, fewest=8), ids=lambda row: row.title)
def test_every_row_does_its_work(row: Row, stage: Stage) -> None:
    command = row.prepare(stage)
    usage = run_measured(command, stage.output, row.exit_code, row.told)
    assert min(usage.wall, usage.processor, usage.memory) > 0
    figures = msgspec.json.decode(stage.output.read_bytes(), type=dict[str, float]) if row.told else {}
    if row.beside is None:
        run_measured(row.yardstick.command(stage), stage.output, told=row.told)
    else:
        assert figures[row.beside] > 0
    for further in FURTHER:
        if further.prepare(stage) == command:
            assert min(figures[further.told or ""], figures[further.beside or ""]) > 0
            assert further.yardstick is row.yardstick


def test_what_is_not_run_by_itself_is_the_command_of_a_row(stage: Stage) -> None:
    run = [row.prepare(stage) for row in (SCIM_CREATES, SCIM_ON_POSTGRESQL[0])]
    assert all(further.prepare(stage) in run for further in FURTHER)


def test_a_first_import_can_be_measured_again_and_again(stage: Stage) -> None:
    (apply,) = [row for row in ALL if row.title == "apply, first import"]
    (plan,) = [row for row in ALL if row.title == "plan, first import"]
    for row in (apply, plan, apply):
        run_measured(row.prepare(stage), stage.output, row.exit_code)


def test_pushes_leave_the_organization_of_the_other_rows_as_it_is(stage: Stage) -> None:
    for row in (PUSHED_PERSON, PLAN_UNCHANGED):
        run_measured(row.prepare(stage), stage.output, row.exit_code)


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_takes_sizes(name: str) -> None:
    said = CliRunner().invoke(command(name), ["--help"])
    assert said.exit_code == 0
    assert "--memberships" in said.output


def test_a_command_prints_a_table_with_its_yardstick() -> None:
    said = CliRunner().invoke(command("cold_start"), [*SMALL, "--runs=1"])
    assert said.exit_code == 0, said.output
    assert "idsync --help" in said.output
    assert "yardstick: python -c pass" in said.output


@pytest.mark.parametrize(
    ("name", "function"), [("snapshot_alone", "read_snapshot"), ("plan_first_import", "commands/plan.py")]
)
def test_a_profile_names_functions_of_the_program(name: str, function: str, tmp_path: Path) -> None:
    said = CliRunner().invoke(command(name), [*SMALL, "--profile", f"--directory={tmp_path}"])
    assert said.exit_code == 0, said.output
    assert function in said.output


def test_snapshots_of_an_earlier_run_are_used_again_unless_the_size_is_another(tmp_path: Path) -> None:
    def made(users: int) -> int:
        stage = Stage(tmp_path, Size(users, 20, 1000, 4), seed=0)
        stage.prepare()
        return stage.snapshot().stat().st_mtime_ns

    first = made(200)
    assert made(200) == first
    assert made(300) != first


def test_sizes_that_no_organization_has_are_a_mistake_in_the_command_line() -> None:
    said = CliRunner().invoke(command("cold_start"), ["--users=1"])
    assert said.exit_code == 2
    assert "at least 20 users" in said.output


def test_a_command_that_fails_is_not_measured(tmp_path: Path) -> None:
    with pytest.raises(UnexpectedExit, match="ended with 3 where 0 was expected:\nno such thing"):
        run_measured(
            [PYTHON, "-c", "import sys; print('no such thing', file=sys.stderr); sys.exit(3)"], tmp_path / "output.txt"
        )


def test_the_middle_of_several_runs_is_the_median_of_each_figure() -> None:
    assert middle([Usage(1, 9, 5), Usage(2, 7, 6), Usage(9, 8, 4)]) == Usage(2, 8, 5)


@pytest.mark.parametrize(
    ("processor", "memory", "verdict"),
    [
        (1.0, 512, "aim met"),
        (1.1, 512, "allowed"),
        (2.1, 512, "over in time"),
        (1.0, 513, "over in memory"),
        (2.1, 513, "over in time and memory"),
    ],
)
def test_the_verdict_follows_the_limits(processor: float, memory: float, verdict: str) -> None:
    measured = Measured(PLAN_UNCHANGED, Usage(3, processor, memory), Usage(1, 1, 480))
    assert measured.verdict == verdict
    assert render([measured]).splitlines()[1].endswith(f"  {verdict}")


def test_a_row_without_limits_has_no_verdict() -> None:
    assert Measured(HELP, Usage(9, 9, 9), Usage(1, 1, 1)).verdict == ""
