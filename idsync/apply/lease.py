"""Holding a target's lease for the length of a run, and waiting for one."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from idsync.errors import LeaseHeld
from idsync.stores.protocol import Holder, Lease, Leases

SECONDS = 300.0
"""How long a lease outlives its last renewal where nobody can see whether its holder lives."""
_PAUSE = 0.2


@contextmanager
def held(
    leases: Leases, target: str, holder: Holder, *, timeout: float, sleep: Callable[[float], None]
) -> Iterator[Lease]:
    """Hold the lease for writing to a target; wait up to `timeout` seconds for it, then raise LeaseHeld."""
    lease = _taken(leases, f"target:{target}", holder, timeout, sleep)
    try:
        yield lease
    finally:
        leases.release(lease)


def _taken(leases: Leases, name: str, holder: Holder, timeout: float, sleep: Callable[[float], None]) -> Lease:
    waited = 0.0
    while isinstance(other := leases.take(name, holder, SECONDS), Holder):
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
    return other
