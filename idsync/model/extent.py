"""Extents: the people, groups and apps that a reading or a plan covers, by Okta id.

What is absent inside an extent is gone; what lies outside was not looked at. None stands for all there are.
"""

from collections.abc import Collection, Sequence
from typing import Self

import msgspec

from idsync.errors import IdsyncError
from idsync.model.identity import Snapshot
from idsync.model.measures import ListKind


class Extent(msgspec.Struct, frozen=True):
    """People, and groups and apps with all their members."""

    users: frozenset[str] | None = None
    lists: frozenset[str] | None = None

    @property
    def is_whole(self) -> bool:
        """Whether it covers everything."""
        return self.users is None and self.lists is None

    def __or__(self, other: Self) -> "Extent":
        return Extent(_both(self.users, other.users), _both(self.lists, other.lists))

    def __and__(self, other: Self) -> "Extent":
        return Extent(_within(self.users, other.users), _within(self.lists, other.lists))


EVERYTHING = Extent()


class Reading(msgspec.Struct, frozen=True):
    """One look at a source: what it says inside its extent.

    `others` are groups and apps that exist and were not asked for, by id. `confirmed` are groups and apps that were
    asked about once more by themselves, and are empty or gone. `cursor` is the place in the source's log from which the
    next reading can go on. `unread` is why some of what was asked for is not in the extent: the source failed to
    say anything of it.
    """

    snapshot: Snapshot
    extent: Extent = EVERYTHING
    others: dict[str, ListKind] = {}
    confirmed: frozenset[str] = frozenset()
    ahead: int | None = None
    """By how many seconds the source's clock is ahead of this machine's; None where the source has no clock."""
    cursor: str | None = None
    unread: IdsyncError | None = None

    @property
    def stamps(self) -> dict[str, str]:
        """When Okta last saw somebody join or leave a group, by its id, where it said so."""
        groups = self.snapshot.groups
        return {group.id: group.last_membership_updated for group in groups if group.last_membership_updated}


def cut(snapshot: Snapshot, extent: Extent) -> Snapshot:
    """The part of a snapshot that lies inside an extent; groups and apps keep all their members."""
    users, lists = extent.users, extent.lists
    return msgspec.structs.replace(
        snapshot,
        users=[user for user in snapshot.users if users is None or user.id in users],
        groups=[group for group in snapshot.groups if lists is None or group.id in lists],
        apps=[app for app in snapshot.apps if lists is None or app.id in lists],
        unassigned={user: status for user, status in snapshot.unassigned.items() if users is None or user in users},
    )


def cut_to(reading: Reading, people: Collection[str]) -> Reading:
    """A reading of people, as one of these alone: it says nothing of the others."""
    within = Extent((reading.extent.users or frozenset()).intersection(people), frozenset())
    others = (reading.extent.users or frozenset()).difference(people)
    snapshot = cut(reading.snapshot, within)
    left = [row for row in snapshot.left_as_is if row.id not in others]
    return msgspec.structs.replace(reading, snapshot=msgspec.structs.replace(snapshot, left_as_is=left), extent=within)


def joined(readings: Sequence[Reading]) -> Reading:
    """Readings of people, each of others, as one."""
    first, snapshots = readings[0], [reading.snapshot for reading in readings]
    snapshot = msgspec.structs.replace(
        first.snapshot,
        users=sorted((user for each in snapshots for user in each.users), key=lambda user: user.id),
        unassigned={user: status for each in snapshots for user, status in each.unassigned.items()},
        left_as_is=[row for each in snapshots for row in each.left_as_is],
    )
    people = frozenset(user for reading in readings for user in reading.extent.users or ())
    return msgspec.structs.replace(first, snapshot=snapshot, extent=Extent(people, frozenset()))


def _both(one: frozenset[str] | None, other: frozenset[str] | None) -> frozenset[str] | None:
    return None if one is None or other is None else one | other


def _within(one: frozenset[str] | None, other: frozenset[str] | None) -> frozenset[str] | None:
    if one is None or other is None:
        return other if one is None else one
    return one & other
