"""What is kept back, on the changes of a plan: the marks that hold it again, how much of it there is, and what an
apply by a person makes.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from msgspec.structs import replace

from idsync.apply.kept_back import keep, kept_back
from idsync.apply.kept_entries import Holders, Kept, KeptBack, holders_in, locked_id, users_of
from idsync.config.guards import Guards
from idsync.model.addresses import split_address
from idsync.plan.changes import (
    AccessListChange,
    Change,
    GuardResult,
    LockChange,
    PlainChange,
    Plan,
    UserChange,
    passes_on,
)
from idsync.plan.guards import ALL_GUARDS
from idsync.plan.same_person import okta_id, renames
from idsync.plan.sections import FIRST
from idsync.stores.protocol import Facts
from idsync.targets.protocol import DirectoryReader


def with_marks_kept(plan: Plan, kept: Kept, holders: Holders) -> Plan:
    """The plan with the marks of what is kept back already, beside those that it bears.

    Where a membership is kept that ends with the renaming of its person, the renaming waits with it.
    """
    if not kept:
        return plan
    marks = Marks(plan.changes, kept, holders)
    return replace(plan, changes=tuple(map(marks.on, plan.changes)))


def marked_as_kept(plan: Plan, facts: Facts, target: DirectoryReader, org_url: str) -> Plan:
    """The plan with the marks of what is kept back of a target now; it waits also where it is under each limit."""
    return with_marks_kept(plan, kept_back(facts, target.name), holders_in(target, org_url))


def with_numbers_kept(plan: Plan, facts: Facts, target: DirectoryReader, org_url: str, guards: Guards) -> Plan:
    """The same, and beside what each guard counts how much it keeps back, for people to read and to release.

    Guards that only count in passes that nobody attends are among them where they keep something back.
    """
    kept = kept_back(facts, target.name)
    if not kept:
        return plan
    marks = Marks(plan.changes, kept, holders_in(target, org_url))
    numbers = marks.numbers(plan.changes)
    told = [
        replace(result, kept=numbers.pop(result.guard, 0)) if result.target == FIRST else result
        for result in plan.guards
    ]
    people = target.counts(org_url).people if numbers else 0
    told += [
        GuardResult(guard, 0, getattr(guards, guard).limit(people), "ok", kept=numbers[guard])
        for guard in ALL_GUARDS
        if guard in numbers
    ]
    return replace(plan, changes=tuple(map(marks.on, plan.changes)), guards=tuple(told))


def numbers_kept(plan: Plan, facts: Facts, target: DirectoryReader, org_url: str) -> Mapping[str, int]:
    """How much of a plan each guard keeps back; a guard that keeps nothing of it is left out."""
    kept = kept_back(facts, target.name)
    return Marks(plan.changes, kept, holders_in(target, org_url)).numbers(plan.changes) if kept else {}


def without_made(going: Plan, facts: Facts, target: str, holders: Holders) -> Mapping[str, bytes]:
    """The facts that an apply by a person keeps of what is held: what it makes itself is held no more."""
    before = kept_back(facts, target)
    if not before:
        return {}
    marks, changes = Marks(going.changes, before, holders), {change.address: change for change in going.changes}
    kept = {
        address: tuple(one for one in each if address not in changes or not marks.makes(one, changes[address]))
        for address, each in before.items()
    }
    kept = {address: each for address, each in kept.items() if each}
    return {} if kept == before else keep(kept, target)


class _Named:
    """Members that a change names, found without a look at all: a large list has as many entries as members."""

    def __init__(self, names: Iterable[str], ids: Mapping[str, str]) -> None:
        self.names = dict.fromkeys(names)
        self._by_id: dict[str, list[str]] = {}
        for name in self.names:
            if name in ids:
                self._by_id.setdefault(ids[name], []).append(name)

    def who_is(self, entry: KeptBack) -> list[str]:
        """The names of whom an entry is about: by Okta id where that is known."""
        if not entry.member:
            return []
        if entry.okta_id:
            return self._by_id.get(entry.okta_id, [])
        return [entry.member] if entry.member in self.names else []


class _Members(NamedTuple):
    """Who leaves a list by a change, and who joins it."""

    removed: _Named
    added: _Named


class Marks:
    """The marks that what is kept back puts on the changes of one plan."""

    def __init__(self, changes: Sequence[Change], kept: Kept, holders: Holders) -> None:
        self._kept = kept
        self._users = users_of(changes)
        self._renamed = renames(self._users)
        lists = [each for each in changes if isinstance(each, AccessListChange) and each.address in kept]
        self._ids = holders({name for each in lists for name in (*each.members_removed, *each.members_added)})
        self._members: dict[tuple[str, str], _Members] = {}
        self._waiting: dict[str, set[str]] = {}
        for change in lists:
            for entry in kept[change.address]:
                for name in self._ended(entry, change):
                    if name in self._renamed:
                        for each in (name, self._renamed[name]):
                            self._waiting.setdefault(each, set()).update(entry.guards)

    def on(self, change: Change) -> Change:
        """The change with its marks."""
        marks = [mark for entry in self._entries(change) for mark in entry.guards]
        if isinstance(change, UserChange):
            marks += sorted(self._waiting.get(split_address(change.address)[1], ()))
        new = tuple(dict.fromkeys(mark for mark in marks if mark not in change.blocked_by))
        return replace(change, blocked_by=(*change.blocked_by, *new)) if new else change

    def numbers(self, changes: Sequence[Change]) -> dict[str, int]:
        """How much each guard keeps back of changes in the first target."""
        first = (change for change in changes if change.target == FIRST)
        return dict(Counter(mark for change in first for entry in self._entries(change) for mark in entry.guards))

    def makes(self, entry: KeptBack, change: Change) -> bool:
        """Whether a change, once made, leaves nothing to be done of what is kept back; also where an account goes."""
        if isinstance(change, AccessListChange) and entry.member and not entry.joins:
            removed, added = self._members_of(change)
            gone = removed.who_is(entry)
            return change.action == "delete" or any(self._renamed.get(name, "") not in added.names for name in gone)
        return self._applies(entry, change)

    def _entries(self, change: Change) -> Iterator[KeptBack]:
        return (entry for entry in self._kept.get(change.address, ()) if self._applies(entry, change))

    def _applies(self, entry: KeptBack, change: Change) -> bool:
        """Whether a change does what is kept back, to the same person or list."""
        match change:
            case UserChange(before=before):
                return change.action == entry.action and before is not None and okta_id(before) == entry.okta_id
            case LockChange():
                # The lock of a later holder of the name has the same address.
                return change.action == entry.action and locked_id(change) == entry.okta_id
            case AccessListChange():
                if entry.joins:
                    return bool(self._members_of(change).added.who_is(entry))
                return bool(self._ended(entry, change)) if entry.member else change.action == entry.action
            case PlainChange():
                return change.action == entry.action

    def _ended(self, entry: KeptBack, change: AccessListChange) -> list[str]:
        """The names under which a change ends the membership that is kept: the person's of now, if any.

        A membership that goes with its account, or comes along under a new name, is another matter.
        """
        if entry.joins:
            return []
        removed = self._members_of(change).removed
        return [name for name in removed.who_is(entry) if not self._follows(name, change)]

    def _members_of(self, change: AccessListChange) -> "_Members":
        """The members that a change of the plan names."""
        key = change.target, change.address
        if key not in self._members:
            self._members[key] = _Members(
                _Named(change.members_removed, self._ids), _Named(change.members_added, self._ids)
            )
        return self._members[key]

    def _follows(self, name: str, change: AccessListChange) -> bool:
        if name in self._renamed:
            return self._renamed[name] in self._members_of(change).added.names
        user = self._users.get(name)
        return user is not None and (user.after is None or passes_on(user))
