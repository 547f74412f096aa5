"""Facts, the cache and people's edits: what every store keeps of them."""

from contextlib import suppress

import pytest

from idsync.model.addresses import Address
from idsync.stores.sqlite.store import SqliteStore
from idsync.targets.local import LocalTarget
from tests.targets.world import ORG, our_user


@pytest.mark.parametrize("table", ["facts", "cache"])
def test_values_are_kept_replaced_and_forgotten(store: SqliteStore, other: SqliteStore, table: str) -> None:
    mine, theirs = getattr(store, table), getattr(other, table)
    assert mine.get("pool") is None
    mine.put({"pool": b"12", "empty": b""})
    mine.put({"pool": b"13"})
    assert (theirs.get("pool"), theirs.get("empty")) == (b"13", b"")
    theirs.delete("pool")
    theirs.delete("never was")
    assert mine.get("pool") is None


def test_facts_and_cache_are_apart(store: SqliteStore) -> None:
    store.facts.put({"key": b"fact"})
    store.cache.put({"key": b"cache"})
    assert (store.facts.get("key"), store.cache.get("key")) == (b"fact", b"cache")


def test_an_undone_transaction_keeps_no_value(store: SqliteStore) -> None:
    with suppress(ZeroDivisionError), store.transaction():
        store.facts.put({"key": b"value"})
        store.edits.add([Address("user/hiro")])
        raise ZeroDivisionError
    assert store.facts.get("key") is None
    assert LocalTarget(store.directory, ORG).index(ORG).edited == frozenset()


def test_edits_are_forgotten_only_as_far_as_they_were_known(store: SqliteStore) -> None:
    target = LocalTarget(store.directory, ORG)
    for name in ("early", "late"):
        target.put_user(our_user(name))
        store.edits.add([Address(f"user/{name}")])
    assert target.index(ORG).edited == {"user/early", "user/late"}
    store.edits.clear(1)
    assert target.index(ORG).edited == {"user/late"}
    store.edits.clear(2)
    assert target.index(ORG).edited == frozenset()


def test_an_object_that_is_edited_again_counts_as_edited_then(store: SqliteStore) -> None:
    target = LocalTarget(store.directory, ORG)
    for name in ("hiro", "another"):
        target.put_user(our_user(name))
        store.edits.add([Address("user/hiro")])
    store.edits.clear(1)
    assert target.index(ORG).edited == {"user/hiro"}
