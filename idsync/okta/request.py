"""Requests to Okta above `transport`: each waits for its turn, and is tried again while that makes sense."""

import math
import random
import threading
import time
from collections.abc import Callable
from typing import Literal

import httpx
import msgspec

from idsync.errors import PassStopped
from idsync.okta.links import limit_of, with_limit
from idsync.okta.page_size import ADVISED, Listing
from idsync.okta.rate_limit import Budget, Clock, Limiter, budget_of, server_time
from idsync.okta.refusals import OAuthScope, refuses_limit, unreachable
from idsync.okta.remembered import Remembered
from idsync.okta.retry import CONNECTION_TRIES, TRIES, Retries
from idsync.okta.transport import Answer, Broken, Method, Transport

Bucket = Literal["users", "groups", "group", "apps", "app", "logs", "oauth2", "clients", "other"]
"""Okta's rate-limit buckets that idsync draws on: listings and sub-paths of each kind, one group or app, tokens, and
what has no bucket of its own."""

MOST_AT_ONCE = 8
"""Requests that may be under way; at Okta's rates more would only wait."""

_WITHOUT_HEADERS = 10.0
"""Seconds until the next try after a 429 that does not say when."""

_TOO_SLOW = frozenset({500, 504})

BRIEF_ANSWER = 30.0
"""Seconds that the answer to a question for one row, or none, may take."""
_TRIES = {"tls": 1, "dns": CONNECTION_TRIES, "connect": CONNECTION_TRIES, "proxy": CONNECTION_TRIES}


STOPPED = "The service was told to stop while Okta was asked; the next one takes up what is left."


class Abandoned(Exception):
    """The reading was given up; its threads stop."""


class Timing(msgspec.Struct, frozen=True):
    """Clocks, sleep and chance. Without a `sleep`, waits end at once when the reading is given up."""

    clock: Clock = time.monotonic
    wall: Clock = time.time
    sleep: Callable[[float], None] | None = None
    random: Callable[[], float] = random.SystemRandom().random


class Request(msgspec.Struct, frozen=True):
    """A request: `what` it reads in words of the field, the scope it takes, and the kind of listing, if it is one."""

    url: str
    bucket: Bucket
    what: str
    scope: OAuthScope = "okta.users.read"
    listing: Listing | None = None
    method: Method = "GET"


class Attempt(msgspec.Struct, frozen=True):
    """What is made for each try of a request: headers, and the form of a POST, or its body. Holds secrets."""

    headers: dict[str, str]
    form: dict[str, str] | None = None
    body: bytes | None = None

    def __repr__(self) -> str:
        return "Attempt(…)"


Compose = Callable[[str], Attempt]
"""Makes headers and form for one try of a request to this address."""


class Requester:
    """Sends requests to one organization: keeps to rate limits, retries, and gives up at once when told to."""

    def __init__(
        self,
        org_url: str,
        share: int,
        transport: httpx.BaseTransport | None,
        timing: Timing,
        remembered: Remembered | None = None,
        *,
        in_bulk: bool = False,
        brief: bool = False,
    ) -> None:
        """`share` is the percentage of each bucket that may be used; `remembered` what is known from before.

        Requests `in_bulk` leave room for others of the same process. Those that are `brief` ask for little, so that an
        answer that takes long is none: it is waited for BRIEF_ANSWER seconds, and not asked for again.
        """
        self._in_bulk = in_bulk
        self.org_url = org_url
        self.timing = timing
        self.remembered = Remembered() if remembered is None else remembered
        self.heard_at: float | None = None
        """When the reading began, by Okta's clock."""
        self._newest = -math.inf
        self._ahead = 0.0
        self._rate_limits = self.remembered.rate_limits(org_url, share, timing.clock, MOST_AT_ONCE)
        self._pages = self.remembered.page_sizes(org_url)
        self._transport = Transport(org_url, transport, BRIEF_ANSWER if brief else None)
        self._tries = {**_TRIES, "timeout": 1} if brief else _TRIES
        self._given_up = threading.Event()
        self._waits: dict[Bucket, float] = {}
        self.remembered.asks(self.give_up)

    def waits(self) -> dict[Bucket, int]:
        """Seconds until a bucket has room again, for each bucket that was full; 0 when the wait is over."""
        now = self.timing.clock()
        return {bucket: max(math.ceil(until - now), 0) for bucket, until in self._waits.copy().items()}

    def retries(self) -> Retries:
        """The retries of one request, none used yet."""
        return Retries(self._pause, self.timing.random)

    def settle(self, request: Request, compose: Compose, retries: Retries) -> Answer:
        """Return the answer that is final: a success, or a refusal that another try would not change.

        Raises SourceUnreachable when all tries failed without one.
        """
        while True:
            url = self._sized(request)
            outcome, entered = self._send(request, url, compose, retries)
            match outcome:
                case Broken():
                    self._pause(0)
                    if not retries.after_failure(self._tries.get(outcome.kind, TRIES)):
                        raise unreachable(outcome, request.what, self.org_url, retries.attempts)
                    if outcome.kind in ("timeout", "size"):
                        self._too_large(request, url)
                case Answer(status=429):
                    if not self._throttled(request, outcome, entered, retries):
                        return outcome
                case Answer(status=status) if status == 408 or status >= 500:
                    if not retries.after_failure():
                        return outcome
                    if status in _TOO_SLOW:
                        self._too_large(request, url)
                case Answer(status=400) if limit_of(url) > ADVISED and refuses_limit(outcome):
                    if not retries.after_failure():
                        return outcome
                    self._too_large(request, url)
                case Answer():
                    if request.listing is not None:
                        self._pages.served(request.listing, limit_of(url))
                    return outcome

    def give_up(self) -> None:
        """End every wait and every request under way; their threads get Abandoned or a broken request."""
        self._given_up.set()
        self._transport.cut()

    def close(self) -> None:
        """Close every connection."""
        self.remembered.asked(self.give_up)
        self._transport.close()

    def _sized(self, request: Request) -> str:
        """The address, with the page size that this kind of listing has been learned to allow."""
        if request.listing is None:
            return request.url
        return with_limit(request.url, self._pages.largest(request.listing))

    def _too_large(self, request: Request, url: str) -> None:
        if request.listing is not None:
            self._pages.failed(request.listing, limit_of(url))

    def _send(self, request: Request, url: str, compose: Compose, retries: Retries) -> tuple[Answer | Broken, int]:
        """Wait for a place, send, and learn from the answer. The number is what the gate returned on entering."""
        limiter = self._rate_limits.limiter(request.bucket)
        while (seconds := limiter.delay(in_bulk=self._in_bulk)) > 0:
            self._waits[request.bucket] = self.timing.clock() + seconds
            retries.wait(seconds)
        outcome: Answer | Broken | None = None
        try:
            parts = compose(url)
            with self._rate_limits.gate as entered:
                self._pause(0)
                outcome = self._transport.send(request.method, url, parts.headers, parts.form, parts.body)
        finally:
            self._learn(limiter, outcome)
        return outcome, entered

    def _learn(self, limiter: Limiter, outcome: Answer | Broken | None) -> None:
        if not isinstance(outcome, Answer):
            limiter.lost()
            return
        self._hear(outcome)
        budget = budget_of(outcome.headers)
        if budget is None and outcome.status != 200:
            limiter.lost()
        else:
            limiter.answered(budget)

    def _hear(self, answer: Answer) -> None:
        """Learn from an answer what Okta's clock says; the newest word counts, since clocks are set while one reads."""
        told = server_time(answer.headers)
        if told is None:
            return
        if self.heard_at is None:
            self.heard_at = told
        if told >= self._newest:
            self._newest, self._ahead = told, told - self.timing.wall()

    @property
    def ahead(self) -> float:
        """By how many seconds Okta's clock is ahead of this machine's, as far as it was heard."""
        return self._ahead

    def okta_time(self) -> float:
        """The time by Okta's clock, in seconds since the epoch; by this machine's before anything was heard."""
        return self.timing.wall() + self._ahead

    def _throttled(self, request: Request, answer: Answer, entered: int, retries: Retries) -> bool:
        """Slow down as a 429 demands; False when the request was refused too often."""
        budget = budget_of(answer.headers)
        if budget is not None and budget.speaks_of_concurrency:
            self._rate_limits.gate.refused(entered)
            return retries.after_throttle(0.5, 5.0)
        seconds = _seconds_to_wait(answer, budget)
        self._rate_limits.limiter(request.bucket).block(seconds + self.timing.random())
        return retries.after_throttle(0.0, 0.0)

    def _pause(self, seconds: float) -> None:
        if self.timing.sleep is None:
            self._given_up.wait(seconds)
        elif seconds > 0:
            self.timing.sleep(seconds)
        if self._given_up.is_set():
            raise PassStopped(STOPPED) if self.remembered.is_over else Abandoned


def _seconds_to_wait(answer: Answer, budget: Budget | None) -> float:
    if budget is not None:
        return budget.seconds + 1
    after = answer.headers.get("retry-after")
    return min(float(after), 60.0) if after.isascii() and after.isdigit() else _WITHOUT_HEADERS
