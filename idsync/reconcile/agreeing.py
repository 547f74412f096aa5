"""What both sides agree on once a plan is applied; and, before that, what is not agreed on any more.

To agree on less than is so is safe: what is not agreed on is read from Okta, and not sent.
"""

from collections.abc import Iterable, Iterator
from datetime import datetime

from msgspec.structs import replace

from idsync.compiler.both_ways import LAG, agreed_after
from idsync.model.addresses import Address, split_address
from idsync.model.agreed_lists import END_KEY, FIRST_KEY, AgreedList, Sent, agreed_lists, as_values
from idsync.model.directory import Members, Names
from idsync.model.ownership import okta_id_of
from idsync.model.times import is_past
from idsync.plan.changes import AccessListChange, Plan, UserChange
from idsync.plan.sections import FIRST, OKTA
from idsync.reconcile.parts import Parts
from idsync.stores.protocol import Facts, Records
from idsync.targets.protocol import Target

_NOBODY: frozenset[str] = frozenset()
_NO_MEMBERS: Members = {}


def known_agreed(facts: Facts) -> dict[str, AgreedList]:
    """What both sides agreed on, by list."""
    return agreed_lists(facts.between(FIRST_KEY, END_KEY))


def forget_what_goes(parts: Parts, facts: Facts, *, whole: bool) -> None:
    """Forget, before anything is made, the lists that do not go both ways any more, and people who leave.

    A plan that is not `whole` says nothing of lists that it does not change.
    """
    leaving = {
        okta_id_of(change.before.metadata.labels)
        for change in parts.whole.changes
        if isinstance(change, UserChange) and change.before is not None and change.after is None
    }
    gone = {
        split_address(change.address)[1]
        for change in _lists(parts.whole, FIRST)
        if change.action in ("create", "delete")
    }
    if not (whole or leaving or gone):
        return
    known = known_agreed(facts)
    both_ways = (parts.whole.both_ways or {}).keys() if whole else known.keys()
    for name in known.keys() - (both_ways - gone):
        facts.delete(FIRST_KEY + name)
    left = {
        name: replace(each, members=each.members - leaving)
        for name, each in known.items()
        if name in both_ways and name not in gone and not each.members.isdisjoint(leaving)
    }
    if left:
        facts.put(as_values(left))


def agreed_by(parts: Parts, records: Records, first: Target, org_url: str, now: datetime) -> dict[str, bytes]:
    """What both sides agree on once these parts are made, as facts to keep with the apply."""
    return as_values(dict(_Agreeing(parts, records, first, org_url, now).lists()))


class _Agreeing:
    """The directory as it will be, held against what Okta will be."""

    def __init__(self, parts: Parts, records: Records, first: Target, org_url: str, now: datetime) -> None:
        self._parts = parts
        self._now = now
        self._before = known_agreed(records.facts)
        self._both_ways = parts.whole.both_ways or {}
        with first.reading():
            self._there = first.state(Names(_NOBODY, frozenset(self._both_ways))).members
            users = first.index(org_url).users
            self._ids = {name: entry.okta_id for name, entry in users.items() if entry.okta_id}
            edited = records.agreed(first.name).differing()
        for change in parts.whole.changes:
            if isinstance(change, UserChange) and change.after is not None:
                self._ids[change.after.metadata.name] = okta_id_of(change.after.metadata.labels)
        self._edited = _members_in(edited)

    def lists(self) -> Iterator[tuple[str, AgreedList]]:
        """Every list that goes both ways and is there afterwards."""
        local = {split_address(each.address)[1]: each for each in _lists(self._parts.going, FIRST)}
        held = {split_address(each.address)[1]: each for each in _lists(self._parts.held, FIRST)}
        told = {split_address(each.address)[1]: each for each in _lists(self._parts.going, OKTA)}
        untold = {split_address(each.address)[1]: each for each in _lists(self._parts.held, OKTA)}
        for name, sides in self._both_ways.items():
            change = local.get(name)
            if change.after is None if change is not None else name not in self._there:
                continue
            apart = set(sides.apart) | self._people(self._edited.get(name, set()))
            if name in held:
                apart |= self._people({*held[name].members_added, *held[name].members_removed})
            if name in untold:
                apart |= {*untold[name].members_added, *untold[name].members_removed}
            sent = told.get(name)
            joins = (
                {}
                if sent is None
                else {**dict.fromkeys(sent.members_removed, False), **dict.fromkeys(sent.members_added, True)}
            )
            before = self._before.get(name)
            members = agreed_after(
                None if before is None else before.members,
                self._after(name, change),
                apart=frozenset(apart),
                told=joins,
            )
            yield name, AgreedList(sides.kind, sides.title, members, self._sent(before, joins))

    def _after(self, name: str, change: AccessListChange | None) -> frozenset[str]:
        """Who is in a list in the directory afterwards, by Okta id."""
        there = self._there.get(name, _NO_MEMBERS)
        names = {member for member, entry in there.items() if not is_past(entry.expires, self._now)}
        if change is not None:
            names = (names - set(change.members_removed)) | set(change.members_added)
        return frozenset(self._people(names))

    def _people(self, names: set[str]) -> set[str]:
        return {self._ids[name] for name in names if name in self._ids}

    def _sent(self, before: AgreedList | None, joins: dict[str, bool]) -> dict[str, Sent]:
        now = self._now.timestamp()
        lately = {} if before is None else {one: each for one, each in before.sent.items() if each.at + 2 * LAG > now}
        return {**lately, **{person: Sent(each, now) for person, each in joins.items()}}


def _lists(plan: Plan, target: str) -> Iterator[AccessListChange]:
    return (each for each in plan.changes if isinstance(each, AccessListChange) and each.target == target)


def _members_in(addresses: Iterable[Address]) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for address in addresses:
        kind, name = split_address(address)
        if kind == "access_list_member":
            access_list, _, member = name.partition("/")
            found.setdefault(access_list, set()).add(member)
    return found
