"""The SSO app of an organization, as `idsync enroll` finds it or makes it: the one writer beside memberships.

It stands among the targets, since sources only read. Each request may be sent twice and takes effect once: Okta refuses
a second app of the same label, and a group that has the app keeps it.
"""

from collections.abc import Iterable, Iterator
from typing import Any, TypeVar

import msgspec

from idsync.errors import AuthorizationError, IdsyncError, SourceError
from idsync.model.okta_access import SSO_APP
from idsync.model.rows import Row
from idsync.model.saml_metadata import metadata_complaint
from idsync.okta.admin_roles import powers_if_seen
from idsync.okta.auth import Credential
from idsync.okta.authorizing import authorizer_for
from idsync.okta.client import OktaClient
from idsync.okta.endpoints import Endpoints
from idsync.okta.refusals import OAuthScope, problem_of
from idsync.okta.request import Request, Requester
from idsync.targets.enrolling import NewApp, SamlApp
from idsync.targets.okta.sending import Sender

_LABEL_TAKEN = "E0000040"
_READING: tuple[OAuthScope, ...] = ("okta.users.read", "okta.groups.read", "okta.apps.read")
_LOOKS = 5
"""Looks for an app that Okta says is there: a listing may lag behind by a second."""
_FIX = (
    f"For the enrollment, give it {SSO_APP.remedy}; an OAuth app needs the scope okta.apps.manage as well, or set "
    "OKTA_API_TOKEN to a token of somebody who has the role. Afterwards reading is enough."
)


class _Statement(msgspec.Struct, frozen=True):
    name: str = ""


class _SignOn(msgspec.Struct, frozen=True, rename="camel"):
    sso_acs_url: str | None = None
    audience: str | None = None
    attribute_statements: list[_Statement] | None = None


class _Settings(msgspec.Struct, frozen=True, rename="camel"):
    sign_on: _SignOn | None = None


class _App(msgspec.Struct, frozen=True, rename="camel"):
    id: str
    label: str = ""
    status: str = ""
    sign_on_mode: str | None = None
    settings: _Settings | None = None


class _GroupProfile(msgspec.Struct, frozen=True):
    name: str = ""


class _Group(msgspec.Struct, frozen=True):
    id: str
    profile: _GroupProfile = _GroupProfile()


R = TypeVar("R", _App, _Group)

_ANYTHING = msgspec.json.Decoder(list[dict[str, object]])


class OktaSsoApps:
    """The apps of one organization, with one credential."""

    def __init__(self, requester: Requester, credential: Credential) -> None:
        self._requester = requester
        self._credential = credential
        self._sender = Sender(requester, credential)
        self._endpoints = Endpoints(requester.org_url)

    def check_may_read(self) -> None:
        """See that the credential has each scope that reading takes. Raises AuthorizationError, which names it."""
        for scope in _READING:
            authorizer_for(self._credential, (scope,), self._requester).headers("GET", self._requester.org_url)
        self._sender.read(self._endpoints.first("users"))

    def check_may_write(self) -> None:
        """See that the credential may make and assign apps. Raises AuthorizationError that names what is missing."""
        authorizer_for(self._credential, ("okta.apps.manage",), self._requester).headers("PUT", self._requester.org_url)
        powers = powers_if_seen(self._requester, self._credential)
        # Where roles cannot be seen, the first write tells, before which nothing is made.
        if powers is not None and powers.suffice(SSO_APP) is False:
            raise AuthorizationError(
                SSO_APP.missing(powers.names), scope="okta.apps.manage", why="Enrollment makes the SSO app.", fix=_FIX
            )

    def app(self, app: str) -> SamlApp:
        """The app of an id. Raises SourceError where Okta does not show it."""
        return _told(self._client(request := self._endpoints.app(app)).object(request, _App))

    def labelled(self, label: str) -> tuple[SamlApp, ...]:
        """Every app of that label."""
        return tuple(_told(app) for app in self._rows(self._endpoints.apps(), _App) if app.label == label)

    def groups(self, names: Iterable[str]) -> dict[str, tuple[str, ...]]:
        """The ids of the groups of each name."""
        found: dict[str, list[str]] = {name: [] for name in names}
        for group in self._rows(self._endpoints.groups(), _Group):
            if group.profile.name in found:
                found[group.profile.name].append(group.id)
        return {name: tuple(ids) for name, ids in found.items()}

    def groups_of(self, app: str) -> frozenset[str]:
        """The ids of the groups that have an app."""
        return frozenset(group.id for group in self._rows(self._endpoints.app_groups(app), _Group))

    def has_people(self, app: str) -> bool:
        """Whether somebody has an app, directly or through a group."""
        people, _ = self._client(request := self._endpoints.first_of_app(app)).poll(request, _ANYTHING)
        return bool(people)

    def create(self, app: NewApp) -> tuple[SamlApp, bool]:
        """Make the app, or find the one of its label, and False. Raises AuthorizationError and SourceError."""
        request = self._endpoints.create_app()
        answer = self._sender.send(request, msgspec.json.encode(_body(app)))
        made = _decoded(answer.body) if answer.status in (200, 201) else None
        if made is not None:
            return _told(made), True
        if answer.status in (200, 201) or problem_of(answer).code == _LABEL_TAKEN:
            return self._already_there(app.label), False
        raise self._refused(answer.status, self._sender.refused(answer, request))

    def assign(self, app: str, group: str) -> None:
        """Give an app to a group. Raises AuthorizationError and SourceError."""
        request = self._endpoints.assign_group(app, group)
        answer = self._sender.send(request, b"{}")
        if answer.status not in (200, 201, 204):
            raise self._refused(answer.status, self._sender.refused(answer, request))

    def metadata(self, app: str) -> str:
        """The identity provider's metadata of an app: XML."""
        answer = self._sender.read(self._endpoints.saml_metadata(app), {"Accept": "application/xml"})
        text = answer.body.decode("utf-8", "replace")
        if complaint := metadata_complaint(text):
            raise SourceError(
                f"Okta's answer cannot be used as the app's SAML metadata: {complaint}.",
                why="Teleport believes the signer that it names; a proxy on the way may have changed it.",
                fix="Look at the metadata in Okta (the app, Sign On, Metadata URL), and run it again.",
            )
        return text

    def _already_there(self, label: str) -> SamlApp:
        retries = self._requester.retries()
        for _ in range(_LOOKS):
            if found := self.labelled(label):
                return found[0]
            retries.wait(1.0)
        raise AuthorizationError(
            f"Okta says that an app {label!r} is there, and does not show it.",
            scope="okta.apps.read",
            why="The admin role of the credential does not cover that app.",
            fix="Have its resource set hold the app, or choose another label: --app-label LABEL.",
        )

    @staticmethod
    def _refused(status: int, error: IdsyncError) -> IdsyncError:
        match status:
            case 403:
                return AuthorizationError(
                    f"Okta does not allow making or assigning the app. {error.summary}",
                    scope="okta.apps.manage",
                    why="The credential lacks the scope okta.apps.manage, or an admin role that covers it.",
                    fix=_FIX,
                )
            case 400:
                return SourceError(
                    error.summary,
                    why="Okta does not accept the app as it is to be.",
                    fix="Correct what it names: --acs-url, --audience or --app-label.",
                )
            case _:
                return error

    def _rows(self, request: Request, kind: type[R]) -> Iterator[R]:
        for page in self._client(request).rows(request, kind, _pass_over):
            yield from page

    def _client(self, request: Request) -> OktaClient:
        return OktaClient(self._requester, authorizer_for(self._credential, (request.scope,), self._requester))


def _pass_over(row: Row, error: Exception) -> None:
    """One that cannot be read is hardly the one that was asked for; if it is, that is not found."""


def _decoded(body: bytes) -> _App | None:
    """The app that was made; None where the answer does not say it, though Okta took the request."""
    try:
        return msgspec.json.decode(body, type=_App)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None


def _told(app: _App) -> SamlApp:
    sign_on = (app.settings and app.settings.sign_on) or _SignOn()
    is_saml = app.sign_on_mode in (None, "SAML_2_0")
    told = sign_on.attribute_statements
    attributes = None if told is None else frozenset(each.name for each in told)
    is_active = app.status == "ACTIVE"
    return SamlApp(app.id, app.label, is_active, is_saml, sign_on.sso_acs_url, sign_on.audience, attributes)


def _body(app: NewApp) -> dict[str, Any]:
    """A custom SAML app, as Okta wants it: without a name, and with every setting of signing on."""
    unspecified = "urn:oasis:names:tc:SAML:2.0:attrname-format:unspecified"
    statements: list[dict[str, Any]] = [
        {"type": "GROUP", "name": app.groups, "namespace": unspecified, "filterType": "REGEX", "filterValue": ".*"}
    ]
    statements += [
        {"type": "EXPRESSION", "name": name, "namespace": unspecified, "values": [f"user.{attribute}"]}
        for name, attribute in app.attributes
    ]
    return {
        "label": app.label,
        "signOnMode": "SAML_2_0",
        "settings": {
            "signOn": {
                "ssoAcsUrl": app.acs_url,
                "recipient": app.acs_url,
                "destination": app.acs_url,
                "audience": app.audience,
                "idpIssuer": "http://www.okta.com/${org.externalKey}",
                "subjectNameIdTemplate": "${user.userName}",
                "subjectNameIdFormat": "urn:oasis:names:tc:SAML:1.1:nameid-format:unspecified",
                "responseSigned": True,
                "assertionSigned": True,
                "signatureAlgorithm": "RSA_SHA256",
                "digestAlgorithm": "SHA256",
                "honorForceAuthn": True,
                "authnContextClassRef": "urn:oasis:names:tc:SAML:2.0:ac:classes:PasswordProtectedTransport",
                "attributeStatements": statements,
            }
        },
    }
