"""`idsync enroll okta`: from an empty organization to the first applied plan, and again without a change."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from tests.acceptance.enrolling import FILES, World
from tests.okta_simulator import CustomRole, Fail, Fault, LoseAnswer, Organization, RateLimit, Role, Simulator, running

VIEWS = frozenset({"okta.users.read", "okta.groups.read", "okta.apps.read", "okta.iam.read"})


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """An organization with a person and no app, and no folder yet."""
    organization = Organization()
    organization.add_user("hiro@enzos-pizza.com", profile={"department": "Engineering"})
    simulator = Simulator(organization)
    with running(simulator) as url:
        yield World(simulator, url, tmp_path / "access")


def test_r53_from_nothing_to_an_applied_plan_and_only_enroll_writes(world: World) -> None:
    assert world.enroll(approve=False).code == 64
    assert not world.folder.exists()
    assert world.writes == 0
    ended = world.enroll()
    assert ended.code == 0, ended.err
    assert "create  SAML app 'Teleport'" in ended.out
    assert "put one there that can only read" in ended.err
    assert world.writes == 2
    assert set(world.files) == FILES
    connector = yaml.safe_load(world.files["okta.teleport.yaml"])
    assert connector["metadata"]["labels"]["teleport.internal/okta-app-id"] == world.app.id
    assert connector["spec"]["attributes_to_roles"] == [{"name": "groups", "value": "*", "roles": ["okta-requester"]}]
    assert world.app.external_key in connector["spec"]["entity_descriptor"]
    before = world.files
    again = world.enroll()
    assert again.code == 0, again.err
    assert "adopt" in again.out
    assert "nothing was changed" in again.err
    assert world.files == before
    for arguments in (("validate",), ("doctor",), ("plan",), ("apply", "--auto-approve"), ("drift",), ("filters",)):
        world.run(*arguments)
    assert "hiro@enzos-pizza.com" in world.run("get", "users").out
    assert world.writes == 2


@pytest.mark.parametrize("number", [1, 2])
def test_a_lost_answer_makes_no_second_app(world: World, number: int) -> None:
    world.simulator.faults.add(Fault("/api/v1/**", LoseAnswer(), first=number, times=1, writes=True))
    world.enroll()
    ended = world.enroll()
    assert ended.code == 0, ended.err
    assert len(world.app.groups) == 1
    assert set(world.files) == FILES


@pytest.mark.parametrize("number", [1, 2])
@pytest.mark.parametrize("effect", [RateLimit(), Fail(503), Fail(500)])
def test_what_passes_is_waited_for_and_nothing_is_doubled(world: World, number: int, effect: RateLimit | Fail) -> None:
    world.simulator.limits.window_seconds = 1.0
    world.simulator.faults.add(Fault("/api/v1/**", effect, first=number, times=1, writes=True))
    ended = world.enroll()
    assert ended.code == 0, ended.err
    assert len(world.app.groups) == 1
    assert sum(each.served for each in world.simulator.requests.writes) == 2


@pytest.mark.parametrize(
    ("effect", "code", "said"),
    [
        (Fail(403), 4, "Application Administrator"),
        (Fail(400), 7, "--acs-url, --audience or --app-label"),
        (Fail(404, "E0000007"), 7, "E0000007"),
        (Fail(409), 7, "E0000195"),
    ],
)
@pytest.mark.parametrize("number", [1, 2])
def test_a_refused_write_is_told_and_the_next_run_goes_on(
    world: World, number: int, effect: Fail, code: int, said: str
) -> None:
    world.simulator.faults.add(Fault("/api/v1/**", effect, first=number, times=1, writes=True))
    ended = world.enroll()
    assert ended.code == code, ended.err
    assert said in ended.err
    assert "fix:" in ended.err
    assert world.files == {}
    assert len(world.simulator.organization.apps) == number - 1
    assert world.enroll().code == 0
    assert len(world.app.groups) == 1
    assert set(world.files) == FILES


@pytest.mark.parametrize(
    ("role", "said"),
    [
        (Role.READ_ONLY, "Application Administrator"),
        (Role.ORG_ADMIN, "Application Administrator"),
        (Role.GROUP_ADMIN, "Okta does not allow reading apps"),
        (Role.GROUP_MEMBERSHIP_ADMIN, "Okta does not allow reading apps"),
        (Role.NONE, "E0000006"),
    ],
)
def test_a_missing_role_is_named_before_anything_is_made(world: World, role: Role, said: str) -> None:
    world.simulator.authority.add_token(world.simulator.token, role=role)
    ended = world.enroll()
    assert ended.code == 4, ended.err
    assert said in ended.err
    assert world.writes == 0
    assert not world.folder.exists()


@pytest.mark.parametrize(
    ("permissions", "code"),
    [
        (VIEWS, 4),
        (VIEWS | {"okta.apps.manage"}, 4),
        (VIEWS | {"okta.apps.assignment.manage", "okta.groups.appAssignment.manage"}, 4),
        (VIEWS | {"okta.apps.manage", "okta.groups.appAssignment.manage"}, 0),
    ],
)
def test_a_custom_role_is_enough_when_its_permissions_are(world: World, permissions: frozenset[str], code: int) -> None:
    world.simulator.authority.add_token(
        world.simulator.token, custom=CustomRole("cr0access", "Access Engineer", permissions)
    )
    ended = world.enroll()
    assert ended.code == code, ended.err
    assert len(world.simulator.organization.apps) == (0 if code else 1), "nothing half made"
    if code:
        assert "it has: Access Engineer" in ended.err
        assert "Manage applications and Edit groups' application assignments" in ended.err
        assert world.writes == 0


def test_a_custom_role_that_cannot_be_seen_is_learned_at_the_first_write(world: World) -> None:
    hidden = CustomRole("cr0access", "Access Engineer", VIEWS - {"okta.iam.read"})
    world.simulator.authority.add_token(world.simulator.token, custom=hidden)
    ended = world.enroll()
    assert ended.code == 4
    assert "E0000006" in ended.err
    assert "Application Administrator" in ended.err
    assert world.simulator.organization.apps == {}
    assert not world.folder.exists()


@pytest.mark.parametrize("effect", [Fail(404, "E0000008"), Fail(403)])
def test_roles_that_okta_does_not_say_are_learned_at_the_first_write(world: World, effect: Fail) -> None:
    world.simulator.faults.add(Fault("/api/v1/users/*/roles", effect, times=None))
    assert world.enroll().code == 0
    assert len(world.app.groups) == 1


def test_rules_that_are_there_are_kept_and_become_the_connector_s(world: World) -> None:
    world.folder.mkdir()
    rules = "apiVersion: idsync/v1\nkind: RoleMapping\nspec:\n  rules:\n"
    rules += '    - {trait: okta/department, value: "^a|b$", roles: [dev]}\n    - {group: "aws-*", roles: ["aws-$1"]}\n'
    (world.folder / "roles.yaml").write_text(rules)
    assert world.enroll().code == 0
    assert (world.folder / "roles.yaml").read_text() == rules
    connector = yaml.safe_load(world.files["okta.teleport.yaml"])
    assert connector["spec"]["attributes_to_roles"][1:] == [
        {"name": "okta/department", "value": "^(?:^a|b$)$", "roles": ["dev"]},
        {"name": "groups", "value": "aws-*", "roles": ["aws-$1"]},
    ]
    told = {each["name"] for each in world.app.settings["signOn"]["attributeStatements"]}
    assert told == {"groups", "okta/department"}


def test_a_contradiction_is_refused(world: World) -> None:
    assert world.enroll().code == 0
    before, writes = world.files, world.writes
    assert world.enroll(url="https://other.okta.com").code == 64
    assert world.enroll("--audience", "urn:other").code == 64
    assert world.enroll("--app-label", "Other").code == 64
    assert world.enroll("--group", "nobody").code == 64
    ended = world.enroll("--oauth")
    assert (ended.code, "signs in with an API token" in ended.err) == (64, True)
    assert world.files == before
    assert world.writes == writes


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--org-url", "ftp://acme"], "--org-url cannot be used"),
        (["--org-url", "https://acme-admin.okta.com"], "leave out -admin"),
        (["--org-url", "https://acme.okta.com/path"], "--org-url cannot be used"),
        (["--owner", ""], "--owner cannot be used"),
        (["--owner", " ann"], "--owner cannot be used"),
        (["--app-label", ""], "is empty"),
        (["--group", ""], "is empty"),
        (["--app-label", "T" * 101], "more than 100 characters"),
        (["--app-label", "T" * 101, "--oauth"], "more than 100 characters"),
        (["--app-label", "Tele\u202etrop"], "that is not seen"),
        (["--app-label", "Tele\u2066port"], "that is not seen"),
        (["--app-label", "Tele\u200bport"], "that is not seen"),
        (["--app-label", "Tele\x07port"], "cannot be used"),
        (["--app-label", "Tele\nport"], "cannot be used"),
        (["--app-label", "Teleport "], "cannot be used"),
        (["--app-label", "\ud800"], ""),
        (["--audience", "urn:a b"], "--audience cannot be used"),
        (["--audience", "urn:\u202ea"], "--audience cannot be used"),
        (["--audience", "urn:a\n"], "--audience cannot be used"),
        (["--acs-url", "teleport.acme.com"], "--acs-url is not an address"),
        (["--acs-url", "https://teleport.acme.com/a b"], "--acs-url is not an address"),
        (["--acs-url", "https://[::1"], "--acs-url is not an address"),
        (["--acs-url", "http://teleport.acme.com/v1/webapi/saml/acs/okta"], "--acs-url is not an address"),
        (
            ["--acs-url", "https://teleport.acme.com@evil.example/v1/webapi/saml/acs/okta"],
            "--acs-url is not an address",
        ),
        (["--acs-url", "https://evil.example\\@teleport.acme.com/"], "--acs-url is not an address"),
        (["--acs-url", "https://telep\u043ert.acme.com/"], "--acs-url is not an address"),
        (["--acs-url", "https://teleport.acme.com:99999/"], "--acs-url is not an address"),
        (["--acs-url", "https://teleport.acme.com/v1/webapi/saml/acs/okta#x"], "--acs-url is not an address"),
        (["--client-id", "0oa1"], "holds no key"),
    ],
)
def test_an_option_that_cannot_be_used_is_named_and_nothing_is_asked(
    world: World, options: list[str], said: str
) -> None:
    ended = world.enroll(*options)
    assert ended.code == 64, ended.err
    assert said in ended.err
    assert "idsync.yaml" not in ended.err
    assert (world.simulator.requests.entries, world.folder.exists()) == ([], False)


def test_a_label_of_the_configuration_that_no_app_can_have_is_told_before_anything_is_made(world: World) -> None:
    world.folder.mkdir()
    label = "Teleport" * 20
    (world.folder / "integration.yaml").write_text(
        "apiVersion: idsync/v1\nkind: Integration\nmetadata: {name: okta}\n"
        f"spec: {{org_url: '{world.url}', app: {{label: {label}}}, auth: {{api_token: {{env: OKTA_API_TOKEN}}}}}}\n"
    )
    ended = world.enroll()
    assert (ended.code, "more than 100 characters" in ended.err, world.writes) == (64, True, 0), ended.err
    assert set(world.files) == {"integration.yaml"}


@pytest.mark.parametrize("label", ["T" * 100, "Télé\u200cport", "テレポート 🚀", "a, [b]: {c} # 'd' \"e\""])
def test_a_label_in_any_script_is_made_and_found_again(world: World, label: str) -> None:
    assert world.enroll("--app-label", label).code == 0
    assert world.app.label == label
    before, writes = world.files, world.writes
    assert world.enroll("--app-label", label).code == 0
    assert (world.files, world.writes) == (before, writes)


@pytest.mark.parametrize("waits", [False, True], ids=["at first", "while the client id is awaited"])
def test_a_token_that_is_not_set_is_told_without_a_place_in_a_file_that_is_not_there(world: World, waits: bool) -> None:
    if waits:
        assert world.enroll("--oauth").code == 0
    files, writes = world.files, world.writes
    ended = world.enroll(secrets={"OKTA_API_TOKEN": ""})
    assert (ended.code, ended.out) == (3, "")
    assert "OKTA_API_TOKEN is not set" in ended.err
    assert "idsync.yaml" not in ended.err
    assert "Application Administrator" in ended.err
    assert (world.files, world.writes) == (files, writes)


def test_an_address_without_a_scheme_is_taken_for_https(world: World) -> None:
    ended = world.enroll(url="127.0.0.1:1")
    assert ended.code == 7
    assert "https://127.0.0.1:1" in ended.err


@pytest.mark.parametrize("place", ["notes.txt", "notes.txt/access"])
def test_a_folder_that_cannot_be_is_told_before_anything_is_made(world: World, place: str) -> None:
    (world.folder.parent / "notes.txt").write_text("not a folder")
    world.folder = world.folder.parent / place
    ended = world.enroll()
    assert (ended.code, world.writes) == (64, 0), ended.err


@pytest.mark.parametrize("name", ["..", ".hidden", "n" * 300])
def test_a_connector_whose_name_cannot_be_a_file_s_is_named_okta(world: World, name: str) -> None:
    ended = world.enroll("--acs-url", f"https://teleport.enzos-pizza.com/v1/webapi/saml/acs/{name}")
    assert ended.code == 0, ended.err
    assert set(world.files) == FILES


def test_mistakes_in_files_that_are_there_are_told_at_their_lines(world: World) -> None:
    world.folder.mkdir()
    (world.folder / "roles.yaml").write_text("apiVersion: idsync/v1\nkind: RoleMapping\nspec: {rulez: []}\n")
    ended = world.enroll()
    assert ended.code == 3
    assert "roles.yaml:3" in ended.err
    assert "owners" not in ended.err
    assert world.writes == 0
