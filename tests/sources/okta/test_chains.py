"""Chains of pages: how a listing may end, and how it may not."""

import httpx
import pytest

from idsync.errors import SourceError
from tests.sources.okta.answers import ORG, ROW, Okta, page

USERS = f"{ORG}/api/v1/apps/0oa1/users?expand=user&limit=500"


def rows(first: int, count: int) -> list[object]:
    names = range(first, first + count)
    return [{**ROW, "id": f"00u{number}", "credentials": {"userName": f"p{number}"}} for number in names]


def chain(*pages: tuple[int, int, str | None]) -> Okta:
    """An app whose pages hold so many rows from a first one on, and name this cursor as the next."""

    def answer(request: httpx.Request) -> httpx.Response:
        place = int(request.url.params.get("after", "0").split(".")[0])
        first, count, following = pages[place]
        link = {} if following is None else {"link": f'<{USERS}&after={following}>; rel="next"'}
        return page(*rows(first, count), **(link or {"link": f'<{USERS}>; rel="self"'}))

    return Okta(users=answer)


@pytest.mark.parametrize(
    ("pages", "people"),
    [
        ([(0, 500, "1"), (500, 20, None)], 520),
        ([(0, 500, "1"), (500, 20, "1")], 520),  # a short page that names itself: Okta has done so on the last one
        ([(0, 20, "1"), (20, 30, "2"), (50, 1, None)], 51),  # short pages in the middle
        ([(0, 500, "1"), (0, 0, "2"), (500, 9, None)], 500),  # an empty page ends it, whatever comes after
        ([(0, 500, "1"), (480, 40, "1")], 520),  # rows that come twice
    ],
)
def test_r25_a_listing_that_ends_as_okta_ends_one_is_read_whole(
    pages: list[tuple[int, int, str | None]], people: int
) -> None:
    assert len(chain(*pages).source().read().snapshot.users) == people


@pytest.mark.parametrize(
    "pages",
    [
        [(0, 500, "1"), (0, 500, "1")],  # a cache on the way answers the second page with the first
        [(0, 500, "1"), (0, 500, "2"), (500, 500, None)],  # nothing new, and a new cursor
        [(0, 500, "1"), (500, 500, "2"), (1000, 500, "1")],  # a → b → a
        [(0, 500, "1"), (490, 30, "0.x")],  # back to the first page under another name
        [(0, 500, "1"), (500, 500, "1")],  # full, new, and names itself
        [(0, 200, "1"), (0, 200, "1")],  # the same, where fewer rows are served than were asked for
    ],
)
def test_r25_full_pages_in_a_circle_are_a_broken_chain(pages: list[tuple[int, int, str | None]]) -> None:
    with pytest.raises(SourceError, match="go in a circle"):
        chain(*pages).source().read()
