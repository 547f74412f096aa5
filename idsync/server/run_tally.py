"""What runs of passes, pushes and people did since this process was first asked for it, as the journal tells of it."""

from collections.abc import Iterator, Mapping
from typing import Literal

import msgspec

from idsync.model.journal import RunFinished, RunStarted, RunStopped
from idsync.reconcile.continuous.reconciling import SERVICE
from idsync.stores.protocol import Journal

By = Literal["pass", "push", "person"]
Outcome = Literal["whole", "in_part", "stopped"]
_MOST_OPEN = 1000
"""So many runs may be under way or broken off; of older ones, the end is not counted any more."""


class RunNews(msgspec.Struct, frozen=True):
    """A run that began, with what its plan holds by kind and action, or one that ended."""

    by: By
    counts: Mapping[str, Mapping[str, int]] = {}
    outcome: Outcome | None = None


class RunTally:
    """Reads on in the journal each time that somebody asks."""

    def __init__(self) -> None:
        self._last: int | None = None
        self._open: dict[int, By] = {}

    def news(self, journal: Journal) -> list[RunNews]:
        """What runs did since the last question; nothing at the first one."""
        return list(self._news(journal))

    def _news(self, journal: Journal) -> Iterator[RunNews]:
        before, fresh = self._last, []
        for numbered in journal.latest():
            self._last = max(self._last or 0, numbered.sequence)
            if before is None or numbered.sequence <= before:
                break
            fresh.append(numbered.entry)
        self._last = self._last or 0
        for entry in reversed(fresh):
            match entry:
                case RunStarted():
                    self._open[entry.run] = by_of(entry.actor)
                    yield RunNews(by_of(entry.actor), msgspec.to_builtins(entry.counts))
                case RunFinished() if entry.run in self._open:
                    yield RunNews(self._open.pop(entry.run), outcome="whole" if entry.whole else "in_part")
                case RunStopped() if entry.run in self._open:
                    yield RunNews(self._open[entry.run], outcome="stopped")
                case _:
                    continue
        while len(self._open) > _MOST_OPEN:
            del self._open[next(iter(self._open))]


def by_of(actor: str) -> By:
    """Whether a pass of the service, a push, or a person made a run."""
    if actor == SERVICE:
        return "pass"
    return "push" if actor.startswith("scim token ") else "person"
