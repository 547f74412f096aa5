"""The loop, on a clock that moves only while it waits: what it does when, and what a failure changes."""

from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import pairwise

import pytest

from idsync.reconcile.continuous.loop import Loop, TickEnd, Wake


@dataclass
class World:
    """A clock, and passes that take time and are written down."""

    until: float
    now: float = 0.0
    full_takes: float = 1.0
    goes_well: Callable[[float], bool] = lambda _: True
    ticks: list[TickEnd] = field(default_factory=list)
    leading: Callable[[float], bool] = lambda _: True
    asked: list[float] = field(default_factory=list)
    calls: list[float] = field(default_factory=list)
    done: list[tuple[str, float]] = field(default_factory=list)
    ends_at: float | None = None

    def leads(self) -> bool:
        return self.leading(self.now)

    def begin_full(self) -> None:
        self.done.append(("full", self.now))
        self.ends_at = self.now + self.full_takes

    def full_ended(self) -> bool | None:
        if self.ends_at is None or self.now < self.ends_at:
            return None
        self.ends_at = None
        return self.goes_well(self.now)

    def tick(self) -> TickEnd:
        self.done.append(("tick", self.now))
        return self.ticks.pop(0) if self.ticks else TickEnd.DONE

    def wants_full(self) -> bool:
        if self.asked and self.asked[0] <= self.now:
            self.asked.pop(0)
            return True
        return False

    def wait(self, seconds: float) -> Wake:
        if self.calls and self.calls[0] <= self.now + seconds:
            self.now = max(self.now, self.calls.pop(0))
            return Wake.CALLED
        self.now = min(self.now + seconds, self.until if self.ends_at is None else self.ends_at)
        return Wake.STOP if self.now >= self.until else Wake.TIME

    def run(self, interval: float = 100.0, tick: float = 10.0, random: float = 0.5) -> list[tuple[str, float]]:
        """Everything that was done until the world ends."""
        Loop(self, interval, tick, lambda: self.now, self.wait, lambda: random).run()
        return self.done


def times(done: list[tuple[str, float]], what: str) -> list[float]:
    """When something was done."""
    return [at for name, at in done if name == what]


def test_r45_a_full_pass_follows_the_end_of_the_last_one_and_ticks_go_between() -> None:
    done = World(until=210).run()
    assert times(done, "full") == [0, 101, 202]
    assert times(done, "tick")[:4] == [0, 10, 20, 30]


def test_r45_ticks_go_on_while_a_full_pass_of_an_hour_runs() -> None:
    done = World(until=4000, full_takes=3600.0).run(interval=1800.0)
    assert times(done, "full") == [0]
    looked = times(done, "tick")
    assert max(later - at for at, later in pairwise(looked)) <= 10


def test_r44_a_doubt_that_comes_up_during_a_full_pass_is_for_the_next_one() -> None:
    done = World(until=200, full_takes=50.0, ticks=[TickEnd.DONE, TickEnd.IN_DOUBT]).run(interval=1000.0)
    assert times(done, "full") == [0, 50]


def test_r44_a_doubt_does_not_outrun_the_pause_after_a_failure() -> None:
    world = World(until=100, full_takes=1.0, ticks=[TickEnd.IN_DOUBT], goes_well=lambda now: False)
    assert times(world.run(interval=1000.0), "full")[:4] == [0, 1, 12, 33]


def test_the_interval_is_never_quite_the_same() -> None:
    assert times(World(until=250).run(random=0.0), "full")[1] == 91
    assert times(World(until=250).run(random=1.0), "full")[1] == pytest.approx(111)


def test_an_interval_that_is_made_shorter_counts_from_the_last_pass_on() -> None:
    world = World(until=210)
    loop = Loop(world, 1000.0, 10.0, lambda: world.now, lambda seconds: waited(seconds), lambda: 0.5)

    def waited(seconds: float) -> Wake:
        woken = world.wait(seconds)
        if world.now >= 50:
            loop.interval = 100.0
        return woken

    loop.run()
    assert times(world.done, "full") == [0, 101, 202]


def test_a_pass_that_fails_is_tried_again_soon_and_then_less_often() -> None:
    done = World(until=400, goes_well=lambda now: now > 60).run()
    assert times(done, "full")[:5] == [0, 6, 17, 38, 79]


def test_a_pass_that_fails_for_a_week_is_still_tried_every_five_minutes() -> None:
    week = 7 * 86400.0
    tried = times(World(until=week, goes_well=lambda now: False).run(1800.0, 3600.0), "full")
    assert tried[-1] > week - 302
    assert max(later - at for at, later in pairwise(tried)) == pytest.approx(301)


def test_a_tick_that_is_behind_goes_on_at_once_and_one_in_doubt_asks_for_a_full_pass() -> None:
    done = World(until=60, ticks=[TickEnd.BEHIND, TickEnd.BEHIND, TickEnd.DONE, TickEnd.IN_DOUBT]).run()
    assert times(done, "tick")[:5] == [0, 0, 0, 10, 20]
    assert times(done, "full") == [0, 10]


def test_a_call_wakes_it_and_calls_coalesce() -> None:
    done = World(until=30, calls=[3.0, 3.0, 3.0]).run()
    assert times(done, "tick") == [0, 3, 5, 15, 25]


def test_r45_calls_without_end_leave_room_in_what_okta_allows() -> None:
    calls = [each / 100 for each in range(6000)]
    looked = times(World(until=60, calls=calls).run(), "tick")
    assert len(looked) == 30, "half of what the log allows in a minute is sixty"
    assert max(later - at for at, later in pairwise(looked)) < 2.1


def test_a_tick_shorter_than_that_is_kept_to() -> None:
    calls = [each / 100 for each in range(1000)]
    assert len(times(World(until=10, calls=calls).run(tick=1.0), "tick")) == 10


def test_a_call_wakes_ticks_during_a_full_pass() -> None:
    assert times(World(until=30, full_takes=25.0, calls=[7.0]).run(), "tick") == [0, 7, 17, 27]


def test_somebody_may_ask_for_a_full_pass() -> None:
    assert times(World(until=60, asked=[15.0]).run(), "full") == [0, 20]


def test_r46_who_does_not_lead_does_nothing_and_begins_with_a_full_pass() -> None:
    done = World(until=100, leading=lambda now: now >= 45).run()
    assert done[0] == ("full", 50.0)
