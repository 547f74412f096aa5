"""Flows of access as a picture: three columns of nodes, and between them bands as broad as people are many."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from html import escape

import msgspec

from idsync.render.html.flows import Column, Flow, Node
from idsync.render.phrases import counted

WIDTH, BAR, GAP, TOP = 960, 10, 14, 34
_LEFT: dict[Column, int] = {0: 4, 1: 400, 2: 780}
_HEIGHT = 300
"""What the bands of the fullest column take together."""
_THINNEST = 1.0
_LEAST = 18
"""The height of a node, so that its label has room."""
_LABELS: dict[Column, int] = {0: 34, 1: 34, 2: 22}
"""So many characters of a label have room."""
_TITLES: dict[Column, str] = {0: "Rule or group", 1: "List", 2: "Role"}


class _Box(msgspec.Struct):
    """Where a node stands, and how much of each of its sides is taken by bands."""

    top: float
    height: float
    used_left: float = 0
    used_right: float = 0


def picture(flows: Sequence[Flow]) -> str:
    """The picture as SVG, with a description for who cannot see it; nothing where nothing flows."""
    if not flows:
        return ""
    scale = _HEIGHT / max(*_totals(flows).values(), 1)
    boxes = _boxes(flows, scale)
    height = max(box.top + box.height for box in boxes.values()) + 8
    bands = "".join(_band(flow, boxes, scale) for flow in flows)
    nodes = "".join(_node(node, box) for node, box in boxes.items())
    columns = sorted({node.column for node in boxes})
    titles = "".join(f'<text class="title" x="{_LEFT[each]}" y="18">{_TITLES[each]}</text>' for each in columns)
    told = escape("; ".join(map(_said, flows[:5])))
    return (
        f'<svg viewBox="0 0 {WIDTH} {height:.0f}" role="img" aria-labelledby="picture-title picture-told">'
        '<title id="picture-title">Who gets what by which way</title>'
        f'<desc id="picture-told">{told}.</desc>'
        f"{titles}{bands}{nodes}</svg>"
    )


def _totals(flows: Iterable[Flow]) -> dict[Column, int]:
    """How many people pass each column, on its busier side."""
    weights = _weights(flows)
    totals: dict[Column, int] = defaultdict(int)
    for node, (inward, outward) in weights.items():
        totals[node.column] += max(inward, outward)
    return totals


def _weights(flows: Iterable[Flow]) -> dict[Node, tuple[int, int]]:
    weights: dict[Node, tuple[int, int]] = {}
    for flow in flows:
        inward, outward = weights.get(flow.start, (0, 0))
        weights[flow.start] = (inward, outward + flow.people)
        inward, outward = weights.get(flow.end, (0, 0))
        weights[flow.end] = (inward + flow.people, outward)
    return weights


def _boxes(flows: Sequence[Flow], scale: float) -> dict[Node, _Box]:
    """A place for each node, the busiest of each column on top."""
    weights = _weights(flows)
    tops: dict[Column, float] = defaultdict(lambda: TOP)
    boxes: dict[Node, _Box] = {}
    for node in sorted(weights, key=lambda each: (each.label.startswith("…"), -max(weights[each]), each.label)):
        height = max(max(weights[node]) * scale, _LEAST)
        boxes[node] = _Box(tops[node.column], height)
        tops[node.column] += height + GAP
    return boxes


def _band(flow: Flow, boxes: dict[Node, _Box], scale: float) -> str:
    start, end = boxes[flow.start], boxes[flow.end]
    breadth = flow.people * scale
    y1, y2 = start.top + start.used_right + breadth / 2, end.top + end.used_left + breadth / 2
    start.used_right += breadth
    end.used_left += breadth
    x1, x2 = _LEFT[flow.start.column] + BAR, _LEFT[flow.end.column]
    middle = (x1 + x2) / 2
    curve = f"M{x1} {y1:.1f}C{middle:.0f} {y1:.1f} {middle:.0f} {y2:.1f} {x2} {y2:.1f}"
    name = "gain" if flow.symbol == "+" else "lose"
    told = f"<title>{escape(_said(flow))}</title>"
    return f'<path class="band {name}" d="{curve}" stroke-width="{max(breadth, _THINNEST):.1f}">{told}</path>'


def _node(node: Node, box: _Box) -> str:
    left = _LEFT[node.column]
    room = _LABELS[node.column]
    label = node.label if len(node.label) <= room else f"{node.label[: room - 1]}…"
    y = box.top + min(box.height / 2, 40) + 5
    return (
        f'<g><title>{escape(node.label)}</title><rect x="{left}" y="{box.top:.1f}" width="{BAR}"'
        f' height="{box.height:.1f}"/><text x="{left + BAR + 6}" y="{y:.1f}">{escape(label)}</text></g>'
    )


def _said(flow: Flow) -> str:
    verb = ("gains", "gain") if flow.symbol == "+" else ("loses", "lose")
    people = counted(flow.people, f"person {verb[0]}", f"people {verb[1]}")
    return f"{people} {flow.end.label} by {flow.start.label}"
