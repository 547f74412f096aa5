"""The lead: of all processes that could reconcile, the one that has it does."""

from collections.abc import Callable

from idsync.errors import IdsyncError, LeaseLost
from idsync.stores.protocol import Holder, Lease, Store

LEADER_SECONDS = 60.0
"""How long the lead outlives the last word of the process that has it."""


class Lead:
    """The lead of this process, as it knows of it. `lease` is its lease, while it has one, and `refusal` why the store
    would not renew it.
    """

    def __init__(self, holder: Holder, clock: Callable[[], float]) -> None:
        self.lease: Lease | None = None
        self.refusal: IdsyncError | None = None
        self._holder = holder
        self._clock = clock
        self._until = 0.0

    def has(self, store: Store) -> bool:
        """Whether this process leads; it takes the lead when that is free."""
        self.refusal = None
        try:
            if self.lease is not None:
                store.leases.renew(self.lease)
                self._until = self._clock() + LEADER_SECONDS
                return True
        except LeaseLost:
            self.lease = None
        except IdsyncError as error:
            # The store may be busy for a moment, and nobody takes the lead before its time is over.
            self.refusal = error
            return self._clock() < self._until
        try:
            taken = store.leases.take("leader", self._holder, LEADER_SECONDS)
        except IdsyncError:
            return False
        if isinstance(taken, Lease):
            self.lease, self._until = taken, self._clock() + LEADER_SECONDS
        return self.lease is not None

    def give_back(self, store: Store) -> None:
        """Let another process lead."""
        if self.lease is not None:
            store.leases.release(self.lease)
            self.lease = None
