"""Okta's listings of a made-up organization without a socket, over Okta's buckets, in a time that nobody waits for.

Buckets do not share their budgets, so that each has a clock of its own: a reading takes as long as its slowest bucket.
Sleeping, and each request, move the clock of the bucket whose thread does it; a reading has one thread for each here.
"""

import threading
from collections import Counter, defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from email.utils import format_datetime
from unittest.mock import patch
from urllib.parse import urlsplit

import httpx

from benchmarks.okta_pages import Page, Pages
from idsync.model.identity import Snapshot
from idsync.okta.request import Timing
from idsync.sources.okta.reader import WORKERS
from tests.okta_simulator.limits import Limits, RateLimited, bucket_of
from tests.okta_simulator.switches import Switches

TOKEN_SHARE = 0.5
"""What one token may use of each of Okta's buckets, unless an administrator raises it."""
LATENCY = 0.3
"""Seconds that Okta takes to answer; the threads of a bucket wait side by side."""
_BEGUN = datetime(2026, 11, 2, 8, tzinfo=UTC).timestamp()
_THREAD = "idsync-okta-"
_ALONE = dict.fromkeys(WORKERS, 1)


class Clocks:
    """A clock for each bucket, in seconds since the beginning."""

    def __init__(self) -> None:
        self._passed: defaultdict[str, float] = defaultdict(float)
        self._threads = dict(WORKERS)

    def now(self) -> float:
        """The time of this thread's bucket."""
        return self._passed[_bucket()]

    def sleep(self, seconds: float) -> None:
        """Let time pass for this thread's bucket."""
        self._passed[_bucket()] += seconds

    def answer(self) -> None:
        """Let the time of one request pass."""
        self.sleep(LATENCY / self._threads.get(_bucket(), 1))

    def longest(self) -> float:
        """How long it took until the last bucket was done."""
        return max(self._passed.values(), default=0.0)

    def timing(self) -> Timing:
        """What a reading goes by; chance is the middle."""
        return Timing(self.now, lambda: _BEGUN + self.now(), self.sleep, lambda: 0.5)


def _bucket() -> str:
    return threading.current_thread().name.removeprefix(_THREAD)


@contextmanager
def one_thread_a_bucket() -> Iterator[None]:
    """Readings have one thread for each bucket as long as the block lasts, so that its clock has one reader."""
    with patch.dict(WORKERS, _ALONE):
        yield


class SlimPages(Pages):
    """Pages whose members and app users have as much in a row as is read of it."""

    def _rows(self, path: str) -> list[bytes] | None:
        if group := self._members.get(path):
            return [b'{"id":"%s","status":"ACTIVE"}' % user.encode() for user in group.member_ids()]
        if app := self._assigned.get(path):
            return [b'{"id":"%s","scope":"USER"}' % user.encode() for user in app.user_ids()]
        found = self._listings.get(path)
        return None if found is None else list(found)


class LightOkta(httpx.BaseTransport):
    """Answers as Okta does. `asked` counts the requests by bucket, `refused` those over a limit."""

    def __init__(self, snapshot: Snapshot, clocks: Clocks) -> None:
        self._pages = SlimPages(snapshot, snapshot.org_url)
        self._people = f"/api/v1/apps/{snapshot.app_id}/users/"
        self._groups = {f"/api/v1/groups/{group.id}": group for group in snapshot.groups}
        self._rows = {f"{self._people}{user.id}": user for user in snapshot.users}
        self._lock = threading.Lock()
        self.begin(clocks)

    def begin(self, clocks: Clocks) -> None:
        """Forget what was asked, and go by these clocks."""
        self._clocks = clocks
        self._limits = Limits(lambda: _BEGUN + clocks.now(), Switches())
        self.asked: Counter[str] = Counter()
        self.refused = 0

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """The answer to one request."""
        address = urlsplit(str(request.url))
        bucket = bucket_of(request.method, address.path)
        assert bucket is not None
        self._clocks.answer()
        date = format_datetime(datetime.fromtimestamp(_BEGUN + self._clocks.now(), UTC), usegmt=True)
        headers = [("date", date), ("link", f'<{request.url}>; rel="self"')]
        try:
            with self._lock:
                self.asked[bucket] += 1
                headers += self._limits.charge(bucket, "idsync", TOKEN_SHARE)
        except RateLimited as limited:
            self.refused += 1
            return httpx.Response(429, headers=[*headers, *limited.headers], content=b"{}")
        page = self._page(address.path, address.query)
        if page is None:
            return httpx.Response(404, headers=headers, content=b'{"errorCode":"E0000007"}')
        if page.following is not None:
            headers.append(
                ("link", f'<{address.scheme}://{address.netloc}{address.path}?{page.following}>; rel="next"')
            )
        return httpx.Response(200, headers=headers, content=page.body)

    def _page(self, path: str, query: str) -> Page | None:
        if path == "/api/v1/logs":
            return Page(b"[]", "after=1700000000000_1&limit=1000")
        if group := self._groups.get(path):
            return Page(self._pages.group_row(group))
        if user := self._rows.get(path):
            return Page(self._pages.pool_row(user))
        return self._pages.page(path, query)
