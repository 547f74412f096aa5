"""The loop of a service: a full pass each interval, and each tick a look at what moved, also while a full pass runs.

Nothing here touches the outside: passes, the clock, chance and waiting are given.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum
from typing import Protocol

JITTER = 0.1
"""An interval is longer or shorter by up to this share, so that replicas and organizations do not march in step."""
_FIRST_RETRY = 5.0
_MOST_DOUBLINGS = 10
WOKEN_EACH = 2.0
"""Seconds from one look to the next at the least, however often somebody calls: each asks Okta's log, which allows two
requests a second to everybody, and who uses them up waits a minute.
"""
LAST_RETRY = 300.0
"""So many seconds after a full pass that failed the next one begins at the latest."""


class Wake(Enum):
    """Why a wait ended."""

    TIME = "time"
    CALLED = "called"
    """Somebody says that something moved: an event hook, a person who asks for a pass, or a list that was read."""
    STOP = "stop"


class TickEnd(Enum):
    """How a look at what moved ended."""

    DONE = "done"
    BEHIND = "behind"
    """There is more to look at, at once."""
    IN_DOUBT = "in doubt"
    """What is so cannot be told from a part: a full pass has to look."""


class Passes(Protocol):
    """What the loop sets off. Each raises nothing: what went wrong is kept where people look for it."""

    def leads(self) -> bool:
        """Whether this process is the one that reconciles, now and for a while."""

    def begin_full(self) -> None:
        """Begin to read everything and to make the directory so, which goes on beside ticks."""

    def full_ended(self) -> bool | None:
        """Whether the full pass that was begun went well; None while it goes on."""

    def tick(self) -> TickEnd:
        """Look at what moved since the last look, and make that so."""

    def wants_full(self) -> bool:
        """Whether a full pass is to begin before its time: somebody asks for one, or what passes go by has changed."""


@dataclass
class Loop:
    """Full passes `interval` seconds after the last one ended, never two at once, and ticks all the time. Both pauses
    may be changed while it runs, and count from the last pass on.
    """

    passes: Passes
    interval: float
    tick: float
    clock: Callable[[], float]
    wait: Callable[[float], Wake]
    random: Callable[[], float]
    _ended_at: float = field(default=-math.inf, init=False)
    """When the last full pass ended; before the first one, and of one that takes over, long ago."""
    _stretch: float = field(default=1.0, init=False)
    _looked_at: float = field(default=-math.inf, init=False)
    _tick_at: float = field(default=0.0, init=False)
    _failures: int = field(default=0, init=False)
    _under_way: bool = field(default=False, init=False)
    _in_doubt: bool = field(default=False, init=False)
    """Whether a tick asked for a full pass after the last one began: one under way may have read what is in doubt."""

    def run(self) -> None:
        """Go on until a wait ends with STOP."""
        self._tick_at = self.clock()
        while True:
            if not self.passes.leads():
                if self.wait(self.tick) is Wake.STOP:
                    return
                self._ended_at = -math.inf  # the one that takes over begins with a full pass
                continue
            self._see_to_full_passes()
            if self.clock() >= self._tick_at:
                self._look()
            woken = self.wait(self._pause())
            if woken is Wake.STOP:
                return
            if woken is Wake.CALLED:
                soonest = max(self.clock(), self._looked_at + min(self.tick, WOKEN_EACH))
                self._tick_at = min(self._tick_at, soonest)

    def _pause(self) -> float:
        """How long there is nothing to do; the end of a full pass ends a wait before that."""
        if self._under_way:
            return max(0.0, self._tick_at - self.clock())
        return 0.0 if self._in_doubt else max(0.0, min(self._full_at(), self._tick_at) - self.clock())

    def _see_to_full_passes(self) -> None:
        if self._under_way:
            well = self.passes.full_ended()
            if well is None:
                return
            self._ended(well)
        if self.clock() >= self._full_at() or self._in_doubt or self.passes.wants_full():
            self._under_way, self._in_doubt = True, False
            self.passes.begin_full()

    def _ended(self, well: bool) -> None:
        self._under_way = False
        self._failures = 0 if well else self._failures + 1
        self._stretch = 1 + JITTER * (2 * self.random() - 1)
        self._ended_at = self.clock()

    def _full_at(self) -> float:
        pause = self.interval
        if self._failures:
            pause = min(pause, _FIRST_RETRY * 2 ** min(self._failures - 1, _MOST_DOUBLINGS), LAST_RETRY)
        return self._ended_at + pause * self._stretch

    def _look(self) -> None:
        self._looked_at = self.clock()
        end = self.passes.tick()
        self._in_doubt |= end is TickEnd.IN_DOUBT
        self._tick_at = self.clock() + (0.0 if end is TickEnd.BEHIND else self.tick)
