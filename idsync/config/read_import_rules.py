"""Reads ImportRules documents: labels for imported apps and groups."""

from __future__ import annotations

from collections.abc import Iterable

from idsync.config.codes import RESERVED_LABEL
from idsync.config.mistakes import Mistakes
from idsync.config.nodes import Node, Scalar, entries_of, find, items_of
from idsync.config.patterns import NamePattern
from idsync.config.settings import ImportRule, LabelTemplate, NamedId
from idsync.config.values import parse_text_template, read_patterns, read_texts
from idsync.diagnostics import quoted
from idsync.model.plain_resources import is_kept_label


def read_import_rules(documents: Iterable[Node], mistakes: Mistakes) -> tuple[ImportRule, ...]:
    """Read ImportRules documents: the rules by priority, the highest first, equals in the order in which they stand."""
    rules = [_rule(node, mistakes) for document in documents for node in items_of(find(document, "spec", "rules"))]
    return tuple(sorted(rules, key=lambda rule: -rule.priority))


def _rule(node: Node, mistakes: Mistakes) -> ImportRule:
    apps, groups = read_patterns(find(node, "apps"), mistakes), read_patterns(find(node, "groups"), mistakes)
    app_ids, group_ids = _ids(find(node, "app_ids")), _ids(find(node, "group_ids"))
    captures = _captures((*apps, *groups), by_id=bool(app_ids or group_ids))
    labels = []
    for name, entry in sorted(entries_of(find(node, "labels")).items()):
        if is_kept_label(name):
            mistakes.add(RESERVED_LABEL, entry.key_position, f"no rule may set the label {quoted(name)}")
        match entry.value:
            case Scalar(value=str() as text):
                value = parse_text_template(text, captures, entry.value.position, mistakes)
                labels += [] if value is None else [LabelTemplate(name, value)]
    return ImportRule(_priority(find(node, "priority")), tuple(labels), node.position, apps, groups, app_ids, group_ids)


def _captures(patterns: tuple[NamePattern, ...], *, by_id: bool) -> int:
    """How many captures every way into the rule has: an id has none."""
    return 0 if by_id or not patterns else min(pattern.captures for pattern in patterns)


def _ids(node: Node | None) -> tuple[NamedId, ...]:
    return tuple(NamedId(text, place) for text, place in read_texts(node))


def _priority(node: Node | None) -> int:
    match node:
        case Scalar(value=int() as number) if not isinstance(number, bool):
            return number
        case _:
            return 0
