"""What happens to a service under load: one of its processes is killed or stopped, or the database's server is."""

import os
import random
import signal
import time
from collections.abc import Callable

from idsync.reconcile.continuous.wishes import Wish, wish_for_pass
from idsync.stores.protocol import Access
from tests.postgres.server import Server
from tests.serve_kills.service import LEASE, Broken, Service

Kill = Callable[[Service, random.Random], None]
TAKEOVER = LEASE + 7.0
"""Seconds: the lease, a tick, and what starting a process or asking a busy machine may take."""


def web(service: Service, chance: random.Random) -> None:
    """Kill the process of a replica that answers."""
    chance.choice(service.replicas).kill("web")


def reconciler(service: Service, chance: random.Random) -> None:
    """Kill the process of a replica that reconciles, and end that replica."""
    chance.choice(service.replicas).kill("reconciler")


def leader(service: Service, chance: random.Random) -> None:
    """Kill the process that leads, in a full pass if that comes about, and end its replica: another one takes over."""
    led = until_other_leads(service, None)
    ask_for_pass(service)
    time.sleep(chance.uniform(0, 0.5))
    service.leading().kill("reconciler")
    until_other_leads(service, led)


def leader_stopped(service: Service, chance: random.Random) -> None:
    """Stop the process that leads past its lease and let it go on: another one leads meanwhile, and still does."""
    ask_for_pass(service)
    time.sleep(chance.uniform(0, 0.5))
    led = until_other_leads(service, None)
    os.kill(led, signal.SIGSTOP)
    try:
        until_other_leads(service, led)
    finally:
        os.kill(led, signal.SIGCONT)
    time.sleep(chance.uniform(0.5, 2))
    now = service.leader()
    if now is None or now.process == led:
        raise Broken(f"{led} was stopped past its lease, and has the lead again: {now}.")


def database(server: Server) -> Kill:
    """Kill the database's server, and start it again a moment later."""

    def kill(service: Service, chance: random.Random) -> None:
        del service
        server.kill()
        time.sleep(chance.uniform(0, 1))
        server.start()

    return kill


def ask_for_pass(service: Service) -> None:
    """Let the leader have something to do."""
    with service.place().store(Access.WRITE) as store:
        wish_for_pass(store.facts, Wish("tests"))


def until_other_leads(service: Service, before: int | None) -> int:
    """Wait until a process leads that is not the one `before`, if there was one; that process. Raises Broken.

    After the kill before, of a server or a process, it may take a moment until any leads.
    """
    leading: list[int] = []

    def leads() -> bool:
        now = service.leader()
        leading[:] = [] if now is None or now.process == before else [now.process]
        return bool(leading)

    service.until(leads, "no process leads" if before is None else f"nobody took over from process {before}", TAKEOVER)
    return leading[0]
