"""What docs/capacity.md says is what the program prints, and its formulas are held against readings."""

from itertools import chain
from pathlib import Path

import pytest

from benchmarks.capacity import (
    SHARES,
    SIZES,
    Cost,
    Found,
    Unequal,
    computed,
    day_table,
    full_table,
    lived,
    of_size,
    read_all,
    requests_of_full,
    seconds_of,
    simulated,
    without_log_table,
)
from benchmarks.light_okta import Clocks, LightOkta
from benchmarks.organizations import Size, make_organization, write_snapshot
from idsync.sources.snapshot import read_snapshot

DOCUMENT = (Path(__file__).parents[2] / "docs" / "capacity.md").read_text()


@pytest.fixture(scope="module")
def smallest(tmp_path_factory: pytest.TempPathFactory) -> Found:
    return read_all(SIZES[0], tmp_path_factory.mktemp("capacity"))


def test_the_document_has_what_is_read_and_what_is_computed(smallest: Found) -> None:
    largest = computed(SIZES[-1], smallest)
    tables = (full_table([smallest, largest]), day_table([smallest, largest]), without_log_table(SIZES))
    for line in chain(*tables):
        assert line in DOCUMENT, line
    assert smallest.idle.requests == {"logs": 1}
    assert smallest.change.all == 5


def test_what_is_too_large_to_be_read_is_made_of_the_sizes_that_would_be_read(smallest: Found) -> None:
    assert of_size(SIZES[0])["groups"] == smallest.whole[SHARES[0]].requests["groups"]


def test_a_formula_that_misses_something_is_noticed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("benchmarks.capacity.of_snapshot", lambda _: {"groups": 1, "apps": 1})
    with pytest.raises(Unequal, match="computed"):
        read_all(Size(50, 10, 60, 2), tmp_path)


def test_requests_are_counted_by_pages_and_none_is_refused(tmp_path: Path) -> None:
    assert requests_of_full(1001, [0, 1000, 1001], [(0, 0), (501, 201)], 199) == {"groups": 1 + 1 + 1 + 2, "apps": 10}
    write_snapshot(make_organization(Size(50, 40, 100, 2)), tmp_path / "small.json")
    okta = LightOkta(read_snapshot(tmp_path / "small.json"), Clocks())
    found = simulated(okta, 10, lambda source: source.read())
    assert okta.refused == 0
    assert found.seconds == pytest.approx(seconds_of(found.requests, 10), abs=60)
    assert found.seconds > 60


def test_a_day_has_passes_and_ticks_and_an_end() -> None:
    whole, tick = Cost({"groups": 100}, 600.0), Cost({"logs": 1}, 0.1)
    quiet = lived(whole, tick, tick, 1_000, 1800.0)
    assert quiet.now == pytest.approx(86400, abs=700)
    assert 35 <= quiet.fulls <= 37
    assert quiet.longest_blind == pytest.approx(10, abs=1), "ticks go on beside full passes"
    busy = lived(whole, tick, tick, 100_000_000, 1800.0)
    assert busy.fulls > quiet.fulls
