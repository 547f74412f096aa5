"""The lists that a target and the directory agree on, as they are read: by few or by many."""

from collections.abc import Collection, Mapping
from typing import Protocol

from idsync.model.resources import AccessList


class AgreedLists(Protocol):
    """The lists of one target in its agreed state, which says who is in them."""

    def names(self) -> frozenset[str]:
        """The lists that are agreed on."""

    def count(self) -> int:
        """How many memberships are agreed on; nobody is read for it."""

    def bodies(self, lists: Collection[str]) -> Mapping[str, AccessList]:
        """Those of these lists that are agreed on, without members."""

    def members(self, lists: Collection[str], people: Collection[str] | None = None) -> Mapping[str, frozenset[str]]:
        """Who of these people, or of everybody, is in each of these lists; those not agreed on are left out."""
