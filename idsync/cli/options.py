"""Options that several commands share, and how their values are read."""

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from idsync.errors import UsageError
from idsync.model.suggestions import did_you_mean, nearest

if TYPE_CHECKING:
    from idsync.render.links import Links

F = TypeVar("F", bound=Callable[..., Any])


def format_option(*formats: str) -> Callable[[F], F]:
    """`--format`; the first is the default. The command receives it as `form`."""
    return click.option(
        "--format",
        "form",
        type=click.Choice(formats),
        default=formats[0],
        show_default=True,
        help="How the result is written.",
    )


def snapshot_option(function: F) -> F:
    """`--snapshot FILE`: read identities from a file."""
    return click.option(
        "--snapshot",
        metavar="FILE",
        type=click.Path(path_type=Path),
        help="Read identities from a snapshot file, whatever the configuration says.",
    )(function)


def as_applied_option(function: F) -> F:
    """`--as-applied`."""
    return click.option(
        "--as-applied", is_flag=True, help="Go by the configuration that was applied last, whatever the files say now."
    )(function)


def current_option(function: F) -> F:
    """`--current FILE`: take the directory from a file."""
    return click.option(
        "--current",
        metavar="FILE",
        type=click.Path(path_type=Path),
        help="Take the directory from what `idsync get all --format json` printed; no store is opened.",
    )(function)


def detail_option(function: F) -> F:
    """`--detail`: the text has every person and every change."""
    return click.option(
        "--detail", is_flag=True, help="Show every change in the order of the apply; text leaves them out otherwise."
    )(function)


def link_options(function: F) -> F:
    """`--link-config`, `--link-run` and `--link-plan`: web addresses that Markdown leads to."""
    for name, what in reversed(_LINKS.items()):
        function = click.option(f"--link-{name}", metavar="URL", default="", help=what)(function)
    return function


_LINKS = {
    "config": "Where the configuration's folder is at its commit; causes in Markdown lead to their lines there.",
    "run": "Where the run is that makes the plan; Markdown leads there.",
    "plan": "Where the plan file can be fetched; Markdown leads there.",
}


def links_to(config: str, run: str, plan: str) -> "Links":
    """The addresses that were given; raises UsageError for what is not a web address."""
    from idsync.render.links import Links, is_address

    for name, address in (("config", config), ("run", run), ("plan", plan)):
        if address and not is_address(address):
            raise UsageError(
                f"--link-{name} {address!r} is not a web address.",
                why="It is written into Markdown as it is.",
                fix="Begin it with https:// and write spaces, brackets and quotes as %20 and the like.",
            )
    return Links(config, run, plan)


def auto_approve_option(function: F) -> F:
    """`--auto-approve`: do not ask."""
    return click.option("--auto-approve", is_flag=True, help="Go ahead without being asked.")(function)


def allow_option(function: F) -> F:
    """`--allow GUARD=REASON`, any number of times."""
    return click.option(
        "--allow",
        metavar="GUARD=REASON",
        multiple=True,
        help="Release one guard or doubt, and say why; kept in the history.",
    )(function)


def releases(allowed: Iterable[str], known: Iterable[str]) -> dict[str, str]:
    """The guards to release, with the reason for each; raises UsageError for what names no guard or no reason."""
    names = sorted(known)
    released: dict[str, str] = {}
    for text in allowed:
        guard, _, reason = text.partition("=")
        guard = guard.strip()
        if guard not in names:
            raise UsageError(
                f"{guard!r} is not a guard.{did_you_mean(nearest(guard, names))}",
                why="--allow takes GUARD=REASON.",
                fix=f"Name one of {', '.join(names)}.",
            )
        if not reason.strip():
            raise UsageError(
                f"--allow {guard} gives no reason.",
                why="Readers of the history must be able to tell why the guard was released.",
                fix=f'Write --allow {guard}="why it is right this time".',
            )
        if guard in released:
            raise UsageError(
                f"--allow {guard} is given twice.",
                why="The history keeps one reason for each guard that was released.",
                fix="Give it once, with the whole reason.",
            )
        released[guard] = reason.strip()
    return released
