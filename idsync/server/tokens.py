"""Tokens of the SCIM service: random, told once, and kept only as a digest."""

import hashlib
import hmac
import secrets
from datetime import datetime

from msgspec.structs import replace

from idsync.model.pushed import ScimToken
from idsync.model.times import format_time, parse_time
from idsync.stores.protocol import Tokens

PREFIX = "idsync_"
"""How a token begins, so that scanners of repositories know one."""


def make_token(
    tokens: Tokens, *, name: str, integration: str, by: str, now: datetime, ends: datetime | None
) -> tuple[ScimToken, str]:
    """A new token and its text, which nothing keeps."""
    text = PREFIX + secrets.token_urlsafe(32)
    end = None if ends is None else format_time(ends)
    token = ScimToken(secrets.token_hex(4), name, integration, digest_of(text), format_time(now), by, end)
    tokens.put(token)
    return token, text


def digest_of(text: str) -> bytes:
    """What is kept of a token."""
    return hashlib.sha256(text.encode()).digest()


def accepted(tokens: Tokens, text: str, integration: str, now: datetime) -> ScimToken | None:
    """The token of this text, when it may push to an integration now."""
    digest = digest_of(text)
    token = tokens.find(digest)
    if token is None or not hmac.compare_digest(token.digest, digest) or token.integration != integration:
        return None
    return token if is_live(token, now) else None


def note_use(tokens: Tokens, text: str, integration: str, now: datetime, source: str) -> None:
    """Keep the last use of the token of this text; needs a transaction.

    It is looked at again here: one that was revoked since it was read must not come back to life.
    """
    token = accepted(tokens, text, integration, now)
    if token is not None:
        tokens.put(used(token, now, source))


def is_live(token: ScimToken, now: datetime) -> bool:
    """Whether a token is neither revoked nor over."""
    return token.revoked is None and (token.ends is None or parse_time(token.ends) > now)


def used(token: ScimToken, now: datetime, source: str) -> ScimToken:
    """The token with its last use."""
    return replace(token, last_used=format_time(now), last_from=source)


def is_to_note(token: ScimToken, now: datetime) -> bool:
    """Whether its use is to be written: once a minute, from wherever it is used in that."""
    return token.last_used is None or _minute(parse_time(token.last_used)) != _minute(now)


def _minute(time: datetime) -> datetime:
    return time.replace(second=0, microsecond=0)


def revoked(token: ScimToken, now: datetime) -> ScimToken:
    """The token, which is of no use any more."""
    return replace(token, revoked=format_time(now))
