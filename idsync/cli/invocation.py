"""What was said on the command line apart from a command's own options, accepted before and after its name."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from idsync.cli.console import Console

F = TypeVar("F", bound=Callable[..., Any])

CONFIG_VARIABLE = "IDSYNC_CONFIG"


class Invocation:
    """One call of the program: where its configuration is, and how it speaks."""

    def __init__(self) -> None:
        self.config = Path()
        self.console = Console()


def common_options(*, from_environment: bool = False) -> Callable[[F], F]:
    """Options that every command takes; on the group they also read the environment."""

    def set_config(context: click.Context, _parameter: click.Parameter, path: str | None) -> None:
        if path is not None:
            context.ensure_object(Invocation).config = Path(path)

    def set_log_format(context: click.Context, _parameter: click.Parameter, log_format: str | None) -> None:
        if log_format is not None:
            context.ensure_object(Invocation).console.json_log = log_format == "json"

    def set_quiet(context: click.Context, _parameter: click.Parameter, quiet: bool) -> None:
        context.ensure_object(Invocation).console.quiet |= quiet

    def set_debug(context: click.Context, _parameter: click.Parameter, debug: bool) -> None:
        context.ensure_object(Invocation).console.debug |= debug

    options = [
        click.option(
            "-c",
            "--config",
            metavar="PATH",
            envvar=CONFIG_VARIABLE if from_environment else None,
            type=click.Path(),
            expose_value=False,
            is_eager=True,
            callback=set_config,
            help=f"Directory or file of the configuration.  [default: ., or {CONFIG_VARIABLE}]",
        ),
        click.option(
            "--log-format",
            type=click.Choice(["text", "json"]),
            expose_value=False,
            is_eager=True,
            callback=set_log_format,
            help="How messages on stderr are written.  [default: text]",
        ),
        click.option(
            "-q",
            "--quiet",
            is_flag=True,
            expose_value=False,
            is_eager=True,
            callback=set_quiet,
            help="No progress and no notes on stderr.",
        ),
        click.option(
            "--debug",
            is_flag=True,
            expose_value=False,
            is_eager=True,
            callback=set_debug,
            help="Show where an unexpected error came from.",
        ),
    ]

    def decorate(function: F) -> F:
        for option in reversed(options):
            function = option(function)
        return function

    return decorate


pass_invocation = click.make_pass_decorator(Invocation, ensure=True)
