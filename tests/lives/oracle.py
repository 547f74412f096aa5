"""What the directory must hold after a pass: the rules once more, over plain values, as slow and plain as they can be.

Nothing here is shared with the product. It says nothing of doubts and guards: `doubts.py` does.
"""

import uuid
from copy import deepcopy
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from tests.lives.directory import Directory, List, Lock, Member, User
from tests.lives.organization import ORG, Configuration, Document
from tests.lives.people import People, Subject, decide, granted, subjects, user_of

MARGIN = timedelta(hours=1)


@dataclass
class Memory:
    """What must be known beyond the directory itself.

    `removed` are users of ours that hands removed and no pass made again: name and time by Okta id. `lifted` are
    people whose lock a hand lifted, for as long as their suspension lasts. `ended` are memberships that stay ended, as
    list and Okta id.
    `former` says who had a name last that nobody has now and that lists name as an owner.
    """

    removed: dict[str, tuple[str, datetime]] = field(default_factory=dict)
    lifted: set[str] = field(default_factory=set)
    ended: set[tuple[str, str]] = field(default_factory=set)
    former: dict[str, str] = field(default_factory=dict)


@dataclass
class World:
    """The directory with what is remembered."""

    directory: Directory = field(default_factory=Directory)
    memory: Memory = field(default_factory=Memory)


def after_pass(world: World, reading: Document, files: Configuration, now: datetime) -> World:
    """The world once a reading is applied whole."""
    people = decide(reading, files, world.directory)
    directory = Directory(
        locks=_Locks(world, people, reading, files, now).decide(),
        users=_users(world.directory, people, reading, files),
        lists=_Lists(world, people, reading, files, now).decide(),
    )
    return World(directory, _memory(world, people, reading, directory, now))


def _users(before: Directory, people: People, reading: Document, files: Configuration) -> dict[str, User]:
    users = {name: user for name, user in before.users.items() if user.id is None or user.id in people.held_ids}
    return users | {name: user_of(person, reading, files) for name, person in people.present.items()}


class _Locks:
    """R7 to R12: who is locked, for whom, until when."""

    def __init__(self, world: World, people: People, reading: Document, files: Configuration, now: datetime) -> None:
        self._world, self._people, self._now = world, people, now
        self._ttl = None if files.ttl is None else timedelta(hours=files.ttl)
        before = world.directory.locks
        self._locks = {name: lock for name, lock in before.items() if not (lock.ours and is_past(lock.ends, now))}
        self._wanted: set[str] = set()

    def decide(self) -> dict[str, Lock]:
        """The locks to have."""
        people, before = self._people, self._world.directory.users
        for name, okta_id in {**people.leaving, **people.replaced}.items():
            self._for_a_while(name, okta_id)
        for new, old in people.renamed.items():
            self._for_a_while(old, people.present[new]["id"])
        for okta_id, (name, at) in self._world.memory.removed.items():
            over = self._ttl is not None and is_past(at + self._ttl + MARGIN, self._now)
            back = okta_id in people.held_ids or people.names().get(okta_id) == name or name in before
            if not over and not back:
                self._for_a_while(name, okta_id)
        for name in people.suspended:
            if people.present[name]["id"] not in self._world.memory.lifted:
                self._for_good(name, people.present[name]["id"])
        for name, lock in [*self._locks.items()]:
            if lock.ours and name not in self._wanted:
                self._review(name, lock)
        return self._locks

    def _review(self, name: str, lock: Lock) -> None:
        """A lock of ours that nothing asks for: it goes with the return of its person, and else gets an end."""
        people = self._people
        bearer = people.present.get(lock.user)
        if lock.id in people.held_ids or lock.user in people.held:
            return
        if bearer is not None and bearer["id"] == lock.id:
            del self._locks[name]
        elif lock.ends is None and self._ttl is not None:
            self._locks[name] = Lock(lock.user, lock.id, self._now + self._ttl + MARGIN, True)

    def _for_a_while(self, user: str, okta_id: str) -> None:
        name, there = self._find(user, okta_id)
        self._wanted.add(name)
        if there is not None and there.ends is not None and self._ttl and there.ends >= self._now + self._ttl:
            return
        ends = None if self._ttl is None else self._now + self._ttl + MARGIN
        self._locks[name] = Lock(user, okta_id, ends, True)

    def _for_good(self, user: str, okta_id: str) -> None:
        name, _ = self._find(user, okta_id)
        self._wanted.add(name)
        self._locks[name] = Lock(user, okta_id, None, True)

    def _find(self, user: str, okta_id: str) -> tuple[str, Lock | None]:
        """The name of the lock on a user for a person, and the lock where it is there."""
        names = (lock_name(f"{ORG}/{user}"), lock_name(f"{ORG}/{user}/{okta_id}"))
        for name in names:
            there = self._locks.get(name)
            if there is not None and there.ours and there.id == okta_id:
                return name, there
        return next(name for name in names if name not in self._locks), None


class _Lists:
    """R14 to R18: which lists there are, and who is a member."""

    def __init__(self, world: World, people: People, reading: Document, files: Configuration, now: datetime) -> None:
        self._world, self._people, self._reading, self._files, self._now = world, people, reading, files, now
        self._names = people.names()

    def decide(self) -> dict[str, List]:
        """The lists to have."""
        before = self._world.directory.lists
        if not self._files.access_lists:
            return before
        lists = {}
        for subject in subjects(self._reading, self._files):
            there = before.get(subject.id)
            members = self._members(subject, there)
            if members or self._has_people(subject):
                owners = list(dict.fromkeys(self._files.owners)) if there is None else self._owners(there)
                lists[subject.id] = List(subject.name, granted(subject, self._files), owners, members)
        for okta_id, there in before.items():
            if okta_id not in lists and self._files.when_empty == "keep":
                kept = {name: member for name, member in there.members.items() if name in self._people.held}
                lists[okta_id] = List(there.title, there.roles, self._owners(there), kept)
        return lists

    def _has_people(self, subject: Subject) -> bool:
        return any(okta_id in self._names for okta_id in subject.members)

    def _members(self, subject: Subject, there: List | None) -> dict[str, Member]:
        had = {} if there is None else there.members
        members = {name: member for name, member in had.items() if name in self._people.held}
        for okta_id in subject.members:
            name = self._names.get(okta_id)
            if name is None:
                continue
            own = had.get(name) if self._is_theirs(name, okta_id) else None
            own = own or had.get(self._people.renamed.get(name, ""))
            if own is not None or (subject.id, okta_id) not in self._world.memory.ended:
                members[name] = own or Member(self._now)
        return members

    def _is_theirs(self, name: str, okta_id: str) -> bool:
        """Whether what the directory holds under a name is of this person, not of somebody who had the name before."""
        bearer = self._world.directory.users.get(name)
        if bearer is not None and bearer.id == okta_id:
            return True
        removed = [old for other, (old, _) in self._world.memory.removed.items() if other != okta_id]
        return name not in self._people.replaced and name not in removed

    def _owners(self, there: List) -> list[str]:
        """Owners follow their new names; what somebody owned under a name that a newcomer has now is gone.

        A list that nobody would own has the owners with which it would be made.
        """
        people, former = self._people, self._world.memory.former
        others = {name for name, person in people.present.items() if former.get(name, person["id"]) != person["id"]}
        passed_on = {*people.replaced} | others | self._locked_for_others()
        new_names = {old: new for new, old in people.renamed.items()}
        owners = [new_names.get(name, name) for name in there.owners if name not in passed_on]
        if there.owners and not owners:
            owners = self._files.owners
        return list(dict.fromkeys(owners))

    def _locked_for_others(self) -> set[str]:
        """Names that somebody gets while a lock keeps out the person who had them last."""
        before, present = self._world.directory, self._people.present
        former = self._world.memory.former
        locks = [lock for lock in before.locks.values() if lock.ours and not is_past(lock.ends, self._now)]
        return {
            lock.user
            for lock in locks
            if lock.user in present
            and lock.user not in before.users
            and former.get(lock.user, lock.id) != present[lock.user]["id"]
        }


def _memory(world: World, people: People, reading: Document, after: Directory, now: datetime) -> Memory:
    """What is remembered once the pass is done."""
    statuses = {person["id"]: person["status"] for person in reading["users"]}
    names = people.names()
    held = {okta_id: taken for okta_id, taken in world.memory.removed.items() if okta_id in people.held_ids}
    lifted = {okta_id for okta_id in world.memory.lifted if statuses.get(okta_id) == "SUSPENDED"}
    former = {name: okta_id for name, okta_id in world.memory.former.items() if name not in people.present}
    memory = Memory(held, lifted, {*world.memory.ended}, former)
    for name, user in world.directory.users.items():
        if (
            user.id is not None
            and name not in after.users
            and any(name in each.owners for each in after.lists.values())
        ):
            memory.former[name] = user.id
    ids = {name: user.id for name, user in world.directory.users.items() if user.id is not None}
    for list_id, there in world.directory.lists.items():
        for name, member in there.members.items():
            if name in ids and is_past(member.expires, now):
                memory.ended.add((list_id, ids[name]))
    memory.ended = {(list_id, okta_id) for list_id, okta_id in memory.ended if list_id in after.lists}
    for list_id, there in after.lists.items():
        for okta_id, name in names.items():
            if name in there.members and not is_past(there.members[name].expires, now):
                memory.ended.discard((list_id, okta_id))
    return memory


def lock_name(text: str) -> str:
    """The name of our lock: UUIDv5 in the URL namespace."""
    return str(uuid.uuid5(uuid.NAMESPACE_URL, text))


def is_past(end: datetime | None, now: datetime) -> bool:
    """Whether an end has come."""
    return end is not None and end <= now


def copy_of(world: World) -> World:
    """A world that hands may change."""
    return deepcopy(world)
