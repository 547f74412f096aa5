"""What a service says of its passes to come: how long it pauses between them, and when the next one is due."""

import datetime as dt
import re
from pathlib import Path

import pytest

from idsync.bootstrap.workspace import Workspace, open_workspace
from idsync.model.times import parse_time
from idsync.reconcile.continuous.pass_reports import PassReport
from idsync.server.metrics import Metrics, Told
from idsync.server.running import pauses as pauses_of

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
