"""What processes that share a store ask of it: leases that keep two apart, and which services run."""

from typing import Protocol

import msgspec


class Holder(msgspec.Struct, frozen=True):
    """The process that holds a lease: enough to tell people who it is, and machines whether it still lives."""

    process: int
    host: str
    user: str
    since: str
    boot: str = ""
    born: str = ""
    """When the process began, in the system's own count: tells it from a later one with the same number."""

    def __str__(self) -> str:
        return f"{self.user}@{self.host}, process {self.process}"


class Lease(msgspec.Struct, frozen=True):
    """That somebody holds a name for themselves, for so many seconds since it was last renewed.

    `token` is a fencing number: it grows with each taking of the name and never comes again, so that who has lost a
    lease without noticing can be told from who has it now.
    """

    name: str
    token: int
    seconds: float


class Leases(Protocol):
    """The locks that keep two processes apart, by name: `target:NAME` for an apply, `leader` for a service."""

    def foresee(self, name: str) -> None:
        """The transaction of writes that begins next takes this lease: where that spares a question, it is asked for
        with the beginning.
        """

    def take(self, name: str, holder: Holder, seconds: float) -> Lease | Holder:
        """The lease, when `holder` has it now; else who has it.

        A lease is free when its holder is known to be dead, or did not renew it for its seconds. Who has it may take it
        again, and the lease from before is lost then.
        """

    def renew(self, lease: Lease) -> None:
        """Begin its seconds again; raises LeaseLost when somebody has taken it since."""

    def check(self, lease: Lease) -> None:
        """Raise LeaseLost when somebody has taken it since; in a transaction, nobody takes it before that ends.

        A lease whose seconds are over and that nobody took is not lost.
        """

    def release(self, lease: Lease) -> None:
        """Give a lease back; no error when it was lost."""

    def holder(self, name: str) -> Holder | None:
        """Who has a lease now, as far as its seconds tell."""


class Replicas(Protocol):
    """The services that use a store, each with a row that it renews as a lease while it runs."""

    def announce(self, holder: Holder) -> Lease:
        """Say that a service runs from now on, and which schema it knows."""

    def leave(self, lease: Lease) -> None:
        """Say that a service ends."""

    def running(self) -> list[tuple[int, Holder]]:
        """The services that run, as far as their rows tell, each with the schema that it knows."""
