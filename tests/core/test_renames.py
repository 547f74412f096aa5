"""Logins that change: the person goes on under the new name, and the old one is locked and removed."""

from idsync.model.directory import Reason
from idsync.model.ownership import lock_name
from idsync.model.resources import ConnectorReference, CreatedBy, Membership, Owner
from tests.core.replay import applied, settled
from tests.core.world import (
    ORG,
    codes,
    delta_of,
    edited_list,
    edited_user,
    foreign_user,
    group,
    lines,
    list_change,
    lock_change,
    lock_on,
    okta,
    person,
    plan,
    replace,
    user_change,
    with_lock,
    with_member,
    with_user,
)

ENG = group("eng", "maria", "other")
BEFORE = okta(person("maria"), person("other"), ENG)
AFTER = okta(person("maria.smith", id="00u-maria"), person("other"), ENG)


def test_r04_a_rename_makes_the_new_name_and_locks_and_removes_the_old_one() -> None:
    made = plan(AFTER, settled(BEFORE))
    assert lines(made) == [
        "create lock maria: renamed",
        "create user maria.smith: renamed",
        "update access_list eng: membership_changed +maria.smith -maria",
        "delete user maria: renamed",
    ]
    lock = lock_change(made, "maria")
    assert lock.lifetime == 31 * 3600
    assert lock.after is not None
    assert "renamed" in lock.after.spec.message
    after = applied(settled(BEFORE), made)
    assert after.users.keys() == {"maria.smith", "other"}
    assert after.members["00g-eng"].keys() == {"maria.smith", "other"}
    assert plan(AFTER, after).is_empty


def test_the_new_name_has_the_old_ones_state() -> None:
    state = edited_user(settled(BEFORE), "maria", expires="2030-01-01T00:00:00Z")
    after = user_change(plan(AFTER, state), "maria.smith").after
    assert after is not None
    assert after.spec.expires == "2030-01-01T00:00:00Z"
    assert after.metadata.labels["okta/user-id"] == "00u-maria"


def test_r04_a_rename_keeps_member_expiry_reason_and_joined_date() -> None:
    details = Membership("2025-01-01T00:00:00Z", "2027-01-01T00:00:00Z", "on call", "olga")
    state = with_member(settled(BEFORE), "00g-eng", "maria", details)
    made = plan(AFTER, state)
    assert list_change(made, "eng").carried == {"maria.smith": details}
    assert applied(state, made).members["00g-eng"]["maria.smith"] == details


def test_a_rename_carries_an_expired_membership_as_expired() -> None:
    expired = Membership("2025-01-01T00:00:00Z", "2026-01-01T00:00:00Z")
    state = with_member(settled(BEFORE), "00g-eng", "maria", expired)
    assert applied(state, plan(AFTER, state)).members["00g-eng"]["maria.smith"] == expired


def test_r04_a_rename_carries_entries_as_owner_with_their_order_and_description() -> None:
    owners = (Owner("olga"), Owner("maria", "lead"), Owner("zoe"))
    state = edited_list(settled(BEFORE), "00g-eng", owners=owners)
    after = list_change(plan(AFTER, state), "eng").after
    assert after is not None
    assert after.spec.owners == (Owner("olga"), Owner("maria.smith", "lead"), Owner("zoe"))


def test_an_owner_entry_of_a_nested_list_is_not_a_persons_entry() -> None:
    nested = (Owner("maria", membership_kind="MEMBERSHIP_KIND_LIST"),)
    state = edited_list(settled(BEFORE), "00g-eng", owners=nested)
    after = list_change(plan(AFTER, state), "eng").after
    assert after is not None
    assert after.spec.owners == nested


def test_a_renamed_owner_whose_new_name_was_put_beside_the_old_one_is_owner_once() -> None:
    owners = (Owner("maria", "the cook"), Owner("zoe"), Owner("maria.smith"))
    change = list_change(plan(AFTER, edited_list(settled(BEFORE), "00g-eng", owners=owners)), "eng")
    assert change.after is not None
    assert change.after.spec.owners == (Owner("maria.smith", "the cook"), Owner("zoe"))


def test_a_renamed_owner_alone_is_a_change_of_the_list() -> None:
    state = edited_list(
        settled(okta(person("maria"), person("other"), group("eng", "other"))), "00g-eng", owners=(Owner("maria"),)
    )
    made = plan(okta(person("maria.smith", id="00u-maria"), person("other"), group("eng", "other")), state)
    assert list_change(made, "eng").reason is Reason.RENAMED


def test_r04_the_delta_tells_a_rename_as_one_person() -> None:
    made = plan(AFTER, settled(BEFORE))
    assert [delta.person for delta in made.access_delta] == ["maria", "maria.smith"]
    new, old = delta_of(made, "maria.smith"), delta_of(made, "maria")
    assert (new.renamed_from, new.gains, new.loses) == ("maria", (), ())
    assert (old.locked, old.loses) == (Reason.RENAMED, ())


def test_a_change_of_case_alone_is_a_rename() -> None:
    made = plan(okta(person("Maria", id="00u-maria"), person("other"), ENG), settled(BEFORE))
    assert lines(made)[:2] == ["create lock maria: renamed", "create user Maria: renamed"]


def test_a_renamed_and_suspended_person_is_locked_under_both_names() -> None:
    made = plan(okta(person("maria.smith", "SUSPENDED", id="00u-maria"), person("other"), ENG), settled(BEFORE))
    assert lock_change(made, "maria").lifetime is not None
    assert lock_change(made, "maria.smith").lifetime is None


def test_a_rename_back_takes_our_lock_off_the_name() -> None:
    state = applied(settled(BEFORE), plan(AFTER, settled(BEFORE)))
    after = applied(state, plan(BEFORE, state))
    assert after.locks.keys() == {lock_name(ORG, "maria.smith")}
    assert after.users.keys() == {"maria", "other"}
    assert plan(BEFORE, after).is_empty


def test_r03_two_people_who_swap_logins_are_reported_and_left_as_they_are() -> None:
    state = settled(BEFORE)
    made = plan(okta(person("other", id="00u-maria"), person("maria", id="00u-other"), ENG), state)
    assert made.is_empty
    assert codes(made) == ["name_taken", "name_taken"]


def test_in_a_chain_of_logins_the_free_end_moves_first_and_the_next_plan_brings_the_rest() -> None:
    state = settled(BEFORE)
    chain = okta(person("other", id="00u-maria"), person("third", id="00u-other"), ENG)
    first = plan(chain, state)
    assert codes(first) == ["name_taken"]
    assert lines(first) == [
        "create lock other: renamed",
        "create user third: renamed",
        "update access_list eng: membership_changed +third -other",
        "delete user other: renamed",
    ]
    state = applied(state, first)
    second = plan(chain, state)
    assert codes(second) == ["login_reused"]
    state = applied(state, second)
    assert state.users.keys() == {"other", "third"}
    assert state.members["00g-eng"].keys() == {"other", "third"}
    assert plan(chain, state).is_empty


def test_a_rename_takes_over_the_user_that_an_sso_login_made_meanwhile_under_the_new_name() -> None:
    saml = CreatedBy(connector=ConnectorReference("saml", "okta", "maria.smith"))
    temporary = foreign_user("maria.smith", roles=("temp",), expires="2026-11-23T00:00:00Z", created_by=saml)
    state = with_member(settled(BEFORE), "00g-eng", "maria", Membership(reason="asked"))
    state = with_user(state, temporary)
    made = plan(AFTER, state)
    assert lines(made) == [
        "create lock maria: renamed",
        "update user maria.smith: adopted",
        "update access_list eng: membership_changed +maria.smith -maria",
        "delete user maria: renamed",
    ]
    delta = delta_of(made, "maria.smith")
    assert (delta.renamed_from, [access.name for access in delta.loses], codes(made)) == ("maria", ["temp"], [])
    after = applied(state, made)
    assert (after.users["maria.smith"].spec.roles, after.users["maria.smith"].spec.expires) == (
        ("okta-requester",),
        None,
    )
    assert after.members["00g-eng"]["maria.smith"].reason == "asked"
    assert plan(AFTER, after).is_empty


def test_a_login_of_somebody_who_left_is_taken_once_their_account_is_locked_and_gone() -> None:
    state = settled(BEFORE)
    state = with_member(state, "00g-eng", "maria", Membership(expires="2026-01-01T00:00:00Z", reason="a while"))
    passed_on = okta(person("other", id="00u-maria"), group("eng", "maria"))
    first = plan(passed_on, state)
    assert codes(first) == ["name_taken"]
    assert lines(first) == [
        "create lock other: unassigned",
        "update access_list eng: membership_changed -other",
        "delete user other: unassigned",
    ]
    state = applied(state, first)
    second = plan(passed_on, state)
    assert "lock other" not in " ".join(lines(second))
    assert codes(second) == ["login_reused"]
    state = applied(state, second)
    assert {lock.spec.target.user for lock in state.locks.values()} == {"maria", "other"}
    assert state.users.keys() == {"other"}
    assert state.members["00g-eng"] == {"other": Membership(expires="2026-01-01T00:00:00Z", reason="a while")}
    assert plan(passed_on, state).is_empty


def test_a_login_that_a_foreign_user_has_is_not_taken() -> None:
    state = with_user(settled(BEFORE), foreign_user("maria.smith", roles=("admin",)))
    made = plan(AFTER, state)
    assert made.is_empty
    assert codes(made) == ["name_taken"]


def test_when_the_old_name_cannot_be_locked_the_new_one_waits_too() -> None:
    blocking = lock_on("maria", called=lock_name(ORG, "maria"))
    made = plan(AFTER, with_lock(settled(BEFORE), blocking))
    assert made.is_empty
    assert codes(made) == ["lock_conflict"]


def test_an_owner_whose_new_name_waits_is_owner_under_the_old_one_until_then() -> None:
    state = edited_list(settled(BEFORE), "00g-eng", owners=(Owner("maria"),))
    blocking = lock_on("maria", called=lock_name(ORG, "maria"))
    made = plan(AFTER, with_lock(state, blocking))
    assert made.is_empty


def test_who_is_suspended_and_cannot_be_locked_under_the_new_name_waits_behind_a_lock_under_the_old_one() -> None:
    blocking = lock_on("maria.smith", called=lock_name(ORG, "maria.smith"))
    suspended = okta(person("maria.smith", "SUSPENDED", id="00u-maria"), *AFTER.users[1:], *AFTER.groups)
    state = with_lock(settled(BEFORE), blocking)
    made = plan(suspended, state)
    assert lines(made) == ["create lock maria: suspended"]
    assert codes(made) == ["lock_conflict"]
    after = applied(state, made)
    assert after.locks[lock_name(ORG, "maria")].spec.expires is None
    assert plan(suspended, after).is_empty


def test_a_second_account_of_one_person_is_removed() -> None:
    state = settled(BEFORE)
    double = settled(okta(person("maria2", id="00u-maria"))).users["maria2"]
    made = plan(BEFORE, with_user(state, double))
    assert lines(made) == ["create lock maria2: renamed", "delete user maria2: renamed"]


def test_of_two_old_accounts_the_first_by_name_goes_on_and_both_go() -> None:
    first = okta(person("a", id="00u-x"), person("other"), group("eng", "x", "other"))
    state = with_user(settled(first), settled(okta(person("b", id="00u-x"))).users["b"])
    state = edited_user(state, "a", expires="2030-01-01T00:00:00Z")
    for order in (state, replace(state, users=dict(reversed(state.users.items())))):
        made = plan(okta(person("c", id="00u-x"), person("other"), group("eng", "x", "other")), order)
        after = applied(order, made)
        assert after.users.keys() == {"c", "other"}
        assert after.users["c"].spec.expires == "2030-01-01T00:00:00Z"
        assert {lock.spec.target.user for lock in after.locks.values()} == {"a", "b"}
