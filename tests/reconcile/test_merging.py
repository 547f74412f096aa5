"""Readings and what is known: newer pushes win, a listing that lags does not bring leavers back, doubts lose nobody."""

import datetime as dt
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from idsync.model.extent import Reading
from idsync.model.identity import Snapshot
from idsync.model.pushed import PushedGroup, PushedUser
from idsync.model.times import format_time
from idsync.reconcile.merging import pushed_since, with_newer, with_what_it_lacks
from idsync.stores.protocol import Store
from idsync.stores.sqlite.store import open_store
from tests.core.world import NOW, group, okta, person

NOTHING = msgspec.Raw(b"{}")


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with open_store(tmp_path / "a.db") as opened:
        yield opened


def push(store: Store, name: str, at: dt.datetime, *, active: bool = True) -> None:
    """Ann's push of a user, at a time."""
    time = format_time(at)
    store.pushed.put_user(PushedUser(name, name, f"00u-{name}", None, active, NOTHING, 1, time, time))


def names(snapshot: Snapshot) -> list[str]:
    """The people of a snapshot."""
    return [user.username for user in snapshot.users]


SECOND = dt.timedelta(seconds=1)


@pytest.mark.parametrize(
    ("before", "active", "newer"),
    [(0, True, True), (1, True, False), (100, True, False), (1, False, True), (119, False, True), (121, False, False)],
)
def test_r41_a_reading_wins_over_older_pushes_but_not_at_once_over_a_deactivation(
    store: Store, before: int, active: bool, newer: bool
) -> None:
    with store.transaction():
        push(store, "ann", NOW - before * SECOND, active=active)
    assert pushed_since(store, NOW).users == (frozenset({"00u-ann"}) if newer else frozenset())


def test_r41_what_was_pushed_since_stands_and_the_rest_is_as_it_was_read(store: Store) -> None:
    store.upstream.take(Reading(okta(person("ann", title="pushed"), person("bob"), group("eng", "ann"))))
    read = Reading(okta(person("ann", title="read"), person("bob", title="read"), person("cid"), group("eng", "bob")))
    with store.transaction():
        push(store, "ann", NOW)
        time = format_time(NOW)
        store.pushed.put_group(PushedGroup("g", "eng", "00g-eng", None, NOTHING, 1, time, time))
    merged = with_newer(read, store.upstream, pushed_since(store, NOW)).snapshot
    titles = {user.username: user.attributes().get("title") for user in merged.users}
    assert titles == {"ann": "pushed", "bob": "read", "cid": None}
    assert [each.member_ids() for each in merged.groups] == [["00u-ann"]]


def test_r41_who_left_by_a_push_is_not_brought_back_by_a_listing_that_lags(store: Store) -> None:
    store.upstream.take(Reading(okta(person("bob"))))
    with store.transaction():
        push(store, "ann", NOW - SECOND, active=False)
    read = Reading(okta(person("ann"), person("bob")))
    assert names(with_newer(read, store.upstream, pushed_since(store, NOW)).snapshot) == ["bob"]


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
