"""`idsync edit KIND/NAME`: edit one resource by hand, in $VISUAL or $EDITOR."""

import os
import shlex
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

import click

from idsync.cli.exit_codes import ExitCode
from idsync.cli.files import read_input
from idsync.cli.invocation import Invocation, common_options, pass_invocation
from idsync.cli.manual_edits import editor, existing, tell
from idsync.cli.resource_files import read_resources
from idsync.errors import IdsyncError, ResourceError, UsageError
from idsync.model.revisions import AnyResource, address_of
from idsync.render.resources import render_yaml

_EDITOR = "vi"
_NEEDS_A_SCREEN = frozenset(
    {"vi", "vim", "nvim", "vim.tiny", "view", "nano", "pico", "emacs", "joe", "micro", "hx", "mg"}
)
"""Editors that need a terminal: without one, they fill the log with escapes or wait for ever."""


@click.command("edit")
@click.argument("address", metavar="KIND/NAME")
@click.option("--auto-approve", is_flag=True, expose_value=False, help="Accepted; saving the file is consent enough.")
@common_options()
@pass_invocation
def command(invocation: Invocation, address: str) -> ExitCode:
    """Edit one resource in $VISUAL or $EDITOR. A file that is left unchanged changes nothing.

    What somebody else changed meanwhile is never overwritten: the edit is refused, and the file is kept.
    """
    found = existing(invocation, address)
    program = _editor()
    before = render_yaml([found]).encode()
    file = _private_copy(before)
    try:
        after = _edited(file, program)
        if after != before:
            with editor(invocation) as own:
                done = own.replace(_resource(after, found, file))
            tell(invocation, [done])
    except IdsyncError as error:
        if _is_as_before(file, before):
            file.unlink(missing_ok=True)
        else:
            error.fix = f"{error.fix} What you wrote is kept in {file}.".strip()
        raise
    file.unlink(missing_ok=True)
    if after == before:
        invocation.console.line("Nothing was changed.")
    return ExitCode.DONE


def _is_as_before(file: Path, before: bytes) -> bool:
    """Whether nothing is lost with the file: an editor may also have removed it, or left a folder in its place."""
    try:
        return file.read_bytes() == before
    except FileNotFoundError:
        return True
    except OSError:
        return False


def _private_copy(content: bytes) -> Path:
    """A file that only this user can read, for the editor."""
    handle, name = tempfile.mkstemp(prefix="idsync-edit-", suffix=".yaml")
    with os.fdopen(handle, "wb") as written:
        written.write(content)
    return Path(name)


def _editor() -> str:
    """The person's editor; raises UsageError where it needs a terminal and there is none."""
    command = os.environ.get("VISUAL") or os.environ.get("EDITOR") or _EDITOR
    program = Path((command.split() or [""])[0]).name
    if program in _NEEDS_A_SCREEN and not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise UsageError(
            f"The editor {command!r} needs a terminal, and there is none.",
            why="Standard input or output leads elsewhere, as in a script or a CI job.",
            fix="Run this on a terminal, set VISUAL or EDITOR to a program that needs none, or use `idsync create -f`.",
        )
    return command


def _edited(file: Path, editor: str) -> bytes:
    """What the person's editor made of the file; raises UsageError when it did not run well."""
    ours = signal.signal(signal.SIGINT, lambda *_: None)  # Ctrl-C means the editor; ignoring it would pass on to there
    try:
        ended = subprocess.run([*shlex.split(editor), str(file)], check=False)  # noqa: S603 - the person's own editor
    except (OSError, ValueError) as refusal:
        why = refusal.strerror if isinstance(refusal, OSError) else str(refusal)
        raise UsageError(
            f"The editor {editor!r} cannot be started.", why=f"{why}.", fix="Set VISUAL or EDITOR."
        ) from refusal
    finally:
        signal.signal(signal.SIGINT, ours)
    if ended.returncode != 0:
        raise UsageError(f"The editor {editor!r} ended with {ended.returncode}.", why="Nothing was changed.")
    return read_input(file, "file")


def _resource(content: bytes, before: AnyResource, file: Path) -> AnyResource:
    """The one resource of the file, still at its address."""
    resources = read_resources(content, str(file))
    if len(resources) != 1 or address_of(resources[0]) != address_of(before):
        raise ResourceError(
            f"The file does not hold {address_of(before)}, and it alone.",
            why="An edit changes one object and keeps its name.",
            fix="Use `idsync create` and `idsync rm` for other names.",
        )
    return resources[0]
