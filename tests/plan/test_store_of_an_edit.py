"""Which store an edit names: told where it is another one, and not where its line moved."""

from pathlib import Path

import pytest

from idsync.config.loader import load
from idsync.config.settings import Settings
from idsync.plan.guards_changed import guards_changed

CONFIG = """\
apiVersion: idsync/v1
kind: Integration
metadata: {{name: okta}}
spec:
  org_url: https://x.okta.com
  app: {{id: 0oa1}}
  source: {{snapshot: {{path: snapshot.json}}}}
  store: {store}
---
apiVersion: idsync/v1
kind: DefaultOwners
spec: {{owners: [ann]}}
"""


def settings(folder: Path, store: str, before: str = "") -> Settings:
    folder.mkdir()
    (folder / "idsync.yaml").write_text(before + CONFIG.format(store=store))
    found = load(folder).settings
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("was", "made", "is_told"),
    [
        ("{env: STORE}", "{env: STORE}", False),
        ("{file: store.txt}", "{file: store.txt}", False),
        ("{env: STORE}", "{env: OTHER}", True),
        ("{env: STORE}", "{file: STORE}", True),
        ("{env: STORE}", "sqlite:///a.db", True),
        ("sqlite:///a.db", "sqlite:///a.db", False),
    ],
)
def test_r32_a_store_is_another_one_by_what_it_names(tmp_path: Path, was: str, made: str, *, is_told: bool) -> None:
    before, now = settings(tmp_path / "before", was), settings(tmp_path / "now", made, before="# A line more.\n")
    told = [found.message for found in guards_changed(now, before) if found.message.startswith("store")]
    assert bool(told) is is_told
