"""Requests that wait for Okta's rate limit: what they rest on is looked at once they may go, not before the wait."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from idsync.okta.rate_limit import Clock, RateLimits
from idsync.okta.retry import Retries
from tests.acceptance.both_ways_world import World, agreed_world
from tests.okta_simulator import Fault, LoseAnswer, RateLimit, Role


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with agreed_world(tmp_path) as made:
        yield made


@pytest.fixture
def meanwhile(monkeypatch: pytest.MonkeyPatch) -> list[Callable[[], object]]:
    """What happens while a request waits next. Limits go by a clock that each wait moves, and that is all it takes."""
    happens: list[Callable[[], object]] = []
    waited: list[float] = []
    limited = RateLimits.__init__

    def wait(_: Retries, seconds: float) -> None:
        waited.append(seconds)
        if happens:
            happens.pop()()

    def limits(made: RateLimits, share: int, _: Clock, concurrency: int) -> None:
        limited(made, share, lambda: time.monotonic() + sum(waited), concurrency)

    monkeypatch.setattr(Retries, "wait", wait)
    monkeypatch.setattr(RateLimits, "__init__", limits)
    return happens


def _throttled(world: World) -> None:
    world.simulator.faults.add(Fault("/api/v1/**", RateLimit(), writes=True))


@pytest.mark.parametrize("joins", [True, False])
def test_r38_what_is_edited_back_while_it_waits_for_the_rate_limit_is_not_sent(
    world: World, meanwhile: list[Callable[[], object]], *, joins: bool
) -> None:
    person = "cat" if joins else "bob"
    world.edit(world.group.id, person, joins=joins)
    _throttled(world)
    meanwhile.append(lambda: world.edit(world.group.id, person, joins=not joins))
    ended = world.place.run("apply", "--auto-approve")
    assert ended.code == 6
    assert "edited back" in ended.err
    assert [each.served for each in world.simulator.requests.writes] == [False]
    assert world.there(world.group) == {"ann", "bob"}
    world.place.apply()
    assert world.there(world.group) == world.here(world.group.id) == {"ann", "bob"}


@pytest.mark.parametrize("closes", [True, False])
def test_r50_a_group_is_asked_about_again_after_a_long_wait(
    world: World, meanwhile: list[Callable[[], object]], monkeypatch: pytest.MonkeyPatch, *, closes: bool
) -> None:
    for person in ("cat", "dan"):
        world.edit(world.group.id, person, joins=True)
    _throttled(world)

    def long_wait() -> None:
        monkeypatch.setattr("idsync.targets.okta.target.LASTS", -1.0)
        if closes:
            world.organization.grant_role(world.group, Role.APP_ADMIN)

    meanwhile.append(long_wait)
    ended = world.place.run("apply", "--auto-approve")
    if closes:
        assert ended.code == 6
        assert "Group eng is not written any more" in ended.err
        assert world.there(world.group) == {"ann", "bob"}
    else:
        assert ended.code == 0, ended.err
        assert world.there(world.group) == {"ann", "bob", "cat", "dan"}


def test_r50_what_okta_said_of_a_group_is_asked_for_once_where_nothing_waits_long(world: World) -> None:
    for person in ("cat", "dan"):
        world.edit(world.group.id, person, joins=True)
    world.edit(world.group.id, "bob", joins=False)
    world.simulator.requests.clear()
    world.place.apply()
    asked = [each.route for each in world.simulator.requests.entries if each.route.endswith("{group}/roles")]
    assert len(asked) == 1


def test_r48_what_was_begun_is_brought_to_its_end_though_it_is_edited_back_meanwhile(
    world: World, meanwhile: list[Callable[[], object]]
) -> None:
    """Okta has it by the first try, whose answer is lost: not to say so would bring it in as an edit of Okta's."""
    world.edit(world.group.id, "cat", joins=True)
    world.simulator.faults.add(Fault("/api/v1/**", LoseAnswer(), writes=True))
    meanwhile.append(lambda: world.edit(world.group.id, "cat", joins=False))
    world.place.apply()
    assert world.there(world.group) == {"ann", "bob", "cat"}
    world.place.apply()
    assert world.there(world.group) == world.here(world.group.id) == {"ann", "bob"}
    world.place.plans_nothing()
