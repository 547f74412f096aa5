"""Enrollment: looks at Okta and the folder, says what is to be done, and does it. What is there is adopted.

The app is made first, and found again by its label or id: a run that was broken off is taken up by the next one.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path

import msgspec

from idsync.config.saml_connectors import GROUPS, Connector, attributes
from idsync.config.settings import AppById, AppByLabel, OAuth
from idsync.enroll.configuration import Completed, Wanted, integration_text, owners_text
from idsync.enroll.connector import Renewal, connector_name, connector_text, connectors_in, renewal
from idsync.errors import AuthorizationError, SourceError, UsageError
from idsync.targets.enrolling import NewApp, SamlApp, SsoApps

DEFAULT_LABEL = "Teleport"
_EVERYONE = "Everyone"


class Enrollment(msgspec.Struct, frozen=True):
    """What is to be done. `app` is None where one is to be made; `assign` are groups, by id and name. Of what stays,
    `kept` says who has the app, and `notes` what should be looked at.
    """

    wanted: Wanted
    completed: Completed
    label: str
    app: SamlApp | None
    assign: tuple[tuple[str, str], ...]
    kept: tuple[str, ...]
    connector_file: str
    connector: Connector | None
    renewal: Renewal | None
    notes: tuple[str, ...]

    @property
    def writes_okta(self) -> bool:
        """Whether anything is to be changed in Okta."""
        return self.app is None or bool(self.assign)

    @property
    def is_done(self) -> bool:
        """Whether nothing is left to do, in Okta and in the folder."""
        completed = self.completed
        writes_files = completed.integration_file or completed.owners_file or completed.filled_in
        return not (self.writes_okta or writes_files or self.connector is None or self.renewal)

    def lines(self) -> Iterator[str]:
        """What will be done, one thing a line."""
        if self.app is None:
            yield f"create  SAML app {self.label!r} in Okta, for {self.wanted.acs_url}"
        else:
            yield f"adopt   SAML app {self.app.label!r} ({self.app.id}) in Okta, as it is"
        yield from (f"create  assignment of the app to the group {name!r}" for _, name in self.assign)
        yield from (f"keep    assignment of the app to {who}" for who in self.kept)
        if self.renewal is not None:
            yield f"update  SAML connector for Teleport, {self.connector_file}: {', and '.join(self.renewal.what)}"
        else:
            way = "create" if self.connector is None else "keep  "
            yield f"{way}  SAML connector for Teleport, {self.connector_file}"
        completed = self.completed
        if completed.integration_file:
            yield f"create  configuration, {completed.integration_file}, which signs in with {_way_in(completed)}"
        elif completed.filled_in:
            yield f"update  configuration, {completed.filled_in[0]}: it signs in with {_way_in(completed)}"
        else:
            yield "keep    configuration"
        if completed.owners_file:
            yield f"create  default owners, {completed.owners_file}: {', '.join(self.wanted.owners)}"
        else:
            yield "keep    default owners"


def _way_in(completed: Completed) -> str:
    match completed.settings.integration.authentication:
        case OAuth() if completed.waits:
            return "the key, once the client id is known"
        case OAuth(client_id=client_id):
            return f"the key of the app {client_id}"
        case _:
            return "the API token in OKTA_API_TOKEN"


def label_of(completed_app: AppById | AppByLabel, wanted: Wanted) -> str:
    """The label that a new app gets."""
    if isinstance(completed_app, AppByLabel):
        return completed_app.label
    return wanted.label or DEFAULT_LABEL


def look(apps: SsoApps, writer: SsoApps, directory: Path, wanted: Wanted, completed: Completed) -> Enrollment:
    """Say what is to be done; nothing is changed. `apps` reads as the configuration will, and `writer` makes.

    Raises AuthorizationError, SourceError and UsageError.
    """
    apps.check_may_read()
    connector = _one(tuple(connectors_in(directory)))
    label = label_of(completed.settings.integration.app, wanted)
    app = _found(apps, connector, completed, wanted, label)
    assign, kept = _groups(apps, app, wanted)
    file = f"{connector_name(wanted.acs_url)}.teleport.yaml" if connector is None else connector.file
    renewed: Renewal | None = None
    notes: tuple[str, ...] = ()
    if app is not None:
        notes = (*_unsaid(app, wanted), *_untold(app, completed))
        if connector is not None:
            renewed = renewal(connector, completed.settings, apps.metadata(app.id))
    if renewed is not None and connector is not None and not connector.is_made_here:
        notes += (f"{file} was made by hand and stays as it is, though it lacks {', and '.join(renewed.what)}.",)
        renewed = None
    enrollment = Enrollment(wanted, completed, label, app, assign, kept, file, connector, renewed, notes)
    if enrollment.writes_okta:
        writer.check_may_write()
    return enrollment


def _one(connectors: Sequence[Connector]) -> Connector | None:
    if len(connectors) > 1:
        raise UsageError(
            f"There is more than one SAML connector: {', '.join(each.file for each in connectors)}.",
            fix="Keep the one of this organization in the folder.",
        )
    return connectors[0] if connectors else None


def _unsaid(app: SamlApp, wanted: Wanted) -> Iterator[str]:
    """Where an app that is adopted sends people, if Okta does not say: it may be half made, or of a catalog."""
    given = (("single sign-on URL", wanted.acs_url, app.acs_url), ("audience", wanted.audience, app.audience))
    missing = [f"the {what} must be {wish}" for what, wish, there in given if not there]
    if missing:
        yield (
            f"Okta does not say where the app {app.label!r} sends people who sign in. In its SAML settings, "
            f"{', and '.join(missing)}: an app that exists is adopted as it is."
        )


def _untold(app: SamlApp, completed: Completed) -> Iterator[str]:
    """What the connector looks at and an app that is adopted does not tell."""
    looked_at = {GROUPS, *(name for name, _ in attributes(completed.settings))}
    missing = sorted(looked_at - app.attributes) if app.attributes is not None else []
    if missing:
        yield (
            f"The app {app.label!r} does not tell Teleport {', '.join(missing)}, by which the connector gives roles. "
            "Add that in Okta (General, SAML Settings, Edit: attribute statements, and a group attribute statement "
            "groups that matches .*): an app that exists is adopted as it is."
        )


def _found(
    apps: SsoApps, connector: Connector | None, completed: Completed, wanted: Wanted, label: str
) -> SamlApp | None:
    """The app that the configuration names, a connector points to, or that has the label."""
    named = completed.settings.integration.app
    if completed.has_integration and isinstance(named, AppById):
        found: tuple[SamlApp, ...] = (apps.app(named.id),)
    elif connector is not None and connector.app:
        found = (apps.app(connector.app),)
    else:
        found = apps.labelled(label)
    if len(found) > 1:
        raise UsageError(f"{len(found)} apps in Okta are labelled {label!r}.", fix="Give another --app-label.")
    if connector is not None:
        _check_connector(connector, found, wanted)
    return _usable(found[0], wanted) if found else None


def _check_connector(connector: Connector, found: tuple[SamlApp, ...], wanted: Wanted) -> None:
    if connector.app is None or not found or connector.app != found[0].id:
        raise UsageError(
            f"The connector {connector.file} does not point to the app of this configuration.",
            why="Its label teleport.internal/okta-app-id is missing, or names another app.",
            fix=f"Remove {connector.file}; the enrollment makes another. Or name its app in the Integration.",
        )
    for option, given, there in (
        ("--acs-url", wanted.acs_url, connector.acs_url),
        ("--audience", wanted.audience, connector.audience),
    ):
        if there is not None and there != given:
            raise UsageError(
                f"The connector {connector.file} is for {there}, and {option} is {given}.",
                fix=f"Give {option} {there}, or remove the file.",
            )


def _usable(app: SamlApp, wanted: Wanted) -> SamlApp:
    """The app, where it can be adopted."""
    if not app.is_active or not app.is_saml:
        what = "is not active" if app.is_saml else "does not sign in by SAML 2.0"
        raise SourceError(
            f"The app {app.label!r} ({app.id}) {what}.",
            why="People sign in by the app that is enrolled.",
            fix="Activate it in Okta, or give another label: --app-label LABEL.",
        )
    for given, option, there in (
        (wanted.acs_url, "--acs-url", app.acs_url),
        (wanted.audience, "--audience", app.audience),
    ):
        if there and there != given:
            raise UsageError(
                f"The app {app.label!r} ({app.id}) says {there}, and {option} is {given}.",
                why="An app that exists is adopted as it is.",
                fix=f"Give {option} {there}, change the app in Okta, or give another --app-label.",
            )
    if wanted.label is not None and wanted.label != app.label:
        raise UsageError(
            f"The app that is enrolled is labelled {app.label!r}, and --app-label is {wanted.label!r}.",
            fix=f"Leave --app-label out, or give {app.label!r}.",
        )
    return app


def _groups(apps: SsoApps, app: SamlApp | None, wanted: Wanted) -> tuple[tuple[tuple[str, str], ...], tuple[str, ...]]:
    """The groups that are to get the app, by id and name, and who has it already.

    An app that somebody has goes to nobody else unasked.
    """
    names = tuple(dict.fromkeys(wanted.groups)) or (_EVERYONE,)
    have = frozenset[str]() if app is None else apps.groups_of(app.id)
    if app is not None and not wanted.groups:
        if have:
            return (), (f"the {len(have):,} groups that have it" if len(have) > 1 else "the group that has it",)
        if apps.has_people(app.id):
            return (), ("the people who have it, without a group",)
    assign: list[tuple[str, str]] = []
    kept: list[str] = []
    for name, ids in apps.groups(names).items():
        _check_group(name, ids)
        if ids[0] in have:
            kept.append(f"the group {name!r}")
        else:
            assign.append((ids[0], name))
    return tuple(assign), tuple(kept)


def _check_group(name: str, ids: tuple[str, ...]) -> None:
    """Raise AuthorizationError or UsageError unless a name is that of one group."""
    if not ids and name == _EVERYONE:
        raise AuthorizationError(
            "The credential does not see the group Everyone, which each organization has.",
            scope="okta.groups.read",
            why="Okta answers with a shorter list where no admin role covers a group.",
            fix="Give it a role whose resource set holds every group, or name groups: --group NAME.",
        )
    if len(ids) != 1:
        raise UsageError(
            f"{len(ids) or 'No'} groups are named {name!r}.",
            fix="Give --group the name of one group, as Okta has it.",
        )


def _check_nobody_has(apps: SsoApps, app: SamlApp) -> None:
    """Raise UsageError where an app that was to be made is there, and is more than what an earlier try left."""
    if apps.groups_of(app.id) or apps.has_people(app.id):
        raise UsageError(
            f"An app {app.label!r} ({app.id}) was made in Okta meanwhile, and somebody has it.",
            why="An app that somebody has goes to nobody else unasked. Nothing was made.",
            fix="Run the same command again: it shows what it does about that app.",
        )


def make(writer: SsoApps, enrollment: Enrollment) -> dict[str, str]:
    """Do what is to be done in Okta; the files to be written, in their order.

    Raises AuthorizationError, SourceError and UsageError.
    """
    wanted, settings = enrollment.wanted, enrollment.completed.settings
    app = enrollment.app
    if app is None:
        new = NewApp(enrollment.label, wanted.acs_url, wanted.audience, GROUPS, attributes(settings))
        app, is_new = writer.create(new)
        app = _usable(app, wanted)
        if not is_new:
            _check_nobody_has(writer, app)
    for group, _ in enrollment.assign:
        writer.assign(app.id, group)
    files: dict[str, str] = {}
    if enrollment.connector is None:
        metadata = writer.metadata(app.id)
        files[enrollment.connector_file] = connector_text(settings, app.id, wanted.acs_url, wanted.audience, metadata)
    elif enrollment.renewal is not None:
        files[enrollment.connector_file] = enrollment.renewal.text
    if name := enrollment.completed.owners_file:
        files[name] = owners_text(wanted.owners)
    if filled_in := enrollment.completed.filled_in:
        files[filled_in[0]] = filled_in[1]
    if name := enrollment.completed.integration_file:
        files[name] = integration_text(wanted, f"{{id: {app.id}}}")
    return files
