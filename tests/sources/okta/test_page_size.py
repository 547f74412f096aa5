"""How large a page may be: what failed is learned once, and forgotten slowly."""

import math

from idsync.sources.okta.links import with_limit
from idsync.sources.okta.page_size import _GROWTH, PageSizes

BASE = "https://enzos-pizza.okta.com/api/v1/groups"


def test_a_size_that_is_served_after_larger_ones_failed_holds_for_its_bucket():
    pages = PageSizes()
    assert pages.largest("groups") == math.inf
    pages.served("groups", 50, 200)
    pages.served("groups", 100, 200)  # somebody who began before that
    assert (pages.largest("groups"), pages.largest("apps")) == (50, math.inf)


def test_pages_grow_again_after_a_calm_while_until_every_listing_has_its_own_size():
    pages = PageSizes()
    pages.served("groups", 50, 200)
    for size in (50, 100, 200, 400):
        assert pages.largest("groups") == size
        for _ in range(_GROWTH):
            assert pages.largest("groups") == size
            pages.served("groups", min(size, 200), min(size, 200))
    assert pages.largest("groups") == 400


def test_a_page_is_capped_and_its_cursor_kept():
    assert with_limit(f"{BASE}?after=x&limit=200&expand=user", 50) == f"{BASE}?after=x&limit=50&expand=user"
    for most in (200, 400, math.inf):
        assert with_limit(f"{BASE}?limit=200", most) == f"{BASE}?limit=200"
    assert with_limit(BASE, 50) == BASE
