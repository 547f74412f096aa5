"""Holding a target's lease for the length of its section, waiting for one, and writing only while it is held."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from idsync.errors import LeaseHeld
from idsync.stores.protocol import Holder, Lease, Leases, Records

SECONDS = 300.0
"""How long a lease outlives its last renewal where nobody can see whether its holder lives."""
_PAUSE = 0.2


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


def take_lease(leases: Leases, target: str, holder: Holder, *, timeout: float, sleep: Callable[[float], None]) -> Lease:
    """Take the lease for writing to a target; wait up to `timeout` seconds for it, then raise LeaseHeld."""
    waited = 0.0
    while isinstance(other := leases.take(f"target:{target}", holder, SECONDS), Holder):
        if waited >= timeout:
            raise lease_held(other)
        pause = min(_PAUSE, timeout - waited)
        sleep(pause)
        waited += pause
    return other


def lease_held(other: Holder) -> LeaseHeld:
    """That another run is at work."""
    return LeaseHeld(
        f"Another run is at work: {other}.",
        holder=str(other),
        since=other.since,
        why=f"It began at {other.since}, and two runs at once would undo each other.",
        fix="Wait for it to end, or give --lock-timeout to wait longer.",
    )
