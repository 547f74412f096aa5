"""The clock of a store by which passes go, held against this machine's."""

from pathlib import Path

import pytest

from idsync.doctor.check import Verdict
from idsync.doctor.own_parts import store_checks
from idsync.stores.sqlite.store import open_sqlite
from tests.core.world import NOW, ORG


@pytest.mark.parametrize(
    ("ahead", "said"), [(0, ""), (120, ""), (-120, ""), (121, "121 seconds ahead of"), (-7200, "7,200 seconds behind")]
)
def test_r20_a_store_whose_clock_is_another_time_is_told(tmp_path: Path, ahead: int, said: str) -> None:
    checks = store_checks(
        lambda access: open_sqlite(tmp_path / "a.db", access, clock=lambda: NOW.timestamp() + ahead),
        lambda _: {},
        ORG,
        (),
        pushes=False,
        takes_pushes=lambda _: False,
        now=NOW,
    )
    told = [check for check in checks if check.check == "store clock"]
    assert [check.verdict for check in told] == [Verdict.WARNING] * bool(said)
    assert all(f"is {said} this machine's" in check.message for check in told)
