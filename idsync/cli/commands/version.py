"""`idsync version`: the same as `idsync --version`."""

import click

from idsync import __version__
from idsync.cli.exit_codes import ExitCode
from idsync.cli.invocation import Invocation, common_options, pass_invocation


@click.command("version")
@common_options()
@pass_invocation
def command(invocation: Invocation) -> ExitCode:
    """Print the version."""
    invocation.console.line(f"idsync, version {__version__}")
    return ExitCode.DONE
