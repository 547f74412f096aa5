"""Whose a credential is, and which admin roles stand behind it: what Okta itself says of them."""

from collections.abc import Iterable
from typing import assert_never

import msgspec

from idsync.errors import AuthorizationError, SourceError
from idsync.model.okta_access import CUSTOM, Powers
from idsync.okta.auth import ApiTokenCredential, Credential, OAuthCredential
from idsync.okta.authorizing import authorizer_for
from idsync.okta.client import OktaClient
from idsync.okta.endpoints import Endpoints
from idsync.okta.refusals import harmless
from idsync.okta.request import Request, Requester


class _Profile(msgspec.Struct, frozen=True):
    """What of an account tells people which one it is."""

    login: str = ""


class Account(msgspec.Struct, frozen=True):
    """Whose an API token is."""

    id: str
    profile: _Profile = _Profile()

    @property
    def login(self) -> str:
        """How people call the account."""
        return harmless(self.profile.login or self.id)


class AdminRole(msgspec.Struct, frozen=True):
    """An admin role that was given: Okta's name of its type; of a custom one, its id and what people call it."""

    type: str = ""
    role: str = ""
    label: str = ""


class _Permission(msgspec.Struct, frozen=True):
    label: str = ""


class _Permissions(msgspec.Struct, frozen=True):
    permissions: list[_Permission] = []


ROLES = msgspec.json.Decoder(list[AdminRole])


def account_of_token(requester: Requester, credential: Credential) -> Account:
    """The account behind an API token. Raises what reading raises."""
    request = Endpoints(requester.org_url).me()
    return _client(requester, credential, request).object(request, Account)


def powers_of(requester: Requester, credential: Credential) -> Powers:
    """The roles of the token's account, or of the client.

    Raises AuthorizationError where the credential may not see them, and what reading raises.
    """
    endpoints = Endpoints(requester.org_url)
    match credential:
        case ApiTokenCredential():
            request = endpoints.roles_of_user(account_of_token(requester, credential).id)
        case OAuthCredential(client_id=client_id):
            request = endpoints.roles_of_client(client_id)
        case unknown:
            assert_never(unknown)
    roles, _ = _client(requester, credential, request).poll(request, ROLES)
    names = {harmless(role.label or role.type) if role.type == CUSTOM else harmless(role.type) for role in roles}
    standard = frozenset(harmless(role.type) for role in roles if role.type != CUSTOM)
    custom = sorted({role.role for role in roles if role.type == CUSTOM})
    return Powers(tuple(sorted(names)), standard, _permissions(requester, credential, custom))


def powers_of_token(requester: Requester, credential: Credential) -> Powers | None:
    """What is behind an API token; None where that cannot be seen, and for other credentials."""
    return powers_if_seen(requester, credential) if isinstance(credential, ApiTokenCredential) else None


def powers_if_seen(requester: Requester, credential: Credential) -> Powers | None:
    """What is behind a credential; None where it may not see its roles, or Okta does not say them."""
    try:
        return powers_of(requester, credential)
    except (AuthorizationError, SourceError):
        return None


def _permissions(requester: Requester, credential: Credential, custom: Iterable[str]) -> frozenset[str] | None:
    """What custom roles permit, by Okta's names; None where that cannot be seen."""
    endpoints, held = Endpoints(requester.org_url), set[str]()
    for role in custom:
        request = endpoints.permissions_of(role)
        try:
            found = _client(requester, credential, request).object(request, _Permissions)
        except (AuthorizationError, SourceError):
            return None
        held.update(each.label for each in found.permissions)
    return frozenset(held)


def _client(requester: Requester, credential: Credential, request: Request) -> OktaClient:
    return OktaClient(requester, authorizer_for(credential, (request.scope,), requester))
