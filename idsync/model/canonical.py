"""Canonical form: the one byte string of a value, and the fingerprints and digests made from it.

Struct fields stand in declared order, mapping keys sorted, no spaces, UTF-8: equal values give equal bytes.
"""

import hashlib
from collections.abc import Iterable
from typing import Any

import msgspec

_ENCODER = msgspec.json.Encoder(order="deterministic")


def canonical_bytes(value: Any) -> bytes:
    """JSON of `value` with one spelling; raises UnicodeEncodeError on lone surrogates."""
    return _ENCODER.encode(value)


def fingerprint(value: Any) -> str:
    """32 hexadecimal digits (BLAKE2b-128) of a value's canonical bytes; also an object's revision."""
    return fingerprint_bytes(canonical_bytes(value))


def fingerprint_bytes(data: bytes) -> str:
    """Fingerprint of bytes that are canonical already."""
    return hashlib.blake2b(data, digest_size=16).hexdigest()


def fingerprint_names(names: Iterable[str]) -> str:
    """Fingerprint of a set of names, whatever their order; NUL separates, which no name holds."""
    return fingerprint_bytes("\0".join(sorted(names)).encode("utf-8", "surrogatepass"))


def digest(value: Any) -> str:
    """`sha256:` and 64 hexadecimal digits of a value's canonical bytes: the form that people see and compare."""
    return digest_bytes(canonical_bytes(value))


def digest_bytes(data: bytes) -> str:
    """Digest of bytes that are canonical already."""
    return "sha256:" + hashlib.sha256(data).hexdigest()
