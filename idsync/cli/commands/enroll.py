"""`idsync enroll okta`: set up Okta's app, Teleport's connector and the configuration in one sitting."""

import os
import shlex
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import click
from msgspec.structs import replace

from idsync.bootstrap.workspace import Workspace
from idsync.cli.exit_codes import ExitCode
from idsync.cli.files import write_private
from idsync.cli.invocation import Invocation, common_options, pass_invocation
from idsync.cli.options import auto_approve_option
from idsync.config.secret_references import EnvironmentSecret
from idsync.config.settings import ApiToken, OAuth
from idsync.enroll.configuration import KEYS, LATER, Completed, Wanted, complete
from idsync.enroll.enrolling import DEFAULT_LABEL, Enrollment, look, make
from idsync.enroll.registering import registration
from idsync.errors import SecretError, UsageError

if TYPE_CHECKING:
    from idsync.targets.okta.sso_app import OktaSsoApps

_TOKEN = "OKTA_API_TOKEN"  # noqa: S105 - the name of a variable
_IGNORED = ".gitignore"
_LATER = "register idsync in Okta as --oauth shows it, and run the same command with --client-id ID"


@click.group("enroll", no_args_is_help=False)
@common_options()
def command() -> None:
    """Set up what people sign in by, and the configuration that goes with it. What is there is adopted."""


@command.command("okta", short_help="Make or adopt the SAML app, and write connector and configuration.")
@click.option("--org-url", metavar="URL", required=True, help="The address of the Okta organization.")
@click.option("--owner", "owners", metavar="NAME", multiple=True, required=True, help="Who owns new access lists.")
@click.option("--acs-url", metavar="URL", required=True, help="Where Teleport takes SAML answers.")
@click.option("--audience", metavar="URI", help="The audience of SAML answers.  [default: --acs-url]")
@click.option("--app-label", metavar="LABEL", help="The label of the SSO app in Okta.  [default: Teleport]")
@click.option("--group", "groups", metavar="NAME", multiple=True, help="Who gets the app.  [default: Everyone]")
@click.option("--oauth", is_flag=True, help="Sign in with a key of idsync's own, not with an API token.")
@click.option("--client-id", metavar="ID", help="With --oauth: the app that was registered for this key.")
@auto_approve_option
@common_options()
@pass_invocation
def okta(
    invocation: Invocation,
    org_url: str,
    owners: tuple[str, ...],
    acs_url: str,
    audience: str | None,
    app_label: str | None,
    groups: tuple[str, ...],
    oauth: bool,
    client_id: str | None,
    auto_approve: bool,
) -> ExitCode:
    """Make the SAML app in Okta, or adopt it; assign it; write the connector and the configuration.

    It shows first what it will do, and asks. A second run changes nothing, unless Okta's certificate or the role rules
    have changed since: then it brings the connector up to date. Making the app takes the scope okta.apps.manage and the
    role Application Administrator; afterwards reading is enough.

    With --oauth it makes a key, shows what to register in Okta, and goes on with the id of what was registered. The app
    is then made with the API token in OKTA_API_TOKEN, where that is set, and with the key otherwise. Where nobody says
    the id yet, the configuration waits for it: run it again with --client-id.
    """
    if not _is_address(acs_url):
        raise UsageError(
            "--acs-url is not an address that can be used.",
            why="Answers that sign people in are sent there: by https, to a host that is plain to see.",
            fix="It is https://PROXY/v1/webapi/saml/acs/NAME.",
        )
    if app_label == "" or "" in groups:
        raise UsageError("--app-label or --group is empty.", why="A variable may be unset.", fix="Give a name.")
    if audience and not _is_plain(audience):
        raise UsageError(
            "--audience cannot be used: it has a blank, or a character that is not ASCII.",
            why="It is a URI, which Okta and Teleport compare letter by letter.",
            fix="Give it as Teleport says it, or leave it out.",
        )
    if "://" not in org_url:
        org_url = f"https://{org_url}"
    directory = invocation.config
    if directory.is_file():
        raise UsageError(f"{directory} is a file.", why="Enrollment writes several files.", fix="Give -c a folder.")
    wanted = Wanted(
        org_url, owners, acs_url, audience or acs_url, app_label, groups, oauth or client_id is not None, client_id
    )
    if wanted.oauth:
        registered = _registered(invocation, directory, wanted, auto_approve=auto_approve)
        if registered is None:
            return _declined(invocation)
        wanted = registered
    completed = complete(directory, wanted, app_label or DEFAULT_LABEL)
    return _enrolled(invocation, wanted, completed, auto_approve=auto_approve)


def _is_address(text: str) -> bool:
    """Whether SAML answers may be sent there: nothing in it that browsers and people read in two ways."""
    try:
        parts, port = urlsplit(text), urlsplit(text).port
    except ValueError:
        return False
    is_safe = parts.scheme == "https" or (
        parts.scheme == "http" and parts.hostname in ("127.0.0.1", "::1", "localhost")
    )
    return is_safe and _is_plain(text) and not set(text) & set("\\#@") and bool(parts.hostname) and port != 0


def _is_plain(text: str) -> bool:
    """Whether all of a text is seen, and looks like nothing else."""
    return text.isascii() and text.isprintable() and " " not in text


def _enrolled(invocation: Invocation, wanted: Wanted, completed: Completed, *, auto_approve: bool) -> ExitCode:
    """Show what is to be done, ask, and do it."""
    directory, console = invocation.config, invocation.console
    if (completed.waits or not (completed.has_integration or wanted.oauth)) and not os.environ.get(_TOKEN):
        raise SecretError(
            f"The environment variable {_TOKEN} is not set.",
            why="The app is looked for, and made, with the API token in it.",
            fix=f"Set {_TOKEN} to the token of an Application Administrator (Okta: Security, API, Tokens).",
        )
    place = Workspace(completed.settings, directory)
    with _doors(place, waits=completed.waits) as (apps, writer):
        enrollment = look(apps, writer, directory, wanted, completed)
        for line in enrollment.lines():
            console.line(line)
        for note in enrollment.notes:
            console.warning(note)
        if enrollment.is_done:
            left = f" The client id is still missing: {_LATER}." if completed.waits else ""
            console.note(f"Everything is set up; nothing was changed.{left}")
            return ExitCode.DONE
        if enrollment.writes_okta and (writer is not apps or completed.waits):
            console.line(f"use     the API token in {_TOKEN}, for this and not afterwards")
        if not auto_approve and not console.confirm("Do this?"):
            has_key = wanted.oauth and not completed.has_integration
            return _declined(invocation, "Nothing but the key was made; the next run keeps it." if has_key else "")
        _check_folder(directory)
        files = make(writer, enrollment)
        _write(directory, files, is_new=not completed.has_integration)
    console.note("Done.")
    for number, step in enumerate(_next(enrollment, files, directory, by_itself=writer is apps), 1):
        console.note(f"Next, {number}: {step}")
    return ExitCode.DONE


def _next(enrollment: Enrollment, files: dict[str, str], directory: Path, *, by_itself: bool) -> Iterator[str]:
    """What is left for people to do; the app was made `by_itself` with the credential that idsync goes on with."""
    has_key = isinstance(enrollment.completed.settings.integration.authentication, OAuth)
    if enrollment.completed.waits:
        yield f"{_LATER}. Revoke the token in {_TOKEN} then"
    elif enrollment.writes_okta and not by_itself:
        yield f"revoke the token in {_TOKEN}: idsync signs in with its key"
    elif enrollment.writes_okta and has_key:
        yield "reading is enough from now on: take okta.apps.manage, and the role for it, from idsync's app in Okta"
    elif enrollment.writes_okta:
        yield f"reading is enough from now on: revoke the token in {_TOKEN}, and put one there that can only read"
    if enrollment.connector_file in files:
        yield f"give Teleport the connector: tctl create -f {shlex.quote(str(directory / enrollment.connector_file))}"
    where = shlex.quote(str(directory))
    if not enrollment.completed.waits:
        yield f"idsync doctor -c {where}, then idsync plan -c {where}"


def _declined(invocation: Invocation, said: str = "") -> ExitCode:
    invocation.console.note(said or "Nothing was changed.")
    return ExitCode.INTERRUPTED


def _registered(invocation: Invocation, directory: Path, wanted: Wanted, *, auto_approve: bool) -> Wanted | None:
    """The same with the id of the app that stands for the key in Okta; None where somebody declines to make a key.

    Raises UsageError where the id is not known yet.
    """
    from idsync.okta.key_folder import keys_in, make_key, public_keys

    completed = complete(directory, replace(wanted, oauth=False, client_id=None), wanted.label or DEFAULT_LABEL)
    if completed.has_integration and not completed.waits:
        return wanted  # it says how idsync signs in
    console, folder = invocation.console, directory / KEYS
    has_key = bool(keys_in(folder))
    if wanted.client_id is not None:
        if not has_key:
            raise UsageError(
                f"{folder} holds no key.",
                why="The app of --client-id stands for a key that was made before.",
                fix="Run it without --client-id: it makes the key, and shows what to register.",
            )
        return wanted
    console.line(f"{'keep  ' if has_key else 'create'}  private key in {folder}, for idsync alone")
    place = Workspace(completed.settings, directory)
    if not has_key:
        if not auto_approve and not console.confirm("Make the key?"):
            return None
        make_key(folder, place.now())
    console.result("\n".join(registration(public_keys(folder)[0], place.okta.scopes_to_read())))
    client_id = console.ask("Client ID of the app (later, if it is empty):") if console.can_ask else ""
    if not client_id and os.environ.get(_TOKEN):
        client_id = LATER
    if not client_id:
        raise UsageError(
            "Which app in Okta stands for the key is not known yet.",
            why="Nothing but the key was made.",
            fix="Register it as shown, then run the same command with --client-id ID. "
            f"Where the token of an Application Administrator is in {_TOKEN}, the rest is made with that at once.",
        )
    return replace(wanted, client_id=client_id)


@contextmanager
def _doors(place: Workspace, *, waits: bool) -> "Iterator[tuple[OktaSsoApps, OktaSsoApps]]":
    """What looks, with the credential that idsync goes on with, and what makes: with the token of an administrator
    where idsync itself has a key. While that `waits` for its client id, the token does both.
    """
    integration = place.settings.integration
    token = ApiToken(EnvironmentSecret(_TOKEN, integration.position))
    administrator = Workspace(
        replace(place.settings, integration=replace(integration, authentication=token)), place.directory
    )
    has_key = isinstance(integration.authentication, OAuth)
    if waits or not has_key or not os.environ.get(_TOKEN):
        with (administrator if waits else place).okta.sso_apps() as apps:
            yield apps, apps
        return
    with place.okta.sso_apps() as apps, administrator.okta.sso_apps() as writer:
        yield apps, writer


def _check_folder(directory: Path) -> None:
    """See that files can be written, before anything is made in Okta. Raises UsageError."""
    there = next(path for path in (directory, *directory.absolute().parents) if path.exists())
    if not there.is_dir() or not os.access(there, os.W_OK | os.X_OK):
        why = "cannot be written to" if there.is_dir() else "is a file"
        raise UsageError(
            f"{directory} cannot hold the configuration; nothing was made.",
            why=f"{there} {why}.",
            fix="Change that, or run it again with another folder: -c DIR.",
        )


def _write(directory: Path, files: dict[str, str], *, is_new: bool) -> None:
    """Write each file whole, the configuration last: it says that all before is there."""
    try:
        directory.mkdir(parents=True, exist_ok=True)
    except OSError as refusal:
        raise UsageError(
            f"{directory} cannot be made: {refusal.strerror}.", fix="Run it again with another folder: -c DIR."
        ) from refusal
    if is_new and not (directory / _IGNORED).exists():
        starter = resources.files("idsync.cli").joinpath("starters", "gitignore.tmpl")
        write_private(directory / _IGNORED, starter.read_bytes(), "file")
    for name, text in files.items():
        write_private(directory / name, text.encode(), "file")
