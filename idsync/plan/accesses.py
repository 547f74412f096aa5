"""What a plan says of one thing that a person gains, loses or keeps: by which routes, from which causes, whose edit."""

from collections.abc import Mapping
from typing import Literal, cast

import msgspec

from idsync.model.addresses import plain_address
from idsync.model.directory import OF_A_SETTING, OF_AN_EDIT, Cause, ConfigCause, GivenRoles, Reason
from idsync.model.earlier import Earlier, as_applied_before
from idsync.plan.changes import Access, UserChange, passes_on
from idsync.plan.effective import OWN, Key, Lists, granted
from idsync.plan.touched import Touched

EDITED = OF_AN_EDIT - {Reason.TITLE_CHANGED}
"""Reasons that lie in the configuration, and not upstream, and give or take something."""
NO_ROLES = GivenRoles()


class Origins(msgspec.Struct, frozen=True):
    """Where access comes from: each user's roles with their causes, renames, and whether the config changed.

    With the configuration `earlier`, an edit is told by what it makes different; else by the reasons of changes.
    """

    given: Mapping[str, GivenRoles]
    config_changed: bool
    renamed: Mapping[str, str]
    earlier: Earlier | None = None


class Accesses:
    """Makes `Access` values, and shares one object among people who have the same."""

    def __init__(self, touched: Touched, origins: Origins) -> None:
        self._users = touched.users
        self._lists = touched.lists
        self._plain = touched.plain
        self._origins = origins
        self._new_names = {old: new for new, old in origins.renamed.items()}
        self._made: dict[tuple[object, ...], Access] = {}
        self._merged: dict[tuple[int, int], Access] = {}

    def of(self, person: str, key: Key, via: tuple[str, ...], titles: Lists, *, gained: bool) -> Access:
        """One thing that `person` gains or loses by these routes; `titles` are the lists as they are on that side."""
        user = self._users.get(person)
        change = user if via[0] in OWN else None
        labelled = self._labelled(key, via) if key[0] == "app" and user is None else ()
        own = self._own_causes(person, key[1], change, gained=gained) if change else labelled
        reason = change.reason if change else None
        earlier = self._origins.earlier
        edit = (
            None if earlier is None else self._is_made_by_edit(earlier, person, key, via, reason, titles, gained=gained)
        )
        if labelled or (user is not None and user.reason in OF_A_SETTING):
            edit = True
        elif user is not None and not gained and passes_on(user):
            edit = False
        made_of = (key, via, own, reason, gained, edit)
        known = self._made.get(made_of)
        if known is None:
            known = self._made[made_of] = self._make(key, via, own, reason, titles, edit)
        return known

    def _labelled(self, key: Key, via: tuple[str, ...]) -> tuple[Cause, ...]:
        """The causes of the labels that an edit gives an app, by which alone it comes or goes: what gives it stays."""
        change = self._plain.get(plain_address("app", key[1]))
        if change is None or change.reason not in EDITED or any(route in self._lists for route in via):
            return ()
        rules = tuple(cause for cause in change.causes if isinstance(cause, ConfigCause))
        return rules or change.causes

    def merged(self, first: Access, second: Access) -> Access:
        """The same thing by the routes of both."""
        both = (id(first), id(second))  # both stay alive in here, so that their ids stay theirs
        known = self._merged.get(both)
        if known is None:
            origin = first.origin if first.origin == "direct" else second.origin
            known = Access(first.kind, first.name, first.title, (*first.via, *second.via), origin, first.causes)
            self._merged[both] = known
        return known

    def _own_causes(self, person: str, role: str, change: UserChange, *, gained: bool) -> tuple[Cause, ...]:
        """Only of whom the plan changes: the compiler may not have looked at anyone else.

        What is lost with a rule has that rule as its cause, as it was applied before. Which rules gave something to
        somebody whose name is another person's now, nobody knows any more.
        """
        if not gained and passes_on(change):
            return change.causes
        found = self._origins.given.get(person, NO_ROLES).causes_of(role)
        if not found and not gained and self._origins.earlier is not None:
            found = as_applied_before(self._given_before(self._origins.earlier, person).causes_of(role))
        return found or change.causes

    def _given_before(self, earlier: Earlier, person: str) -> GivenRoles:
        """What the rules before give somebody who is in the reading, where the old name of one renamed is not."""
        return earlier.given.get(self._new_names.get(person, person), NO_ROLES)

    def _is_made_by_edit(
        self,
        earlier: Earlier,
        person: str,
        key: Key,
        via: tuple[str, ...],
        reason: Reason | None,
        titles: Lists,
        *,
        gained: bool,
    ) -> bool:
        """Whether the configuration makes the difference: with the one before, the same reading would not make it."""
        had = [self._would_have(earlier, person, key, route, titles) for route in via]
        if gained:
            return not any(had)
        return any(had) or (not earlier.whole and any(map(self._is_edit, self._reasons(via, reason))))

    def _would_have(self, earlier: Earlier, person: str, key: Key, route: str, titles: Lists) -> bool:
        if (route,) == OWN:
            names = self._given_before(earlier, person).names
            return key[1] in names if key[0] != "app" else any(key in titles.reach.apps_of(name) for name in names)
        change = self._lists.get(route)
        if change is None:
            return True  # it stays as it is, and so does what it grants
        if person in change.members_removed and person not in change.members_added and change.action != "delete":
            return False
        if route not in earlier.grants:
            return change.action != "delete" or change.reason is Reason.FILTER_CHANGED
        grants = earlier.grants[route]
        return grants is not None and (key[0] == "access_list" or key in titles.reaching(granted(grants)))

    def _reasons(self, via: tuple[str, ...], reason: Reason | None) -> list[Reason | None]:
        changes = [self._lists.get(name) for name in via]
        return [reason, *(change.reason for change in changes if change)]

    def _make(
        self,
        key: Key,
        via: tuple[str, ...],
        own: tuple[Cause, ...],
        reason: Reason | None,
        titles: Lists,
        edit: bool | None,
    ) -> Access:
        if edit is None:
            edit = any(map(self._is_edit, self._reasons(via, reason)))
        kind, name = cast(Literal["role", "access_list", "trait", "app"], key[0]), key[1]
        origin: Literal["direct", "consequential"] = "direct" if edit else "consequential"
        if kind == "app":
            return Access(kind, name, titles.reach.title(name), via, origin, own)
        if kind != "access_list":
            return Access(kind, name, "", via, origin, own)
        return Access(kind, name, titles.access_lists[name].spec.title, () if via == (name,) else via, origin, own)

    def _is_edit(self, reason: Reason | None) -> bool:
        return reason in EDITED or (reason is Reason.IMPORTED and self._origins.config_changed)
