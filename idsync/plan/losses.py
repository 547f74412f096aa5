"""Who loses access: people who stay and lose a role, a grant or a shown trait, whatever brought that about.

What is lost is told from what people can use before and after. What comes by another way is not lost; a role that
another one replaces is.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import datetime

from idsync.config.settings import TraitSettings
from idsync.model.addresses import Address, access_list_address, split_address, user_address
from idsync.model.directory import Members
from idsync.model.list_owners import is_person
from idsync.model.nesting import above, people_below
from idsync.model.ownership import okta_id_of
from idsync.model.resources import AccessList, LockTarget, User
from idsync.model.times import is_past
from idsync.plan.around import Around
from idsync.plan.changes import AccessListChange, Change, LockChange, UserChange, passes_on
from idsync.plan.effective import OWN, Key, Routes, granted
from idsync.plan.effective_states import EffectiveStates
from idsync.plan.same_person import is_same_person, renames
from idsync.plan.touched import Touched, children_of, owners_concerned, touched_by

Lost = Mapping[Key, tuple[str, ...]]
"""Roles and traits that are lost, each with the routes by which it came."""


def may_lose(changes: Collection[Change], members: Mapping[str, Members]) -> frozenset[str]:
    """Everyone from whom changes take something that may have given them access, a renamed person under both names.

    `members` are those before of lists that change, and of lists nested in these. Newcomers are not among them.
    """
    if all(change.before is None for change in changes):
        return frozenset()  # what is created takes nothing, and a first import creates everything
    people: set[str] = set()
    users: dict[str, UserChange] = {}
    for change in changes:
        match change:
            case UserChange():
                name = split_address(change.address)[1]
                users[name] = change
                if gives_less(change):
                    people.add(name)
            case AccessListChange() if change.before is not None:
                people.update(_reached(change, members))
            case _:
                continue
    renamed = renames(users)
    return frozenset(people).union(renamed, renamed.values())


class Losses:
    """What changes take from people who stay, told once for all of them."""

    def __init__(self, changes: Collection[Change], around: Around, now: datetime, shown: TraitSettings) -> None:
        """`around` holds at least what is around all who `may_lose`, and who are renamed. `shown` says which traits the
        configuration gives people of their profiles.
        """
        candidates = may_lose(changes, around.members)
        self._touched = touched_by(changes if candidates else (), around.members)
        self._around = around
        self._shown = shown
        self._states = EffectiveStates(self._touched, around, now)
        self._old_names = {new: old for old, new in renames(self._touched.users).items()}
        self._lost: dict[str, Lost] = {}
        self.of_hidden_traits = False
        """Whether what is lost are in part traits that the configuration hides now."""
        without_role: set[str] = set()
        for person in candidates:
            if self._stays(person):
                before = routes_before(person, self._states, self._touched, self._old_names)
                after = self._states.after(person)
                self._lost[person] = self._lost_of(person, before, after)
                if _has_role(before) and not _has_role(after):
                    without_role.add(person)
        self.without_role = frozenset(without_role)
        """Those who had a role and have none then, locked or not."""
        losing = {person for person, lost in self._lost.items() if lost}
        self.people = frozenset(losing - locked_after(changes, around, now)) if losing else frozenset()
        """Those who lose a role, a grant or a trait that is not shown any more, and are not locked then."""

    def taking(self, people: Iterable[str]) -> frozenset[Address]:
        """The addresses of the changes by which these people lose what they lose."""
        return frozenset(address for person in people for address in self._taking(person))

    def _stays(self, person: str) -> bool:
        return self._states.people_after.user(person) is not None or not self._around.users_known

    def _lost_of(self, person: str, before: Routes, after: Routes) -> Lost:
        """The roles and grants that are lost; the value of a trait that is the user's own then is not."""
        user = self._states.people_after.user(person)
        own = frozenset(granted(user.spec)) if user is not None else frozenset()
        kept = after.keys() | own
        hidden = {key: OWN for key in self._hidden_from(person, user) if key not in before}
        self.of_hidden_traits |= not hidden.keys() <= kept
        before = {**before, **hidden}
        return {key: ways for key, ways in before.items() if key[0] != "access_list" and key not in kept}

    def _hidden_from(self, person: str, user: User | None) -> Iterator[Key]:
        """The values of a user of ours of traits that they have no more, since the configuration hides these now.

        What somebody's profile has no more is not counted: a reading that lost values is doubted for that.
        """
        change = self._touched.users.get(self._old_names.get(person, person))
        if change is None or change.before is None or user is None or passes_on(change):
            return
        if okta_id_of(change.before.metadata.labels):
            for name, values in change.before.spec.traits.items():
                if name not in user.spec.traits and self._shown.hides(name):
                    yield from (("trait", f"{name}={value}") for value in values)

    def _taking(self, person: str) -> Iterator[Address]:
        users, lists = self._touched.users, self._touched.lists
        names = [person, *([self._old_names[person]] if person in self._old_names else [])]
        change = users.get(person)
        if change is not None and (len(names) > 1 or gives_less(change)):
            yield from (user_address(name) for name in names if name in users)
        lost = self._lost.get(person, {})
        routes = {way for ways in lost.values() for way in ways}
        for name, item in lists.items() if routes else ():
            if not routes.isdisjoint(above(name, self._around.parents)) and self._takes_from(names, name, item, lost):
                yield access_list_address(name)

    def _takes_from(self, names: Iterable[str], list_name: str, change: AccessListChange, lost: Lost) -> bool:
        """Whether a change of a list ends a membership of a person, or a grant that they had by it."""
        if change.before is None:
            return False
        if change.after is None or any(list_name in self._touched.left.get(name, ()) for name in names):
            return True
        gone = frozenset(granted(change.before.spec.grants)) - frozenset(granted(change.after.spec.grants))
        if not gone.isdisjoint(key for key, ways in lost.items() if list_name in ways):
            return True
        unnested = children_of(change, self._around.members)
        return not people_below(unnested, self._around.members).isdisjoint(names)


def routes_before(person: str, states: EffectiveStates, touched: Touched, old_names: Mapping[str, str]) -> Routes:
    """What a person could use: not what was another's, whose name they get."""
    names = [old_names[person]] if person in old_names else []
    change = touched.users.get(person)
    if change is None or not (change.before and change.after) or is_same_person(change):
        names.append(person)
    routes: Routes = {}
    for name in names:
        for key, ways in states.before(name).items():
            routes[key] = (*routes.get(key, ()), *ways)
    return routes


def locked_after(changes: Iterable[Change], around: Around, now: datetime) -> frozenset[str]:
    """Everyone who is locked once the changes are made."""
    locks = dict(around.locks)
    for change in changes:
        if isinstance(change, LockChange):
            name = split_address(change.address)[1]
            locks.pop(name, None)
            locks.update({} if change.after is None else {name: change.after})
    targets = (lock.spec.target for lock in locks.values() if not is_past(lock.spec.expires, now))
    return frozenset(target.user for target in targets if target.user and target == LockTarget(target.user))


def _reached(change: AccessListChange, members: Mapping[str, Members]) -> Iterator[str]:
    """The people whom a list that was there may give less: members, and owners where it goes."""
    name = split_address(change.address)[1]
    if change.after is None and change.before is not None:
        yield from (owner.name for owner in change.before.spec.owners if is_person(owner))
    if change.after is None or gives_less(change):
        yield from people_below([name], members)
    yield from owners_concerned(change, members)
    nested = frozenset(children_of(change, members))
    yield from (member for member in change.members_removed if member not in nested)
    yield from people_below(nested, members)


def gives_less(change: UserChange | AccessListChange) -> bool:
    """Whether a user that stays has less of anything, or a list that stays gives less or asks for something else."""
    match change:
        case UserChange(before=User(spec=had), after=User(spec=has)):
            return not set(granted(had)) <= set(granted(has))
        case AccessListChange(before=AccessList(spec=gave), after=AccessList(spec=gives)):
            asks = gave.membership_requires != gives.membership_requires
            return asks or not set(granted(gave.grants)) <= set(granted(gives.grants))
        case _:
            return False


def _has_role(routes: Routes) -> bool:
    return any(kind == "role" for kind, _ in routes)
