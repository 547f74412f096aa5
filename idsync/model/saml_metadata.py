"""What signing in by SAML depends on in an identity provider's metadata: who signs, with which keys, and where."""

import re
from base64 import b64decode
from datetime import UTC, datetime
from html import unescape

import msgspec

_ENTITY = re.compile(r"<(?:\w+:)?EntityDescriptor\b[^>]*?\sentityID\s*=\s*[\"']([^\"']*)[\"']")
_CERTIFICATE = re.compile(r"<(?:\w+:)?X509Certificate\s*>([^<]*)<")
_SIGN_ON = re.compile(r"<(?:\w+:)?SingleSignOnService\b[^>]*?\sLocation\s*=\s*[\"']([^\"']*)[\"']")

_VERSION, _UTC_TIME = 0xA0, 0x17
"""Tags of DER elements."""
_SHORT = 0x80
"""Lengths up to this are written in one byte; above, it is how many more bytes hold the length."""


class IdentityProvider(msgspec.Struct, frozen=True):
    """The issuer of answers, the certificates that they may be signed with (base64, in one line), and its addresses."""

    entity: str
    certificates: frozenset[str]
    addresses: frozenset[str]


def provider_of(metadata: str) -> IdentityProvider | None:
    """What a metadata document says; None where it names no issuer or no certificate.

    Two documents that say the same are one to a service provider, however they are written.
    """
    entity = _ENTITY.search(metadata)
    certificates = frozenset("".join(found.split()) for found in _CERTIFICATE.findall(metadata))
    if entity is None or not certificates:
        return None
    return IdentityProvider(unescape(entity[1]), certificates, frozenset(map(unescape, _SIGN_ON.findall(metadata))))


def ends_at(certificate: str) -> datetime | None:
    """When a certificate ends, given as base64; None where it is not an X.509 certificate (RFC 5280, 4.1)."""
    try:
        data = b64decode(certificate, validate=True)
        _, signed, _ = _element(data, 0)
        _, at, _ = _element(data, signed)
        if data[at] == _VERSION:
            at = _element(data, at)[2]
        for _ in ("serial number", "signature", "issuer"):
            at = _element(data, at)[2]
        _, validity, _ = _element(data, at)
        tag, begins, ends = _element(data, _element(data, validity)[2])
        text = data[begins:ends].decode("ascii")
        # Two digits of a year are of this century up to 49, unlike those that strptime reads.
        year = ("19" if text >= "50" else "20") if tag == _UTC_TIME else ""
        return datetime.strptime(f"{year}{text}", "%Y%m%d%H%M%SZ").replace(tzinfo=UTC)
    except (ValueError, IndexError):
        return None


def _element(data: bytes, at: int) -> tuple[int, int, int]:
    """The tag of the DER element at a place, and where its contents begin and end. Raises IndexError."""
    tag, length, begins = data[at], data[at + 1], at + 2
    if length > _SHORT:
        begins, length = begins + length - _SHORT, int.from_bytes(data[begins : begins + length - _SHORT])
    if begins + length > len(data):
        raise IndexError
    return tag, begins, begins + length
