"""Whom pushes deleted, and whom ticks read as out, on every store: each costs the same however many are remembered."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field

import pytest

from idsync.model.times import format_time
from idsync.reconcile.dated import KEPT
from idsync.reconcile.followed import LAG, note_out, out_lately
from idsync.reconcile.gone import gone_since, note_gone
from idsync.stores.protocol import Facts, Store

NOW = dt.datetime(2026, 11, 22, 12, 0, 0, tzinfo=dt.UTC)
SECOND = dt.timedelta(seconds=1)


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
    counted, at = Counted(facts), NOW + number * SECOND
    note_gone(counted, at, user=f"00u{number}")
    note_gone(counted, at, access_list=f"00g{number}")
    assert gone_since(counted, format_time(at), format_time(at)).users == frozenset([f"00u{number}"])
    return counted.rows


def test_each_deletion_costs_the_same_among_few_and_among_many(store: Store) -> None:
    with store.transaction():
        costs = [deleted(store.facts, number) for number in range(1_500)]
    assert costs[3] == costs[-1]
    assert len(costs[3]) < 10


def test_who_went_is_told_from_a_time_on(store: Store) -> None:
    for number in range(10):
        note_gone(store.facts, NOW + number * SECOND, user=f"u{number}")
        note_gone(store.facts, NOW + number * SECOND, access_list=f"g{number}")
    note_gone(store.facts, NOW + 9 * SECOND, user="u0")
    found = gone_since(store.facts, format_time(NOW + 8 * SECOND), format_time(NOW + 9 * SECOND))
    assert found.users == frozenset({"u8", "u9", "u0"})
    assert found.lists == frozenset({"g9"})
    assert gone_since(store.facts, format_time(NOW + 10 * SECOND), "9999").users == frozenset()


@pytest.mark.parametrize("name", ["00u1", "a b/c~", "\u4f60\u597d", "2026-11-22T12:00:00Z", " ", "~"])
def test_any_name_is_remembered_as_it_is(store: Store, name: str) -> None:
    note_gone(store.facts, NOW, user=name)
    note_out(store.facts, [name], NOW)
    assert gone_since(store.facts, format_time(NOW), format_time(NOW)).users == frozenset({name})
    assert out_lately(store.facts, NOW).users == frozenset({name})


def test_what_is_older_than_a_day_is_forgotten(store: Store) -> None:
    for number in range(40):
        note_gone(store.facts, NOW + number * KEPT / 10, user=f"u{number}")
        note_out(store.facts, [f"u{number}"], NOW + number * KEPT / 10)
    assert len(store.facts.between("", "~")) == 22
    assert len(gone_since(store.facts, "", "").users or ()) == 11


def test_who_was_out_is_told_of_as_long_as_listings_lag(store: Store) -> None:
    note_out(store.facts, ["ann", "bob"], NOW)
    note_out(store.facts, [], NOW)
    assert out_lately(store.facts, NOW + LAG).users == frozenset({"ann", "bob"})
    assert out_lately(store.facts, NOW + LAG).lists == frozenset()
    assert out_lately(store.facts, NOW + LAG + SECOND).users == frozenset()
