"""A PATCH of attributes that no schema declares: kept as a whole push keeps them, or refused; never dropped."""

from typing import Any

import pytest

from tests.server.conftest import Served
from tests.server.test_hostile_requests import changes
from tests.server.test_odd_requests import BULK
from tests.server.test_said_by_patches import ENTERPRISE, trait
from tests.server.test_scim_door import GROUP, USER, asked, user

HR = "urn:example:hr:2.0:User"
OLD = "urn:example:payroll:people"


def make(service: Served, /, **more: Any) -> str:
    """The path of somebody who is pushed with more attributes."""
    code, told = asked(service, "POST", "/Users", json=user("ann@x.com", externalId="00uAnn", **more))
    assert code == 201
    return f"/Users/{told['id']}"


def said(told: dict[str, Any]) -> dict[str, Any]:
    """What an answer says that was pushed."""
    ours = {"id", "meta", "groups", "userName", "active", "externalId", "members", "displayName"}
    return {name: value for name, value in told.items() if name not in ours}


def patched(service: Served, path: str, *operations: dict[str, Any]) -> dict[str, Any]:
    """What a PATCH is answered with: what is read afterwards, and what the same PATCH is answered with once more."""
    code, told = asked(service, "PATCH", path, json=changes(*operations))
    assert code == 200, told
    assert asked(service, "GET", path) == (200, told)
    assert asked(service, "PATCH", path, json=changes(*operations)) == (200, told), "nothing changed"
    kept = {name: value for name, value in told.items() if name not in ("id", "meta", "groups")}
    code, again = asked(service, "PUT", path, json=kept)
    assert (code, said(again)) == (200, said(told)), "a whole push keeps the same"
    return said(told)


def refused(service: Served, path: str, operation: dict[str, Any]) -> tuple[str, str]:
    """The kind of a refusal, and its words; nothing changed."""
    before = asked(service, "GET", path)
    code, told = asked(service, "PATCH", path, json=changes({"op": "add", "path": "badge", "value": "x"}, operation))
    assert code == 400
    assert asked(service, "GET", path) == before, "what came before it in the request is not kept either"
    return told["scimType"], told["detail"]


ADDED: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "a name": ({"path": "badge", "value": 7}, {"badge": 7}),
    "a part": ({"path": "badge.colour", "value": "red"}, {"badge": {"colour": "red"}}),
    "an object": ({"path": "badge", "value": {"colour": "red"}}, {"badge": {"colour": "red"}}),
    "no path": ({"value": {"badge": 7}}, {"badge": 7}),
    "no path, a part": ({"value": {"badge.colour": "red"}}, {"badge": {"colour": "red"}}),
    "no path, beside what is declared": ({"value": {"title": "Lead", "badge": 7}}, {"title": "Lead", "badge": 7}),
    "no path, an odd name": ({"value": {"__proto__": {"a": 1}}}, {"__proto__": {"a": 1}}),
    "no path, with spaces": ({"value": {"favourite colour": "red"}}, {"favourite colour": "red"}),
    "the core schema": ({"path": f"{USER}:badge", "value": 7}, {"badge": 7}),
    "the core schema's attributes": ({"value": {USER: {"badge": 7}}}, {"badge": 7}),
    "a value of a new list": ({"path": "badges", "value": [{"number": 7}]}, {"badges": [{"number": 7}]}),
    "a value that a filter describes": (
        {"path": 'badges[type eq "door" and floor eq 2].number', "value": 7},
        {"badges": [{"type": "door", "floor": 2, "number": 7}]},
    ),
    "an attribute of another extension": ({"path": f"{HR}:grade", "value": 7}, {HR: {"grade": 7}}),
    "a part in another extension": ({"path": f"{HR}:boss.name", "value": "Bob"}, {HR: {"boss": {"name": "Bob"}}}),
    "an object in another extension": ({"path": f"{HR}:boss", "value": {"a": 1}}, {HR: {"boss": {"a": 1}}}),
    "another extension": ({"path": HR, "value": {"grade": 7}}, {HR: {"grade": 7}}),
    "no path, another extension": ({"value": {HR: {"grade": 7}}}, {HR: {"grade": 7}}),
    "no path, an attribute of it": ({"value": {f"{HR}:grade": 7}}, {HR: {"grade": 7}}),
    "an extension that is named otherwise": ({"path": OLD, "value": {"grade": 7}}, {OLD: {"grade": 7}}),
    "an attribute of it": ({"path": f"{OLD}:grade", "value": 7}, {OLD: {"grade": 7}}),
    "enterprise": ({"path": f"{ENTERPRISE}:badge", "value": 7}, {ENTERPRISE: {"badge": 7}}),
    "enterprise, an object": ({"path": ENTERPRISE, "value": {"badge": 7}}, {ENTERPRISE: {"badge": 7}}),
    "no path, enterprise": ({"value": {f"{ENTERPRISE}:badge": 7}}, {ENTERPRISE: {"badge": 7}}),
    "a part of a declared one": (
        {"path": 'addresses[type eq "work"].floor', "value": 7},
        {"addresses": [{"type": "work", "floor": 7}]},
    ),
    "no path, a part of a declared one": ({"value": {"name": {"nick": "A"}}}, {"name": {"nick": "A"}}),
    "a path, a part of a declared one": ({"path": "name.nick", "value": "A"}, {"name": {"nick": "A"}}),
    "an entry of a declared one": (
        {"path": "emails", "value": [{"value": "a@x", "seen": 7}]},
        {"emails": [{"value": "a@x", "seen": 7}]},
    ),
}


@pytest.mark.parametrize("op", ["add", "Replace"])
@pytest.mark.parametrize(("operation", "kept"), ADDED.values(), ids=ADDED.keys())
def test_r39_what_no_schema_declares_is_kept_in_every_form(
    service: Served, op: str, operation: dict[str, Any], kept: dict[str, Any]
) -> None:
    told = patched(service, make(service), {"op": op, **operation})
    extensions = [name for name in kept if name.startswith("urn:")]
    assert told == {"schemas": [USER, *extensions], **kept}


CHANGED: dict[str, tuple[dict[str, Any], dict[str, Any], dict[str, Any]]] = {
    "replace": ({"badge": 7}, {"op": "replace", "path": "badge", "value": 8}, {"badge": 8}),
    "another case": ({"badge": 7}, {"op": "replace", "path": "BADGE", "value": 8}, {"badge": 8}),
    "another case of an extension": (
        {HR: {"grade": 7}},
        {"op": "replace", "path": f"{HR.upper()}:Grade", "value": 8},
        {HR: {"grade": 8}},
    ),
    "an object leaves other parts": (
        {"badge": {"colour": "red", "number": 7}},
        {"op": "replace", "value": {"badge": {"Number": 8}}},
        {"badge": {"colour": "red", "number": 8}},
    ),
    "null": ({"badge": 7}, {"op": "replace", "path": "badge", "value": None}, {}),
    "null of a part": (
        {"badge": {"a": 1, "b": 2}},
        {"op": "replace", "value": {"badge": {"a": None}}},
        {"badge": {"b": 2}},
    ),
    "an empty list": ({"badges": [7]}, {"op": "replace", "path": "badges", "value": []}, {}),
    "another value": ({"badges": [7]}, {"op": "add", "path": "badges", "value": [8, 7]}, {"badges": [7, 8]}),
    "another object": (
        {"badges": [{"a": 1}]},
        {"op": "add", "path": "badges", "value": {"a": True}},
        {"badges": [{"a": 1}, {"a": True}]},
    ),
    "a list instead": ({"badges": [7]}, {"op": "replace", "path": "badges", "value": [8]}, {"badges": [8]}),
    "a chosen part": (
        {"badges": [{"type": "Door", "number": 7}, {"type": "car", "number": 8}]},
        {"op": "replace", "path": 'badges[TYPE eq "door"].number', "value": 9},
        {"badges": [{"type": "Door", "number": 9}, {"type": "car", "number": 8}]},
    ),
    "a chosen value": (
        {"badges": [{"type": "door", "number": 7}]},
        {"op": "replace", "path": "badges[number gt 6]", "value": {"type": "gate"}},
        {"badges": [{"type": "gate", "number": 7}]},
    ),
    "a part of all": (
        {"badges": [{"a": 1}, {"a": 2}]},
        {"op": "add", "path": "badges.b", "value": 3},
        {"badges": [{"a": 1, "b": 3}, {"a": 2, "b": 3}]},
    ),
    "remove": ({"badge": 7, "room": 1}, {"op": "remove", "path": "Badge"}, {"room": 1}),
    "remove what is not there": ({"badge": 7}, {"op": "remove", "path": "room"}, {"badge": 7}),
    "remove a part that is not there": ({"badge": {"a": 1}}, {"op": "remove", "path": "badge.b"}, {"badge": {"a": 1}}),
    "remove the last part": ({"badge": {"a": 1}}, {"op": "remove", "path": "badge.a"}, {}),
    "remove chosen ones": (
        {"badges": [{"type": "door"}, {"type": "car"}]},
        {"op": "remove", "path": 'badges[not (type sw "d")]'},
        {"badges": [{"type": "door"}]},
    ),
    "remove plain ones": ({"badges": [7, 8]}, {"op": "remove", "path": "badges[value ge 8]"}, {"badges": [7]}),
    "remove a part of chosen ones": (
        {"badges": [{"type": "door", "n": 1}, {"type": "car", "n": 1}]},
        {"op": "remove", "path": 'badges[type eq "door" or type eq "gate"].n'},
        {"badges": [{"type": "door"}, {"type": "car", "n": 1}]},
    ),
    "remove by value": (
        {"badges": [{"type": "door", "n": 1}, {"type": "car"}]},
        {"op": "remove", "path": "badges", "value": [{"type": "Door", "n": 1}, {"type": "gate"}]},
        {"badges": [{"type": "car"}]},
    ),
    "remove an extension's attribute": (
        {HR: {"grade": 7, "b": 1}},
        {"op": "remove", "path": f"{HR}:grade"},
        {HR: {"b": 1}},
    ),
    "remove the last of an extension": ({HR: {"grade": 7}}, {"op": "remove", "path": f"{HR}:grade"}, {}),
    "remove an extension": ({HR: {"grade": 7}, "badge": 7}, {"op": "remove", "path": HR}, {"badge": 7}),
    "remove an extension that is not there": ({}, {"op": "remove", "path": HR}, {}),
    "remove an extension's schema": ({HR: {"grade": 7}}, {"op": "remove", "path": f'schemas[value eq "{HR}"]'}, {}),
    "remove what enterprise does not know": (
        {ENTERPRISE: {"badge": 7, "division": "x"}},
        {"op": "remove", "path": f"{ENTERPRISE}:badge"},
        {ENTERPRISE: {"division": "x"}},
    ),
    "remove a part of a declared one": (
        {"name": {"givenName": "Ann", "nick": "A"}},
        {"op": "remove", "path": "name.nick"},
        {"name": {"givenName": "Ann"}},
    ),
    "remove a declared one": ({"name": {"givenName": "Ann", "nick": "A"}}, {"op": "remove", "path": "name"}, {}),
    "an entry that is there": (
        {"emails": [{"value": "a@x.com", "seen": 1}, {"value": "b@x.com"}]},
        {"op": "add", "path": "emails", "value": [{"value": "A@x.com", "seen": 2}, {"value": "c@x.com"}]},
        {"emails": [{"value": "a@x.com", "seen": 2}, {"value": "b@x.com"}, {"value": "c@x.com"}]},
    ),
    "an attribute whose name stood flat": (
        {f"{HR}:grade": 7},
        {"op": "replace", "path": f"{HR}:grade", "value": 8},
        {f"{HR}:grade": 8},
    ),
}


@pytest.mark.parametrize(("before", "operation", "kept"), CHANGED.values(), ids=CHANGED.keys())
def test_r39_what_no_schema_declares_is_changed_as_if_one_did(
    service: Served, before: dict[str, Any], operation: dict[str, Any], kept: dict[str, Any]
) -> None:
    extensions = [name for name in before if name in (HR, ENTERPRISE)]
    path = make(service, **{**before, "schemas": [USER, *extensions]})
    told = patched(service, path, operation)
    assert told == {"schemas": [USER, *(name for name in extensions if name in kept)], **kept}


REFUSED: dict[str, tuple[dict[str, Any], str, str]] = {
    "a part of a declared text": (
        {"op": "add", "path": "title.kind", "value": 7},
        "invalidPath",
        "title has no parts.",
    ),
    "a part of a text": (
        {"op": "add", "path": "badge.kind", "value": 7},
        "invalidPath",
        "badge has a value without parts.",
    ),
    "remove a part of a text": (
        {"op": "remove", "path": "badge.kind"},
        "invalidPath",
        "badge has a value without parts.",
    ),
    "a value chosen of one": (
        {"op": "add", "path": "badge[value eq 7]", "value": 8},
        "invalidPath",
        "badge has one value, and none to choose from.",
    ),
    "what describes nothing": (
        {"op": "add", "path": "badges[number gt 7].kind", "value": 8},
        "noTarget",
        "The filter of the path chooses no value, and describes none.",
    ),
    "what contradicts its filter": (
        {"op": "add", "path": "badges[number eq 7]", "value": {"number": 8}},
        "invalidValue",
        "The value is not one that the filter of the path chooses.",
    ),
    "a part of a schema": (
        {"op": "add", "path": f"{ENTERPRISE}.badge", "value": 7},
        "invalidPath",
        f"{ENTERPRISE} is a schema, and its attributes stand behind a colon.",
    ),
    "a part of no entry": ({"op": "add", "path": "emails.seen", "value": 7}, "noTarget", "emails has no value."),
    "a part of what is read-only": ({"op": "add", "path": "meta.seen", "value": 7}, "mutability", "meta is read-only."),
    "an entry of what is read-only": (
        {"op": "add", "value": {"meta": {"seen": 7}}},
        "mutability",
        "meta is read-only.",
    ),
}


@pytest.mark.parametrize(("operation", "kind", "words"), REFUSED.values(), ids=REFUSED.keys())
def test_r39_what_cannot_be_kept_is_refused(service: Served, operation: dict[str, Any], kind: str, words: str) -> None:
    assert refused(service, make(service), operation) == (kind, words)


def test_r39_a_filter_in_a_name_of_a_value_chooses_too(service: Served) -> None:
    emails = [{"value": "a@x.com", "type": "work"}, {"value": "b@x.com", "type": "home"}]
    told = patched(
        service, make(service, emails=emails), {"op": "add", "value": {'emails[type eq "home"].value': "c@x.com"}}
    )
    assert told["emails"] == [emails[0], {**emails[1], "value": "c@x.com"}]


def test_r39_operations_are_applied_in_their_order(service: Served) -> None:
    told = patched(
        service,
        make(service, name={"givenName": "Ann", "nick": "A"}),
        {"op": "remove", "path": "name"},
        {"op": "add", "path": "name.nick", "value": "B"},
        {"op": "add", "value": {"name.familyName": "Example", "badge": {"a": 1}}},
        {"op": "remove", "path": "badge"},
        {"op": "add", "path": "badge.b", "value": 2},
        {"op": "replace", "path": "title", "value": "Lead"},
    )
    assert told == {
        "schemas": [USER],
        "name": {"nick": "B", "familyName": "Example"},
        "badge": {"b": 2},
        "title": "Lead",
    }


def test_r39_a_value_that_is_put_at_two_places_is_two(service: Served) -> None:
    both = {"op": "add", "path": "badges.place", "value": {"floor": 1}}
    one = {"op": "replace", "path": 'badges[type eq "door"].place.floor', "value": 2}
    path = make(service, badges=[{"type": "door"}, {"type": "car"}])
    assert asked(service, "PATCH", path, json=changes(both, one))[0] == 400, "no path leads so deep"
    deeper = {"op": "add", "path": 'badges[type eq "door"]', "value": {"place": {"floor": 2}}}
    told = asked(service, "PATCH", path, json=changes(both, deeper))[1]
    assert told["badges"] == [{"type": "door", "place": {"floor": 2}}, {"type": "car", "place": {"floor": 1}}]


def test_r39_in_a_bulk_request_too(service: Served) -> None:
    path = make(service)
    data = changes({"op": "add", "path": f"{HR}:grade", "value": 7})
    bulk = {"schemas": [BULK], "Operations": [{"method": "PATCH", "path": path, "data": data}]}
    assert asked(service, "POST", "/Bulk", json=bulk)[1]["Operations"][0]["status"] == "200"
    assert asked(service, "GET", path)[1][HR] == {"grade": 7}


def test_r39_of_a_group_too_and_its_members_stay(service: Served) -> None:
    ann = make(service).removeprefix("/Users/")
    group = {"schemas": [GROUP], "displayName": "ops", "members": [{"value": ann}]}
    path = f"/Groups/{asked(service, 'POST', '/Groups', json=group)[1]['id']}"
    extension = "urn:example:hr:2.0:Group"
    told = patched(
        service,
        path,
        {"op": "replace", "value": {"displayName": "Ops", "owner": "bob", extension: {"cost": 7}}},
        {"op": "add", "path": "members", "value": [{"value": ann}]},
        {"op": "add", "path": f'members[value eq "{ann}"].since', "value": 2026},
    )
    assert told == {"schemas": [GROUP, extension], "owner": "bob", extension: {"cost": 7}}
    now = asked(service, "GET", path)[1]
    assert (now["displayName"], [each["since"] for each in now["members"]]) == ("Ops", [2026])
    assert next(iter(service.directory().members.values())).keys() == {"ann@x.com"}


def test_r39_a_name_that_another_type_declares_is_kept_and_a_password_nowhere(service: Served) -> None:
    ann = make(service)
    patched(service, ann, {"op": "add", "path": "members", "value": ["x"]})
    assert asked(service, "GET", ann)[1]["members"] == ["x"]
    path = f"/Groups/{asked(service, 'POST', '/Groups', json={'schemas': [GROUP], 'displayName': 'ops'})[1]['id']}"
    patched(service, path, {"op": "add", "value": {"Password": "secret"}})
    assert "secret" not in str(asked(service, "GET", path))


def test_r39_a_resource_does_not_grow_beyond_its_limit_by_patches(service: Served) -> None:
    path = make(service)
    codes = []
    for number in range(5):
        change = {"op": "add", "path": "notes", "value": [f"{number}" + "x" * (60 << 10)]}
        codes.append(asked(service, "PATCH", path, json=changes(change))[0])
    assert codes == [200, 200, 200, 200, 413]
    assert len(asked(service, "GET", path)[1]["notes"]) == 4


FORMS: dict[str, dict[str, Any]] = {
    "a path": {"path": f"{HR}:grade", "value": "7"},
    "the extension": {"path": HR, "value": {"grade": "7"}},
    "no path": {"value": {HR: {"grade": "7"}}},
    "no path, flat": {"value": {f"{HR}:grade": "7"}},
    "a plain path": {"path": "grade", "value": "7"},
    "no path, plain": {"value": {"grade": "7"}},
}


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS.keys())
def test_r41_what_no_schema_declares_is_a_trait_however_it_is_pushed(service: Served, form: dict[str, Any]) -> None:
    path = make(service)
    patched(service, path, {"op": "add", **form})
    assert trait(service, "ann", "grade") == ("7",)
    named = form.get("path") or next(iter(form["value"]))
    patched(service, path, {"op": "remove", "path": named})
    assert trait(service, "ann", "grade") == ()
