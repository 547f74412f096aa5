"""The configuration that enrollment writes, or completes where a folder holds a part of it."""

from collections.abc import Mapping
from pathlib import Path

import msgspec

from idsync.config.codes import MISSING_OWNERS, NO_INTEGRATION
from idsync.config.file_codes import CONFIG_NOT_FOUND, NO_DOCUMENTS
from idsync.config.loader import Loaded, load, load_documents
from idsync.config.settings import AppByLabel, OAuth, OktaSource, Settings
from idsync.config.source_files import SourceFile
from idsync.config.yaml_writer import scalar
from idsync.diagnostics import Severity
from idsync.errors import ConfigError, UsageError
from idsync.model.org_urls import normal_org_url

_ABSENT = {NO_INTEGRATION.name, NO_DOCUMENTS.name, CONFIG_NOT_FOUND.name}
KEYS = "keys"
"""The folder of private keys, beside the configuration."""
_OAUTH = f"oauth: {{{{client_id: {{client}}, private_key: {{{{folder: {KEYS}}}}}}}}}"
LATER = "0oa..."
"""A client id that is a placeholder, which each command refuses at its line until somebody writes the right one."""
_WAITING = f'client_id: "{LATER}"'
_NOBODY = "0oanobody"
LONGEST_LABEL = 100
"""Characters of an app's label that Okta takes."""
_JOINERS = "\u200c\u200d"
"""Characters that are not seen by themselves, and without which words of some scripts are others."""
_NAMES = ("idsync.yaml", "integration.yaml", "okta-integration.yaml")


class Wanted(msgspec.Struct, frozen=True):
    """What somebody wants enrolled. `label` is None where the app may have any. With `oauth`, idsync signs in with a
    key of its own, as the client of this id once that is known; LATER where the file is to wait for it.
    """

    org_url: str
    owners: tuple[str, ...]
    acs_url: str
    audience: str
    label: str | None
    groups: tuple[str, ...]
    oauth: bool = False
    client_id: str | None = None


class Completed(msgspec.Struct, frozen=True):
    """The settings that will be, and the files that are missing. A configuration that `waits` for its client id has one
    in its settings that nobody has; `filled_in` is the file that gets it now, and its text.
    """

    settings: Settings
    has_integration: bool
    integration_file: str | None
    owners_file: str | None
    waits: bool = False
    filled_in: tuple[str, str] | None = None


def complete(directory: Path, wanted: Wanted, label: str) -> Completed:
    """What a folder has, and what it lacks. Raises ConfigError for mistakes in it, UsageError for a contradiction."""
    loaded = load(directory)
    files = list(loaded.files)
    integration_file = owners_file = None
    filled_in: tuple[str, str] | None = None
    is_known = wanted.client_id not in (None, LATER)
    waits = wanted.client_id == LATER
    if waiting := next((file for file in files if _WAITING in file.text), None):
        text = waiting.text.replace(
            _WAITING, f"client_id: {scalar((wanted.client_id if is_known else None) or _NOBODY)}"
        )
        files = [SourceFile(file.name, text) if file is waiting else file for file in files]
        loaded = load_documents(files, directory)
        filled_in, waits = ((waiting.name, text), False) if is_known else (None, True)
    if _codes(loaded) & _ABSENT:
        integration_file = next(name for name in _NAMES if not (directory / name).exists())
        read_as = msgspec.structs.replace(wanted, client_id=_NOBODY) if waits else wanted
        files.append(SourceFile(integration_file, integration_text(read_as, f"{{label: {scalar(label)}}}")))
        loaded = load_documents(files, directory)
    if MISSING_OWNERS.name in _codes(loaded):
        owners_file = "owners.yaml"
        if (directory / owners_file).exists():
            owners_file = "default-owners.yaml"
        files.append(SourceFile(owners_file, owners_text(wanted.owners)))
        loaded = load_documents(files, directory)
    if loaded.settings is None:
        _check_given(loaded, {integration_file: "--org-url, --app-label or --client-id", owners_file: "--owner"})
        raise ConfigError("The configuration is invalid; nothing was done.", loaded.diagnostics)
    _check(loaded.settings, wanted)
    _check_label(loaded.settings, label)
    return Completed(loaded.settings, integration_file is None, integration_file, owners_file, waits, filled_in)


def _check_given(loaded: Loaded, options: Mapping[str | None, str]) -> None:
    """Raise UsageError where a mistake is in what an option says: the file that it would stand in is not there."""
    for found in loaded.diagnostics:
        if found.severity is Severity.ERROR and found.position.file in options:
            option = "--org-url" if found.summary.startswith("org_url") else options[found.position.file]
            raise UsageError(f"{option} cannot be used: {found.summary}.", why=found.why, fix=found.fix)


def _codes(loaded: Loaded) -> set[str]:
    return {found.code for found in loaded.diagnostics if found.severity is Severity.ERROR}


def _check(settings: Settings, wanted: Wanted) -> None:
    integration = settings.integration
    if integration.org_url != normal_org_url(wanted.org_url):
        raise UsageError(
            f"The configuration is of {integration.org_url}, and --org-url is {normal_org_url(wanted.org_url)}.",
            why="One folder holds the configuration of one organization.",
            fix=f"Give the address that stands at {integration.position}, or another folder with -c.",
        )
    if not isinstance(integration.source, OktaSource) or integration.authentication is None:
        raise UsageError(
            "The configuration does not read Okta.",
            why="Its source is a file or what is pushed, so that it names no way to sign in.",
            fix=f"Write source: {{okta: {{}}}} and auth at {integration.position}, or name another folder with -c.",
        )
    _check_way_in(settings, wanted)


def _check_label(settings: Settings, label: str) -> None:
    """Raise UsageError where Okta takes no app of the label, or people would read another one than it is."""
    app = settings.integration.app
    label = app.label if isinstance(app, AppByLabel) else label
    unseen = [each for each in label if not each.isprintable() and each not in _JOINERS]
    if unseen or len(label) > LONGEST_LABEL:
        wrong = f"a character that is not seen, U+{ord(unseen[0]):04X}" if unseen else ""
        raise UsageError(
            "--app-label, or the label of the app in the Integration, cannot be used: it has "
            f"{wrong or f'more than {LONGEST_LABEL} characters'}.",
            why="People choose the app by its label when they sign in." if unseen else "Okta takes no longer label.",
            fix="Give another label.",
        )


def _check_way_in(settings: Settings, wanted: Wanted) -> None:
    """Raise UsageError where the configuration signs in otherwise than is wanted."""
    integration = settings.integration
    there = integration.authentication
    if wanted.oauth and not isinstance(there, OAuth):
        raise UsageError(
            "The configuration signs in with an API token, and --oauth asks for a key.",
            why="A configuration that exists is kept as it is.",
            fix=f"Write auth: {{{_OAUTH.format(client='0oa…')}}} at {integration.position}, and make the key with "
            "`idsync keys create`; or leave --oauth out.",
        )
    if isinstance(there, OAuth) and wanted.client_id not in (None, LATER, there.client_id):
        raise UsageError(
            f"The configuration signs in as the app {there.client_id}, and --client-id is {wanted.client_id}.",
            fix=f"Leave --client-id out, or change auth at {integration.position}.",
        )


def integration_text(wanted: Wanted, app: str) -> str:
    """The Integration; `app` is YAML."""
    way_in = "api_token: {env: OKTA_API_TOKEN}"
    if wanted.client_id:
        way_in = _OAUTH.format(client=scalar(wanted.client_id))
    return f"""\
# How idsync reads Okta. Written by idsync enroll; what is not here is as by default.
apiVersion: idsync/v1
kind: Integration
metadata: {{name: okta}}
spec:
  org_url: {scalar(normal_org_url(wanted.org_url))}
  app: {app}
  auth:
    {way_in}
"""


def owners_text(owners: tuple[str, ...]) -> str:
    """The default owners."""
    return f"""\
# Who owns an access list when it is created. What people change afterwards is never overwritten.
apiVersion: idsync/v1
kind: DefaultOwners
spec: {{owners: [{", ".join(map(scalar, owners))}]}}
"""
