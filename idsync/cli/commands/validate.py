"""`idsync validate`: check the configuration and report every mistake of the whole tree at once."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import click

from idsync.bootstrap.workspace import Workspace
from idsync.cli.exit_codes import ExitCode
from idsync.cli.invocation import Invocation, common_options, pass_invocation
from idsync.cli.options import format_option
from idsync.cli.progress import ProgressDisplay
from idsync.config.loader import load
from idsync.diagnostics import Diagnostic, has_errors, in_reading_order
from idsync.errors import ConfigError
from idsync.model.directory import DirectoryState
from idsync.reconcile.checking import check_against
from idsync.reconcile.single_pass import read
from idsync.render.diagnostics import count_words, render_diagnostics_json
from idsync.stores.protocol import Access
from idsync.targets.given import GivenDirectory
from idsync.targets.protocol import DirectoryReader


@click.command("validate")
@click.option("--secrets", is_flag=True, help="Also fetch the secrets that it names, and see that they can be used.")
@click.option(
    "--snapshot",
    metavar="FILE",
    type=click.Path(path_type=Path),
    help="Also find what fits nobody and nothing in this snapshot file.",
)
@format_option("text", "json", "sarif", "junit", "github")
@common_options()
@pass_invocation
def command(invocation: Invocation, secrets: bool, snapshot: Path | None, form: str) -> ExitCode:
    """Check the configuration. Every mistake is reported with its place, its reason and its remedy."""
    loaded = load(invocation.config)
    diagnostics = loaded.diagnostics
    if loaded.settings is not None:
        place = Workspace(loaded.settings, loaded.directory)
        if secrets:
            diagnostics = in_reading_order((*diagnostics, *place.secrets.check()))
        if snapshot is not None:
            diagnostics = in_reading_order((*diagnostics, *_against(place, invocation, snapshot)))
    invalid = has_errors(diagnostics)
    if form != "text":
        invocation.console.result(_written(diagnostics, form, invocation))
        return ExitCode.CONFIG_INVALID if invalid else ExitCode.DONE
    if invalid:
        raise ConfigError(f"The configuration is invalid: {count_words(diagnostics)}.", diagnostics)
    invocation.console.diagnostics(diagnostics)
    noticed = f" ({count_words(diagnostics)})" if diagnostics else ""
    invocation.console.line(f"The configuration is valid{noticed}.")
    return ExitCode.DONE


def _written(diagnostics: Sequence[Diagnostic], form: str, invocation: Invocation) -> str:
    """The mistakes in a format for other programs."""
    if form == "json":
        return render_diagnostics_json(diagnostics)
    from idsync.cli.reports import diagnostics_report

    return diagnostics_report(diagnostics, form, invocation)


def _against(place: Workspace, invocation: Invocation, snapshot: Path) -> tuple[Diagnostic, ...]:
    """What of the configuration fits nothing in a snapshot; names that only the directory knows are somebody's."""
    with ProgressDisplay(invocation.console) as progress, _directory(place) as target:
        reading = read(place.source(progress, snapshot=snapshot), target, place.settings)
        return check_against(place.settings, reading.snapshot, target, place.now())


@contextmanager
def _directory(place: Workspace) -> Iterator[DirectoryReader]:
    """The directory; an empty one if no command has made the store yet."""
    if not place.has_store():
        yield GivenDirectory(DirectoryState())
        return
    with place.store(Access.READ) as store:
        yield place.target(store)
