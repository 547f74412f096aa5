"""How much to write at once: as much as takes a tenth of a second here, learned from how long it took before."""

from collections.abc import Callable

LONGEST = 0.2
"""Seconds that nothing is to hold others up for."""
_AIM = LONGEST / 2


class Pace:
    """`amount` is how much to do next, in units that cost about the same; `clock` gives seconds and never goes back."""

    def __init__(self, clock: Callable[[], float], first: int) -> None:
        self.amount = first
        self.clock = clock

    def took(self, amount: int, begun: float) -> None:
        """Learn from what began then, and is over: a small rest that was quick says little."""
        seconds = max(self.clock() - begun, _AIM / 100)
        if seconds > _AIM or amount * 2 >= self.amount:
            self.amount = max(1, round(amount * min(2.0, max(0.1, _AIM / seconds))))
