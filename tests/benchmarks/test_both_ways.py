"""Memberships that go both ways cost a request each, and a few more, whatever they cost in seconds."""

import os
from pathlib import Path
from unittest import mock

from benchmarks.both_ways import measured
from tests.okta_simulator import DEFAULT_TOKEN


def test_r49_edits_cost_a_request_each_and_a_few_more(tmp_path: Path) -> None:
    with mock.patch.dict(os.environ, {"OKTA_API_TOKEN": DEFAULT_TOKEN}):
        costs = measured(1_060, 60, tmp_path)
    assert [cost.writes for cost in costs.values()] == [0, 0, 0, 0, 60, 0]
    idle = costs["apply without changes, one-way"].requests
    assert costs["apply without changes, both-ways"].requests == idle
    assert costs["apply of 60 edited memberships"].requests <= idle + 60 + 6
    assert costs["apply after it"].requests <= idle + 1
