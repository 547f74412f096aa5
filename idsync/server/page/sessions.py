"""Who looks at the page: named tokens sign in, and a signed cookie says so for some hours. Nothing is stored.

The cookie is signed with the token itself, so that every replica knows it and a token that is taken out of the
configuration ends its sessions.
"""

import hashlib
import hmac
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta

import msgspec

from idsync.bootstrap.workspace import Workspace

COOKIE = "idsync-session"
LASTS = timedelta(hours=12)
_SESSION, _FORM = b"session", b"form"


class NamedToken(msgspec.Struct, frozen=True):
    """A person's token, in clear: it is in memory as long as a request lasts."""

    name: str
    text: str


def status_tokens(place: Workspace) -> list[NamedToken]:
    """The tokens that the Service document names. Raises SecretError."""
    tokens = place.settings.service.status_tokens
    return [NamedToken(each.name, place.secrets.reveal(each.token)) for each in tokens]


class Session(msgspec.Struct, frozen=True):
    """A signed-in person. `form` is what every form of theirs carries, so that no other site can send one."""

    name: str
    form: str


class Sessions:
    """Signs people in. `tokens` reads the named tokens of the configuration as it is now; it raises SecretError."""

    def __init__(self, tokens: Callable[[], Iterable[NamedToken]], clock: Callable[[], datetime]) -> None:
        self._tokens = tokens
        self._clock = clock

    def sign_in(self, text: str) -> str | None:
        """The cookie of the person whose token this is; None where it is nobody's."""
        given = hashlib.sha256(text.encode()).digest()
        found = None
        for token in self._tokens():  # all are looked at, whichever it is
            if hmac.compare_digest(hashlib.sha256(token.text.encode()).digest(), given):
                found = token
        if found is None:
            return None
        ends = int((self._clock() + LASTS).timestamp())
        return f"{ends}.{_signed(found, _SESSION, str(ends))}"

    def session(self, cookie: str | None) -> Session | None:
        """Whose session a cookie is; None where it is over, or was made by nobody here."""
        ends, _, signature = (cookie or "").partition(".")
        given = signature.encode("utf-8", "replace")
        if not (ends.isascii() and ends.isdigit() and len(ends) <= 12) or int(ends) <= self._clock().timestamp():
            return None
        for token in self._tokens():
            if hmac.compare_digest(_signed(token, _SESSION, ends).encode(), given):
                return Session(token.name, _signed(token, _FORM, ends))
        return None


def _signed(token: NamedToken, purpose: bytes, text: str) -> str:
    key = hashlib.sha256(b"idsync status page\0" + purpose + b"\0" + token.text.encode()).digest()
    return hmac.new(key, f"{token.name}\0{text}".encode(), hashlib.sha256).hexdigest()
