"""What comes through the door that is not as it should be: the right code, words that help, and nothing changed."""

from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from idsync.stores.sqlite.store import open_store
from idsync.targets.local import LocalTarget
from tests.core.world import ORG, config, foreign_user
from tests.server.conftest import BASE, PUSHED, Served, served

OFF = f"""
apiVersion: idsync/v1
kind: Integration
metadata: {{name: okta}}
spec: {{org_url: {ORG}, app: {{label: Teleport}}, auth: {{api_token: {{env: TOKEN}}}}}}
"""
USER = "urn:ietf:params:scim:schemas:core:2.0:User"
GROUP = "urn:ietf:params:scim:schemas:core:2.0:Group"


def asked(service: Served, method: str, path: str, **how: Any) -> tuple[int, dict[str, Any]]:
    """The code and the body of an answer."""
    headers = {"Authorization": f"Bearer {service.token}"} | how.pop("headers", {})
    answer = service.http.request(method, BASE + path, headers=headers, **how)
    assert answer.headers["content-type"] == "application/scim+json"
    return answer.status_code, answer.json() if answer.content else {}


def user(username: str, /, **more: Any) -> dict[str, Any]:
    """A user to push."""
    return {"schemas": [USER], "userName": username, "active": True, **more}


@pytest.mark.parametrize("header", ["", "Bearer", "Bearer wrong", "Basic dXNlcjpwYXNz", "Bearer \t", "bearer é"])
def test_without_a_good_token_nobody_learns_anything(service: Served, header: str) -> None:
    answer = service.http.get(f"{BASE}/Users", headers={b"Authorization": header.encode("latin-1")})
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"] == 'Bearer realm="SCIM"'
    assert answer.json()["status"] == "401"


def test_nobody_pushes_where_scim_is_switched_off(tmp_path: Path) -> None:
    settings = config(integration=OFF)
    with served(tmp_path / "idsync.db", settings) as service:
        for method, path in (("POST", "/Users"), ("GET", "/Users"), ("GET", "/ServiceProviderConfig")):
            code, told = asked(service, method, path, json=user("ann@x.com") if method == "POST" else None)
            assert (code, "sync.scim" in told["detail"]) == (403, True)
        assert service.directory().users == {}


def test_a_token_is_good_for_its_own_integration_alone(service: Served) -> None:
    for base in ("/scim/v2/other", "/v1/webapi/scim/other"):
        answer = service.http.get(f"{base}/Users", headers={"Authorization": f"Bearer {service.token}"})
        assert answer.status_code == 401


def test_instructions_written_for_teleport_lead_to_the_same_users(service: Served) -> None:
    made = asked(service, "POST", "/Users", json=user("ann@x.com"))[1]
    answer = service.http.get(
        f"/v1/webapi/scim/okta/Users/{made['id']}", headers={"Authorization": f"Bearer {service.token}"}
    )
    assert answer.status_code == 200
    assert "/v1/webapi/scim/okta/Users/" in answer.json()["meta"]["location"]


BROKEN = {
    "nothing": b"",
    "no JSON": b"{",
    "a list": b"[]",
    "no UTF-8": b'{"schemas":["' + USER.encode() + b'"],"userName":"\xff"}',
    "deep": b'{"a":' + b"[" * 5000 + b"]" * 5000 + b"}",
    "no name": b'{"schemas":["' + USER.encode() + b'"]}',
    "an empty name": b'{"schemas":["' + USER.encode() + b'"],"userName":""}',
    "a name that is a number": b'{"schemas":["' + USER.encode() + b'"],"userName":7}',
    "half a surrogate pair": b'{"schemas":["' + USER.encode() + b'"],"userName":"\\ud800"}',
    "a NUL": b'{"schemas":["' + USER.encode() + b'"],"userName":"a\\u0000b"}',
}


@pytest.mark.parametrize("body", BROKEN.values(), ids=BROKEN.keys())
def test_a_broken_body_is_refused_in_scims_words(service: Served, body: bytes) -> None:
    code, said = asked(service, "POST", "/Users", content=body, headers={"Content-Type": "application/scim+json"})
    assert (code, said["status"]) == (400, "400")
    assert said["detail"]
    assert service.directory().users == {}


def test_a_body_of_another_type_is_refused(service: Served) -> None:
    code, _ = asked(service, "POST", "/Users", content=b"userName=ann", headers={"Content-Type": "text/plain"})
    assert code == 415


def test_a_body_over_the_limit_is_refused_told_or_untold(service: Served) -> None:
    large = b" " * ((1 << 20) + 1)
    assert asked(service, "POST", "/Users", content=large)[0] == 413
    assert asked(service, "POST", "/Users", content=iter([large[:1000], large]))[0] == 413


@pytest.mark.parametrize(
    "query",
    [
        "filter=userName eq",
        "filter=" + "(" * 3000,
        "filter=not (userName pr)&startIndex=x",
        "sortBy=nothing",
        "count=-x",
        "filter=" + " or ".join(['userName eq "a"'] * 2000),
    ],
)
def test_a_search_that_cannot_be_understood_is_refused(service: Served, query: str) -> None:
    assert asked(service, "GET", f"/Users?{query}")[0] == 400


def test_where_resources_are_is_told_under_the_public_address(tmp_path: Path) -> None:
    public = replace(PUSHED, service=replace(PUSHED.service, public_url="https://idsync.example.com/"))
    with served(tmp_path / "idsync.db", public) as service:
        headers = {"Authorization": f"Bearer {service.token}", "Host": "evil.example", "X-Forwarded-Host": "evil"}
        for base in (BASE, "/v1/webapi/scim/okta"):
            answer = service.http.post(f"{base}/Users", json=user(f"{len(base)}@x.com"), headers=headers)
            assert answer.headers["Location"] == answer.json()["meta"]["location"]
            assert answer.headers["Location"].startswith(f"https://idsync.example.com{base}/Users/")
            found = service.http.get(f"{base}/ServiceProviderConfig", headers=headers).text
            assert "evil" not in answer.text + found


def test_paths_lead_nowhere_else(service: Served) -> None:
    for path in ("/Users/../Groups/x", "/Nothing", "/Users/a/b/c", "/Users/%2e%2e%2fx", "/Users/" + "x" * 2000):
        assert asked(service, "GET", path)[0] == 404
    assert asked(service, "PUT", "/Users", json={})[0] == 405
    assert asked(service, "GET", "/Me")[0] == 501


def test_a_name_that_somebody_has_is_a_conflict(service: Served) -> None:
    asked(service, "POST", "/Users", json=user("ann@x.com"))
    code, said = asked(service, "POST", "/Users", json=user("ANN@x.com"))
    assert (code, said["scimType"]) == (409, "uniqueness")
    bob = asked(service, "POST", "/Users", json=user("bob@x.com"))[1]
    assert asked(service, "PUT", f"/Users/{bob['id']}", json=user("Ann@x.com"))[0] == 409
    assert sorted(service.directory().users) == ["ann@x.com", "bob@x.com"]


def test_a_foreign_user_of_that_name_stays_as_it_is(service: Served) -> None:
    with open_store(service.path) as store:
        LocalTarget(store.directory, ORG).put_user(foreign_user("ann@x.com", roles=("admin",)))
    before = service.directory()
    code, said = asked(service, "POST", "/Users", json=user("ann@x.com", externalId="00u1"))
    assert (code, said["scimType"]) == (409, "uniqueness")
    assert "does not manage" in said["detail"]
    assert service.directory() == before
    assert asked(service, "GET", '/Users?filter=userName eq "ann@x.com"')[1]["totalResults"] == 0


def test_a_stale_version_is_refused_and_a_known_one_is_not_sent_again(service: Served) -> None:
    made = asked(service, "POST", "/Users", json=user("ann@x.com"))[1]
    path, version = f"/Users/{made['id']}", made["meta"]["version"]
    assert asked(service, "PUT", path, json=user("ann@x.com", title="a"), headers={"If-Match": version})[0] == 200
    assert asked(service, "PUT", path, json=user("ann@x.com", title="b"), headers={"If-Match": version})[0] == 412
    assert asked(service, "DELETE", path, headers={"If-Match": version})[0] == 412
    now = asked(service, "GET", path)[1]["meta"]["version"]
    answer = service.http.get(BASE + path, headers={"Authorization": f"Bearer {service.token}", "If-None-Match": now})
    assert answer.status_code == 304


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH"])
def test_a_group_with_a_member_whom_nobody_knows_is_refused_whole(service: Served, method: str) -> None:
    ann = asked(service, "POST", "/Users", json=user("ann@x.com"))[1]
    body: dict[str, Any] = {"schemas": [GROUP], "displayName": "eng", "members": [{"value": ann["id"]}]}
    made = asked(service, "POST", "/Groups", json=body)[1]
    body["members"] = [{"value": ann["id"]}, {"value": "nobody"}]
    if method == "PATCH":
        body = {
            "schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"],
            "Operations": [{"op": "add", "path": "members", "value": [{"value": "nobody"}]}],
        }
    code, said = asked(service, method, "/Groups" if method == "POST" else f"/Groups/{made['id']}", json=body)
    assert (code, said["scimType"]) == (400, "invalidValue")
    assert "nobody" in said["detail"]
    assert [sorted(each) for each in service.directory().members.values()] == [["ann@x.com"]]


def test_a_password_is_kept_nowhere(service: Served) -> None:
    secret = "correct horse battery"
    made = asked(service, "POST", "/Users", json=user("ann@x.com", password=secret))[1]
    assert "password" not in made
    asked(service, "PUT", f"/Users/{made['id']}", json=user("ann@x.com", password=secret, title="x"))
    asked(
        service,
        "PATCH",
        f"/Users/{made['id']}",
        json={
            "schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"],
            "Operations": [{"op": "replace", "value": {"password": secret}}],
        },
    )
    for file in service.path.parent.iterdir():
        assert secret.encode() not in file.read_bytes()


def test_what_a_client_said_comes_back_as_it_was(service: Served) -> None:
    told = user(
        "ann@x.com",
        externalId="00u1",
        nickName="",
        favourites=["a", 1, {"b": None}],
        emails=[{"value": "a@x.com", "primary": True, "rating": 5}],
        name={"givenName": "Ann", "pet": "cat"},
    )
    made = asked(service, "POST", "/Users", json=told)[1]
    found = asked(service, "GET", f"/Users/{made['id']}")[1]
    assert found == made
    assert {key: found[key] for key in told} == told


def test_a_bulk_request_does_what_it_can(service: Served) -> None:
    body = {
        "schemas": ["urn:ietf:params:scim:api:messages:2.0:BulkRequest"],
        "Operations": [
            {"method": "POST", "path": "/Users", "bulkId": "a", "data": user("ann@x.com")},
            {"method": "POST", "path": "/Users", "bulkId": "b", "data": user("ANN@x.com")},
            {
                "method": "POST",
                "path": "/Groups",
                "bulkId": "g",
                "data": {"schemas": [GROUP], "displayName": "eng", "members": [{"value": "bulkId:a"}]},
            },
        ],
    }
    code, said = asked(service, "POST", "/Bulk", json=body)
    assert code == 200
    assert [each["status"] for each in said["Operations"]] == ["201", "409", "201"]
    assert [sorted(each) for each in service.directory().members.values()] == [["ann@x.com"]]
