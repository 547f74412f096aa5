"""What the last apply to a target was made from, as the store remembers it."""

from collections.abc import Mapping

import msgspec

from idsync.errors import StoreError
from idsync.model.canonical import canonical_bytes
from idsync.model.directory import LastApply
from idsync.stores.protocol import Facts
from idsync.targets.protocol import DirectoryReader

_LAST_APPLY = "last_apply/{}"
"""The key of a fact about a target, by its name."""


def last_apply(facts: Facts, target: DirectoryReader) -> LastApply | None:
    """What the last apply to a target was made from; raises StoreError."""
    known = facts.get(_LAST_APPLY.format(target.name))
    if known is None:
        return None
    try:
        return msgspec.json.decode(known, type=LastApply)
    except msgspec.DecodeError as error:
        raise StoreError(
            "What the store says of the last apply cannot be read.",
            why=f"{error}.",
            fix="Restore the store from a backup: without it, no reading can be told from a bad one.",
        ) from error


def last_apply_key(target: DirectoryReader) -> str:
    """The key of the fact that says it: another value is another apply of everything."""
    return _LAST_APPLY.format(target.name)


def to_remember(last: LastApply, target: DirectoryReader) -> Mapping[str, bytes]:
    """The facts that an apply keeps."""
    return {_LAST_APPLY.format(target.name): canonical_bytes(last)}
