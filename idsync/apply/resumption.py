"""Taking up a broken-off run in a target that keeps each step: what it made and could not write down is not lost."""

from collections.abc import Iterable
from typing import assert_never

from idsync.apply.entries import entry_of
from idsync.model.addresses import Address, member_address, split_address
from idsync.model.canonical import Body
from idsync.model.directory import DirectoryState, Members, object_at
from idsync.model.journal import StepMade
from idsync.model.resources import NEW_MEMBERSHIP
from idsync.plan.changes import AccessListChange, Change, LockChange, PlainChange, UserChange
from idsync.plan.sections import OKTA
from idsync.plan.steps import Step, steps_of
from idsync.stores.protocol import Found, Journal
from idsync.targets.protocol import Resource

NO_MEMBERS: Members = {}
Key = tuple[int, Address, tuple[str, ...]]


class Resumption:
    """What the journal knows of the steps of one section, and what it is to be told of them."""

    def __init__(self, changes: Iterable[Change], journal: Journal, run: int, target: str) -> None:
        """Read the entries of the run that was broken off."""
        self._run = run
        self._target = target
        self._planned = {_key(step): step for step in steps_of(changes)}
        entries = (each.entry for each in journal.entries(run))
        made = (each for each in entries if isinstance(each, StepMade) and each.target == target)
        self._known = {
            (each.phase, each.address, _one(target, *each.members_added, *each.members_removed)) for each in made
        }

    def entry(self, step: Step, seen: DirectoryState, after: Resource | None) -> tuple[StepMade, list[Body]]:
        """The entry of a step that was made now: of one that the run had begun, the plan says what was there before."""
        planned = self._planned.get(_key(step))
        if planned is None or _key(step) in self._known:
            return entry_of(step, self._run, self._target, seen, after)
        return entry_of(planned, self._run, self._target, _as_planned(planned.change, seen), after)

    def found(self, left: Iterable[Step], seen: DirectoryState) -> list[tuple[StepMade, list[Body]]]:
        """The entries of steps that the run made before it was broken off, and did not write down."""
        to_make = {_key(step) for step in left}
        made = [step for key, step in self._planned.items() if key not in to_make and key not in self._known]
        return [
            entry_of(step, self._run, self._target, _as_planned(step.change, seen), _found_at(step.change, seen))
            for step in made
        ]


def left_by(changes: Iterable[Change], now: DirectoryState) -> dict[Address, Found | None]:
    """What there is at each address that changes are about, once all of them are made."""
    found: dict[Address, Found | None] = {}
    for change in changes:
        found[change.address] = _found_at(change, now)
        name = split_address(change.address)[1]
        if isinstance(change, AccessListChange) and name in now.access_lists:
            members = now.members.get(name, NO_MEMBERS)
            named = (*change.members_added, *change.members_removed)
            found.update((member_address(name, member), members.get(member)) for member in named)
    return found


def _found_at(change: Change, now: DirectoryState) -> Resource | None:
    return object_at(now, change.address)


def _as_planned(change: Change, seen: DirectoryState) -> DirectoryState:
    """What was there before a change, as its plan says; of members who are gone only the names are known."""
    name = split_address(change.address)[1]
    match change:
        case UserChange(before=user):
            return DirectoryState(users={} if user is None else {name: user})
        case LockChange(before=lock):
            return DirectoryState(locks={} if lock is None else {name: lock})
        case AccessListChange(before=item):
            there = seen.members.get(name, NO_MEMBERS)
            members = {member: there.get(member, NEW_MEMBERSHIP) for member in change.members_removed}
            return DirectoryState(access_lists={} if item is None else {name: item}, members={name: members})
        case PlainChange(before=resource):
            return DirectoryState(plain={} if resource is None else {change.address: resource})
        case _:
            assert_never(change)


def _key(step: Step) -> Key:
    change = step.change
    members = (*change.members_added, *change.members_removed) if isinstance(change, AccessListChange) else ()
    return step.phase, change.address, _one(change.target, *members)


def _one(target: str, *members: str) -> tuple[str, ...]:
    """The membership that a step is about, in a target where each is a step of its own."""
    return members if target == OKTA else ()
