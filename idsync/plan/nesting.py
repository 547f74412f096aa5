"""Lists inside lists: whom a change of a list reaches through lists that are its members, and what nesting it ends."""

from collections.abc import Iterable, Mapping

from idsync.model.addresses import split_address
from idsync.model.directory import Members
from idsync.model.resources import NESTED_LIST, Membership
from idsync.plan.changes import AccessListChange, Change
from idsync.plan.effective import Parents


def nested_lists(changes: Iterable[Change], members: Mapping[str, Members]) -> frozenset[str]:
    """The lists through which a change takes or gives something: members, before, of what shrinks or is regranted."""
    return frozenset(name for change in changes for name in children_of(change, members))


def children_of(change: Change, members: Mapping[str, Members]) -> Iterable[str]:
    """The nested lists whose people one change touches; `members` are those before."""
    if not isinstance(change, AccessListChange) or change.before is None:
        return ()
    before = members.get(split_address(change.address)[1], {})
    touched = change.members_removed if change.before == change.after else before
    return [name for name in touched if name in before and is_nested(before[name])]


def people_below(lists: Iterable[str], members: Mapping[str, Members]) -> set[str]:
    """Everyone who belongs to `lists`, directly or through lists nested in them, as far as `members` goes."""
    people: set[str] = set()
    seen: set[str] = set()
    frontier = set(lists)
    while frontier:
        seen |= frontier
        entries = [(name, entry) for access_list in frontier for name, entry in members.get(access_list, {}).items()]
        people.update(name for name, entry in entries if not is_nested(entry))
        frontier = {name for name, entry in entries if is_nested(entry)} - seen
    return people


def parents_after(parents: Parents, changes: Iterable[AccessListChange]) -> Parents:
    """The nesting that is left when every change is made; no plan nests a list."""
    ended: dict[str, set[str]] = {}
    for change in changes:
        for name in change.members_removed:
            if name in parents:
                ended.setdefault(name, set()).add(split_address(change.address)[1])
    left: dict[str, Mapping[str, Membership]] = dict(parents)
    for name, gone in ended.items():
        left[name] = {parent: entry for parent, entry in parents[name].items() if parent not in gone}
    return left


def is_nested(entry: Membership) -> bool:
    """Whether a membership is that of another list, and not of a person."""
    return entry.membership_kind == NESTED_LIST
