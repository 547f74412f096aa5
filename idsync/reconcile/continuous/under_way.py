"""How far a full pass is that is under way, and what it waits for: kept in the store for people, each wait told once.

A pass that is over soon is not kept: nobody could read it.
"""

import math
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Literal

import msgspec

from idsync.model.canonical import canonical_bytes
from idsync.model.times import format_time
from idsync.sources.protocol import Wait
from idsync.stores.protocol import Facts, Holder

Stage = Literal["reading", "planning", "storing", "applying", "sending"]
KEPT_AFTER = 1.0
"""Seconds after which a pass that is under way is kept for the first time."""
KEPT_EACH = 10.0
"""Seconds from one time to the next, where it goes on as it was."""
LEAST_WAIT = 5.0
"""Seconds that a wait takes which is told, and by which a later one ends after it."""
_ROUNDED = timedelta(seconds=2)
"""By no more than that the end of a wait seems to move, since it is told in whole seconds."""
_KEY = "service/under_way"


class UnderWay(msgspec.Struct, frozen=True, omit_defaults=True):
    """A full pass of the process `by`, which began at `began`, as it was at a time.

    `read` has how many of what are read, and of how many (0 where that is unknown), `waits` until when requests wait
    for which of Okta's buckets. Of a process that is gone it stays: it is so only while that process leads.
    """

    by: Holder
    began: str
    at: str
    stage: Stage
    read: Mapping[str, tuple[int, int]] = {}
    waits: Mapping[str, str] = {}

    @property
    def read_in_words(self) -> str:
        """What is read by now."""
        read = self.read.items()
        told = (f"{done:,} of {total:,} {what}" if total else f"{done:,} {what}" for what, (done, total) in read)
        return ", ".join(told) or "nothing yet"


_UNDER_WAY = msgspec.json.Decoder(UnderWay)


def put_under_way(facts: Facts, under_way: UnderWay | None) -> None:
    """Keep it, in place of what was kept before; None where no pass is under way."""
    if under_way is None:
        facts.delete(_KEY)
    else:
        facts.put({_KEY: canonical_bytes(under_way)})


def full_pass_under_way(facts: Facts, leader: Holder | None) -> UnderWay | None:
    """The full pass that the process which leads has under way, if it has one."""
    known = facts.get(_KEY)
    found = None if known is None else _UNDER_WAY.decode(known)
    return found if found is not None and found.by == leader else None


class Advance:
    """How one full pass goes on, a `Progress` of its reading. It is given to `keep`, and each wait once to `tell`, with
    the bucket's name. `clock` gives seconds and never goes back, `now` the time.
    """

    def __init__(
        self,
        by: Holder,
        keep: Callable[[UnderWay | None], None],
        tell: Callable[[UnderWay, str], None],
        clock: Callable[[], float],
        now: Callable[[], datetime],
    ) -> None:
        self._by = by
        self._keep = keep
        self._tell = tell
        self._clock = clock
        self._now = now
        self._began, self._began_at = clock(), format_time(now())
        self._kept_at = -math.inf
        self._stage: Stage = "reading"
        self._read: dict[str, tuple[int, int]] = {}
        self._waits: dict[str, datetime] = {}
        """Until when a bucket is waited for."""
        self._told: dict[str, float] = {}

    def begins(self, stage: Stage) -> None:
        """A stage begins."""
        self._stage = stage
        self._waits.clear()
        self._keep_if(due=True)

    def __call__(self, what: str | Wait, done: int, total: int) -> None:
        """So many of what are read, or a wait takes so many seconds more."""
        if isinstance(what, Wait):
            self._wait(what.bucket, done)
            return
        self._read[what] = done, total
        self._keep_if(due=self._clock() - self._kept_at >= KEPT_EACH)

    def over(self) -> None:
        """The pass is over, however it ended."""
        if self._kept_at > -math.inf:
            self._keep(None)

    def _wait(self, bucket: str, seconds: float) -> None:
        if seconds <= 0:
            self._keep_if(due=self._waits.pop(bucket, None) is not None)
            return
        clock, ends = self._clock(), self._now() + timedelta(seconds=math.ceil(seconds))
        until = clock + seconds
        is_new = seconds >= LEAST_WAIT and until >= self._told.get(bucket, -math.inf) + LEAST_WAIT
        known = self._waits.get(bucket)
        if is_new or known is None or abs(ends - known) > _ROUNDED:
            self._waits[bucket] = ends
        if is_new:
            self._told[bucket] = until
            self._tell(self._as_it_is(), bucket)
        self._keep_if(due=is_new or clock - self._kept_at >= KEPT_EACH)

    def _keep_if(self, *, due: bool) -> None:
        now = self._clock()
        if due and now - self._began >= KEPT_AFTER:
            self._kept_at = now
            self._keep(self._as_it_is())

    def _as_it_is(self) -> UnderWay:
        now = self._now()
        waits = {bucket: format_time(until) for bucket, until in self._waits.items() if until > now}
        return UnderWay(self._by, self._began_at, format_time(now), self._stage, dict(self._read), waits)
