"""`idsync snapshot`: record what the source says now, with people as they are or as pseudonyms."""

import secrets
from pathlib import Path

import click

from idsync.bootstrap import Workspace
from idsync.cli.exit_codes import ExitCode
from idsync.cli.files import read_input, write_private
from idsync.cli.invocation import Invocation, common_options, pass_invocation
from idsync.cli.options import snapshot_option
from idsync.cli.progress import ProgressDisplay
from idsync.cli.workspaces import store_to_write, workspace
from idsync.config.settings import TraitRule
from idsync.errors import UsageError
from idsync.reconcile.single_pass import read
from idsync.sources.sanitize import sanitize
from idsync.sources.snapshot import snapshot_bytes
from idsync.stores.protocol import Access

_KEY = "pseudonym_key"


@click.command("snapshot")
@click.option("-o", "output", metavar="FILE", type=click.Path(path_type=Path), help="Write to a file, not to stdout.")
@click.option(
    "--everything", is_flag=True, help="All groups and apps, whatever the filters take: to try other filters on."
)
@click.option("--sanitize", "sanitized", is_flag=True, help="Replace people by pseudonyms; such a snapshot only plans.")
@click.option(
    "--key-file",
    metavar="FILE",
    type=click.Path(path_type=Path),
    help="The key of the pseudonyms, 16 random bytes or more.  [default: one that the store keeps]",
)
@snapshot_option
@common_options()
@pass_invocation
def command(
    invocation: Invocation,
    output: Path | None,
    everything: bool,
    sanitized: bool,
    key_file: Path | None,
    snapshot: Path | None,
) -> ExitCode:
    """Record what the source says now: one reading, to plan from later or elsewhere."""
    if key_file is not None and not sanitized:
        raise UsageError("--key-file is for --sanitize.", fix="Give both, or neither.")
    place = workspace(invocation)
    with ProgressDisplay(invocation.console) as progress, place.store(Access.READ) as store:
        source = place.source(progress, snapshot=snapshot, everything=everything)
        reading = read(source, place.target(store), place.settings.integration.org_url).snapshot
    if sanitized:
        key = _own_key(invocation, place) if key_file is None else read_input(key_file, "key")
        reading = sanitize(reading, key, _kept_attributes(place))
    if output is None:
        invocation.console.result(snapshot_bytes(reading).decode())
        return ExitCode.DONE
    write_private(output, snapshot_bytes(reading), "snapshot")
    counts = f"{len(reading.users):,} people, {len(reading.groups):,} groups, {len(reading.apps):,} apps"
    invocation.console.note(f"Wrote {counts} to {output}.")
    return ExitCode.DONE


def _own_key(invocation: Invocation, place: Workspace) -> bytes:
    """The key that the store keeps, made at first use: the same people get the same pseudonyms every time."""
    with store_to_write(invocation, place) as store, store.transaction():
        key = store.facts.get(_KEY)
        if key is None:
            key = secrets.token_bytes(32)
            store.facts.put({_KEY: key})
        return key


def _kept_attributes(place: Workspace) -> set[str]:
    """Attributes that role rules look at: without their values a plan would be another one."""
    prefix = place.settings.integration.users.traits.prefix
    rules = (rule for rule in place.settings.role_rules if isinstance(rule, TraitRule))
    return {rule.trait.removeprefix(prefix) for rule in rules}
