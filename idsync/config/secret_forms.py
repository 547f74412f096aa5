"""The forms in which secrets come: what can only be meant one way is read so, and what is not a secret is named.

No message holds any part of a secret.
"""

from __future__ import annotations

import base64
import binascii
import json
import re

_BLOCKS = re.compile(r"-----BEGIN [A-Z0-9 ]+-----.*-----END [A-Z0-9 ]+-----", re.DOTALL)
_ALONE = "Store the secret alone, as one line of printable ASCII, or a private key as it was issued."
_VARIABLE = re.compile(r"\$\{?\w+\}?|%\w+%|\$?\{\{.*\}\}|\$\(.*\)", re.DOTALL)
_PATH = re.compile(r"(?:~?/|\.{1,2}[/\\]|[A-Za-z]:[/\\])[^\r\n]*|[\w.-]+\.(?:pem|key|jwk|json|p8|txt)")
_QUOTES = "\"'`"


def as_meant(text: str) -> str:
    """The secret without what is not part of it: a key in PEM without the text around it, with real line breaks.

    Text before a key is allowed (RFC 7468, section 2), and no PEM holds a backslash: `\\n` can only be a line break.
    """
    text = text.removesuffix("\n").removesuffix("\r")
    if "-----BEGIN" not in text:
        return text
    unescaped = text.replace("\\r", "").replace("\\n", "\n")
    found = _BLOCKS.search(unescaped)
    return unescaped.lstrip() if found is None else found.group()


def complaint(text: str) -> tuple[str, str]:
    """Say why a secret cannot be used, and how to fix it; both empty where nothing is seen against it."""
    bare = text.strip()
    if not bare:
        return "the secret is empty", _ALONE
    if "-----BEGIN" in text:
        return _key_complaint(text)
    if bare.startswith("{") and not _VARIABLE.fullmatch(bare):
        return _json_complaint(bare)
    if len(bare) > 1 and bare[0] in _QUOTES and bare[-1] == bare[0]:
        return "the secret stands in quotes", "Store it without them: they are not part of it."
    if _VARIABLE.fullmatch(bare):
        fix = "Store the value itself: whatever was to put it there did not."
        return "the secret is the name of a variable, and not its value", fix
    if _PATH.fullmatch(bare):
        fix = "Write {file: PATH} in place of {env: NAME}, or store what the file holds."
        return "the secret is the path of a file, and not what the file holds", fix
    if _is_encoded_key(bare):
        return "the secret is a key in base64", "Decode it once (base64 -d), and store what comes out."
    if not (text.isascii() and text.isprintable()) or " " in text:
        return "the secret holds characters that no secret has", _ALONE
    return "", ""


def _key_complaint(text: str) -> tuple[str, str]:
    if "-----END" not in text:
        return (
            "the secret is a key whose end is missing",
            "Store the whole file, from -----BEGIN to the end of -----END.",
        )
    if "PRIVATE KEY-----" not in text:
        what = "a certificate" if "CERTIFICATE" in text else "a public key" if "PUBLIC" in text else "not a private key"
        if what != "a public key":  # of that, reading the key says it
            return f"the secret is {what}", "Store the private key that belongs to the app."
    if "ENCRYPTED" in text:
        return "the private key is encrypted", "Store it unencrypted: openssl pkey -in KEY -out PLAIN."
    if not all(character.isprintable() or character in "\r\n\t" for character in text):
        return "the secret holds characters that no key has", _ALONE
    return "", ""


def _json_complaint(text: str) -> tuple[str, str]:
    if not all(character.isprintable() or character in "\r\n\t" for character in text):
        return "the secret holds characters that no key has", _ALONE
    try:
        document = json.loads(text)
    except (ValueError, RecursionError):
        return "", ""  # reading the key says so
    if isinstance(document, dict) and isinstance(document.get("keys"), list):
        return "the secret is a set of keys (JWKS), and not one key", "Store one member of its keys, the private one."
    return "", ""


def _is_encoded_key(text: str) -> bool:
    try:
        decoded = base64.b64decode("".join(text.split()), validate=True)
    except (binascii.Error, ValueError):
        return False
    return decoded.lstrip().startswith((b"-----BEGIN", b'{"'))
