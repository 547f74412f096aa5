"""`idsync unlock USER`: lift every lock on somebody at once, without Okta and without a plan."""

import click

from idsync.cli.exit_codes import ExitCode
from idsync.cli.invocation import Invocation, common_options, pass_invocation
from idsync.cli.manual_edits import editor, tell
from idsync.edit.locking import said, unlock_user
from idsync.render.phrases import counted


@click.command("unlock")
@click.argument("user")
@click.option("--reason", required=True, metavar="TEXT", help="Why; kept in the history.")
@common_options()
@pass_invocation
def command(invocation: Invocation, user: str, reason: str) -> ExitCode:
    """Lift every lock on USER at once, those that an apply made too.

    A lock that an apply made is not made again for the same departure or suspension; it is for the next one.
    """
    reason = said("--reason", reason)
    said("USER", user)
    with editor(invocation) as own:
        done = unlock_user(own, user, reason)
    invocation.console.line(f"Unlocked {user}: {counted(len(done), 'lock')} lifted.")
    tell(invocation, done)
    return ExitCode.DONE
