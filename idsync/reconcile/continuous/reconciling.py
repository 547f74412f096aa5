"""What one process that reconciles has, whichever of its threads is at work: who leads, what waits, and who writes.

Ticks go on while a full pass reads. They share this, and nothing else: each thread has an open store of its own.
"""

import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from idsync.apply.lease import with_target
from idsync.apply.request import Request
from idsync.config.settings import Settings
from idsync.config.source_files import SourceFile
from idsync.errors import IdsyncError, LeaseLost, PassStopped
from idsync.model.findings import Finding
from idsync.reconcile.continuous.lead import Lead
from idsync.reconcile.continuous.pass_reports import PassReport, failed, put_report
from idsync.reconcile.continuous.under_way import UnderWay
from idsync.reconcile.continuous.wishes import Wish
from idsync.reconcile.followed import Followed, LookAgain
from idsync.reconcile.merged_lists import BothWays
from idsync.reconcile.plan_options import PlanOptions
from idsync.sources.protocol import Progress, Source, Wait
from idsync.stores.protocol import Holder, Lease, Store
from idsync.targets.protocol import Target

SERVICE = "idsync serve"
"""The actor of runs that nobody asked for."""
NOBODY_ASKS = Wish(SERVICE)
LEASE_WAIT = 30.0
"""Seconds that a pass waits for a run of somebody else to give the target back."""


class Place(Protocol):
    """What a configuration stands for, made concrete."""

    @property
    def settings(self) -> Settings: ...

    @property
    def files(self) -> tuple[SourceFile, ...]: ...

    def now(self) -> datetime:
        """The time, in whole seconds."""

    def target(self, store: Store) -> Target:
        """The first target."""

    def targets(self, store: Store) -> Mapping[str, Target]:
        """Every target, by the names that plans give them."""

    def pass_options(self, store: Store, *, noticed: Iterable[Finding] = ()) -> PlanOptions:
        """What is known now for a pass on the store; `noticed` are findings that the plan is to have."""

    def both_ways(self, store: Store) -> BothWays | None:
        """What memberships that go both ways are merged by; None where they go one way."""

    def request(self, actor: str, now: datetime) -> Request:
        """What an apply is asked for."""


@dataclass
class Reconciling:
    """`in_force` says which configuration passes go by, and whether another one waits; `source` makes its source, which
    reports its progress. `tell` is told how each pass ended that changed something, failed, or was whole, and
    `tell_unkept` of which kinds of passes the store has not that the last one failed. `tell_wait` is told that a full
    pass begins to wait for Okta's limit, and which bucket is full. `clock` gives seconds and never goes back. `beside`
    runs what may take long, in a thread of its own where there are several.
    """

    in_force: Callable[[Store], tuple[Place, bool]]
    source: Callable[[Place, Progress], Source]
    holder: Holder
    sleep: Callable[[float], None]
    tell: Callable[[PassReport], None]
    clock: Callable[[], float] = time.monotonic
    tell_unkept: Callable[[frozenset[str]], None] = lambda _: None
    tell_wait: Callable[[UnderWay, str], None] = lambda *_: None
    beside: Callable[[Callable[[], None]], None] = lambda work: work()
    followed: Followed = field(default_factory=Followed)
    again: LookAgain = field(default_factory=LookAgain)
    to_send: set[tuple[str, str]] = field(default_factory=set)
    """Memberships that a full pass left for the next tick to send, by the Okta ids of list and person: something about
    them moved while it was planned.
    """
    wish: Wish = NOBODY_ASKS
    """What the full pass under way is to grant."""
    stopping: threading.Event = field(default_factory=threading.Event)
    lead: Lead = field(init=False)
    unkept: frozenset[str] = field(default=frozenset(), init=False)
    """Kinds of passes of which the last one failed, and the store could not keep that, such as on a full disk."""
    _writes: threading.Lock = field(default_factory=threading.Lock, init=False)
    _sends: threading.Lock = field(default_factory=threading.Lock, init=False)

    def __post_init__(self) -> None:
        self.lead = Lead(self.holder, self.clock)

    def leads(self, store: Store) -> bool:
        """Whether this process has the lead, which it takes when it is free. That it lost the lead since the store does
        not take its word is told once: no pass begins that could fail.
        """
        leads = self.lead.has(store)
        if not leads and self.lead.refusal is not None and "full" not in self.unkept:
            with suppress(IdsyncError):  # a store that cannot be read either is told by whatever reads it
                now = self.in_force(store)[0].now()
                self._note_unkept("full", so=True)
                self.tell(failed("full", now, now, self.lead.refusal))
        return leads

    @contextmanager
    def writing(self, store: Store, target: Target, lead: Lease | None) -> Iterator[None]:
        """A transaction with the target's lease held: no push, no person and no other thread of ours writes between.

        Raises LeaseHeld, and LeaseLost where this process does not have the `lead` any more with which it began.
        """
        # Of one process, a second taking of a lease ends the first.
        with self._writes, with_target(store, target.name, self.holder, seconds=LEASE_WAIT, sleep=self._pause):
            if lead is not None:
                store.leases.check(lead)
            yield

    @contextmanager
    def leading(self, store: Store, lead: Lease | None) -> Iterator[None]:
        """A transaction of what does not touch the target; raises LeaseLost where another process has the lead."""
        with store.transaction():
            if lead is not None:
                store.leases.check(lead)
            yield

    @contextmanager
    def between_writes(self) -> Iterator[None]:
        """A moment at which no thread of this process writes."""
        with self._writes:
            yield

    @contextmanager
    def sending(self, *, waits: bool) -> Iterator[bool]:
        """A span in which no other thread of this process sends to Okta; False where one does, and this does not wait.

        It spans no transaction: what is sent takes as long as Okta lets it.
        """
        alone = self._sends.acquire(blocking=waits)
        try:
            yield alone
        finally:
            if alone:
                self._sends.release()

    def going_on(self, store: Store, lead: Lease | None) -> Progress:
        """What a reading calls again and again: it keeps the `lead`, and breaks off where that is lost or we stop."""
        renewed_at = self.clock()

        def go_on(_what: str | Wait, _done: int, _total: int) -> None:
            nonlocal renewed_at
            self.check_stop()
            if lead is not None and self.clock() - renewed_at >= lead.seconds / 3:
                store.leases.renew(lead)
                renewed_at = self.clock()

        return go_on

    def check_stop(self) -> None:
        """Raise PassStopped where the process was told to end."""
        if self.stopping.is_set():
            raise PassStopped("The service was told to stop; the next one takes up what is left.")

    def _pause(self, seconds: float) -> None:
        self.sleep(seconds)
        self.check_stop()

    def report(self, store: Store, report: PassReport, lead: Lease | None) -> None:
        """Keep how a pass ended, where this process still leads and the store answers, and tell it."""
        try:
            self.keep(store, report, lead)
        except LeaseLost:  # the process that leads by now tells of its own
            self._note_unkept(report.kind, so=False)
        except IdsyncError:
            self._note_unkept(report.kind, so=report.error is not None)
        self.tell(report)

    def keep(self, store: Store, report: PassReport, lead: Lease | None) -> None:
        """Keep how a pass ended. Raises LeaseLost where another process has the lead, and StoreError."""
        with self.leading(store, lead):
            put_report(store.facts, report)
        self._note_unkept(report.kind, so=False)

    def _note_unkept(self, kind: str, *, so: bool) -> None:
        self.unkept = self.unkept | {kind} if so else self.unkept - {kind}
        self.tell_unkept(self.unkept)
