"""Writes that fail before they take effect or after it, and the count of writes."""

import time
from collections.abc import Iterator

import httpx
import pytest

from tests.okta_simulator import (
    AnswerLate,
    Change,
    ChangeAfter,
    Delay,
    Drop,
    Effect,
    Fail,
    FailAfter,
    Fault,
    Group,
    Intercept,
    LoseAnswer,
    Organization,
    RateLimit,
    Simulator,
    User,
)
from tests.test_okta_simulator.oauth import EC, Client
from tests.test_okta_simulator.reader import Reader, code, reading


class World:
    """A group, ten people who are not in it, and the paths of their memberships."""

    def __init__(self, reader: Reader) -> None:
        self.reader = reader
        organization = reader.simulator.organization
        self.group: Group = organization.add_group("eng")
        self.people: list[User] = [organization.add_user(f"p{number}@enzos-pizza.com") for number in range(10)]

    def path(self, number: int) -> str:
        return f"/api/v1/groups/{self.group.id}/users/{self.people[number].id}"

    def add(self, number: int, timeout: float = 10.0) -> int | None:
        """The status of the answer, or None when none came."""
        try:
            return self.reader.client.put(self.path(number), timeout=timeout).status_code
        except httpx.TransportError:
            return None

    def inject(self, effect: Effect, first: int = 1) -> None:
        self.reader.simulator.faults.add(Fault("/api/v1/**", effect, first=first, writes=True))

    def joined(self) -> list[int]:
        return [number for number, user in enumerate(self.people) if user.id in self.group.members]


@pytest.fixture
def world() -> Iterator[World]:
    with reading(Simulator(Organization())) as reader:
        yield World(reader)


@pytest.mark.parametrize(
    ("effect", "answer"),
    [
        (Fail(500), 500),
        (Fail(503), 503),
        (Fail(409), 409),
        (Intercept(404), 404),
        (RateLimit(), 429),
        (Drop(), None),
        (Delay(5), None),
    ],
)
def test_a_write_can_fail_before_its_effect(world: World, effect: Effect, answer: int | None) -> None:
    world.inject(effect)
    assert world.add(0, timeout=0.2 if effect == Delay(5) else 10) == answer
    assert world.joined() == []
    assert world.add(0) == 204
    assert [entry.served for entry in world.reader.simulator.requests.writes] == [False, True]


@pytest.mark.parametrize(
    ("effect", "answer"), [(FailAfter(500), 500), (FailAfter(504), 504), (LoseAnswer(), None), (AnswerLate(5), None)]
)
def test_a_write_can_fail_after_its_effect(world: World, effect: Effect, answer: int | None) -> None:
    world.inject(effect)
    assert world.add(0, timeout=0.2 if effect == AnswerLate(5) else 10) == answer
    assert world.joined() == [0]
    assert [entry.served for entry in world.reader.simulator.requests.writes] == [True]
    moved = world.group.last_membership_updated
    assert world.add(0) == 204
    assert world.group.last_membership_updated == moved


def test_a_lost_answer_to_a_creation_leaves_what_was_created(world: World) -> None:
    world.inject(LoseAnswer())
    with pytest.raises(httpx.TransportError):
        world.reader.post("/api/v1/apps", {"label": "Custom", "signOnMode": "BOOKMARK"})
    assert world.reader.simulator.organization.app("Custom").status == "ACTIVE"
    again = world.reader.post("/api/v1/apps", {"label": "Custom", "signOnMode": "BOOKMARK"})
    assert code(again) == (400, "E0000040")


def test_a_late_answer_comes_in_the_end(world: World) -> None:
    world.inject(AnswerLate(0.3))
    start = time.monotonic()
    assert world.add(0) == 204
    assert time.monotonic() - start >= 0.3


def test_a_fault_meets_the_write_that_it_counts_to_and_no_read(world: World) -> None:
    world.inject(RateLimit(), first=3)
    world.reader.rows("/api/v1/groups")
    outcomes = []
    for number in range(5):
        world.reader.get(f"/api/v1/groups/{world.group.id}/users")
        outcomes.append(world.add(number))
    assert outcomes == [204, 204, 429, 204, 204]
    assert world.joined() == [0, 1, 3, 4]


def test_somebody_else_edits_the_same_membership_before_or_after(world: World) -> None:
    hiro, yt = world.people[:2]
    world.inject(Change(lambda organization: organization.add_member(world.group, hiro)))
    world.inject(ChangeAfter(lambda organization: organization.remove_member(world.group, yt)), first=2)
    assert [world.add(0), world.add(1)] == [204, 204]
    assert world.joined() == [0]
    world.inject(Change(lambda organization: organization.delete_group(world.group)))
    assert world.add(2) == 404
    assert code(world.reader.client.delete(world.path(0))) == (404, "E0000007")


def test_a_conflict_has_the_code_that_is_asked_for(world: World) -> None:
    world.inject(Fail(409))
    world.inject(Fail(409, "E0000112"), first=2)
    assert code(world.reader.client.put(world.path(0))) == (409, "E0000195")
    assert code(world.reader.client.put(world.path(0))) == (409, "E0000112")


def test_writes_are_counted_and_reads_and_tokens_are_not(world: World) -> None:
    requests = world.reader.simulator.requests
    world.reader.simulator.authority.add_client("0oaService", [EC.as_dict(private=False)], scopes=["okta.groups.read"])
    assert Client(world.reader).ask(scope="okta.groups.read").status_code == 200
    world.reader.rows("/api/v1/groups")
    world.reader.client.head("/api/v1/groups")
    assert requests.writes == []
    world.add(0)
    world.reader.client.delete(world.path(3))
    world.reader.client.patch("/api/v1/nowhere")
    world.reader.stranger.put(world.path(1))
    counted = [(entry.method, entry.status, entry.served) for entry in requests.writes]
    assert counted == [("PUT", 204, True), ("DELETE", 204, True), ("PATCH", 404, False), ("PUT", 403, False)]
    requests.clear()
    assert requests.writes == []
