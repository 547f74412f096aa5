"""What a plan says of one thing that a person gains, loses or keeps: by which routes, from which causes, whose edit."""

from collections.abc import Mapping
from typing import Literal, cast

import msgspec

from idsync.model.directory import Cause, GivenRoles, Reason
from idsync.plan.changes import Access, AccessListChange, UserChange
from idsync.plan.effective import OWN, Key, Lists

EDITED = frozenset({Reason.ROLE_MAPPING_CHANGED, Reason.FILTER_CHANGED, Reason.GRANTS_CHANGED})
"""Reasons that lie in the configuration, and not upstream."""
NO_ROLES = GivenRoles()


class Origins(msgspec.Struct, frozen=True):
    """Where access comes from: each user's roles with their causes, renames, and whether the config changed."""

    given: Mapping[str, GivenRoles]
    config_changed: bool
    renamed: Mapping[str, str]


class Accesses:
    """Makes `Access` values, and shares one object among people who have the same."""

    def __init__(
        self, users: Mapping[str, UserChange], lists: Mapping[str, AccessListChange], origins: Origins
    ) -> None:
        self._users = users
        self._lists = lists
        self._origins = origins
        self._made: dict[tuple[object, ...], Access] = {}
        self._merged: dict[tuple[int, int], Access] = {}

    def of(self, person: str, key: Key, via: tuple[str, ...], titles: Lists, *, gained: bool) -> Access:
        """One thing that `person` gains or loses by these routes; `titles` are the lists as they are on that side."""
        change = self._users.get(person) if via[0] in OWN else None
        own = self._own_causes(person, key[1], change) if change else ()
        reason = change.reason if change else None
        made_of = (key, via, own, reason, gained)
        known = self._made.get(made_of)
        if known is None:
            known = self._made[made_of] = self._make(key, via, own, reason, titles)
        return known

    def merged(self, first: Access, second: Access) -> Access:
        """The same thing by the routes of both."""
        both = (id(first), id(second))  # both stay alive in here, so that their ids stay theirs
        known = self._merged.get(both)
        if known is None:
            origin = first.origin if first.origin == "direct" else second.origin
            known = Access(first.kind, first.name, first.title, (*first.via, *second.via), origin, first.causes)
            self._merged[both] = known
        return known

    def _own_causes(self, person: str, role: str, change: UserChange) -> tuple[Cause, ...]:
        """Only of whom the plan changes: the compiler may not have looked at anyone else."""
        return self._origins.given.get(person, NO_ROLES).causes_of(role) or change.causes

    def _make(
        self, key: Key, via: tuple[str, ...], own: tuple[Cause, ...], reason: Reason | None, titles: Lists
    ) -> Access:
        changes = [self._lists.get(name) for name in via]
        reasons = [reason, *(change.reason for change in changes if change)]
        kind, name = cast(Literal["role", "access_list", "trait"], key[0]), key[1]
        origin: Literal["direct", "consequential"] = "direct" if any(map(self._is_edit, reasons)) else "consequential"
        if kind != "access_list":
            return Access(kind, name, "", via, origin, own)
        return Access(kind, name, titles.access_lists[name].spec.title, () if via == (name,) else via, origin, own)

    def _is_edit(self, reason: Reason | None) -> bool:
        return reason in EDITED or (reason is Reason.IMPORTED and self._origins.config_changed)
