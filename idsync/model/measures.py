"""What of a whole reading the next one is compared with: how many people, in which groups and apps, with what values.

They are kept of the last reading that was applied whole. They tell a bad reading from a change; nothing else is
decided by them.
"""

from typing import Literal

import msgspec

ListKind = Literal["group", "app", ""]

CROWD = 10
"""So many people do not leave one group or app between two readings without a word from the source itself."""


class ListMeasure(msgspec.Struct, frozen=True, gc=False, array_like=True):
    """A group or app as it was read: its name, its type (of an app, its status), and how many people were in it.

    `name` and `type` are empty where only the directory's list is known.
    """

    kind: ListKind
    name: str
    type: str
    people: int


class Measures(msgspec.Struct, frozen=True, gc=False):
    """The measures of one whole reading of one organization and one app.

    `people` counts the pool. `lists` holds the groups and apps that were asked for, by id. `attributes` says for each
    profile attribute how many people of the pool have a value. `odd` are ids that could not be read then, either.
    `stamps` say when somebody last joined or left a group, by its id, where Okta said so. `unasked` has what this
    reading was not asked for, as the last reading knew it that was.
    """

    org_url: str = ""
    app_id: str = ""
    taken_at: str = ""
    people: int = 0
    lists: dict[str, ListMeasure] = {}
    attributes: dict[str, int] = {}
    odd: tuple[str, ...] | msgspec.UnsetType = msgspec.UNSET
    stamps: dict[str, str] | msgspec.UnsetType = msgspec.UNSET
    unasked: "Unasked | msgspec.UnsetType" = msgspec.UNSET

    @property
    def odd_ids(self) -> tuple[str, ...]:
        """The ids that could not be read; none where nothing is said of them."""
        return () if isinstance(self.odd, msgspec.UnsetType) else self.odd

    def stamp_of(self, group: str) -> str:
        """When somebody last joined or left a group; empty where nothing is known of it."""
        known = "" if isinstance(self.stamps, msgspec.UnsetType) else self.stamps.get(group, "")
        return known or self.not_asked.stamps.get(group, "")

    @property
    def not_asked(self) -> "Unasked":
        """What is known of what this reading was not asked for."""
        return Unasked() if isinstance(self.unasked, msgspec.UnsetType) else self.unasked

    @property
    def known_lists(self) -> dict[str, ListMeasure]:
        """Every group and app that is known of this reading or of an earlier one."""
        return self.not_asked.lists | self.lists


class Unasked(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    """Measures of earlier readings that later ones were not asked for: a switch was off, or a filter took less.

    `since` is when the earliest of the readings was taken that `lists` and `stamps` are of. `people` and `attributes`
    are those of the last reading of the app `app_id`: another one, or read last when people were managed.
    """

    since: str = ""
    lists: dict[str, ListMeasure] = {}
    stamps: dict[str, str] = {}
    app_id: str = ""
    people: int = 0
    attributes: dict[str, int] = {}


class OddRow(msgspec.Struct, frozen=True, gc=False):
    """A row that cannot be read: of a person whom the directory has, or of a group or app. It may have no id."""

    kind: Literal["user", "group", "app"]
    id: str


class Seen(msgspec.Struct, frozen=True):
    """The measures of the present reading, with what it says beyond them.

    `others` are the groups and apps that exist and are not asked for, by id: a group that was renamed out of a filter,
    or an app that was switched off, is not missing. Built-in groups and the SSO app have an empty kind. `confirmed` are
    ids that the source asked about once more by themselves, and found to be empty or gone. `odd` are the rows that
    cannot be read, and `left` are all groups and apps that are left as they are, for that or another reason.
    """

    measures: Measures
    complete: bool = True
    others: dict[str, ListKind] = {}
    confirmed: frozenset[str] = frozenset()
    odd: tuple[OddRow, ...] = ()
    left: frozenset[str] = frozenset()
