"""Whose a credential is, and which admin roles stand behind it: what Okta itself says of them."""

from typing import assert_never

import msgspec

from idsync.errors import AuthorizationError
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
    """An admin role, by Okta's name of its type."""

    type: str = ""


ROLES = msgspec.json.Decoder(list[AdminRole])


def account_of_token(requester: Requester, credential: Credential) -> Account:
    """The account behind an API token. Raises what reading raises."""
    request = Endpoints(requester.org_url).me()
    return _client(requester, credential, request).object(request, Account)


def admin_roles(requester: Requester, credential: Credential) -> tuple[str, ...]:
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
    return tuple(sorted({harmless(role.type) for role in roles}))


def roles_of_token(requester: Requester, credential: Credential) -> frozenset[str] | None:
    """The roles of the account behind an API token; None where they cannot be seen, and for other credentials."""
    if not isinstance(credential, ApiTokenCredential):
        return None
    try:
        return frozenset(admin_roles(requester, credential))
    except AuthorizationError:
        return None


def _client(requester: Requester, credential: Credential, request: Request) -> OktaClient:
    return OktaClient(requester, authorizer_for(credential, (request.scope,), requester))
