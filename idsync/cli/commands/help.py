"""`idsync help [COMMAND]`: the same as `idsync COMMAND --help`."""

import click

from idsync.cli.exit_codes import ExitCode
from idsync.cli.invocation import Invocation, common_options, pass_invocation


@click.command("help")
@click.argument("name", metavar="[COMMAND]", required=False)
@common_options()
@pass_invocation
@click.pass_context
def command(context: click.Context, invocation: Invocation, name: str | None) -> ExitCode:
    """Show the help of a command, or the list of all."""
    parent = context.find_root()
    shown = parent
    if name is not None and isinstance(parent.command, click.Group):
        _, asked, _ = parent.command.resolve_command(parent, [name])
        if asked is not None:
            shown = click.Context(asked, info_name=name, parent=parent)
    invocation.console.result(shown.get_help())
    return ExitCode.DONE
