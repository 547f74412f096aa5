"""Times as text at the edges and as aware datetimes inside; durations as whole seconds."""

import re
from datetime import UTC, datetime, timedelta

import msgspec

from idsync.model.numbers import counted

_DURATION = re.compile(r"(?:(\d+)d)?(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?\Z")
_UNITS = (86400, 3600, 60, 1)


_SOME_MINUTES = 120
_A_DAY = 86400
_FIRST = datetime(1, 1, 1, tzinfo=UTC)
_LAST = datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)


class Clocks(msgspec.Struct, frozen=True):
    """Two clocks at one moment: `local` is this machine's, and Okta's is so many seconds `ahead` of it, or behind.

    What is written counts from the later one. What takes access away when its time comes is judged by the later one,
    and what gives access back by the earlier one.
    """

    local: datetime
    ahead: int = 0

    @property
    def later(self) -> datetime:
        """The time by the clock that is ahead."""
        return moved(self.local, max(self.ahead, 0))

    @property
    def earlier(self) -> datetime:
        """The time by the clock that is behind."""
        return moved(self.local, min(self.ahead, 0))

    @property
    def differ(self) -> bool:
        """Whether they are more than two minutes apart, so that somebody should know."""
        return abs(self.ahead) > _SOME_MINUTES

    @property
    def may_sweep(self) -> bool:
        """Whether they agree well enough, within a day, to clear away what has ended."""
        return abs(self.ahead) <= _A_DAY


def parse_time(text: str) -> datetime:
    """An RFC 3339 time with its offset, in UTC; raises ValueError when it is not one."""
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError(f"time without an offset: {text!r}")
    try:
        return moment.astimezone(UTC)
    except OverflowError as error:
        raise ValueError(f"time out of range: {text!r}") from error


def format_time(moment: datetime) -> str:
    """RFC 3339 in UTC with `Z`, whole seconds, as Teleport prints it."""
    return moment.astimezone(UTC).replace(microsecond=0, tzinfo=None).isoformat() + "Z"


def is_past(text: str | None, now: datetime) -> bool:
    """Whether an optional expiry has passed at `now`; no expiry never passes."""
    return text is not None and parse_time(text) <= now


def later(moment: datetime, seconds: int) -> str:
    """The time `seconds` after `moment`, as text."""
    return format_time(moved(moment, seconds))


def moved(moment: datetime, seconds: int) -> datetime:
    """The time `seconds` after `moment`, or before it; at most the last or first one that can be written."""
    try:
        return moment + timedelta(seconds=seconds)
    except OverflowError:
        return _LAST if seconds > 0 else _FIRST


def parse_duration(text: str) -> int:
    """Seconds of `90m`, `30h`, `2d`, `1h30m`; raises ValueError when it is not one."""
    match = _DURATION.match(text)
    if not text or match is None or len(text) > 20:
        raise ValueError(f"not a duration: {text!r}")
    return sum(int(number) * unit for number, unit in zip(match.groups(), _UNITS, strict=True) if number)


def format_duration(seconds: int) -> str:
    """The shortest spelling that `parse_duration` reads back, down to seconds, as a configuration has it."""
    parts = []
    for unit, letter in zip(_UNITS, "dhms", strict=True):
        count, seconds = divmod(seconds, unit)
        if count:
            parts.append(f"{count}{letter}")
    return "".join(parts) or "0s"


def duration_words(seconds: int) -> str:
    """`1 day 7 hours`, as people say it, down to seconds."""
    parts = []
    for unit, noun in zip(_UNITS, ("day", "hour", "minute", "second"), strict=True):
        count, seconds = divmod(seconds, unit)
        if count:
            parts.append(counted(count, noun))
    return " ".join(parts) or "0 seconds"
