"""The fingerprint of a list's members: a sum of one hash for each, so that one member more or less costs one hash.

The sum is modulo 2**256 of BLAKE2b-256 values, and the list's name is hashed with it: equal members give equal
fingerprints whatever their order, and equal members of two lists give two.
"""

import hashlib

from idsync.model.canonical import canonical_bytes, fingerprint_bytes
from idsync.model.directory import Members
from idsync.model.resources import Membership

MODULUS = 1 << 256
_WIDTH = 32


def is_plain(details: Membership) -> bool:
    """Whether a membership says no more than that somebody joined: when, and by whom added, is not part of its hash."""
    return not details.expires and not details.reason and details.membership_kind == Membership().membership_kind


def plain_hash(name: str) -> int:
    """The hash of a plain membership: that of the member's name alone, the same in every list."""
    # Written out: a first import asks for that of everybody.
    data = name.encode("utf-8", "surrogatepass")
    return int.from_bytes(hashlib.blake2b(data, digest_size=_WIDTH).digest(), "big")


def entry_hash(name: str, details: Membership) -> int:
    """The hash of one membership; NUL, which no name holds, separates the name from details that are not plain."""
    if is_plain(details):
        return plain_hash(name)
    return _hash(_encoded(name) + b"\0" + canonical_bytes(details))


def fingerprint_of_sum(access_list: str, total: int) -> str:
    """The fingerprint of the members of `access_list` whose hashes have this sum; 32 hexadecimal digits."""
    return fingerprint_bytes(_encoded(access_list) + b"\0" + sum_to_bytes(total))


def fingerprint_members(access_list: str, members: Members) -> str:
    """The fingerprint of all members of one list, computed whole."""
    return fingerprint_of_sum(access_list, sum(entry_hash(name, details) for name, details in members.items()))


def sum_to_bytes(total: int) -> bytes:
    """A sum as the 32 bytes that a store keeps."""
    return (total % MODULUS).to_bytes(_WIDTH, "big")


def sum_from_bytes(data: bytes) -> int:
    """The sum that 32 bytes stand for."""
    return int.from_bytes(data, "big")


def _hash(data: bytes) -> int:
    return int.from_bytes(hashlib.blake2b(data, digest_size=_WIDTH).digest(), "big")


def _encoded(name: str) -> bytes:
    return name.encode("utf-8", "surrogatepass")
