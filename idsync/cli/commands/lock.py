"""`idsync lock USER`: lock somebody at once, without Okta and without a plan."""

import click

from idsync.cli.exit_codes import ExitCode
from idsync.cli.invocation import Invocation, common_options, pass_invocation
from idsync.cli.manual_edits import editor
from idsync.edit.locking import advice, lasting, lock_user, said, unknown_user
from idsync.model.resources import Lock


@click.command("lock")
@click.argument("user")
@click.option("--message", required=True, metavar="TEXT", help="Why; the person is shown it. Kept in the history.")
@click.option("--for", "duration", metavar="DURATION", help="How long: 90m, 30h, 2d. Without it the lock has no end.")
@common_options()
@pass_invocation
def command(invocation: Invocation, user: str, message: str, duration: str | None) -> ExitCode:
    """Lock USER at once: sessions end and no new one begins. No apply lifts this lock.

    A USER whom the directory does not know is locked all the same.
    """
    message = said("--message", message)
    said("USER", user)
    seconds = None if duration is None else lasting(duration)
    with editor(invocation) as own:
        unknown = unknown_user(own, user)
        done = lock_user(own, user, message, seconds)
    if unknown:
        invocation.console.warning(unknown)
    made = done.resource
    expires = made.spec.expires if isinstance(made, Lock) else None
    until = f"until {expires}" if expires else "without an end"
    invocation.console.line(f"Locked {user} {until}.")
    invocation.console.note(f"To lift it: {advice(user)}.")
    return ExitCode.DONE
