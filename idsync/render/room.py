"""A fair share of the room for each section: who wants little gets it all, and the rest is divided among the others."""

from collections.abc import Sequence


def shares(room: int, wants: Sequence[int], weights: Sequence[int] | None = None) -> list[int]:
    """How much each may take of `room`: nobody more than it wants, and among those who want more, by weight.

    All are counted in the same unit. The shares of all together are never more than the room.
    """
    weights = [1] * len(wants) if weights is None else weights
    given = [0] * len(wants)
    open_ = [place for place, want in enumerate(wants) if want > 0]
    left = max(0, room)
    while open_:
        unit = left / sum(weights[place] for place in open_)
        content = [place for place in open_ if wants[place] <= unit * weights[place]]
        if not content:
            for place in open_:
                given[place] = int(unit * weights[place])
            break
        for place in content:
            given[place] = wants[place]
            left -= wants[place]
        open_ = [place for place in open_ if place not in content]
    return given
