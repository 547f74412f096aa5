"""How requests are authorized, by the kind of credential; what OAuth needs is imported where it is used."""

from collections.abc import Sequence

from idsync.okta.auth import ApiTokenCredential, Authorizer, Credential, OAuthCredential, TokenHeader
from idsync.okta.refusals import OAuthScope
from idsync.okta.request import Requester


def authorizer_for(credential: Credential, scopes: Sequence[OAuthScope], requester: Requester) -> Authorizer:
    """Choose how requests are authorized."""
    match credential:
        case ApiTokenCredential():
            return TokenHeader(credential)
        case OAuthCredential():
            from idsync.okta.oauth import OAuthHeader

            return OAuthHeader(credential, scopes, requester)
