"""What the tests of the Okta source share: a simulated organization on a socket, and a source that reads it."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from idsync.config.settings import AppById
from idsync.okta.auth import ApiTokenCredential, Credential
from idsync.okta.request import Timing
from idsync.sources.okta.source import OktaSource
from tests.okta_simulator import Limits, Organization, Simulator, running


class Clock:
    """A clock that moves when somebody sleeps, and remembers each sleep."""

    def __init__(self, now: float = 1_800_000_000.0) -> None:
        self.now = now
        self.sleeps: list[float] = []
        self._lock = threading.Lock()

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        """Sleepers of several threads sleep side by side: the clock moves to the latest awakening."""
        awake = self.now + seconds
        self.sleeps.append(seconds)
        with self._lock:
            self.now = max(self.now, awake)

    @property
    def timing(self) -> Timing:
        return Timing(clock=self, wall=self, sleep=self.sleep, random=lambda: 0.5)


class Reader:
    """A simulator that is being served, and sources that read it."""

    def __init__(self, simulator: Simulator, url: str) -> None:
        self.simulator = simulator
        self.organization = simulator.organization
        self.url = url
        self.clock = self.organization.clock if isinstance(self.organization.clock, Clock) else Clock()

    def source(self, credential: Credential | None = None, **choices: Any) -> OktaSource:
        choices.setdefault("app", AppById(self.organization.app("Teleport").id))
        choices.setdefault("rate_limit_share", 100)
        choices.setdefault("timing", self.clock.timing)
        return OktaSource(
            org_url=self.url, credential=credential or ApiTokenCredential(self.simulator.token), **choices
        )


@contextmanager
def served(organization: Organization, limits: Limits | None = None, latency: float = 0.0) -> Iterator[Reader]:
    """Serve an organization, by default without refusing anything for its rate."""
    limits = limits or Limits(organization.clock, organization.switches, enabled=False)
    simulator = Simulator(organization, limits=limits, latency=latency)
    with running(simulator) as url:
        yield Reader(simulator, url)


def small(**choices: Any) -> Organization:
    """Six people, of whom five have the app by group `staff`; three groups; one app besides."""
    organization = Organization(**choices)
    names = ("ada", "boris", "chloe", "dmitri", "elif")
    people = {
        name: organization.add_user(f"{name}@enzos-pizza.com", profile={"department": "Delivery"}) for name in names
    }
    outsider = organization.add_user("zoe@enzos-pizza.com")
    staff = organization.add_group("staff", members=list(people.values()))
    organization.add_group("eng", members=[people["ada"], people["boris"], outsider])
    organization.add_group("empty", members=[])
    sso = organization.add_app("Teleport")
    organization.assign_group(sso, staff)
    sales = organization.add_app("Salesforce")
    organization.assign_user(sales, people["chloe"])
    organization.assign_group(sales, staff)
    return organization
