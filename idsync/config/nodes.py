"""What a YAML document consists of, each value and key with its place; shared where an alias repeats a value."""

from __future__ import annotations

from collections.abc import Iterable
from typing import assert_never

import msgspec

from idsync.diagnostics import Position


class Scalar(msgspec.Struct, frozen=True, eq=False):
    """A single value."""

    value: str | int | float | bool | None
    position: Position


class Entry(msgspec.Struct, frozen=True, eq=False):
    """A key's place, and its value."""

    key_position: Position
    value: Node


class Mapping(msgspec.Struct, frozen=True, eq=False):
    """Keys and values, in the order written."""

    entries: dict[str, Entry]
    position: Position


class Sequence(msgspec.Struct, frozen=True, eq=False):
    """A list."""

    items: tuple[Node, ...]
    position: Position


Node = Scalar | Mapping | Sequence
Plain = str | int | float | bool | None | list["Plain"] | dict[str, "Plain"]


def plain(node: Node) -> Plain:
    """Drop the places."""
    match node:
        case Scalar(value=value):
            return value
        case Mapping(entries=entries):
            return {key: plain(entry.value) for key, entry in entries.items()}
        case Sequence(items=items):
            return [plain(item) for item in items]
        case _:
            assert_never(node)


def child(node: Node, step: str | int) -> Node | None:
    """Return the value under a key, or at an index, if there is one."""
    match node, step:
        case Mapping(entries=entries), str() if step in entries:
            return entries[step].value
        case Sequence(items=items), int() if step < len(items):
            return items[step]
        case _:
            return None


def find(node: Node | None, *steps: str) -> Node | None:
    """Follow keys from a node, as far as they lead."""
    for step in steps:
        node = None if node is None else child(node, step)
    return node


def follow(node: Node, path: Iterable[str | int]) -> Node:
    """Follow a path that is known to exist."""
    for step in path:
        found = child(node, step)
        node = node if found is None else found
    return node


def key_position(node: Node | None, key: str) -> Position | None:
    """Return where a key stands in a mapping."""
    return node.entries[key].key_position if isinstance(node, Mapping) and key in node.entries else None


def items_of(node: Node | None) -> tuple[Node, ...]:
    """Return the items of a list, and nothing for anything else."""
    return node.items if isinstance(node, Sequence) else ()


def entries_of(node: Node | None) -> dict[str, Entry]:
    """Return the entries of a mapping, and nothing for anything else."""
    return node.entries if isinstance(node, Mapping) else {}


def text_of(node: Node | None) -> str | None:
    """Return a scalar's text, and None for anything else."""
    return node.value if isinstance(node, Scalar) and isinstance(node.value, str) else None


def is_true(node: Node | None) -> bool:
    """Tell whether a node is the value true."""
    return isinstance(node, Scalar) and node.value is True
