"""`idsync rm KIND/NAME`: remove one resource by hand."""

import click

from idsync.cli.exit_codes import ExitCode
from idsync.cli.invocation import Invocation, common_options, pass_invocation
from idsync.cli.manual_edits import editor, existing, tell
from idsync.cli.options import auto_approve_option
from idsync.model.revisions import address_of


@click.command("rm")
@click.argument("address", metavar="KIND/NAME")
@auto_approve_option
@common_options()
@pass_invocation
def command(invocation: Invocation, address: str, auto_approve: bool) -> ExitCode:
    """Remove one resource: user/NAME, lock/NAME, access_list/NAME or access_list_member/LIST/NAME.

    What is ours comes back with the next apply, if Okta still asks for it.
    """
    address = address_of(existing(invocation, address))
    if not auto_approve and not invocation.console.confirm(f"Remove {address}?"):
        invocation.console.note("Nothing was changed.")
        return ExitCode.INTERRUPTED
    with editor(invocation) as own:
        done = own.remove(address)
    tell(invocation, [done])
    return ExitCode.DONE
