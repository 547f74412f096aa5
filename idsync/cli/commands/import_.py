"""`idsync import`: write the configuration that the directory already follows."""

import os
import tempfile
from datetime import datetime
from pathlib import Path

import click

from idsync.bootstrap.workspace import Workspace, open_workspace
from idsync.cli.exit_codes import ExitCode
from idsync.cli.files import write_private
from idsync.cli.invocation import Invocation, common_options, pass_invocation
from idsync.cli.options import current_option, snapshot_option
from idsync.cli.progress import ProgressDisplay
from idsync.cli.workspaces import given_directory
from idsync.config.codes import NO_INTEGRATION
from idsync.config.file_codes import CONFIG_NOT_FOUND, NO_DOCUMENTS
from idsync.config.guards import Guards
from idsync.config.loader import load
from idsync.config.settings import AppById, Integration, SnapshotSource
from idsync.config.source_files import CONFIG_SUFFIXES
from idsync.errors import ConfigError, UsageError
from idsync.infer.config_text import Connection, config_text
from idsync.infer.configuration import Prevention, infer_from, preventions
from idsync.model.directory import DirectoryState
from idsync.model.extent import Reading
from idsync.model.identity import Snapshot
from idsync.model.numbers import counted
from idsync.reconcile.applied_configuration import applied_in, applied_settings
from idsync.reconcile.plan_options import PlanOptions
from idsync.reconcile.planning import make_plan
from idsync.reconcile.single_pass import read
from idsync.sources.snapshot import read_snapshot
from idsync.stores.protocol import Access
from idsync.targets.given import GivenDirectory

_NO_CONFIG = {CONFIG_NOT_FOUND.name, NO_DOCUMENTS.name, NO_INTEGRATION.name}
_SHOWN = 50


@click.command("import")
@click.option("-o", "output", metavar="FILE", type=click.Path(path_type=Path), help="Write to a file, not to stdout.")
@snapshot_option
@current_option
@click.option("--detailed-exitcode", is_flag=True, help="Exit 2 when the next plan would not be empty.")
@common_options()
@pass_invocation
def command(
    invocation: Invocation, output: Path | None, snapshot: Path | None, current: Path | None, detailed_exitcode: bool
) -> ExitCode:
    """Write the configuration under which the next plan is empty, or say which objects prevent that.

    It is inferred from what the source says and the directory holds. The configuration that exists, if there is one,
    only says how both are reached; with --snapshot and --current none is needed.
    """
    if output is not None and output.exists():
        raise UsageError(f"{output} is there already.", why="import never overwrites a file.", fix="Name another file.")
    if output is not None:
        _refuse_second(invocation.config, output)
    integration, reading, state, guards = _known(invocation, snapshot, current)
    connection = _connection(integration, reading, snapshot, output)
    now = datetime.now().astimezone()
    text = config_text(connection, infer_from(reading, state, connection.org_url, connection.prefix, now), guards)
    left = _left_to_do(text, reading, state, now)
    if output is None:
        invocation.console.result(text)
    else:
        write_private(output, text.encode(), "configuration")
        invocation.console.note(f"Wrote the configuration to {output}.")
    _tell(invocation, left)
    return ExitCode.CHANGES_PRESENT if left and detailed_exitcode else ExitCode.DONE


def _refuse_second(config: Path, output: Path) -> None:
    """Raise UsageError for a file that would be read beside a configuration that exists, and contradict it."""
    if not config.is_dir() or output.suffix not in CONFIG_SUFFIXES:
        return
    folder, file = config.resolve(), output.parent.resolve() / output.name
    if not file.is_relative_to(folder) or any(part.startswith(".") for part in file.relative_to(folder).parts):
        return
    try:
        open_workspace(config)
    except ConfigError as error:
        if all(found.code in _NO_CONFIG for found in error.diagnostics):
            return
    raise UsageError(
        f"{output} would be read as a part of the configuration in {str(config)!r}.",
        why="That has an Integration already, and two of them contradict each other.",
        fix=f"Write it elsewhere, or to a name that is not read: {output}.new",
    )


def _known(
    invocation: Invocation, snapshot: Path | None, current: Path | None
) -> tuple[Integration | None, Snapshot, DirectoryState, Guards]:
    """The configuration that exists, if one does, what the source says, what the directory holds, and guards."""
    try:
        place = open_workspace(invocation.config)
    except ConfigError as error:
        is_there = any(found.code not in _NO_CONFIG for found in error.diagnostics)
        if is_there or snapshot is None or current is None:
            raise
        directory = given_directory(current)
        return None, read_snapshot(snapshot), directory.state(), _guards_in(directory, invocation.config)
    return place.settings.integration, *_read(invocation, place, snapshot, current)


def _read(
    invocation: Invocation, place: Workspace, snapshot: Path | None, current: Path | None
) -> tuple[Snapshot, DirectoryState, Guards]:
    """The whole source, whatever the filters say, the whole directory, and the guards in force there."""
    with ProgressDisplay(invocation.console) as progress:
        source = place.source(progress, snapshot=snapshot, everything=True)
        if current is not None:
            directory = given_directory(current)
            guards = _guards_in(directory, place.directory)
            return read(source, directory, place.settings).snapshot, directory.state(), guards
        with place.store(Access.READ) as store:
            target = place.target(store)
            in_force = place.applied(store) or place
            reading = read(source, target, place.settings, merged=place.merging(store, snapshot=snapshot))
            return reading.snapshot, target.state(), in_force.settings.guards


def _guards_in(directory: GivenDirectory, folder: Path) -> Guards:
    """The guards of the configuration that was last applied to a directory in a file, or the default ones."""
    applied = applied_in(directory.configuration, directory.last_apply)
    return Guards() if applied is None else applied_settings(applied, folder).guards


def _connection(
    integration: Integration | None, reading: Snapshot, snapshot: Path | None, output: Path | None
) -> Connection:
    """How the organization is reached: as configured, else as the snapshot file says."""
    folder = Path() if output is None else output.parent
    path = None if snapshot is None else os.path.relpath(snapshot, folder)
    if integration is None:
        org_url = reading.org_url.lower().rstrip("/")
        return Connection("okta", org_url, AppById(reading.app_id), "sqlite:///idsync.db", None, path)
    source = integration.source
    if path is None and isinstance(source, SnapshotSource):
        path = source.path
    return Connection(
        integration.name,
        integration.org_url,
        integration.app,
        integration.store,
        integration.authentication,
        path,
        integration.users.traits.prefix,
    )


def _left_to_do(text: str, reading: Snapshot, state: DirectoryState, now: datetime) -> tuple[Prevention, ...]:
    """What a plan with the new configuration, loaded from its text, would still change."""
    with tempfile.TemporaryDirectory(prefix="idsync-import-") as folder:
        file = Path(folder) / "idsync.yaml"
        file.write_text(text, "utf-8")
        loaded = load(file)
    if loaded.settings is None:
        raise ConfigError(
            "What the directory holds cannot be written as a configuration.",
            loaded.diagnostics,
            fix="Rename what the messages above point at, in the directory or in Okta.",
        )
    return preventions(make_plan(loaded.settings, Reading(reading), GivenDirectory(state), PlanOptions(now=now)).plan)


def _tell(invocation: Invocation, left: tuple[Prevention, ...]) -> None:
    if not left:
        invocation.console.note("With this configuration the next plan is empty.")
        return
    for each in left[:_SHOWN]:
        invocation.console.warning(f"{each.address} prevents an empty plan: {each.action} ({each.reason})")
    more = f" (the first {_SHOWN} are named)" if len(left) > _SHOWN else ""
    invocation.console.warning(
        f"The next plan would change {counted(len(left), 'object')}{more}.",
        why="No default role, filter or rule explains why they are as they are.",
        fix="Look at the next plan; change the directory, Okta or the configuration where they should differ.",
    )
