"""What a person registers in Okta, so that idsync signs in with a key of its own: an API Services app, and its rights.

Okta has no request by which a credential that may less could make one that may more: this is a person's part.
"""

import json
from collections.abc import Collection, Iterator, Mapping

from idsync.model.okta_access import Scope

_VIEWS: dict[Scope, tuple[str, str]] = {
    "okta.users.read": ("View users and their details", "users"),
    "okta.groups.read": ("View groups and their details", "groups"),
    "okta.apps.read": ("View applications and their details", "applications"),
}


def registration(key: Mapping[str, object], needs: Collection[Scope]) -> Iterator[str]:
    """The steps, a line each. `key` is the public half as a JWK, `needs` are the scopes of reading."""
    scopes = [scope for scope in _VIEWS if scope in needs]
    views = [_VIEWS[scope] for scope in scopes]
    yield "Register idsync in Okta, as somebody who is a Super Administrator:"
    yield "  1. Applications > Applications > Create App Integration > API Services. Name it idsync."
    yield "  2. Its tab General, Client Credentials, Edit: Public key / Private key. Add key, and paste"
    yield f"     {json.dumps(dict(key), separators=(', ', ': '))}"
    yield "     Proof of possession (DPoP) may stay on: idsync proves its tokens."
    yield f"  3. Its tab Okta API Scopes: grant {', '.join(scopes)} and okta.logs.read, and no other."
    yield "     (okta.logs.read is for `idsync serve`, which finds changes later without it.)"
    yield "  4. Its tab Admin roles, Edit assignments: Read-only Administrator. A custom role does, too, with"
    yield from (f"     - {permission}" for permission, _ in views)
    yield f"     and a resource set that holds all {_listed([kind for _, kind in views])}, the SSO app among them:"
    yield "     Okta answers with fewer rows, not with a refusal, where one is left out."
    yield "  5. Its tab General has the Client ID."
    yield "Both directions (sync.bidirectional) take more; `idsync doctor` names it then."


def _listed(words: list[str]) -> str:
    return f"{', '.join(words[:-1])} and {words[-1]}" if len(words) > 1 else "".join(words)
