"""An older and a newer service on one database for a while: nothing is lost, and neither undoes the other."""

import shutil
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from idsync.stores.postgres.migrations import known_migrations
from idsync.stores.protocol import Access
from tests.postgres.server import server
from tests.serve_kills.service import LEASE, LONGEST, Replica, Service

pytestmark = pytest.mark.long


USER = "urn:ietf:params:scim:schemas:core:2.0:User"
WAITS, SAYS = "Waiting for an older service to end", "was brought to a newer schema"


@pytest.fixture
def older(tmp_path: Path) -> Iterator[Service]:
    """A service of this version, on a database of its own."""
    database = server().new_database()
    service = Service(tmp_path, server().url(database), replicas=1)
    service.start()
    try:
        yield service
    finally:
        service.replicas[0].stop()
        server().drop_database(database)


@pytest.fixture
def newer(tmp_path: Path) -> Iterator[Replica]:
    """A service of the next version, which has one migration more; not started yet."""
    folder = tmp_path / "migrations"
    shutil.copytree(known_migrations()[0].parent, folder)
    (folder / "0999_later.sql").write_text("ALTER TABLE idsync.facts ADD COLUMN later bigint NOT NULL DEFAULT 7;\n")
    replica = Replica(tmp_path, 9, "machine-9", folder)
    yield replica
    replica.stop()


@contextmanager
def pushes(service: Service) -> Iterator[list[str]]:
    """The names of those whom the older service took, while somebody pushes all the time."""
    taken: list[str] = []
    ends = threading.Event()

    def push() -> None:
        with service.client() as client:
            for number in range(10_000):
                if ends.is_set():
                    return
                try:
                    name = f"p{number:05}@x.com"
                    answer = client.post("Users", json={"schemas": [USER], "userName": name, "externalId": name})
                except httpx.TransportError:
                    return
                if answer.is_success:
                    taken.append(name)

    thread = threading.Thread(target=push, daemon=True)
    thread.start()
    try:
        yield taken
    finally:
        ends.set()
        thread.join(60)


def people(service: Service, newer: Replica) -> set[str]:
    """Who is there for who asks the newer service."""
    headers = {"Authorization": f"Bearer {service.token}"}
    with httpx.Client(base_url=f"{newer.url}/scim/v2/okta/", headers=headers, timeout=30) as client:
        found: set[str] = set()
        while True:
            page = client.get("Users", params={"startIndex": len(found) + 1, "count": 500}).json()
            if not page.get("Resources"):
                return found
            found |= {each["userName"] for each in page["Resources"]}


def test_r47_a_newer_service_waits_for_the_older_one_and_nothing_is_lost(older: Service, newer: Replica) -> None:
    with pushes(older) as taken:
        older.until(lambda: len(taken) >= 3, "nobody was taken")
        newer.patience = LONGEST
        newer.begin()
        older.until(lambda: WAITS in newer.log(), "the newer service does not wait")
        before = len(taken)
        older.until(lambda: len(taken) > before, "the older service takes nobody while the newer one waits")
        older.replicas[0].stop()
    newer.until_ready()
    assert people(older, newer) == set(taken)
    with pytest.raises(Exception, match="newer idsync"), older.place().store(Access.READ):
        pass


def test_r47_a_newer_service_that_waited_in_vain_names_the_older_one(older: Service, newer: Replica) -> None:
    newer.begin()
    assert newer.ended() == 9
    assert "@machine-0, process" in newer.log()
    older.replicas[0].until_ready()


def test_r47_an_older_service_that_slept_writes_nothing_when_it_wakes(older: Service, newer: Replica) -> None:
    with pushes(older) as taken:
        older.until(lambda: len(taken) >= 3, "nobody was taken")
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
            answer = client.post("Users", json={"schemas": [USER], "userName": "late@x.com", "externalId": "late"})
            assert answer.status_code == httpx.codes.SERVICE_UNAVAILABLE
        except httpx.TransportError:  # it has ended by then
            pass
    assert asleep.ended() == 7
    assert SAYS in asleep.log()
    assert people(older, newer) == set(taken)
