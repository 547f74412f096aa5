"""`idsync serve` as a process that can be killed, and what it left in its store."""

import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import httpx

from idsync.bootstrap import open_workspace
from idsync.reconcile.single_pass import plan_once
from idsync.server.tokens import make_token
from idsync.sources.protocol import silent
from idsync.stores.protocol import Access

CONFIGURATION = """\
apiVersion: idsync/v1
kind: Integration
metadata: {name: okta}
spec:
  org_url: https://enzos-pizza.okta.com
  source: {scim: {}}
  store: sqlite:///idsync.db
  interval: 1m
---
apiVersion: idsync/v1
kind: DefaultOwners
spec: {owners: [alice.bianchi@enzos-pizza.com]}
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
LONGEST = 60.0


class Broken(Exception):
    """The service is not as it should be after it was killed."""


class Service:
    """One service over one store, started as often as it is killed."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        (folder / "idsync.yaml").write_text(CONFIGURATION)
        place = open_workspace(folder)
        with place.store(Access.WRITE) as store:
            now, name = place.now(), place.settings.integration.name
            _, self.token = make_token(store.tokens, name="okta", integration=name, by="me", now=now, ends=None)
        self.url = ""
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it, and wait until it is ready."""
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        self.url = f"http://127.0.0.1:{port}"
        log = (self.folder / "serve.log").open("ab")
        command = [sys.executable, "-m", "idsync", "serve", "-c", str(self.folder), "--port", str(port)]
        self._process = subprocess.Popen(command, stdout=log, stderr=log)
        ends = time.monotonic() + LONGEST
        while True:
            if self._process.poll() is not None or time.monotonic() > ends:
                raise Broken(f"The service does not start:\n{self.log()}")
            try:
                if httpx.get(f"{self.url}/readyz").status_code == httpx.codes.OK:
                    return
            except httpx.TransportError:
                time.sleep(0.05)

    def kill(self, which: str) -> None:
        """Kill the process that answers (`web`) or the one that reconciles; the other one is ended."""
        assert self._process is not None
        if which == "reconciler":
            for child in self._children():
                os.kill(child, signal.SIGKILL)
            self._process.terminate()
        else:
            self._process.kill()
        self._process.wait(LONGEST)

    def stop(self) -> None:
        """End it, as an administrator does."""
        if self._process is not None and self._process.poll() is None:
            self._process.terminate()
            self._process.wait(LONGEST)

    def client(self) -> httpx.Client:
        """A client that pushes."""
        base = f"{self.url}/scim/v2/okta"
        return httpx.Client(base_url=base, headers={"Authorization": f"Bearer {self.token}"}, timeout=30)

    def looked_at(self) -> frozenset[str]:
        """Who has an account, once the journal is verified and a plan finds nothing to do; raises Broken."""
        place = open_workspace(self.folder)
        with place.store(Access.READ) as store:
            told = store.verify()
            if told.why:
                raise Broken(f"The journal does not verify: {told}")
            target, past = place.target(store), store.agreed("local").past()
            planned = plan_once(place.settings, place.source(silent), target, None, place.now(), past=past)
            if not planned.plan.is_empty:
                left = [f"{change.action} {change.address} ({change.reason})" for change in planned.plan.changes]
                raise Broken(f"A plan has something to do after a full pass: {', '.join(left[:5])}")
            return frozenset(target.state().users)

    def log(self) -> str:
        """The end of what it logged."""
        return (self.folder / "serve.log").read_text()[-4000:]

    def _children(self) -> list[int]:
        assert self._process is not None
        pid = self._process.pid
        return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
