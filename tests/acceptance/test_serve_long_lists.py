"""A group of very many pages that moves is read beside ticks, by a service before a slow Okta."""

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from idsync.reconcile.continuous.to_read import people_to_read
from idsync.stores.sqlite.store import open_store_to_read
from tests.acceptance.okta_world import Place, served
from tests.acceptance.serving import Serving, serving
from tests.acceptance.test_serve import everybody, lists, locked
from tests.okta_simulator import Delay, Fault, Organization, Simulator, Switches

pytestmark = pytest.mark.long

PEOPLE = 60
PAGE = 2
SLOW = 0.7
"""Seconds that each page takes: thirty of them are longer than what the log tells may take."""


def organization() -> Organization:
    """An organization with a group of thirty pages, and a small one."""
    org = Organization(switches=Switches(group_members_maximum=PAGE))
    app = org.add_app("Teleport")
    people = [org.add_user(f"p{number:02}@enzos-pizza.com") for number in range(PEOPLE)]
    for person in people:
        org.assign_user(app, person)
    org.add_group("all", members=people[:-2])
    org.add_group("eng", members=people[:1])
    return org


@dataclass
class World:
    """The organization, and a place for services that follow it."""

    org: Organization
    simulator: Simulator
    place: Place

    def join(self, number: int, group: str = "all") -> str:
        """Let somebody join a group; their name."""
        person = self.org.user(f"p{number:02}@enzos-pizza.com")
        self.org.add_member(self.org.group(group), person)
        return person.login

    def pages(self) -> int:
        """How many pages of the long group were asked for."""
        path = self._path()
        return sum(request.path == path for request in self.simulator.requests.entries)

    def be_slow(self) -> None:
        """Let each page of the long group take long from now on."""
        self.simulator.faults.add(Fault(self._path(), Delay(SLOW), times=None))

    def _path(self) -> str:
        return f"/api/v1/groups/{self.org.group('all').id}/users"

    def members(self) -> list[str]:
        """Who is in the list of the long group."""
        return lists(self.place).get("all", [])

    @contextmanager
    def reading(self) -> Iterator[tuple[Serving, str]]:
        """A service that read everything once, and reads the long group again, slowly, since somebody joined it."""
        with serving(self.place) as running:
            running.until(lambda: len(self.members()) == PEOPLE - 2, what="the first full pass")
            running.until(lambda: "A full pass ended" in running.log, what="its end")
            before = self.pages()
            self.be_slow()
            joined = self.join(PEOPLE - 1)
            running.until(lambda: self.pages() >= before + 2, what="a reading of the group")
            yield running, joined


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """The organization, followed by nobody yet; in the end nothing is left to be planned."""
    org = organization()
    with served(org, tmp_path) as (simulator, place):
        everybody(place)
        made = World(org, simulator, place)
        yield made
        place.plans_nothing()


def test_r45_who_leaves_while_a_group_of_many_pages_is_read_is_locked_before_its_end(world: World) -> None:
    org, place = world.org, world.place
    with world.reading() as (running, joined):
        before = world.pages()
        org.deactivate(org.user("p05@enzos-pizza.com"))
        took = running.until(lambda: locked(place) == {"p05@enzos-pizza.com"}, what="the lock")
        assert took < 15
        second = world.join(PEOPLE - 2)
        org.suspend(org.user("p06@enzos-pizza.com"))
        running.until(lambda: "p06@enzos-pizza.com" in locked(place), what="another lock")
        assert world.pages() - before < PEOPLE / PAGE / 2, "the group is read still"
        assert len(world.members()) < PEOPLE - 1
        running.until(lambda: joined in world.members(), what="the group")
        world.simulator.faults.clear()
        running.until(lambda: second in world.members(), what="the second reading")
        world.join(7, "eng")
        running.until(lambda: len(lists(place)["eng"]) == 2, what="a small group")
        assert running.log.count("A full pass ended") == 1
        assert running.end() == 0


def test_r45_a_process_that_is_killed_while_it_reads_a_group_forgets_nothing(world: World) -> None:
    with world.reading() as (running, joined):
        world.org.deactivate(world.org.user("p05@enzos-pizza.com"))
        running.until(lambda: locked(world.place) == {"p05@enzos-pizza.com"}, what="the lock")
        before = world.pages()
        os.kill(running.until_child(), signal.SIGKILL)
        running.until(lambda: world.pages() >= before + 2, what="another reading")
        world.simulator.faults.clear()
        running.until(lambda: joined in world.members(), what="the group")
        assert running.end() == 0


def test_a_reading_of_many_pages_is_broken_off_when_the_service_ends(world: World) -> None:
    with world.reading() as (running, joined):
        before = world.pages()
        assert running.end() == 0
        assert world.pages() - before < PEOPLE / PAGE / 2
    world.simulator.faults.clear()
    with serving(world.place) as running:
        running.until(lambda: joined in world.members(), what="the group")
        assert running.end() == 0


def test_r45_who_leaves_while_very_many_people_are_read_slowly_is_locked_in_time(world: World) -> None:
    """Okta takes a second for each of fifty people who moved, of whom the one who leaves is told last."""
    org, place = world.org, world.place
    with serving(place) as running:
        running.until(lambda: "A full pass ended" in running.log, what="the first full pass")
        world.simulator.faults.add(Fault("/api/v1/apps/*/users/*", Delay(1.0), times=None))
        for number in range(50):
            org.update_user(org.user(f"p{number:02}@enzos-pizza.com"), title="Boss")
        org.deactivate(org.user("p55@enzos-pizza.com"))
        took = running.until(lambda: locked(place) == {"p55@enzos-pizza.com"}, what="the lock")
        assert took < 15
        asked = [request for request in world.simulator.requests.entries if "/users/" in request.path]
        assert len(asked) < 45, "others are not read yet"
        world.simulator.faults.clear()
        running.until(lambda: not is_waiting(place), what="everybody")
        assert running.end() == 0


def is_waiting(place: Place) -> bool:
    """Whether people are to be read."""
    with open_store_to_read(place.folder / "idsync.db") as store:
        return bool(people_to_read(store.facts, "okta").waiting())
