"""Canonical form: the one byte string of a value, and the fingerprints and digests made from it.

Struct fields stand in declared order, mapping keys sorted, no spaces, UTF-8: equal values give equal bytes.
"""

import hashlib
from typing import Any

import msgspec

_ENCODER = msgspec.json.Encoder(order="deterministic")


def canonical_bytes(value: Any) -> bytes:
    """JSON of `value` with one spelling; raises UnicodeEncodeError on lone surrogates."""
    return _ENCODER.encode(value)


class Body(msgspec.Struct, frozen=True, gc=False):
    """A value's canonical bytes with their fingerprint: what a store keeps once, and refers to by the fingerprint."""

    fingerprint: str
    data: bytes


_last: tuple[object, Body] = (None, Body("", b""))


def body_of(value: Any) -> Body:
    """The body of a value that is never changed in place, as no resource is.

    The last one is remembered by its identity: what is written to a target is journaled next, and encoded once.
    """
    global _last
    known, body = _last
    if known is not value:
        data = canonical_bytes(value)
        body = Body(fingerprint_bytes(data), data)
        _last = (value, body)
    return body


def fingerprint(value: Any) -> str:
    """32 hexadecimal digits (BLAKE2b-128) of a value's canonical bytes; also an object's revision."""
    return fingerprint_bytes(canonical_bytes(value))


def fingerprint_bytes(data: bytes) -> str:
    """Fingerprint of bytes that are canonical already."""
    return hashlib.blake2b(data, digest_size=16).hexdigest()


def digest(value: Any) -> str:
    """`sha256:` and 64 hexadecimal digits of a value's canonical bytes: the form that people see and compare."""
    return digest_bytes(canonical_bytes(value))


def digest_bytes(data: bytes) -> str:
    """Digest of bytes that are canonical already."""
    return "sha256:" + hashlib.sha256(data).hexdigest()
