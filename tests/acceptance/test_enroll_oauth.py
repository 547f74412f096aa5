"""`idsync enroll okta --oauth`: a key of idsync's own, what to register for it, and no secret anywhere else."""

import json
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.acceptance.enrolling import FILES, World
from tests.acceptance.programs import TOKEN, Ended
from tests.acceptance.programs import command as run_inside
from tests.okta_simulator import Organization, Role, Simulator, running

READS = ("okta.users.read", "okta.groups.read", "okta.apps.read")
CLIENT = "0oaidsync"
NO_TOKEN: dict[str, str] = {}


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """An organization with a person and no app, and no folder yet."""
    organization = Organization()
    organization.add_user("hiro@enzos-pizza.com", profile={"department": "Engineering"})
    with running(simulator := Simulator(organization)) as url:
        yield World(simulator, url, tmp_path / "access")


def shown_key(ended: Ended) -> dict[str, Any]:
    """The public half that is to be pasted into Okta."""
    (line,) = (line for line in ended.out.splitlines() if line.strip().startswith("{"))
    found: dict[str, Any] = json.loads(line)
    return found


def register(
    world: World, ended: Ended, *, scopes: tuple[str, ...] = READS, role: Role = Role.READ_ONLY, dpop: bool = True
) -> None:
    """Do in Okta what was shown."""
    world.simulator.authority.add_client(CLIENT, [shown_key(ended)], scopes=scopes, role=role, dpop=dpop)


@pytest.mark.parametrize("dpop", [True, False])
def test_from_nothing_to_an_applied_plan_by_a_key_alone(world: World, dpop: bool) -> None:
    first = world.enroll("--oauth", secrets=NO_TOKEN)
    assert (first.code, world.writes) == (64, 0)
    assert "--client-id" in first.err
    assert {"okta.users.read", "okta.groups.read", "okta.apps.read"} <= set(first.out.replace(",", " ").split())
    assert "manage" not in first.out, "exactly the scopes that are needed"
    assert "View users and their details" in first.out
    (key,) = world.folder.glob("keys/*.pem")
    assert (stat.S_IMODE(key.stat().st_mode), shown_key(first)["kid"]) == (0o600, key.stem)
    register(world, first, dpop=dpop)
    ended = world.enroll("--oauth", "--client-id", CLIENT)
    assert ended.code == 0, ended.err
    assert f"signs in with the key of the app {CLIENT}" in ended.out
    assert "revoke the token" in ended.err
    assert set(world.files) == FILES | {f"keys/{key.name}", "keys/.gitignore"}
    auth = yaml.safe_load(world.files["idsync.yaml"])["spec"]["auth"]
    assert auth == {"oauth": {"client_id": CLIENT, "private_key": {"folder": "keys"}}}
    for arguments in (("validate", "--secrets"), ("doctor",), ("plan",), ("apply", "--auto-approve")):
        world.run(*arguments, secrets=NO_TOKEN)
    assert "hiro@enzos-pizza.com" in world.run("get", "users", secrets=NO_TOKEN).out
    before, writes = world.files, world.writes
    for again in (world.enroll("--oauth", secrets=NO_TOKEN), world.enroll("--oauth", "--client-id", CLIENT)):
        assert again.code == 0, again.err
        assert "nothing was changed" in again.err
    assert (world.files, world.writes) == (before, writes)


def test_with_a_token_all_is_made_and_the_configuration_waits_for_the_client_id(world: World) -> None:
    first = world.enroll("--oauth")
    assert first.code == 0, first.err
    assert "Public key / Private key" in first.out
    assert "signs in with the key, once the client id is known" in first.out
    assert "--client-id ID" in first.err
    assert len(world.app.groups) == 1
    before = world.files
    assert set(before) > FILES
    assert b'oauth: {client_id: "0oa...", private_key: {folder: keys}}' in before["idsync.yaml"]
    refused = run_inside("plan", "-c", world.folder, more=TOKEN)
    assert refused.code == 3
    assert "idsync.yaml:9" in refused.err
    assert "run it again with --client-id ID" in refused.err
    again = world.enroll("--oauth")
    assert again.code == 0, again.err
    assert shown_key(again) == shown_key(first)
    assert "The client id is still missing" in again.err
    assert (world.files, world.writes) == (before, 2)
    register(world, first)
    ended = world.enroll("--oauth", "--client-id", CLIENT)
    assert ended.code == 0, ended.err
    assert f"update  configuration, idsync.yaml: it signs in with the key of the app {CLIENT}" in ended.out
    after = world.files
    assert after.pop("idsync.yaml") == before.pop("idsync.yaml").replace(b"0oa...", CLIENT.encode())
    assert (after, world.writes) == (before, 2)
    for arguments in (("doctor",), ("apply", "--auto-approve"), ("validate", "--secrets")):
        world.run(*arguments, secrets=NO_TOKEN)
    assert "nothing was changed" in world.enroll("--oauth", secrets=NO_TOKEN).err


def test_a_client_id_that_does_not_work_is_not_filled_in(world: World) -> None:
    assert world.enroll("--oauth").code == 0
    before = world.files
    ended = world.enroll("--oauth", "--client-id", "0oastranger")
    assert (ended.code, "0oastranger" in ended.err) == (4, True)
    assert world.files == before


def test_no_secret_is_shown_or_written_beside_the_key(world: World) -> None:
    first = world.enroll("--oauth", secrets=NO_TOKEN)
    register(world, first)
    second = world.enroll("--oauth", "--client-id", CLIENT)
    third = world.enroll("--oauth", secrets=NO_TOKEN)
    (key,) = world.folder.glob("keys/*.pem")
    lines = [line for line in key.read_text().splitlines() if len(line) > 40 and "-----" not in line]
    assert len(lines) > 10
    others = b"".join(content for name, content in world.files.items() if not name.endswith(".pem")).decode()
    for text in (first.out, first.err, second.out, second.err, third.out, third.err, others):
        assert not [line for line in lines if line in text]
        assert TOKEN["OKTA_API_TOKEN"] not in text
    assert not set(shown_key(first)) & {"d", "p", "q", "dp", "dq", "qi"}


def test_a_second_run_before_the_registration_keeps_the_key(world: World) -> None:
    first, second = (world.enroll("--oauth", secrets=NO_TOKEN) for _ in range(2))
    assert shown_key(first) == shown_key(second)
    assert "create  private key" in first.out
    assert "keep    private key" in second.out
    assert first.code == second.code == 64
    assert "is in OKTA_API_TOKEN" in first.err


def test_nothing_is_made_without_consent(world: World) -> None:
    assert world.enroll("--oauth", approve=False).code == 64
    assert not world.folder.exists()
    ended = world.enroll("--oauth", "--client-id", CLIENT)
    assert (ended.code, "holds no key" in ended.err) == (64, True)
    assert not world.folder.exists()


@pytest.mark.parametrize("scope", READS)
def test_a_scope_that_was_not_granted_is_named_before_anything_is_made(world: World, scope: str) -> None:
    register(world, world.enroll("--oauth", secrets=NO_TOKEN), scopes=tuple(each for each in READS if each != scope))
    ended = world.enroll("--oauth", "--client-id", CLIENT)
    assert ended.code == 4
    assert scope in ended.err
    assert world.writes == 0
    assert "idsync.yaml" not in world.files


def test_without_a_token_the_app_itself_may_make_what_is_missing(world: World) -> None:
    first = world.enroll("--oauth", secrets=NO_TOKEN)
    register(world, first)
    refused = world.enroll("--oauth", "--client-id", CLIENT, secrets=NO_TOKEN)
    assert refused.code == 4
    assert "okta.apps.manage" in refused.err
    assert world.writes == 0
    register(world, first, scopes=(*READS, "okta.apps.manage", "okta.roles.read"))
    refused = world.enroll("--oauth", "--client-id", CLIENT, secrets=NO_TOKEN)
    assert refused.code == 4
    assert "READ_ONLY_ADMIN" in refused.err
    assert "OKTA_API_TOKEN" in refused.err
    assert world.writes == 0
    register(world, first, scopes=(*READS, "okta.apps.manage"), role=Role.APP_ADMIN)
    ended = world.enroll("--oauth", "--client-id", CLIENT, secrets=NO_TOKEN)
    assert ended.code == 0, ended.err
    assert "take okta.apps.manage" in ended.err
    assert "OKTA_API_TOKEN" not in ended.err
    assert len(world.app.groups) == 1


def test_a_client_that_is_not_the_one_for_the_key_is_told(world: World) -> None:
    world.enroll("--oauth", secrets=NO_TOKEN)
    ended = world.enroll("--oauth", "--client-id", "0oastranger")
    assert ended.code == 4
    assert "0oastranger" in ended.err
    assert world.writes == 0
    assert "idsync.yaml" not in world.files
