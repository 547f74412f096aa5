"""A whole reading is stored in slices: what others store in between stays, and a first one is stored at once."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import pytest

from idsync.errors import PassStopped
from idsync.model.extent import Extent, Reading
from idsync.model.identity import Snapshot
from idsync.model.sent import Sent, sent_key, sent_value
from idsync.model.times import parse_time
from idsync.reconcile.continuous.pace import Pace
from idsync.reconcile.continuous.storing import Storing
from idsync.reconcile.followed import NOTHING
from idsync.reconcile.merging import with_sent
from idsync.stores.protocol import Store
from idsync.stores.sqlite.store import open_store
from tests.core.world import app, group, okta, person, replace

BEFORE = okta(person("ann"), person("bob"), person("cid"), group("eng", "ann", "bob"), app("CRM", "cid"))
NOW = okta(person("ann", title="new"), person("dan"), person("eve"), group("eng", "ann", "dan"), group("ops", "eve"))


@dataclass
class World:
    """A store, and how often it was written to; before the write of a number something else may be stored."""

    store: Store
    between: dict[int, Reading] = field(default_factory=dict)
    newer: Extent = NOTHING
    writes: int = 0
    stops_at: int = 1000

    @contextmanager
    def writing(self) -> Iterator[None]:
        other = self.between.get(self.writes)
        if other is not None:
            self.store.upstream.take(other)
            self.newer |= other.extent
        self.writes += 1
        with self.store.transaction():
            yield

    def check(self) -> None:
        if self.writes >= self.stops_at:
            raise PassStopped("It ends.")

    def take(self, snapshot: Snapshot) -> None:
        """Store a reading, one person or list at a time."""
        pace = Pace(lambda: float(self.writes), 1)
        told = partial(with_sent, facts=self.store.facts)
        storing = Storing(self.store.upstream, self.writing, lambda: self.newer, told, self.check, pace)
        storing.store(Reading(snapshot))

    def whole(self) -> Snapshot:
        """All that is known."""
        known = self.store.upstream.whole()
        assert known is not None
        return known


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with open_store(tmp_path / "a.db") as store:
        yield World(store)


def test_a_first_reading_is_stored_at_once_and_another_in_slices(world: World) -> None:
    world.take(BEFORE)
    assert world.writes == 1
    world.take(NOW)
    assert world.writes > 4
    assert world.whole().digest() == NOW.digest()
    assert world.whole().taken_at == NOW.taken_at
    later = replace(NOW, taken_at="2026-12-24T00:00:00Z")
    writes = world.writes
    world.take(later)
    assert world.writes == writes + 1, "where nothing differs, the time of the reading is kept"
    assert world.whole().taken_at == later.taken_at


@pytest.mark.parametrize("number", range(1, 4))
def test_r41_what_others_store_between_two_slices_stays(world: World, number: int) -> None:
    world.take(BEFORE)
    people = okta(person("ann", title="pushed"), person("bob", title="pushed"))
    eng = okta(group("eng", "bob"))
    world.between[number] = Reading(people, Extent(frozenset({"00u-ann", "00u-bob", "00u-eve"}), frozenset()))
    world.between[number + 1] = Reading(eng, Extent(frozenset(), frozenset({"00g-eng"})))
    world.take(NOW)
    assert world.writes > number + 1
    known = world.whole()
    titles = {user.username: user.attributes().get("title") for user in known.users}
    assert titles == {"ann": "pushed", "bob": "pushed", "dan": None}
    assert {each.name: each.member_ids() for each in known.groups} == {"eng": ["00u-bob"], "ops": ["00u-eve"]}
    assert not known.apps


def test_r48_what_was_sent_since_it_was_read_stays(world: World) -> None:
    world.take(BEFORE)
    at = parse_time(NOW.taken_at).timestamp() + 1
    told = {"00u-bob": Sent(True, at), "00u-dan": Sent(False, at), "00u-eve": Sent(True, at - 3600)}
    world.store.facts.put({sent_key("00g-eng", person): sent_value(each) for person, each in told.items()})
    world.take(NOW)
    known = world.whole()
    assert {each.name: each.member_ids() for each in known.groups} == {
        "eng": ["00u-ann", "00u-bob"],
        "ops": ["00u-eve"],
    }


def test_a_reading_that_is_stored_in_part_is_stored_by_the_next_pass(world: World) -> None:
    world.take(BEFORE)
    world.stops_at = 4
    with pytest.raises(PassStopped):
        world.take(NOW)
    assert world.whole().digest() != NOW.digest()
    world.stops_at = 1000
    world.take(NOW)
    assert world.whole().digest() == NOW.digest()
