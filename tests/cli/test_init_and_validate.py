"""The first two commands that anybody runs."""

import json
import os
import pty
import re
import subprocess
import sys
from pathlib import Path

import pytest

from idsync.cli.commands.init import write_new_files
from idsync.config.loader import load
from idsync.config.schema_check import schema_text
from idsync.config.settings import AppByLabel
from idsync.errors import UsageError
from tests.cli.running import Idsync
from tests.sources.okta.private_keys import SHORT

REAL = ("--org-url", "https://enzos-pizza.okta.com", "--owner", "alice@enzos-pizza.com")


@pytest.mark.parametrize("how", [REAL, ("--example",)])
def test_what_init_writes_is_valid_without_a_warning(how: tuple[str, ...], idsync: Idsync, tmp_path: Path) -> None:
    assert idsync("init", tmp_path / "new", *how).code == 0
    ended = idsync("validate", "-c", tmp_path / "new")
    assert (ended.code, ended.out, ended.err) == (0, "The configuration is valid.\n", "")


def test_what_init_was_not_told_stays_a_placeholder_that_is_refused_at_its_line(idsync: Idsync, tmp_path: Path) -> None:
    said = idsync("init", tmp_path / "new").out
    assert "idsync.yaml:" in said
    ended = idsync("validate", "-c", tmp_path / "new")
    assert ended.code == 3
    assert ended.err.count("error placeholder_left") == 2
    assert "https://example.okta.com" in ended.err
    assert "admin@example.com" in ended.err
    assert idsync("plan", "-c", tmp_path / "new").code == 3


@pytest.mark.parametrize(
    ("given", "left"),
    [
        (("--org-url", "https://enzos-pizza.okta.com"), "admin@example.com"),
        (("--owner", "alice@enzos-pizza.com"), "https://example.okta.com"),
    ],
)
def test_init_says_which_placeholder_is_left(given: tuple[str, ...], left: str, idsync: Idsync, tmp_path: Path) -> None:
    assert left in idsync("init", tmp_path / "new", *given).out
    assert idsync("validate", "-c", tmp_path / "new").err.count("placeholder_left") == 1


def test_init_writes_what_it_is_told_as_it_is_meant(idsync: Idsync, tmp_path: Path) -> None:
    odd = ("--app-label", "Teleport: prod, [EU]", "--owner", "o'hara, zoe", "--owner", "null")
    assert idsync("init", tmp_path / "new", "--org-url", "Enzos-Pizza.okta.com", *odd).code == 0
    settings = load(tmp_path / "new").settings
    assert settings is not None
    assert settings.integration.org_url == "https://enzos-pizza.okta.com"
    assert settings.integration.app == AppByLabel("Teleport: prod, [EU]")
    assert [owner.name for owner in settings.default_owners] == ["o'hara, zoe", "null"]


@pytest.mark.parametrize(
    ("option", "value"),
    [("--org-url", "http://enzos-pizza.okta.com"), ("--org-url", "https://x-admin.okta.com"), ("--owner", "alice ")],
)
def test_init_refuses_what_no_configuration_may_hold(option: str, value: str, idsync: Idsync, tmp_path: Path) -> None:
    ended = idsync("init", tmp_path / "new", option, value)
    assert ended.code == 64
    assert "fix:" in ended.err
    assert not (tmp_path / "new").exists()


def test_init_of_this_folder_says_here(idsync: Idsync, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert "idsync.yaml here.\n" in idsync("init", ".").out


def test_every_document_that_init_writes_names_the_schema_for_editors(idsync: Idsync, tmp_path: Path) -> None:
    idsync("init", tmp_path / "new")
    documents = (tmp_path / "new" / "idsync.yaml").read_text().split("---\n")
    named = {text.splitlines()[0].partition("$schema=")[2] for text in documents}
    assert len(documents) > 1
    assert [(tmp_path / "new" / name).read_text() for name in named] == [schema_text()]


def on_a_terminal(command: list[str], typed: bytes) -> str:
    """What a command says on a terminal on which somebody types ahead."""
    ours, theirs = pty.openpty()
    with os.fdopen(ours, "r+b", buffering=0) as terminal:
        terminal.write(typed)
        ended = subprocess.run(command, stdin=theirs, stderr=theirs, stdout=subprocess.PIPE, timeout=60, check=True)
        os.close(theirs)
        said = b""
        try:
            while part := terminal.read(4096):
                said += part
        except OSError:  # the other end is closed
            pass
    return (said + ended.stdout).decode()


def test_init_on_a_terminal_asks_for_what_no_option_says(tmp_path: Path) -> None:
    typed = b"enzos-pizza.okta.com\n\nalice@enzos-pizza.com\n"
    ended = on_a_terminal([sys.executable, "-m", "idsync", "init", str(tmp_path / "new")], typed)
    assert "Address of the Okta organization" in ended
    settings = load(tmp_path / "new").settings
    assert settings is not None
    assert settings.integration.org_url == "https://enzos-pizza.okta.com"
    assert settings.integration.app == AppByLabel("Teleport")
    assert [owner.name for owner in settings.default_owners] == ["alice@enzos-pizza.com"]


@pytest.mark.parametrize("example", [(), ("--example",)])
def test_init_overwrites_nothing_and_writes_nothing_beside_it(
    example: tuple[str, ...], idsync: Idsync, tmp_path: Path
) -> None:
    mine = tmp_path / "idsync.yaml"
    mine.write_text("mine")
    ended = idsync("init", tmp_path, *example)
    assert ended.code == 64
    assert "idsync.yaml" in ended.err
    assert [entry.name for entry in tmp_path.iterdir()] == ["idsync.yaml"]
    assert mine.read_text() == "mine"


def test_init_says_why_it_cannot_write(idsync: Idsync, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    ended = idsync("init", tmp_path / "file" / "below")
    assert ended.code == 64
    assert "cannot be written to" in ended.err


def test_the_next_steps_can_be_pasted_into_a_shell(idsync: Idsync, tmp_path: Path) -> None:
    said = idsync("init", tmp_path / "my org", "--example").out
    assert f"idsync plan -c '{tmp_path / 'my org'}'" in said


def test_init_into_an_empty_name_writes_nothing(
    idsync: Idsync, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    ended = idsync("init", "")
    assert (ended.code, list(tmp_path.iterdir())) == (64, [])
    assert "`.` is this one" in ended.err


def test_init_that_finds_no_room_leaves_nothing_and_can_be_run_again(tmp_path: Path) -> None:
    folder = tmp_path / "new"
    with pytest.raises(UsageError, match="cannot be written to: No such file"):
        write_new_files(folder, {"a.yaml": b"text", "lost/b.yaml": b"text"})
    assert list(folder.iterdir()) == []
    write_new_files(folder, {"a.yaml": b"text", "b.yaml": b"text"})
    assert {file.name for file in folder.iterdir()} == {"a.yaml", "b.yaml"}


def test_init_keeps_the_store_and_plans_out_of_the_repository(idsync: Idsync, tmp_path: Path) -> None:
    idsync("init", tmp_path)
    assert {"idsync.db", "*.plan"} <= set((tmp_path / ".gitignore").read_text().splitlines())


def test_the_example_has_the_people_that_it_promises(idsync: Idsync, fresh: Path) -> None:
    plan = idsync("plan", "-c", fresh, "--format", "json").json
    assert isinstance(plan, dict)
    assert plan["summary"] == {
        "user": {"create": 39, "update": 0, "delete": 0},
        "lock": {"create": 1, "update": 0, "delete": 0},
        "access_list": {"create": 13, "update": 0, "delete": 0},
        "member": {"add": 59, "remove": 0},
    }
    assert [finding["code"] for finding in plan["findings"]] == ["no_store"]


def test_the_example_s_second_week_has_a_joiner_a_leaver_a_mover_a_rename_and_a_suspension(
    idsync: Idsync, org: Path
) -> None:
    plan = idsync("plan", "-c", org, "--snapshot", org / "snapshot-next.json", "--format", "json").json
    assert isinstance(plan, dict)
    reasons: dict[tuple[str, str], set[str]] = {(change["kind"], change["action"]): set() for change in plan["changes"]}
    for change in plan["changes"]:
        reasons[change["kind"], change["action"]].add(change["reason"])
    assert reasons["user", "create"] == {"assigned", "renamed"}
    assert reasons["user", "update"] == {"profile_changed"}
    assert reasons["user", "delete"] == {"deactivated", "renamed"}
    assert reasons["lock", "create"] == {"deactivated", "renamed", "suspended"}
    assert [result["verdict"] for result in plan["guards"]] == ["ok"] * 6


def test_every_mistake_is_reported_with_its_place_and_exit_3(idsync: Idsync, fresh: Path) -> None:
    (fresh / "roles.yaml").write_text("apiVersion: idsync/v1\nkind: RoleMappings\nspec: {rules: []}\n")
    (fresh / "extra.yaml").write_text("apiVersion: idsync/v1\nkind: Guards\nspec:\n  user_locks: 5\n  user_lock: {}\n")
    ended = idsync("validate", "-c", fresh)
    assert ended.code == 3
    assert ended.out == ""
    assert "roles.yaml:2:7" in ended.err
    assert "extra.yaml:4:15" in ended.err
    assert "extra.yaml:5:3" in ended.err
    assert 'Did you mean "RoleMapping"?' in ended.err


def test_validate_prints_json_and_nothing_else_on_stdout(idsync: Idsync, tmp_path: Path) -> None:
    ended = idsync("validate", "-c", tmp_path, "--format", "json")
    assert ended.code == 3
    assert isinstance(ended.json, dict)
    assert ended.json["valid"] is False
    assert [found["code"] for found in ended.json["diagnostics"]] == ["no_documents"]


def test_messages_become_json_lines_on_request(idsync: Idsync, tmp_path: Path) -> None:
    ended = idsync("--log-format", "json", "validate", "-c", tmp_path)
    lines = ended.err.splitlines()
    assert [line[0] + line[-1] for line in lines] == ["{}"] * len(lines)
    assert '"code": "no_documents"' in lines[0]


def test_even_a_wrong_option_is_told_as_a_json_line_on_request(idsync: Idsync) -> None:
    for asked in (["--log-format", "json"], ["--log-format=json"]):
        ended = idsync("plan", "--forma", "x", *asked)
        assert (ended.code, ended.out) == (64, "")
        assert json.loads(ended.err)["message"].startswith("No such option '--forma'.")
    assert idsync("plan", "--forma", "x").err.startswith("error: No such option")


def test_warnings_are_shown_and_do_not_fail(idsync: Idsync, fresh: Path) -> None:
    (fresh / "more.yaml").write_text(
        "apiVersion: idsync/v1\nkind: RoleMapping\nspec: {rules: [{trait: department, value: x, roles: [y]}]}\n"
    )
    ended = idsync("validate", "-c", fresh)
    assert (ended.code, ended.out) == (0, "The configuration is valid (1 warning).\n")
    assert "trait_without_prefix" in ended.err


def test_secrets_are_looked_at_only_when_asked(idsync: Idsync, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OKTA_API_TOKEN", raising=False)
    idsync("init", tmp_path, *REAL)
    assert idsync("validate", "-c", tmp_path).code == 0
    refused = idsync("validate", "-c", tmp_path, "--secrets")
    assert refused.code == 3
    assert "OKTA_API_TOKEN is not set" in refused.err
    monkeypatch.setenv("OKTA_API_TOKEN", "00abcdefghijklmnop")
    accepted = idsync("validate", "-c", tmp_path, "--secrets")
    assert accepted.code == 0
    assert "00abcdefghijklmnop" not in accepted.out + accepted.err


@pytest.mark.parametrize(
    ("key", "summary"),
    [
        ("-----BEGIN PRIVATE KEY-----\nMIIEvgIBsecret\n-----END PRIVATE KEY-----", "the private key cannot be read"),
        ('{"kty": "EC", "crv": "P-256", "x": "MIIEsecret"}', "the private key cannot be read"),
        (SHORT, "the private key is too short"),
    ],
)
def test_a_private_key_that_cannot_sign_is_refused_at_its_line_and_not_shown(
    key: str, summary: str, idsync: Idsync, tmp_path: Path
) -> None:
    idsync("init", tmp_path, *REAL)
    config = tmp_path / "idsync.yaml"
    config.write_text(
        config.read_text().replace(
            "api_token: {env: OKTA_API_TOKEN}", "oauth: {client_id: 0oa1, private_key: {file: okta.pem}}"
        )
    )
    (tmp_path / "okta.pem").write_text(key)
    assert idsync("validate", "-c", tmp_path).code == 0
    (tmp_path / "okta.pem").chmod(0o600)
    for arguments, said in [(("validate", "--secrets"), summary), (("plan",), f"T{summary[1:]}")]:
        refused = idsync(*arguments, "-c", tmp_path)
        assert refused.code == 3
        assert said in refused.err
        assert "idsync.yaml:18:50" in refused.err
        assert "MIIE" not in refused.out + refused.err
        assert key[30:60] not in refused.out + refused.err


def test_a_missing_secret_exits_3_at_its_line_when_it_is_used(
    idsync: Idsync, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("OKTA_API_TOKEN", raising=False)
    idsync("init", tmp_path, *REAL)
    ended = idsync("plan", "-c", tmp_path)
    assert ended.code == 3
    assert ended.err.startswith("error: The environment variable OKTA_API_TOKEN is not set.\n  at: idsync.yaml:18:22\n")


def test_the_configuration_is_found_by_option_on_either_side_and_by_environment(
    idsync: Idsync, fresh: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    assert idsync("-c", fresh, "validate").code == 0
    assert idsync("validate", "--config", fresh).code == 0
    assert idsync("validate", "-c", fresh / "idsync.yaml").code == 0
    monkeypatch.chdir(fresh)
    assert idsync("validate").code == 0
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("IDSYNC_CONFIG", str(tmp_path / "nowhere"))
    assert idsync("validate").code == 3
    assert idsync("validate", "-c", fresh).code == 0
    assert idsync("-c", fresh, "validate").code == 0
    monkeypatch.setenv("IDSYNC_CONFIG", str(fresh))
    assert idsync("validate").code == 0


def test_a_store_of_which_nothing_is_left_is_said_to_be_none(idsync: Idsync, org: Path) -> None:
    (org / "idsync.db").write_bytes(b"")
    assert "no_store" in idsync("plan", "-c", org).out
    assert idsync("plan", "-c", org, "--fail-on", "warning").code == 5


def test_a_store_that_is_not_there_is_said_in_the_plan_and_caught_by_fail_on(idsync: Idsync, fresh: Path) -> None:
    assert "no_store" in idsync("plan", "-c", fresh).out
    assert idsync("plan", "-c", fresh, "--fail-on", "warning").code == 5
    assert idsync("apply", "-c", fresh, "--auto-approve").code == 0
    assert "no_store" not in idsync("plan", "-c", fresh).out


@pytest.mark.parametrize("command", [("plan",), ("apply", "--auto-approve"), ("get", "users")])
def test_a_store_whose_folder_is_missing_is_exit_3_at_its_line(
    command: tuple[str, ...], idsync: Idsync, fresh: Path
) -> None:
    file = fresh / "idsync.yaml"
    written = re.sub(r"  store: .*", "  store: sqlite:////nowhere/at/all/idsync.db", file.read_text())
    file.write_text(written)
    line = written[: written.index("  store:")].count("\n") + 1
    ended = idsync(*command, "-c", fresh)
    assert ended.code == 3
    assert f"idsync.yaml:{line}:10: error store_folder_missing" in ended.err
    assert idsync("validate", "-c", fresh).code == 0


def test_validate_finds_in_a_snapshot_what_fits_nothing(idsync: Idsync, fresh: Path) -> None:
    roles = "apiVersion: idsync/v1\nkind: RoleMapping\nspec:\n  rules:\n    - {group: contractor, roles: [x]}\n"
    (fresh / "more.yaml").write_text(roles)
    snapshot = fresh / "snapshot.json"
    assert idsync("validate", "-c", fresh).err == ""
    ended = idsync("validate", "-c", fresh, "--snapshot", snapshot)
    assert ended.code == 0
    assert "more.yaml:5:7: warning matches_nothing" in ended.err
    assert 'Did you mean "contractors"?' in ended.err
    guards = "apiVersion: idsync/v1\nkind: Guards\nspec: {protected_users: [enzo.morreti@enzos-pizza.com]}\n"
    configuration = fresh / "idsync.yaml"
    kept = [text for text in configuration.read_text().split("---\n") if "kind: Guards" not in text]
    configuration.write_text("---\n".join(kept))
    (fresh / "guards.yaml").write_text(guards)
    ended = idsync("validate", "-c", fresh, "--snapshot", snapshot)
    assert ended.code == 3
    assert "guards.yaml:3:26: error matches_nothing" in ended.err
    assert 'Did you mean "enzo.moretti@enzos-pizza.com"?' in ended.err
    assert idsync("validate", "-c", fresh, "--snapshot", fresh / "none.json").code == 7
