"""`idsync init DIR [--example]`: write a first configuration, or a whole organization to try things on."""

import shlex
from contextlib import suppress
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path

import click

from idsync.cli.exit_codes import ExitCode
from idsync.cli.invocation import Invocation, common_options, pass_invocation
from idsync.errors import UsageError

_IGNORED = "gitignore.tmpl"


@click.command("init")
@click.argument("name", metavar="DIR", type=click.Path())
@click.option("--example", is_flag=True, help="A complete organization with its snapshot; needs no Okta.")
@common_options()
@pass_invocation
def command(invocation: Invocation, name: str, example: bool) -> ExitCode:
    """Write a first configuration into DIR, or a complete example. Nothing that exists is overwritten."""
    if not name:
        raise UsageError("DIR is empty.", why="A variable may be unset.", fix="Name a directory; `.` is this one.")
    directory = Path(name)
    starters = resources.files("idsync.cli").joinpath("starters")
    chosen = starters.joinpath("example" if example else "minimal")
    contents = {entry.name: entry for entry in chosen.iterdir() if entry.is_file()}
    contents[".gitignore"] = starters.joinpath(_IGNORED)
    write_new_files(directory, contents)
    invocation.console.result(_next_steps(directory, sorted(contents), example=example))
    return ExitCode.DONE


def write_new_files(directory: Path, contents: dict[str, Traversable]) -> None:
    """Write every file, or none when any is there already; raises UsageError."""
    try:
        directory.mkdir(parents=True, exist_ok=True)
        present = sorted(name for name in contents if (directory / name).exists())
        if present:
            raise UsageError(
                f"{directory} already holds {', '.join(present)}.",
                why="init never overwrites a file.",
                fix="Choose another directory, or remove what is there.",
            )
        _write_all(directory, contents)
    except OSError as refusal:
        raise UsageError(
            f"{directory} cannot be written to: {refusal.strerror}.", fix="Choose a directory of your own."
        ) from refusal


def _write_all(directory: Path, contents: dict[str, Traversable]) -> None:
    """Write every file; when one cannot be written, take away those that were, so that init can be run again."""
    begun: list[Path] = []
    try:
        for name, content in sorted(contents.items()):
            with (directory / name).open("xb") as written:
                begun.append(directory / name)
                written.write(content.read_bytes())
    except OSError:
        for file in begun:
            with suppress(OSError):
                file.unlink()
        raise


def _next_steps(directory: Path, names: list[str], *, example: bool) -> str:
    lines = [f"Wrote {', '.join(names)} to {directory}."]
    place = "" if directory.resolve() == Path.cwd() else f" -c {shlex.quote(str(directory))}"
    if example:
        lines += ["Next:", f"  idsync plan{place}", f"  idsync apply{place}"]
    else:
        lines += [f"Put your organization into {directory / 'idsync.yaml'}, then:", f"  idsync validate{place}"]
    return "\n".join(lines)
