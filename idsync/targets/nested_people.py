"""Who is in a list by lists that are nested in it: from the list down where all of it is seen, else from people up."""

from collections import defaultdict
from collections.abc import Collection, Mapping
from datetime import datetime

from idsync.model.directory import Members, Names
from idsync.model.nesting import DEEPEST, is_nested, levels_from
from idsync.model.resources import Membership
from idsync.model.times import is_past
from idsync.targets.protocol import DirectoryReader

_NOBODY: frozenset[str] = frozenset()
_NO_MEMBERS: Members = {}


class NestedPeople:
    """Looks through lists in lists of one directory, at a time: a membership that has ended leads nowhere."""

    def __init__(self, target: DirectoryReader, now: datetime) -> None:
        self._target = target
        self._now = now
        self._members: dict[str, Members] = {}

    def below(self, name: str, members: Members) -> frozenset[str] | None:
        """Names of the people in the lists nested in one that has these `members`; None where these contain each other,
        or there are more levels than a directory allows.
        """
        self._members[name] = members
        if levels_from(name, self._children) > DEEPEST:
            return None
        people, level = set[str](), self._children(frozenset({name}))
        while level:
            for each in level:
                people.update(one for one, entry in self._members[each].items() if self._counts(entry, nested=False))
            level = self._children(level)
        return frozenset(people)

    def above(self, people: Collection[str]) -> Mapping[str, frozenset[str]]:
        """By list, those of these people who are in it by lists that are nested in it."""
        level: dict[str, set[str]] = {
            name: {one for one, entry in entries.items() if self._counts(entry, nested=False)}
            for name, entries in self._target.memberships(people).items()
        }
        found: dict[str, set[str]] = defaultdict(set)
        for _ in range(DEEPEST):
            outer: dict[str, set[str]] = defaultdict(set)
            for name, entries in self._target.memberships(level.keys()).items() if level else ():
                for child, entry in entries.items():
                    if child in level and self._counts(entry, nested=True):
                        outer[name] |= level[child] - found[name]
            level = {name: inside for name, inside in outer.items() if inside}
            for name, inside in level.items():
                found[name] |= inside
        return {name: frozenset(inside) for name, inside in found.items()}

    def _children(self, lists: frozenset[str]) -> frozenset[str]:
        """The lists that are nested in these directly; what they have in them is read, too."""
        entries = (each for name in lists for each in self._members[name].items())
        children = frozenset(name for name, entry in entries if self._counts(entry, nested=True))
        unread = children - self._members.keys()
        if unread:
            found = self._target.state(Names(_NOBODY, unread)).members
            self._members.update({name: found.get(name, _NO_MEMBERS) for name in unread})
        return children

    def _counts(self, entry: Membership, *, nested: bool) -> bool:
        return is_nested(entry) is nested and not is_past(entry.expires, self._now)
