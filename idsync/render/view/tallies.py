"""The roll-up of a plan: how many people gain and lose each role, trait and list, and why."""

from collections import defaultdict
from collections.abc import Iterable, Sequence

from idsync.plan.changes import Access, Plan
from idsync.plan.effective import Key
from idsync.render.view.cells import Place, Upstream
from idsync.render.view.made import MadeWhenRead
from idsync.render.view.things import OWN_ROUTE, Things
from idsync.render.view.undescribed import gained_by
from idsync.render.view.view import Symbol, Tally, Thing

LIST = "access_list"


class _Count:
    """One role, trait or list as it is counted."""

    def __init__(self) -> None:
        self.gain = 0
        self.lose = 0
        self.seen: dict[int, Thing] = {}
        self.routes: set[str] = set()

    @property
    def weight(self) -> tuple[int, bool, int]:
        """What most people lose comes first, then what somebody's edit gives, then what most people gain."""
        return -self.lose, not self.is_edit, -self.gain

    @property
    def is_edit(self) -> bool:
        """Whether the configuration decides it for anybody."""
        return any(thing.edit for thing in self.seen.values())

    @property
    def is_by_hand(self) -> bool:
        """Whether a person gave or took it in the directory, for all whom it concerns."""
        return all(thing.hand for thing in self.seen.values()) and bool(self.seen)


def tallies_of(plan: Plan, things: Things, undescribed: frozenset[str]) -> Sequence[Tally]:
    """What most people lose first, then what most people gain; what a list alone brings is said of that list.

    Newcomers who are `undescribed` are counted by the changes that are made for them.
    """
    counts: dict[Key, _Count] = defaultdict(_Count)
    for delta in plan.access_delta:
        if delta.target or delta.person not in undescribed:
            _count(counts, "-", delta.loses, things)
            _count(counts, "+", delta.gains, things)
    for key, (people, routes) in gained_by(plan, undescribed).items():
        counts[key].gain += people
        counts[key].routes |= routes
    brought: dict[Key, list[Key]] = defaultdict(list)
    for key, count in counts.items():
        holder = _holder(key, count, counts)
        if holder is not None:
            brought[holder].append(key)
    said = {key for keys in brought.values() for key in keys}
    told = sorted((key for key in counts if key not in said), key=lambda key: counts[key].weight)
    return MadeWhenRead(told, lambda key: _tally(key, counts[key], things, brought.get(key, ())))


def _count(counts: dict[Key, _Count], symbol: Symbol, some: Iterable[Access], things: Things) -> None:
    for access in some:
        count = counts[access.kind, access.name]
        if symbol == "+":
            count.gain += 1
        else:
            count.lose += 1
        thing = things.of(symbol, access)
        if id(thing) not in count.seen:
            count.seen[id(thing)] = thing
            count.routes.update(access.via)


def _holder(key: Key, count: _Count, counts: dict[Key, _Count]) -> Key | None:
    """The list that alone brings this, to all whom it concerns, and nobody else."""
    if key[0] == LIST or len(count.routes) != 1:
        return None
    (route,) = count.routes
    holder = counts.get((LIST, route)) if route != OWN_ROUTE else None
    return (LIST, route) if holder and (holder.gain, holder.lose) == (count.gain, count.lose) else None


def _tally(key: Key, count: _Count, things: Things, brought: Iterable[Key]) -> Tally:
    seen = count.seen.values()
    causes: dict[Place | Upstream, None] = dict.fromkeys(cause for thing in seen for cause in thing.causes)
    return Tally(
        things.cell(*key),
        count.gain,
        count.lose,
        tuple(causes),
        count.is_edit,
        tuple(things.cell(*each) for each in brought),
        count.is_by_hand,
    )
