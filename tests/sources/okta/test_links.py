"""Paging: which address comes next, and how a page is made smaller."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from idsync.sources.okta.links import cursor, next_link, with_halved_limit

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
def test_the_next_page_is_found_however_the_header_is_laid_out(headers):
    assert next_link(headers) == f"{BASE}?after=x,y&limit=200"


@pytest.mark.parametrize(
    "headers", [[], [f'<{BASE}>; rel="self"'], [""], ["<"], [f"{BASE}; rel=next"], [f'<{BASE}>; title="rel=next"']]
)
def test_without_a_next_relation_there_is_no_next_page(headers):
    assert next_link(headers) is None


@given(st.lists(st.text(max_size=80), max_size=4))
def test_any_header_is_read_without_an_error(headers):
    assert next_link(headers) is None or any(next_link(headers) in header for header in headers)


@pytest.mark.parametrize(("limit", "halved"), [(500, 250), (200, 100), (50, 25), (30, 20), (20, 20), (10, 10), (1, 1)])
def test_a_page_is_halved_down_to_a_floor_and_its_cursor_kept(limit, halved):
    url = f"{BASE}?after=00g%2Fx%3D&limit={limit}&expand=user"
    assert with_halved_limit(url) == f"{BASE}?after=00g%2Fx%3D&limit={halved}&expand=user"


def test_an_address_without_a_limit_stays():
    assert with_halved_limit(f"{BASE}?after=unlimit=200") == f"{BASE}?after=unlimit=200"


def test_pages_are_told_apart_by_cursor_and_not_by_size():
    assert cursor(f"{BASE}?after=x&limit=200") == cursor(f"{BASE}?limit=100&after=x")
    assert cursor(f"{BASE}?after=x&limit=200") != cursor(f"{BASE}?after=y&limit=200")
    assert cursor(f"{BASE}?limit=200") != cursor(f"{BASE}?limit=100")
