"""Several services on one PostgreSQL database before a simulated Okta: one leads, killed or stopped in mid-apply."""

import os
import random
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path

import pytest

from idsync.bootstrap.workspace import open_workspace
from idsync.model.directory import DirectoryState
from idsync.reconcile.continuous.wishes import Wish, wish_for_pass
from idsync.stores.protocol import Access, Holder, Store
from tests.acceptance.okta_world import Place, served
from tests.acceptance.programs import TOKEN
from tests.acceptance.test_serve import everybody
from tests.effort import some
from tests.okta_simulator import Organization
from tests.postgres.pooler import pooled
from tests.postgres.server import server
from tests.serve_kills.service import LEASE, Replica

pytestmark = pytest.mark.long


PEOPLE = 60
TAKEOVER = LEASE + 20
LONGEST = 60.0


def organization() -> Organization:
    """People who have the app by a group that is a list, and another list."""
    made = Organization()
    people = [made.add_user(f"p{number:03}@x.com") for number in range(PEOPLE)]
    staff = made.add_group("staff", members=people)
    made.add_group("eng", members=people[:25])
    made.assign_group(made.add_app("Teleport"), staff)
    return made


@dataclass
class Replicas:
    """Services as if on machines of their own, and the store that they share."""

    place: Place
    all: list[Replica]

    @contextmanager
    def store(self) -> Iterator[Store]:
        """Their store, to read."""
        with open_workspace(self.place.folder).store(Access.READ) as store:
            yield store

    def directory(self) -> DirectoryState:
        """What the directory holds."""
        with self.store() as store:
            return open_workspace(self.place.folder).target(store).state()

    def leader(self) -> Holder | None:
        """The process that leads."""
        with self.store() as store:
            return store.leases.holder("leader")

    def entries(self) -> int:
        """How long the journal is, which must verify."""
        with self.store() as store:
            assert not store.verify().why
            return store.journal.head().entries

    def lead(self) -> tuple[int, bytes | None, float]:
        """The row of the leader's lease."""
        database = self.place.more["DATABASE"]
        rows = server().run("SELECT token, holder, ends FROM idsync.leases WHERE name = 'leader'", database)
        return rows[0][0], rows[0][1], rows[0][2]

    def until(self, holds: Callable[[], bool], what: str, seconds: float = LONGEST) -> None:
        """Wait until something holds."""
        begun = time.monotonic()
        while not holds():
            log = "\n".join(replica.log() for replica in self.all)
            assert time.monotonic() - begun < seconds, f"{what} did not become so:\n{log}"
            time.sleep(0.05)

    def other_leads(self, before: Holder) -> bool:
        """Whether a process leads that is not the one from before."""
        now = self.leader()
        return now is not None and now.process != before.process

    def plan_nothing(self) -> None:
        """Assert that a plan of all that Okta says finds nothing to do."""
        self.place.plans_nothing()


@contextmanager
def replicas(
    org: Organization, folder: Path, count: int, tick: str = "1s", *, by_pooler: bool = False
) -> Iterator[Replicas]:
    """So many services of an organization, started; by way of a pooler in transaction mode, if that is wanted."""
    database = server().new_database()
    way = pooled(server(), database, folder, size=4) if by_pooler else nullcontext(server().url(database))
    try:
        with way as url, served(org, folder) as (_, place):
            everybody(place)
            file = place.folder / "idsync.yaml"
            text = file.read_text().replace("sqlite:///idsync.db", url).replace("tick: 1s", f"tick: {tick}")
            file.write_text(text)
            place.more = {**place.more, "DATABASE": database}
            running = Replicas(place, [Replica(place.folder, number, f"machine-{number}") for number in range(count)])
            try:
                for replica in running.all:
                    replica.begin()
                for replica in running.all:
                    replica.until_ready()
                yield running
            finally:
                for replica in running.all:
                    replica.stop()
    finally:
        server().drop_database(database)


@pytest.fixture(autouse=True)
def secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the configuration refers to."""
    for name, value in {**TOKEN, "HOOK_SECRET": "a-secret-of-the-hook"}.items():
        monkeypatch.setenv(name, value)


@pytest.mark.parametrize("seed", some(range(10), fewest=1))
def test_r46_a_leader_that_is_killed_in_mid_apply_is_followed_by_another_within_the_lease(
    tmp_path: Path, seed: int
) -> None:
    chance = random.Random(seed)
    with replicas(organization(), tmp_path, 3) as running:
        running.until(lambda: running.leader() is not None, "a leader")
        time.sleep(chance.uniform(0, 1.5))
        led = running.leader()
        assert led is not None
        os.kill(led.process, signal.SIGKILL)
        running.until(lambda: running.other_leads(led), "another leader", TAKEOVER)
        running.until(lambda: len(running.directory().users) == PEOPLE, "the first full pass")
        assert {len(members) for members in running.directory().members.values()} == {PEOPLE, 25}
        running.entries()
        running.plan_nothing()


@pytest.mark.parametrize("seed", some(range(10), fewest=1))
def test_r46_a_leader_that_was_stopped_past_its_lease_writes_nothing_when_it_wakes(tmp_path: Path, seed: int) -> None:
    chance = random.Random(seed)
    org = organization()
    with replicas(org, tmp_path, 2) as running:
        running.until(lambda: running.leader() is not None, "a leader")
        time.sleep(chance.uniform(0, 1.5))
        led = running.leader()
        assert led is not None
        os.kill(led.process, signal.SIGSTOP)
        try:
            running.until(lambda: running.other_leads(led), "another leader", TAKEOVER)
            running.until(lambda: len(running.directory().users) == PEOPLE, "the full pass of the other")
            org.deactivate(org.user("p007@x.com"))
            running.until(lambda: len(running.directory().users) == PEOPLE - 1, "the leaver's end")
            before, (token, holder, _) = running.entries(), running.lead()
        finally:
            os.kill(led.process, signal.SIGCONT)
        time.sleep(3)
        assert running.entries() == before
        assert running.lead()[:2] == (token, holder), "the one that took over leads on"
        assert "p007@x.com" not in running.directory().users
        running.plan_nothing()


def test_a_word_on_one_replica_wakes_the_one_that_leads(tmp_path: Path) -> None:
    org = organization()
    with replicas(org, tmp_path, 2, tick="1h") as running:
        running.until(lambda: len(running.directory().users) == PEOPLE, "the first full pass")
        org.deactivate(org.user("p007@x.com"))
        with open_workspace(running.place.folder).store(Access.WRITE) as store, store.transaction():
            wish_for_pass(store.facts, Wish("tests"))
            store.wake()
        running.until(lambda: len(running.directory().users) == PEOPLE - 1, "the leaver's end")


def test_r46_behind_a_pooler_another_one_leads_once_the_leader_is_killed(tmp_path: Path) -> None:
    """In transaction mode each transaction may get another process of the server; words between replicas are lost."""
    org = organization()
    with replicas(org, tmp_path, 2, by_pooler=True) as running:
        running.until(lambda: len(running.directory().users) == PEOPLE, "the first full pass")
        led = running.leader()
        assert led is not None
        os.kill(led.process, signal.SIGKILL)
        org.deactivate(org.user("p007@x.com"))
        running.until(lambda: running.other_leads(led), "another leader", TAKEOVER)
        running.until(lambda: len(running.directory().users) == PEOPLE - 1, "the leaver's end")
        now = running.leader()
        assert now is not None
        os.kill(now.process, signal.SIGSTOP)
        try:
            running.until(lambda: running.other_leads(now), "a third leader", TAKEOVER)
            org.deactivate(org.user("p008@x.com"))
            running.until(lambda: len(running.directory().users) == PEOPLE - 2, "the next leaver's end")
            before, (token, holder, _) = running.entries(), running.lead()
        finally:
            os.kill(now.process, signal.SIGCONT)
        time.sleep(2)
        assert running.entries() == before
        assert running.lead()[:2] == (token, holder), "who slept does not lead"
        running.plan_nothing()
