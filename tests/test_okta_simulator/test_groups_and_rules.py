"""Groups, who may change them, and rules that bring members."""

import contextlib
from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.okta_simulator import Organization, Simulator, Switches
from tests.okta_simulator.rule_language import parse
from tests.test_okta_simulator.reader import Reader, code, reading


@pytest.fixture
def reader() -> Iterator[Reader]:
    with reading(Simulator(Organization())) as reader:
        yield reader


def test_a_group_is_created_with_200_changed_and_deleted_with_204(reader: Reader) -> None:
    created = reader.post("/api/v1/groups", {"profile": {"name": "eng", "description": "Engineers"}})
    assert (created.status_code, created.json()["type"]) == (200, "OKTA_GROUP")
    assert code(reader.post("/api/v1/groups", {"profile": {"name": "eng"}})) == (409, "E0000055")
    path = f"/api/v1/groups/{created.json()['id']}"
    assert reader.client.put(path, json={"profile": {"name": "ops"}}).json()["profile"]["name"] == "ops"
    assert reader.client.delete(path).status_code == 204
    assert code(reader.get(path)) == (404, "E0000007")
    assert code(reader.get(f"{path}/users")) == (404, "E0000007")


@pytest.mark.parametrize("kind", ["APP_GROUP", "BUILT_IN"])
def test_only_members_of_okta_groups_can_be_changed(reader: Reader, kind: str) -> None:
    organization = reader.simulator.organization
    user = organization.add_user("hiro@enzos-pizza.com")
    group = organization.everyone if kind == "BUILT_IN" else organization.add_group("imported", type="APP_GROUP")
    path = f"/api/v1/groups/{group.id}/users/{user.id}"
    assert code(reader.client.put(path)) == (403, "E0000006")
    assert code(reader.client.delete(path)) == (403, "E0000006")


def test_an_import_changes_the_members_of_an_app_group(reader: Reader) -> None:
    organization = reader.simulator.organization
    source = organization.add_app("Directory")
    user = organization.add_user("hiro@enzos-pizza.com")
    profile = {"dn": "CN=eng", "objectSid": "S-1-5"}
    group = organization.add_group("eng", type="APP_GROUP", source_app=source, profile=profile, members=[user])
    row = reader.get(f"/api/v1/groups/{group.id}").json()
    assert row["objectClass"] == ["okta:windows_security_principal"]
    assert row["source"] == {"id": source.id}
    assert reader.ids(f"/api/v1/groups/{group.id}/users") == [user.id]


def rule_body(expression: str, group: str, name: str = "delivery") -> dict[str, object]:
    return {
        "type": "group_rule",
        "name": name,
        "conditions": {"expression": {"value": expression, "type": "urn:okta:expression:1.0"}},
        "actions": {"assignUserToGroups": {"groupIds": [group]}},
    }


def test_a_rule_brings_members_only_while_it_is_active(reader: Reader) -> None:
    organization = reader.simulator.organization
    group = organization.add_group("delivery")
    hiro = organization.add_user("hiro@enzos-pizza.com", profile={"department": "Delivery"})
    rule = reader.post("/api/v1/groups/rules", rule_body('user.department == "Delivery"', group.id)).json()
    assert (rule["status"], list(group.members)) == ("INACTIVE", [])
    path = f"/api/v1/groups/rules/{rule['id']}"
    assert reader.post(f"{path}/lifecycle/activate").status_code == 204
    assert list(group.members) == [hiro.id]
    assert code(reader.client.put(path, json=rule_body("x", group.id))) == (403, "E0000038")
    yt = organization.add_user("y.t@enzos-pizza.com", profile={"department": "Couriers"})
    organization.update_user(yt, department="Delivery")
    organization.update_user(hiro, department="Freelance")
    assert list(group.members) == [yt.id]
    assert reader.post(f"{path}/lifecycle/deactivate").status_code == 204
    organization.update_user(yt, department="Couriers")
    assert list(group.members) == [yt.id]
    assert reader.client.delete(path, params={"removeUsers": "true"}).status_code == 202
    assert list(group.members) == []
    assert reader.rows("/api/v1/groups/rules") == []


def ruled(reader: Reader) -> tuple[Organization, str]:
    """An active rule that has brought the only courier, and the path of that membership."""
    organization = reader.simulator.organization
    yt = organization.add_user("y.t@enzos-pizza.com", profile={"department": "Couriers"})
    group = organization.add_group("couriers")
    organization.activate_rule(organization.add_rule("couriers", 'user.department == "Couriers"', [group]))
    return organization, f"/api/v1/groups/{group.id}/users/{yt.id}"


@pytest.mark.parametrize(
    ("setting", "answer", "excepted", "member"),
    [("excepted", 204, True, False), ("brought_again", 204, False, True), ("refused", 403, False, True)],
)
def test_a_member_whom_a_rule_brought_is_removed_as_the_switch_says(
    setting: str, answer: int, excepted: bool, member: bool
) -> None:
    switches = Switches(removal_of_ruled_member=setting)  # type: ignore[arg-type]
    with reading(Simulator(Organization(switches=switches))) as reader:
        organization, path = ruled(reader)
        yt, group = organization.user("y.t@enzos-pizza.com"), organization.group("couriers")
        assert reader.client.delete(path).status_code == answer
        assert (yt.id in group.members) is (answer == 403)
        (rule,) = reader.rows("/api/v1/groups/rules")
        assert rule["conditions"]["people"]["users"]["exclude"] == ([yt.id] if excepted else [])
        organization.update_user(yt, title="Courier")
        assert (yt.id in group.members) is member


def test_a_member_by_hand_whom_a_rule_wants_is_the_rules_from_then_on(reader: Reader) -> None:
    organization = reader.simulator.organization
    yt = organization.add_user("y.t@enzos-pizza.com", profile={"department": "Couriers"})
    group = organization.add_group("couriers", members=[yt])
    moved = group.last_membership_updated
    organization.activate_rule(organization.add_rule("couriers", 'user.department == "Couriers"', [group]))
    assert (list(group.members), group.last_membership_updated) == ([yt.id], moved)
    organization.update_user(yt, department="Freelance")
    assert list(group.members) == []


def test_a_member_is_added_by_hand_beside_a_rule_and_removed_without_a_trace_in_it(reader: Reader) -> None:
    organization, path = ruled(reader)
    hiro = organization.add_user("hiro@enzos-pizza.com")
    own = path.replace(organization.user("y.t@enzos-pizza.com").id, hiro.id)
    assert reader.client.put(own).status_code == 204
    organization.update_user(hiro, title="Deliverator")
    assert hiro.id in organization.group("couriers").members
    assert reader.client.delete(own).status_code == 204
    (rule,) = reader.rows("/api/v1/groups/rules")
    assert rule["conditions"]["people"]["users"]["exclude"] == []


def test_a_rule_that_cannot_be_read_becomes_invalid(reader: Reader) -> None:
    group = reader.simulator.organization.add_group("delivery")
    rule = reader.post("/api/v1/groups/rules", rule_body("Arrays.size(user.x) > 2", group.id)).json()
    path = f"/api/v1/groups/rules/{rule['id']}"
    assert code(reader.post(f"{path}/lifecycle/activate")) == (400, "E0000001")
    assert reader.get(path).json()["status"] == "INVALID"
    assert reader.client.put(path, json=rule_body('user.title == "x"', group.id)).status_code == 200
    assert reader.post(f"{path}/lifecycle/activate").status_code == 204


@pytest.mark.parametrize(
    ("expression", "wanted"),
    [
        ('user.title == "Lead"', True),
        ('user.title != "Lead"', False),
        ('user.title eq "Lead" AND user.city == "LA"', False),
        ('user.title == "Lead" && !(user.city == "LA")', True),
        ('user.city == "LA" OR String.startsWith(user.login, "hiro")', True),
        ('String.stringContains(user.login, "@other")', False),
        ('isMemberOfAnyGroup("00g1", "00g2")', True),
        ('isMemberOfAnyGroup("00g3")', False),
    ],
)
def test_rules_are_read_as_okta_writes_them(expression: str, wanted: bool) -> None:
    user = Organization().add_user("hiro@enzos-pizza.com", profile={"title": "Lead"})
    assert parse(expression)(user, frozenset({"00g2"})) is wanted


@settings(deadline=None)
@given(st.text(alphabet='user.tile="A&|!() ORNDString,sWh', max_size=60))
def test_a_rule_is_read_or_refused_whatever_it_holds(expression: str) -> None:
    user = Organization().add_user("hiro@enzos-pizza.com")
    with contextlib.suppress(ValueError):
        assert parse(expression)(user, frozenset()) in (True, False)
