"""What guards count of a plan, told of its parts: each person and object is counted once, with the first part of it."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from collections.abc import Set as AbstractSet

from idsync.model.addresses import Address
from idsync.plan.changes import Change
from idsync.plan.guards import BURST, GAINS, LOSSES, Taken, counted


class CountedOnce:
    """What a plan takes and gives, of which parts are made one after another; `left` is what is still to come."""

    def __init__(self, taken: Taken) -> None:
        """`taken` is what all of the plan takes."""
        self.left = Counter(taken.counts)
        self._lost: set[str] = set()
        self._gained: set[str] = set()
        self.takes(taken)

    def takes(self, taken: Taken) -> None:
        """What is still to come takes this; who lost or gained by what was made is not counted again."""
        self._standing = taken.standing
        self._losing = _by_address({person: taken.losses.taking([person]) for person in taken.losses.people})
        gains = taken.gains
        self._gaining = _by_address({person: gains.giving([person]) for person in gains.people} if gains else {})

    def of(self, changes: Iterable[Change]) -> dict[str, int]:
        """What guards count of these changes, by guard; what does not count is left out."""
        counts = Counter[str]()
        lost: set[str] = set()
        gained: set[str] = set()
        for change in changes:
            guard, number = counted(change, self._standing)
            counts[guard] += number
            lost |= self._losing.get(change.address, set())
            gained |= self._gaining.get(change.address, set())
        counts[LOSSES] = len(lost - self._lost)
        counts[GAINS] = len(gained - self._gained)
        counts[BURST] = counts["user_locks"]
        return {guard: count for guard, count in counts.items() if count > 0}

    def made(self, changes: Iterable[Change]) -> None:
        """These changes were made: they are not counted again."""
        changes = tuple(changes)
        self.left -= Counter(self.of(changes))
        for change in changes:
            self._lost |= self._losing.get(change.address, set())
            self._gained |= self._gaining.get(change.address, set())


def _by_address(addresses: Mapping[str, AbstractSet[Address]]) -> dict[Address, set[str]]:
    people: dict[Address, set[str]] = defaultdict(set)
    for person, each in addresses.items():
        for address in each:
            people[address].add(person)
    return dict(people)
