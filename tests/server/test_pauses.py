"""What a service says of its passes to come: how long it pauses between them, and when the next one is due."""

import datetime as dt
import multiprocessing
import re
import threading
import time
from functools import partial
from pathlib import Path

import pytest

from idsync.bootstrap.workspace import Workspace, open_workspace
from idsync.model.times import parse_time
from idsync.reconcile.continuous.pass_reports import PassReport
from idsync.server.logs import LogForm
from idsync.server.metrics import Metrics, Told
from idsync.server.reconciler import Reconciler, _tell_parent
from idsync.server.running import pauses as pauses_of
from tests.core.world import config

BEGAN = "2026-11-22T00:00:00Z"
MINUTE, HOUR = 60.0, 3600.0


def exported(pauses: dict[str, float], *reports: tuple[str, PassReport | None, PassReport | None]) -> dict[str, float]:
    """Each series of a metric about passes to come, with its value."""
    text = Metrics().text(Told(reports, pauses=pauses)).decode()
    found = re.findall(r"^(idsync_pass_(?:due|pause)\w+\{.*?\}) (\S+)$", text, re.MULTILINE)
    return {series: float(value) for series, value in found}


@pytest.mark.parametrize(
    ("pause", "took", "hours"),
    [(30 * MINUTE, 66.0, 0.6), (30 * MINUTE, 86 * MINUTE, 4.85), (12 * HOUR, 14.5 * HOUR, 56.7)],
)
def test_the_next_pass_is_due_by_the_configured_pause_and_the_size_of_the_organization(
    pause: float, took: float, hours: float
) -> None:
    good = PassReport("full", BEGAN, took)
    failed = PassReport("full", "2026-11-22T09:00:00Z", 1.0, error="Okta cannot be reached.")
    told = exported({"full": pause}, ("full", failed, good))
    assert told['idsync_pass_pause_seconds{pass="full"}'] == pause
    due = dt.datetime.fromtimestamp(told['idsync_pass_due_timestamp_seconds{pass="full"}'], dt.UTC)
    assert (due - parse_time(BEGAN)).total_seconds() / HOUR == pytest.approx(hours, abs=0.01)


def test_nothing_is_due_of_what_never_went_well_or_is_not_made_any_more() -> None:
    failed = PassReport("full", BEGAN, 1.0, error="Okta cannot be reached.")
    tick = PassReport("tick", BEGAN, 1.0)
    assert exported({"full": 60.0}, ("full", failed, None), ("tick", tick, tick)) == {
        'idsync_pass_pause_seconds{pass="full"}': 60.0
    }


def failing(text: str) -> dict[str, float]:
    """Of which kinds of passes the last one failed."""
    return {
        kind: float(so) for kind, so in re.findall(r'^idsync_last_failed\{pass="(\w+)"\} (\S+)$', text, re.MULTILINE)
    }


@pytest.mark.parametrize("unkept", [frozenset(), frozenset({"tick"}), frozenset({"full", "tick"})])
def test_a_pass_that_failed_without_a_word_in_the_store_is_measured(unkept: frozenset[str]) -> None:
    well = PassReport("full", BEGAN, 1.0)
    told = Told([("full", well, well), ("tick", None, None)], unkept=unkept)
    expected = {"full": float("full" in unkept)} | ({"tick": 1.0} if unkept else {})
    assert failing(Metrics().text(told).decode()) == expected


def test_the_process_that_reconciles_tells_its_parent_what_the_store_does_not_keep(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    ours, theirs = multiprocessing.Pipe()

    def start(reconciler: Reconciler) -> None:
        reconciler._ours, reconciler._process = ours, multiprocessing.current_process()  # type: ignore[assignment]

    monkeypatch.setattr(Reconciler, "_start", start)
    monkeypatch.setattr("idsync.server.reconciler.LOOK", 0.01)
    reconciler = Reconciler(tmp_path, config().integration, LogForm(as_json=False))
    tell = partial(_tell_parent, theirs, threading.Lock())
    for unkept in (frozenset({"tick"}), frozenset()):
        tell(unkept)
        until = time.monotonic() + 10
        while reconciler.unkept != unkept:
            assert time.monotonic() < until
            time.sleep(0.01)
    reconciler._ends.set()
    reconciler._watcher.join()


OKTA = "app: {label: Teleport}\n  auth: {api_token: {env: T}}"


@pytest.mark.parametrize(
    ("source", "pauses"),
    [
        (OKTA, {"full": 7200.0, "tick": 30.0}),
        (OKTA + "\n  sync: {scim: true}", {"full": 7200.0, "tick": 30.0}),
        (OKTA + "\n  sync: {scim: true, pull: false}", {"full": 7200.0}),
        ("source: {scim: {}}", {"full": 7200.0}),
    ],
)
def test_ticks_are_told_where_okta_is_read(source: str, pauses: dict[str, float], tmp_path: Path) -> None:
    (tmp_path / "idsync.yaml").write_text(
        f"""
apiVersion: idsync/v1
kind: Integration
metadata: {{name: okta}}
spec:
  org_url: https://enzos-pizza.okta.com
  interval: 2h
  {source}
---
apiVersion: idsync/v1
kind: DefaultOwners
spec: {{owners: [alice@x.com]}}
---
apiVersion: idsync/v1
kind: Service
spec: {{tick: 30s}}
"""
    )
    place: Workspace = open_workspace(tmp_path)
    assert pauses_of(place) == pauses
