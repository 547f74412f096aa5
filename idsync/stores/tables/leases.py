"""Leases in a table, each with the number of its last taking.

Rows are locked one by one, so that nobody who renews a lease waits for a long transaction of somebody else. What the
transaction of the only writer takes is written once, when it is given back or that ends: its row is locked meanwhile.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass

import msgspec

from idsync.errors import LeaseLost
from idsync.model.canonical import canonical_bytes
from idsync.stores.holder import is_dead, is_same
from idsync.stores.protocol import Holder, Lease
from idsync.stores.tables.connection import Connection, Question
from idsync.stores.tables.statements import Statement, Statements

_SQL = Statements("records.sql")
_HOLDER = msgspec.json.Decoder(Holder)
_LONGEST = 86_400.0
"""Seconds: an end that is further away was not written by idsync."""


@dataclass
class _Taken:
    """A lease that the open transaction took; what takes it within has the same, which is given back at the end."""

    lease: Lease
    holder: Holder
    ends: float
    times: int = 1
    is_written: bool = False


class Leases:
    """Leases by name, each with the number of its last taking; `clock` gives seconds since 1970."""

    def __init__(self, connection: Connection, clock: Callable[[], float] = time.time) -> None:
        self._connection = connection
        self._clock = clock
        self._taken: dict[str, _Taken] = {}
        connection.before_commit.append(self._write_taken)
        connection.after_commit.append(self._taken.clear)
        connection.after_rollback.append(self._taken.clear)

    def foresee(self, name: str) -> None:
        """The transaction of writes that begins next takes this lease: it may ask for it with its beginning."""
        self._connection.foresee(lambda: [Question(_SQL["lease_to_take"], (name,))])

    def take(self, name: str, holder: Holder, seconds: float) -> Lease | Holder:
        """The lease, when `holder` has it now; else who has it."""
        if (before := self._taken.get(name)) is not None:
            if not is_same(before.holder, holder):
                return before.holder
            before.times += 1
            return before.lease
        if not self._connection.is_only_writer:  # looking first spares a live run's rivals the wait for its end
            other, _ = self._other(name, holder, self._clock())
            if other is not None:
                return other
        with self._connection.aside():
            now = self._clock()
            other, last = self._other(name, holder, now, _SQL["lease_to_take"])
            if last is None:
                self._connection.run(_SQL["note_lease"], (name,))
                now = self._clock()
                other, last = self._other(name, holder, now, _SQL["lease_to_take"])
            if other is not None:
                return other
            taken = _Taken(Lease(name, (last or 0) + 1, seconds), holder, now + seconds)
            if self._connection.is_only_writer:
                self._taken[name] = taken
            else:
                self._write(taken)
            return taken.lease

    def _write_taken(self) -> None:
        """Write, before a transaction or a part of one begins or ends, what it took and has not given back."""
        for taken in self._taken.values():
            if not taken.is_written:
                self._write(taken)

    def _write(self, taken: _Taken) -> None:
        holder = canonical_bytes(taken.holder) if taken.times else None
        self._connection.run(_SQL["take_lease"], (taken.lease.token, holder, taken.ends, taken.lease.name))
        taken.is_written = True

    def renew(self, lease: Lease) -> None:
        """Begin its seconds again."""
        ends = self._clock() + lease.seconds
        if self._is_taken(lease) and not self._taken[lease.name].is_written:
            self._taken[lease.name].ends = ends
            return
        with self._connection.aside():
            self.check(lease)
            self._connection.run(_SQL["renew_lease"], (ends, lease.name))

    def check(self, lease: Lease) -> None:
        """Raise LeaseLost when somebody has taken it since; in a transaction, nobody takes it before that ends."""
        if self._is_taken(lease):
            return
        row = self._connection.row(_SQL["lease_to_keep"], (lease.name,))
        if row is None or row[0] != lease.token or row[1] is None:
            other = None if row is None else _holder(row[1])
            taken = "" if other is None else f": {other}"
            raise LeaseLost(
                f"Another run took over{taken}.",
                why=f"This one did not renew its lease on {lease.name} for {lease.seconds:g} seconds.",
                fix="See `idsync history` for what was applied, and plan again.",
            )

    def release(self, lease: Lease) -> None:
        """Give a lease back; no error when it was lost."""
        if self._is_taken(lease):
            taken = self._taken[lease.name]
            taken.times -= 1
            if taken.times:
                return
            del self._taken[lease.name]
            if not taken.is_written:
                self._write(taken)
                return
        with self._connection.aside():
            self._connection.run(_SQL["release_lease"], (lease.name, lease.token))

    def _is_taken(self, lease: Lease) -> bool:
        """Whether the open transaction took this very lease: its row is written to, and nobody else gets at it."""
        taken = self._taken.get(lease.name)
        return taken is not None and taken.lease.token == lease.token

    def held(self, name: str, here: Holder) -> Holder | None:
        """Who has a lease, apart from the process `here`."""
        return self._other(name, here, self._clock())[0]

    def holder(self, name: str) -> Holder | None:
        """Who has a lease now, as far as its seconds tell."""
        row = self._connection.row(_SQL["lease"], (name,))
        return None if row is None or row[2] is None or row[2] <= self._clock() else _holder(row[1])

    def _other(
        self, name: str, holder: Holder, now: float, statement: Statement = _SQL["lease"]
    ) -> tuple[Holder | None, int | None]:
        """Who else has the lease, if anybody, and the number of its last taking; None where it was never taken."""
        row = self._connection.row(statement, (name,))
        if row is None:
            return None, None
        token, kept, ends = row
        other = _holder(kept)
        if other is None or not now < ends < now + _LONGEST:
            return None, token
        return None if is_same(other, holder) or is_dead(other, holder) else other, token


def _holder(kept: bytes | None) -> Holder | None:
    """Who has a lease. One that cannot be read holds nobody up: its process, if it lives, is told that it lost it."""
    try:
        return None if kept is None else _HOLDER.decode(kept)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None
