"""Who may call: SSWS tokens, OAuth service apps with private_key_jwt, their scopes and admin roles."""

import json
import secrets
from base64 import urlsafe_b64decode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

from joserfc.jwk import RSAKey

from tests.okta_simulator import tokens
from tests.okta_simulator.errors import OAuthError, OktaError, forbidden, insufficient_scope
from tests.okta_simulator.moments import Clock
from tests.okta_simulator.objects import Actor, Target, User
from tests.okta_simulator.people import user_target
from tests.okta_simulator.permissions import CustomRole, Need, Role
from tests.okta_simulator.proofs import Proofs
from tests.okta_simulator.switches import Switches

ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
TOKEN_PATH = "/oauth2/v1/token"
TOKEN_LIFE = 3600
_SHARE = 0.5
_ADMINISTRATOR = Target("00u1administrator000", "User", "admin@enzos-pizza.com", "Uncle Enzo")


@dataclass(frozen=True, slots=True)
class Principal:
    """Who makes a call: name, share of each bucket, role, who that is in the log, and scopes.

    Scopes are None for all of them, as an SSWS token has. `user` is the maker of such a token, if an organization has
    that person; the token dies when they are deactivated.
    """

    name: str
    share: float
    role: Role
    actor: Actor
    scopes: frozenset[str] | None = None
    user: User | None = None
    custom: CustomRole | None = None

    def has_scope(self, scope: str) -> bool:
        """`….manage` holds `….read`."""
        if self.scopes is None:
            return True
        return scope in self.scopes or scope.replace(".read", ".manage") in self.scopes


@dataclass(slots=True)
class _Client:
    keys: dict[str | None, tokens.Key]
    scopes: frozenset[str]
    dpop: bool
    principal: Principal
    used: set[str] = field(default_factory=set)


@dataclass(frozen=True, slots=True)
class _AccessToken:
    principal: Principal
    expires: float
    thumbprint: str | None


class Authority:
    """The credentials of an organization and the authorization server that turns some of them into tokens."""

    def __init__(self, clock: Clock, switches: Switches) -> None:
        self._clock = clock
        self._switches = switches
        self._static: dict[str, Principal] = {}
        self._clients: dict[str, _Client] = {}
        self._issued: dict[str, _AccessToken] = {}
        self.proofs = Proofs(clock, switches)

    def add_token(
        self,
        token: str,
        *,
        name: str | None = None,
        role: Role = Role.SUPER_ADMIN,
        share: float = _SHARE,
        user: User | None = None,
        custom: CustomRole | None = None,
    ) -> Principal:
        """Accept an SSWS token, made by a user; tokens are told apart by name for the rate limits.

        Without a user its maker is an administrator whom no listing shows.
        """
        number = len(self._static) + 1
        maker = user_target(user) if user is not None else _ADMINISTRATOR
        actor = Actor(maker.id, "User", maker.alternate_id, maker.display_name, f"00T{number:017d}")
        role = role if custom is None else Role.CUSTOM
        principal = Principal(name or f"token {number}", share, role, actor, user=user, custom=custom)
        self._static[token] = principal
        return principal

    def revoke_token(self, token: str) -> None:
        """Refuse an SSWS or access token from now on."""
        self._static.pop(token, None)
        self._issued.pop(token, None)

    def add_client(
        self,
        client_id: str,
        keys: Sequence[Mapping[str, Any]],
        *,
        scopes: Sequence[str],
        dpop: bool = False,
        role: Role = Role.SUPER_ADMIN,
        share: float = _SHARE,
        custom: CustomRole | None = None,
    ) -> None:
        """Register a service app with its public JWKs and granted scopes; `dpop` makes proofs mandatory."""
        role = role if custom is None else Role.CUSTOM
        known = {key.get("kid"): tokens.public_key(dict(key)) for key in keys}
        actor = Actor(client_id, "PublicClientApp", client_id, client_id)
        principal = Principal(client_id, share, role, actor, custom=custom)
        self._clients[client_id] = _Client(known, frozenset(scopes), dpop, principal)

    def custom_roles(self) -> list[CustomRole]:
        """Those that a credential has."""
        principals = [*self._static.values(), *(client.principal for client in self._clients.values())]
        return [each.custom for each in principals if each.custom is not None]

    @cached_property
    def _signing_key(self) -> RSAKey:
        return RSAKey.generate_key(2048, parameters={"kid": "simulated-1", "use": "sig", "alg": "RS256"})

    def key_set(self) -> dict[str, Any]:
        """The authorization server's public keys, as /oauth2/v1/keys shows them."""
        return {"keys": [self._signing_key.as_dict(private=False)]}

    # -- the token endpoint

    def issue(self, form: Mapping[str, str], proof: str | None, base_url: str) -> dict[str, Any]:
        """The token endpoint's answer to a form; OAuthError when it refuses."""
        if form.get("grant_type") != "client_credentials":
            raise OAuthError(400, "unsupported_grant_type", "Only client_credentials is supported.")
        if form.get("client_assertion_type") != ASSERTION_TYPE or not form.get("client_assertion"):
            raise OAuthError(401, "invalid_client", "Client authentication by private_key_jwt is required.")
        url = base_url + TOKEN_PATH
        client = self._authenticate(form["client_assertion"], url)
        thumbprint = None
        if proof is not None:
            thumbprint = self.proofs.check(proof, method="POST", url=url, where="token")
        elif client.dpop:
            raise self.proofs.refuse_missing("token")
        scopes = self._granted(client, form.get("scope", "").split())
        token = f"{secrets.token_urlsafe(20)}.{secrets.token_urlsafe(60)}.{secrets.token_urlsafe(40)}"
        principal = replace(client.principal, scopes=frozenset(scopes))
        self._issued[token] = _AccessToken(principal, self._clock() + TOKEN_LIFE, thumbprint)
        kind = "Bearer" if thumbprint is None else "DPoP"
        return {"token_type": kind, "expires_in": TOKEN_LIFE, "access_token": token, "scope": " ".join(scopes)}

    def _granted(self, client: _Client, asked: list[str]) -> list[str]:
        if not asked:
            raise OAuthError(400, "invalid_scope", "The scope parameter is missing.")
        missing = [scope for scope in asked if scope not in client.scopes]
        if missing and (self._switches.ungranted_scope == "reject" or len(missing) == len(asked)):
            raise OAuthError(400, "invalid_scope", f"Scopes not granted to the app: {' '.join(missing)}.")
        return [scope for scope in asked if scope in client.scopes]

    def _authenticate(self, assertion: str, url: str) -> _Client:
        try:
            header = tokens.header(assertion)
            client_id = _unverified_issuer(assertion)
            client = self._clients.get(client_id)
            if client is None:
                raise ValueError("Invalid value for 'client_id' parameter.")
            key = _key_for(client, header.get("kid"))
            self._check_assertion(tokens.claims(assertion, key), client, client_id, url)
        except ValueError as problem:
            raise OAuthError(401, "invalid_client", str(problem)) from problem
        return client

    def _check_assertion(self, claims: dict[str, Any], client: _Client, client_id: str, url: str) -> None:
        now = self._clock()
        if claims.get("sub") != client_id:
            raise ValueError("iss and sub must both be the client_id.")
        if claims.get("aud") != url:
            raise ValueError("The audience claim for client_assertion must be the endpoint invoked for the request.")
        expires, issued = tokens.number(claims, "exp"), tokens.number(claims, "iat")
        if expires is None or expires <= now:
            raise ValueError("The client_assertion token is expired.")
        if expires > now + 3600:
            raise ValueError("The client_assertion token has an expiration too far into the future.")
        if issued is not None and issued > now + 60:
            raise ValueError("The client_assertion token was issued in the future.")
        identifier = claims.get("jti")
        if identifier is not None:
            if identifier in client.used:
                raise ValueError("The client_assertion token has already been used.")
            client.used.add(str(identifier))

    # -- the API

    def identify(self, headers: Mapping[str, str], method: str, url: str) -> Principal:
        """Who calls the API at this URL (no query); OktaError or OAuthError when nobody known does."""
        authorization = headers.get("authorization", "")
        # The official SDK 3.4.6 sends `SSWS` and the token without a space; it would be of no use if Okta refused that.
        if authorization.lower().startswith("ssws"):
            authorization = f"ssws {authorization[4:].strip()}"
        scheme, _, credential = authorization.partition(" ")
        match scheme.lower():
            case "ssws":
                principal = self._static.get(credential)
                if principal is None or (principal.user is not None and principal.user.status == "DEPROVISIONED"):
                    raise _invalid_token()
                return principal
            case "bearer" | "dpop":
                return self._holder(scheme.lower(), credential, headers.get("dpop"), method, url)
            case _:
                raise OktaError(403, "E0000005", "Invalid session")

    def _holder(self, scheme: str, credential: str, proof: str | None, method: str, url: str) -> Principal:
        issued = self._issued.get(credential)
        if issued is None or self._clock() >= issued.expires or (scheme == "dpop") is (issued.thumbprint is None):
            raise _invalid_token()
        if issued.thumbprint is not None:
            if proof is None:
                raise self.proofs.refuse_missing("api")
            thumbprint = self.proofs.check(proof, method=method, url=url, where="api", access_token=credential)
            if thumbprint != issued.thumbprint:
                raise _invalid_token()
        return issued.principal

    def permit(self, principal: Principal, need: Need, url: str) -> None:
        """Refuse with E0000006 what scope or role do not allow; a missing scope is named in a header."""
        if need.scope is None:
            return
        if not principal.has_scope(need.scope):
            raise insufficient_scope(need.scope, url, empty=self._switches.scope_refusal == "empty")
        reads = not need.scope.endswith(".manage")
        if principal.role is Role.NONE and reads and self._switches.missing_role == "fewer_rows":
            return
        if not need.is_met_by(principal.role, principal.custom):
            raise forbidden()


def _key_for(client: _Client, kid: str | None) -> tokens.Key:
    if kid is not None and kid in client.keys:
        return client.keys[kid]
    if len(client.keys) > 1:
        raise ValueError("A kid of one of the app's keys is needed.")
    ((known, key),) = client.keys.items()
    if kid is not None and known is not None:
        raise ValueError("The kid does not belong to the app.")
    return key


def _unverified_issuer(assertion: str) -> str:
    part = assertion.split(".")[1]
    claims = json.loads(urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    issuer = claims.get("iss") if isinstance(claims, dict) else None
    if not isinstance(issuer, str):
        raise ValueError("iss is missing.")
    return issuer


def _invalid_token() -> OktaError:
    return OktaError(401, "E0000011", "Invalid token provided")
