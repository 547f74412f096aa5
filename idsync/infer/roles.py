"""Which rules would give people the roles that they have: the fewest groups and trait values that cover each role."""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence

import msgspec

_WORDS = re.compile(r"[^\W_]+")
MAX_RULES = 25
"""A role that needs more rules than this is not explained by them."""


class Person(msgspec.Struct, frozen=True, gc=False):
    """What a person has (`roles`, in order) and is (`traits` as pairs of name and value, `groups` by name)."""

    name: str
    roles: tuple[str, ...]
    traits: tuple[tuple[str, str], ...]
    groups: tuple[str, ...]


class Mark(msgspec.Struct, frozen=True, order=True):
    """What tells people apart: membership of a group (no trait), or one value of a trait."""

    trait: str
    value: str


class RoleRule(msgspec.Struct, frozen=True):
    """Everyone with the mark has the roles; `people` counts them."""

    mark: Mark
    roles: tuple[str, ...]
    people: int


class RoleRules(msgspec.Struct, frozen=True):
    """Default roles, rules in the order in which they apply, and roles that no rule explains, with their holders."""

    default: tuple[str, ...]
    rules: tuple[RoleRule, ...]
    unexplained: tuple[tuple[str, tuple[str, ...]], ...]


def infer_roles(people: Sequence[Person]) -> RoleRules:
    """Rules under which everyone of `people` has exactly their roles, as far as there are any."""
    default = _common_start([person.roles for person in people])
    rest = {person.name: person.roles[len(default) :] for person in people}
    holders: dict[str, set[str]] = defaultdict(set)
    for name, roles in rest.items():
        for role in roles:
            holders[role].add(name)
    marks = _marks(people)
    by_person: dict[str, list[Mark]] = defaultdict(list)
    for mark, names in marks.items():
        for name in names:
            by_person[name].append(mark)
    variety = Counter(mark.trait for mark in marks if mark.trait)
    covers: list[tuple[str, frozenset[Mark]]] = []
    unexplained = []
    for role in _in_order(rest.values()):
        cover = _cover(role, holders[role], marks, by_person, variety)
        if cover is None:
            unexplained.append((role, tuple(sorted(holders[role]))))
        else:
            covers.append((role, cover))
    people_with = {mark: len(names) for mark, names in marks.items()}
    return RoleRules(default, tuple(_rules(covers, people_with)), tuple(unexplained))


def _common_start(sequences: Sequence[tuple[str, ...]]) -> tuple[str, ...]:
    if not sequences:
        return ()
    shortest = min(sequences, key=len)
    for place, role in enumerate(shortest):
        if any(other[place] != role for other in sequences):
            return shortest[:place]
    return shortest


def _marks(people: Iterable[Person]) -> dict[Mark, set[str]]:
    marks: dict[Mark, set[str]] = defaultdict(set)
    for person in people:
        for group in person.groups:
            marks[Mark("", group)].add(person.name)
        for trait, value in person.traits:
            marks[Mark(trait, value)].add(person.name)
    return marks


def _cover(
    role: str,
    holders: set[str],
    marks: Mapping[Mark, set[str]],
    by_person: Mapping[str, list[Mark]],
    variety: Mapping[str, int],
) -> frozenset[Mark] | None:
    """The fewest marks that only holders have, so that each holder has one; None when there are none, or too many.

    Among equals those win that share words with the role, then groups, then traits with few values.
    """
    counted = Counter(mark for name in holders for mark in by_person[name])
    usable = {mark for mark, count in counted.items() if count == len(marks[mark])}
    missing = set(holders)
    chosen: set[Mark] = set()
    while missing and len(chosen) < MAX_RULES:
        useful = [mark for mark in usable if not marks[mark].isdisjoint(missing)]
        if not useful:
            return None
        gain = {mark: len(marks[mark] & missing) for mark in useful}
        best = min(useful, key=lambda mark: (-gain[mark], -_shared(role, mark), variety[mark.trait], mark))
        chosen.add(best)
        missing -= marks[best]
    return None if missing else frozenset(chosen)


def _shared(role: str, mark: Mark) -> int:
    """How many words role and mark have in common: people name the one after the other."""
    return len(set(_WORDS.findall(role.casefold())) & set(_WORDS.findall(mark.value.casefold())))


def _in_order(sequences: Iterable[tuple[str, ...]]) -> list[str]:
    """All roles, so that each sequence is kept if one order can keep them all; names decide what is left open."""
    before: dict[str, set[str]] = defaultdict(set)
    for sequence in set(sequences):
        for place, role in enumerate(sequence):
            before[role].update(sequence[:place])
    ordered: list[str] = []
    left = set(before)
    while left:
        ready = [role for role in left if not before[role] & left]
        fewest = min(len(before[role] & left) for role in left)
        chosen = min(ready or [role for role in left if len(before[role] & left) == fewest])
        ordered.append(chosen)
        left.discard(chosen)
    return ordered


def _rules(covers: Sequence[tuple[str, frozenset[Mark]]], people_with: Mapping[Mark, int]) -> list[RoleRule]:
    """A rule for each mark of each role; neighbours that look at the same mark become one rule.

    In what order the marks of one role stand makes no difference, so they stand where they have such neighbours.
    """
    rules: list[RoleRule] = []
    for place, (role, cover) in enumerate(covers):
        last = rules[-1].mark if rules else None
        following = covers[place + 1][1] if place + 1 < len(covers) else frozenset[Mark]()
        for mark in sorted(cover, key=lambda mark: (mark != last, mark in following, mark)):
            if rules and rules[-1].mark == mark:
                rules[-1] = RoleRule(mark, (*rules[-1].roles, role), people_with[mark])
            else:
                rules.append(RoleRule(mark, (role,), people_with[mark]))
    return rules
