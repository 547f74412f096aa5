"""Who gets what by which way, counted: from rules and groups by lists to roles."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from typing import Literal

import msgspec

from idsync.render.escape_text import shown
from idsync.render.html.people import name_of
from idsync.render.view.cells import AppName, ListName, Place, Role, Trait, Upstream, plain
from idsync.render.view.view import Group, Outcome, People, Thing

Column = Literal[0, 1, 2]
"""Ways, lists, roles."""
NODES_SHOWN = 9
"""Of each column; what most people come by is shown, the rest is one node."""


class Node(msgspec.Struct, frozen=True):
    """A way, a list or a role, by its label."""

    column: Column
    label: str


class Flow(msgspec.Struct, frozen=True):
    """How many people gain (`+`) or lose (`-`) what is at the end by what is at the beginning."""

    start: Node
    end: Node
    symbol: Literal["+", "-"]
    people: int


def flows_of(groups: Iterable[Group]) -> tuple[Flow, ...]:
    """Every flow of the people, folded where a column would have too many nodes; the broadest first."""
    counts: Counter[tuple[Node, Node, Literal["+", "-"]]] = Counter()
    for group in groups:
        for entry in group.entries:
            for thing in entry.things:
                if thing.symbol in ("+", "-"):
                    for start, end in set(_steps(thing, entry)):
                        counts[start, end, "+" if thing.symbol == "+" else "-"] += len(entry.people)
    folded = _folded(counts)
    flows: Counter[tuple[Node, Node, Literal["+", "-"]]] = Counter()
    for (start, end, symbol), people in counts.items():
        flows[folded.get(start, start), folded.get(end, end), symbol] += people
    made = [Flow(start, end, symbol, people) for (start, end, symbol), people in flows.items()]
    return tuple(sorted(made, key=lambda each: (-each.people, each.start.label, each.end.label, each.symbol)))


def _steps(thing: Thing, entry: People) -> Iterator[tuple[Node, Node]]:
    """The steps from a way, by lists, to what somebody gains or loses in the end."""
    if isinstance(thing.what, ListName):
        here = Node(1, name_of(thing.what))
        yield _way(thing, entry), here
        yield from ((here, Node(2, name_of(each))) for each in thing.brings if isinstance(each, Role | AppName | Trait))
    elif thing.by:
        yield from ((Node(1, name_of(each)), Node(2, name_of(thing.what))) for each in thing.by)
    else:
        yield _way(thing, entry), Node(2, name_of(thing.what))


def _way(thing: Thing, entry: People) -> Node:
    """The rule, group or event by which it comes or goes."""
    if entry.outcome is Outcome.LOSES_ALL:
        return Node(0, "account ends")
    if thing.hand:
        return Node(0, "changed by hand")
    for cause in thing.causes:
        if isinstance(cause, Upstream) and cause.object != "user":
            return Node(0, f"{shown(cause.object)} {shown(cause.name or cause.id)}")
    if isinstance(thing.what, ListName) and thing.what.object:
        return Node(0, f"{shown(thing.what.object)} {shown(thing.what.source or thing.what.name)}")
    for cause in thing.causes:
        if isinstance(cause, Place):
            return Node(0, shown(cause.rule) if cause.rule else plain(Place(cause.file, cause.line)))
    return Node(0, "Okta profile or group")


def _folded(counts: Counter[tuple[Node, Node, Literal["+", "-"]]]) -> dict[Node, Node]:
    """What stands for each node that is not shown by itself."""
    weights: dict[Column, Counter[Node]] = defaultdict(Counter)
    for (start, end, _), people in counts.items():
        weights[start.column][start] += people
        weights[end.column][end] += people
    folded: dict[Node, Node] = {}
    for column, weight in weights.items():
        ordered = sorted(weight, key=lambda node: (-weight[node], node.label))
        rest = ordered[NODES_SHOWN - 1 :] if len(ordered) > NODES_SHOWN else []
        noun = {0: "ways", 1: "lists", 2: "roles"}[column]
        folded |= {node: Node(column, f"… {len(rest):,} other {noun}") for node in rest}
    return folded
