"""What is known of upstream, and small values by key."""

from collections.abc import Collection, Mapping
from typing import Protocol

from idsync.model.extent import Extent, Reading
from idsync.model.identity import Snapshot


class Facts(Protocol):
    """Small values by key, such as the counts of the last good snapshot; also what can be made again (the cache)."""

    def get(self, key: str) -> bytes | None:
        """The value, or None."""

    def put(self, values: Mapping[str, bytes]) -> None:
        """Set several at once."""

    def delete(self, key: str) -> None:
        """Forget one; a missing one is not an error."""

    def between(self, first: str, end: str) -> Mapping[str, bytes]:
        """The values of all keys from `first` on and before `end`, in the order of their characters, by key."""

    def delete_between(self, first: str, end: str) -> None:
        """Forget those from `first` on and before `end`; costs what is forgotten."""


class Upstream(Protocol):
    """Upstream facts: the last known reading, as full passes, ticks and pushes left it.

    Nothing here reads everybody, but what says so. A person is known by Okta id. Groups and apps are lists here; only
    an app's direct assignments are its members.
    """

    def differing(self, reading: Reading) -> Extent:
        """The people and lists that are not known as this reading has them: what taking it would write."""

    def take(self, reading: Reading) -> Extent:
        """Store a reading; what is absent inside its extent is gone, but for what the reading left as it is.

        Returns the people of whom anything changed, memberships included, and the lists that came, went or are called
        something else.
        """

    def move(self, name: str, joined: Collection[str], left: Collection[str]) -> Extent:
        """Add people to a group or app, and take others out; the list itself is not read. Whose membership changed."""

    def groups_named(self, name: str) -> list[str]:
        """The groups of exactly this name, by id."""

    def is_known(self) -> bool:
        """Whether anything was stored yet."""

    def whole(self) -> Snapshot | None:
        """Everything that is known, in one snapshot; None before the first whole reading."""

    def people(self) -> frozenset[str]:
        """Everybody who has the app, by Okta id."""

    def lists(self) -> Mapping[str, str]:
        """The kind of every list that is known, `group` or `app`, by its id."""

    def part(self, users: Collection[str], lists: Collection[str]) -> Snapshot:
        """These people, every list that any of them is in, and these lists besides; as members these people alone.

        The built-in group Everyone is always among them. What of all this could not be read when it was last asked for
        stands in `left_as_is`, and is as it was before. Groups have the time at which their members last changed, as it
        was when they were read.
        """

    def without_lists(self, users: Collection[str]) -> Snapshot:
        """These people as `part` has them, without any group or app."""

    def usernames(self, users: Collection[str]) -> frozenset[str]:
        """The user names of these people, as far as they are known."""

    def named(self, twin_keys: Collection[str]) -> frozenset[str]:
        """The people whose user name has one of these twin keys."""

    def members(self, lists: Collection[str]) -> frozenset[str]:
        """Everybody in any of these lists, people without the app included."""

    def linked(self, lists: Collection[str]) -> frozenset[str]:
        """The apps that any of these groups conveys, and the groups that convey any of these apps."""

    def has_others(self, name: str, users: Collection[str], statuses: Collection[str]) -> bool:
        """Whether a list has a member apart from `users` who has the app and one of these Okta statuses.

        Of Everyone, whose members are not stored, that is taken for granted.
        """
