"""`idsync filters`: show which groups and apps the filters, configured or given, take now."""

from pathlib import Path

import click

from idsync.cli.console import json_text
from idsync.cli.exit_codes import ExitCode
from idsync.cli.invocation import Invocation, common_options, pass_invocation
from idsync.cli.options import format_option, snapshot_option
from idsync.cli.progress import ProgressDisplay
from idsync.cli.workspaces import workspace
from idsync.config.patterns import NameFilter, NamePattern, PatternError
from idsync.config.settings import ImportFilters
from idsync.errors import UsageError
from idsync.reconcile.filtering import Match, Matches, matches
from idsync.render.escape_text import shown, visible


@click.command("filters")
@click.option("--groups", metavar="PATTERN", multiple=True, help="Try this over group names, not the configured ones.")
@click.option("--apps", metavar="PATTERN", multiple=True, help="Try this over app labels, not the configured ones.")
@snapshot_option
@format_option("text", "json")
@common_options()
@pass_invocation
def command(
    invocation: Invocation, groups: tuple[str, ...], apps: tuple[str, ...], snapshot: Path | None, form: str
) -> ExitCode:
    """Show which groups and apps become access lists, and why the others do not.

    A pattern is a glob in which * stands for anything, or an RE2 expression from ^ to $.
    """
    tried = {"groups": _filter(groups, "--groups"), "apps": _filter(apps, "--apps")}
    place = workspace(invocation)
    configured = place.settings.filters
    chosen = ImportFilters(tried["groups"] or configured.groups, tried["apps"] or configured.apps)
    with ProgressDisplay(invocation.console) as progress:
        catalogue = place.source(progress, snapshot=snapshot).catalogue()
    found = matches(chosen, catalogue, place.settings.integration.app)
    invocation.console.result(json_text(found) if form == "json" else _told(found))
    return ExitCode.DONE


def _filter(patterns: tuple[str, ...], option: str) -> NameFilter | None:
    try:
        return NameFilter(include=tuple(map(NamePattern, patterns))) if patterns else None
    except PatternError as error:
        raise UsageError(
            f"{option} is given a filter that is not a valid expression.",
            why=f"{error}.",
            fix="Correct it, or write a glob in which only * is special.",
        ) from error


def _told(found: Matches) -> str:
    return "\n\n".join(_table(title, rows) for title, rows in (("Groups", found.groups), ("Apps", found.apps)))


def _table(title: str, rows: tuple[Match, ...]) -> str:
    taken = sum(row.taken for row in rows)
    lines = [f"{title}: {taken:,} of {len(rows):,} become access lists."]
    for row in sorted(rows, key=lambda row: not row.taken):
        why = f"by {row.by}" if row.by and row.taken else f"{row.why_not} by {row.by}" if row.by else row.why_not
        note = f"  [{visible(why)}]" if why else ""
        lines.append(f"  {'+' if row.taken else ' '} {shown(row.name)} ({visible(row.id)}){note}")
    return "\n".join(lines)
