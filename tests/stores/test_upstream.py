"""Upstream facts in rows answer as facts in memory do, whatever was read in which order."""

import tempfile
from contextlib import AbstractContextManager
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from idsync.model.extent import EVERYTHING, Extent, Reading, cut
from idsync.model.identity import LeftAsIs, Snapshot
from idsync.stores.protocol import Store
from tests.core.organizations import snapshots
from tests.core.test_parts import extents
from tests.core.upstream import MemoryUpstream
from tests.core.world import group, okta, person, replace
from tests.effort import examples
from tests.stores.contract import Clock, Opener

FEW = settings(
    max_examples=examples(130),
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
ODD_ROWS = (
    LeftAsIs("user", "00u-1", "is odd"),
    LeftAsIs("user", "", "is odd"),
    LeftAsIs("group", "00g-0", "is odd"),
    LeftAsIs("app", "0oa-CRM", "is odd"),
)
STATUSES = ("ACTIVE", "SUSPENDED", "LOCKED_OUT")


@FEW
@given(first=snapshots(), second=snapshots(), data=st.data())
def test_rows_say_what_memory_says(opener: Opener, first: Snapshot, second: Snapshot, data: st.DataObject) -> None:
    first, second = replace(first, complete=True), replace(second, complete=True)
    plain = MemoryUpstream(okta())
    with tempfile.TemporaryDirectory() as folder, opener(Path(folder), Clock()) as store:
        rows = store.upstream
        assert rows.whole() is None
        for now, extent in [(first, EVERYTHING), *((second, part) for part in extents(first, second))]:
            reading = Reading(cut(with_odd_rows(now, data), extent), extent)
            assert rows.differing(reading) == plain.differing(reading)
            assert rows.take(reading) == plain.take(reading)
        users = data.draw(st.sets(st.sampled_from([f"00u-{number}" for number in range(6)])))
        lists = data.draw(st.sets(st.sampled_from(["00g-0", "00g-3", "0oa-CRM"])))
        assert rows.part(users, lists).digest() == plain.part(users, lists).digest()
        assert set(rows.part(users, lists).left_as_is) == set(plain.part(users, lists).left_as_is)
        assert rows.part(users, lists).unassigned == dict(sorted(plain.part(users, lists).unassigned.items()))
        assert rows.without_lists(users).digest() == plain.without_lists(users).digest()
        assert rows.usernames(users) == plain.usernames(users)
        assert rows.linked(lists) == plain.linked(lists)
        assert rows.named({"p0", "shared", "q1"}) == plain.named({"p0", "shared", "q1"})
        assert rows.members(lists) == plain.members(lists)
        names = [*(item.id for item in plain.snapshot.groups), *(item.id for item in plain.snapshot.apps)]
        for name in names:
            assert rows.has_others(name, users, STATUSES) == plain.has_others(name, users, STATUSES)
        for name in names:
            joined = data.draw(st.sets(st.sampled_from(["00u-1", "00u-4", "00u-new"])))
            assert rows.move(name, joined, users) == plain.move(name, joined, users)
        whole = rows.whole()
        expected = plain.whole()
        assert whole is not None
        assert expected is not None
        assert whole.digest() == expected.digest()
        assert rows.people() == plain.people()
        assert rows.lists() == plain.lists()


def with_odd_rows(snapshot: Snapshot, data: st.DataObject) -> Snapshot:
    """The reading, of which a few rows could not be read."""
    odd = data.draw(st.sets(st.sampled_from(ODD_ROWS)))
    ids = {row.id for row in odd}
    return replace(
        snapshot,
        users=[user for user in snapshot.users if user.id not in ids],
        groups=[each for each in snapshot.groups if each.id not in ids],
        apps=[app for app in snapshot.apps if app.id not in ids],
        unassigned={user: status for user, status in snapshot.unassigned.items() if user not in ids},
        left_as_is=sorted(odd, key=lambda row: row.id),
    )


def test_the_same_reading_again_changes_nothing(store: Store) -> None:
    reading = Reading(okta(person("ann", team="red"), group("eng", "ann")))
    assert store.upstream.take(reading) == Extent(frozenset({"00u-ann"}), frozenset({"00g-eng"}))
    again = Reading(replace(reading.snapshot, taken_at="2026-11-23T00:00:00Z"))
    assert store.upstream.take(again) == Extent(frozenset(), frozenset())


@FEW
@given(first=snapshots(), second=snapshots(), size=st.integers(1, 3))
def test_a_reading_in_slices_of_what_differs_is_the_reading(
    opener: Opener, first: Snapshot, second: Snapshot, size: int
) -> None:
    first, second = replace(first, complete=True), replace(second, complete=True)
    with tempfile.TemporaryDirectory() as folder, opener(Path(folder), Clock()) as store:
        rows = store.upstream
        rows.take(Reading(first))
        whole = Reading(second)
        differing = rows.differing(whole)
        ids = [*sorted(differing.users or ()), *sorted(differing.lists or ())]
        for start in range(0, len(ids), size):
            some = frozenset(ids[start : start + size])
            extent = Extent(some & (differing.users or frozenset()), some & (differing.lists or frozenset()))
            rows.take(Reading(cut(second, extent), extent))
        assert rows.differing(whole) == Extent(frozenset(), frozenset())
        rows.take(whole)
        found = rows.whole()
        assert found is not None
        rows.take(Reading(first))
        rows.take(whole)
        assert found == rows.whole()


def test_r13_what_a_reading_left_as_it_is_stays_known(store: Store) -> None:
    first = okta(person("ann"), person("bob"), person("cid"), group("eng", "ann"), group("ops", "bob"))
    store.upstream.take(Reading(first))
    odd = [LeftAsIs("user", "00u-bob", "has no login"), LeftAsIs("group", "00g-ops", "is not believed", "passed_over")]
    then = replace(okta(person("ann"), group("eng", "ann")), left_as_is=odd)
    store.upstream.take(Reading(then))
    assert store.upstream.usernames(["00u-ann", "00u-bob", "00u-cid"]) == {"ann", "bob"}
    assert store.upstream.members(["00g-ops"]) == {"00u-bob"}
    store.upstream.take(Reading(replace(then, groups=[], left_as_is=[LeftAsIs("group", "", "has no id")])))
    assert store.upstream.members(["00g-ops", "00g-eng"]) == {"00u-bob", "00u-ann"}
    assert store.upstream.usernames(["00u-bob"]) == frozenset()


def test_when_members_last_changed_is_kept_and_changes_no_list(store: Store) -> None:
    first = okta(person("ann"), group("eng", "ann"))

    def at(stamp: str) -> Reading:
        groups = [replace(each, last_membership_updated=stamp) for each in first.groups]
        return Reading(replace(first, groups=groups))

    store.upstream.take(at("2026-11-22T00:00:00.000Z"))
    assert store.upstream.take(at("2026-11-23T00:00:00.000Z")) == Extent(frozenset(), frozenset())
    (known,) = store.upstream.part((), ["00g-eng"]).groups
    assert known.last_membership_updated == "2026-11-23T00:00:00.000Z"


def test_what_is_undone_is_not_remembered(store: Store) -> None:
    def take_and_fail(reading: Reading, span: AbstractContextManager[None]) -> None:
        with pytest.raises(ZeroDivisionError), span:  # noqa: PT012
            store.upstream.take(reading)
            assert store.upstream.part((), ()).taken_at == reading.snapshot.taken_at
            raise ZeroDivisionError

    first = Reading(okta(person("ann")), EVERYTHING)
    second = Reading(replace(first.snapshot, taken_at="2026-11-23T00:00:00Z"), EVERYTHING)
    with store.transaction():
        take_and_fail(first, store.attempt())
        assert not store.upstream.is_known()
        store.upstream.take(first)
    take_and_fail(second, store.transaction())
    assert store.upstream.part((), ()).taken_at == first.snapshot.taken_at
    with store.transaction():
        store.upstream.take(second)
    assert store.upstream.part((), ()).taken_at == second.snapshot.taken_at
