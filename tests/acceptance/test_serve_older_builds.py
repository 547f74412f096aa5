"""Builds of earlier versions beside this one on one database: nothing is lost, and neither undoes the other (R47)."""

import os
import random
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.older_builds import SAME_SCHEMA, SCHEMA_BEFORE, older_build
from tests.postgres.server import server
from tests.serve_kills.__main__ import look
from tests.serve_kills.kills import ask_for_pass, until_other_leads
from tests.serve_kills.pushers import Pushers
from tests.serve_kills.service import CONFIGURATION, LEASE, LONGEST, Replica, Service

pytestmark = pytest.mark.long


USER = "urn:ietf:params:scim:schemas:core:2.0:User"
WAITS, SAYS = "Waiting for an older service to end", "was brought to a newer schema"


class OlderService(Service):
    """A service of an earlier schema: an older build made the store and the token, and serves."""

    def __init__(self, folder: Path, store: str, build: Path) -> None:
        self.folder = folder
        self._build = build
        (folder / "idsync.yaml").write_text(CONFIGURATION.replace("STORE", store))
        self.replicas = [Replica(folder, 0, "machine-0", build=build)]
        told = self.older("scim", "token", "create").stdout
        (self.token,) = re.findall(r"idsync_[\w-]{43}", told)

    def older(self, *command: str) -> "subprocess.CompletedProcess[str]":
        """What the older build says to a command."""
        return _run(self.folder, ["elsewhere", *command], {"PYTHONPATH": str(self._build)})

    def newer(self, *command: str) -> "subprocess.CompletedProcess[str]":
        """What this build says to a command."""
        return _run(self.folder, ["idsync", *command], {})


def _run(folder: Path, command: list[str], variables: dict[str, str]) -> "subprocess.CompletedProcess[str]":
    program = [sys.executable, "-m", *command, "-c", str(folder)]
    environment = {**os.environ, **variables}
    return subprocess.run(program, capture_output=True, text=True, cwd=folder, env=environment, check=False)


@pytest.fixture
def address() -> Iterator[str]:
    """The address of a database of its own."""
    database = server().new_database()
    yield server().url(database)
    server().drop_database(database)


@pytest.fixture
def beside(address: str, tmp_path: Path) -> Iterator[Service]:
    """An older build and this one, of one schema, on one database."""
    service = Service(tmp_path, address, replicas=2)
    service.replicas[0] = Replica(tmp_path, 0, "machine-0", build=older_build(SAME_SCHEMA))
    service.start()
    yield service
    service.stop()


@pytest.fixture
def older(address: str, tmp_path: Path) -> Iterator[OlderService]:
    """A service of the schema before this one."""
    service = OlderService(tmp_path, address, older_build(SCHEMA_BEFORE))
    service.start()
    yield service
    service.stop()


@pytest.fixture
def newer(tmp_path: Path) -> Iterator[Replica]:
    """This build on the same database; not started yet."""
    replica = Replica(tmp_path, 9, "machine-9")
    yield replica
    replica.stop()


def test_r47_an_older_build_of_this_schema_and_this_one_serve_and_lead_in_turns(beside: Service) -> None:
    pushers, chance, led = Pushers(beside, 1), random.Random(1), set()
    for _ in range(2):
        pushers.start()
        leader, replica = beside.leader(), beside.leading()
        led.add(beside.replicas.index(replica))
        ask_for_pass(beside)
        before = pushers.answered
        beside.until(lambda before=before: pushers.answered > before + 40, "few pushes were answered")  # type: ignore[misc]
        replica.kill("reconciler")
        until_other_leads(beside, None if leader is None else leader.process)
        pushers.stop()
        assert pushers.refused == []
        beside.start()
        look(beside, pushers.people, chance)
    assert led == {0, 1}


def test_r47_whom_either_build_deletes_stays_deleted(beside: Service) -> None:
    ids: dict[str, str] = {}
    for number in range(2):
        with beside.client(number) as client:
            for name in (f"stays{number}@x.com", f"goes{number}@x.com"):
                made = client.post("Users", json={"schemas": [USER], "userName": name, "externalId": f"00u{name}"})
                ids[name] = made.json()["id"]
    for number in range(2):  # each by the build that did not make them
        with beside.client(1 - number) as client:
            assert client.delete(f"Users/{ids[f'goes{number}@x.com']}").status_code == httpx.codes.NO_CONTENT
    leader, replica = beside.leader(), beside.leading()
    replica.stop()
    until_other_leads(beside, None if leader is None else leader.process)
    assert beside.looked_at() == {"stays0@x.com", "stays1@x.com"}
    with beside.client(1 - beside.replicas.index(replica)) as client:
        assert {each["userName"] for each in client.get("Users").json()["Resources"]} == beside.looked_at()


def test_r47_this_build_waits_for_one_of_the_schema_before_and_loses_nothing(
    older: OlderService, newer: Replica
) -> None:
    pushers = Pushers(older, 1)
    pushers.start()
    older.until(lambda: pushers.answered > 20, "few pushes were answered")
    pushers.stop()
    shown = older.older("get", "users", "--format", "json")
    assert (shown.returncode, shown.stdout) == (0, older.newer("get", "users", "--format", "json").stdout)
    pushers.start()
    newer.patience = LONGEST
    newer.begin()
    older.until(lambda: WAITS in newer.log(), "this build does not wait")
    before = pushers.answered
    older.until(lambda: pushers.answered > before, "the older build answers nobody while this one waits")
    older.replicas[0].stop()
    pushers.stop()
    newer.until_ready()
    older.replicas = [newer]
    older.until(lambda: older.leader() is not None, "nobody leads")
    assert pushers.refused == []
    look(older, pushers.people, random.Random(1))
    refused = older.older("get", "users")
    assert (refused.returncode, "newer idsync" in refused.stderr) == (7, True)


def test_r47_a_build_of_the_schema_before_that_slept_writes_nothing(older: OlderService, newer: Replica) -> None:
    pushers = Pushers(older, 2)
    pushers.start()
    older.until(lambda: pushers.answered > 20, "few pushes were answered")
    pushers.stop()
    asleep = older.replicas[0]
    asleep.signal(signal.SIGSTOP)
    try:
        time.sleep(LEASE)
        newer.begin()
        newer.until_ready()
    finally:
        asleep.signal(signal.SIGCONT)
    with older.client() as client:
        try:
            late = client.post("Users", json={"schemas": [USER], "userName": "late@x.com", "externalId": "late"})
            assert late.status_code == httpx.codes.SERVICE_UNAVAILABLE
        except httpx.TransportError:  # it has ended by then
            pass
    assert asleep.ended() == 7
    assert SAYS in asleep.log()
    older.replicas = [newer]
    look(older, pushers.people, random.Random(2))
    assert "late@x.com" not in older.looked_at()
