"""Roles that give every app are found, no matter who made them."""

from pathlib import Path

import pytest

from tests.cli.running import Idsync, runner


@pytest.fixture
def idsync(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Idsync:
    return runner(monkeypatch, capsys)


@pytest.mark.parametrize("labels", ["{'*': ['*']}", "{teleport.dev/origin: [okta]}", "{okta/org: ['^.*$']}"])
def test_a_role_for_every_app_is_found_by_name(idsync: Idsync, tmp_path: Path, labels: str) -> None:
    assert idsync("init", tmp_path / "org", "--example").code == 0
    org = tmp_path / "org"
    file = org / "idsync.yaml"
    file.write_text(file.read_text().replace("\nspec:\n", "\nspec:\n  sync: {app_groups: true}\n", 1))
    assert idsync("apply", "-c", org, "--auto-approve").code == 0
    healthy = idsync("doctor", "-c", org)
    assert (healthy.code, "app labels" in healthy.out) == (0, True), healthy.out
    role = f"kind: role\nversion: v7\nmetadata: {{name: all-apps}}\nspec: {{allow: {{app_labels: {labels}}}}}\n"
    assert idsync("create", "-", "-c", org, stdin=role).code == 0
    found = idsync("doctor", "-c", org)
    assert found.code == 7
    line = next(line for line in found.out.splitlines() if "app labels" in line)
    assert "all-apps gives every app" in line
    assert "idsync edit role/all-apps" in line
