"""Sanitized snapshots: nobody can be recognized, and the plan comes out the same."""

import json
from collections.abc import Callable

import pytest
from hypothesis import given

from idsync.errors import UsageError
from idsync.model.identity import Snapshot
from idsync.model.names import nfc, twin_key
from idsync.sources.sanitize import sanitize
from idsync.sources.snapshot import parse_snapshot, snapshot_bytes
from tests.sources.documents import Json, documents, few, minimal

KEY = b"0123456789abcdef"

PEOPLE = [
    {
        "id": "00u1",
        "username": "Hiro.Protagonist@enzos-pizza.com",
        "status": "ACTIVE",
        "profile": {
            "login": "Hiro.Protagonist@enzos-pizza.com",
            "email": "hiro.protagonist@enzos-pizza.com",
            "department": "Delivery",
            "employeeNumber": 4711,
            "contractor": False,
            "phones": ["+49 170 555", {"home": "+49 171 555"}],
            "nickName": "",
        },
    },
    {"id": "00u2", "username": "vitaly@enzos-pizza.com", "status": "SUSPENDED", "profile": {"department": "Delivery"}},
]
ORGANIZATION = minimal(
    users=PEOPLE,
    groups=[{"id": "00g1", "name": "eng", "description": "ask Hiro", "members": ["00u1", "00u9"]}],
    apps=[{"id": "0oa2", "label": "Salesforce", "users": ["00u2"], "groups": ["00g1"]}],
    unassigned={"00u9": "DEPROVISIONED"},
)


def parsed(document: Json) -> Snapshot:
    return parse_snapshot(json.dumps(document).encode(), "snapshot.json")


def test_no_person_can_be_read_from_a_sanitized_snapshot() -> None:
    written = snapshot_bytes(sanitize(parsed(ORGANIZATION), KEY)).decode().lower()
    for secret in ("hiro", "protagonist", "vitaly", "555", "4711", "00u1", "00u2", "00u9", "delivery"):
        assert secret not in written


def test_groups_apps_statuses_and_the_shape_stay() -> None:
    clean = sanitize(parsed(ORGANIZATION), KEY)
    assert clean.sanitized
    assert (clean.groups[0].id, clean.groups[0].name) == ("00g1", "eng")
    assert (clean.apps[0].id, clean.apps[0].label, clean.apps[0].groups) == ("0oa2", "Salesforce", ["00g1"])
    assert [user.status for user in clean.users] == ["ACTIVE", "SUSPENDED"]
    profile = clean.users[0].attributes()
    assert profile["contractor"] is False
    assert profile["nickName"] == ""
    assert isinstance(profile["phones"], list)
    assert clean.apps[0].user_ids() == [clean.users[1].id]
    assert clean.users[0].id in clean.groups[0].member_ids()
    assert set(clean.unassigned) == set(clean.groups[0].member_ids()) - {clean.users[0].id}


def test_attributes_that_rules_look_at_stay_unless_they_say_who_it_is() -> None:
    profile = sanitize(parsed(ORGANIZATION), KEY, keep=["department", "email"]).users[0].attributes()
    assert profile["department"] == "Delivery"
    assert "hiro" not in str(profile["email"])


COPIES = [
    ("fullName", "Protagonist, Hiro"),
    ("gecos", "hiro.protagonist"),
    ("badge", "4711"),
    ("costCode", "HIRO-1"),
    ("office", "+49 170 555"),
    ("aliases", ["x", "HIRO.PROTAGONIST@ENZOS-PIZZA.COM"]),
]


@pytest.mark.parametrize(("attribute", "value"), COPIES)
def test_what_a_rule_looks_at_goes_where_its_value_says_who_it_is(attribute: str, value: object) -> None:
    profile = {**PEOPLE[0]["profile"], attribute: value}  # type: ignore[dict-item]
    people = [{**PEOPLE[0], "profile": profile}, PEOPLE[1]]
    clean = sanitize(parsed({**ORGANIZATION, "users": people}), KEY, keep=[attribute, "department"])
    assert clean.users[0].attributes()[attribute] != value
    assert clean.users[0].attributes()["department"] == "Delivery"
    assert clean.kept_attributes == ["department"]


def test_what_many_share_stays_though_another_attribute_has_it_too() -> None:
    profile = {"login": "ann@x.com", "department": "Pizza", "division": "Pizza", "organization": "enzos-pizza"}
    people = [{"id": "00u1", "username": "ann@enzos-pizza.com", "status": "ACTIVE", "profile": profile}]
    clean = sanitize(parsed(minimal(users=people)), KEY, keep=["department"])
    assert clean.users[0].attributes()["department"] == "Pizza"
    assert clean.kept_attributes == ["department"]


def test_equal_values_stay_equal_in_every_place() -> None:
    clean = sanitize(parsed(ORGANIZATION), KEY)
    first, second = (user.attributes() for user in clean.users)
    assert first["login"] == clean.users[0].username
    assert first["department"] == second["department"]
    assert str(first["email"]).casefold() == str(first["login"]).casefold()
    assert first["email"] != first["login"]


def test_the_same_key_gives_the_same_pseudonyms_and_another_key_others() -> None:
    snapshot = parsed(ORGANIZATION)
    assert snapshot_bytes(sanitize(snapshot, KEY)) == snapshot_bytes(sanitize(snapshot, KEY))
    assert sanitize(snapshot, KEY).users[0].username != sanitize(snapshot, KEY[::-1]).users[0].username


def test_a_key_that_can_be_guessed_is_refused() -> None:
    with pytest.raises(UsageError, match="too short"):
        sanitize(parsed(ORGANIZATION), b"short")


@given(documents)
@few
def test_names_are_equal_twins_or_different_as_before(document: Json) -> None:
    snapshot = parsed(document)
    clean = sanitize(snapshot, KEY)
    assert parse_snapshot(snapshot_bytes(clean), "clean.json").digest() == clean.digest()
    before = [user.username for user in snapshot.users]
    after = [user.username for user in clean.users]
    for relation in (nfc, twin_key):
        assert partition(before, relation) == partition(after, relation)


def partition(names: list[str], relation: Callable[[str], str]) -> list[int]:
    keys = [relation(name) for name in names]
    return [keys.index(key) for key in keys]
