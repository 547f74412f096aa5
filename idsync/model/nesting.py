"""Lists in lists, as members or as owners: which entries are lists, how deep they nest, and the ways up and down."""

from collections.abc import Callable, Iterable, Mapping

from idsync.model.directory import Members
from idsync.model.resources import NESTED_LIST, AccessList, Membership, MemberSpec, Owner

DEEPEST = 10
"""How many levels of lists in lists a directory allows; access comes through no more."""

Parents = Mapping[str, Mapping[str, Membership]]
"""For a list that is a member of others: by which memberships, by the name of the outer list."""
Step = Callable[[frozenset[str]], frozenset[str]]
"""The lists to which some lists lead directly: those around them, or those in them."""


def is_nested(entry: Membership | MemberSpec | Owner) -> bool:
    """Whether a member or an owner is another list, and not a person."""
    return entry.membership_kind == NESTED_LIST


def nested_in(members: Members) -> frozenset[str]:
    """The lists among the members of one list."""
    return frozenset(name for name, entry in members.items() if is_nested(entry))


def owning_lists(access_list: AccessList) -> frozenset[str]:
    """The lists among the owners of one list."""
    return frozenset(owner.name for owner in access_list.spec.owners if is_nested(owner))


def parents_of(members: Mapping[str, Members]) -> Parents:
    """The parents of every list that is a member of one of these."""
    parents: dict[str, dict[str, Membership]] = {}
    for parent, entries in members.items():
        for name, entry in entries.items():
            if is_nested(entry):
                parents.setdefault(name, {})[parent] = entry
    return parents


def above(name: str, parents: Parents) -> frozenset[str]:
    """A list and all those that it is nested in, at any height."""
    return reached_from([name], lambda level: frozenset(parent for child in level for parent in parents.get(child, ())))


def people_below(lists: Iterable[str], members: Mapping[str, Members]) -> set[str]:
    """Everyone who belongs to `lists`, directly or through lists nested in them, as far as `members` goes."""
    below = reached_from(lists, lambda level: _union(nested_in(members.get(name, {})) for name in level))
    entries = ((name, entry) for each in below for name, entry in members.get(each, {}).items())
    return {name for name, entry in entries if not is_nested(entry)}


def reached_from(lists: Iterable[str], step: Step) -> frozenset[str]:
    """`lists` and all others that steps from them lead to; a step is taken once from each."""
    found: frozenset[str] = frozenset()
    frontier = frozenset(lists)
    while frontier:
        found |= frontier
        frontier = step(frontier) - found
    return found


def levels_from(name: str, step: Step) -> int:
    """How many levels there are from a list on, itself included; of more than are allowed, only some are counted."""
    level, count = frozenset({name}), 0
    while level and count <= DEEPEST + 1:
        level, count = step(level), count + 1
    return count


def _union(sets: Iterable[frozenset[str]]) -> frozenset[str]:
    return frozenset[str]().union(*sets)
