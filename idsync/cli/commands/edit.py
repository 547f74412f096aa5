"""`idsync edit KIND/NAME`: edit one resource by hand, in $VISUAL or $EDITOR."""

import os
import shlex
import signal
import subprocess
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
    before = render_yaml([found]).encode()
    file = _private_copy(before)
    try:
        after = _edited(file)
        if after != before:
            with editor(invocation) as own:
                done = own.replace(_resource(after, found, file))
            tell(invocation, [done])
    except IdsyncError as error:
        if file.exists() and file.read_bytes() != before:
            error.fix = f"{error.fix} What you wrote is kept in {file}.".strip()
        else:
            file.unlink(missing_ok=True)
        raise
    file.unlink()
    if after == before:
        invocation.console.line("Nothing was changed.")
    return ExitCode.DONE


def _private_copy(content: bytes) -> Path:
    """A file that only this user can read, for the editor."""
    handle, name = tempfile.mkstemp(prefix="idsync-edit-", suffix=".yaml")
    with os.fdopen(handle, "wb") as written:
        written.write(content)
    return Path(name)


def _edited(file: Path) -> bytes:
    """What the person's editor made of the file; raises UsageError when it did not run well."""
    editor = os.environ.get("VISUAL") or os.environ.get("EDITOR") or _EDITOR
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
