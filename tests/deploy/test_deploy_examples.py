"""What `examples/deploy` shows is well formed by a tool of its kind, and gives the service no more than it needs."""

import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

DEPLOY = Path(__file__).parents[2] / "examples" / "deploy"
KUBERNETES = sorted((DEPLOY / "kubernetes").glob("*.yaml"))
TOOLS = Path(sys.executable).parent


def output_of(*command: str | Path) -> str:
    """What a tool says; an error of the test where it finds a fault."""
    done = subprocess.run(command, capture_output=True, text=True, cwd=DEPLOY)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


def loaded(path: Path) -> Any:
    return yaml.safe_load(path.read_text())


def test_the_container_file_has_no_fault_that_a_linter_knows() -> None:
    output_of(TOOLS / "hadolint", "Containerfile")


def test_the_compose_file_is_of_the_schema_of_compose_files() -> None:
    output_of(TOOLS / "check-jsonschema", "--builtin-schema", "vendor.compose-spec", "compose.yaml")


@pytest.mark.parametrize("path", KUBERNETES, ids=lambda path: path.stem)
def test_a_manifest_is_of_the_schema_of_its_kind(path: Path) -> None:
    output_of(TOOLS / "kubernetes-validate", "--strict", path)


def test_every_manifest_is_applied() -> None:
    assert loaded(DEPLOY / "kustomization.yaml")["resources"] == [f"kubernetes/{name}" for name in ORDER]
    assert {path.name for path in KUBERNETES} == {*ORDER}


ORDER = ("namespace.yaml", "deployment.yaml", "service.yaml", "network-policy.yaml", "disruption-budget.yaml")


def test_the_unit_is_one_that_systemd_understands(tmp_path: Path) -> None:
    analyze = shutil.which("systemd-analyze")
    assert analyze, "systemd-analyze is missing: install Debian's package systemd"
    program = tmp_path / "idsync"
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    text = (DEPLOY / "idsync.service").read_text()
    unit = tmp_path / "idsync.service"
    unit.write_text(text.replace("/opt/idsync/bin/idsync", str(program)))
    assert output_of(analyze, "verify", "--man=no", unit) == ""
    assert "OK" in output_of(analyze, "security", "--offline=yes", "--threshold=20", unit).splitlines()[-1]


def test_nothing_runs_as_root_or_writes_where_it_need_not() -> None:
    pod = loaded(DEPLOY / "kubernetes" / "deployment.yaml")["spec"]["template"]["spec"]
    [container] = pod["containers"]
    assert pod["securityContext"]["runAsNonRoot"]
    assert not pod["automountServiceAccountToken"]
    assert container["securityContext"]["readOnlyRootFilesystem"]
    assert container["securityContext"]["capabilities"] == {"drop": ["ALL"]}
    service = loaded(DEPLOY / "compose.yaml")["services"]["idsync"]
    assert service["read_only"]
    assert service["cap_drop"] == ["ALL"]
    assert all(str(port).startswith("127.0.0.1:") for port in service["ports"])
    assert "USER 10001:10001" in (DEPLOY / "Containerfile").read_text()


def test_no_secret_stands_in_a_file() -> None:
    for path in DEPLOY.rglob("*"):
        text = path.read_text() if path.is_file() else ""
        assert "BEGIN" not in text, path
        assert not re.search(r"idsync_[A-Za-z0-9-]*[A-Z0-9]", text), path  # how a token begins
    environment = loaded(DEPLOY / "compose.yaml")["services"]["idsync"]["environment"]
    assert all("${" in value for value in environment.values())
