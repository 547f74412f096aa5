"""Okta's rate limits: buckets, 60-second windows that start at the first call, a token's share, and concurrency."""

import math
from collections import Counter
from dataclasses import dataclass, field
from typing import Literal

from tests.okta_simulator.errors import OktaError
from tests.okta_simulator.moments import Clock
from tests.okta_simulator.switches import Switches

Plan = Literal["integrator", "one_app", "enterprise", "workforce"]

_PLANS: tuple[Plan, ...] = ("integrator", "one_app", "enterprise", "workforce")
_TABLE: dict[str, tuple[int, int, int, int]] = {
    "apps": (20, 100, 100, 100),
    "app": (100, 600, 600, 500),
    "groups": (100, 600, 600, 500),
    "group": (100, 600, 600, 1000),
    "users": (100, 600, 600, 600),
    "user": (100, 1000, 1000, 2000),
    "user_writes": (100, 600, 600, 600),
    "logs": (20, 50, 50, 120),
    "clients": (25, 100, 100, 100),
    "other": (100, 600, 600, 1200),
    "oauth": (100, 600, 600, 1200),
}
_CONCURRENCY: dict[Plan, int] = {"integrator": 35, "one_app": 35, "enterprise": 75, "workforce": 75}

TOO_MANY = "API call exceeded rate limit due to too many requests."


def bucket_of(method: str, path: str) -> str | None:
    """The bucket that a call is charged to; None when it is not metered. An exact match comes before a prefix."""
    parts = path.strip("/").split("/")
    if parts[0] == ".well-known":
        return None
    if parts[0] == "oauth2":
        return {"keys": None, "clients": "clients"}.get(parts[2] if len(parts) > 2 else "", "oauth")
    match parts[2:]:
        case ["apps", _]:
            return "app"
        case ["apps", *_]:
            return "apps"
        case ["groups", "rules"]:
            return "groups"
        case ["groups", _]:
            return "group"
        case ["groups", *_]:
            return "groups"
        case ["users", _]:
            return "user" if method == "GET" else "user_writes"
        case ["users", *_]:
            return "users"
        case ["logs"]:
            return "logs"
        case _:
            return "other"


@dataclass(slots=True)
class _Window:
    start: float
    total: int = 0
    by_principal: Counter[str] = field(default_factory=Counter)


class Limits:
    """Counts calls by bucket and by principal. `overrides` replaces single buckets' requests per window."""

    def __init__(
        self,
        clock: Clock,
        switches: Switches,
        *,
        plan: Plan = "workforce",
        window_seconds: float = 60.0,
        concurrency: int | None = None,
        overrides: dict[str, int] | None = None,
        enabled: bool = True,
    ) -> None:
        self.clock = clock
        self.switches = switches
        self.window_seconds = window_seconds
        self.concurrency = _CONCURRENCY[plan] if concurrency is None else concurrency
        self.enabled = enabled
        column = _PLANS.index(plan)
        self.per_window = {bucket: row[column] for bucket, row in _TABLE.items()} | (overrides or {})
        unknown = set(self.per_window) - set(_TABLE)
        if unknown:
            raise ValueError(f"unknown buckets {sorted(unknown)}; there are {sorted(_TABLE)}")
        self._windows: dict[str, _Window] = {}

    def use(self, bucket: str, calls: int) -> None:
        """Let another integration of the organization use up calls of a bucket."""
        window = self._window(bucket)
        window.total += calls
        window.by_principal["another integration"] += calls

    def charge(self, bucket: str, principal: str, share: float) -> list[tuple[str, str]]:
        """Count a call; give the rate headers of its answer, or raise the 429 with them."""
        limit = self.per_window[bucket]
        own = max(1, math.floor(limit * share))
        window = self._window(bucket)
        if self.enabled and (window.total >= limit or window.by_principal[principal] >= own):
            raise RateLimited(self._headers(bucket, principal, own))
        window.total += 1
        window.by_principal[principal] += 1
        return self._headers(bucket, principal, own)

    def refuse(self, bucket: str, principal: str, share: float) -> "RateLimited":
        """The rate 429 as this bucket would give it now, whatever was used."""
        limit = max(1, math.floor(self.per_window[bucket] * share))
        headers = self._headers(bucket, principal, limit)
        return RateLimited([(name, "0" if name.endswith("remaining") else value) for name, value in headers])

    def refuse_concurrency(self) -> "RateLimited":
        """The concurrency 429: Limit and Remaining are 0 and Reset is a guess."""
        ahead = 3 if self.switches.concurrency_reset == "soon" else 114
        return RateLimited(_three("0", "0", math.ceil(self.clock() + ahead)))

    def _window(self, bucket: str) -> _Window:
        now = self.clock()
        window = self._windows.get(bucket)
        if window is None or now >= window.start + self.window_seconds:
            window = self._windows[bucket] = _Window(now)
        return window

    def _headers(self, bucket: str, principal: str, own: int) -> list[tuple[str, str]]:
        window = self._window(bucket)
        limit = self.per_window[bucket]
        left = max(0, min(own - window.by_principal[principal], limit - window.total))
        reset = math.ceil(window.start + self.window_seconds)
        headers = _three(str(own), str(left), reset)
        if self.switches.rate_limit_headers == "several":
            return _three(str(limit), str(max(0, limit - window.total)), reset + 1) + headers
        return headers


class RateLimited(OktaError):
    """A 429 of either kind with its headers."""

    def __init__(self, headers: list[tuple[str, str]]) -> None:
        super().__init__(429, "E0000047", TOO_MANY, headers=headers)


def _three(limit: str, remaining: str, reset: int) -> list[tuple[str, str]]:
    return [
        ("x-rate-limit-limit", limit),
        ("x-rate-limit-remaining", remaining),
        ("x-rate-limit-reset", str(reset)),
    ]
