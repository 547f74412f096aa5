"""A small client for the tests: requests to a running simulator, and listings read page by page."""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

import httpx

from tests.okta_simulator import Simulator, running
from tests.okta_simulator.errors import OktaError

_MAXIMUM_PAGES = 500
_Result = TypeVar("_Result")


class Reader:
    """Calls a simulator as its super admin (`client`) or as nobody (`stranger`)."""

    def __init__(self, simulator: Simulator, base_url: str) -> None:
        self.simulator = simulator
        headers = {"authorization": f"SSWS {simulator.token}"}
        # Nothing here has TLS; loading certificates would cost each test more than all its requests.
        self.stranger = httpx.Client(base_url=base_url, timeout=10.0, verify=False)
        self.client = httpx.Client(base_url=base_url, headers=headers, timeout=10.0, verify=False)

    def get(self, path: str, **query: str | int) -> httpx.Response:
        return self.client.get(path, params=query or None)

    def post(self, path: str, body: Any = None) -> httpx.Response:
        return self.client.post(path, json=body)

    def rows(self, path: str, **query: str | int) -> list[dict[str, Any]]:
        """All rows of a listing."""
        return [row for page in self.pages(path, **query) for row in page]

    def ids(self, path: str, **query: str | int) -> list[str]:
        """The ids of all rows of a listing."""
        return [row["id"] for row in self.rows(path, **query)]

    def pages(self, path: str, **query: str | int) -> Iterator[list[dict[str, Any]]]:
        """The pages of a listing; more than a reasonable number is an error."""
        response = self.get(path, **query)
        for _ in range(_MAXIMUM_PAGES):
            assert response.status_code == 200, response.text
            yield response.json()
            following = next_link(response)
            if following is None:
                return
            response = self.client.get(following)
        raise AssertionError(f"{path} never ends")


def next_link(response: httpx.Response) -> str | None:
    """The URL of the next page; the headers must come as lines of their own."""
    for line in response.headers.get_list("link"):
        found = re.fullmatch(r'<([^<>]+)>; rel="(\w+)"', line)
        assert found is not None, line
        if found[2] == "next":
            return found[1]
    return None


def code(response: httpx.Response) -> tuple[int, str]:
    """Status and error code of a refusal."""
    return response.status_code, response.json()["errorCode"]


def attempted(work: Callable[[], _Result]) -> _Result | OktaError:
    """What the work gives, or the refusal that it ends in; anything else is an error."""
    try:
        return work()
    except OktaError as refusal:
        return refusal


@contextmanager
def reading(simulator: Simulator) -> Iterator[Reader]:
    """A simulator on a socket with a reader of it."""
    with running(simulator) as base_url:
        reader = Reader(simulator, base_url)
        with reader.client, reader.stranger:
            yield reader
