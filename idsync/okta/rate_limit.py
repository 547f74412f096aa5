"""How fast Okta may be asked: a limiter for each of its buckets, fed by its rate-limit headers, and one gate over all.

A bucket's window ends at Reset, which is read against the answer's own Date: the local clock is never compared with
the server's. Within a window at most the configured share of Limit is used, whatever the answers' order.
"""

import math
import re
import threading
from collections.abc import Callable
from datetime import UTC
from email.utils import parsedate_to_datetime
from functools import lru_cache

import msgspec

from idsync.model.okta_access import Allowance
from idsync.okta.headers import Headers

Clock = Callable[[], float]
"""Seconds of a clock that never goes back."""

LONGEST_WINDOW = 120.0
"""Okta's windows last 60 seconds; a Reset further away than this is ignored."""

LEFT_TO_OTHERS = 5
"""One in so many requests of a window is not for requests in bulk."""

_UNKNOWN = 0
"""Stands for a Reset that is out of range."""

_NUMBER = re.compile(r"[0-9]{1,15}")

_GROWTH = 50
"""After so many answers in a row without a concurrency refusal, one more request may be under way."""


class Budget(msgspec.Struct, frozen=True):
    """One answer's rate-limit headers; `seconds` from its Date to its Reset, at least 0."""

    limit: int
    remaining: int
    reset: int
    seconds: float

    @property
    def speaks_of_concurrency(self) -> bool:
        """Tell whether a 429 with these headers is about requests at once; its Reset means nothing then."""
        return self.limit == 0


def server_time(headers: Headers) -> float | None:
    """Return the Date of an answer in seconds since the epoch, or None when it has no valid one."""
    for text in headers.copies("date"):
        moment = _moment(text)
        if moment is not None:
            return moment
    return None


@lru_cache(maxsize=16)
def _moment(text: str) -> float | None:
    """Read a Date; all answers of one second have the same."""
    try:
        moment = parsedate_to_datetime(text)
        # Converting to UTC may leave the calendar; a zone of -0000 means UTC (RFC 5322, 3.3).
        return (moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
    except (ValueError, OverflowError):
        return None


def budget_of(headers: Headers) -> Budget | None:
    """Read the rate-limit headers; of several copies the least, with the Reset that stands beside the least Limit."""
    limits = _numbers(headers, "x-rate-limit-limit")
    remaining = _numbers(headers, "x-rate-limit-remaining")
    resets = _numbers(headers, "x-rate-limit-reset")
    if not (limits and remaining and resets):
        return None
    reset = resets[limits.index(min(limits))] if len(resets) == len(limits) else max(resets)
    now = server_time(headers)
    if now is None:
        return Budget(min(limits), min(remaining), reset, LONGEST_WINDOW / 2)
    seconds = max(reset - now, 0.0)
    if seconds > LONGEST_WINDOW:  # kept, it would make every later window look like an old one
        reset, seconds = _UNKNOWN, LONGEST_WINDOW
    return Budget(min(limits), min(remaining), reset, seconds)


def _numbers(headers: Headers, name: str) -> list[int]:
    copies = headers.copies(name)
    if len(copies) != 1 or "," in copies[0]:
        copies = [text.strip() for copy in copies for text in copy.split(",")]
    return [int(text) for text in copies if _NUMBER.fullmatch(text)]


class Limiter:
    """The requests to one bucket: how many this window still allows, and how long until the next one."""

    def __init__(self, share: int, clock: Clock) -> None:
        """`share` is the percentage of the bucket's Limit that may be used."""
        self._share = share
        self._clock = clock
        self._room = threading.Condition()
        self._metered = True
        self._limit: int | None = None
        self._reset = -1
        self._ends = math.inf
        self._used = 0
        self._remaining = 0
        self._in_flight = 0
        self._blocked_until = -math.inf

    def delay(self, *, in_bulk: bool = False) -> float:
        """Take a place and return 0, or return the seconds to sleep before asking again.

        Requests `in_bulk` leave a fifth of each window to others of this process, which come one by one and are urgent.
        Blocks while only an answer under way can tell.
        """
        with self._room:
            while True:
                now = self._clock()
                self._roll(now)
                if now < self._blocked_until:
                    return self._blocked_until - now
                allowed = self._allowed - (self._allowed // LEFT_TO_OTHERS if in_bulk else 0)
                if self._has_place(allowed):
                    self._in_flight += 1
                    return 0.0
                if self._ends < math.inf and (not self._in_flight or self._used >= allowed):
                    return self._ends - now
                self._room.wait(1.0)

    def answered(self, budget: Budget | None) -> None:
        """Give a place back after an answer, with what its headers say (None: this server does not meter)."""
        with self._room:
            self._in_flight -= 1
            if budget is None:
                self._metered = self._limit is not None
            elif not budget.speaks_of_concurrency:
                self._metered = True
                self._observe(budget)
            self._room.notify_all()

    def lost(self) -> None:
        """Give a place back after a request without an answer to learn from."""
        with self._room:
            self._in_flight -= 1
            if self._ends < math.inf:
                self._used += 1  # it may have been counted upstream
            self._room.notify_all()

    def block(self, seconds: float) -> None:
        """Send no request to this bucket for so many seconds."""
        with self._room:
            self._blocked_until = max(self._blocked_until, self._clock() + seconds)

    def allowance(self) -> Allowance | None:
        """What is known of the bucket; None before the first answer, and of a server that does not meter."""
        with self._room:
            self._roll(self._clock())
            if self._limit is None or not self._metered:
                return None
            return Allowance(self._limit, self._allowed, max(self._remaining, 0))

    @property
    def _allowed(self) -> int:
        return max((self._limit or 0) * self._share // 100, 1)

    def _has_place(self, allowed: int) -> bool:
        if not self._metered:
            return True
        if self._limit is None:
            return self._in_flight == 0
        return self._used + self._in_flight < allowed and self._remaining - self._in_flight > 0

    def _roll(self, now: float) -> None:
        """Begin a window whose Reset is not known yet when the last one is over."""
        if now >= self._ends:
            self._ends = math.inf
            self._used = 0
            self._remaining = self._limit or 0

    def _observe(self, budget: Budget) -> None:
        if budget.reset < self._reset:
            return  # an answer of an earlier window
        if budget.reset > self._reset:
            self._reset, self._ends, self._used, self._remaining = budget.reset, math.inf, 0, budget.remaining
        self._limit = budget.limit
        self._used += 1
        self._remaining = min(self._remaining, budget.remaining)
        # Date and Reset are whole seconds: the second more is what rounding may have hidden.
        self._ends = min(self._ends, self._clock() + budget.seconds + 1)


class Gate:
    """How many requests may be under way at all: fewer after each refusal for concurrency, slowly more again.

    Entering gives the number of refusals so far, by which a crowd that is refused together counts as one.
    """

    def __init__(self, size: int) -> None:
        self._largest = size
        self._size = size
        self._room = threading.Condition()
        self._under_way = 0
        self._refusals = 0
        self._calm = 0

    @property
    def size(self) -> int:
        """The number of requests that may be under way now."""
        return self._size

    def __enter__(self) -> int:
        with self._room:
            while self._under_way >= self._size:
                self._room.wait(1.0)
            self._under_way += 1
            return self._refusals

    def __exit__(self, *_: object) -> None:
        with self._room:
            self._under_way -= 1
            self._calm += 1
            if self._calm >= _GROWTH and self._size < self._largest:
                self._size += 1
                self._calm = 0
            self._room.notify_all()

    def refused(self, entered: int) -> None:
        """Halve what may be under way, unless that was done since the refused request `entered`."""
        with self._room:
            if entered == self._refusals:
                self._size = max(self._size // 2, 1)
                self._refusals += 1
                self._calm = 0


class RateLimits:
    """The limiters of all buckets and the gate over them."""

    def __init__(self, share: int, clock: Clock, concurrency: int) -> None:
        self._limiters: dict[str, Limiter] = {}
        self._share = share
        self._clock = clock
        self._lock = threading.Lock()
        self.gate = Gate(concurrency)

    def limiter(self, bucket: str) -> Limiter:
        """The limiter of a bucket, by Okta's name for it."""
        with self._lock:
            return self._limiters.setdefault(bucket, Limiter(self._share, self._clock))

    def allowances(self) -> dict[str, Allowance]:
        """What is known of each bucket that has been asked."""
        with self._lock:
            limiters = list(self._limiters.items())
        found = ((bucket, limiter.allowance()) for bucket, limiter in limiters)
        return {bucket: allowance for bucket, allowance in found if allowance is not None}
