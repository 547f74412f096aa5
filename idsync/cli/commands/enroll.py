"""`idsync enroll okta`: set up Okta's app, Teleport's connector and the configuration in one sitting."""

from pathlib import Path
from urllib.parse import urlsplit

import click

from idsync.bootstrap.workspace import Workspace
from idsync.cli.exit_codes import ExitCode
from idsync.cli.files import write_private
from idsync.cli.invocation import Invocation, common_options, pass_invocation
from idsync.cli.options import auto_approve_option
from idsync.enroll.configuration import Wanted, complete
from idsync.enroll.enrolling import DEFAULT_LABEL, look, make
from idsync.errors import UsageError


@click.group("enroll")
@common_options()
def command() -> None:
    """Set up what people sign in by, and the configuration that goes with it. What is there is adopted."""


@command.command("okta")
@click.option("--org-url", metavar="URL", required=True, help="The address of the Okta organization.")
@click.option("--owner", "owners", metavar="NAME", multiple=True, required=True, help="Who owns new access lists.")
@click.option("--acs-url", metavar="URL", required=True, help="Where Teleport takes SAML answers.")
@click.option("--audience", metavar="URI", help="The audience of SAML answers.  [default: --acs-url]")
@click.option("--app-label", metavar="LABEL", help="The label of the SSO app in Okta.  [default: Teleport]")
@click.option("--group", "groups", metavar="NAME", multiple=True, help="Who gets the app.  [default: Everyone]")
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
    auto_approve: bool,
) -> ExitCode:
    """Make the SAML app in Okta, or adopt it; assign it; write the connector and the configuration.

    It shows first what it will do, and asks. A second run changes nothing. Making the app takes the scope
    okta.apps.manage and the role Application Administrator; afterwards reading is enough.
    """
    if urlsplit(acs_url).scheme not in ("https", "http") or not urlsplit(acs_url).netloc:
        raise UsageError("--acs-url is not an address.", fix="It is https://PROXY/v1/webapi/saml/acs/NAME.")
    directory = invocation.config
    if directory.is_file():
        raise UsageError(f"{directory} is a file.", why="Enrollment writes several files.", fix="Give -c a folder.")
    wanted = Wanted(org_url, owners, acs_url, audience or acs_url, app_label, groups)
    completed = complete(directory, wanted, app_label or DEFAULT_LABEL)
    with Workspace(completed.settings, directory).okta.sso_apps() as apps:
        enrollment = look(apps, directory, wanted, completed)
        for line in enrollment.lines():
            invocation.console.line(line)
        if enrollment.is_done:
            invocation.console.note("Everything is set up; nothing was changed.")
            return ExitCode.DONE
        if not auto_approve and not invocation.console.confirm("Do this?"):
            invocation.console.note("Nothing was changed.")
            return ExitCode.INTERRUPTED
        _, files = make(apps, enrollment)
        _write(directory, files)
    place = f" -c {directory}"
    invocation.console.note(f"Done. Next: idsync doctor{place}, then idsync plan{place}")
    return ExitCode.DONE


def _write(directory: Path, files: dict[str, str]) -> None:
    """Write each file whole, the configuration last: it says that all before is there."""
    try:
        directory.mkdir(parents=True, exist_ok=True)
    except OSError as refusal:
        raise UsageError(
            f"{directory} cannot be made: {refusal.strerror}.", fix="Run it again with another folder: -c DIR."
        ) from refusal
    for name, text in files.items():
        write_private(directory / name, text.encode(), "file")
