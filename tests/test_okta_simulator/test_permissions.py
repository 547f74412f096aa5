"""What each write needs: its scope, of which the refusal tells, and one of its admin roles."""

import re
from collections.abc import Iterator

import httpx
import pytest

from tests.okta_simulator import NEEDS, WRITES, CustomRole, ManualClock, Organization, Role, Simulator, Switches
from tests.okta_simulator.calls import ROUTES
from tests.test_okta_simulator.oauth import EC, NOW, Client
from tests.test_okta_simulator.reader import Reader, code, reading


class World:
    """An organization with one object of each kind, and a service app that was granted all scopes."""

    def __init__(self, reader: Reader) -> None:
        self.reader = reader
        organization = reader.simulator.organization
        user, group, app = (
            organization.add_user("hiro@enzos-pizza.com"),
            organization.add_group("eng"),
            organization.add_app("Teleport"),
        )
        rule = organization.add_rule("delivery", 'user.department == "Delivery"', [group])
        self.ids = {
            "user": user.id,
            "group": group.id,
            "app": app.id,
            "rule": rule.id,
            "move": "suspend",
            "client": "0oaclient",
            "role": "gra1missing",
            "hook": "who1missing",
        }
        scopes = sorted({need.scope for need in NEEDS.values() if need.scope is not None})
        reader.simulator.authority.add_client("0oaAll", [EC.as_dict(private=False)], scopes=scopes)
        self.scopes = scopes

    def call(self, endpoint: str, authorization: str) -> httpx.Response:
        """A call with an empty body, for which the permission is looked at and often nothing more."""
        method, template = endpoint.split(" ")
        path = re.sub(r"\{(\w+)\}", lambda found: self.ids[found[1]], template)
        body = b"" if method in ("GET", "DELETE") else b"{}"
        headers = {"authorization": authorization, "content-type": "application/json"}
        return self.reader.stranger.request(method, path, content=body, headers=headers)

    def bearer(self, scopes: list[str]) -> str:
        token = Client(self.reader, EC, "0oaAll").ask(scope=" ".join(scopes)).json()["access_token"]
        return f"Bearer {token}"


@pytest.fixture
def switches() -> Switches:
    return Switches()


@pytest.fixture
def world(switches: Switches) -> Iterator[World]:
    with reading(Simulator(Organization(switches=switches, clock=ManualClock(NOW)))) as reader:
        yield World(reader)


def test_the_table_holds_every_endpoint_and_nothing_else() -> None:
    assert sorted(NEEDS) == sorted(f"{route.method} {route.template}" for route in ROUTES)
    assert all(need.scope is not None and need.scope.endswith(".manage") for need in WRITES.values())
    assert all(Role.SUPER_ADMIN in need.roles for need in NEEDS.values() if need.scope is not None)
    assert not any(Role.READ_ONLY in need.roles for need in WRITES.values())


@pytest.mark.parametrize("endpoint", [name for name, need in NEEDS.items() if need.scope is not None])
def test_a_token_without_the_scope_is_refused_and_told_which_is_missing(world: World, endpoint: str) -> None:
    needed = NEEDS[endpoint].scope
    holders = {needed, (needed or "").replace(".read", ".manage")}
    refused = world.call(endpoint, world.bearer([scope for scope in world.scopes if scope not in holders]))
    assert code(refused) == (403, "E0000006")
    assert f'scope="{needed}", error="insufficient_scope"' in refused.headers["www-authenticate"]
    also = ["okta.groups.read"] if endpoint.endswith("/group-push/mappings") else []
    granted = world.call(endpoint, world.bearer([str(needed), *also]))
    assert "www-authenticate" not in granted.headers
    assert granted.status_code < 300 or code(granted) != (403, "E0000006")


@pytest.mark.parametrize("switches", [Switches(scope_refusal="empty")])
def test_the_refusal_of_a_missing_scope_can_come_without_a_body(world: World) -> None:
    refused = world.call("POST /api/v1/groups", world.bearer(["okta.groups.read"]))
    assert (refused.status_code, refused.content) == (403, b"")
    assert 'scope="okta.groups.manage"' in refused.headers["www-authenticate"]
    world.reader.simulator.authority.add_token("reads", role=Role.READ_ONLY)
    assert code(world.call("POST /api/v1/groups", "SSWS reads")) == (403, "E0000006")


@pytest.mark.parametrize("role", list(Role))
def test_a_role_may_do_what_the_table_says(world: World, role: Role) -> None:
    world.reader.simulator.authority.add_token("role", role=role)
    # Deletions come last: they take the objects of the other calls away.
    for endpoint, need in sorted(WRITES.items(), key=lambda row: row[0].startswith("DELETE")):
        response = world.call(endpoint, "SSWS role")
        refused = response.status_code == 403 and code(response) == (403, "E0000006")
        assert refused is (role not in need.roles), endpoint
        assert "www-authenticate" not in response.headers


@pytest.mark.parametrize("role", [Role.GROUP_ADMIN, Role.GROUP_MEMBERSHIP_ADMIN])
def test_who_administers_groups_sees_all_but_everyone(world: World, role: Role) -> None:
    world.reader.simulator.authority.add_token("groups", role=role)
    world.reader.client.headers["authorization"] = "SSWS groups"
    assert world.reader.ids("/api/v1/groups") == [world.ids["group"]]


@pytest.mark.parametrize("endpoint", [name for name, need in NEEDS.items() if need.scope is not None])
def test_a_custom_role_may_do_what_its_permissions_allow_and_nothing_else(world: World, endpoint: str) -> None:
    needed = NEEDS[endpoint].permissions
    authority = world.reader.simulator.authority
    world.ids["role"] = "cr0enough"
    every = frozenset(permission for each in needed or () for permission in each) | {"okta.apps.read"}
    authority.add_token("enough", custom=CustomRole("cr0enough", "Enough", every))
    authority.add_token("little", custom=CustomRole("cr0little", "Little", frozenset({"okta.logs.read"})))
    refused = world.call(endpoint, "SSWS little")
    assert (code(refused) == (403, "E0000006") if refused.status_code == 403 else False) is (needed != ())
    allowed = world.call(endpoint, "SSWS enough")
    assert (allowed.status_code == 403 and code(allowed) == (403, "E0000006")) is (needed is None)
