"""Whom pushes deleted, and whom ticks read as out, on every store: each costs the same however many are remembered."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import pytest

from idsync.model.pushed import MICROSECOND
from idsync.reconcile.dated import KEPT
from idsync.reconcile.followed import note_out, out_lately
from idsync.reconcile.gone import gone_after, note_gone
from idsync.stores.protocol import Facts, Store

NOW = 1_795_694_400_000_000
A_DAY = KEPT // MICROSECOND


@dataclass
class Counted:
    """Facts, and the rows and bytes that went to and fro."""

    facts: Facts
    rows: list[int] = field(default_factory=list)

    def get(self, key: str) -> bytes | None:
        value = self.facts.get(key)
        self.rows.append(len(value or b""))
        return value

    def put(self, values: Mapping[str, bytes]) -> None:
        self.rows.extend(len(value) for value in values.values())
        self.facts.put(values)

    def delete(self, key: str) -> None:
        self.rows.append(0)
        self.facts.delete(key)

    def between(self, first: str, end: str) -> Mapping[str, bytes]:
        found = self.facts.between(first, end)
        self.rows.extend(len(value) for value in found.values())
        return found

    def delete_between(self, first: str, end: str) -> None:
        self.rows.append(0)
        self.facts.delete_between(first, end)


def deleted(facts: Facts, number: int) -> list[int]:
    """What it takes to note one more, a user and a list, and to ask who went just now."""
    counted, at = Counted(facts), NOW + number
    note_gone(counted, at, user=f"00u{number}")
    note_gone(counted, at, access_list=f"00g{number}")
    assert gone_after(counted, at - 1, at - 1).users == frozenset([f"00u{number}"])
    return counted.rows


def test_each_deletion_costs_the_same_among_few_and_among_many(store: Store) -> None:
    with store.transaction():
        costs = [deleted(store.facts, number) for number in range(1_500)]
    assert costs[3] == costs[-1]
    assert len(costs[3]) < 10


def test_who_went_is_told_from_a_push_on(store: Store) -> None:
    for number in range(10):
        note_gone(store.facts, NOW + number, user=f"u{number}")
        note_gone(store.facts, NOW + number, access_list=f"g{number}")
    note_gone(store.facts, NOW + 9, user="u0")
    found = gone_after(store.facts, NOW + 7, NOW + 8)
    assert found.users == frozenset({"u8", "u9", "u0"})
    assert found.lists == frozenset({"g9"})
    assert gone_after(store.facts, NOW + 9, 10**19).users == frozenset()


@pytest.mark.parametrize("name", ["00u1", "a b/c~", "\u4f60\u597d", "00001795694400000000", " ", "~"])
def test_any_name_is_remembered_as_it_is(store: Store, name: str) -> None:
    note_gone(store.facts, NOW, user=name)
    note_out(store.facts, [name], NOW)
    assert gone_after(store.facts, NOW - 1, NOW - 1).users == frozenset({name})
    assert out_lately(store.facts, NOW - 1).users == frozenset({name})


def test_what_is_older_than_a_day_is_forgotten(store: Store) -> None:
    for number in range(40):
        note_gone(store.facts, NOW + number * A_DAY // 10, user=f"u{number}")
        note_out(store.facts, [f"u{number}"], NOW + number * A_DAY // 10)
    assert len(store.facts.between("", "~")) == 22
    assert len(gone_after(store.facts, 0, 0).users or ()) == 11


def test_who_was_out_is_told_of_as_long_as_listings_lag(store: Store) -> None:
    note_out(store.facts, ["ann", "bob"], NOW)
    note_out(store.facts, [], NOW)
    assert out_lately(store.facts, NOW - 1).users == frozenset({"ann", "bob"})
    assert out_lately(store.facts, NOW - 1).lists == frozenset()
    assert out_lately(store.facts, NOW).users == frozenset()
