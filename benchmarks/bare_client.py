"""The least that a Python client must do to read an organization: httpx fetches each page, orjson decodes it.

`python -m benchmarks.bare_client URL APP` asks for the pages that a full reading needs and keeps nothing of them. It
looks for no cycles of garbage, as idsync does not, and has one thread, with which it takes the least processor time.
"""

import gc
import sys
from collections.abc import Iterator
from typing import Any

import httpx
import orjson


class BareClient:
    """Reads listings page by page, without any care."""

    def __init__(self, url: str, client: httpx.Client) -> None:
        self._url = url
        self._client = client

    def rows(self, path: str) -> Iterator[dict[str, Any]]:
        """The rows of a listing."""
        following: str | None = f"{self._url}/api/v1/{path}"
        while following is not None:
            response = self._client.get(following)
            yield from orjson.loads(response.content)
            following = _next(response.headers.get_list("link"))

    def skim(self, path: str) -> None:
        """Read a listing whose rows nobody needs."""
        following: str | None = f"{self._url}/api/v1/{path}"
        while following is not None:
            response = self._client.get(following)
            orjson.loads(response.content)
            following = _next(response.headers.get_list("link"))


def _next(links: list[str]) -> str | None:
    for link in links:
        if link.endswith('rel="next"'):
            return link[1 : link.index(">")]
    return None


def main(url: str, app: str) -> None:
    """Read everything that an organization holds."""
    gc.disable()
    with httpx.Client(headers={"Authorization": "SSWS token", "Accept": "application/json"}) as client:
        bare = BareClient(url, client)
        bare.skim(f"apps/{app}/users?expand=user&limit=500")
        for group in bare.rows("groups?limit=200"):
            if group["type"] != "BUILT_IN":
                bare.skim(f"groups/{group['id']}/users?limit=1000")
        for other in bare.rows("apps?limit=200"):
            if other["status"] == "ACTIVE" and other["id"] != app:
                bare.skim(f"apps/{other['id']}/users?limit=500")
                bare.skim(f"apps/{other['id']}/groups?limit=200")


if __name__ == "__main__":
    main(*sys.argv[1:])
