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


def merged(whole: Any, patch: Any) -> Any:
    """A strategic merge, as far as the patch of the examples needs it: items of lists go by their name."""
    match whole, patch:
        case dict(), dict():
            both = {name: merged(whole.get(name), value) for name, value in patch.items()}
            return {name: value for name, value in {**whole, **both}.items() if value is not None}
        case [{"name": _}, *_], [{"name": _}, *_]:
            named = {item["name"]: item for item in patch}
            assert named.keys() <= {item["name"] for item in whole}
            return [merged(item, named.get(item["name"], {})) for item in whole]
        case _:
            return patch


def test_the_patch_for_the_first_apply_leaves_one_pod_that_serves_nothing(tmp_path: Path) -> None:
    assert "\n# patches: [{path: by-hand.yaml}]" in (DEPLOY / "kustomization.yaml").read_text()
    whole = loaded(DEPLOY / "kubernetes" / "deployment.yaml")
    by_hand = merged(whole, loaded(DEPLOY / "by-hand.yaml"))
    (tmp_path / "deployment.yaml").write_text(yaml.safe_dump(by_hand))
    output_of(TOOLS / "kubernetes-validate", "--strict", tmp_path / "deployment.yaml")
    [container] = by_hand["spec"]["template"]["spec"]["containers"]
    assert by_hand["spec"]["replicas"] == 1
    assert "serve" not in [*container["command"], *container["args"]]
    assert not [name for name in container if name.endswith("Probe")]
    [served] = whole["spec"]["template"]["spec"]["containers"]
    same = ("image", "envFrom", "volumeMounts", "securityContext")
    assert {name: container[name] for name in same} == {name: served[name] for name in same}


def test_prometheus_and_the_ingress_controller_reach_the_service() -> None:
    rules = loaded(DEPLOY / "kubernetes" / "network-policy.yaml")["spec"]["ingress"]
    assert [rule["ports"] for rule in rules] == [[{"port": "http"}]] * 2
    [namespaces] = zip(*(rule["from"] for rule in rules), strict=True)
    names = [each["namespaceSelector"]["matchLabels"]["kubernetes.io/metadata.name"] for each in namespaces]
    assert names == ["ingress-nginx", "monitoring"]


def test_each_way_to_run_it_has_its_first_apply_before_it_serves_and_its_token() -> None:
    readme = (DEPLOY / "README.md").read_text()
    for way, serves in (("systemd", "enable --now"), ("Compose", "up --detach"), ("Kubernetes", "Put the mark back")):
        section = readme.split(f"\n## {way}\n", 1)[1].split("\n## ", 1)[0]
        steps = [
            section.index(step) for step in (" plan", " apply -c" if way != "systemd" else "as_idsync apply", serves)
        ]
        assert steps == sorted(steps), way
        assert "scim token create" in section, way
    assert not any("base64" in commands for commands in readme.split("```")[1::2])


def test_the_systemd_steps_make_what_the_unit_names() -> None:
    unit, readme = (DEPLOY / "idsync.service").read_text(), (DEPLOY / "README.md").read_text()
    steps = readme.split("\n## systemd\n", 1)[1].split("```sh")[1].split("```")[0]
    for name in re.findall(r"^(?:ExecStart|EnvironmentFile|WorkingDirectory)=(\S+)", unit, re.MULTILINE):
        assert name.removesuffix("/bin/idsync") in steps, name
    (user,) = re.findall(r"^User=(\S+)", unit, re.MULTILINE)
    assert f"nologin {user}\n" in steps
    key = "/run/secrets/okta.pem"
    assert key in (DEPLOY / "access" / "idsync.yaml").read_text()
    assert f"s#{key}#/etc/idsync/okta.pem#" in steps


def test_under_systemd_it_listens_for_this_machine_alone(tmp_path: Path) -> None:
    """Its configuration is that of a container, whose port is for the machine alone: metrics need no token."""
    readme, configuration = (DEPLOY / "README.md").read_text(), tmp_path / "idsync.yaml"
    configuration.write_text((DEPLOY / "access" / "idsync.yaml").read_text())
    assert "listen: 0.0.0.0:" in configuration.read_text()
    (edit,) = re.findall(r"^sed -i '(.+)' /etc/idsync/idsync\.yaml$", readme, re.MULTILINE)
    output_of("sed", "-i", edit, configuration)
    assert "listen: 127.0.0.1:8080\n" in configuration.read_text()


def test_no_secret_stands_in_a_file() -> None:
    for path in DEPLOY.rglob("*"):
        text = path.read_text() if path.is_file() else ""
        assert "BEGIN" not in text, path
        assert not re.search(r"idsync_[A-Za-z0-9-]*[A-Z0-9]", text), path  # how a token begins
    environment = loaded(DEPLOY / "compose.yaml")["services"]["idsync"]["environment"]
    assert all("${" in value for value in environment.values())
