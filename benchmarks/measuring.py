"""The command behind every benchmark: prepares a stage, measures rows in turn with their yardsticks, prints a table."""

import pstats
import tempfile
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

import click
import msgspec

from benchmarks.configuration import STORE
from benchmarks.options import size_options
from benchmarks.organizations import Size
from benchmarks.processes import PYTHON, UnexpectedExit, middle, run_measured, told_figure
from benchmarks.rows import Command, Row
from benchmarks.stage import Stage
from benchmarks.table import Measured, render

_FULL = 100_000
_SHORT_RUNS = 4
_PROFILE_LINES = 30


def command_for(rows: Sequence[Row]) -> click.Command:
    """The command line that measures these rows."""

    @click.command()
    @size_options
    @click.option(
        "--runs", default=5, show_default=True, type=click.IntRange(1, 1000), help="Measured runs of each row."
    )
    @click.option(
        "--directory",
        type=click.Path(file_okay=False, path_type=Path),
        help="Work here, and use the snapshots again that a run of the same size left.  [default: a temporary one]",
    )
    @click.option(
        "--store",
        default=STORE,
        metavar="ADDRESS",
        help="Import first into this PostgreSQL database, which holds no store; it is emptied before each run.",
    )
    @click.option("--profile", is_flag=True, help="Instead of measuring, show where the time of each row goes.")
    def main(size: Size, seed: int, runs: int, directory: Path | None, store: str, profile: bool) -> None:
        """Measure idsync on a made-up organization."""
        with ExitStack() as cleanup:
            if directory is None:
                directory = Path(cleanup.enter_context(tempfile.TemporaryDirectory(prefix="idsync-benchmark-")))
            directory.mkdir(parents=True, exist_ok=True)
            stage = cleanup.enter_context(Stage(directory.absolute(), size, seed, store))
            try:
                stage.prepare()
                if profile:
                    for row in rows:
                        click.echo(_profiled(row, stage))
                    return
                click.echo(render([_measured(row, stage, runs) for row in rows]))
            except UnexpectedExit as error:
                raise click.ClickException(str(error)) from error
        if size.users < _FULL:
            click.echo("The limits are set for 100,000 users: below, the start of Python weighs more.")

    return main


def _measured(row: Row, stage: Stage, runs: int) -> Measured:
    """Medians of a row and its yardstick, run in turn: what disturbs the one disturbs the other."""
    click.echo(f"measuring: {row.title}", err=True)
    yardsticks, usages = [], []
    for _ in range(1 + runs * (_SHORT_RUNS if row.short else 1)):
        if row.beside is None:
            yardsticks.append(run_measured(row.yardstick.command(stage), stage.output, told=row.told))
        usages.append(run_measured(row.prepare(stage), stage.output, row.exit_code, row.told))
        if row.beside is not None:
            yardsticks.append(msgspec.structs.replace(usages[-1], told=told_figure(stage.output, row.beside)))
    # The first run of each only warms the caches.
    return Measured(row, middle(usages[1:]), middle(yardsticks[1:]))


def _profiled(row: Row, stage: Stage) -> str:
    """Where the time of a row goes, once it was run to warm the caches and to see that it works."""
    run_measured(row.prepare(stage), stage.output, row.exit_code)
    profiled = [PYTHON, "-m", "cProfile", "-o", str(stage.profile), *_watchable(row.prepare(stage))[1:]]
    # The profiler ends well whatever the exit code of what it ran.
    run_measured(profiled, stage.output)
    report = stage.profile.with_suffix(".txt")
    with report.open("w", encoding="utf-8") as stream:
        stats = pstats.Stats(str(stage.profile), stream=stream)
        stats.sort_stats("tottime").print_stats(_PROFILE_LINES)
        stats.sort_stats("cumulative").print_stats("idsync/", _PROFILE_LINES)
    return f"== {row.title}\n{report.read_text('utf-8')}"


def _watchable(command: Command) -> Command:
    """The command by a way that ends normally: the program itself leaves at once, before a profile is written."""
    return [PYTHON, "-m", "benchmarks.program", *command[3:]] if command[1:3] == ["-m", "idsync"] else command
