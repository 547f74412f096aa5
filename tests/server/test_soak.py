"""A few weeks of the soak, in each dialect; `just soak` lives a year of them."""

from dataclasses import replace
from pathlib import Path

import pytest

from tests.effort import examples
from tests.process_figures import Figures
from tests.serve_soak.soak import GROWTH, Grown, Week, compare, live

pytestmark = pytest.mark.long


@pytest.mark.parametrize("seed", [0, 1])
def test_weeks_leave_a_service_as_it_was(tmp_path: Path, seed: int) -> None:
    weeks = live(tmp_path, examples(40) - 1, seed)
    assert all(week.requests > 20 for week in weeks)


CALM = Week(Figures(70 << 20, 20, 4), Figures(60 << 20, 15, 3), 100, {"users": 40, "journal": 100})


@pytest.mark.parametrize(
    ("worse", "said"),
    [
        (replace(CALM, web=Figures((71 << 20) + GROWTH, 20, 4)), "web holds 25.0 MiB more"),
        (replace(CALM, reconciler=Figures(60 << 20, 30, 3)), "files of the reconciler: 15, and then 30"),
        (replace(CALM, web=Figures(70 << 20, 20, 9)), "threads of web: 4, and then 9"),
        (replace(CALM, requests=150), "150 requests"),
        (replace(CALM, rows={"users": 140, "journal": 100}), "table users has 100 rows more"),
        (replace(CALM, rows={"users": 40, "leases": 100}), "table leases has 100 rows more"),
    ],
)
def test_what_grows_is_told(worse: Week, said: str) -> None:
    compare([CALM, CALM, CALM])
    with pytest.raises(Grown, match=said):
        compare([CALM, CALM, worse])
