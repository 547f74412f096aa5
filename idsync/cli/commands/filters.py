"""`idsync filters`: show which groups and apps the filters, configured or given, take now."""

from collections import defaultdict
from collections.abc import Container, Iterator
from pathlib import Path

import click

from idsync.cli.console import json_text
from idsync.cli.exit_codes import ExitCode
from idsync.cli.invocation import Invocation, common_options, pass_invocation
from idsync.cli.options import format_option, snapshot_option
from idsync.cli.progress import ProgressDisplay
from idsync.cli.workspaces import workspace
from idsync.config.codes import LOOKS_LIKE_EXPRESSION
from idsync.config.patterns import NameFilter, NamePattern, PatternError
from idsync.config.settings import ImportFilters
from idsync.config.texts import looks_like_expression
from idsync.errors import UsageError
from idsync.reconcile.filtering import Match, Matches, matches
from idsync.render.escape_text import shown, visible

_MOST_OTHERS = 20
"""So many of those that a filter leaves out are named for each reason; JSON has all."""


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
    for option, given in (("--groups", groups), ("--apps", apps)):
        for half in (each for each in given if not NamePattern(each).is_regex and looks_like_expression(each)):
            what = f"{option} {half!r} looks like half an expression: {looks_like_expression(half)}."
            invocation.console.warning(what, why=LOOKS_LIKE_EXPRESSION.why, fix=LOOKS_LIKE_EXPRESSION.fix)
    place = workspace(invocation)
    configured = place.settings.filters
    chosen = ImportFilters(tried["groups"] or configured.groups, tried["apps"] or configured.apps)
    with ProgressDisplay(invocation.console) as progress:
        catalogue = place.source(progress, snapshot=snapshot).catalogue()
    rules = place.settings.import_rules if place.settings.integration.sync.app_groups else ()
    found = matches(chosen, catalogue, place.settings.integration.app, rules)
    # Somebody who tries a pattern on groups wants to see groups.
    asked = {kind for kind, chosen_here in tried.items() if chosen_here is not None} or {"groups", "apps"}
    invocation.console.result(json_text(found) if form == "json" else _told(found, asked))
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


def _told(found: Matches, asked: Container[str]) -> str:
    tables = (("groups", "Groups", found.groups), ("apps", "Apps", found.apps))
    return "\n\n".join("\n".join(_table(title, rows)) for kind, title, rows in tables if kind in asked)


def _table(title: str, rows: tuple[Match, ...]) -> Iterator[str]:
    """Each that is taken, a line each; the others by the reason why not, several a line."""
    taken = [row for row in rows if row.taken]
    yield f"{title}: {len(taken):,} of {len(rows):,} become access lists."
    for row in taken:
        why = f"  [by {visible(row.by)}]" if row.by else ""
        labels = ", ".join(f"{visible(key)}={shown(value)}" for key, value in sorted((row.labels or {}).items()))
        yield f"  + {shown(row.name)} ({visible(row.id)}){why}{f'  {labels}' if labels else ''}"
    others: dict[str, list[str]] = defaultdict(list)
    for row in rows:
        if not row.taken:
            others[f"{row.why_not} by {row.by}" if row.by else row.why_not].append(shown(row.name))
    for why, names in others.items():
        more = f", and {len(names) - _MOST_OTHERS:,} more" if len(names) > _MOST_OTHERS else ""
        yield f"    not: {', '.join(names[:_MOST_OTHERS])}{more}  [{visible(why)}]"
