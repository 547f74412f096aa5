"""Holding a target's lease for the length of its section, waiting for one, and writing only while it is held."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager

from idsync.errors import LeaseHeld, StoreBusy
from idsync.stores.protocol import Holder, Lease, Leases, Records

SECONDS = 300.0
"""How long a lease outlives its last renewal where nobody can see whether its holder lives."""
_PAUSE = 0.1
_BUSY = 5.0
"""So many seconds a store waits by itself before it says that it is busy."""


@contextmanager
def fenced(records: Records, lease: Lease, *, renewed: bool = False) -> Iterator[None]:
    """A transaction of writes that name the number of the lease: raises LeaseLost, and writes nothing, when it is lost.

    With `renewed`, the seconds of the lease begin again.
    """
    with records.transaction():
        if renewed:
            records.leases.renew(lease)
        else:
            records.leases.check(lease)
        yield


@contextmanager
def with_target(
    records: Records, target: str, holder: Holder, *, seconds: float, sleep: Callable[[float], None]
) -> Iterator[None]:
    """A transaction of writes in which the target is taken and given back, with one commit for all of it.

    A process that is killed in it leaves no lease behind. Waits so many seconds for another run to give the target
    back, then raises LeaseHeld.
    """
    lease, waited = f"target:{target}", 0.0
    while True:
        taken: Lease | Holder | None = None
        with ExitStack() as span:
            try:
                records.leases.foresee(lease)
                span.enter_context(records.transaction())
                taken = records.leases.take(lease, holder, seconds)
            except StoreBusy:
                waited += _BUSY
                if waited >= seconds:
                    raise
            if isinstance(taken, Lease):
                yield
                records.leases.release(taken)
                return
        if taken is not None and waited >= seconds:
            raise lease_held(taken)
        sleep(_PAUSE)
        waited += _PAUSE


def take_lease(leases: Leases, target: str, holder: Holder, *, timeout: float, sleep: Callable[[float], None]) -> Lease:
    """Take the lease for writing to a target; wait up to `timeout` seconds for it, then raise LeaseHeld."""
    waited = 0.0
    while isinstance(other := _taken(leases, target, holder, last=waited >= timeout), Holder | None):
        if other is not None and waited >= timeout:
            raise lease_held(other)
        pause = min(_PAUSE, timeout - waited)
        sleep(pause)
        waited += pause
    return other


def _taken(leases: Leases, target: str, holder: Holder, *, last: bool) -> Lease | Holder | None:
    """The lease, or who has it; None where somebody writes just now, which at the `last` try is an error."""
    try:
        return leases.take(f"target:{target}", holder, SECONDS)
    except StoreBusy:
        if last:
            raise
        return None


def lease_held(other: Holder) -> LeaseHeld:
    """That another run is at work."""
    return LeaseHeld(
        f"Another run is at work: {other}.",
        holder=str(other),
        since=other.since,
        why=f"It began at {other.since}, and two runs at once would undo each other.",
        fix="Wait for it to end, or give --lock-timeout to wait longer.",
    )
