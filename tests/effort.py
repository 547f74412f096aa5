"""How much chance is tried: the suite tries a twentieth of what `just night` tries, and a pipeline a tenth, the same
each time.

The environment's IDSYNC_EFFORT is the percentage of a night, 5 by default.
"""

import os
from collections.abc import Sequence
from typing import TypeVar

Item = TypeVar("Item")
A_TWENTIETH = 5
FEWEST = 5


def examples(night: int) -> int:
    """How many of the examples that a property is tried on in a night it is tried on now."""
    return max(FEWEST, night * _percent() // 100)


def some(night: Sequence[Item], fewest: int = FEWEST) -> list[Item]:
    """Those that are tried now of what a night tries (deaths of a run, seeds): evenly spread, in their order."""
    count = min(len(night), max(fewest, len(night) * _percent() // 100))
    return [night[number * len(night) // count] for number in range(count)]


def _percent() -> int:
    return int(os.environ.get("IDSYNC_EFFORT") or A_TWENTIETH)
