"""Who gains access: people who were there before, and whose effective access gains a role or a grant.

It is the mirror of `losses.py`, for passes that nobody attends.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import datetime

from idsync.model.addresses import Address, access_list_address, split_address, user_address
from idsync.model.directory import Members
from idsync.model.nesting import above, people_below
from idsync.model.resources import AccessList, User
from idsync.plan.around import Around
from idsync.plan.changes import AccessListChange, Change, UserChange
from idsync.plan.effective import Key, granted
from idsync.plan.effective_states import EffectiveStates
from idsync.plan.losses import locked_after, routes_before
from idsync.plan.same_person import renames
from idsync.plan.touched import owners_concerned, touched_by

Gained = Mapping[Key, tuple[str, ...]]
"""Roles and grants that are gained, each with the routes by which it comes."""


def may_gain(changes: Iterable[Change], members: Mapping[str, Members]) -> frozenset[str]:
    """Everyone to whom changes give something that may give them access, a renamed person under both names."""
    people: set[str] = set()
    users: dict[str, UserChange] = {}
    for change in changes:
        name = split_address(change.address)[1]
        match change:
            case UserChange():
                users[name] = change
                if change.before is not None and gives_more(change):
                    people.add(name)
            case AccessListChange():
                people.update(change.members_added)
                people.update(owners_concerned(change, members))
                if change.before is not None and gives_more(change):
                    people.update(people_below([name], members))
            case _:
                continue
    renamed = renames(users)
    new = {name for name, change in users.items() if change.before is None} - {*renamed.values()}
    return frozenset(people - new).union(renamed, renamed.values())


class Gains:
    """What changes give to people who were there before, told once for all of them."""

    def __init__(self, changes: Collection[Change], around: Around, now: datetime) -> None:
        """`around` holds at least what is around all who `may_gain`."""
        candidates = may_gain(changes, around.members)
        self._around = around
        self._touched = touched_by(changes if candidates else (), around.members)
        self._states = EffectiveStates(self._touched, around, now)
        self._old_names = {new: old for old, new in renames(self._touched.users).items()}
        self._gained: dict[str, Gained] = {}
        for person in candidates:
            before = routes_before(person, self._states, self._touched, self._old_names)
            if self._was_there(person) and (gained := self._gained_by(person, before.keys())):
                self._gained[person] = gained
        locked = locked_after(changes, around, now) if self._gained else frozenset()
        self.people = frozenset(self._gained.keys() - locked)
        """Those who gain a role or a grant, and are not locked then."""

    def giving(self, people: Iterable[str]) -> frozenset[Address]:
        """The addresses of the changes by which these people gain what they gain."""
        return frozenset(address for person in people for address in self._giving(person))

    def _was_there(self, person: str) -> bool:
        names = (person, self._old_names.get(person, person))
        return not self._around.users_known or any(name in self._around.users for name in names)

    def _gained_by(self, person: str, had: Collection[Key]) -> Gained:
        after = self._states.after(person)
        before = self._around.users.get(self._old_names.get(person, person))
        own = frozenset(granted(before.spec)) if before is not None else frozenset()
        return {
            key: ways for key, ways in after.items() if key[0] != "access_list" and key not in had and key not in own
        }

    def _giving(self, person: str) -> Iterator[Address]:
        gained = self._gained.get(person, {})
        routes = {way for ways in gained.values() for way in ways}
        change = self._touched.users.get(person)
        if change is not None and (person in self._old_names or gives_more(change)):
            yield user_address(person)
        for name in self._touched.joined.get(person, ()):
            if not routes.isdisjoint(above(name, self._around.parents)):
                yield access_list_address(name)
        for name in routes & self._touched.lists.keys():
            item = self._touched.lists[name]
            if item.before is not None and gives_more(item):
                yield access_list_address(name)


def gives_more(change: UserChange | AccessListChange) -> bool:
    """Whether a user that stays has more of anything, or a list that stays gives more or asks for something else."""
    match change:
        case UserChange(before=User(spec=had), after=User(spec=has)):
            return not set(granted(has)) <= set(granted(had))
        case AccessListChange(before=AccessList(spec=gave), after=AccessList(spec=gives)):
            asks = gave.membership_requires != gives.membership_requires
            return asks or not set(granted(gives.grants)) <= set(granted(gave.grants))
        case _:
            return False
