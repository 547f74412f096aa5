"""The access delta: for each person whom a plan touches, effective access before and after, compared."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import datetime
from functools import cached_property
from typing import Literal, assert_never, cast

import msgspec

from idsync.model.addresses import Address, access_list_address, split_address, user_address
from idsync.model.directory import Cause, GivenRoles, Reason, Why
from idsync.model.resources import NEW_MEMBERSHIP, AccessList, Membership, Metadata, User, UserSpec
from idsync.model.resources import user as user_resource
from idsync.plan.changes import Access, AccessListChange, Change, LockChange, PersonDelta, UserChange
from idsync.plan.effective import OWN, Key, Lists, Parents, Routes, effective_routes, granted

EDITED = frozenset({Reason.ROLE_MAPPING_CHANGED, Reason.FILTER_CHANGED, Reason.GRANTS_CHANGED, Reason.DRIFT})
"""Reasons that lie in the configuration or in somebody's hand, and not upstream."""
NO_ROLES = GivenRoles()
NOBODY = user_resource(Metadata(""), UserSpec())
Memberships = Mapping[str, Membership]
NONE: Memberships = {}
Share = tuple[tuple[Access, ...], tuple[Key, ...]]
"""What one route gives, and the keys of it that another route could give too."""


class Around(msgspec.Struct, frozen=True):
    """The current state around the people whom a plan touches.

    `users` holds them and `memberships` theirs, by person and list; `access_lists` every list named there; `parents`
    the nesting of those lists. Without `users_known` the target's users were not read, and everyone counts as existing.
    """

    users: Mapping[str, User]
    access_lists: Mapping[str, AccessList]
    memberships: Mapping[str, Memberships]
    parents: Parents = {}
    users_known: bool = True


class Origins(msgspec.Struct, frozen=True):
    """Where access comes from: each user's roles and each list with their causes, and whether the config changed."""

    given: Mapping[str, GivenRoles]
    why: Mapping[Address, Why]
    config_changed: bool
    renamed: Mapping[str, str]


def touched_people(changes: Iterable[Change], members: Mapping[str, Iterable[str]]) -> frozenset[str]:
    """Everyone whose access a plan may change; `members` are those of lists before, needed where grants change."""
    people: set[str] = set()
    for change in changes:
        match change:
            case UserChange():
                people.add(split_address(change.address)[1])
            case LockChange():
                people.add(_locked_user(change))
            case AccessListChange():
                people.update(change.members_added, change.members_removed)
                if change.before != change.after and change.action == "update":
                    people.update(members.get(split_address(change.address)[1], ()))
            case _:
                assert_never(change)
    return frozenset(people - {""})


def access_delta(
    changes: Iterable[Change], people: frozenset[str], around: Around, origins: Origins, now: datetime
) -> tuple[PersonDelta, ...]:
    """What each of `people` gains, loses and keeps another way, by name; people without a difference are left out."""
    comparison = _Comparison(tuple(changes), around, origins, now)
    deltas = (comparison.of(person) for person in sorted(people))
    return tuple(delta for delta in deltas if delta is not None)


def _locked_user(change: LockChange) -> str:
    lock = change.after or change.before
    return (lock.spec.target.user if lock else None) or ""


class _Comparison:
    """Before and after, made ready to be asked about one person after another."""

    def __init__(self, changes: tuple[Change, ...], around: Around, origins: Origins, now: datetime) -> None:
        self._around = around
        self._origins = origins
        self._now = now
        self._users = {split_address(item.address)[1]: item for item in changes if isinstance(item, UserChange)}
        self._lists = {split_address(item.address)[1]: item for item in changes if isinstance(item, AccessListChange)}
        self._locks = {_locked_user(item): item for item in changes if isinstance(item, LockChange)}
        self._old_names = frozenset(origins.renamed.values())
        after = dict(around.access_lists)
        for name, change in self._lists.items():
            if change.after is None:
                after.pop(name, None)
            else:
                after[name] = change.after
        self._before_lists = Lists(around.access_lists, around.parents)
        self._after_lists = Lists(after, around.parents)
        self._joined: dict[str, list[str]] = defaultdict(list)
        self._left: dict[str, set[str]] = defaultdict(set)
        for name, change in sorted(self._lists.items()):
            for person in change.members_added:
                self._joined[person].append(name)
            for person in change.members_removed:
                self._left[person].add(name)
        self._cache: dict[tuple[object, ...], Access] = {}
        self._own_shares: dict[tuple[int, tuple[str, ...], Reason], Share] = {}

    def of(self, person: str) -> PersonDelta | None:
        """One person's delta, or None when nothing differs."""
        locked, unlocked = self._lock_reasons(person)
        if person in self._old_names and person not in self._origins.renamed:
            return PersonDelta(person, (), (), locked=locked, unlocked=unlocked) if locked or unlocked else None
        old_name = self._origins.renamed.get(person)
        before = self._before(old_name or person)
        if not before and (everything := self._everything(person)):
            return PersonDelta(person, everything, (), (), old_name, locked, unlocked)
        after = self._after(person)
        gains = tuple(self._access(person, key, after[key], gained=True) for key in after if key not in before)
        loses = tuple(self._access(person, key, before[key], gained=False) for key in before if key not in after)
        moved = tuple(
            self._access(person, key, after[key], gained=True)
            for key in after
            if key in before and before[key] != after[key]
        )
        if not (gains or loses or moved or locked or unlocked or old_name):
            return None
        return PersonDelta(person, gains, loses, moved, old_name, locked, unlocked)

    def _lock_reasons(self, person: str) -> tuple[Reason | None, Reason | None]:
        change = self._locks.get(person)
        if change is None:
            return None, None
        if change.action == "delete":
            return None, change.reason
        return (change.reason if change.action == "create" else None), None

    def _before(self, person: str) -> Routes:
        user = self._around.users.get(person)
        if user is None and self._around.users_known:
            return {}
        memberships = self._around.memberships.get(person, NONE)
        return effective_routes(user or NOBODY, memberships, self._before_lists, self._now)

    def _after(self, person: str) -> Routes:
        change = self._users.get(person)
        user = change.after if change is not None else self._around.users.get(person)
        if user is None and self._around.users_known:
            return {}
        memberships = self._around.memberships.get(person, NONE)
        joined, left = self._joined.get(person), self._left.get(person)
        if left:
            memberships = {name: entry for name, entry in memberships.items() if name not in left}
        if joined:
            memberships = {**memberships, **{name: self._joined_as(person, name) for name in joined}}
        return effective_routes(user or NOBODY, memberships, self._after_lists, self._now)

    def _everything(self, person: str) -> tuple[Access, ...]:
        """All that a newcomer gets, when no two routes give the same; else nothing, and the long way is taken.

        A first import is nothing but newcomers: this is what makes it quick.
        """
        change = self._users.get(person)
        if change is None or change.after is None or person in self._around.memberships:
            return ()
        own = self._own_access(person, change)
        gained, keys = [*own[0]], [*own[1]]
        plain = self._plain_lists
        for name in self._joined.get(person, ()):
            given = plain.get(name)
            if given is None:
                return ()
            gained += given[0]
            keys += given[1]
        return tuple(gained) if len(set(keys)) == len(keys) else ()

    def _own_access(self, person: str, change: UserChange) -> Share:
        """What a new user's own roles give; worked out once for all who have the same from the compiler."""
        roles = change.after.spec.roles if change.after else ()
        given = (id(self._origins.given.get(person)), roles, change.reason)
        known = self._own_shares.get(given)
        if known is None:
            keys: tuple[Key, ...] = tuple(("role", role) for role in roles)
            known = tuple(self._access(person, key, OWN, gained=True) for key in keys), keys
            self._own_shares[given] = known
        return known

    @cached_property
    def _plain_lists(self) -> dict[str, Share]:
        """What joining a list gives, and the keys of what it grants, where a new membership is all it takes."""
        plain = {}
        for name, change in self._lists.items():
            if change.after is not None and not change.carried and self._after_lists.is_plain(name):
                keys = self._after_lists.gives(name)
                given = tuple(self._make_access(key, (name,), (), None, gained=True) for key in keys)
                plain[name] = given, granted(change.after.spec.grants)
        return plain

    def _joined_as(self, person: str, name: str) -> Membership:
        carried = self._lists[name].carried
        return carried.get(person, NEW_MEMBERSHIP) if carried else NEW_MEMBERSHIP

    def _access(self, person: str, key: Key, via: tuple[str, ...], *, gained: bool) -> Access:
        own = self._own_causes(person, key[1], gained=gained) if "user" in via else ()
        reason = self._own_reason(person) if "user" in via else None
        cache_key = (key, via, own, reason, gained)
        known = self._cache.get(cache_key)
        if known is None:
            known = self._cache[cache_key] = self._make_access(key, via, own, reason, gained=gained)
        return known

    def _make_access(
        self, key: Key, via: tuple[str, ...], own: tuple[Cause, ...], reason: Reason | None, *, gained: bool
    ) -> Access:
        causes = list(own)
        reasons = [reason]
        itself = key[0] == "access_list" and via == (key[1],)
        for name in via if via != OWN else ():
            change = self._lists.get(name)
            why = self._origins.why.get(access_list_address(name))
            causes.extend(why.causes if why else change.causes if change else ())
            reasons.append(change.reason if change else None)
        lists = self._after_lists if gained else self._before_lists
        title = lists.access_lists[key[1]].spec.title if key[0] == "access_list" else ""
        kind = cast(Literal["role", "access_list", "trait"], key[0])
        origin: Literal["direct", "consequential"] = "direct" if any(map(self._is_edit, reasons)) else "consequential"
        if itself:  # a list that one is a member of is its own route, and its change has the causes
            return Access(kind, key[1], title, (), origin)
        return Access(kind, key[1], title, via, origin, tuple(dict.fromkeys(causes)))

    def _is_edit(self, reason: Reason | None) -> bool:
        return reason in EDITED or (reason is Reason.IMPORTED and self._origins.config_changed)

    def _own_causes(self, person: str, role: str, *, gained: bool) -> tuple[Cause, ...]:
        if gained and (causes := self._origins.given.get(person, NO_ROLES).causes_of(role)):
            return causes
        change = self._users.get(person)
        why = self._origins.why.get(user_address(person))
        return change.causes if change else why.causes if why else ()

    def _own_reason(self, person: str) -> Reason | None:
        change = self._users.get(person)
        return change.reason if change else None
