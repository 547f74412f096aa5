"""What SCIM pushed, and the tokens that may push."""

from collections.abc import Collection, Iterable, Mapping
from typing import Protocol

from idsync.model.pushed import PushedGroup, PushedUser, ScimToken


class Pushed(Protocol):
    """What SCIM pushed, each resource under its SCIM id. Names are found whatever their letter case.

    Every transaction that takes pushes has a number, which is greater than those of all before it.
    """

    def last_push(self) -> int:
        """The number of the last transaction that took pushes; 0 where none ever did."""

    def number(self) -> int:
        """The number of what is pushed in the transaction that is open: each time the same one."""

    def now(self) -> int:
        """This moment among the numbers: microseconds since 1970 by the store's clock, and no less than the last."""

    def user(self, scim_id: str) -> PushedUser | None:
        """The user of a SCIM id."""

    def user_named(self, username: str) -> PushedUser | None:
        """The user of a name."""

    def users_named(self, usernames: Collection[str]) -> list[PushedUser]:
        """The users of these names, the oldest first."""

    def users_with_external_id(self, external_id: str) -> list[PushedUser]:
        """The users with this `externalId`, the oldest first."""

    def users_of(self, okta_id: str) -> list[PushedUser]:
        """The users that stand for a person, the oldest first."""

    def stand_ins(self) -> list[PushedUser]:
        """The users for whom the SCIM id stands, since no Okta id is known, the oldest first."""

    def users(self, offset: int, count: int) -> list[PushedUser]:
        """So many users from this place on, the oldest first."""

    def users_after(self, push: int) -> list[PushedUser]:
        """The users that were pushed after the push of this number, the oldest first."""

    def count_users(self) -> int:
        """How many users there are, tombstones included."""

    def put_user(self, user: PushedUser) -> None:
        """Keep a user, in place of what there was under its SCIM id."""

    def put_users(self, users: Iterable[PushedUser]) -> None:
        """Keep several, those that are new in this order; needs a transaction."""

    def delete_user(self, scim_id: str) -> None:
        """Forget a user, and its places in groups."""

    def group(self, scim_id: str) -> PushedGroup | None:
        """The group of a SCIM id."""

    def groups_titled(self, title: str) -> list[PushedGroup]:
        """The groups of a title, the oldest first."""

    def own_groups(self) -> list[PushedGroup]:
        """The groups that stand for no group of Okta's: their lists go by their SCIM ids. The oldest first."""

    def people_not_pushed(self) -> frozenset[str]:
        """The people whom facts have and for whom no active user stands, by Okta id."""

    def lists_not_pushed(self) -> frozenset[str]:
        """The groups and apps that have members in the facts and for which no pushed group stands, by Okta id."""

    def groups(self, offset: int, count: int) -> list[PushedGroup]:
        """So many groups from this place on, the oldest first."""

    def groups_after(self, push: int) -> list[PushedGroup]:
        """The groups that were pushed after the push of this number, the oldest first."""

    def count_groups(self) -> int:
        """How many groups there are."""

    def put_group(self, group: PushedGroup) -> None:
        """Keep a group, in place of what there was under its SCIM id; its members stay."""

    def delete_group(self, scim_id: str) -> None:
        """Forget a group and its members."""

    def members(self, group: str) -> list[tuple[str, bytes | None]]:
        """SCIM id of every member of a group, tombstones included, and what was pushed of the membership, as JSON."""

    def count_members(self, group: str) -> int:
        """How many members a group has."""

    def groups_of(self, user: str) -> list[tuple[str, str, str]]:
        """SCIM id, title and list of every group that a user is in."""

    def okta_ids(self, users: Collection[str]) -> Mapping[str, str]:
        """Whom these SCIM ids stand for; unknown ones are left out."""

    def people_in(self, group: str, okta_ids: Collection[str]) -> frozenset[str]:
        """Those of these people, by Okta id, for whom a member of a group stands."""

    def add_members(self, group: str, users: Mapping[str, bytes | None]) -> None:
        """Put users into a group, by their SCIM ids, with what was pushed of each membership."""

    def remove_members(self, group: str, users: Collection[str]) -> None:
        """Take users out of a group, by their SCIM ids."""


class Tokens(Protocol):
    """The tokens that may push."""

    def put(self, token: ScimToken) -> None:
        """Keep a token, or what became of it."""

    def find(self, digest: bytes) -> ScimToken | None:
        """The token of this digest."""

    def all(self) -> list[ScimToken]:
        """Every token that was ever made, the oldest first."""
