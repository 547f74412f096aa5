"""The services that use a store, each with a row of its own among the leases, which names the schema that it knows.

A row is renewed while its service runs. Who would bring the store to a newer schema sees by these who still uses it.
"""

from collections.abc import Callable
from uuid import uuid4

import msgspec

from idsync.errors import LeaseHeld, OlderReplica
from idsync.model.canonical import canonical_bytes
from idsync.stores.holder import is_dead
from idsync.stores.protocol import Holder, Lease
from idsync.stores.tables.connection import Connection
from idsync.stores.tables.statements import Statements

_SQL = Statements("records.sql")
_HOLDER = msgspec.json.Decoder(Holder)
_PREFIX = "replica/"
REPLICA_SECONDS = 60.0
"""So long a service counts as running after its last word."""


class Replicas:
    """The services that use a store; `schema` is the one that this version knows."""

    def __init__(self, connection: Connection, clock: Callable[[], float], schema: int) -> None:
        self._connection = connection
        self._clock = clock
        self._schema = schema

    def announce(self, holder: Holder) -> Lease:
        """Say that a service runs from now on; what is left of those that ended long ago goes."""
        lease = Lease(f"{_PREFIX}{self._schema}/{uuid4().hex}", 1, REPLICA_SECONDS)
        with self._connection.aside():
            self._connection.run(_SQL["forget_replicas"], (self._clock() - REPLICA_SECONDS,))
            self._connection.run(_SQL["note_lease"], (lease.name,))
            row = (lease.token, canonical_bytes(holder), self._clock() + lease.seconds, lease.name)
            self._connection.run(_SQL["take_lease"], row)
        return lease

    def leave(self, lease: Lease) -> None:
        """Say that a service ends."""
        with self._connection.aside():
            self._connection.run(_SQL["forget_replica"], (lease.name,))

    def running(self) -> list[tuple[int, Holder]]:
        """The services that run, as far as their rows tell, each with the schema that it knows."""
        found = []
        for name, kept in self._connection.rows(_SQL["replicas"], (self._clock(),)):
            schema = name.removeprefix(_PREFIX).partition("/")[0]
            if schema.isdigit():
                found.append((int(schema), _HOLDER.decode(kept)))
        return found

    def check_none_older(self, here: Holder) -> None:
        """Raise OlderReplica where a service of an earlier schema runs; `here` is this process."""
        for schema, holder in self.running():
            if schema < self._schema and not is_dead(holder, here):
                raise _older(self._connection.label, schema, holder, self._schema)


def _older(label: str, schema: int, holder: Holder, known: int) -> LeaseHeld:
    return OlderReplica(
        f"A service of an earlier version uses the store {label}: {holder}.",
        holder=str(holder),
        since=holder.since,
        why=f"It knows schema {schema}, and could not read what this version would make of the store (schema {known}).",
        fix="End that `idsync serve`, or replace it by this version; then run the same command again.",
    )
