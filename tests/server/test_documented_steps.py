"""The steps by which Okta's documents let a SCIM service be tested, in both of its dialects.

https://developer.okta.com/docs/guides/scim-provisioning-integration-prepare/main/#test-your-scim-api and
https://developer.okta.com/docs/guides/scim-provisioning-integration-test/main/
"""

from typing import Any
from uuid import uuid4

import pytest

from tests.okta_scim_client import Dialect
from tests.okta_scim_client.client import HEADERS
from tests.server.conftest import BASE, Served

DIALECTS = pytest.mark.parametrize("dialect", Dialect)
LIST = "urn:ietf:params:scim:api:messages:2.0:ListResponse"
ERROR = "urn:ietf:params:scim:api:messages:2.0:Error"
USER = "urn:ietf:params:scim:schemas:core:2.0:User"


def asked(service: Served, method: str, path: str, body: Any = None) -> tuple[int, Any]:
    """The code and the content of an answer."""
    headers = {**HEADERS, "Authorization": f"Bearer {service.token}"}
    answer = service.http.request(method, f"{BASE}{path}", json=body, headers=headers)
    return answer.status_code, answer.json() if answer.content else None


def a_user(name: str) -> dict[str, Any]:
    """Somebody as the specification test makes one up."""
    return {
        "schemas": [USER],
        "userName": name,
        "name": {"givenName": "Rosa", "familyName": "Diaz"},
        "emails": [{"primary": True, "value": name, "type": "work"}],
        "displayName": "Rosa Diaz",
        "active": True,
    }


def is_whole(user: dict[str, Any]) -> bool:
    """Whether a user has all that Okta's test asks for."""
    named = user["name"]["familyName"] and user["name"]["givenName"]
    return bool(user["id"] and named and user["userName"] and user["emails"][0]["value"] and "active" in user)


def test_the_specification_test_passes(service: Served) -> None:
    asked(service, "POST", "/Users", a_user("first@x.com"))

    code, listed = asked(service, "GET", "/Users?count=1&startIndex=1")
    assert code == 200
    assert LIST in listed["schemas"]
    assert all(type(listed[each]) is int for each in ("itemsPerPage", "startIndex", "totalResults"))
    assert is_whole(listed["Resources"][0])

    code, user = asked(service, "GET", f"/Users/{listed['Resources'][0]['id']}")
    assert code == 200
    assert is_whole(user)
    assert user["userName"] == listed["Resources"][0]["userName"]

    code, none = asked(service, "GET", '/Users?filter=userName eq "nobody@x.com"')
    assert (code, none["totalResults"], none.get("Resources", [])) == (200, 0, [])
    assert LIST in none["schemas"]

    code, error = asked(service, "GET", f"/Users/{uuid4()}")
    assert code == 404
    assert error["detail"]
    assert error["schemas"] == [ERROR]

    code, made = asked(service, "POST", "/Users", a_user("rosa@x.com"))
    assert code == 201
    assert made["active"] is True
    assert is_whole(made)
    assert USER in made["schemas"]
    assert made["name"] == {"givenName": "Rosa", "familyName": "Diaz"}

    code, read = asked(service, "GET", f"/Users/{made['id']}")
    assert (code, read["userName"], read["active"]) == (200, "rosa@x.com", True)

    code, again = asked(service, "POST", "/Users", a_user("rosa@x.com"))
    assert (code, again["scimType"]) == (409, "uniqueness")

    code, found = asked(service, "GET", '/Users?filter=userName eq "ROSA@X.COM"')
    assert (code, found["totalResults"]) == (200, 1)

    code, groups = asked(service, "GET", "/Groups?count=100&startIndex=1")
    assert (code, groups["totalResults"]) == (200, 0)
    assert LIST in groups["schemas"]


@DIALECTS
def test_the_integration_test_passes(service: Served, dialect: Dialect) -> None:
    okta = service.engine(dialect)
    okta.client.test(groups=True)

    def there(scim_id: str) -> dict[str, Any]:
        code, user = asked(service, "GET", f"/Users/{scim_id}")
        assert code == 200
        return dict(user)

    rosa = okta.person("00u1", "rosa@x.com", firstName="Rosa", lastName="Diaz", title="Detective")
    okta.assign(rosa)
    assert okta.tasks == []
    made = there(str(rosa.scim_id))
    assert (made["active"], made["name"]["givenName"], made["title"]) == (True, "Rosa", "Detective")
    assert "rosa@x.com" in service.directory().users

    okta.change_profile(rosa, firstName="Rosita")
    changed = there(str(rosa.scim_id))
    assert changed["name"] == {"givenName": "Rosita", "familyName": "Diaz"}
    assert service.directory().users["rosa@x.com"].spec.traits["okta/firstName"] == ("Rosita",)

    okta.deactivate(rosa)
    assert there(str(rosa.scim_id))["active"] is False
    assert "rosa@x.com" not in service.directory().users
    assert {lock.spec.target.user for lock in service.directory().locks.values()} == {"rosa@x.com"}

    first = rosa.scim_id
    okta.assign(rosa)
    assert rosa.scim_id == first
    assert there(str(first))["active"] is True
    assert service.directory().locks == {}

    okta.unassign(rosa)
    assert there(str(first))["active"] is False
    assert "rosa@x.com" not in service.directory().users
    assert okta.tasks == []


@DIALECTS
def test_groups_are_pushed_and_imported_as_the_quality_tests_do(service: Served, dialect: Dialect) -> None:
    okta = service.engine(dialect)
    people = [okta.person(f"00u{number}", f"p{number}@x.com") for number in range(3)]
    for person in people:
        okta.assign(person)
    group = okta.push_group("Detectives", people[:2])
    code, pushed = asked(service, "GET", f"/Groups/{group.scim_id}")
    assert code == 200
    assert {member["value"] for member in pushed["members"]} == {person.scim_id for person in people[:2]}

    okta.change_members(group, joined=(people[2],), left=(people[0],))
    okta.rename_group(group, "Squad")
    _, changed = asked(service, "GET", f"/Groups/{group.scim_id}")
    assert changed["displayName"] == "Squad"
    assert {member["value"] for member in changed["members"]} == {person.scim_id for person in people[1:]}

    okta.deactivate(people[2])
    users, groups = okta.import_all()
    assert sorted(users) == ["p0@x.com", "p1@x.com", "p2@x.com"]
    assert groups == ["Squad"]

    scim_id = group.scim_id
    okta.unlink(group, delete=True)
    assert asked(service, "GET", f"/Groups/{scim_id}")[0] == 404
    assert service.directory().access_lists == {}
    assert okta.tasks == []
