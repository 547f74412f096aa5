"""Holding a lease for the length of a run, and waiting for one."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from idsync.errors import LeaseHeld
from idsync.stores.protocol import Holder, Leases

APPLY = "apply"
_PAUSE = 0.2


@contextmanager
def held(leases: Leases, holder: Holder, *, timeout: float, sleep: Callable[[float], None]) -> Iterator[None]:
    """Hold the one lease for writing to the target; wait up to `timeout` seconds for it, then raise LeaseHeld."""
    waited = 0.0
    while (other := leases.take(APPLY, holder)) is not None:
        if waited >= timeout:
            raise LeaseHeld(
                f"Another run is at work: {other}.",
                holder=str(other),
                since=other.since,
                why=f"It began at {other.since}, and two runs at once would undo each other.",
                fix="Wait for it to end, or give --lock-timeout to wait longer.",
            )
        pause = min(_PAUSE, timeout - waited)
        sleep(pause)
        waited += pause
    try:
        yield
    finally:
        leases.release(APPLY, holder)
