"""The secrets that this process has in hand, so that they are left out of whatever it says, by value.

What takes a secret in hand remembers it here; what writes, or reads what a server says, asks here.
"""

import re

LEFT_OUT = "(secret)"
SHORTEST = 6
"""Shorter texts stand in ordinary words and names by chance, and are left out of a server's refusals alone."""
_LONG_LINE = 16
_PRIVATE_PART = re.compile(r'"(?:d|p|q|dp|dq|qi|k)"\s*:\s*"([^"]+)"')
_known: set[str] = set()
_short: set[str] = set()
_passing: dict[str, float] = {}
"""Secrets that end by themselves, and until when each is good."""


def remember_secret(secret: str) -> None:
    """Leave this text out from now on, and each part of it that would tell it: the lines and numbers of a key."""
    parts = [secret.strip()]
    if "-----BEGIN" in secret:
        parts += [line.strip() for line in secret.splitlines() if "-----" not in line and len(line) >= _LONG_LINE]
    elif secret.lstrip().startswith("{"):
        parts += _PRIVATE_PART.findall(secret)
    _known.update(part for part in parts if len(part) >= SHORTEST)
    _short.update(part for part in parts[:1] if 0 < len(part) < SHORTEST)


def remember_passing_secret(secret: str, *, until: float, now: float) -> None:
    """Leave this text out, too, which is good until then by the clock that gives `now`; it opens nothing after that, so
    that those which ended by now are forgotten: a service gets a new one each hour, for years.
    """
    for ended in [each for each, end in tuple(_passing.items()) if end <= now]:
        _passing.pop(ended, None)
    if len(secret) < SHORTEST:
        remember_secret(secret)
    else:
        _passing[secret] = until


def without_secrets(text: str) -> str:
    """The text, with a word in the place of every secret."""
    for secret in _in_order():
        if secret in text:
            text = text.replace(secret, LEFT_OUT)
    return text


def saying_without_secrets(text: str) -> str:
    """What a server says in words, without any secret: a short one goes where it stands alone."""
    text = without_secrets(text)
    for secret in _short:
        text = re.sub(rf"(?<!\w){re.escape(secret)}(?!\w)", LEFT_OUT, text)
    return text


def bytes_without_secrets(data: bytes) -> bytes:
    """The same for text in UTF-8."""
    for secret in _in_order():
        encoded = secret.encode("utf-8", "surrogatepass")
        if encoded in data:
            data = data.replace(encoded, LEFT_OUT.encode())
    return data


def forget_secrets() -> None:
    """Know none: for tests, whose secrets are words that others print."""
    for known in (_known, _short, _passing):
        known.clear()


def _in_order() -> list[str]:
    """The longest first, so that no part of a secret is left of the whole."""
    return sorted((*_known, *_passing), key=lambda secret: (-len(secret), secret))
