"""`idsync create FILE|-`: create resources by hand, or replace them."""

from pathlib import Path

import click

from idsync.cli.exit_codes import ExitCode
from idsync.cli.files import read_input
from idsync.cli.invocation import Invocation, common_options, pass_invocation
from idsync.cli.manual_edits import editor, tell
from idsync.cli.resource_files import read_resources
from idsync.errors import UsageError


@click.command("create")
@click.argument("file", metavar="FILE|-", required=False, type=click.Path(path_type=Path, allow_dash=True))
@click.option("-f", "--force", is_flag=True, help="Replace what exists.")
@common_options()
@pass_invocation
def command(invocation: Invocation, file: Path | None, force: bool) -> ExitCode:
    """Create the resources in FILE, or on standard input for `-`: YAML documents, or JSON, an array too.

    All of them are created, or none. Existing ones are refused unless -f is given. A resource that names a revision
    replaces that revision and no other.
    """
    if file is None:
        raise UsageError("create needs a file.", fix="Name one, or `-` for standard input.")
    name = "standard input" if str(file) == "-" else str(file)
    resources = read_resources(read_input(file, "file"), name)
    if not resources:
        raise UsageError(f"{name} holds no resource.", fix="Write it like `idsync get KIND/NAME` prints it.")
    with editor(invocation) as own:
        done = [own.create(resource, force=force) for resource in resources]
    tell(invocation, done)
    return ExitCode.DONE
