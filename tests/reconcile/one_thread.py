"""Full passes and ticks one after the other, on one open store: what is to happen in between is up to the test."""

import time
from collections.abc import Callable
from functools import partial
from types import MethodType

from idsync.reconcile.continuous.full_passes import FullPasses
from idsync.reconcile.continuous.loop import TickEnd
from idsync.reconcile.continuous.pass_reports import PassReport
from idsync.reconcile.continuous.read_beside import ReadingBeside
from idsync.reconcile.continuous.reconciling import Place, Reconciling
from idsync.reconcile.continuous.ticks import Ticks
from idsync.reconcile.continuous.wishes import waiting_wish
from idsync.sources.protocol import Progress, Source
from idsync.stores.protocol import Holder, Store


class OneThread:
    """What a service does, when it is told to."""

    def __init__(
        self,
        store: Store,
        in_force: Callable[[Store], tuple[Place, bool]],
        source: Callable[[Place, Progress], Source],
        holder: Holder,
        tell: Callable[[PassReport], None] = lambda report: None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.store = store
        self.reconciling = Reconciling(in_force, source, holder, lambda seconds: None, tell, clock)
        self._ticks = Ticks(store, self.reconciling)

    def leads(self) -> bool:
        """Whether it has the lead."""
        return self.reconciling.leads(self.store)

    def stand_back(self) -> None:
        """Give the lead back."""
        self.reconciling.lead.give_back(self.store)

    def full(self, store: Store | None = None) -> bool:
        """A full pass, by another connection if one is given; whether it went well."""
        return FullPasses(store or self.store, self.reconciling).full()

    def tick(self) -> TickEnd:
        """A tick."""
        return self._ticks.tick()

    def hold_readings(self, *, people: bool = True) -> list[Callable[[], None]]:
        """Let what ticks read beside them wait until a test calls it; with `people`, also what is of people alone."""
        held: list[Callable[[], None]] = []

        def beside(work: Callable[[], None]) -> None:
            if people or _of(work).lists:
                held.append(work)
            else:
                work()

        self.reconciling.beside = beside
        return held

    def wakes(self) -> bool:
        """Whether something was read beside that waits for the next tick."""
        return self._ticks.has_read()

    def wants_full(self) -> bool:
        """Whether somebody asks for a full pass."""
        return waiting_wish(self.store.facts) is not None


def _of(work: Callable[[], None]) -> ReadingBeside:
    assert isinstance(work, partial)
    assert isinstance(work.func, MethodType)
    reading = work.func.__self__
    assert isinstance(reading, ReadingBeside)
    return reading
