"""`idsync store copy FROM TO`: move a directory and its journal to another database."""

import os
from pathlib import Path

import click

from idsync.cli.console import one_line
from idsync.cli.exit_codes import ExitCode
from idsync.cli.invocation import Invocation, common_options, pass_invocation
from idsync.cli.progress import ProgressDisplay
from idsync.config.store_address import holds_password, store_complaint
from idsync.errors import UsageError
from idsync.model.known_secrets import remember_secret
from idsync.model.numbers import counted

_BY_NAME = "env:"


@click.group("store", no_args_is_help=False)
@common_options()
def command() -> None:
    """idsync's own database: where the directory and the journal are."""


@command.command("copy", short_help="Copy the store at FROM into an empty one at TO.")
@click.argument("source", metavar="FROM")
@click.argument("destination", metavar="TO")
@common_options()
@pass_invocation
def copy(invocation: Invocation, source: str, destination: str) -> ExitCode:
    """Copy the store at FROM, directory and journal, into an empty one at TO, and see that it verifies.

    FROM and TO are addresses like `store` in the Integration document; a relative path begins at the present folder.
    env:NAME stands for an address in an environment variable, which may hold a password. The store at FROM stays as it
    is. Stop whatever writes there first: a copy during which somebody writes, or a service starts, is not kept.
    """
    from idsync.stores.holder import this_process
    from idsync.stores.opening import copy_store

    addresses = _address("FROM", source), _address("TO", destination)
    with ProgressDisplay(invocation.console) as progress:
        rows, head = copy_store(*addresses, Path.cwd(), this_process(""), progress)
    invocation.console.line(
        f"Copied {counted(rows, 'row')}. The journal of {head.entries:,} entries is whole, and ends at {head}."
    )
    invocation.console.note(f"To use the copy, write in the Integration document: {_as_setting(destination)}")
    return ExitCode.DONE


def _address(which: str, given: str) -> str:
    """The address that an argument is, or names; raises UsageError, which repeats nothing of an address."""
    address = given
    if given.startswith(_BY_NAME):
        name = given.removeprefix(_BY_NAME)
        address = os.environ.get(name, "")
        if not address:
            raise UsageError(
                f"The environment variable {one_line(name)[:100]} is not set.", fix="Set it, or give an address."
            )
        remember_secret(address)
    elif holds_password(given):
        raise UsageError(
            f"{which} holds a password.",
            why="Everybody on this machine can read the arguments of a command.",
            fix="Put the whole address into an environment variable and give env:NAME, or use PGPASSWORD or ~/.pgpass.",
        )
    if complaint := store_complaint(address):
        raise UsageError(
            f"{which} is not the address of a store: it {complaint}.",
            fix="Write it like sqlite:///access/idsync.db or postgresql://host/database.",
        )
    return address


def _as_setting(given: str) -> str:
    return f"store: {{env: {given.removeprefix(_BY_NAME)}}}" if given.startswith(_BY_NAME) else f"store: {given}"
