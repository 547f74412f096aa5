"""Requests to Okta that wait for their turn and are tried again while that makes sense."""

import math
import random
import threading
import time
from collections.abc import Callable
from typing import Literal

import httpx
import msgspec

from idsync.sources.okta.links import limit_of, with_halved_limit, with_limit
from idsync.sources.okta.pacing import Budget, Clock, Limiter, Pacing, budget_of, server_time
from idsync.sources.okta.pages import PageSizes
from idsync.sources.okta.patience import CONNECTION_TRIES, TRIES, Patience
from idsync.sources.okta.refusals import Scope, unreachable
from idsync.sources.okta.transmission import CONNECTIONS, Answer, Broken, Transmission

Bucket = Literal["users", "groups", "apps", "app", "oauth2"]
"""Okta's rate-limit buckets that idsync draws on: listings and sub-paths of each kind, one app by itself, tokens."""

_WITHOUT_HEADERS = 10.0
"""Seconds until the next try after a 429 that does not say when."""

_TOO_SLOW = frozenset({500, 504})

_TRIES = {"tls": 1, "dns": CONNECTION_TRIES, "connect": CONNECTION_TRIES, "proxy": CONNECTION_TRIES}


class Abandoned(Exception):
    """The reading was given up; whoever works for it stops."""


class Timing(msgspec.Struct, frozen=True):
    """Clocks, sleep and chance. Without a `sleep`, waits end at once when the reading is given up."""

    clock: Clock = time.monotonic
    wall: Clock = time.time
    sleep: Callable[[float], None] | None = None
    random: Callable[[], float] = random.SystemRandom().random


class Call(msgspec.Struct, frozen=True):
    """A request: `what` it reads in words of the field, and the scope it takes."""

    url: str
    bucket: Bucket
    what: str
    scope: Scope = "okta.users.read"
    method: Literal["GET", "POST"] = "GET"


class Parts(msgspec.Struct, frozen=True):
    """What is made anew for each try: headers, and the form of a POST. Holds secrets."""

    headers: dict[str, str]
    form: dict[str, str] | None = None

    def __repr__(self) -> str:
        return "Parts(…)"


Compose = Callable[[str], Parts]
"""Makes headers and form for one try of a request to this address."""


class Exchange:
    """One organization's answers: paced by bucket, retried within bounds, given up at once when asked to."""

    def __init__(self, org_url: str, share: int, transport: httpx.BaseTransport | None, timing: Timing) -> None:
        self.org_url = org_url
        self.timing = timing
        self.heard_at: float | None = None
        self._pacing = Pacing(share, timing.clock, CONNECTIONS)
        self._pages = PageSizes()
        self._transmission = Transmission(transport)
        self._given_up = threading.Event()
        self._waits: dict[Bucket, float] = {}

    def waits(self) -> dict[Bucket, int]:
        """How many seconds requests still wait for room in a bucket, for each that had none; 0 when that is over."""
        now = self.timing.clock()
        return {bucket: max(math.ceil(until - now), 0) for bucket, until in self._waits.copy().items()}

    def patience(self) -> Patience:
        """Fresh patience for one request."""
        return Patience(self._pause, self.timing.random)

    def settle(self, call: Call, compose: Compose, patience: Patience) -> Answer:
        """Return the answer that is final: a success, or a refusal that another try would not change.

        Raises SourceUnreachable when there is none after every try.
        """
        url = with_limit(call.url, self._pages.largest(call.bucket))
        asked = limit_of(url)
        while True:
            outcome, entered = self._send(call, url, compose, patience)
            match outcome:
                case Broken():
                    if not patience.after_failure(_TRIES.get(outcome.kind, TRIES)):
                        raise unreachable(outcome, call.what, self.org_url)
                    if outcome.kind in ("timeout", "size"):
                        url = with_halved_limit(url)
                case Answer(status=429):
                    if not self._throttled(call, outcome, entered, patience):
                        return outcome
                case Answer(status=status) if status == 408 or status >= 500:
                    if not patience.after_failure():
                        return outcome
                    if status in _TOO_SLOW:
                        url = with_halved_limit(url)
                case Answer():
                    self._pages.served(call.bucket, limit_of(url), asked)
                    return outcome

    def give_up(self) -> None:
        """End every wait and every request under way; their threads get Abandoned or a broken exchange."""
        self._given_up.set()
        self._transmission.cut()

    def close(self) -> None:
        """Close every connection."""
        self._transmission.close()

    def _send(self, call: Call, url: str, compose: Compose, patience: Patience) -> tuple[Answer | Broken, int]:
        """Wait for a place, send, and learn from the answer; with what the gate said on entering."""
        limiter = self._pacing.limiter(call.bucket)
        while (seconds := limiter.delay()) > 0:
            self._waits[call.bucket] = self.timing.clock() + seconds
            patience.wait(seconds)
        outcome: Answer | Broken | None = None
        try:
            parts = compose(url)
            with self._pacing.gate as entered:
                self._pause(0)
                outcome = self._transmission.send(call.method, url, parts.headers, parts.form)
        finally:
            self._learn(limiter, outcome)
        return outcome, entered

    def _learn(self, limiter: Limiter, outcome: Answer | Broken | None) -> None:
        if not isinstance(outcome, Answer):
            limiter.lost()
            return
        if self.heard_at is None:
            self.heard_at = server_time(outcome.headers)
        budget = budget_of(outcome.headers)
        if budget is None and outcome.status != 200:
            limiter.lost()
        else:
            limiter.answered(budget)

    def _throttled(self, call: Call, answer: Answer, entered: int, patience: Patience) -> bool:
        """Make room as a 429 asks for it; False when the request was refused too often."""
        budget = budget_of(answer.headers)
        if budget is not None and budget.speaks_of_concurrency:
            self._pacing.gate.refused(entered)
            return patience.after_throttle(0.5, 5.0)
        seconds = _seconds_to_wait(answer, budget)
        self._pacing.limiter(call.bucket).block(seconds + self.timing.random())
        return patience.after_throttle(0.0, 0.0)

    def _pause(self, seconds: float) -> None:
        if self.timing.sleep is None:
            self._given_up.wait(seconds)
        elif seconds > 0:
            self.timing.sleep(seconds)
        if self._given_up.is_set():
            raise Abandoned


def _seconds_to_wait(answer: Answer, budget: Budget | None) -> float:
    if budget is not None:
        return budget.seconds + 1
    after = answer.headers.get("retry-after", "")
    return min(float(after), 60.0) if after.isascii() and after.isdigit() else _WITHOUT_HEADERS
