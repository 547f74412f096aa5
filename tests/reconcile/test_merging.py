"""Readings and what is known: newer pushes win, a listing that lags does not bring leavers back, doubts lose nobody."""

from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from idsync.model.extent import Reading
from idsync.model.identity import Snapshot
from idsync.model.pushed import PushedGroup, PushedUser
from idsync.reconcile.merging import pushed_since, reading_begins, with_newer, with_what_it_lacks
from idsync.stores.protocol import Store
from idsync.stores.sqlite.store import open_store
from tests.core.world import group, okta, person
from tests.sources.okta.organizations import Clock

TIME = "2026-11-22T12:00:00Z"
NOTHING = msgspec.Raw(b"{}")


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def store(tmp_path: Path, clock: Clock) -> Iterator[Store]:
    with open_store(tmp_path / "a.db", clock=clock) as opened:
        yield opened


def push(store: Store, name: str, *, active: bool = True) -> None:
    """A push of a user, in the transaction that is open."""
    number = store.pushed.number()
    store.pushed.put_user(PushedUser(name, name, f"00u-{name}", None, active, NOTHING, 1, TIME, TIME, number))


def names(snapshot: Snapshot) -> list[str]:
    """The people of a snapshot."""
    return [user.username for user in snapshot.users]


@pytest.mark.parametrize(
    ("after", "active", "newer"),
    [
        (0, True, False),
        (100, True, False),
        (0, False, True),
        (119, False, True),
        (121, False, False),
        (-9e6, False, True),
    ],
)
def test_r41_a_reading_wins_over_older_pushes_but_not_at_once_over_a_deactivation(
    store: Store, clock: Clock, after: float, active: bool, newer: bool
) -> None:
    with store.transaction():
        push(store, "ann", active=active)
    clock.now += after
    assert pushed_since(store, reading_begins(store.pushed)).users == (frozenset({"00u-ann"}) if newer else frozenset())


@pytest.mark.parametrize("after", [-5_000.0, 0.0, 1.0, 5_000.0])
@pytest.mark.parametrize("active", [True, False])
def test_r41_what_is_pushed_after_a_reading_began_is_newer_whatever_the_clock_says(
    store: Store, clock: Clock, after: float, active: bool
) -> None:
    with store.transaction():
        push(store, "bob")
    begun = reading_begins(store.pushed)
    clock.now += after
    with store.transaction():
        push(store, "ann", active=active)
    assert pushed_since(store, begun).users == frozenset({"00u-ann"})


def test_r41_what_was_pushed_since_stands_and_the_rest_is_as_it_was_read(store: Store) -> None:
    store.upstream.take(Reading(okta(person("ann", title="pushed"), person("bob"), group("eng", "ann"))))
    read = Reading(okta(person("ann", title="read"), person("bob", title="read"), person("cid"), group("eng", "bob")))
    begun = reading_begins(store.pushed)
    with store.transaction():
        push(store, "ann")
        group_pushed = PushedGroup("g", "eng", "00g-eng", None, NOTHING, 1, TIME, TIME, store.pushed.number())
        store.pushed.put_group(group_pushed)
    merged = with_newer(read, store.upstream, pushed_since(store, begun)).snapshot
    titles = {user.username: user.attributes().get("title") for user in merged.users}
    assert titles == {"ann": "pushed", "bob": "read", "cid": None}
    assert [each.member_ids() for each in merged.groups] == [["00u-ann"]]


def test_r41_who_left_by_a_push_is_not_brought_back_by_a_listing_that_lags(store: Store) -> None:
    store.upstream.take(Reading(okta(person("bob"))))
    with store.transaction():
        push(store, "ann", active=False)
    read = Reading(okta(person("ann"), person("bob")))
    begun = reading_begins(store.pushed)
    assert names(with_newer(read, store.upstream, pushed_since(store, begun)).snapshot) == ["bob"]


def test_r44_what_a_doubtful_reading_lacks_stays_as_it_was() -> None:
    before = okta(person("ann"), person("bob"), person("cid"), group("eng", "ann", "bob"), group("ops", "cid"))
    read = msgspec.structs.replace(
        okta(person("ann", title="new"), group("eng", "ann")), unassigned={"00u-cid": "DEPROVISIONED"}
    )
    kept = with_what_it_lacks(read, before)
    assert names(kept) == ["ann", "bob"], "whom Okta itself shows as out is not lacking"
    assert kept.users[0].attributes()["title"] == "new"
    assert {each.name: each.member_ids() for each in kept.groups} == {"eng": ["00u-ann", "00u-bob"], "ops": ["00u-cid"]}
    assert with_what_it_lacks(read, None) == read
