"""Paging: which address comes next, and how a page is made smaller."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from idsync.okta.links import cursor, limit_of, next_link

BASE = "https://enzos-pizza.okta.com/api/v1/groups"


@pytest.mark.parametrize(
    "headers",
    [
        [f'<{BASE}?limit=200>; rel="self"', f'<{BASE}?after=x,y&limit=200>; rel="next"'],
        [f'<{BASE}?limit=200>; rel="self", <{BASE}?after=x,y&limit=200>; rel="next"'],
        [f"<{BASE}?after=x,y&limit=200>;rel=next"],
        [f'<{BASE}?after=x,y&limit=200>; title="a"; REL = "prefetch next"'],
    ],
)
def test_the_next_page_is_found_however_the_header_is_laid_out(headers: list[str]) -> None:
    assert next_link(headers) == f"{BASE}?after=x,y&limit=200"


@pytest.mark.parametrize(
    "headers", [[], [f'<{BASE}>; rel="self"'], [""], ["<"], [f"{BASE}; rel=next"], [f'<{BASE}>; title="rel=next"']]
)
def test_without_a_next_relation_there_is_no_next_page(headers: list[str]) -> None:
    assert next_link(headers) is None


@given(st.lists(st.text(max_size=80), max_size=4))
def test_any_header_is_read_without_an_error(headers: list[str]) -> None:
    found = next_link(headers)
    assert found is None or any(found in header for header in headers)


@pytest.mark.parametrize(
    ("url", "limit"),
    [
        (f"{BASE}?after=unlimit=200", math.inf),
        (BASE, math.inf),
        (f"{BASE}?limit=200", 200),
        (f"{BASE}?a=b&limit=7&c=d", 7),
    ],
)
def test_the_limit_of_an_address_is_that_of_its_parameter(url: str, limit: float) -> None:
    assert limit_of(url) == limit


def test_pages_are_told_apart_by_cursor_and_not_by_size() -> None:
    assert cursor(f"{BASE}?after=x&limit=200") == cursor(f"{BASE}?limit=100&after=x")
    assert cursor(f"{BASE}?after=x&limit=200") != cursor(f"{BASE}?after=y&limit=200")
    assert cursor(f"{BASE}?limit=200") != cursor(f"{BASE}?limit=100")
