"""A group of very many pages that moves is read beside ticks, by a service before a slow Okta."""

import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.acceptance.okta_world import Place, served
from tests.acceptance.serving import Serving, serving
from tests.acceptance.test_serve import everybody, lists, locked
from tests.okta_simulator import Delay, Fault, Group, Organization, Simulator, Switches

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


@contextmanager
def slow(simulator: Simulator, group: Group) -> Iterator[Callable[[], int]]:
    """Let each page of a group take long; how many pages were asked for."""
    path = f"/api/v1/groups/{group.id}/users"
    simulator.faults.add(Fault(path, Delay(SLOW), times=None))
    before = _asked(simulator, path)
    yield lambda: _asked(simulator, path) - before
    simulator.faults.clear()


def _asked(simulator: Simulator, path: str) -> int:
    return sum(request.path == path for request in simulator.requests.entries)


def begun(running: Serving, place: Place) -> None:
    """Wait until everything was read once."""
    running.until(lambda: len(lists(place).get("all", ())) == PEOPLE - 2, what="the first full pass")
    running.until(lambda: "A full pass ended" in running.log, what="its end")


def test_r45_who_leaves_while_a_group_of_many_pages_is_read_is_locked_before_its_end(tmp_path: Path) -> None:
    org = organization()
    with served(org, tmp_path) as (simulator, place):
        everybody(place)
        with serving(place) as running:
            begun(running, place)
            everyone, eng = org.group("all"), org.group("eng")
            with slow(simulator, everyone) as pages:
                org.add_member(everyone, org.user(f"p{PEOPLE - 1}@enzos-pizza.com"))
                running.until(lambda: pages() >= 2, what="a reading of the group")
                org.deactivate(org.user("p05@enzos-pizza.com"))
                took = running.until(lambda: locked(place) == {"p05@enzos-pizza.com"}, what="the lock")
                assert took < 15
                org.add_member(everyone, org.user(f"p{PEOPLE - 2}@enzos-pizza.com"))
                org.suspend(org.user("p06@enzos-pizza.com"))
                running.until(lambda: "p06@enzos-pizza.com" in locked(place), what="another lock")
                assert pages() < PEOPLE / PAGE / 2, "the group is read still"
                assert len(lists(place)["all"]) < PEOPLE - 1
                running.until(lambda: f"p{PEOPLE - 1}@enzos-pizza.com" in lists(place)["all"], what="the group")
            running.until(lambda: f"p{PEOPLE - 2}@enzos-pizza.com" in lists(place)["all"], what="the second reading")
            org.add_member(eng, org.user("p07@enzos-pizza.com"))
            running.until(lambda: len(lists(place)["eng"]) == 2, what="a small group")
            assert running.log.count("A full pass ended") == 1
            assert running.end() == 0
        place.plans_nothing()


def test_r45_a_process_that_is_killed_while_it_reads_a_group_forgets_nothing(tmp_path: Path) -> None:
    org = organization()
    with served(org, tmp_path) as (simulator, place):
        everybody(place)
        with serving(place) as running:
            begun(running, place)
            everyone = org.group("all")
            with slow(simulator, everyone) as pages:
                org.add_member(everyone, org.user(f"p{PEOPLE - 1}@enzos-pizza.com"))
                running.until(lambda: pages() >= 2, what="a reading of the group")
                org.deactivate(org.user("p05@enzos-pizza.com"))
                running.until(lambda: locked(place) == {"p05@enzos-pizza.com"}, what="the lock")
                before = pages()
                os.kill(running.until_child(), signal.SIGKILL)
                running.until(lambda: pages() >= before + 2, what="another reading")
            running.until(lambda: f"p{PEOPLE - 1}@enzos-pizza.com" in lists(place)["all"], what="the group")
            assert running.end() == 0
        place.plans_nothing()


def test_a_reading_of_many_pages_is_broken_off_when_the_service_ends(tmp_path: Path) -> None:
    org = organization()
    with served(org, tmp_path) as (simulator, place):
        everybody(place)
        with serving(place) as running:
            begun(running, place)
            everyone = org.group("all")
            with slow(simulator, everyone) as pages:
                org.add_member(everyone, org.user(f"p{PEOPLE - 1}@enzos-pizza.com"))
                running.until(lambda: pages() >= 2, what="a reading of the group")
                assert running.end() == 0
                assert pages() < PEOPLE / PAGE / 2
        with serving(place) as running:
            running.until(lambda: f"p{PEOPLE - 1}@enzos-pizza.com" in lists(place)["all"], what="the group")
            assert running.end() == 0
        place.plans_nothing()
