"""Okta's own Python SDK, which knows nothing of the simulator, must be able to read it."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from tests.okta_simulator import Organization, Simulator
from tests.test_okta_simulator.sdk import KEY, adapt, converse, every, service_app

pytestmark = pytest.mark.long

SCOPES = ["okta.users.read", "okta.groups.read", "okta.apps.read", "okta.logs.read"]


@pytest.fixture(autouse=True)
def _adapt_the_sdk(monkeypatch: pytest.MonkeyPatch) -> None:
    adapt(monkeypatch)


@pytest.fixture
def simulator() -> Simulator:
    simulator = Simulator(Organization.generate(3, users=450, groups=30, apps=25))
    public = [KEY.as_dict(private=False)]
    simulator.authority.add_client("0oaBearer", public, scopes=SCOPES)
    simulator.authority.add_client("0oaProof", public, scopes=SCOPES, dpop=True)
    return simulator


def configuration(simulator: Simulator, way: str) -> dict[str, Any]:
    if way == "SSWS":
        return {"token": simulator.token}
    return service_app("0oaProof" if way == "DPoP" else "0oaBearer", SCOPES, dpop=way == "DPoP")


def read(simulator: Simulator, way: str, work: Callable[[Any], Awaitable[None]]) -> None:
    converse(simulator, configuration(simulator, way), work)


@pytest.mark.parametrize("way", ["SSWS", "Bearer", "DPoP"])
def test_the_official_sdk_reads_the_whole_organization(simulator: Simulator, way: str) -> None:
    organization = simulator.organization
    app = organization.sso_app
    group = max(organization.groups.values(), key=lambda group: len(group.members))

    async def work(client: Any) -> None:
        users = await every(client.list_users, limit=200)
        living = [user for user in organization.users.values() if user.status != "DEPROVISIONED"]
        assert [(user.id, user.status.value) for user in users] == [(user.id, user.status) for user in living]
        groups = await every(client.list_groups, limit=20)
        assert [group.id for group in groups] == organization.group_ids
        members = await every(lambda **query: client.list_group_users(group.id, **query), limit=7)
        assert [user.id for user in members] == sorted(group.members)
        apps = await every(client.list_applications, limit=20)
        assert sorted(app.label for app in apps) == sorted(app.label for app in organization.apps.values())
        rows = await every(lambda **query: client.list_application_users(app.id, expand="user", **query), limit=100)
        assert [row.id for row in rows] == organization.assigned_ids(app)
        assert all(row.embedded["user"]["profile"]["login"] == row.credentials.user_name for row in rows)
        assigned = await every(lambda **query: client.list_application_group_assignments(app.id, **query), limit=20)
        assert [row.id for row in assigned] == [organization.everyone.id]

    read(simulator, way, work)
    assert simulator.requests.by_route["GET /api/v1/users"] == 3
    outcomes = [entry.status for entry in simulator.requests.entries]
    # One token for all; with proofs the first call for it only brings the nonce.
    tokens = {"SSWS": [], "Bearer": [200], "DPoP": [400, 200]}[way]
    assert outcomes == tokens + [200] * (len(outcomes) - len(tokens))


def test_the_sdk_reads_the_log_and_writes_what_the_organization_then_holds(simulator: Simulator) -> None:
    organization = simulator.organization

    async def work(client: Any) -> None:
        user = next(user for user in organization.users.values() if user.status == "ACTIVE")
        group = organization.add_group("added by hand")
        _, _, error = await client.assign_user_to_group(group.id, user.id)
        assert error is None
        _, _, error = await client.suspend_user(user.id)
        assert error is None
        assert user.status == "SUSPENDED"
        assert user.id in group.members
        events, _, error = await client.list_log_events()
        assert error is None
        assert [event.event_type for event in events] == [
            "group.lifecycle.create",
            "group.user_membership.add",
            "user.lifecycle.suspend",
        ]

    read(simulator, "SSWS", work)


def test_the_sdk_sees_a_refusal_as_an_error(simulator: Simulator) -> None:
    async def work(client: Any) -> None:
        _, _, error = await client.get_group("00gmissing")
        assert error.error_code == "E0000007"

    read(simulator, "SSWS", work)
