"""`idsync init DIR [--example]`: write a first configuration, or a whole organization to try things on."""

import shlex
from collections.abc import Mapping
from contextlib import suppress
from importlib import resources
from pathlib import Path

import click

from idsync.cli.console import one_line
from idsync.cli.exit_codes import ExitCode
from idsync.cli.invocation import Invocation, common_options, pass_invocation
from idsync.config.loader import load_documents
from idsync.config.placeholders import ORG_URL, OWNER
from idsync.config.schema_check import schema_text
from idsync.config.source_files import SourceFile
from idsync.config.yaml_writer import scalar
from idsync.diagnostics import Diagnostic
from idsync.errors import UsageError

_IGNORED = "gitignore.tmpl"
_CONFIGURATION = "idsync.yaml"
_SCHEMA = "config.v1.schema.json"
_APP_LABEL = "Teleport"


@click.command("init")
@click.argument("name", metavar="DIR", type=click.Path())
@click.option("--example", is_flag=True, help="A complete organization with its snapshot; needs no Okta.")
@click.option("--org-url", metavar="URL", help="The address of the Okta organization.")
@click.option("--app-label", metavar="LABEL", help="The label of the SSO app in Okta. [default: Teleport]")
@click.option("--owner", "owners", metavar="NAME", multiple=True, help="Who owns new access lists; may be repeated.")
@common_options()
@pass_invocation
def command(
    invocation: Invocation,
    name: str,
    example: bool,
    org_url: str | None,
    app_label: str | None,
    owners: tuple[str, ...],
) -> ExitCode:
    """Write a first configuration into DIR, or a complete example. Nothing that exists is overwritten.

    On a terminal it asks for what the options do not say. What nobody says stays a placeholder, which every command
    refuses at its line.
    """
    if not name:
        raise UsageError("DIR is empty.", why="A variable may be unset.", fix="Name a directory; `.` is this one.")
    if example and (org_url is not None or app_label is not None or owners):
        raise UsageError(
            "The example has an organization of its own.", fix="Leave --example out, or the other options."
        )
    directory = Path(name)
    contents = _starter("example" if example else "minimal")
    if not example:
        refuse_what_is_there(directory, [*contents, _SCHEMA])
        written = contents[_CONFIGURATION].decode()
        contents[_CONFIGURATION] = _filled_in(invocation, written, org_url, app_label, owners).encode()
        contents[_SCHEMA] = schema_text().encode()
    write_new_files(directory, contents)
    left = () if example else placeholders_in(contents[_CONFIGURATION].decode())
    invocation.console.result(_next_steps(directory, sorted(contents), left, example=example))
    return ExitCode.DONE


def _starter(name: str) -> dict[str, bytes]:
    """The files of a starter, by name."""
    starters = resources.files("idsync.cli").joinpath("starters")
    contents = {entry.name: entry.read_bytes() for entry in starters.joinpath(name).iterdir() if entry.is_file()}
    return {**contents, ".gitignore": starters.joinpath(_IGNORED).read_bytes()}


def _filled_in(
    invocation: Invocation, text: str, org_url: str | None, app_label: str | None, owners: tuple[str, ...]
) -> str:
    """The configuration with what the options or the person say; raises UsageError for what cannot be used."""
    console = invocation.console
    if console.can_ask:
        org_url = org_url or console.ask("Address of the Okta organization, such as https://NAME.okta.com:")
        app_label = app_label or console.ask(f"Label of the SSO app in Okta [{_APP_LABEL}]:")
        owners = owners or tuple(filter(None, [console.ask("User name of who owns new access lists:")]))
    if org_url and "://" not in org_url:
        org_url = f"https://{org_url}"
    filled = text.replace(f"org_url: {ORG_URL}", f"org_url: {scalar(org_url or ORG_URL)}")
    filled = filled.replace(f"app: {{label: {_APP_LABEL}}}", f"app: {{label: {scalar(app_label or _APP_LABEL)}}}")
    filled = filled.replace(f"owners: [{OWNER}]", f"owners: [{', '.join(map(scalar, owners or (OWNER,)))}]")
    mistakes = [found for found in _diagnostics(filled) if found.code != "placeholder_left"]
    if mistakes:
        raise UsageError(
            f"This cannot stand in a configuration: {mistakes[0].summary}.", why=mistakes[0].why, fix=mistakes[0].fix
        )
    return filled


def _diagnostics(text: str) -> tuple[Diagnostic, ...]:
    return load_documents([SourceFile(_CONFIGURATION, text)], Path()).diagnostics


def placeholders_in(text: str) -> tuple[str, ...]:
    """Where placeholders stand in a configuration, with what they are."""
    found = (each for each in _diagnostics(text) if each.code == "placeholder_left")
    return tuple(f"{each.position}: {each.summary}" for each in found)


def refuse_what_is_there(directory: Path, names: list[str]) -> None:
    """Raise UsageError where one of these files is there already."""
    try:
        present = sorted(name for name in names if (directory / name).exists())
    except OSError:
        return  # writing says why
    if present:
        raise UsageError(
            f"{directory} already holds {', '.join(present)}.",
            why="init never overwrites a file.",
            fix="Choose another directory, or remove what is there.",
        )


def write_new_files(directory: Path, contents: Mapping[str, bytes]) -> None:
    """Write every file, or none when any is there already; raises UsageError."""
    try:
        directory.mkdir(parents=True, exist_ok=True)
        refuse_what_is_there(directory, [*contents])
        _write_all(directory, contents)
    except OSError as refusal:
        raise UsageError(
            f"{directory} cannot be written to: {refusal.strerror}.", fix="Choose a directory of your own."
        ) from refusal


def _write_all(directory: Path, contents: Mapping[str, bytes]) -> None:
    """Write every file; when one cannot be written, take away those that were, so that init can be run again."""
    begun: list[Path] = []
    try:
        for name, content in sorted(contents.items()):
            with (directory / name).open("xb") as written:
                begun.append(directory / name)
                written.write(content)
    except OSError:
        for file in begun:
            with suppress(OSError):
                file.unlink()
        raise


def _next_steps(directory: Path, names: list[str], left: tuple[str, ...], *, example: bool) -> str:
    here = directory.resolve() == Path.cwd()
    lines = [f"Wrote {', '.join(names)} {'here' if here else f'to {directory}'}."]
    place = "" if here else f" -c {shlex.quote(str(directory))}"
    if example:
        lines += ["Next:", f"  idsync plan{place}", f"  idsync apply{place}"]
    elif left:
        lines += ["Write your own in place of these, then check it:", *(f"  {each}" for each in left)]
        lines += [f"  idsync validate{place}"]
    else:
        lines += ["Set OKTA_API_TOKEN to a token that may read, then:"]
        lines += [f"  idsync validate --secrets{place}", f"  idsync plan{place}"]
    return "\n".join(map(one_line, lines))
