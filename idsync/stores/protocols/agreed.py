"""What was agreed on, of which drift and merges tell."""

from collections.abc import Collection, Iterable, Mapping
from typing import Protocol

import msgspec

from idsync.model.addresses import Address
from idsync.model.agreed_lists import AgreedLists
from idsync.model.agreed_past import AgreedPast
from idsync.model.canonical import Body
from idsync.model.directory import DirectoryState, Names
from idsync.model.plain_resources import Plain
from idsync.model.resources import AccessList, Lock, Membership, User

__all__ = ["AgreedLists", "AgreedState", "Difference", "Found"]


class Difference(msgspec.Struct, frozen=True, gc=False):
    """That an object is not what was agreed on: the fingerprint of that, None for absence, and the journal's entry that
    made the difference, where one did.

    The body of a membership is that of its details, without its two ends.
    """

    agreed: str | None
    entry: int | None = None


Found = User | Lock | AccessList | Plain | Membership
"""What is at an address; of a membership its details."""


class AgreedState(Protocol):
    """The objects of one target as they were when it last was as desired: what drift and merges compare with.

    Of the local directory, whose objects are in this store, only differences are kept.
    """

    def differing(self, within: Names | None = None) -> Mapping[Address, Difference]:
        """The objects that are known not to be as agreed: all, or those of these users and lists, and every lock."""

    def differ(self, differences: Mapping[Address, Difference], bodies: Iterable[Body] = ()) -> None:
        """These objects are not as agreed any more: a person's hand changed them. `bodies` are those that are named."""

    def settle(self, addresses: Iterable[Address]) -> None:
        """What is at these addresses now, or is not, is agreed on."""

    def keep(self, found: Mapping[Address, Found | None]) -> None:
        """What is at these addresses now, and is agreed on; with a list that is gone, its memberships are."""

    def base(self, names: Names) -> DirectoryState:
        """The users and lists of these names as they were agreed on, with their members, and without locks."""

    def past(self, people: Collection[str] | None = None, names: Collection[str] = ()) -> AgreedPast:
        """What was: all, or what is about these people, by Okta id, or about these names."""

    def remember(self, past: AgreedPast) -> None:
        """Keep what was, in place of what was known of the same people, names and memberships."""

    def forget(self, past: AgreedPast, access_lists: Iterable[str] = ()) -> None:
        """Forget it again, and all that ended in `access_lists`, which are gone."""
