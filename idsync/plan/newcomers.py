"""The delta of people who had nothing: all they get, without comparing. A first import is nothing but newcomers."""

from collections.abc import Collection, Mapping

from idsync.model.directory import Reason
from idsync.plan.accesses import Accesses, Origins
from idsync.plan.changes import Access, AccessListChange, Change, LockChange, UserChange
from idsync.plan.effective import OWN, Key, Lists, granted

Own = dict[Key, Access]
Share = tuple[Access, tuple[tuple[Key, Access], ...]]
"""What joining a list gives: the list itself, and what it grants."""


def plain_newcomers(changes: Collection[Change], renamed: Collection[str]) -> list[str]:
    """Names of created users who only gain access: not `renamed`, locked or unlocked.

    A brief plan counts them instead of listing what they gain.
    """
    locks = (change.after or change.before for change in changes if isinstance(change, LockChange))
    special = {lock.spec.target.user for lock in locks if lock}.union(renamed)
    created = [change.after for change in changes if isinstance(change, UserChange) and change.before is None]
    names = [user.metadata.name for user in created if user is not None and user.spec.roles]
    return sorted(name for name in names if name not in special) if special else sorted(names)


class Newcomers:
    """Works out once what each list and each combination of roles gives, then adds up."""

    def __init__(
        self, lists: Mapping[str, AccessListChange], after: Lists, accesses: Accesses, origins: Origins
    ) -> None:
        self._accesses = accesses
        self._after = after
        self._origins = origins
        self._own: dict[tuple[int, int, tuple[str, ...], Reason], Own] = {}
        self._lists = lists
        self._shares: dict[str, Share | None] = {}

    def everything(self, person: str, change: UserChange, joined: list[str]) -> tuple[Access, ...] | None:
        """All that a new user gets; None when a list wants more than a new membership, and must be looked into."""
        if any(True for _ in self._after.owned_by(person, ())):
            return None
        gained = self._own_access(person, change).copy()
        lists = []
        shares = self._shares
        for name in joined:
            share = shares[name] if name in shares else self._share(name)
            if share is None:
                return None
            lists.append(share[0])
            for key, access in share[1]:
                known = gained.get(key)
                gained[key] = access if known is None else self._accesses.merged(known, access)
        return (*gained.values(), *lists)

    def _own_access(self, person: str, change: UserChange) -> Own:
        """What the user's own roles give, by key; one for all who have the same from the compiler."""
        roles = change.after.spec.roles if change.after else ()
        earlier = self._origins.earlier
        before = None if earlier is None else earlier.given.get(person)
        given = (id(self._origins.given.get(person)), id(before), roles, change.reason)
        known = self._own.get(given)
        if known is None:
            keys = self._after.reaching(tuple(("role", role) for role in roles))
            known = {key: self._accesses.of(person, key, OWN, self._after, gained=True) for key in keys}
            self._own[given] = known
        return known

    def _share(self, name: str) -> Share | None:
        """What a list gives to a new member; None when a new membership is not all it takes."""
        change = self._lists[name]
        plain = change.after is not None and not change.carried and self._after.is_plain(name)
        share = self._shares[name] = self._worked_out(name, change) if plain else None
        return share

    def _worked_out(self, name: str, change: AccessListChange) -> Share:
        def access(key: Key) -> Access:
            return self._accesses.of("", key, (name,), self._after, gained=True)

        keys = self._after.reaching(granted(change.after.spec.grants)) if change.after else ()
        return access(("access_list", name)), tuple((key, access(key)) for key in keys)
