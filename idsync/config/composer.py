"""Composes YAML text into nodes with positions, within limits on depth and on size.

Works on libyaml's event stream, which survives hostile nesting that its own composer does not.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator
from typing import NoReturn, cast

import yaml

from idsync.config.file_codes import (
    DUPLICATE_KEY,
    KEY_NOT_TEXT,
    YAML_ALIAS,
    YAML_MERGE_KEY,
    YAML_SYNTAX,
    YAML_TAG,
    YAML_TOO_DEEP,
    YAML_TOO_MANY_VALUES,
)
from idsync.config.mistakes import Code, Mistakes
from idsync.config.nodes import Entry, Mapping, Node, Scalar, Sequence
from idsync.config.scalars import resolve
from idsync.config.yaml_errors import explained, is_too_deep
from idsync.diagnostics import Position, quoted

MAX_DEPTH = 32
MAX_VALUES = 300_000
_LINE_BREAK = re.compile(r"\r\n|\r|\n")
_TAG_DIRECTIVE = re.compile(r"^%TAG\b", re.MULTILINE)


class Budget:
    """How many values a configuration may still hold; each use of an alias counts in full."""

    def __init__(self, values: int = MAX_VALUES) -> None:
        self.left = values


class _Stop(Exception):
    """Nothing more can be made of this file; the mistake is already noted."""


def compose(text: str, file: str, mistakes: Mistakes, budget: Budget) -> Iterator[Node]:
    """Yield the documents of one file, empty ones left out. Stops at what cannot be understood, noting why."""
    lines = _Lines(text, file)
    if directive := _TAG_DIRECTIVE.search(text):
        mistakes.add(YAML_TAG, lines.at(directive.start()), "a %TAG directive declares tags")
        return
    try:
        yield from _Composer(text, lines, mistakes, budget).documents()
    except _Stop:
        return
    except yaml.YAMLError as refusal:
        slip = explained(refusal, text)
        if is_too_deep(refusal):  # libyaml reads ahead, and newer ones have a limit of their own
            mistakes.add(YAML_TOO_DEEP, lines.at(slip.index), f"values are nested more than {MAX_DEPTH} deep")
            return
        begun = () if slip.begun is None else (lines.at(slip.begun),)
        mistakes.add(YAML_SYNTAX, lines.at(slip.index), slip.summary, fix=slip.fix, related=begun)


class _Lines:
    """Turns libyaml's character indexes into positions as editors count them."""

    def __init__(self, text: str, file: str) -> None:
        self._file = file
        self._starts = [0, *(found.end() for found in _LINE_BREAK.finditer(text))]

    def at(self, index: int) -> Position:
        line = bisect_right(self._starts, index)
        return Position(self._file, line, index - self._starts[line - 1] + 1)


class _Composer:
    """Reads one file's events."""

    def __init__(self, text: str, lines: _Lines, mistakes: Mistakes, budget: Budget) -> None:
        self._events = yaml.parse(text, Loader=yaml.CSafeLoader)
        self._lines = lines
        self._mistakes = mistakes
        self._budget = budget
        self._anchors: dict[str, tuple[Node, int]] = {}

    def documents(self) -> Iterator[Node]:
        """Yield the documents that say something."""
        for event in self._events:
            if isinstance(event, yaml.DocumentStartEvent):
                self._anchors.clear()
                node = self._node(next(self._events), 0)
                if not (isinstance(node, Scalar) and node.value is None):
                    yield node

    def _node(self, event: yaml.Event, depth: int, key: Position | None = None) -> Node:
        """Compose one value. An empty one stands where its key does."""
        position = self._position(event)
        if isinstance(event, yaml.AliasEvent):
            return self._alias(event, position)
        opened = cast("yaml.ScalarEvent | yaml.CollectionStartEvent", event)  # nothing else opens a value
        self._spend(1, position)
        before = self._budget.left
        self._refuse_tag(opened, position)
        node: Node
        match opened:
            case yaml.ScalarEvent():
                node = _scalar(opened, position, key)
            case yaml.SequenceStartEvent():
                node = self._sequence(position, self._deeper(depth, position))
            case _:
                node = self._mapping(position, self._deeper(depth, position))
        if opened.anchor is not None:
            self._anchors[opened.anchor] = (node, before - self._budget.left + 1)
        return node

    def _sequence(self, position: Position, depth: int) -> Sequence:
        items: list[Node] = []
        while not isinstance(event := next(self._events), yaml.SequenceEndEvent):
            items.append(self._node(event, depth, position))
        return Sequence(tuple(items), position)

    def _mapping(self, position: Position, depth: int) -> Mapping:
        entries: dict[str, Entry] = {}
        while not isinstance(event := next(self._events), yaml.MappingEndEvent):
            place = self._position(event)
            key = self._key(event, place, depth)
            value = self._node(next(self._events), depth, place)
            if key is None:
                continue
            if key in entries:
                first = entries[key].key_position
                summary = f"the key {quoted(key)} stands here again"
                self._mistakes.add(DUPLICATE_KEY, place, summary, related=(first,))
            else:
                entries[key] = Entry(place, value)
        return Mapping(entries, position)

    def _key(self, event: yaml.Event, position: Position, depth: int) -> str | None:
        """Read a key as it is written, whatever type it would have as a value."""
        if not isinstance(event, yaml.ScalarEvent):
            self._node(event, depth)
            self._mistakes.add(KEY_NOT_TEXT, position, "this key is not plain text")
            return None
        self._spend(1, position)
        self._refuse_tag(event, position)
        if event.anchor is not None:
            self._anchors[event.anchor] = (_scalar(event, position, None), 1)
        if event.value == "<<" and event.implicit[0]:
            self._mistakes.add(YAML_MERGE_KEY, position, "merge keys are not supported")
            return None
        return event.value

    def _alias(self, event: yaml.AliasEvent, position: Position) -> Node:
        name = event.anchor or ""
        known = self._anchors.get(name)
        if known is None:
            self._stop(YAML_ALIAS, position, f"no completed anchor {quoted('&' + name)} stands before this alias")
        node, size = known
        self._spend(size, position)
        return node

    def _refuse_tag(self, event: yaml.ScalarEvent | yaml.CollectionStartEvent, position: Position) -> None:
        if event.tag is not None:
            self._mistakes.add(YAML_TAG, position, f"the tag {quoted(event.tag)} is not allowed")

    def _deeper(self, depth: int, position: Position) -> int:
        if depth >= MAX_DEPTH:
            self._stop(YAML_TOO_DEEP, position, f"values are nested more than {MAX_DEPTH} deep")
        return depth + 1

    def _spend(self, values: int, position: Position) -> None:
        self._budget.left -= values
        if self._budget.left < 0:
            self._stop(YAML_TOO_MANY_VALUES, position, f"the configuration holds more than {MAX_VALUES} values")

    def _stop(self, code: Code, position: Position, summary: str) -> NoReturn:
        self._mistakes.add(code, position, summary)
        raise _Stop

    def _position(self, event: yaml.Event) -> Position:
        return self._lines.at(event.start_mark.index if event.start_mark else 0)


def _scalar(event: yaml.ScalarEvent, position: Position, key: Position | None) -> Scalar:
    if not event.implicit[0]:
        return Scalar(event.value, position)
    return Scalar(resolve(event.value), position if event.value or key is None else key)
