"""A replica whose configuration is not the applied one: it stores what is pushed, and the one that leads applies it."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from idsync.bootstrap.workspace import open_workspace
from idsync.model.directory import DirectoryState
from idsync.stores.protocol import Access
from tests.serve_kills.kills import ask_for_pass
from tests.serve_kills.service import CONFIGURATION, Replica, Service

USER = "urn:ietf:params:scim:schemas:core:2.0:User"
PATCH = "urn:ietf:params:scim:api:messages:2.0:PatchOp"
FOLLOWS = "spec: {tick: 1s, follow_config: true,"
ROLES = """
---
apiVersion: idsync/v1
kind: RoleMapping
spec: {rules: [{trait: okta/department, value: Sales, roles: [ROLE]}]}
"""


class Two:
    """A service that leads, another one with other rules, and their store."""

    def __init__(self, folder: Path) -> None:
        store = f"sqlite:///{folder / 'idsync.db'}"
        for name in ("applied", "other"):
            (folder / name).mkdir()
        self.service = Service(folder / "applied", store)
        self.folder = folder / "applied"
        self.other = Replica(folder / "other", 1)
        text = CONFIGURATION.replace("STORE", store).replace("spec: {tick: 1s,", FOLLOWS)
        for name in ("applied", "other"):
            (folder / name / "idsync.yaml").write_text(text + ROLES.replace("ROLE", f"role-{name}"))

    def directory(self) -> DirectoryState:
        """What the directory holds."""
        place = open_workspace(self.folder)
        with place.store(Access.READ) as store:
            return place.target(store).state()

    def locked(self) -> set[str | None]:
        """Who is locked."""
        return {lock.spec.target.user for lock in self.directory().locks.values()}

    @contextmanager
    def pushing_to_other(self) -> Iterator[httpx.Client]:
        """A client of the one with other rules."""
        headers = {"Authorization": f"Bearer {self.service.token}"}
        with httpx.Client(base_url=f"{self.other.url}/scim/v2/okta", headers=headers, timeout=60) as client:
            yield client


def user(name: str) -> dict[str, object]:
    return {"schemas": [USER], "userName": name, "externalId": f"00u{name}", "department": "Sales"}


@pytest.fixture
def two(tmp_path: Path) -> Iterator[Two]:
    """Both, once the configuration of the one that leads was applied."""
    made = Two(tmp_path)
    try:
        made.service.start()
        with made.service.client() as client:
            assert client.post("Users", json=user("ann@x.com")).status_code == 201
        ask_for_pass(made.service)
        made.service.until(lambda: "A full pass ended. (" in made.service.log(), "no full pass has ended")
        made.other.start()
        yield made
    finally:
        made.other.stop()
        made.service.stop()


def test_r46_a_replica_of_another_configuration_stores_and_the_leader_applies(two: Two) -> None:
    with two.pushing_to_other() as client:
        made = client.post("Users", json=user("bob@x.com"))
        assert made.status_code == 201
        assert client.get(f"Users/{made.json()['id']}").json()["userName"] == "bob@x.com"
        two.service.until(lambda: "bob@x.com" in two.directory().users, "nobody applies what was stored")
        operation = {"op": "replace", "path": "active", "value": False}
        left = client.patch(f"Users/{made.json()['id']}", json={"schemas": [PATCH], "Operations": [operation]})
        assert left.status_code == 200
        assert "bob@x.com" not in two.directory().users or "bob@x.com" in two.locked(), "2xx means: locked"
    users = two.directory().users
    assert all("role-other" not in each.spec.roles for each in users.values())
    two.service.looked_at()
