"""GitHub's API, as far as the action needs it: REST with its pages and artifacts, GraphQL; patient with what passes.

https://docs.github.com/rest and https://docs.github.com/graphql
"""

import json
import re
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from functools import cached_property
from typing import Any

PER_PAGE = 100
MOST_PAGES = 50
TRIES = 4
_TIMEOUT = 30.0
_PASSING = frozenset({429, 500, 502, 503, 504})
_LONGEST_WAIT = 60.0
_LARGEST = 1 << 30
_NEXT = re.compile(r'<([^<>]+)>;\s*rel="next"')
Json = Mapping[str, Any]


class GitHubError(Exception):
    """GitHub refused a request or did not answer; `status` is 0 where there was no answer."""

    def __init__(self, message: str, status: int = 0) -> None:
        super().__init__(message)
        self.status = status


class _KeepsItsToken(urllib.request.HTTPRedirectHandler):
    """Follows a redirect to another host (where artifacts lie) without the token."""

    def redirect_request(self, req: Any, fp: Any, code: int, msg: str, headers: Any, newurl: str) -> Any:
        following = super().redirect_request(req, fp, code, msg, headers, newurl)
        if following is not None and _host(newurl) != _host(req.full_url):
            following.remove_header("Authorization")
        return following


class GitHub:
    """One repository, asked with one token."""

    def __init__(
        self,
        api: str,
        repository: str,
        token: str,
        sleep: Callable[[float], None] | None = None,
        graphql: str = "",
    ) -> None:
        self._api = api.rstrip("/")
        self._graphql = graphql or f"{self._api}/graphql"
        self._token = token
        self._sleep = sleep or time.sleep
        self._opener = urllib.request.build_opener(_KeepsItsToken)
        self.repository = repository

    def get(self, path: str, **query: object) -> Any:
        """What is at a path below the repository. Raises GitHubError."""
        return json.loads(self._request("GET", self._address(path, query)))

    def find(self, path: str, **query: object) -> Any:
        """The same; None where there is nothing."""
        try:
            return self.get(path, **query)
        except GitHubError as error:
            if error.status == 404:
                return None
            raise

    @cached_property
    def login(self) -> str:
        """Whose token this is, where it is a person's; a job's own token belongs to a bot, and cannot ask."""
        try:
            return str(json.loads(self._request("GET", f"{self._api}/user"))["login"])
        except GitHubError:
            return ""

    def rows(self, path: str, within: str = "", **query: object) -> Iterator[Json]:
        """Every row of a listing, page by page; `within` names the list in each page's object."""
        for page in range(1, MOST_PAGES + 1):
            answer = self.get(path, **{**query, "per_page": PER_PAGE, "page": page})
            rows = answer[within] if within else answer
            yield from rows
            if len(rows) < PER_PAGE:
                return

    def linked(self, path: str, **query: object) -> Iterator[Json]:
        """Every row of a listing whose pages name the next one in a header and have no numbers."""
        address = self._address(path, {**query, "per_page": PER_PAGE})
        for _ in range(MOST_PAGES):
            content, headers = self._answered("GET", address)
            yield from json.loads(content)
            following = _NEXT.search(str(headers.get("Link") or ""))
            if following is None:
                return
            if _host(following[1]) != _host(address):
                raise GitHubError(f"The next page of {_path(address)} is on another host.")
            address = following[1]
        raise GitHubError(f"{_path(address)} has more than {MOST_PAGES} pages.")

    def ask(self, question: str, **variables: object) -> Json:
        """What GitHub's GraphQL answers. Raises GitHubError, also where a part was refused."""
        body = json.dumps({"query": question, "variables": variables}).encode()
        answer = json.loads(self._request("POST", self._graphql, body, reads=True))
        if answer.get("errors"):
            said = "; ".join(str(each.get("message")) for each in answer["errors"])
            raise GitHubError(f"GitHub refused a question: {said}. Does the job have the permission that this needs?")
        told: Json = answer.get("data") or {}
        return told

    @cached_property
    def is_public(self) -> bool:
        """Whether everybody can read the repository, and so its comments, logs and artifacts. Raises GitHubError."""
        found = json.loads(self._request("GET", f"{self._api}/repos/{self.repository}"))
        return not (found.get("private") is True and found.get("visibility", "private") in {"private", "internal"})

    def send(self, method: str, path: str, body: Json) -> Any:
        """Write something, and what GitHub says to that. Raises GitHubError."""
        answer = self._request(method, self._address(path, {}), json.dumps(body).encode())
        return json.loads(answer) if answer else None

    def archive(self, artifact: int) -> bytes:
        """The ZIP file of an artifact. Raises GitHubError."""
        return self._request("GET", self._address(f"actions/artifacts/{artifact}/zip", {}))

    def _address(self, path: str, query: Mapping[str, object]) -> str:
        address = f"{self._api}/repos/{self.repository}/{path}"
        return f"{address}?{urllib.parse.urlencode(query)}" if query else address

    def _request(self, method: str, address: str, body: bytes | None = None, *, reads: bool = False) -> bytes:
        return self._answered(method, address, body, reads=reads)[0]

    def _answered(
        self, method: str, address: str, body: bytes | None = None, *, reads: bool = False
    ) -> tuple[bytes, Any]:
        """Ask, and ask again where that helps. What may have been written is not written twice: such a request is sent
        again only if it only `reads`, or GitHub says that it did not take it.
        """
        once = method == "POST" and not reads
        tries = TRIES
        while True:
            tries -= 1
            try:
                return self._once(method, address, body)
            except urllib.error.HTTPError as error:
                answer = error.read(2000).decode(errors="replace")
                refused = error.code in {403, 429} and "rate limit" in answer.lower()
                passing = refused or (error.code in _PASSING and not once)
                if not tries or not passing:
                    raise GitHubError(_told(method, address, error.code, answer), error.code) from None
                self._sleep(_wait(error.headers, TRIES - tries))
            except (urllib.error.URLError, OSError, TimeoutError) as error:
                if not tries or once:
                    raise GitHubError(f"GitHub did not answer {method} {_path(address)}: {error}.") from None
                self._sleep(float(2 ** (TRIES - tries)))

    def _once(self, method: str, address: str, body: bytes | None) -> tuple[bytes, Any]:
        headers = {
            "Accept": "application/vnd.github+json",
            "Authorization": f"Bearer {self._token}",
            "User-Agent": "idsync-action",
            "X-GitHub-Api-Version": "2022-11-28",
        }
        if body is not None:
            headers["Content-Type"] = "application/json"
        if not address.startswith(("https://", "http://")):
            raise GitHubError(f"{address} is not an address of GitHub's API.")
        request = urllib.request.Request(address, body, headers, method=method)  # noqa: S310 - the scheme is checked
        with self._opener.open(request, timeout=_TIMEOUT) as answer:
            content: bytes = answer.read(_LARGEST + 1)
        if len(content) > _LARGEST:
            raise GitHubError(f"The answer to {method} {_path(address)} is larger than {_LARGEST >> 20} MiB.")
        return content, answer.headers


def _wait(headers: Any, tried: int) -> float:
    """How long to wait: as GitHub says, else twice as long each time; never longer than a minute."""
    if str(headers.get("Retry-After", "")).isdigit():
        return min(float(headers["Retry-After"]), _LONGEST_WAIT)
    reset = str(headers.get("X-RateLimit-Reset", ""))
    if headers.get("X-RateLimit-Remaining") == "0" and reset.isdigit():
        return min(max(float(reset) - time.time(), 1.0), _LONGEST_WAIT)
    return float(2**tried)


def _told(method: str, address: str, status: int, answer: str) -> str:
    try:
        said = str(json.loads(answer)["message"])
    except (ValueError, KeyError, TypeError):
        said = "no reason given"
    hint = " Does the job have the permission that this needs?" if status in {401, 403} else ""
    return f"GitHub answered {status} to {method} {_path(address)}: {said}.{hint}"


def _path(address: str) -> str:
    return urllib.parse.urlsplit(address).path


def _host(address: str) -> str:
    return urllib.parse.urlsplit(address).netloc
