"""`idsync cleanup` read as an enemy would: killed anywhere, beside other organizations, and with both directions on."""

import json
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.acceptance.both_ways_world import World, agreed_world
from tests.acceptance.semantics_example import Example, copied, written

OTHERS = {"teleport.dev/origin": "okta", "okta/org": "https://other-pizza.okta.com", "okta/user-id": "00u9"}


@pytest.fixture(scope="module")
def applied(tmp_path_factory: pytest.TempPathFactory) -> Example:
    """The example after its first apply, with apps and groups."""
    example = written(tmp_path_factory.mktemp("example") / "org")
    file = example.folder / "idsync.yaml"
    file.write_text(file.read_text().replace("\nspec:\n", "\nspec:\n  sync: {app_groups: true}\n", 1))
    example.done("apply", "--auto-approve")
    return example


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with agreed_world(tmp_path) as made:
        yield made


def resource(kind: str, version: str, name: str, labels: dict[str, str] | None = None, **spec: Any) -> dict[str, Any]:
    return {"kind": kind, "version": version, "metadata": {"name": name, "labels": labels or {}}, "spec": spec}


def create(example: Example, *resources: dict[str, Any]) -> None:
    example.done("create", "-", stdin=json.dumps(resources).encode())


@pytest.mark.long
def test_killed_at_each_entry_and_run_again_equals_an_unbroken_run(applied: Example, tmp_path: Path) -> None:
    unbroken = copied(applied, tmp_path / "unbroken")
    made = unbroken.done("cleanup", "--auto-approve", "--format", "json").json
    entries = int(made["steps"]) + 2
    assert entries > 20
    for number in sorted({1, 2, entries // 2, entries - 1, entries}):
        for how in ("before", "after"):
            example = copied(applied, tmp_path / f"{how}-{number}")
            before = example.everything()
            process = example.process(how, number, "cleanup", "--auto-approve")
            out, err = process.communicate(timeout=60)
            assert process.returncode == -signal.SIGKILL, out + err
            assert example.everything() in (before, unbroken.everything())
            example.done("cleanup", "--auto-approve")
            assert example.everything() == unbroken.everything()
            assert example.done("history", "--verify", "--format", "json").json["broken_at"] is None
            assert "No changes" in example.done("cleanup").out


def test_what_is_of_others_stays_byte_for_byte(applied: Example, tmp_path: Path) -> None:
    example = copied(applied, tmp_path / "org")
    theirs = [
        resource("user", "v2", "other@other-pizza.com", OTHERS, roles=["okta-requester"]),
        resource("access_list", "v1", "00g9", OTHERS, title="Theirs", owners=[{"name": "other@other-pizza.com"}]),
        resource("lock", "v2", "by-hand", target={"user": "other@other-pizza.com"}, message="by hand"),
        resource("role", "v7", "by-hand", allow={"app_labels": {"env": "prod"}}),
        resource("app", "v3", "0oa9", OTHERS, uri="https://other-pizza.okta.com"),
    ]
    create(example, *theirs)
    addresses = [f"{each['kind']}/{each['metadata']['name']}" for each in theirs]
    before = [example.get(address) for address in addresses]
    told = example.done("cleanup", "--format", "json").json
    assert not {change["address"] for change in told["changes"]} & set(addresses)
    assert "conflict" not in {finding["code"] for finding in told["findings"]}
    example.done("cleanup", "--auto-approve")
    assert [example.get(address) for address in addresses] == before
    left = {each["kind"] for each in example.get("all")} - {"idsync_state", "lock"}
    assert left == {"user", "access_list", "role", "app"}


def test_who_keeps_a_role_that_goes_is_told_what_they_lose(applied: Example, tmp_path: Path) -> None:
    example = copied(applied, tmp_path / "org")
    role = next(each for each in example.get("roles") if each["spec"].get("allow", {}).get("app_labels"))
    name = role["metadata"]["name"]
    create(
        example,
        resource("user", "v2", "visitor", roles=[name]),
        resource("user", "v2", "guest", roles=[]),
        resource("access_list", "v1", "theirs", title="Theirs", owners=[{"name": "visitor"}], grants={"roles": [name]}),
        {**resource("access_list_member", "v1", "guest"), "spec": {"access_list": "theirs", "name": "guest"}},
    )
    told = example.done("cleanup", "--format", "json").json
    losing = {delta["person"]: delta["loses"] for delta in told["access_delta"]}
    for person in ("visitor", "guest"):
        assert [each["kind"] for each in losing[person]] == ["app"]
    assert "visitor" in example.done("cleanup").out


def test_a_lock_without_an_end_gets_one_when_the_account_goes(applied: Example, tmp_path: Path) -> None:
    example = copied(applied, tmp_path / "org")
    user = example.get("users")[0]["metadata"]["name"]
    snapshot = example.folder / "snapshot.json"
    content = json.loads(snapshot.read_text())
    next(each for each in content["users"] if each["username"] == user)["status"] = "SUSPENDED"
    snapshot.write_text(json.dumps(content))
    example.done("apply", "--auto-approve")
    (lock,) = (each for each in example.get("locks") if each["spec"]["target"]["user"] == user)
    assert "expires" not in lock["spec"]
    example.done("cleanup", "--auto-approve")
    (lock,) = (each for each in example.get("locks") if each["spec"]["target"]["user"] == user)
    assert lock["spec"]["expires"]


def test_another_address_of_the_organization_is_told_and_not_taken_for_nothing(
    applied: Example, tmp_path: Path
) -> None:
    example = copied(applied, tmp_path / "org")
    file = example.folder / "idsync.yaml"
    file.write_text(file.read_text().replace("enzos-pizza.okta.com", "enzos.okta.com"))
    ended = example.done("cleanup", "--auto-approve")
    assert "https://enzos-pizza.okta.com" in ended.out + ended.err
    assert "former_org_urls" in ended.out + ended.err
    assert len(example.get("users")) > 30


def test_with_both_directions_okta_is_left_alone_at_once_and_later(world: World) -> None:
    there, assigned = world.there(world.group), world.assigned()
    assert there
    ended = world.place.run("cleanup", "--auto-approve")
    assert ended.code == 0, ended.out + ended.err
    assert world.wrote() == []
    for command in (["plan"], ["apply", "--auto-approve"], ["reconcile"], ["apply", "--auto-approve"]):
        ended = world.place.run(*command)
        assert ended.code == 0, ended.out + ended.err
        assert world.wrote() == []
    assert (world.there(world.group), world.assigned()) == (there, assigned)
    assert world.here(world.group.id) == there
