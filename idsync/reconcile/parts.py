"""A plan that goes ahead in part: the whole of it, what goes ahead, and what is held."""

from collections.abc import Container

import msgspec

from idsync.plan.changes import Plan
from idsync.plan.holding import LOCKS_GO

PASSED = "locks go ahead of what is held"
"""Why a run passed the limit on locks, for the history."""


class Parts(msgspec.Struct, frozen=True):
    """The whole of a plan, what of it goes ahead, and what is held: nothing, where there is no `held`."""

    whole: Plan
    going: Plan
    held_part: Plan | None = None

    @property
    def held(self) -> Plan:
        """What is held back; an empty plan where nothing is."""
        return self.held_part or msgspec.structs.replace(self.whole, changes=())

    @property
    def limits_reached(self) -> frozenset[str]:
        """The guards that are over their limit in the whole, of a plan that goes ahead in part."""
        over = (result.guard for result in self.whole.guards if result.verdict == "blocked")
        return frozenset(over) if self.held_part is not None else frozenset()

    def doubts(self, released: Container[str]) -> tuple[str, ...]:
        """What is wrong with the reading and was not released, whether it holds a change back or not."""
        return tuple(dict.fromkeys(each.code for each in self.whole.health.findings if each.code not in released))

    def passed_limits(self, released: Container[str]) -> tuple[str, ...]:
        """Guards that are over their limit, or mark a change, and hold no lock, though nobody released them."""
        if self.held_part is None:
            return ()
        over = {result.guard for result in self.whole.guards if result.verdict == "blocked"}
        over.update(mark for change in self.whole.changes for mark in change.blocked_by)
        return tuple(guard for guard in sorted(LOCKS_GO) if guard in over and guard not in released)
