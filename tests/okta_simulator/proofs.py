"""DPoP (RFC 9449) as Okta checks it: proofs, their nonces, and the key that a token is bound to."""

import base64
import hashlib
import secrets
from typing import Literal

from tests.okta_simulator import tokens
from tests.okta_simulator.errors import OAuthError
from tests.okta_simulator.moments import Clock
from tests.okta_simulator.switches import Switches

NONCE_ROTATION = 24 * 60 * 60.0
NONCE_LIFE = 3 * NONCE_ROTATION
_CLOCK_TOLERANCE = 300.0


def access_token_hash(token: str) -> str:
    """The `ath` claim of a token."""
    return base64.urlsafe_b64encode(hashlib.sha256(token.encode()).digest()).decode().rstrip("=")


class Proofs:
    """Checks proofs; remembers their identifiers and the nonces that it gave out."""

    def __init__(self, clock: Clock, switches: Switches) -> None:
        self._clock = clock
        self._switches = switches
        self._seen: set[str] = set()
        self._nonces: list[tuple[str, float]] = []

    @property
    def nonce(self) -> str:
        """The nonce of the day."""
        if not self._nonces or self._clock() >= self._nonces[-1][1] + NONCE_ROTATION:
            self.rotate_nonce()
        return self._nonces[-1][0]

    def rotate_nonce(self, *, forget: bool = False) -> str:
        """Take a new nonce into use; `forget` refuses the old ones from now on."""
        if forget:
            self._nonces.clear()
        self._nonces.append((secrets.token_urlsafe(24), self._clock()))
        return self._nonces[-1][0]

    def check(
        self, proof: str, *, method: str, url: str, where: Literal["token", "api"], access_token: str | None = None
    ) -> str:
        """The thumbprint of the proof's key; OAuthError when the proof does not fit the request."""
        try:
            header = tokens.header(proof)
            if header.get("typ") != "dpop+jwt":
                raise ValueError("typ must be dpop+jwt")
            if not isinstance(header.get("jwk"), dict):
                raise ValueError("jwk is missing")
            key = tokens.public_key(header["jwk"])
            claims = tokens.claims(proof, key)
            self._compare(claims, method, url, access_token)
        except ValueError as problem:
            raise self._refusal(where, str(problem)) from problem
        if where == "token" or self._switches.api_demands_nonce or "nonce" in claims:
            self._check_nonce(claims.get("nonce"), where)
        return str(key.thumbprint())

    def refuse_missing(self, where: Literal["token", "api"]) -> OAuthError:
        return self._refusal(where, "The DPoP proof JWT header is missing.")

    def _compare(self, claims: dict[str, object], method: str, url: str, access_token: str | None) -> None:
        if claims.get("htm") != method:
            raise ValueError(f"htm must be {method}")
        if claims.get("htu") != url:
            raise ValueError("htu must be the request's URL without query and fragment")
        issued = tokens.number(claims, "iat")
        if issued is None or abs(issued - self._clock()) > _CLOCK_TOLERANCE:
            raise ValueError("iat must be now")
        if access_token is not None and claims.get("ath") != access_token_hash(access_token):
            raise ValueError("ath must be the hash of the access token")
        identifier = claims.get("jti")
        if not isinstance(identifier, str) or not identifier or identifier in self._seen:
            raise ValueError("jti must be there and new")
        self._seen.add(identifier)

    def _check_nonce(self, nonce: object, where: Literal["token", "api"]) -> None:
        alive = {text for text, issued in self._nonces if self._clock() < issued + NONCE_LIFE}
        if nonce not in alive:
            status = 400 if where == "token" else 401
            headers = {"dpop-nonce": self.nonce}
            if where == "api":
                headers["www-authenticate"] = 'DPoP error="use_dpop_nonce"'
            raise OAuthError(status, "use_dpop_nonce", "Authorization server requires nonce in DPoP proof.", headers)

    def _refusal(self, where: Literal["token", "api"], why: str) -> OAuthError:
        if where == "token":
            return OAuthError(400, "invalid_dpop_proof", why)
        challenge = {"www-authenticate": f'DPoP error="invalid_dpop_proof", error_description="{why}"'}
        return OAuthError(self._switches.wrong_proof_status, "invalid_dpop_proof", why, challenge)
