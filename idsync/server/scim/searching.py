"""What a search asks for: an equality that an index answers, and an order."""

from typing import Any

from scim2_models import Resource, ScimFilter, SearchRequest
from scim2_models.path import CompareOperator, Comparison


def equality(wanted: ScimFilter[Any] | None) -> tuple[str, str] | None:
    """The attribute, in lower case, and the text of a filter that is `attribute eq "text"`."""
    node = None if wanted is None else wanted.ast
    if not isinstance(node, Comparison) or node.op != CompareOperator.eq or not isinstance(node.value, str):
        return None
    return str(node.attr_path).casefold(), node.value


def in_order(found: list[Resource[Any]], request: SearchRequest[Any]) -> list[Resource[Any]]:
    """As the request says; what has no value comes last, and equals stay the oldest first."""
    descending = request.sort_order == SearchRequest.SortOrder.descending
    with_value = [each for each in found if request.sort_value(each) is not None]
    without = [each for each in found if request.sort_value(each) is None]
    return [*sorted(with_value, key=request.sort_value, reverse=descending), *without]
