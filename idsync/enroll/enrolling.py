"""Enrollment: looks at Okta and the folder, says what is to be done, and does it. What is there is adopted.

The app is made first, and found again by its label or id: a run that was broken off is taken up by the next one.
"""

from collections.abc import Iterator
from pathlib import Path

import msgspec

from idsync.config.settings import AppById, AppByLabel
from idsync.enroll.configuration import Completed, Wanted, integration_text, owners_text
from idsync.enroll.connector import GROUPS, attributes, connector_name, connector_text, connectors_in
from idsync.errors import AuthorizationError, SourceError, UsageError
from idsync.targets.enrolling import NewApp, SamlApp, SsoApps

DEFAULT_LABEL = "Teleport"
_EVERYONE = "Everyone"


class Enrollment(msgspec.Struct, frozen=True):
    """What is to be done. `app` is None where one is to be made; `assign` are groups, by id and name."""

    wanted: Wanted
    completed: Completed
    label: str
    app: SamlApp | None
    assign: tuple[tuple[str, str], ...]
    kept: tuple[str, ...]
    connector_file: str
    has_connector: bool

    @property
    def writes_okta(self) -> bool:
        """Whether anything is to be changed in Okta."""
        return self.app is None or bool(self.assign)

    @property
    def is_done(self) -> bool:
        """Whether nothing is left to do, in Okta and in the folder."""
        completed = self.completed
        writes_files = completed.integration_file or completed.owners_file or not self.has_connector
        return not self.writes_okta and not writes_files

    def lines(self) -> Iterator[str]:
        """What will be done, one thing a line."""
        if self.app is None:
            yield f"create  SAML app {self.label!r} in Okta, for {self.wanted.acs_url}"
        else:
            yield f"adopt   SAML app {self.app.label!r} ({self.app.id}) in Okta"
        yield from (f"create  assignment of the app to the group {name!r}" for _, name in self.assign)
        yield from (f"keep    assignment of the app to the group {name!r}" for name in self.kept)
        yield f"{'keep  ' if self.has_connector else 'create'}  SAML connector for Teleport, {self.connector_file}"
        completed = self.completed
        if completed.integration_file:
            yield f"create  configuration, {completed.integration_file}, with the secret {{env: OKTA_API_TOKEN}}"
        else:
            yield "keep    configuration"
        if completed.owners_file:
            yield f"create  default owners, {completed.owners_file}: {', '.join(self.wanted.owners)}"
        else:
            yield "keep    default owners"


def label_of(completed_app: AppById | AppByLabel, wanted: Wanted) -> str:
    """The label that a new app gets."""
    if isinstance(completed_app, AppByLabel):
        return completed_app.label
    return wanted.label or DEFAULT_LABEL


def look(apps: SsoApps, directory: Path, wanted: Wanted, completed: Completed) -> Enrollment:
    """Say what is to be done; nothing is changed. Raises AuthorizationError, SourceError and UsageError."""
    apps.check_may_read()
    pointed = list(connectors_in(directory))
    label = label_of(completed.settings.integration.app, wanted)
    app = _found(apps, pointed, completed, wanted, label)
    assign, kept = _groups(apps, app, wanted)
    file = pointed[0][0] if pointed else f"{connector_name(wanted.acs_url)}.teleport.yaml"
    enrollment = Enrollment(wanted, completed, label, app, assign, kept, file, bool(pointed))
    if enrollment.writes_okta:
        apps.check_may_write()
    return enrollment


def _found(
    apps: SsoApps,
    pointed: list[tuple[str, str | None, str | None]],
    completed: Completed,
    wanted: Wanted,
    label: str,
) -> SamlApp | None:
    """The app that the configuration names, a connector points to, or that has the label."""
    if len(pointed) > 1:
        raise UsageError(
            f"There is more than one SAML connector: {', '.join(file for file, _, _ in pointed)}.",
            fix="Keep the one of this organization in the folder.",
        )
    named = completed.settings.integration.app
    if completed.has_integration and isinstance(named, AppById):
        found: tuple[SamlApp, ...] = (apps.app(named.id),)
    elif pointed and (pointed_at := pointed[0][1]):
        found = (apps.app(pointed_at),)
    else:
        found = apps.labelled(label)
    if len(found) > 1:
        raise UsageError(f"{len(found)} apps in Okta are labelled {label!r}.", fix="Give another --app-label.")
    for file, app, acs_url in pointed:
        if app is None or not found or app != found[0].id:
            raise UsageError(
                f"The connector {file} does not point to the app of this configuration.",
                why="Its label teleport.internal/okta-app-id is missing, or names another app.",
                fix=f"Remove {file}; the enrollment makes another. Or name its app in the Integration.",
            )
        if acs_url != wanted.acs_url:
            raise UsageError(
                f"The connector {file} is for {acs_url}, and --acs-url is {wanted.acs_url}.",
                fix="Give the same address, or remove the file.",
            )
    return _usable(found[0], wanted) if found else None


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
    """The groups that are to get the app, by id and name, and the names of those that have it."""
    names = tuple(dict.fromkeys(wanted.groups)) or (_EVERYONE,)
    have = frozenset[str]() if app is None else apps.groups_of(app.id)
    if app is not None and have and not wanted.groups:
        return (), ("those that have it",)
    assign: list[tuple[str, str]] = []
    kept: list[str] = []
    for name, ids in apps.groups(names).items():
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
        if ids[0] in have:
            kept.append(name)
        else:
            assign.append((ids[0], name))
    return tuple(assign), tuple(kept)


def make(apps: SsoApps, enrollment: Enrollment) -> tuple[SamlApp, dict[str, str]]:
    """Do what is to be done in Okta; the app, and the files to be written. Raises AuthorizationError, SourceError."""
    wanted, settings = enrollment.wanted, enrollment.completed.settings
    app = enrollment.app
    if app is None:
        new = NewApp(enrollment.label, wanted.acs_url, wanted.audience, GROUPS, attributes(settings))
        app = _usable(apps.create(new), wanted)
    for group, _ in enrollment.assign:
        apps.assign(app.id, group)
    files: dict[str, str] = {}
    if not enrollment.has_connector:
        metadata = apps.metadata(app.id)
        files[enrollment.connector_file] = connector_text(settings, app.id, wanted.acs_url, wanted.audience, metadata)
    if name := enrollment.completed.owners_file:
        files[name] = owners_text(wanted.owners)
    if name := enrollment.completed.integration_file:
        files[name] = integration_text(wanted.org_url, f"{{id: {app.id}}}")
    return app, files
