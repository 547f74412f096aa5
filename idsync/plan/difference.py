"""The one keyed comparison: what is only before, only after, or in both and not equal."""

from collections.abc import Mapping
from typing import Generic, TypeVar

import msgspec

Key = TypeVar("Key")
Value = TypeVar("Value")


class Difference(msgspec.Struct, Generic[Key], frozen=True):
    """Keys by what became of them, in the order of the collections: each key stands once."""

    created: tuple[Key, ...]
    deleted: tuple[Key, ...]
    changed: tuple[Key, ...]

    @property
    def differing(self) -> tuple[Key, ...]:
        """Every key that differs."""
        return (*self.created, *self.deleted, *self.changed)


def difference(before: Mapping[Key, Value], after: Mapping[Key, Value]) -> Difference[Key]:
    """Compare two keyed collections; identity is tried before equality, since most values are the same object."""
    in_both = (key for key in before if key in after)
    return Difference(
        created=tuple(key for key in after if key not in before),
        deleted=tuple(key for key in before if key not in after),
        changed=tuple(key for key in in_both if before[key] is not after[key] and before[key] != after[key]),
    )
