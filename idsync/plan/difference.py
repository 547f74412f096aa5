"""The one keyed comparison: what is only before, only after, or in both and not equal."""

from collections.abc import Mapping
from typing import Generic, TypeVar

import msgspec

Key = TypeVar("Key")
Value = TypeVar("Value")


class Difference(msgspec.Struct, Generic[Key], frozen=True):
    """Keys by what became of them."""

    created: frozenset[Key]
    deleted: frozenset[Key]
    changed: frozenset[Key]


def difference(before: Mapping[Key, Value], after: Mapping[Key, Value]) -> Difference[Key]:
    """Compare two keyed collections; identity is tried before equality, since most values are the same object."""
    changed = (
        key for key in before.keys() & after.keys() if before[key] is not after[key] and before[key] != after[key]
    )
    return Difference(
        created=frozenset(after.keys() - before.keys()),
        deleted=frozenset(before.keys() - after.keys()),
        changed=frozenset(changed),
    )
