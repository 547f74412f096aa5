"""What a push speaks of, and what of a resource that is."""

from typing import Any

import pytest

from idsync.scim.said import WHOLE, said_by

CORE, ENTERPRISE = (
    "urn:ietf:params:scim:schemas:core:2.0:User",
    "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User",
)
HR, PAY = "urn:example:hr:2.0:User", "urn:example:pay"
ANN = {
    "userName": "ann",
    "active": True,
    "title": "Clerk",
    "name": {"givenName": "Ann", "familyName": "Example"},
    "emails": [{"value": "ann@x.com", "type": "work"}],
    ENTERPRISE: {"department": "Sales", "manager": {"value": "bob"}},
    HR: {"grade": 7, "boss": {"name": "Bob"}},
    PAY: {"grade": 8},
}


@pytest.mark.parametrize(
    ("path", "value", "part"),
    [
        ("title", "x", {"title": "Clerk"}),
        ("TITLE", None, {"title": "Clerk"}),
        (f"{CORE}:title", "x", {"title": "Clerk"}),
        (CORE, {"title": "x"}, {"title": "Clerk"}),
        ("", {CORE: {"title": "x"}}, {"title": "Clerk"}),
        ("", {"title": "x", "Active": False}, {"title": "Clerk", "active": True}),
        ("name.givenName", "x", {"name": {"givenName": "Ann"}}),
        ("", {"name.givenName": "x"}, {"name": {"givenName": "Ann"}}),
        ("name", {"givenName": "x"}, {"name": {"givenName": "Ann"}}),
        ("name", None, {"name": ANN["name"]}),
        ("name", {}, {"name": ANN["name"]}),
        ('emails[type eq "a.b:c"].value', "x", {"emails": ANN["emails"]}),
        (f'{CORE}:emails[type eq "work"]', {"value": "x"}, {"emails": ANN["emails"]}),
        (f"{ENTERPRISE}:department", "x", {ENTERPRISE: {"department": "Sales"}}),
        ("", {f"{ENTERPRISE}:department": "x"}, {ENTERPRISE: {"department": "Sales"}}),
        ("", {ENTERPRISE: {"department": "x"}}, {ENTERPRISE: {"department": "Sales"}}),
        (f"{ENTERPRISE}:manager.value", "x", {ENTERPRISE: {"manager": {"value": "bob"}}}),
        (ENTERPRISE, None, {ENTERPRISE: ANN[ENTERPRISE]}),
        (HR, {"grade": "x"}, {HR: {"grade": 7}}),
        (HR.upper(), None, {HR: ANN[HR]}),
        (f"{HR}:Grade", "x", {HR: {"grade": 7}}),
        ("", {f"{HR}:boss.name": "x"}, {HR: {"boss": {"name": "Bob"}}}),
        (f'{HR}:grade eq "a:b.c"', "x", {HR: {"grade": 7}}),
        (f"{PAY}:grade", "x", {PAY: {"grade": 8}}),
        (PAY, {"grade": "x"}, {PAY: {"grade": 8}}),
        ("nickName", "x", {}),
        ("urn:example:other", {"title": "x"}, {}),
        ("", {}, {}),
        ("", None, {}),
    ],
)
def test_a_patch_speaks_of_what_it_names(path: str, value: Any, part: dict[str, Any]) -> None:
    said = said_by([(path, value)])
    assert said.part_of(ANN) == part
    assert [said.names(name) for name in ANN] == [name in part for name in ANN]


def test_operations_speak_of_what_any_of_them_names() -> None:
    said = said_by([("name.givenName", "x"), ("title", "x"), ("", {"name": {"familyName": "y"}})])
    assert said.part_of(ANN) == {"title": "Clerk", "name": ANN["name"]}


def test_what_is_whole_speaks_of_all_but_what_it_leaves_out() -> None:
    assert WHOLE.part_of(ANN) == ANN
    silent = WHOLE.without("active")
    assert silent.is_whole
    assert not silent.names("ACTIVE")
    assert silent.part_of(ANN) == {name: value for name, value in ANN.items() if name != "active"}
    assert not said_by([("active", True)]).without("active").names("active")
