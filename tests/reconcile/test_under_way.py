"""How far a full pass is: kept for people who look, while it lasts, and each wait for Okta's limit told once."""

import datetime as dt
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from idsync.model.times import parse_time
from idsync.reconcile.continuous.under_way import Advance, UnderWay, full_pass_under_way, put_under_way
from idsync.sources.protocol import Wait
from idsync.stores.protocol import Holder
from idsync.stores.sqlite.store import open_store

NOW = parse_time("2026-11-22T12:00:00Z")
HOLDER = Holder(1, "here", "me", "2026-11-22T12:00:00Z")


@dataclass
class World:
    """A pass, what was kept of it, what was told, and its clock."""

    seconds: float = 0.0
    kept: list[UnderWay | None] = field(default_factory=list)
    told: list[tuple[str, str]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.advance = Advance(
            HOLDER,
            self.kept.append,
            lambda now, bucket: self.told.append((bucket, now.waits[bucket])),
            lambda: self.seconds,
            lambda: NOW + dt.timedelta(seconds=self.seconds),
        )


@pytest.fixture
def world() -> World:
    return World()


def test_a_pass_that_is_over_soon_is_not_kept(world: World) -> None:
    world.advance("users", 5, 0)
    world.advance.begins("applying")
    world.advance.over()
    assert world.kept == []


def test_it_is_kept_with_each_stage_and_now_and_then_and_not_any_more_once_it_is_over(world: World) -> None:
    for second in range(1, 25):
        world.seconds = float(second)
        world.advance("users", second * 200, 0)
        world.advance("groups", second, 40)
    world.advance.begins("planning")
    assert [each.at[-3:-1] for each in world.kept if each is not None] == ["01", "11", "21", "24"]
    last = world.kept[-1]
    assert last is not None
    assert (last.began, last.stage) == ("2026-11-22T12:00:00Z", "planning")
    assert last.read_in_words == "4,800 users, 24 of 40 groups"
    world.advance.over()
    assert world.kept[-1] is None


def test_each_wait_is_told_once_with_its_end(world: World) -> None:
    world.advance("users", 200, 0)
    for second in range(2, 60):
        world.seconds = float(second)
        world.advance(Wait("users"), 60 - second, 0)
        world.advance(Wait("groups"), 3, 0)
    assert world.told == [("users", "2026-11-22T12:01:00Z")]
    waiting = world.kept[0]
    assert waiting is not None
    assert waiting.waits["users"] == "2026-11-22T12:01:00Z"
    world.seconds = 60.0
    world.advance(Wait("users"), 0, 0)
    world.advance(Wait("groups"), 0, 0)
    over = world.kept[-1]
    assert over is not None
    assert over.waits == {}
    world.seconds = 61.0
    world.advance(Wait("users"), 59, 0)
    assert world.told[1:] == [("users", "2026-11-22T12:02:00Z")]


def test_a_wait_that_begins_with_the_pass_is_shown_with_the_end_that_was_told(world: World) -> None:
    for tenths in range(25):
        world.seconds = tenths / 10
        world.advance(Wait("users"), round(60.4 - world.seconds), 0)
    assert len(world.told) == 1
    assert [each.waits["users"] for each in world.kept if each is not None] == [world.told[0][1]]


def test_a_pass_is_under_way_only_while_its_process_leads(tmp_path: Path) -> None:
    with open_store(tmp_path / "a.db") as store:
        facts = store.facts
        assert full_pass_under_way(facts, HOLDER) is None
        under_way = UnderWay(HOLDER, "2026-11-22T12:00:00Z", "2026-11-22T12:00:09Z", "reading", {"users": (7, 0)})
        put_under_way(facts, under_way)
        assert full_pass_under_way(facts, HOLDER) == under_way
        assert full_pass_under_way(facts, Holder(2, "there", "me", "2026-11-22T12:00:00Z")) is None
        assert full_pass_under_way(facts, None) is None
        put_under_way(facts, None)
        assert full_pass_under_way(facts, HOLDER) is None
