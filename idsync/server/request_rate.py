"""How many requests a token may make: a bucket for each, which fills evenly over a minute."""

import math
from collections.abc import Callable
from dataclasses import dataclass

_MINUTE = 60.0
"""Seconds in which a bucket that was empty is full."""


@dataclass
class _Bucket:
    left: float
    at: float


class RequestRate:
    """So many requests a minute for each token, or whatever else tells who asks; `clock` counts seconds."""

    def __init__(self, a_minute: Callable[[], int], clock: Callable[[], float]) -> None:
        self._a_minute = a_minute
        self._clock = clock
        self._buckets: dict[str, _Bucket] = {}
        self._looked_through = clock()

    def wait(self, token: str) -> int:
        """Whole seconds until this token may ask again; 0 where it may now, which counts."""
        most, now = self._a_minute(), self._clock()
        if now - self._looked_through >= _MINUTE:
            self._forget(now)
        bucket = self._buckets.setdefault(token, _Bucket(float(most), now))
        bucket.left = min(float(most), bucket.left + (now - bucket.at) * most / _MINUTE)
        bucket.at = now
        if bucket.left < 1:
            return max(1, math.ceil((1 - bucket.left) * _MINUTE / most))
        bucket.left -= 1
        return 0

    def _forget(self, now: float) -> None:
        """Forget whose bucket is full again by now, as that of somebody new is: strangers may come from anywhere."""
        self._buckets = {token: bucket for token, bucket in self._buckets.items() if now - bucket.at < _MINUTE}
        self._looked_through = now
