"""Filters held against values that no schema describes."""

from typing import Any

import pytest
from scim2_models.path import FilterNode, Path

from idsync.server.scim.schemaless_filters import described, matches

DOOR: dict[str, Any] = {"Type": "Door", "n": 7, "on": True, "none": None, "in": {"a": "x"}, "all": ["x", "y"], "no": []}


def chosen(text: str) -> FilterNode:
    """The filter in a path."""
    found = Path(f"badges[{text}]").value_filter
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("text", "is_so"),
    [
        ('type eq "DOOR"', True),
        ('type ne "door"', False),
        ('type co "oo"', True),
        ('type sw "do"', True),
        ('type ew "do"', False),
        ('type gt "car"', True),
        ('type le "car"', False),
        ("n eq 7.0", True),
        ("n lt 8", True),
        ("n ge 8", False),
        ('n eq "7"', False),
        ('n co "7"', False),
        ("n gt null", False),
        ("on eq true", True),
        ("on eq 1", False),
        ("on gt false", False),
        ("none eq null", True),
        ("other eq null", True),
        ("other ne 7", True),
        ("none pr", False),
        ("no pr", False),
        ("n pr", True),
        ('in.A eq "x"', True),
        ('n.a eq "x"', False),
        ('all eq "y"', True),
        ('all ne "y"', False),
        ('not (n eq 7) or type eq "door"', True),
        ('n eq 7 and type eq "gate"', False),
        ("value eq 7", False),
    ],
)
def test_a_filter_chooses_entries(text: str, is_so: bool) -> None:
    assert matches(chosen(text), DOOR) is is_so


def test_an_entry_without_parts_is_its_own_value() -> None:
    assert matches(chosen("VALUE gt 6"), 7)
    assert not matches(chosen("n pr"), 7)


def test_a_filter_describes_an_entry_where_it_says_all_of_it() -> None:
    assert described(chosen('type eq "door" and n eq 7')) == {"type": "door", "n": 7}
    assert described(chosen("n eq 7")) == {"n": 7}
    for text in ("n gt 7", "n eq 7 or n eq 8", "in.a eq 7", "n eq 7 and not (m eq 7)"):
        assert described(chosen(text)) is None
