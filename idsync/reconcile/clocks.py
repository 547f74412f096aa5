"""The two clocks of a pass, this machine's and Okta's, and what is said where they differ."""

from datetime import datetime

from idsync.model.extent import Reading
from idsync.model.findings import Finding
from idsync.model.times import Clocks, duration_words, parse_time

DAY, HOUR, MINUTE = 86_400, 3_600, 60
_SET_IT = "Set it: that of the server where the store is in PostgreSQL, else this machine's."


def clocks_of(now: datetime, taken_at: str, reading: Reading | None = None, here: datetime | None = None) -> Clocks:
    """The clocks where it is `now`: by the store's clock, where a pass goes by one; by this machine's it is `here`.

    A reading of Okta's API has heard Okta's clock, and compared it with this machine's. A file tells only that Okta's
    clock is not behind the time at which its reading was taken.
    """
    if reading is not None and reading.ahead is not None:
        return Clocks(now, reading.ahead + _apart(now, here))
    try:
        ahead = int((parse_time(taken_at) - now).total_seconds())
    except ValueError:  # a plan file may have said anything of when its snapshot was taken
        ahead = 0
    return Clocks(now, max(ahead, 0))


def _apart(now: datetime, here: datetime | None) -> int:
    """By how many seconds this machine is ahead of the store; a second is none, since both times are cut to seconds."""
    seconds = 0 if here is None else round((here - now).total_seconds())
    return seconds if abs(seconds) > 1 else 0


def clock_findings(clocks: Clocks) -> list[Finding]:
    """A warning where the clocks are more than two minutes apart."""
    if not clocks.differ:
        return []
    side = "behind" if clocks.ahead > 0 else "ahead of"
    message = (
        f"The clock here is about {_roughly(abs(clocks.ahead))} {side} Okta's. Ends are counted from the "
        "later of the two, and a lock has ended only when it has by both."
    )
    if not clocks.may_sweep:
        message += " With more than a day between them, no lock is cleared away."
    return [Finding("clock_skew", "warning", f"{message} {_SET_IT}")]


def _roughly(seconds: int) -> str:
    """In the largest unit alone, so that a plan made again in a moment has the same bytes."""
    unit = next(unit for unit in (DAY, HOUR, MINUTE) if seconds >= unit)
    return duration_words(seconds // unit * unit)
