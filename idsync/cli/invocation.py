"""What was said on the command line apart from a command's own options, accepted before and after its name."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from idsync.cli.console import Console
from idsync.errors import UsageError

F = TypeVar("F", bound=Callable[..., Any])
T = TypeVar("T")

CONFIG_VARIABLE = "IDSYNC_CONFIG"


class Invocation:
    """One call of the program: where its configuration is, and how it speaks."""

    def __init__(self) -> None:
        self.command = ""
        self.config = Path()
        self.console = Console()
        self._kept: list[object] = []

    def keep(self, large: T) -> T:
        """Hold something large as long as this call lasts: at the program's end the system frees it all at once, while
        Python would take it apart piece by piece.
        """
        self._kept.append(large)
        return large

    @property
    def config_arguments(self) -> tuple[str, ...]:
        """The option by which another call finds the same configuration; none when it needs no option."""
        given = str(self.config)
        return () if given in (".", os.environ.get(CONFIG_VARIABLE)) else ("-c", given)


def common_options(*, from_environment: bool = False) -> Callable[[F], F]:
    """Options that every command takes; on the group they also read the environment."""
    options = [
        _noted(
            "-c",
            "--config",
            metavar="PATH",
            envvar=CONFIG_VARIABLE if from_environment else None,
            type=click.Path(readable=False),  # the loader says what cannot be read, and why
            note=_note_config,
            help=f"Directory or file of the configuration.  [default: ., or {CONFIG_VARIABLE}]",
        ),
        _noted(
            "--log-format",
            type=click.Choice(["text", "json"]),
            note=_note_log_format,
            help="How messages on stderr are written.  [default: text]",
        ),
        _noted("-q", "--quiet", is_flag=True, note=_note_quiet, help="No progress and no notes on stderr."),
        _noted("--debug", is_flag=True, note=_note_debug, help="Show where an unexpected error came from."),
    ]

    def decorate(function: F) -> F:
        for option in reversed(options):
            function = option(function)
        return function

    return decorate


pass_invocation = click.make_pass_decorator(Invocation, ensure=True)


def _noted(*names: str, note: Callable[[Invocation, Any], None], **how: Any) -> Callable[[F], F]:
    """An option whose value is noted on the invocation, before anything is done."""

    def set_value(context: click.Context, _parameter: click.Parameter, value: Any) -> None:
        if value or value == "":
            note(context.ensure_object(Invocation), value)

    return click.option(*names, cls=_CommonOption, expose_value=False, is_eager=True, callback=set_value, **how)


class _CommonOption(click.Option):
    """An option of every command: the help of the program tells of it, that of a command does not again."""

    def get_help_record(self, ctx: click.Context) -> tuple[str, str] | None:
        """Its line, in the program's own help alone."""
        return super().get_help_record(ctx) if ctx.parent is None else None


def _note_config(invocation: Invocation, path: str) -> None:
    if not path:
        raise UsageError(
            "--config is empty.",
            why="The variable that it comes from may be unset; the current folder may hold another configuration.",
            fix="Name the configuration, or leave --config out for the current folder.",
        )
    invocation.config = Path(path)
    invocation.console.options = invocation.config_arguments


def _note_log_format(invocation: Invocation, log_format: str) -> None:
    invocation.console.json_log = log_format == "json"


def _note_quiet(invocation: Invocation, quiet: bool) -> None:
    invocation.console.quiet = quiet


def _note_debug(invocation: Invocation, debug: bool) -> None:
    invocation.console.debug = debug
