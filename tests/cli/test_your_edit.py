"""R23 by the program: which reason a plan gives, what it calls your edit, and how it names rules that are gone."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from tests.cli.running import Idsync


def _plan(idsync: Idsync, org: Path, *more: str | Path) -> dict[str, Any]:
    ended = idsync("plan", "-c", org, "--format", "json", *more)
    assert ended.code == 0, ended.err
    assert isinstance(ended.json, dict)
    return ended.json


def _reasons(plan: dict[str, Any]) -> set[str]:
    return {change["reason"] for change in plan["changes"]}


def _edit(org: Path, name: str, old: str, new: str) -> None:
    file = org / name
    assert old in file.read_text()
    file.write_text(file.read_text().replace(old, new))


def _regrouped(org: Path, old: str, new: str) -> Path:
    """The snapshot with a group under another name."""
    content = json.loads((org / "snapshot.json").read_text())
    for group in content["groups"]:
        group["name"] = new if group["name"] == old else group["name"]
    path = org / "renamed.json"
    path.write_text(json.dumps(content))
    return path


def _origins(plan: dict[str, Any], side: str) -> set[str]:
    return {access.get("origin", "consequential") for delta in plan["access_delta"] for access in delta[side]}


def test_r23_a_title_from_an_edited_rule_is_not_a_rename_in_okta(idsync: Idsync, org: Path) -> None:
    _edit(org, "access-lists.yaml", 'title: "Team $1"', 'title: "Squad $1"')
    assert _reasons(_plan(idsync, org)) == {"title_changed"}


def test_r23_a_group_renamed_in_okta_is_called_so_whatever_is_edited_beside_it(idsync: Idsync, org: Path) -> None:
    renamed = _regrouped(org, "team-web", "team-frontend")
    assert _reasons(_plan(idsync, org, "--snapshot", renamed)) >= {"group_renamed"}
    _edit(org, "access-lists.yaml", "grants: {roles: [app-user]}", "grants: {roles: [app-user, extra]}")
    plan = _plan(idsync, org, "--snapshot", renamed)
    lists = {change["after"]["spec"]["title"]: change["reason"] for change in plan["changes"] if change["after"]}
    assert lists["Team frontend"] == "group_renamed"
    assert lists["Grafana"] == "grants_changed"


def test_r23_a_changed_grant_beside_a_changed_title_is_your_edit(idsync: Idsync, org: Path) -> None:
    _edit(org, "access-lists.yaml", 'title: "Team $1"', 'title: "Squad $1"')
    _edit(org, "access-lists.yaml", 'grants: {roles: ["team-$1"]}', 'grants: {roles: ["squad-$1"]}')
    plan = _plan(idsync, org)
    assert _origins(plan, "gains") == _origins(plan, "loses") == {"direct"}


@pytest.mark.parametrize("file", ["roles.yaml", "access-lists.yaml"])
def test_r23_what_a_removed_file_takes_is_your_edit_and_its_rules_are_named(
    idsync: Idsync, org: Path, file: str
) -> None:
    (org / file).unlink()
    plan = _plan(idsync, org)
    assert _origins(plan, "loses") == {"direct"}
    text = idsync("plan", "-c", org).out
    assert f"{file}:" in text
    assert "as applied before" in text
    assert "your edit" in text


def test_r23_what_okta_changes_is_not_your_edit_though_the_configuration_changed_too(idsync: Idsync, org: Path) -> None:
    _edit(org, "idsync.yaml", "default_roles: [okta-requester]", "default_roles: [okta-requester, extra]")
    plan = _plan(idsync, org, "--snapshot", org / "snapshot-next.json")
    origins: dict[str, set[str]] = {}
    for delta in plan["access_delta"]:
        for access in (*delta["gains"], *delta["loses"]):
            origins.setdefault(access["name"], set()).add(access.get("origin", "consequential"))
    assert origins.pop("extra") == {"direct"}
    assert set().union(*origins.values()) == {"consequential"}


def test_r23_an_edit_that_moves_lines_and_nothing_else_changes_nothing(idsync: Idsync, org: Path) -> None:
    for file in ("roles.yaml", "access-lists.yaml"):
        (org / file).write_text("# a comment\n\n" + (org / file).read_text())
    assert _plan(idsync, org)["changes"] == []


def _reading(org: Path, id_of: dict[str, str], logins: dict[str, str]) -> Path:
    """The snapshot with other Okta ids, by name, and other names."""
    content = (org / "snapshot.json").read_text()
    snapshot = json.loads(content)
    for person in snapshot["users"]:
        name = person["username"]
        if name in id_of:
            content = content.replace(f'"{person["id"]}"', f'"{id_of[name]}"')
    snapshot = json.loads(content)
    for person in snapshot["users"]:
        person["username"] = logins.get(person["username"], person["username"])
    path = org / "another-reading.json"
    path.write_text(json.dumps(snapshot))
    return path


def _someone(org: Path, department: str) -> str:
    people = json.loads((org / "snapshot.json").read_text())["users"]
    return next(str(each["username"]) for each in people if each["profile"].get("department") == department)


@pytest.mark.parametrize("department", ["Engineering", "Security"])
def test_r23_a_name_that_passes_to_another_person_in_okta_is_not_your_edit(
    idsync: Idsync, org: Path, department: str
) -> None:
    name = _someone(org, department)
    reading = _reading(org, {name: "00uAnother"}, {})
    _edit(org, "roles.yaml", f"value: {department}, roles: [", f"value: {department}, roles: [added, ")
    plan = _plan(idsync, org, "--snapshot", reading)
    (delta,) = (each for each in plan["access_delta"] if each["person"] == name)
    direct = {access["name"] for access in (*delta["gains"], *delta["loses"]) if access.get("origin") == "direct"}
    assert direct == {"added"}
    text = idsync("plan", "-c", org, "--detail", "--snapshot", reading).out
    assert "the name passes to another person, who gets only what stands here with +" in text
    (dev,) = (line for line in text.splitlines() if line.startswith(("  ~ role dev ", "  - role dev ")))
    assert "your edit" not in dev


@pytest.mark.parametrize("department", ["Engineering", "Security"])
def test_r23_what_an_edit_takes_from_somebody_who_is_renamed_is_your_edit(
    idsync: Idsync, org: Path, department: str
) -> None:
    name = _someone(org, department)
    reading = _reading(org, {}, {name: "another.name@enzos-pizza.com"})
    _edit(org, "roles.yaml", f"value: {department}, roles: [dev", f"value: {department}, roles: [other")
    plan = _plan(idsync, org, "--snapshot", reading)
    (delta,) = (each for each in plan["access_delta"] if each["person"] == "another.name@enzos-pizza.com")
    origins = {access["name"]: access.get("origin") for access in delta["loses"]}
    assert origins == {"dev": "direct"}
    text = idsync("plan", "-c", org, "--detail", "--snapshot", reading).out
    told = text[text.index("another.name@enzos-pizza.com  [renamed in Okta") :]
    assert re.match(r".*\n +- role dev  \[roles\.yaml:\d+ \(.*, as applied before\); your edit\]\n", told)


def test_r23_a_list_that_empties_is_not_told_by_the_reason_of_an_edit(idsync: Idsync, org: Path) -> None:
    snapshot = json.loads((org / "snapshot.json").read_text())
    (group,) = (each for each in snapshot["groups"] if each["name"] == "aws-admin")
    group["members"] = []
    path = org / "emptied.json"
    path.write_text(json.dumps(snapshot))
    _edit(org, "roles.yaml", "value: Engineering, roles: [dev]", "value: Engineering, roles: [other]")
    text = idsync("plan", "-c", org, "--detail", "--snapshot", path).out
    (line,) = (line for line in text.splitlines() if line.startswith("  - ") and "list AWS admin (group" in line)
    assert "the list goes: nobody left in it" in line
    assert "role mapping changed" not in line
