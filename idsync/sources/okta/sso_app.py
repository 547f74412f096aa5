"""The SSO app: found by its id or its label, and refused when it is not active or not the only one."""

from collections.abc import Sequence

from idsync.config.settings import AppById, AppByLabel, AppReference
from idsync.errors import AuthorizationError, IdsyncError, SourceError, SourceUnreachable
from idsync.model.names import nfc
from idsync.model.rows import Row
from idsync.model.suggestions import did_you_mean, nearest
from idsync.okta.client import OktaClient
from idsync.okta.endpoints import Endpoints
from idsync.okta.odd_rows import UnreadableObject
from idsync.okta.refusals import ROLE_HINT, NotThere
from idsync.okta.wire import App


class SsoApp:
    """Finds the app that a configuration refers to. Raises SourceError or AuthorizationError when it cannot be used."""

    def __init__(self, client: OktaClient, endpoints: Endpoints, reference: AppReference, known: str) -> None:
        """`known` is the id that the app had in the last good reading; empty where nobody knows."""
        self._known = known
        self._client = client
        self._endpoints = endpoints
        self._reference = reference

    def alone(self) -> App:
        """The app, with as little as can be read: itself by its id, or every app to find a label."""
        match self._reference:
            case AppById(id=identifier):
                return _active(self._client.object(self._endpoints.app(identifier), App))
            case AppByLabel(label=label):
                known = self._still_called(label)
                if known is not None:
                    return known
                pages = self._client.rows(self._endpoints.apps(), App, pass_over)
                return self.among([app for page in pages for app in page])

    def _still_called(self, label: str) -> App | None:
        """The app of the known id, where it is active and has this label: then not all apps need be listed."""
        if not self._known:
            return None
        try:
            app = self._client.object(self._endpoints.app(self._known), App)
        except (NotThere, UnreadableObject):
            return None
        return app if app.status == "ACTIVE" and nfc(app.label) == nfc(label) else None

    def among(self, listed: Sequence[App]) -> App:
        """The app, once all apps were listed."""
        match self._reference:
            case AppById(id=identifier):
                return _active(self._by_id(identifier, listed))
            case AppByLabel(label=label):
                return _active(self._labelled(label, listed))

    def _by_id(self, identifier: str, listed: Sequence[App]) -> App:
        for app in listed:
            if app.id == identifier:
                return app
        try:
            return self._client.object(self._endpoints.app(identifier), App)
        except NotThere as error:
            raise _not_visible(f"app {identifier}", listed, self._endpoints.org_url) from error

    def _labelled(self, label: str, listed: Sequence[App]) -> App:
        named = [app for app in listed if nfc(app.label) == nfc(label)]
        candidates = [app for app in named if app.status == "ACTIVE"] or named
        if not candidates:
            meant = did_you_mean(nearest(label, [app.label for app in listed]))
            raise _not_visible(f"app labelled {label!r}", listed, self._endpoints.org_url, meant)
        if len(candidates) > 1:
            raise SourceError(
                f"{len(candidates)} apps are labelled {label!r}.",
                why="The SSO app decides who is in the pool, so it must be one.",
                fix=f"Name it by id: one of {', '.join(sorted(app.id for app in candidates))}.",
            )
        return candidates[0]


def pass_over(row: Row, error: Exception) -> None:
    """An app that cannot be read is hardly the one that was asked for; if it is, that is not found."""


def _active(app: App) -> App:
    if app.status != "ACTIVE":
        raise SourceError(
            f"The SSO app {app.label!r} ({app.id}) is {app.status}.",
            why="An app that is not active has lost the assignments that groups convey: its users are not the pool.",
            fix="Activate it in Okta, or name another app in the Integration.",
        )
    return app


def _not_visible(app: str, listed: Sequence[App], org_url: str, meant: str = "") -> IdsyncError:
    """When no app is visible, permission is missing; when others are, the named app is more likely wrong."""
    if not listed:
        return AuthorizationError(
            f"No {app} is visible at {org_url}, nor any other app.",
            scope="okta.apps.read",
            why="Okta answers with an empty list when a credential has a scope but no admin role that covers any.",
            fix=ROLE_HINT,
        )
    return SourceUnreachable(
        f"No {app} at {org_url}, among {len(listed)} visible app{'' if len(listed) == 1 else 's'}.{meant}",
        why="It belongs to another organization, was deleted, or the credential's role or resource set leaves it out.",
        fix="Check org_url and app in the Integration; " + ROLE_HINT,
    )
