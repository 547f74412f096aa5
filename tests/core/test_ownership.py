"""Only what is ours: foreign users, lists and locks stay byte-equal, unless the configuration adopts them by name."""

from typing import Any

import pytest

from idsync.model.canonical import canonical_bytes
from idsync.model.identity import IdentityUser
from idsync.model.ownership import lock_name, our_labels
from idsync.model.resources import ConnectorReference, CreatedBy, Metadata
from tests.core.replay import applied, settled
from tests.core.world import (
    NOTHING,
    ORG,
    codes,
    config,
    delta_of,
    foreign_list,
    foreign_user,
    group,
    lines,
    lock_on,
    okta,
    person,
    plan,
    replace,
    user_change,
    with_list,
    with_lock,
    with_user,
)

OTHERS_LABELS = [
    {},
    {"teleport.dev/origin": "okta"},
    {"okta/org": ORG},
    our_labels("https://other.okta.com"),
    our_labels(ORG + "/"),
    {"teleport.dev/origin": "config-file", "okta/org": ORG},
    {**our_labels("https://other.okta.com"), "okta/user-id": "00u-bob"},
]


def orphaned(labels: dict[str, str]) -> list[str]:
    """The code of what bears our origin and an address that nobody answers for."""
    return ["orphaned"] if labels.keys() >= our_labels(ORG).keys() and labels["teleport.dev/origin"] == "okta" else []


@pytest.mark.parametrize("labels", OTHERS_LABELS)
def test_r06_a_foreign_user_of_the_name_is_a_conflict_and_stays_byte_equal(labels: dict[str, str]) -> None:
    foreign = foreign_user("bob", labels, roles=("admin",), traits={"logins": ("root",)})
    state = with_user(NOTHING, foreign)
    made = plan(okta(person("alice"), person("bob"), group("eng", "alice", "bob")), state)
    assert lines(made) == ["create user alice: assigned", "create access_list eng: imported +alice"]
    assert codes(made) == (orphaned(labels) or ["user_conflict"])
    assert ("users.adopt" in made.findings[0].message) == (not orphaned(labels))
    assert canonical_bytes(applied(state, made).users["bob"]) == canonical_bytes(foreign)


@pytest.mark.parametrize("labels", OTHERS_LABELS)
def test_a_foreign_user_whom_okta_does_not_know_is_nobodys_business(labels: dict[str, str]) -> None:
    made = plan(okta(person("alice")), with_user(NOTHING, foreign_user("bob", labels)))
    assert lines(made) == ["create user alice: assigned"]
    assert codes(made) == orphaned(labels)


def test_a_foreign_user_is_not_locked_when_a_person_of_that_name_is_suspended() -> None:
    made = plan(okta(person("bob", "SUSPENDED")), with_user(NOTHING, foreign_user("bob")))
    assert made.is_empty
    assert codes(made) == ["user_conflict"]


def test_a_foreign_user_does_not_come_off_a_lock_of_ours() -> None:
    state = with_lock(with_user(NOTHING, foreign_user("bob")), lock_on("bob", ours=True))
    assert plan(okta(person("bob")), state).is_empty


def test_a_foreign_member_of_the_name_is_left_in_the_list() -> None:
    state = with_user(settled(okta(person("alice"), group("eng", "alice"))), foreign_user("bob"))
    eng = state.access_lists["00g-eng"]
    state = with_list(state, eng, "alice", "bob")
    assert plan(okta(person("alice"), person("bob"), group("eng", "alice", "bob")), state).is_empty


def test_r06_a_foreign_user_named_in_adopt_is_taken_over_and_made_permanent() -> None:
    foreign = foreign_user("bob", {"team": "a"}, roles=("admin",), expires="2026-12-01T00:00:00Z")
    settings = config(spec="users: {adopt: [bob]}")
    made = plan(okta(person("bob")), with_user(NOTHING, foreign), settings)
    assert lines(made) == ["update user bob: adopted_by_name"]
    after = user_change(made, "bob").after
    assert after is not None
    assert after.spec.roles == ("okta-requester",)
    assert after.spec.expires is None
    assert after.metadata.labels == {"team": "a", **our_labels(ORG), "okta/user-id": "00u-bob"}
    assert plan(okta(person("bob")), applied(with_user(NOTHING, foreign), made), settings).is_empty


def test_adopt_compares_names_in_nfc() -> None:
    settings = config(spec='users: {adopt: ["ren\u00e9"]}')
    made = plan(okta(person("rene\u0301")), with_user(NOTHING, foreign_user("rene\u0301")), settings)
    assert lines(made) == ["update user rene\u0301: adopted_by_name"]


def test_adopting_someone_who_is_not_in_the_pool_changes_nothing() -> None:
    settings = config(spec="users: {adopt: [bob]}")
    assert plan(okta(), with_user(NOTHING, foreign_user("bob")), settings).is_empty


SAML = CreatedBy(connector=ConnectorReference("saml", "okta", "bob"))


def test_r06_a_user_that_an_sso_login_created_for_a_while_is_adopted_and_made_permanent() -> None:
    for temporary in (
        foreign_user("bob", roles=("okta-requester",), created_by=SAML, expires="2026-11-23T00:00:00Z"),
        replace(
            foreign_user("bob", roles=("okta-requester",), created_by=SAML),
            metadata=Metadata("bob", expires="2026-11-23T00:00:00Z"),
        ),
    ):
        state = with_user(NOTHING, temporary)
        made = plan(okta(person("bob"), group("eng", "bob")), state)
        assert lines(made) == ["update user bob: adopted", "create access_list eng: imported +bob"]
        after = applied(state, made).users["bob"]
        assert after.metadata.expires is None
        assert after.spec.expires is None
        assert after.spec.created_by == SAML


@pytest.mark.parametrize(
    "spec",
    [
        {"created_by": SAML},
        {"expires": "2026-11-23T00:00:00Z"},
        {"created_by": CreatedBy(connector=ConnectorReference("github")), "expires": "2026-11-23T00:00:00Z"},
        {"created_by": CreatedBy(), "expires": "2026-11-23T00:00:00Z"},
    ],
)
def test_r06_without_both_expiry_and_saml_connector_there_is_no_adoption(spec: dict[str, Any]) -> None:
    made = plan(okta(person("bob")), with_user(NOTHING, foreign_user("bob", **spec)))
    assert made.is_empty
    assert codes(made) == ["user_conflict"]


def test_a_suspended_sso_user_is_locked_and_adopted() -> None:
    temporary = foreign_user("bob", created_by=SAML, expires="2026-11-23T00:00:00Z")
    made = plan(okta(person("bob", "SUSPENDED")), with_user(NOTHING, temporary))
    assert lines(made) == ["create lock bob: suspended", "update user bob: adopted"]


@pytest.mark.parametrize("labels", OTHERS_LABELS)
def test_a_foreign_list_of_the_name_is_a_conflict_and_stays_byte_equal(labels: dict[str, str]) -> None:
    state = with_list(NOTHING, foreign_list("00g-eng", labels), "zoe")
    made = plan(okta(person("alice"), group("eng", "alice")), state)
    assert lines(made) == ["create user alice: assigned"]
    assert codes(made) == (orphaned(labels) or ["access_list_conflict"])
    after = applied(state, made)
    assert canonical_bytes(after.access_lists["00g-eng"]) == canonical_bytes(state.access_lists["00g-eng"])
    assert after.members == state.members


def test_a_foreign_list_is_in_nobodys_way_while_its_group_has_no_member_in_the_pool() -> None:
    state = with_list(NOTHING, foreign_list("00g-eng"), "zoe")
    assert codes(plan(okta(person("alice"), group("eng", "outsider")), state)) == []


def test_a_foreign_list_that_okta_does_not_know_is_nobodys_business() -> None:
    state = with_list(settled(okta(person("alice"))), foreign_list("payroll"), "alice")
    assert plan(okta(person("alice")), state).is_empty


def test_a_leaver_stays_in_foreign_lists() -> None:
    state = settled(okta(person("alice"), person("bob")))
    state = with_list(state, foreign_list("payroll"), "alice", "bob")
    assert applied(state, plan(okta(person("bob")), state)).members["payroll"].keys() == {"alice", "bob"}


def test_a_foreign_lock_under_the_name_of_ours_holds_the_leaver_as_they_are() -> None:
    blocking = lock_on("alice", called=lock_name(ORG, "alice"))
    before = okta(person("alice"), person("bob"), group("eng", "alice", "bob"))
    state = with_lock(settled(before), blocking)
    made = plan(okta(person("bob"), group("eng", "alice", "bob")), state)
    assert made.is_empty
    assert codes(made) == ["lock_conflict"]


def test_a_foreign_lock_under_the_name_of_ours_keeps_a_new_suspended_person_out() -> None:
    blocking = lock_on("alice", called=lock_name(ORG, "alice"))
    made = plan(okta(person("alice", "SUSPENDED"), group("eng", "alice")), with_lock(NOTHING, blocking))
    assert made.is_empty
    assert codes(made) == ["lock_conflict"]


@pytest.mark.parametrize("others", [(), (person("zoe"),)], ids=["nobody", "a person in conflict"])
def test_a_lock_of_ours_whose_target_somebody_changed_is_put_right(others: tuple[IdentityUser, ...]) -> None:
    snapshot = okta(person("alice", "SUSPENDED"), *others)
    moved = replace(lock_on("zoe", ours=True), metadata=Metadata(lock_name(ORG, "alice"), labels=our_labels(ORG)))
    state = with_user(with_lock(settled(okta(person("alice", "SUSPENDED"))), moved), foreign_user("zoe"))
    made = plan(snapshot, state)
    after = applied(state, made)
    assert after.locks[lock_name(ORG, "alice")].spec.target.user == "alice"
    assert delta_of(made, "alice").locked == "suspended"
    assert next(item.count for item in made.guards if item.guard == "user_locks") == 1


def test_a_lock_of_ours_that_names_no_user_is_left() -> None:
    odd = lock_on("x", ours=True)
    odd = replace(odd, spec=replace(odd.spec, target=type(odd.spec.target)(role="admin")))
    assert plan(okta(person("alice")), with_lock(settled(okta(person("alice"))), odd)).is_empty
