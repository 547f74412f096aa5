"""The loop of a service: a full pass each interval, a look at what moved each tick, one thing after the other.

Nothing here touches the outside: passes, the clock, chance and waiting are given.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum
from typing import Protocol

JITTER = 0.1
"""An interval is longer or shorter by up to this share, so that replicas and organizations do not march in step."""
_FIRST_RETRY = 5.0
_LAST_RETRY = 300.0


class Wake(Enum):
    """Why a wait ended."""

    TIME = "time"
    CALLED = "called"
    """Somebody says that something moved: an event hook, or a person who asks for a pass."""
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

    def full(self) -> bool:
        """Read everything, and make the directory so; whether that went well."""

    def tick(self) -> TickEnd:
        """Look at what moved since the last look, and make that so."""

    def wants_full(self) -> bool:
        """Whether somebody asked for a full pass since the last one."""


@dataclass
class Loop:
    """Full passes `interval` seconds after the last one ended, and ticks between; never two things at once."""

    passes: Passes
    interval: float
    tick: float
    clock: Callable[[], float]
    wait: Callable[[float], Wake]
    random: Callable[[], float]
    _full_at: float = field(default=0.0, init=False)
    _tick_at: float = field(default=0.0, init=False)
    _failures: int = field(default=0, init=False)

    def run(self) -> None:
        """Go on until a wait ends with STOP."""
        self._full_at = self._tick_at = self.clock()
        while True:
            if not self.passes.leads():
                if self.wait(self.tick) is Wake.STOP:
                    return
                self._full_at = min(self._full_at, self.clock())  # the one that takes over begins with a full pass
                continue
            self._work()
            woken = self.wait(max(0.0, min(self._full_at, self._tick_at) - self.clock()))
            if woken is Wake.STOP:
                return
            if woken is Wake.CALLED:
                self._tick_at = self.clock()

    def _work(self) -> None:
        if self.clock() >= self._full_at or self.passes.wants_full():
            self._full()
        elif self.clock() >= self._tick_at:
            self._look()

    def _full(self) -> None:
        well = self.passes.full()
        self._failures = 0 if well else self._failures + 1
        pause = self.interval if well else min(self.interval, _FIRST_RETRY * 2 ** (self._failures - 1), _LAST_RETRY)
        self._full_at = self.clock() + pause * (1 + JITTER * (2 * self.random() - 1))
        self._tick_at = self.clock() + self.tick

    def _look(self) -> None:
        match self.passes.tick():
            case TickEnd.DONE:
                self._tick_at = self.clock() + self.tick
            case TickEnd.BEHIND:
                self._tick_at = self.clock()
            case TickEnd.IN_DOUBT:
                self._full_at = self.clock()
