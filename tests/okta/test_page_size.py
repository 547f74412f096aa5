"""How large a page may be: what failed is learned once for each kind of listing, and tried once more."""

import math

import pytest

from idsync.okta.links import with_limit
from idsync.okta.page_size import _SECOND_TRY, PageSizes, smaller

BASE = "https://enzos-pizza.okta.com/api/v1/groups"


@pytest.mark.parametrize(
    ("size", "expected"), [(1000, 200), (500, 200), (200, 100), (50, 25), (30, 20), (20, 20), (10, 10), (1, 1)]
)
def test_a_page_that_fails_is_made_as_small_as_okta_advises_and_then_halved_down_to_a_floor(
    size: int, expected: int
) -> None:
    assert smaller(size) == expected


def test_a_size_that_failed_is_not_asked_for_again_in_its_kind_of_listing() -> None:
    pages = PageSizes()
    assert pages.largest("members") == math.inf
    pages.failed("members", 1000)
    pages.failed("members", 1000)  # of a thread that had asked before that
    assert (pages.largest("members"), pages.largest("groups")) == (200, math.inf)
    pages.failed("members", 200)
    assert pages.largest("members") == 100


def test_a_size_is_asked_for_once_more_after_a_while_and_never_again_when_it_fails_again() -> None:
    pages = PageSizes()
    pages.failed("members", 1000)
    _serve(pages, 200, _SECOND_TRY - 1)
    assert pages.largest("members") == 200
    _serve(pages, 200, 1)
    assert pages.largest("members") == 1000
    pages.failed("members", 1000)
    _serve(pages, 200, 10 * _SECOND_TRY)
    assert pages.largest("members") == 200


def test_a_size_that_fails_again_takes_the_larger_ones_with_it() -> None:
    pages = PageSizes()
    pages.failed("members", 1000)
    pages.failed("members", 200)
    _serve(pages, 100, _SECOND_TRY)
    pages.failed("members", 200)
    _serve(pages, 100, 10 * _SECOND_TRY)
    assert pages.largest("members") == 100


def test_pages_grow_again_step_by_step_after_a_failure_that_passed() -> None:
    pages = PageSizes()
    for size in (1000, 200, 100):
        pages.failed("members", size)
    for size in (50, 100, 200):
        assert pages.largest("members") == size
        _serve(pages, size, _SECOND_TRY)
    assert pages.largest("members") == 1000


def test_pages_of_another_size_say_nothing_of_the_size_that_is_tried() -> None:
    pages = PageSizes()
    pages.failed("members", 1000)
    _serve(pages, 50, 10 * _SECOND_TRY)
    assert pages.largest("members") == 200


@pytest.mark.parametrize("most", [200, 400, math.inf])
def test_an_address_that_asks_for_no_more_stays_as_it_is(most: float) -> None:
    assert with_limit(f"{BASE}?limit=200", most) == f"{BASE}?limit=200"


def test_a_page_is_capped_and_its_cursor_kept() -> None:
    assert with_limit(f"{BASE}?after=x&limit=200&expand=user", 50) == f"{BASE}?after=x&limit=50&expand=user"
    assert with_limit(BASE, 50) == BASE


def _serve(pages: PageSizes, size: float, times: int) -> None:
    for _ in range(times):
        pages.served("members", size)
