"""Tries out what an organization lets a credential do: one cheap request for each question, none of which writes."""

from collections.abc import Mapping
from contextlib import suppress
from types import TracebackType
from typing import assert_never

import httpx
import msgspec

from idsync.config.settings import AppReference
from idsync.errors import AuthorizationError
from idsync.model.okta_access import Allowance, Powers
from idsync.okta.admin_roles import account_of_token, powers_of
from idsync.okta.auth import ApiTokenCredential, Credential, OAuthCredential, TokenHeader
from idsync.okta.client import OktaClient
from idsync.okta.endpoints import Endpoints
from idsync.okta.oauth import OAuthHeader
from idsync.okta.refusals import NO_CREDENTIAL, OAuthScope, not_okta, refusal
from idsync.okta.remembered import Remembered
from idsync.okta.request import Attempt, Request, Requester, Timing
from idsync.sources.okta.sso_app import SsoApp
from idsync.sources.probing import FoundApp, Listed


class _Identified(msgspec.Struct, frozen=True):
    """What Okta's own answer has at least."""

    id: str


class _Features(msgspec.Struct, frozen=True):
    """What an app does beside signing in."""

    features: list[str] | None = None


_ORGANIZATION = msgspec.json.Decoder(_Identified)
_IDENTIFIED = msgspec.json.Decoder(list[_Identified])
_ANYTHING = msgspec.json.Decoder(list[dict[str, object]])


class OktaProbe:
    """One organization and one credential, to be closed at the end."""

    def __init__(
        self,
        *,
        org_url: str,
        app: AppReference,
        credential: Credential,
        rate_limit_share: int,
        transport: httpx.BaseTransport | None = None,
        timing: Timing | None = None,
    ) -> None:
        """Raises SourceUnreachable where the environment's proxy or certificates cannot be used."""
        self._app = app
        self._credential = credential
        self._share = rate_limit_share
        self._org_url = org_url.rstrip("/")
        self._requester = Requester(
            self._org_url, rate_limit_share, transport, timing or Timing(), Remembered(), brief=True
        )
        self._endpoints = Endpoints(self._org_url)
        self._headers: dict[OAuthScope, OAuthHeader] = {}

    def __enter__(self) -> "OktaProbe":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._requester.close()

    def reach(self) -> None:
        """See that Okta answers at the organization's address, by the one object that it shows to everybody."""
        request = Request(f"{self._org_url}/.well-known/okta-organization", "oauth2", "the organization")
        retries = self._requester.retries()
        answer = self._requester.settle(request, lambda _: Attempt({}), retries)
        if answer.status != 200:
            raise refusal(answer, request.what, request.scope, self._org_url, NO_CREDENTIAL, retries.attempts)
        try:
            _ORGANIZATION.decode(answer.body)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            raise not_okta(answer, self._org_url) from None

    def sign_in(self) -> str:
        """See that the credential is accepted; whose it is. A client without any scope is accepted, too."""
        match self._credential:
            case ApiTokenCredential():
                return f"an API token of {account_of_token(self._requester, self._credential).login}"
            case OAuthCredential(client_id=client_id):
                with suppress(AuthorizationError):  # who may not do this is known all the same
                    self.take_scope("okta.users.read")
                return f"the client {client_id}"
            case unknown:
                assert_never(unknown)

    def knows_scopes(self) -> bool:
        """An app that signs in by itself is granted scopes, an API token is not."""
        return isinstance(self._credential, OAuthCredential)

    def take_scope(self, scope: OAuthScope) -> None:
        """Ask for a token with one scope alone: of several, Okta does not say which is missing."""
        self._header(scope).headers("GET", self._org_url)

    def is_bound(self) -> bool | None:
        """Whether the tokens that were given are bound to a key."""
        return next((header.is_bound for header in self._headers.values() if header.is_bound is not None), None)

    def sees(self, kind: Listed) -> bool:
        """Whether the first page of a listing has a row. Everyone is a group of each organization."""
        return self._has_rows(self._endpoints.first(kind))

    def sso_app(self) -> FoundApp:
        """The app, and what it does beside signing in."""
        client = self._client("okta.apps.read")
        app = SsoApp(client, self._endpoints, self._app, "").alone()
        features = client.object(self._endpoints.app(app.id), _Features).features
        return FoundApp(app.id, app.label, None if features is None else frozenset(features))

    def sees_people_of(self, app: str) -> bool:
        """Whether the first page of an app's people has a row."""
        return self._has_rows(self._endpoints.first_of_app(app))

    def read_log(self) -> None:
        """Ask for one event, which there need not be."""
        self._has_rows(self._endpoints.first_event())

    def powers(self) -> Powers:
        """The admin roles of the token's account, or of the client."""
        return powers_of(self._requester, self._credential)

    def read_group_rules(self) -> None:
        """Ask for the rules that fill groups, of which there may be none."""
        self._has_rows(self._endpoints.group_rules())

    def read_group_roles(self) -> None:
        """Ask for the admin roles of the first group, of which there may be none. Everyone is one at least."""
        request = self._endpoints.first("groups")
        groups, _ = self._client(request.scope).poll(request, _IDENTIFIED)
        for group in groups:
            self._has_rows(self._endpoints.roles_of_group(group.id))

    def ahead(self) -> float | None:
        """By how many seconds Okta's clock is ahead; a Date is cut to whole seconds."""
        return None if self._requester.heard_at is None else round(self._requester.ahead + 0.5)

    def allowances(self) -> Mapping[str, Allowance]:
        """What is left of each bucket."""
        return self._requester.remembered.allowances(self._org_url, self._share)

    def _has_rows(self, request: Request) -> bool:
        rows, _ = self._client(request.scope).poll(request, _ANYTHING)
        return bool(rows)

    def _client(self, scope: OAuthScope) -> OktaClient:
        match self._credential:
            case ApiTokenCredential():
                return OktaClient(self._requester, TokenHeader(self._credential))
            case OAuthCredential():
                return OktaClient(self._requester, self._header(scope))
            case unknown:
                assert_never(unknown)

    def _header(self, scope: OAuthScope) -> OAuthHeader:
        assert isinstance(self._credential, OAuthCredential)  # noqa: S101 - asked by those who know
        if scope not in self._headers:
            self._headers[scope] = OAuthHeader(self._credential, (scope,), self._requester)
        return self._headers[scope]
