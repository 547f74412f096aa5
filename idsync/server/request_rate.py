"""How many requests a token may make: a bucket for each, which fills evenly over a minute."""

import math
from collections.abc import Callable
from dataclasses import dataclass


@dataclass
class _Bucket:
    left: float
    at: float


class RequestRate:
    """So many requests a minute for each token; `clock` counts seconds."""

    def __init__(self, a_minute: Callable[[], int], clock: Callable[[], float]) -> None:
        self._a_minute = a_minute
        self._clock = clock
        self._buckets: dict[str, _Bucket] = {}

    def wait(self, token: str) -> int:
        """Whole seconds until this token may ask again; 0 where it may now, which counts."""
        most, now = self._a_minute(), self._clock()
        bucket = self._buckets.setdefault(token, _Bucket(float(most), now))
        bucket.left = min(float(most), bucket.left + (now - bucket.at) * most / 60)
        bucket.at = now
        if bucket.left < 1:
            return max(1, math.ceil((1 - bucket.left) * 60 / most))
        bucket.left -= 1
        return 0
