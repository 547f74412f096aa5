"""What commands show of a directory that a service keeps: the same that its own passes make of it, and no more."""

from pathlib import Path

import pytest

from tests.cli.conftest import idsync
from tests.cli.running import Idsync
from tests.okta_simulator import DEFAULT_TOKEN
from tests.server.both import Both, both, organization
from tests.server.test_identified import group, pushed

__all__ = ["idsync"]
CONFIGURATION = """
apiVersion: idsync/v1
kind: Integration
metadata: {{name: okta}}
spec:
  org_url: {url}
  app: {{id: {app}}}
  auth: {{api_token: {{env: TOKEN}}}}
  sync: {{scim: true}}
  store: sqlite:///a.db
---
apiVersion: idsync/v1
kind: DefaultOwners
spec: {{owners: [olga]}}
"""


def configured(world: Both, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Write the configuration of a service beside its store."""
    text = CONFIGURATION.format(url=world.reader.url, app=world.reader.organization.app("Teleport").id)
    (folder / "idsync.yaml").write_text(text)
    monkeypatch.setenv("TOKEN", DEFAULT_TOKEN)


def test_r41_plan_and_drift_show_nothing_of_who_and_what_is_only_pushed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, idsync: Idsync
) -> None:
    org = organization()
    with both(tmp_path / "a.db", org) as world:
        ann = org.add_user("ann@x.com")
        org.assign_user(org.app("Teleport"), ann)
        configured(world, tmp_path, monkeypatch)
        assert world.full()
        pushed_ann = pushed(world.service, externalId=ann.id)
        group(world.service, "own", pushed_ann)
        before = world.service.directory()
        explained = idsync("explain", "ann@x.com", "own", "-c", tmp_path)
        assert (explained.code, "next apply" in explained.out, explained.err) == (0, False, "")
        assert idsync("snapshot", "-o", tmp_path / "now.json", "-c", tmp_path).code == 0
        from_file = idsync("plan", "--snapshot", tmp_path / "now.json", "-c", tmp_path, "--detailed-exitcode")
        assert from_file.code == 0, from_file.out
        assert idsync("plan", "-c", tmp_path, "--detailed-exitcode").code == 0
        assert idsync("drift", "-c", tmp_path).code == 0
        assert idsync("apply", "-c", tmp_path, "--auto-approve").code == 0
        assert world.service.directory() == before
