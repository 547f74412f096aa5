"""Moments as the simulator keeps them (whole milliseconds since the epoch) and as Okta writes them."""

import email.utils
from collections.abc import Callable
from datetime import UTC, datetime
from functools import lru_cache

Clock = Callable[[], float]
"""Seconds since the epoch, as time.time gives them."""

DAY = 24 * 60 * 60 * 1000


@lru_cache(maxsize=65536)
def written(moment: int) -> str:
    """A moment as Okta writes it: UTC, milliseconds, Z."""
    whole = datetime.fromtimestamp(moment // 1000, tz=UTC)
    return f"{whole:%Y-%m-%dT%H:%M:%S}.{moment % 1000:03d}Z"


def written_or_null(moment: int | None) -> str | None:
    """As `written`, with null for a moment that has not come."""
    return None if moment is None else written(moment)


def read(text: str) -> int:
    """The moment that an ISO 8601 text names; ValueError when it names none."""
    parsed = datetime.fromisoformat(text)
    if parsed.tzinfo is None:
        raise ValueError(f"no time zone in {text!r}")
    return round(parsed.timestamp() * 1000)


def http_date(seconds: float) -> str:
    """The value of a Date header."""
    return email.utils.formatdate(int(seconds), usegmt=True)


class ManualClock:
    """A clock that stands still until it is told to go on."""

    def __init__(self, seconds: float = 1_800_000_000.0) -> None:
        self.seconds = seconds

    def __call__(self) -> float:
        return self.seconds

    def advance(self, seconds: float) -> None:
        self.seconds += seconds
