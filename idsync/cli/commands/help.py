"""`idsync help [COMMAND]…`: the same as `idsync COMMAND… --help`."""

import click

from idsync.cli.exit_codes import ExitCode
from idsync.cli.invocation import Invocation, common_options, pass_invocation


@click.command("help")
@click.argument("names", metavar="[COMMAND]...", nargs=-1)
@common_options()
@pass_invocation
@click.pass_context
def command(context: click.Context, invocation: Invocation, names: tuple[str, ...]) -> ExitCode:
    """Show the help of a command, or of one within it, or the list of all."""
    shown = context.find_root()
    for name in names:
        if not isinstance(shown.command, click.Group):
            shown.fail(f"{shown.info_name} has no commands of its own.")
        _, asked, _ = shown.command.resolve_command(shown, [name])
        if asked is not None:
            shown = click.Context(asked, info_name=name, parent=shown)
    invocation.console.result(shown.get_help())
    return ExitCode.DONE
