"""What SQL is taught: functions of ours that statements and migrations call."""

import sqlite3

import msgspec

from idsync.model.canonical import canonical_bytes, fingerprint_bytes
from idsync.model.member_fingerprint import entry_hash, sum_to_bytes
from idsync.model.names import twin_key
from idsync.model.resources import AccessListMember, Membership, membership_of
from idsync.model.times import parse_time

_DETAILS = msgspec.json.Decoder(Membership)
_MEMBER = msgspec.json.Decoder(AccessListMember)


def teach(raw: sqlite3.Connection) -> None:
    """Register every function on a connection; they keep nothing between calls."""
    raw.create_function("from_hex", 1, bytes.fromhex, deterministic=True)
    raw.create_function("fingerprint_of", 1, _fingerprint_of, deterministic=True)
    raw.create_function("twin_key_beside", 1, _twin_key_beside, deterministic=True)
    raw.create_function("seconds_of", 1, seconds_of, deterministic=True)
    raw.create_function("details_of", 1, _details_of, deterministic=True)
    raw.create_aggregate("sum_of_members", 2, _SumOfMembers)  # type: ignore[arg-type] # known to typeshed for one number


def seconds_of(time: str | None) -> int | None:
    """A time as whole seconds since 1970; None for none, and for a text that is not a time."""
    try:
        return None if time is None else int(parse_time(time).timestamp())
    except ValueError:
        return None


def _fingerprint_of(body: bytes) -> bytes:
    return bytes.fromhex(fingerprint_bytes(body))


def _twin_key_beside(name: str) -> str | None:
    """A name's twin key where it is not the name itself."""
    key = twin_key(name)
    return None if key == name else key


def _details_of(body: bytes) -> bytes:
    """The details in the body of a membership as a resource."""
    return canonical_bytes(membership_of(_MEMBER.decode(body)))


class _SumOfMembers:
    """Adds up the hashes of memberships, given as member name and details."""

    def __init__(self) -> None:
        self._sum = 0

    def step(self, name: str, details: bytes) -> None:
        self._sum += entry_hash(name, _DETAILS.decode(details))

    def finalize(self) -> bytes:
        return sum_to_bytes(self._sum)
