"""A push is kept whole or not at all, and what answers it is what is read from then on."""

from pathlib import Path
from typing import Any

import pytest

from idsync.errors import BlockedError
from idsync.reconcile.pushed.push_passes import PushPasses
from idsync.server.scim.service import OktaScimService
from tests.server.conftest import PUSHED, Served, served
from tests.server.test_created_together import at_one_time, body
from tests.server.test_scim_door import GROUP, USER, asked, user

ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
BODIES = [
    user("ann@x.com"),
    {"schemas": [USER], "userName": "ann@x.com"},
    user("ann@x.com", externalId="00u1", name={"givenName": "Ann", "familyName": ""}, title=None, nickName=""),
    user("ann@x.com", id="mine", meta={"version": "7"}, groups=[{"value": "x"}], password="secret"),
    user("ann@x.com", emails=[{"value": "ann@x.com", "primary": True}], x509Certificates=[], favourite={"a": [1]}),
    user("ann@x.com", profileUrl="https://x.com/ann", photos=[{"value": "https://x.com/a.png", "type": "photo"}]),
    user("ann@x.com", active=False, externalId="00u1"),
    {
        "schemas": [USER, ENTERPRISE],
        "userName": "ann@x.com",
        "active": True,
        ENTERPRISE: {"department": "Engineering", "manager": {"value": "26118915", "$ref": "Users/26118915"}},
    },
]


@pytest.mark.parametrize("pushed", BODIES)
def test_a_creation_is_answered_with_what_is_read_afterwards(service: Served, pushed: dict[str, Any]) -> None:
    code, made = asked(service, "POST", "/Users", json=pushed)
    assert code == 201
    assert asked(service, "GET", f"/Users/{made['id']}") == (200, made)
    assert asked(service, "GET", "/Users")[1]["Resources"] == [made]


def test_references_lead_to_what_they_name(service: Served) -> None:
    ann = asked(service, "POST", "/Users", json=BODIES[-1])[1]
    base = ann["meta"]["location"].removesuffix(f"/Users/{ann['id']}")
    assert ann[ENTERPRISE]["manager"]["$ref"] == f"{base}/Users/26118915"
    members = [{"value": ann["id"]}]
    group = asked(service, "POST", "/Groups", json={"schemas": [GROUP], "displayName": "ops", "members": members})[1]
    assert group["members"][0]["$ref"] == ann["meta"]["location"]
    ann = asked(service, "GET", f"/Users/{ann['id']}")[1]
    assert ann["groups"][0]["$ref"] == group["meta"]["location"]
    assert ann[ENTERPRISE]["manager"]["$ref"] == f"{base}/Users/26118915"


def _fail(*_: object, **__: object) -> None:
    raise ZeroDivisionError


def _refuse(*_: object, **__: object) -> None:
    raise BlockedError("No.", guards=(), why="A test says so.", fix="None.")


@pytest.mark.parametrize("fails", [_fail, _refuse])
def test_nothing_is_kept_of_a_push_that_could_not_be_applied(
    service: Served, monkeypatch: pytest.MonkeyPatch, fails: Any
) -> None:
    ann = asked(service, "POST", "/Users", json=user("ann@x.com", externalId="00u1"))[1]
    with monkeypatch.context() as broken:
        broken.setattr(PushPasses, "apply", fails)
        code = 500 if fails is _fail else 503
        assert asked(service, "POST", "/Users", json=user("bob@x.com"))[0] == code
        assert asked(service, "PUT", f"/Users/{ann['id']}", json=user("ann@x.com", title="Chef"))[0] == code
        change = {"op": "replace", "path": "title", "value": "Chef"}
        patch = {"schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"], "Operations": [change]}
        assert asked(service, "PATCH", f"/Users/{ann['id']}", json=patch)[0] == code
        assert asked(service, "DELETE", f"/Users/{ann['id']}")[0] == code
        assert asked(service, "POST", "/Groups", json={"schemas": [GROUP], "displayName": "ops"})[0] == code
    assert asked(service, "GET", "/Users")[1]["Resources"] == [ann]
    assert asked(service, "GET", "/Groups")[1]["totalResults"] == 0
    assert service.directory().users.keys() == {"ann@x.com"}
    assert asked(service, "POST", "/Users", json=user("bob@x.com"))[0] == 201


def test_nothing_is_kept_of_a_push_that_could_not_be_answered(service: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as broken:
        broken.setattr(OktaScimService, "resource_location", _fail)
        assert asked(service, "POST", "/Users", json=user("ann@x.com"))[0] == 500
    assert asked(service, "GET", "/Users")[1]["totalResults"] == 0
    assert service.directory().users == {}


def test_of_a_bulk_request_one_operation_fails_alone(service: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    apply, count = PushPasses.apply, [0]

    def second_fails(passes: PushPasses, *what: Any) -> None:
        count[0] += 1
        if count[0] == 2:
            _refuse()
        apply(passes, *what)

    monkeypatch.setattr(PushPasses, "apply", second_fails)
    people = [{"method": "POST", "path": "/Users", "bulkId": f"b{n}", "data": user(f"p{n}@x.com")} for n in range(3)]
    schemas = ["urn:ietf:params:scim:api:messages:2.0:BulkRequest"]
    told = asked(service, "POST", "/Bulk", json={"schemas": schemas, "Operations": people})[1]
    assert [each["status"] for each in told["Operations"]] == ["201", "503", "201"]
    assert service.directory().users.keys() == {"p0@x.com", "p2@x.com"}


def test_who_is_pushed_as_inactive_beside_others_is_told_their_own_part(tmp_path: Path) -> None:
    with served(tmp_path / "idsync.db", PUSHED, applies=False) as service:
        service.endpoint.end()
        codes = at_one_time(service, [body(1), body(2, active=False), body(3)])
        assert codes == [201, 503, 201]  # whether a lock is to be made, the process that leads has not said
