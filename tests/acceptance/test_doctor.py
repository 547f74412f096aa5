"""`idsync doctor`: each planted fault is found by name, with its remedy; in a healthy set-up nothing is found."""

import os
import re
import socket
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from unittest import mock

import pytest

from idsync.bootstrap.workspace import open_workspace
from idsync.doctor.okta_access import okta_checks
from idsync.okta import request
from tests.acceptance.okta_world import Place, afresh, served
from tests.okta_simulator import (
    CustomRole,
    Empty,
    Fail,
    Fault,
    HtmlPage,
    Limits,
    LoseLinks,
    Organization,
    Role,
    Simulator,
)
from tests.sources.okta.private_keys import CURVES, RSA, pem

SCOPES = ("okta.users.read", "okta.groups.read", "okta.apps.read", "okta.logs.read", "okta.roles.read")
OAUTH = "{oauth: {client_id: 0oaclient, private_key: {file: okta.pem}}}"
ALL_PUSHES = {
    "PUSH_NEW_USERS": "Create Users",
    "PUSH_PROFILE_UPDATES": "Update User Attributes",
    "PUSH_USER_DEACTIVATION": "Deactivate Users",
}
PUSHES = """
---
apiVersion: idsync/v1
kind: Service
spec: {public_url: "%s"}
"""
NAMED_SECRETS = """
---
apiVersion: idsync/v1
kind: Service
spec: {status: {tokens: [{name: desk, token: {env: DESK_TOKEN}}]}}
"""


@pytest.fixture(scope="module")
def applied(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Simulator, Place]]:
    """A few people and lists, applied."""
    organization = Organization.generate(4, users=12, groups=3, apps=1, members_per_group=5)
    with served(organization, tmp_path_factory.mktemp("applied")) as (simulator, place):
        place.apply()
        yield simulator, place


@pytest.fixture
def world(applied: tuple[Simulator, Place], tmp_path: Path) -> tuple[Simulator, Place]:
    """The same people in a folder of this test's own, with nothing amiss yet."""
    return afresh(applied, tmp_path)


def examined(place: Place, code: int) -> dict[str, tuple[str, str]]:
    """Verdict and message of each part, once the command ended as it should."""
    ended = place.run("doctor", "--format", "json")
    assert ended.code == code, ended.out + ended.err
    rows: list[dict[str, str]] = ended.json
    assert all(set(row) == {"check", "verdict", "message"} for row in rows)
    return {row["check"]: (row["verdict"], row["message"]) for row in rows}


def found(place: Place, code: int) -> dict[str, str]:
    """The messages of what is not well."""
    return {check: message for check, (verdict, message) in examined(place, code).items() if verdict != "ok"}


def as_client(
    simulator: Simulator,
    place: Place,
    scopes: tuple[str, ...] = SCOPES,
    *,
    role: Role = Role.SUPER_ADMIN,
) -> None:
    """Sign in as an API Services app."""
    simulator.authority.add_client("0oaclient", [RSA.as_dict(private=False)], scopes=scopes, role=role, dpop=True)
    key = place.folder / "okta.pem"
    key.write_text(pem(RSA))
    key.chmod(0o600)
    place.configure(auth=OAUTH)


def test_a_healthy_set_up_has_nothing_to_be_found(world: tuple[Simulator, Place]) -> None:
    simulator, place = world
    before = len(simulator.requests.entries)
    checks = examined(place, 0)
    assert {verdict for verdict, _ in checks.values()} == {"ok"}
    assert len(checks) >= 12
    asked = simulator.requests.entries[before:]
    assert {request.method for request in asked} == {"GET"}
    assert len(asked) <= 10
    as_client(simulator, place)
    checks = examined(place, 0)
    assert {verdict for verdict, _ in checks.values()} == {"ok"}
    assert "proves" in checks["DPoP"][1]
    assert place.run("doctor").out.startswith(f"{len(checks)} parts tried: all work.\n")


def revoke(simulator: Simulator, _: Place) -> None:
    simulator.authority.revoke_token(simulator.token)


def demote(role: Role) -> Callable[[Simulator, Place], None]:
    def inject(simulator: Simulator, _: Place) -> None:
        simulator.authority.add_token(simulator.token, role=role)

    return inject


def without(scope: str) -> Callable[[Simulator, Place], None]:
    def inject(simulator: Simulator, place: Place) -> None:
        as_client(simulator, place, tuple(each for each in SCOPES if each != scope))

    return inject


def another_key(simulator: Simulator, place: Place) -> None:
    as_client(simulator, place)
    (place.folder / "okta.pem").write_text(pem(CURVES["P-256"]))


def no_secret(_: Simulator, place: Place) -> None:
    place.configure(auth="{api_token: {env: NOWHERE}}")


def another_app(_: Simulator, place: Place) -> None:
    place.configure(app="{label: Teleprot}")


def fault(path: str, effect: object) -> Callable[[Simulator, Place], None]:
    def inject(simulator: Simulator, _: Place) -> None:
        simulator.faults.add(Fault(path, effect, times=None))  # type: ignore[arg-type]

    return inject


def nowhere(_: Simulator, place: Place) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        place.configure(url=f"http://127.0.0.1:{free.getsockname()[1]}")


def unusable_proxy(_: Simulator, place: Place) -> None:
    place.more = {**place.more, "HTTPS_PROXY": "socks5://127.0.0.1:1", "HTTP_PROXY": "socks5://127.0.0.1:1"}
    place.configure(url="https://enzos-pizza.okta.com")


def untrusted(_: Simulator, place: Place) -> None:
    (place.folder / "authorities.pem").write_text("nothing\n")
    place.more = {**place.more, "SSL_CERT_FILE": str(place.folder / "authorities.pem")}
    place.configure(url="https://enzos-pizza.okta.com")


def damage_journal(_: Simulator, place: Place) -> None:
    with sqlite3.connect(place.folder / "idsync.db") as database:
        for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            database.execute(f"DROP TRIGGER {name}")
        changed = database.execute(
            "UPDATE journal SET entries = CAST(entries || X'20' AS BLOB) WHERE event = 'run_started'"
        )
        assert changed.rowcount == 1


def another_address(_: Simulator, place: Place) -> None:
    place.configure(url=place.url.replace("127.0.0.1", "localhost"))


def no_store(_: Simulator, place: Place) -> None:
    (place.folder / "idsync.db").write_bytes(b"not a database, but long enough to look like a file of one" * 40)


@pytest.mark.parametrize(
    ("plant", "code", "check", "said"),
    [
        (revoke, 4, "credential", "E0000011"),
        (no_secret, 4, "credential", "NOWHERE"),
        (another_key, 4, "credential", "invalid_client"),
        (without("okta.users.read"), 4, "scope okta.users.read", "okta.users.read"),
        (without("okta.groups.read"), 4, "scope okta.groups.read", "Okta API Scopes"),
        (without("okta.apps.read"), 4, "scope okta.apps.read", "okta.apps.read"),
        (without("okta.logs.read"), 0, "System Log", "listings"),
        (demote(Role.NONE), 4, "role for groups", "E0000006"),
        (fault("/api/v1/groups", Empty()), 4, "role for groups", "empty list"),
        (fault("/api/v1/users", Empty()), 4, "role for users", "empty list"),
        (fault("/api/v1/apps/*/users", Empty()), 4, "people of the app", "resource set"),
        (demote(Role.GROUP_ADMIN), 4, "role for apps", "okta.apps.read"),
        (fault("/api/v1/apps/*/users", Fail(403)), 4, "people of the app", "E0000006"),
        (fault("/api/v1/users", LoseLinks()), 7, "role for users", "proxy"),
        (another_app, 7, "app", "Teleprot"),
        (nowhere, 7, "connection", "does not accept a connection"),
        (fault("/**", HtmlPage()), 7, "connection", "web page"),
        (unusable_proxy, 7, "connection", "proxy"),
        (untrusted, 7, "connection", "SSL_CERT_FILE"),
        (damage_journal, 7, "journal", "not as it was written"),
        (no_store, 7, "store", "idsync.db"),
        (another_address, 7, "target local", "former_org_urls"),
    ],
)
def test_a_planted_fault_is_found_by_name(
    plant: Callable[[Simulator, Place], None], code: int, check: str, said: str, world: tuple[Simulator, Place]
) -> None:
    plant(*world)
    amiss = found(world[1], code)
    assert check in amiss
    assert said in amiss[check]
    assert len(amiss[check]) > 60, "it says what to do"
    assert ".." not in amiss[check]
    assert amiss[check].endswith((".", ")"))


@pytest.mark.parametrize(
    ("scopes", "role", "check", "said"),
    [
        ((*SCOPES, "okta.groups.manage"), Role.SUPER_ADMIN, "scope okta.apps.manage", "okta.apps.manage"),
        ((*SCOPES, "okta.groups.manage", "okta.apps.manage"), Role.READ_ONLY, "role for writing", "READ_ONLY_ADMIN"),
        (("okta.users.read", "okta.groups.manage", "okta.apps.manage"), Role.READ_ONLY, "role for writing", "first"),
    ],
)
def test_r53_what_writing_needs_is_tried_without_writing(
    scopes: tuple[str, ...], role: Role, check: str, said: str, world: tuple[Simulator, Place]
) -> None:
    simulator, place = world
    as_client(simulator, place, scopes, role=role)
    before = len(simulator.requests.entries)
    workspace = open_workspace(place.folder)
    with workspace.okta.probe() as probe:
        checks = list(okta_checks(probe, needs=frozenset(), pulls_log=False, writes=True, pushes=False))
    amiss = {each.check: each.message for each in checks if each.verdict != "ok"}
    of_groups = {"group rules": "okta.groups.read" not in scopes, "roles of groups": role is not Role.SUPER_ADMIN}
    assert set(amiss) == {check, *(each for each, lacks in of_groups.items() if lacks)}
    assert said in amiss[check]
    asked = {(each.method, each.path) for each in simulator.requests.entries[before:]}
    assert {path for method, path in asked if method != "GET"} == {"/oauth2/v1/token"}


@pytest.mark.parametrize(
    ("path", "check", "verdict", "said"),
    [
        ("/api/v1/groups/rules", "group rules", "error", "okta.groups.read"),
        ("/api/v1/groups/*/roles", "roles of groups", "warning", "put back"),
        ("/api/v1/groups/*/roles", "roles of groups", "warning", "Super Administrator"),
    ],
)
def test_r50_what_is_asked_about_groups_before_one_is_written_is_tried(
    path: str, check: str, verdict: str, said: str, world: tuple[Simulator, Place]
) -> None:
    simulator, place = world
    simulator.faults.add(Fault(path, Fail(403), times=None))
    with mock.patch.dict(os.environ, place.more), open_workspace(place.folder).okta.probe() as probe:
        checks = okta_checks(probe, needs=frozenset(), pulls_log=False, writes=True, pushes=False)
        amiss = [each for each in checks if each.verdict != "ok"]
    assert [(each.check, each.verdict, each.of_access) for each in amiss] == [(check, verdict, True)]
    assert said in amiss[0].message


@pytest.mark.parametrize(
    ("permissions", "verdict", "said"),
    [
        ({"okta.iam.read", "okta.groups.members.manage", "okta.apps.assignment.manage"}, "ok", "Access Engineer"),
        ({"okta.iam.read", "okta.groups.manage", "okta.apps.manage"}, "ok", "Access Engineer"),
        ({"okta.iam.read", "okta.groups.members.manage"}, "error", "Manage group membership"),
        ({"okta.iam.read"}, "error", "it has: Access Engineer"),
        ({"okta.groups.members.manage", "okta.apps.assignment.manage"}, "warning", "cannot be seen (Access Engineer)"),
    ],
)
def test_r53_permissions_of_a_custom_role_are_told_from_each_other(
    permissions: set[str], verdict: str, said: str, world: tuple[Simulator, Place]
) -> None:
    simulator, place = world
    views = {"okta.users.read", "okta.groups.read", "okta.apps.read"}
    custom = CustomRole("cr0access", "Access Engineer", frozenset(permissions | views))
    simulator.authority.add_token(simulator.token, custom=custom)
    with mock.patch.dict(os.environ, place.more), open_workspace(place.folder).okta.probe() as probe:
        checks = okta_checks(probe, needs=frozenset(), pulls_log=False, writes=True, pushes=False)
        (told,) = (each for each in checks if each.check == "role for writing")
    assert (told.verdict, said in told.message) == (verdict, True), told.message


def test_each_check_stands_in_the_document(world: tuple[Simulator, Place]) -> None:
    text = (Path(__file__).parents[2] / "docs" / "diagnostics.md").read_text().split("## Checks of doctor")[1]
    rows = [line.split("|")[1] for line in text.splitlines() if line.startswith("| `")]
    documented = {name for row in rows for name in re.findall(r"`([^`]+)`", row)}
    as_client(*world)
    for check in examined(world[1], 0):
        assert any(
            check == name or check.startswith(name.removesuffix("…") if "…" in name else "\n") for name in documented
        )


def test_a_clock_that_is_off_is_told(tmp_path: Path) -> None:
    for apart, code in ((600, 0), (-600, 0), (3 * 86_400, 7)):
        organization = Organization(clock=lambda apart=apart: time.time() + apart)  # type: ignore[misc]
        organization.assign_user(organization.add_app("Teleport"), organization.add_user("a@enzos-pizza.com"))
        with served(organization, tmp_path) as (_, place):
            told = found(place, code)["clock"]
            assert ("behind" if apart > 0 else "ahead of") in told
            assert "NTP" in told


def test_a_bucket_that_others_empty_is_told(tmp_path: Path) -> None:
    organization = Organization.generate(4, users=3, groups=1)
    limits = Limits(organization.clock, organization.switches, overrides={"apps": 10})
    with served(organization, tmp_path, limits=limits) as (simulator, place):
        for _ in range(8):
            limits.charge("apps", "somebody else", 1.0)
        told = found(place, 0)
        assert "apps" in told["rate limits"]
        assert simulator.requests.by_status[429] == 0


def test_pushes_need_a_token_an_app_that_pushes_and_an_address(world: tuple[Simulator, Place]) -> None:
    simulator, place = world
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"https://127.0.0.1:{free.getsockname()[1]}"
        place.configure(more=PUSHES % address)
        file = place.folder / "idsync.yaml"
        file.write_text(file.read_text().replace("  rate_limit_share", "  sync: {scim: true}\n  rate_limit_share"))
        told = found(place, 7)
    assert set(told) == {"scim app", "scim token", "scim address"}
    assert "same app" in told["scim app"]
    assert "idsync scim token create" in told["scim token"]
    assert address in told["scim address"]
    app: Any = simulator.organization.sso_app
    before, app.features = app.features, (*ALL_PUSHES, "GROUP_PUSH")
    try:
        assert place.run("scim", "token", "create").code == 0
        told = found(place, 7)
        assert set(told) == {"scim address", "scim token"}
        assert "Each push is refused (403)" in told["scim token"]
        place.apply()
        assert set(found(place, 7)) == {"scim address"}
        for feature, named in ALL_PUSHES.items():
            app.features = tuple(each for each in ALL_PUSHES if each != feature)
            assert named in found(place, 7)["scim app"]
        app.features = ("PUSH_NEW_USERS",)
        assert "Update User Attributes and Deactivate Users are off" in found(place, 7)["scim app"]
        app.features = (*ALL_PUSHES, "PUSH_PASSWORD_UPDATES")
        assert "Sync Password is on" in found(place, 7)["scim app"]
    finally:
        app.features = before


def test_faults_are_told_first_and_the_worst_decides(world: tuple[Simulator, Place]) -> None:
    simulator, place = world
    as_client(simulator, place, ("okta.users.read", "okta.groups.read", "okta.apps.read"))
    damage_journal(simulator, place)
    lines = place.run("doctor").out.splitlines()
    assert lines[1].split()[:2] == ["ERROR", "journal"]
    assert lines[2].split()[:3] == ["warning", "System", "Log"]
    without("okta.users.read")(simulator, place)
    assert place.run("doctor").code == 4


def test_a_server_that_stays_silent_is_told_soon_and_asked_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(request, "BRIEF_ANSWER", 0.3)
    asked: list[str] = []

    class Silent(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            time.sleep(1.5)

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Silent) as server:
        serving = threading.Thread(target=server.serve_forever, daemon=True)
        serving.start()
        place = Place(tmp_path, f"http://127.0.0.1:{server.server_address[1]}", "0oateleport")
        place.configure()
        told = found(place, 7)
        server.shutdown()
        serving.join()
    assert "did not answer" in told["connection"]
    assert len(asked) == len(set(asked))


def test_secrets_of_the_service_are_tried(world: tuple[Simulator, Place], monkeypatch: pytest.MonkeyPatch) -> None:
    _, place = world
    place.configure(more=NAMED_SECRETS)
    told = found(place, 7)
    assert set(told) == {"service secret"}
    assert "DESK_TOKEN" in told["service secret"]
    monkeypatch.setenv("DESK_TOKEN", "a-token-of-at-least-thirty-two-characters")
    assert found(place, 0) == {}
