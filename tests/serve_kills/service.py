"""`idsync serve` as processes that can be killed and stopped, and what they left in the store that they share."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import httpx

from idsync.bootstrap.workspace import Workspace, open_workspace
from idsync.errors import StoreError
from idsync.reconcile.plan_options import PlanOptions
from idsync.reconcile.single_pass import plan_once
from idsync.server.tokens import make_token
from idsync.sources.protocol import silent
from idsync.stores.protocol import Access, Holder
from tests.serve_kills.elsewhere import MACHINE, MIGRATIONS, PATIENCE, SECONDS
from tests.warm import Warm

CONFIGURATION = """\
apiVersion: idsync/v1
kind: Integration
metadata: {name: okta}
spec:
  org_url: https://enzos-pizza.okta.com
  source: {scim: {}}
  store: STORE
  interval: 1m
---
apiVersion: idsync/v1
kind: DefaultOwners
spec: {owners: [alice.bianchi@enzos-pizza.com]}
---
apiVersion: idsync/v1
kind: Service
spec: {tick: 1s, limits: {requests_a_minute: 1000000}}
---
apiVersion: idsync/v1
kind: Guards
spec:
  user_deletes: {percent: 100, floor: 100000}
  user_locks: {percent: 100, floor: 100000}
  member_removals: {percent: 100, floor: 100000}
  access_list_deletes: {percent: 100, floor: 100000}
  access_losses: {percent: 100, floor: 100000}
  lock_burst: {percent: 100, floor: 100000}
  access_gains: {percent: 100, floor: 100000}
"""
IN_A_FILE = "sqlite:///idsync.db"
LONGEST = 60.0
LEASE = 3.0
"""So many seconds the lead outlives the last word of a process, where every replica is on a machine of its own."""


class Broken(Exception):
    """The service is not as it should be after something was killed."""


class Replica:
    """One service, started as often as it is killed. Where `machine` is empty it is on this one, with its leases.

    `patience` is how many seconds it waits for a service of an older schema to end, where it is on another machine.
    """

    def __init__(
        self, folder: Path, number: int, machine: str = "", migrations: Path | None = None, build: Path | None = None
    ) -> None:
        """With `migrations` it is of the version that has these; with `build` it is that older build (`older_builds`),
        which needs a machine of its own.
        """
        self._folder = folder
        self._machine = machine
        self._migrations = migrations
        self._build = build
        self._log = folder / f"serve-{number}.log"
        self.patience = LEASE
        self.url = ""
        self._process: Warm | subprocess.Popen[bytes] | None = None

    @property
    def is_alive(self) -> bool:
        """Whether its web process runs."""
        return self._process is not None and self._process.poll() is None

    def start(self) -> None:
        """Start it, and wait until it is ready."""
        self.begin()
        self.until_ready()

    def begin(self) -> None:
        """Start it."""
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        self.url = f"http://127.0.0.1:{port}"
        program = "tests.serve_kills.elsewhere" if self._machine else "idsync"
        leases = {SECONDS: str(LEASE), PATIENCE: str(self.patience)}
        variables = {MACHINE: self._machine, **leases} if self._machine else {}
        if self._migrations is not None:
            variables[MIGRATIONS] = str(self._migrations)
        if self._build is not None:
            program, variables = "elsewhere", {**variables, "PYTHONPATH": str(self._build)}
        arguments, environment = ["serve", "-c", str(self._folder), "--port", str(port)], {**os.environ, **variables}
        if self._build is None:
            self._process = Warm(program, arguments, environment, self._log)
            return
        command = [sys.executable, "-m", program, *arguments]
        with self._log.open("ab") as log:  # a package in the working folder would come first
            self._process = subprocess.Popen(command, stdout=log, stderr=log, env=environment, cwd=self._folder)

    def until_ready(self) -> None:
        """Wait until it answers that it is ready. Raises Broken."""
        ends = time.monotonic() + LONGEST
        while True:
            if not self.is_alive or time.monotonic() > ends:
                raise Broken(f"The service is not ready:\n{self.log()}")
            try:
                if httpx.get(f"{self.url}/readyz").status_code == httpx.codes.OK:
                    return
            except httpx.TransportError:
                pass
            time.sleep(0.05)

    def kill(self, which: str) -> None:
        """Kill the process that answers (`web`) or the one that reconciles; the other one is ended."""
        assert self._process is not None
        if which == "reconciler":
            for child in self.children():
                os.kill(child, signal.SIGKILL)
            self._process.terminate()
        else:
            self._process.kill()
        self._process.wait(LONGEST)

    def stop(self) -> None:
        """End it, as an administrator does."""
        if self._process is not None and self.is_alive:
            self._process.terminate()
            self._process.wait(LONGEST)

    def signal(self, number: signal.Signals) -> None:
        """Send a signal to all of its processes."""
        assert self._process is not None
        for process in (self._process.pid, *self.children()):
            os.kill(process, number)

    def ended(self) -> int:
        """Wait until it ends by itself; its exit code. Raises Broken."""
        assert self._process is not None
        try:
            return self._process.wait(LONGEST)
        except subprocess.TimeoutExpired:
            raise Broken(f"The service does not end:\n{self.log()}") from None

    def log(self) -> str:
        """The end of what it logged."""
        return self._log.read_text()[-4000:]

    @property
    def pid(self) -> int:
        """The process that answers."""
        assert self._process is not None
        return self._process.pid

    @property
    def reconciler(self) -> int:
        """The process that reconciles."""
        return next(each for each in self.children() if b"spawn_main" in Path(f"/proc/{each}/cmdline").read_bytes())

    def children(self) -> list[int]:
        """The processes that it started, the one that reconciles among them."""
        assert self._process is not None
        threads = Path(f"/proc/{self._process.pid}/task").glob("*/children")
        return [int(child) for file in threads for child in file.read_text().split()]


class Service:
    """Replicas over one store: in a file, or at the address of a database."""

    def __init__(self, folder: Path, store: str = IN_A_FILE, replicas: int = 1) -> None:
        self.folder = folder
        (folder / "idsync.yaml").write_text(CONFIGURATION.replace("STORE", store))
        machines = [f"machine-{number}" if store != IN_A_FILE else "" for number in range(replicas)]
        self.replicas = [Replica(folder, number, machine) for number, machine in enumerate(machines)]
        place = self.place()
        with place.store(Access.WRITE) as opened:
            now, name = place.now(), place.settings.integration.name
            _, self.token = make_token(opened.tokens, name="okta", integration=name, by="me", now=now, ends=None)

    def place(self) -> Workspace:
        """Its configuration."""
        return open_workspace(self.folder)

    def start(self) -> None:
        """Start every replica that does not run, and wait until one of them leads. Raises Broken."""
        for replica in self.replicas:
            if replica.is_alive:
                replica.until_ready()
            else:
                replica.start()
        self.until(lambda: self.leader() is not None, "no replica leads")

    def stop(self) -> None:
        """End every replica."""
        for replica in self.replicas:
            replica.stop()

    def client(self, number: int = 0) -> httpx.Client:
        """A client that pushes to one of the replicas."""
        base = f"{self.replicas[number % len(self.replicas)].url}/scim/v2/okta"
        return httpx.Client(base_url=base, headers={"Authorization": f"Bearer {self.token}"}, timeout=LONGEST)

    def leader(self) -> Holder | None:
        """The process that has the lead, as far as the seconds of its lease tell; None where the store is away."""
        try:
            with self.place().store(Access.READ) as store:
                return store.leases.holder("leader")
        except StoreError:
            return None

    def leading(self) -> Replica:
        """The replica whose process leads. Raises Broken where that is none of them."""
        leader = self.leader()
        for replica in self.replicas:
            if leader is not None and replica.is_alive and leader.process in replica.children():
                return replica
        raise Broken(f"Not one replica leads; the store says {leader}.")

    def until(self, holds: Callable[[], bool], what: str, seconds: float = LONGEST) -> float:
        """Wait until something holds; how long that took. Raises Broken."""
        begun = time.monotonic()
        while not holds():
            if time.monotonic() - begun > seconds:
                raise Broken(f"After {seconds:g} seconds {what}.")
            time.sleep(0.05)
        return time.monotonic() - begun

    def looked_at(self) -> frozenset[str]:
        """Who has an account, once the journal is verified and a plan finds nothing to do; raises Broken."""
        place = self.place()
        with place.store(Access.READ) as store:
            told = store.verify()
            if told.why:
                raise Broken(f"The journal does not verify: {told}")
            if not store.upstream.is_known():  # it was killed before it took the first push
                return frozenset()
            target, past = place.target(store), store.agreed("local").past()
            planned = plan_once(place.settings, place.source(silent), target, PlanOptions(now=place.now(), past=past))
            if not planned.plan.is_empty:
                left = [f"{change.action} {change.address} ({change.reason})" for change in planned.plan.changes]
                raise Broken(f"A plan has something to do after a full pass: {', '.join(left[:5])}")
            return frozenset(target.state().users)

    def log(self) -> str:
        """The ends of what the replicas logged."""
        return "\n".join(replica.log() for replica in self.replicas)
