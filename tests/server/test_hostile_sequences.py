"""Sequences that clients send and that go wrong easily: odd values, ids that others had, groups that lose all."""

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest

from tests.server.conftest import Served
from tests.server.test_scim_door import GROUP, asked, user
from tests.server.test_who_it_is import locked, okta_id

PATCH = "urn:ietf:params:scim:api:messages:2.0:PatchOp"
BULK = "urn:ietf:params:scim:api:messages:2.0:BulkRequest"


def pushed(service: Served, name: str, **more: Any) -> str:
    """The SCIM id of somebody who is pushed."""
    return str(asked(service, "POST", "/Users", json=user(name, **more))[1]["id"])


def patched(service: Served, path: str, *operations: dict[str, Any]) -> tuple[int, dict[str, Any]]:
    """What a PATCH is answered."""
    return asked(service, "PATCH", path, json={"schemas": [PATCH], "Operations": list(operations)})


def group(service: Served, *members: str, title: str = "eng") -> str:
    """The SCIM id of a group that is pushed."""
    body = {"schemas": [GROUP], "displayName": title, "members": [{"value": each} for each in members]}
    return str(asked(service, "POST", "/Groups", json=body)[1]["id"])


@pytest.mark.parametrize("word", ["False", "false"])
@pytest.mark.parametrize("method", ["PUT", "PATCH"])
def test_somebody_is_deactivated_by_a_word_too(service: Served, word: str, method: str) -> None:
    ann = pushed(service, "ann@x.com", externalId="00u1")
    if method == "PUT":
        code, _ = asked(service, "PUT", f"/Users/{ann}", json=user("ann@x.com", externalId="00u1") | {"active": word})
    else:
        code, _ = patched(service, f"/Users/{ann}", {"op": "Replace", "value": {"active": word, "id": ann}})
    assert code == 200
    assert service.directory().users == {}
    assert locked(service) == ["ann@x.com"]


def test_one_email_of_several_is_changed_by_a_filter(service: Served) -> None:
    mails = [{"type": "work", "value": "a@x.com", "primary": True}, {"type": "home", "value": "b@x.com"}]
    ann = pushed(service, "ann@x.com", emails=mails)
    operation = {"op": "replace", "path": 'emails[type eq "work"].value', "value": "new@x.com"}
    code, told = patched(service, f"/Users/{ann}", operation)
    assert code == 200
    assert [each["value"] for each in told["emails"]] == ["new@x.com", "b@x.com"]
    traits = service.directory().users["ann@x.com"].spec.traits
    assert (traits["okta/email"], traits["okta/secondEmail"]) == (("new@x.com",), ("b@x.com",))


def test_an_empty_list_empties_a_group(service: Served) -> None:
    ann = pushed(service, "ann@x.com")
    eng = group(service, ann)
    body = {"schemas": [GROUP], "displayName": "eng", "members": []}
    assert asked(service, "PUT", f"/Groups/{eng}", json=body)[0] == 200
    assert service.directory().access_lists == {}
    assert asked(service, "GET", f"/Groups/{eng}")[1].get("members", []) == []


def test_a_group_that_is_renamed_and_deleted_is_gone(service: Served) -> None:
    eng = group(service, pushed(service, "ann@x.com"))
    assert patched(service, f"/Groups/{eng}", {"op": "replace", "value": {"id": eng, "displayName": "ops"}})[0] == 200
    assert [each.spec.title for each in service.directory().access_lists.values()] == ["ops"]
    assert asked(service, "DELETE", f"/Groups/{eng}")[0] == 204
    assert service.directory().access_lists == {}
    assert asked(service, "GET", f"/Groups/{eng}")[0] == 404
    assert asked(service, "DELETE", f"/Groups/{eng}")[0] == 404


def test_r42_who_is_deleted_answers_404_to_everything(service: Served) -> None:
    ann = pushed(service, "ann@x.com", externalId="00u1")
    assert asked(service, "DELETE", f"/Users/{ann}")[0] == 204
    assert asked(service, "GET", f"/Users/{ann}")[0] == 404
    assert asked(service, "PUT", f"/Users/{ann}", json=user("ann@x.com"))[0] == 404
    assert patched(service, f"/Users/{ann}", {"op": "replace", "value": {"active": True}})[0] == 404
    assert asked(service, "DELETE", f"/Users/{ann}")[0] == 404
    assert locked(service) == ["ann@x.com"]


def test_r11_another_person_on_an_old_id_is_in_none_of_its_groups(service: Served) -> None:
    ann, bob = pushed(service, "ann@x.com", externalId="00u1"), pushed(service, "bob@x.com")
    eng = group(service, ann, bob)
    assert (
        asked(service, "PUT", f"/Users/{ann}", json=user("ann@x.com", externalId="00u1") | {"active": False})[0] == 200
    )
    assert asked(service, "PUT", f"/Users/{ann}", json=user("ann@x.com", externalId="00u2"))[0] == 200
    assert okta_id(service, "ann@x.com") == "00u2"
    patched(service, f"/Groups/{eng}", {"op": "replace", "value": {"id": eng, "displayName": "ops"}})
    (members,) = service.directory().members.values()
    assert sorted(members) == ["bob@x.com"]
    assert [each["value"] for each in asked(service, "GET", f"/Groups/{eng}")[1]["members"]] == [bob]


def test_a_bulk_request_makes_people_and_their_groups(service: Served) -> None:
    people = [
        {"method": "POST", "path": "/Users", "bulkId": name, "data": user(f"{name}@x.com")} for name in ("ann", "bob")
    ]
    members = [{"value": "bulkId:ann"}, {"value": "bulkId:bob"}]
    body = {"schemas": [GROUP], "displayName": "eng", "members": members}
    operations = [{"method": "POST", "path": "/Groups", "bulkId": "eng", "data": body}, *people]
    code, told = asked(service, "POST", "/Bulk", json={"schemas": [BULK], "Operations": operations})
    assert code == 200
    assert {each["status"] for each in told["Operations"]} == {"201"}
    assert [sorted(each) for each in service.directory().members.values()] == [["ann@x.com", "bob@x.com"]]


def test_a_user_name_may_be_the_beginning_of_the_address(service: Served) -> None:
    ann = pushed(service, "ann", externalId="00u1", emails=[{"value": "ann@x.com", "primary": True}])
    assert service.directory().users["ann"].spec.traits["okta/email"] == ("ann@x.com",)
    assert asked(service, "GET", '/Users?filter=userName eq "ANN"')[1]["Resources"][0]["id"] == ann


@pytest.mark.parametrize("method", ["PUT", "DELETE"])
def test_an_old_resource_of_somebody_who_is_there_by_another_one_takes_nothing(service: Served, method: str) -> None:
    old = pushed(service, "ann@x.com", externalId="00u1")
    asked(service, "PUT", f"/Users/{old}", json=user("ann@x.com", externalId="00u1") | {"active": False})
    pushed(service, "anna@x.com", externalId="00u1")
    before = service.directory()
    assert "anna@x.com" in before.users
    gone = user("ann@x.com", externalId="00u1", title="x") | {"active": False}
    asked(service, method, f"/Users/{old}", **({"json": gone} if method == "PUT" else {}))
    assert service.directory() == before


@pytest.mark.parametrize("first", [0, 1])
def test_r11_two_resources_that_change_their_people_lose_neither(service: Served, first: int) -> None:
    names, okta_ids = ["ann@x.com", "bob@x.com"], ["00u1", "00u2"]
    made = []
    for name, external_id in zip(names, okta_ids, strict=True):
        made.append(pushed(service, name, externalId=external_id))
        service.clock[0] += dt.timedelta(minutes=1)
    for each in (first, 1 - first):
        code, told = asked(
            service, "PUT", f"/Users/{made[each]}", json=user(names[each], externalId=okta_ids[1 - each])
        )
        assert (code, told["active"]) == (200, True)
        service.clock[0] += dt.timedelta(minutes=1)
    people = {name: each.metadata.labels["okta/user-id"] for name, each in service.directory().users.items()}
    assert people == {"ann@x.com": "00u2", "bob@x.com": "00u1"}


@pytest.mark.parametrize("how", ["PUT", "PUT null", "remove", "null"])
def test_r42_a_tombstone_comes_back_by_the_word_alone(service: Served, how: str) -> None:
    ann = pushed(service, "ann@x.com", externalId="00u1")
    path, body = f"/Users/{ann}", user("ann@x.com", externalId="00u1")
    assert asked(service, "PUT", path, json=body | {"active": False})[0] == 200
    operations: dict[str, dict[str, Any]] = {
        "remove": {"op": "remove", "path": "active"},
        "null": {"op": "replace", "value": {"active": None}},
    }
    without = {key: value for key, value in body.items() if key != "active"}
    puts = {"PUT": without, "PUT null": body | {"active": None}}
    code, told = (
        patched(service, path, operations[how]) if how in operations else asked(service, "PUT", path, json=puts[how])
    )
    assert code == 200
    removed = how in operations  # who removes an attribute is not told it any more
    assert told.get("active", "removed") == ("removed" if removed else False), "a tombstone is known by that word"
    assert locked(service) == ["ann@x.com"]
    assert service.directory().users == {}
    assert asked(service, "PUT", path, json=body | {"active": True})[1]["active"] is True
    assert locked(service) == []


def members(service: Served) -> list[list[str]]:
    """The names of the members of each list."""
    return [sorted(each) for each in service.directory().members.values()]


def left(service: Served, ann: str) -> None:
    """Somebody leaves by a tombstone that passes on to another person."""
    path, gone = f"/Users/{ann}", {"active": False}
    assert asked(service, "PUT", path, json=user("ann@x.com", externalId="00u1") | gone)[0] == 200
    assert asked(service, "PUT", path, json=user("zoe@x.com", externalId="00u9"))[0] == 200


def deleted(service: Served, ann: str) -> None:
    """Somebody is deleted."""
    assert asked(service, "DELETE", f"/Users/{ann}")[0] == 204


@pytest.mark.parametrize("gone", [left, deleted])
def test_r42_who_comes_back_by_another_resource_is_in_no_group_that_does_not_name_it(
    service: Served, gone: Callable[[Served, str], None]
) -> None:
    ann, bob = pushed(service, "ann@x.com", externalId="00u1"), pushed(service, "bob@x.com")
    eng = group(service, ann, bob)
    group(service, ann, title="ops")
    gone(service, ann)
    again = pushed(service, "ann@x.com", externalId="00u1")
    assert "ann@x.com" in service.directory().users
    assert members(service) == [["bob@x.com"]]
    assert [each["value"] for each in asked(service, "GET", f"/Groups/{eng}")[1]["members"]] == [bob]
    patched(service, f"/Groups/{eng}", {"op": "add", "path": "members", "value": [{"value": again}]})
    assert members(service) == [["ann@x.com", "bob@x.com"]]


def test_r42_a_deleted_tombstone_ends_what_it_gave_to_its_person_elsewhere(service: Served) -> None:
    old = pushed(service, "ann@x.com", externalId="00u1")
    group(service, old, pushed(service, "bob@x.com"))
    asked(service, "PUT", f"/Users/{old}", json=user("ann@x.com", externalId="00u1") | {"active": False})
    pushed(service, "anna@x.com", externalId="00u1")
    assert members(service) == [["anna@x.com", "bob@x.com"]]
    deleted(service, old)
    assert "anna@x.com" in service.directory().users
    assert members(service) == [["bob@x.com"]]


def test_who_is_named_by_two_resources_stays_a_member_by_the_other(service: Served) -> None:
    old = pushed(service, "ann@x.com", externalId="00u1")
    asked(service, "PUT", f"/Users/{old}", json=user("ann@x.com", externalId="00u1") | {"active": False})
    new = pushed(service, "anna@x.com", externalId="00u1")
    eng = group(service, old, new)
    for each, stays in ((old, [["anna@x.com"]]), (new, [])):
        patched(service, f"/Groups/{eng}", {"op": "remove", "path": f'members[value eq "{each}"]'})
        assert members(service) == stays
