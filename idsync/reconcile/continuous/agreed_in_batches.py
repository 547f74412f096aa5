"""What both sides agree on with each batch of a plan: of people whose membership it changes, and of the rest."""

from collections import defaultdict
from collections.abc import Iterable, Mapping

from msgspec.structs import replace

from idsync.model.addresses import split_address
from idsync.plan.changes import AccessListChange, BothSides, Change

Sides = dict[str, BothSides | None]


class AgreedInBatches:
    """Parts what a plan says that both sides agree on, so that nobody is agreed on before their membership is made.

    Of a list that batches change, whom nothing changes are agreed on with the first of these, so that it is not agreed
    on in part; of the other lists, at the end.
    """

    def __init__(self, both_ways: Mapping[str, BothSides | None], changes: Iterable[Change]) -> None:
        """`changes` are all that the batches make."""
        self._left: Sides = dict(both_ways)
        self._named: dict[str, set[str]] = defaultdict(set)
        for name, people in _people(changes):
            self._named[name] |= people

    def of(self, changes: Iterable[Change]) -> Sides:
        """What is agreed on with a batch of these changes."""
        found: Sides = {}
        for name, people in _people(changes):
            sides = self._left.get(name)
            if sides is None:
                found |= {name: None} if name in self._left else {}
            else:
                later = self._named[name] - people
                found[name] = replace(sides, joins=_but(sides.joins, later), leaves=_but(sides.leaves, later))
        return found

    def made(self, sides: Sides) -> None:
        """This was agreed on: the rest is what is left."""
        for name, each in sides.items():
            left = self._left.get(name)
            if each is not None and left is not None:
                joins = {person: here for person, here in left.joins.items() if person not in each.joins}
                leaves = {person: here for person, here in left.leaves.items() if person not in each.leaves}
                self._left[name] = replace(left, joins=joins, leaves=leaves)

    def rest(self) -> Sides:
        """What is agreed on at the end."""
        return {name: each for name, each in self._left.items() if each is None or name not in self._named}


def _people(changes: Iterable[Change]) -> Iterable[tuple[str, set[str]]]:
    for change in changes:
        if isinstance(change, AccessListChange):
            yield split_address(change.address)[1], {*change.members_added, *change.members_removed}


def _but(people: Mapping[str, str], names: set[str]) -> dict[str, str]:
    return {person: here for person, here in people.items() if here not in names}
