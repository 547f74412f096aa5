"""The program: its commands, loaded when called, and the one place where whatever happens becomes an exit code."""

import errno
import importlib
import io
import keyword
import os
import sys
from collections.abc import Sequence
from itertools import pairwise

import click
from click.shell_completion import CompletionItem

from idsync import __version__
from idsync.cli.console import OutputClosed, not_written
from idsync.cli.examples import examples_of
from idsync.cli.exit_codes import MEANINGS, ExitCode, exit_code_of
from idsync.cli.invocation import Invocation, common_options
from idsync.cli.signals import Signals, Terminated
from idsync.errors import IdsyncError, StoreDamaged, UsageError
from idsync.model.suggestions import did_you_mean, nearest

COMMANDS = {
    "init": "Write a first configuration, or a complete example.",
    "validate": "Check the configuration and report every mistake.",
    "plan": "Show what would change, for whom and why.",
    "apply": "Make it so: a reviewed plan, or one made and confirmed now.",
    "reconcile": "Bring the directory up to date once, unattended.",
    "show": "Show a plan file.",
    "drift": "Show what people changed by hand of what is ours.",
    "snapshot": "Record what the source says now.",
    "filters": "Show which groups and apps the filters take.",
    "explain": "Show every path from a person to each role and list.",
    "get": "Print resources of the directory.",
    "create": "Create resources by hand, or replace them.",
    "edit": "Edit one resource by hand.",
    "rm": "Remove one resource by hand.",
    "lock": "Lock somebody at once.",
    "unlock": "Lift every lock on somebody at once.",
    "import": "Write the configuration that the directory already follows.",
    "history": "Show what was applied, when and by whom.",
    "enroll": "Set up Okta's app, Teleport's connector and the configuration.",
    "doctor": "Try each part of the set-up and say how to repair it.",
    "cleanup": "Take everything of ours out of the directory.",
    "serve": "Keep the directory as Okta says, all the time.",
    "scim": "Make, list and revoke tokens for SCIM.",
    "store": "Copy the directory and its journal to another database.",
    "keys": "Make, replace and list the keys for signing in to Okta.",
    "schema": "Print a published JSON Schema.",
    "completion": "Print the completion script of a shell.",
    "help": "Show the help of a command.",
    "version": "Print the version.",
}
"""Every command and its one line, so that `--help` imports none of them."""


_COMMON = "Options of every command: -c, --log-format, -q and --debug. See `idsync --help`."


class LazyCommands(click.Group):
    """A group that imports a command's module when the command is called."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        """The commands, in the order in which they are used."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        """The command of that name; None when there is none."""
        if cmd_name not in COMMANDS:
            return None
        file_name = f"{cmd_name}_" if keyword.iskeyword(cmd_name) else cmd_name
        module = importlib.import_module(f"idsync.cli.commands.{file_name}")
        command: click.Command = module.command
        _end_with_common(command)
        command.epilog = f"{examples_of(cmd_name)}\n\n{_COMMON}"
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """The command that the first argument names; a slip of the finger gets a suggestion."""
        name = args[0]
        if name not in COMMANDS and not name.startswith("-"):
            ctx.fail(f"{name!r} is not a command.{did_you_mean(nearest(name, COMMANDS))}")
        return super().resolve_command(ctx, args)

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        """Commands by their beginning, from their lines alone; options as ever."""
        commands = [CompletionItem(name, help=line) for name, line in COMMANDS.items() if name.startswith(incomplete)]
        return commands + click.Command.shell_complete(self, ctx, incomplete)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        """The table of commands, from their lines alone."""
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        """The table of exit codes."""
        with formatter.section("Exit codes"):
            formatter.write_dl([(str(code.value), MEANINGS[code]) for code in ExitCode])


def _end_with_common(command: click.Command) -> None:
    """Let the help of a command, and of those within it, say where the options of every command are told."""
    command.epilog = _COMMON
    for each in command.commands.values() if isinstance(command, click.Group) else ():
        _end_with_common(each)


@click.group(
    cls=LazyCommands,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    no_args_is_help=False,
    invoke_without_command=True,
)
@click.version_option(__version__, "-V", "--version", prog_name="idsync")
@common_options(from_environment=True)
@click.pass_context
def application(context: click.Context) -> ExitCode | None:
    """Terraform for people and access.

    idsync plans, shows and applies what an Okta organization and a few YAML files mean for an access directory.
    """
    if context.invoked_subcommand is not None:
        context.ensure_object(Invocation).command = context.invoked_subcommand
        return None
    click.echo(context.get_help())
    return ExitCode.DONE


def run(arguments: Sequence[str], invocation: Invocation | None = None, signals: Signals | None = None) -> int:
    """Run one command and return its exit code; whatever goes wrong is told on stderr."""
    invocation, signals = invocation or Invocation(), signals or Signals()
    try:
        _require_text(arguments)
        outcome = application.main(list(arguments), prog_name="idsync", standalone_mode=False, obj=invocation)
        signals.end()
        sys.stdout.flush()
        return int(outcome or ExitCode.DONE)
    except click.ClickException as error:
        invocation.console.json_log |= _ask_for_json(arguments)
        invocation.console.refuse_usage(error)
        return ExitCode.USAGE
    except (KeyboardInterrupt, click.Abort):
        return _broken_off(invocation, ExitCode.INTERRUPTED)
    except Terminated:
        return _broken_off(invocation, ExitCode.TERMINATED)
    except (OutputClosed, BrokenPipeError):
        return _unread()
    except SystemExit as ended:  # click's own: a word was completed, or nobody reads its help
        return _unread() if ended.code else ExitCode.DONE
    except Exception as error:
        if signals.first is not None:  # what was interrupted may end in another error, such as a driver's
            return _broken_off(invocation, ExitCode(128 + signals.first))
        return _failed(invocation, error)


def _failed(invocation: Invocation, error: Exception) -> ExitCode:
    if isinstance(error, OSError) and error.filename is None and _is_standard_output(error):
        error = not_written(error)
    if _is_unreadable(error):
        error = StoreDamaged("some object", f"{error}.")
    if isinstance(error, IdsyncError):
        invocation.console.failure(error)
        return exit_code_of(error)
    invocation.console.crash(error)
    return ExitCode.UNEXPECTED


def _is_unreadable(error: Exception) -> bool:
    """Whether what idsync itself wrote could not be decoded; what others write is checked where it is read."""
    msgspec = sys.modules.get("msgspec")
    return msgspec is not None and isinstance(error, msgspec.DecodeError)


def _broken_off(invocation: Invocation, code: ExitCode) -> ExitCode:
    how = "interrupted" if code is ExitCode.INTERRUPTED else "told to end (SIGTERM)"
    invocation.console.broken_off(invocation.command, how)
    return code


def _require_text(arguments: Sequence[str]) -> None:
    """Raise UsageError for an argument that is not UTF-8 text; every command would take it for another name."""
    for place, argument in enumerate(arguments, 1):
        try:
            argument.encode()
        except UnicodeEncodeError as error:
            seen = argument.encode("utf-8", "backslashreplace").decode().replace("\\udc", "\\x")
            raise UsageError(
                f"Argument {place}, {seen!r:.200}, is not UTF-8 text.".replace("\\\\x", "\\x"),
                why="idsync compares names as text, and this one comes from another encoding.",
                fix="Write it in UTF-8: in a script, check the encoding of the script and of the file that it reads.",
            ) from error


def _is_standard_output(error: OSError) -> bool:
    """Whether the write that failed was one to standard output: it fails once more."""
    try:
        sys.stdout.flush()
    except OSError as again:
        return again.errno == error.errno
    except ValueError:
        return False
    return error.errno in (errno.ENOSPC, errno.EIO, errno.EFBIG)


def _ask_for_json(arguments: Sequence[str]) -> bool:
    """Whether messages are to be JSON; what cannot be parsed was not noted option by option."""
    return "--log-format=json" in arguments or ("--log-format", "json") in pairwise(arguments)


def main(signals: Signals | None = None) -> int:
    """Run what the command line says, and return the exit code."""
    signals = signals or Signals()
    invocation = Invocation()  # lives until the process ends, and so does what it keeps
    try:
        _open_missing_streams()
        for stream in (sys.stdout, sys.stderr):
            if isinstance(stream, io.TextIOWrapper):
                stream.reconfigure(encoding="utf-8", errors="backslashreplace")
        signals.begin()
        return run(sys.argv[1:], invocation, signals)
    except KeyboardInterrupt:  # while an error was being told
        return _broken_off(invocation, ExitCode.INTERRUPTED)
    except Terminated:
        return _broken_off(invocation, ExitCode.TERMINATED)
    finally:
        signals.end()


def _open_missing_streams() -> None:
    """Let standard streams that were closed lead nowhere, so that no file of ours takes their place."""
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, mode, encoding="utf-8"))  # noqa: PTH123, SIM115


def _unread() -> ExitCode:
    """Let the interpreter's last flush go nowhere, now that nobody reads."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())
    os.close(nowhere)
    return ExitCode.OUTPUT_CLOSED
