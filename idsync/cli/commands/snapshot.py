"""`idsync snapshot`: record what the source says now, with people as they are or as pseudonyms."""

from pathlib import Path

import click

from idsync.apply.last_apply import last_apply
from idsync.cli.exit_codes import ExitCode
from idsync.cli.files import write_private
from idsync.cli.invocation import Invocation, common_options, pass_invocation
from idsync.cli.options import as_applied_option, snapshot_option
from idsync.cli.progress import ProgressDisplay
from idsync.cli.sanitizing import check_key_file, pseudonym_key, sanitize_options
from idsync.cli.workspaces import workspace
from idsync.model.numbers import counted
from idsync.reconcile.single_pass import read
from idsync.sources.sanitize import sanitize
from idsync.sources.snapshot import snapshot_bytes
from idsync.stores.protocol import Access
from idsync.targets.sanitize import attributes_of_rules


@click.command("snapshot")
@click.option("-o", "output", metavar="FILE", type=click.Path(path_type=Path), help="Write to a file, not to stdout.")
@click.option(
    "--everything", is_flag=True, help="All groups and apps, whatever the filters take: to try other filters on."
)
@sanitize_options
@snapshot_option
@as_applied_option
@common_options()
@pass_invocation
def command(
    invocation: Invocation,
    output: Path | None,
    everything: bool,
    sanitized: bool,
    key_file: Path | None,
    snapshot: Path | None,
    as_applied: bool,
) -> ExitCode:
    """Record what the source says now: one reading, to plan from later or elsewhere."""
    check_key_file(key_file, sanitized=sanitized)
    place = workspace(invocation)
    with ProgressDisplay(invocation.console) as progress, place.store(Access.READ) as store:
        place = (place.applied(store) or place) if as_applied else place
        source = place.source(progress, snapshot=snapshot, everything=everything)
        target = place.target(store)
        last, merged = last_apply(store.facts, target), place.merging(store, snapshot=snapshot)
        reading = read(source, target, place.settings, last, merged).snapshot
    if sanitized:
        key = pseudonym_key(invocation, place, key_file)
        reading = sanitize(reading, key, attributes_of_rules(place.settings))
    if output is None:
        invocation.console.result(snapshot_bytes(reading).decode(), exact=True)
        return ExitCode.DONE
    write_private(output, snapshot_bytes(reading), "snapshot")
    people, groups = counted(len(reading.users), "person", "people"), counted(len(reading.groups), "group")
    counts = f"{people}, {groups}, {counted(len(reading.apps), 'app')}"
    invocation.console.note(f"Wrote {counts} to {output}.")
    return ExitCode.DONE
