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
