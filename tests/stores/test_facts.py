"""Facts and the cache: what every store keeps of them."""

from contextlib import suppress

import pytest

from idsync.model.addresses import Address
from idsync.stores.protocol import Difference, Store
from idsync.targets.local import LocalTarget
from tests.targets.world import ORG


@pytest.mark.parametrize("table", ["facts", "cache"])
def test_values_are_kept_replaced_and_forgotten(store: Store, other: Store, table: str) -> None:
    mine, theirs = getattr(store, table), getattr(other, table)
    assert mine.get("pool") is None
    mine.put({"pool": b"12", "empty": b""})
    mine.put({"pool": b"13"})
    assert (theirs.get("pool"), theirs.get("empty")) == (b"13", b"")
    theirs.delete("pool")
    theirs.delete("never was")
    assert mine.get("pool") is None


def test_facts_and_cache_are_apart(store: Store) -> None:
    store.facts.put({"key": b"fact"})
    store.cache.put({"key": b"cache"})
    assert (store.facts.get("key"), store.cache.get("key")) == (b"fact", b"cache")


def test_an_undone_transaction_keeps_no_value(store: Store) -> None:
    with suppress(ZeroDivisionError), store.transaction():
        store.facts.put({"key": b"value"})
        store.agreed("local").differ({Address("user/hiro"): Difference(None)})
        raise ZeroDivisionError
    assert store.facts.get("key") is None
    assert LocalTarget(store.directory, ORG).index(ORG).edited == frozenset()


@pytest.mark.parametrize("table", ["facts", "cache"])
def test_a_range_of_keys_goes_by_their_characters(store: Store, other: Store, table: str) -> None:
    mine, theirs = getattr(store, table), getattr(other, table)
    keys = ["a", "a 1", "a 10", "a 2", "a 2/%_", "a 2\u00e9", "a 2\u4f60", "a 3", "a!", "b"]
    mine.put({key: key.encode() for key in reversed(keys)})
    assert list(theirs.between("a 1", "a 3")) == keys[1:7]
    assert theirs.between("a 2", "a 2\u00e9") == {"a 2": b"a 2", "a 2/%_": b"a 2/%_"}
    assert theirs.between("c", "a") == {}
    theirs.delete_between("a 10", "a 2\u00e9")
    theirs.delete_between("c", "d")
    assert list(mine.between("", "~")) == ["a", "a 1", "a 2\u00e9", "a 2\u4f60", "a 3", "a!", "b"]


@pytest.mark.parametrize("table", ["facts", "cache"])
def test_a_transaction_sees_what_it_wrote_undid_and_forgot(store: Store, table: str) -> None:
    mine = getattr(store, table)
    mine.put({"a": b"1", "b": b"1"})
    with store.transaction():
        assert (mine.get("a"), mine.get("b"), mine.get("c")) == (b"1", b"1", None)
        with suppress(ZeroDivisionError), store.attempt():
            mine.put({"a": b"2", "c": b"2"})
            mine.delete("b")
            assert (mine.get("a"), mine.get("b"), mine.get("c")) == (b"2", None, b"2")
            raise ZeroDivisionError
        assert (mine.get("a"), mine.get("b"), mine.get("c")) == (b"1", b"1", None)
        mine.put({"c": b"3"})
        mine.delete_between("a", "b")
        assert (mine.get("a"), mine.get("b"), mine.get("c")) == (None, b"1", b"3")
    assert (mine.get("a"), mine.get("b"), mine.get("c")) == (None, b"1", b"3")


def test_nothing_is_remembered_from_one_transaction_to_the_next(store: Store, other: Store) -> None:
    with store.transaction():
        assert store.facts.get("a") is None
    other.facts.put({"a": b"1"})
    with store.transaction():
        assert store.facts.get("a") == b"1"
    other.facts.put({"a": b"2"})
    assert store.facts.get("a") == b"2"
