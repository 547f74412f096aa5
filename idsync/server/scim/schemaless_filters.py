"""Filters in the path of a PATCH, held against values that no schema describes; the library's own need a schema."""

from collections.abc import Mapping
from operator import ge, gt, le, lt
from typing import Any

from scim2_models.path import (
    AttrPath,
    CompareOperator,
    Comparison,
    FilterNode,
    FilterVisitor,
    LogicalExpr,
    LogicalOperator,
    Not,
    Present,
    ValuePath,
)

_OF_TEXTS = {
    CompareOperator.co: str.__contains__,
    CompareOperator.sw: str.startswith,
    CompareOperator.ew: str.endswith,
}
_ORDERS = {CompareOperator.gt: gt, CompareOperator.ge: ge, CompareOperator.lt: lt, CompareOperator.le: le}


def matches(chosen: FilterNode, entry: Any) -> bool:
    """Whether a filter chooses an entry of a list; one without parts is its own `value`."""
    return _Held(entry).visit(chosen)


def has_parts(entry: Any, parts: Mapping[str, Any]) -> bool:
    """Whether an entry has each of these parts, and with these values."""
    held = _Held(entry)
    return all(_compares(held.part(name), CompareOperator.eq, value) for name, value in parts.items())


def described(chosen: FilterNode) -> dict[str, Any] | None:
    """The parts of an entry that a filter chooses, where it says what each is equal to; else None."""
    is_all = isinstance(chosen, LogicalExpr) and chosen.op is LogicalOperator.and_
    terms = chosen.terms if isinstance(chosen, LogicalExpr) and is_all else (chosen,)
    parts = {}
    for each in terms:
        if not isinstance(each, Comparison) or each.op is not CompareOperator.eq or each.attr_path.sub_attr:
            return None
        parts[each.attr_path.attr] = each.value
    return parts


def spelled(parts: Mapping[str, Any], name: str) -> str:
    """The name as an object has it, in whatever case."""
    folded = name.casefold()
    return name if name in parts else next((each for each in parts if each.casefold() == folded), name)


class _Held(FilterVisitor[bool]):
    """A filter held against one entry."""

    def __init__(self, entry: Any) -> None:
        self._entry = entry

    def visit_comparison(self, node: Comparison) -> bool:
        """Whether a part compares so; of one with many values any of them, and for `ne` all."""
        there = self._at(node.attr_path)
        found = (_compares(each, node.op, node.value) for each in (there if isinstance(there, list) else [there]))
        return all(found) if node.op is CompareOperator.ne else any(found)

    def visit_present(self, node: Present) -> bool:
        """Whether there is such a part."""
        return self._at(node.attr_path) not in (None, "", [], {})

    def visit_not(self, node: Not) -> bool:
        """Whether it is otherwise."""
        return not self.visit(node.expr)

    def visit_logical_expr(self, node: LogicalExpr) -> bool:
        """Whether all, or any, of it is so."""
        found = (self.visit(each) for each in node.terms)
        return all(found) if node.op is LogicalOperator.and_ else any(found)

    def visit_value_path(self, node: ValuePath) -> bool:
        """No filter stands within another."""
        del node
        return False

    def part(self, name: str) -> Any:
        """The value of a part."""
        return _part(self._entry if isinstance(self._entry, dict) else {"value": self._entry}, name)

    def _at(self, path: AttrPath) -> Any:
        found = self.part(path.attr)
        return found if path.sub_attr is None else _part(found, path.sub_attr)


def _part(parts: Any, name: str) -> Any:
    return parts.get(spelled(parts, name)) if isinstance(parts, dict) else None


def _compares(there: Any, operator: CompareOperator, wanted: Any) -> bool:
    """Whether two values compare so; texts regardless of case, and values of two kinds never, but for `ne`."""
    there, wanted = (each.casefold() if isinstance(each, str) else each for each in (there, wanted))
    are_alike = _kind(there) is _kind(wanted)
    if operator in (CompareOperator.eq, CompareOperator.ne):
        return (are_alike and there == wanted) is (operator is CompareOperator.eq)
    if not are_alike or _kind(there) not in (str, float):
        return False
    if operator in _ORDERS:
        return bool(_ORDERS[operator](there, wanted))
    return isinstance(there, str) and bool(_OF_TEXTS[operator](there, wanted))


def _kind(value: Any) -> type:
    return float if type(value) is int else type(value)
