"""OAuth 2.0 for service apps: private_key_jwt (RFC 7523) at Okta's own authorization server, with DPoP (RFC 9449).

Every token request carries a DPoP proof. A server that binds tokens asks for a nonce first; one that does not gives a
plain bearer token. Times in assertions follow the server's Date when this machine's clock is off.
"""

import base64
import hashlib
import re
import secrets
from collections.abc import Sequence
from urllib.parse import urlsplit, urlunsplit

import msgspec

from idsync.errors import AuthenticationError, AuthorizationError, IdsyncError
from idsync.model.known_secrets import remember_passing_secret
from idsync.okta.auth import OAuthCredential, Remedy
from idsync.okta.keys import generated_key
from idsync.okta.refusals import Advice, OAuthScope, not_okta, problem_of, refusal, words_of
from idsync.okta.request import Attempt, Request, Requester
from idsync.okta.retry import Retries
from idsync.okta.token_state import HeldToken, TokenState
from idsync.okta.transport import Answer
from idsync.okta.wire import Token

ASSERTION_LIFE = 300
_EARLY = 300.0
_TOLD_LATE = 3600.0
"""So much longer than Okta says that it is good, a token is left out of what is said."""
_ROUNDS = 5
_ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
_TOKEN = msgspec.json.Decoder(Token)
_ADVICE = Advice(
    refused="A new access token was refused as well; the app may be inactive, or its key may have been revoked.",
    lacks="The OAuth app lacks the scope {scope}, or an admin role or resource set that covers it.",
    grant="Grant {scope} on the app's tab Okta API Scopes, and on its tab Admin roles an admin role that covers it",
)
_VISIBLE = re.compile(r"[\x21-\x7e]+")


class OAuthHeader:
    """Authorization by OAuth tokens: fetched once, renewed early by one worker for all, proved by DPoP.

    The token outlives the reading that asked for it, in what the process remembers.
    """

    advice = _ADVICE

    def __init__(self, credential: OAuthCredential, scopes: Sequence[OAuthScope], requester: Requester) -> None:
        self._client_id = credential.client_id
        self._keys = credential.keys
        self._key = credential.key
        self._scopes = tuple(scopes)
        self._requester = requester
        self._url = f"{requester.org_url}/oauth2/v1/token"
        use = (requester.org_url, credential.client_id, credential.key.thumbprint(), self._scopes)
        self._state = requester.remembered.token(use, lambda: TokenState(generated_key()))
        self._used = 0.0
        """How far Okta's clock was held to be ahead when the last token was asked for."""

    def headers(self, method: str, url: str) -> dict[str, str]:
        """Headers that authorize one try of a request; fetches a token when there is none that lasts."""
        held = self._token()
        if not held.bound:
            return {"Authorization": f"Bearer {held.value}"}
        return {"Authorization": f"DPoP {held.value}", "DPoP": self._proof(method, url, self._state.nonce, held.value)}

    def heard(self, answer: Answer) -> None:
        """Keep the nonce that the API wants to see in the next proof."""
        self._state.nonce = answer.headers.get("dpop-nonce") or self._state.nonce

    @property
    def is_bound(self) -> bool | None:
        """Whether the token in use is bound to a key; None before there was one."""
        return None if self._state.held is None else self._state.held.bound

    def remedy(self, answer: Answer) -> Remedy | None:
        """Say what to renew: the proof when the server objects to it, else the token when it is refused."""
        challenge = answer.headers.get("www-authenticate") + problem_of(answer).error
        held = self._state.held
        if held is not None and held.bound and ("invalid_dpop_proof" in challenge or "use_dpop_nonce" in challenge):
            return "proof"
        if answer.status != 401:
            return None
        self._state.held = None
        return "token"

    def _token(self) -> HeldToken:
        with self._state.lock:
            held = self._state.held
            if held is None or self._requester.timing.clock() >= held.until:
                held = self._state.held = self._fetch()
            return held

    def _fetch(self) -> HeldToken:
        """Ask for a token, with the newest key that Okta knows."""
        request = Request(self._url, "oauth2", "an access token", method="POST")
        for key in self._keys:
            self._key = key
            retries = self._requester.retries()
            answer = self._answered(request, retries)
            if answer.status == 200:
                return self._accepted(answer)
            if problem_of(answer).error != "invalid_client":
                break
        raise self._refused(answer, retries.attempts)

    def _answered(self, request: Request, retries: Retries) -> Answer:
        """The answer to one key, following what the server says about nonce and clock."""
        for _ in range(_ROUNDS):
            answer = self._requester.settle(request, self._compose, retries)
            if answer.status == 200 or not (self._learned_nonce(answer) or self._learned_clock(answer)):
                break
        return answer

    def _compose(self, url: str) -> Attempt:
        self._used = self._requester.ahead
        form = {
            "grant_type": "client_credentials",
            "scope": " ".join(self._scopes),
            "client_assertion_type": _ASSERTION_TYPE,
            "client_assertion": self._assertion(),
        }
        return Attempt({"DPoP": self._proof("POST", url, self._state.token_nonce)}, form)

    def _assertion(self) -> str:
        """A new client assertion; its `jti` is good for one use."""
        now = self._now()
        claims = {
            "iss": self._client_id,
            "sub": self._client_id,
            "aud": self._url,
            "iat": now - 5,
            "exp": now + ASSERTION_LIFE,
            "jti": secrets.token_urlsafe(24),
        }
        return self._key.sign(claims, {"kid": self._key.key_id} if self._key.key_id else {})

    def _proof(self, method: str, url: str, nonce: str | None, token: str | None = None) -> str:
        """A new DPoP proof for one request: `htu` is the address without query and fragment."""
        parts = urlsplit(url)
        claims: dict[str, str | int] = {
            "htm": method,
            "htu": urlunsplit((parts.scheme, parts.netloc, parts.path, "", "")),
            "iat": self._now(),
            "jti": secrets.token_urlsafe(24),
        }
        if nonce:
            claims["nonce"] = nonce
        if token is not None:
            hashed = hashlib.sha256(token.encode("ascii")).digest()
            claims["ath"] = base64.urlsafe_b64encode(hashed).rstrip(b"=").decode()
        return self._state.proof_key.sign(claims, {"typ": "dpop+jwt", "jwk": self._state.proof_key.public()})

    def _now(self) -> int:
        return int(self._requester.okta_time())

    def _learned_nonce(self, answer: Answer) -> bool:
        nonce = answer.headers.get("dpop-nonce")
        if not nonce or nonce == self._state.token_nonce:
            return False
        self._state.token_nonce = nonce
        return problem_of(answer).error in ("use_dpop_nonce", "invalid_dpop_proof")

    def _learned_clock(self, answer: Answer) -> bool:
        """Whether the answer tells another time than the refused request was made with; a Date has whole seconds."""
        return answer.status < 429 and abs(self._requester.ahead - self._used) >= 1

    def _accepted(self, answer: Answer) -> HeldToken:
        self._state.token_nonce = answer.headers.get("dpop-nonce") or self._state.token_nonce
        try:
            token = _TOKEN.decode(answer.body)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            raise not_okta(answer, self._requester.org_url) from None
        kind = token.token_type.casefold()
        if kind not in ("bearer", "dpop") or not _VISIBLE.fullmatch(token.access_token):
            raise not_okta(answer, self._requester.org_url)
        granted = set(self._scopes if token.scope is None else token.scope.split())
        missing = [scope for scope in self._scopes if scope not in granted]
        if missing:
            raise _scopes_missing(missing, "The token that Okta issued has fewer scopes than were requested.")
        now = self._requester.timing.clock()
        ends = now + token.expires_in
        remember_passing_secret(token.access_token, until=ends + _TOLD_LATE, now=now)
        return HeldToken(token.access_token, kind == "dpop", ends - min(_EARLY, token.expires_in / 2))

    def _clock_note(self) -> str:
        """By how much this machine's clock is off, where that may be why a signature is refused."""
        seconds = round(self._requester.ahead)
        if abs(seconds) <= 1:
            return ""
        side = "behind" if seconds > 0 else "ahead of"
        return f" This machine's clock is {abs(seconds)} s {side} Okta's, which was allowed for: set it."

    def _refused(self, answer: Answer, attempts: int) -> IdsyncError:
        said = words_of(answer)
        match problem_of(answer).error:
            case "invalid_scope":
                return _scopes_missing(
                    self._scopes, said.removesuffix(".") + ".", of="all of " if len(self._scopes) > 1 else ""
                )
            case "invalid_client":
                return AuthenticationError(
                    f"Okta does not accept the client {self._client_id} ({said}).",
                    why="No active app has this client id, or its public key does not match the private key in use."
                    + self._clock_note(),
                    fix="Check oauth.client_id, oauth.private_key and oauth.key_id against the app's General tab.",
                )
            case error if not error or answer.status >= 429:
                return refusal(
                    answer, "an access token", self._scopes[0], self._requester.org_url, self.advice, attempts
                )
            case _:
                return AuthenticationError(
                    f"Okta did not issue an access token ({said}).",
                    why="The token endpoint refused the request." + self._clock_note(),
                    fix="Check the app in Okta: type API Services, grant Client Credentials, client authentication "
                    "with public key / private key.",
                )


def _scopes_missing(scopes: Sequence[str], why: str, *, of: str = "") -> AuthorizationError:
    """`of` is "all of " when only some may be missing: Okta does not always name them."""
    named = ", ".join(scopes)
    return AuthorizationError(
        f"The OAuth app has not been granted {of}{named}.",
        scope=" ".join(scopes),
        why=why,
        fix=_ADVICE.granting(named),
    )
