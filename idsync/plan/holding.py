"""What of a plan is held back when the rest goes ahead, person by person: marks on changes, and what follows from them.

A mark on one change holds more than that change. An account goes only once it is locked, and keeps its memberships
until it goes. A rename is one thing, however many changes it takes. Nobody is given anything before their own lock is
made, and nobody is unlocked while anything of theirs is held.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence

from idsync.model.addresses import Address, split_address
from idsync.model.ownership import OWNED_LABELS, list_of_role
from idsync.model.resources import AccessList, User
from idsync.plan.changes import (
    AccessListChange,
    AnyPlainChange,
    Change,
    LockChange,
    RoleChange,
    UserChange,
    passes_on,
)
from idsync.plan.guards import ADDED_UPSTREAM, ALL_GUARDS, BURST, GAINS, PROTECTED
from idsync.plan.same_person import okta_id, renames
from idsync.plan.touched import locked_person

Marks = frozenset[str]
NOTHING: Marks = frozenset()
GIVING: Marks = frozenset({GAINS, ADDED_UPSTREAM})
"""Marks that hold the part of a change that gives something, and not the part that takes."""
LOCKS_GO = frozenset({"user_locks"})
"""Guards that hold no lock when the rest of a plan goes ahead: a lock takes nothing that cannot be given back."""
HOLD_LOCKS = frozenset({BURST, PROTECTED})
"""Guards that hold a lock by itself. What else holds one holds the account with which it comes, as in a rename."""
BY_HAND = "To lock or unlock one person now: idsync lock USER --message TEXT, idsync unlock USER --reason TEXT."
"""What helps while a plan is held back: a person's hand needs neither the plan nor the source."""
MOVED = "target_moved"
"""The mark of a change whose object is not what the plan was made for any more: the next plan sees to it."""


class Holding:
    """What the marks on the changes of one section hold: of users, locks and lists, and of each membership.

    `doubts` are the marks of doubts about the reading. They and the guards hold only the part of a change that takes
    something, or gives something; any other mark holds all of the change that bears it.
    """

    def __init__(self, changes: Sequence[Change], doubts: Iterable[str]) -> None:
        self._taking = frozenset(ALL_GUARDS).union(doubts)
        self.users = {_name(change): change for change in changes if isinstance(change, UserChange)}
        self._lists = [change for change in changes if isinstance(change, AccessListChange)]
        self._list_changes = {_name(change): change for change in self._lists}
        self._locks = [change for change in changes if isinstance(change, LockChange)]
        self.renamed = renames(self.users)
        """The new name of each old one that goes."""
        self._old_names: dict[str, list[str]] = {}
        for old, new in self.renamed.items():
            self._old_names.setdefault(new, []).append(old)
        self._removed: dict[str, frozenset[str]] = {}
        self._locking = self._held_locks()
        self._people: dict[str, Marks] = {}
        for name in self.users.keys() | self._locking.keys():
            self._people[name] = self._own(name)
        self._tie_renames()
        self._unlocking = self._held_unlocks()
        held = {name for name, marks in self._people.items() if marks}
        going = {name for name, change in self.users.items() if change.after is None}
        self.concerned = frozenset(held | going)
        """Everyone of whom something is held, and everyone whose account goes: their memberships are looked at."""
        self.held_renames = {old: self._people[old] for old in self.renamed if self._people[old]}
        """What holds a rename, by the old name."""

    def user(self, change: UserChange) -> Marks:
        """What holds a change of a user: all of it, unless it is one that `may_split`."""
        return self._people[_name(change)]

    def may_split(self, change: UserChange) -> bool:
        """Whether the part of a change that gives something may go ahead without the part that takes something.

        Not where the account passes to another person or owner, nor where even the lock of its person is held.
        """
        if change.before is None or change.after is None or _passes_on(change.before, change.after):
            return False
        return not self._locking.get(_name(change)) and _marks(change) <= self._taking

    def lock(self, change: LockChange) -> Marks:
        """What holds a change of a lock, all of it."""
        person = locked_person(change)
        if change.after is None:
            return self._unlocking.get(change.address, NOTHING)
        tied = self._is_tied(person) and not change.lent
        return self._people.get(person, NOTHING) if tied else _marks(change) - LOCKS_GO

    def end_of_lock(self, change: LockChange) -> Marks:
        """What holds the deletion that the end of a lock counts from: until then it has none."""
        going = self.users.get(locked_person(change))
        return self.user(going) if going is not None and going.after is None else NOTHING

    def plain(self, change: AnyPlainChange) -> Marks:
        """Why a role, an app or a group stays as it is: one that goes does so after the list that gives it."""
        marks = _marks(change)
        if change.action != "delete":
            return marks
        name = _name(change)
        about = self._list_changes.get(list_of_role(name) or name)
        giving = [about] if about is not None else []
        if isinstance(change, RoleChange):
            giving += [each for each in self._lists if each.before is not None and name in _gives(each.before)]
        return marks.union(*(self.list_body(each) or self.leavers(each) for each in giving))

    def list_body(self, change: AccessListChange) -> Marks:
        """What holds the grants that a list loses, or all of a change that is not to be split."""
        return _marks(change) - {"member_removals"}

    def holds_all(self, change: AccessListChange) -> bool:
        """Whether more than what a list loses is held."""
        return not _marks(change) <= self._taking

    def addition(self, change: AccessListChange, name: str) -> Marks:
        """What holds somebody back from joining a list."""
        own = _marks(change) if self.holds_all(change) else NOTHING
        if self._was_there(change, name):
            own |= _marks(change) & GIVING
        user = self.users.get(name)
        if user is not None and self.may_split(user):
            return own
        return own | self._people.get(name, NOTHING)

    def removal(self, change: AccessListChange, name: str) -> Marks:
        """What keeps somebody in a list: people who leave, are renamed, or lose their name, are removed with their
        account.
        """
        user = self.users.get(name)
        if user is not None and (user.after is None or passes_on(user)):
            return self._people[name]
        return _marks(change) if self.holds_all(change) else _marks(change) - GIVING

    def leavers(self, change: AccessListChange) -> Marks:
        """What holds every last member of a list that is deleted, all of whom leave; nothing where anybody is not."""
        going = [name for name in change.members_removed if self._people.get(name) and self.users.get(name)]
        if len(going) < len(change.members_removed) or any(self.users[name].after for name in going):
            return NOTHING
        return NOTHING.union(*(self._people[name] for name in going))

    def _was_there(self, change: AccessListChange, name: str) -> bool:
        """Whether somebody who joins a list is not a newcomer, nor in it already under an old name."""
        if name in self._old_names:
            return self._removed_from(change).isdisjoint(self._old_names[name])
        user = self.users.get(name)
        return user is None or user.before is not None

    def _removed_from(self, change: AccessListChange) -> frozenset[str]:
        """Who is taken out of a list, which is asked about each of those who join it."""
        found = self._removed.get(_name(change))
        if found is None:
            found = self._removed[_name(change)] = frozenset(change.members_removed)
        return found

    def _own(self, name: str) -> Marks:
        """The marks on what is done about one person, of which the rest depends on the lock."""
        change = self.users.get(name)
        lock = self._locking.get(name, NOTHING)
        return lock if change is None else _marks(change) | lock

    def _is_tied(self, name: str) -> bool:
        """Whether a lock on somebody waits with the account: with one that is made, taken over or renamed."""
        change = self.users.get(name)
        if change is None or change.after is None:
            return name in self.renamed
        return change.before is None or not okta_id(change.before) or name in self._old_names

    def _tie_renames(self) -> None:
        """Both names of a renamed person go or stay together, and stay where a list does in which one of them is."""
        kept: dict[str, Marks] = defaultdict(frozenset)
        names = self.renamed.keys() | self.renamed.values()
        for change in self._lists if names else ():
            held = self.list_body(change) if change.action == "delete" or self.holds_all(change) else NOTHING
            for name in names.intersection((*change.members_removed, *change.members_added)) if held else ():
                kept[name] |= held
        for lock in self._locks:
            person = locked_person(lock)
            if lock.after is None and person in names:
                kept[person] |= _marks(lock)
        units: dict[str, set[str]] = defaultdict(set)
        for old, new in self.renamed.items():
            units[new] |= {old, new}
        for unit in units.values():
            marks = NOTHING.union(*(self._people[name] | kept[name] for name in unit))
            self._people.update(dict.fromkeys(unit, marks))

    def _held_unlocks(self) -> dict[Address, Marks]:
        """Locks that are not lifted yet, since the account of somebody is not right yet."""
        lifted = [lock for lock in self._locks if lock.after is None]
        people = {locked_person(lock): self._people.get(locked_person(lock), NOTHING) for lock in lifted}
        for change in self._lists if people else ():
            for name in people.keys() & set(change.members_removed) if _marks(change) else ():
                people[name] |= self.removal(change, name)
        return {lock.address: _marks(lock) | people[locked_person(lock)] for lock in lifted}

    def _held_locks(self) -> dict[str, Marks]:
        """What holds the locks that are made or changed, by the person."""
        marks: dict[str, Marks] = defaultdict(frozenset)
        for lock in self._locks:
            if lock.after is not None:
                marks[locked_person(lock)] |= _marks(lock) - LOCKS_GO
        return dict(marks)


def person_of(change: Change) -> str:
    """The user that a change is about, or whom its lock is on."""
    return locked_person(change) if isinstance(change, LockChange) else _name(change)


def in_order(marks: Iterable[str]) -> tuple[str, ...]:
    """Marks as plans list them: doubts first, then guards in their order."""
    rank = {guard: place for place, guard in enumerate(ALL_GUARDS, 1)}
    return tuple(sorted(marks, key=lambda mark: (rank.get(mark, 0), mark)))


def _passes_on(before: User, after: User) -> bool:
    """Whether an account becomes another person's, or ours."""
    had, has = before.metadata.labels, after.metadata.labels
    return any(had.get(label) != has.get(label) for label in OWNED_LABELS)


def _gives(access_list: AccessList) -> tuple[str, ...]:
    return (*access_list.spec.grants.roles, *access_list.spec.owner_grants.roles)


def _marks(change: Change) -> Marks:
    return frozenset(change.blocked_by)


def _name(change: Change) -> str:
    return split_address(change.address)[1]
