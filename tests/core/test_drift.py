"""Hand edits of what is ours: put back, and called drift where the directory noticed the hand."""

import pytest
from msgspec.structs import replace

from idsync.model.directory import DirectoryState
from idsync.model.resources import Grants, Membership
from idsync.reconcile.drift import drift_of
from tests.core.replay import applied, settled
from tests.core.world import (
    Directory,
    blocked,
    config,
    edited_list,
    edited_user,
    group,
    lines,
    okta,
    person,
    plan,
    planned,
    with_member,
)

SNAPSHOT = okta(person("alice", title="chef"), person("bob"), group("eng", "alice"))
STATE = settled(SNAPSHOT)
SETTLED = {
    "title": edited_list(STATE, "00g-eng", title="Mine"),
    "description": edited_list(STATE, "00g-eng", description="Mine"),
    "grants": edited_list(STATE, "00g-eng", grants=Grants(("admin",))),
    "member added": with_member(STATE, "00g-eng", "bob", Membership()),
    "member removed": with_member(with_member(STATE, "00g-eng", "bob", Membership()), "00g-eng", "alice", None),
    "roles": edited_user(STATE, "alice", roles=("admin",)),
    "traits": edited_user(STATE, "alice", traits={"logins": ("root",)}),
}
ADDRESS = {
    "member added": "access_list_member/00g-eng/bob",
    "member removed": "access_list_member/00g-eng/alice",
    "roles": "user/alice",
    "traits": "user/alice",
}


@pytest.mark.parametrize("edit", SETTLED)
def test_a_hand_edit_of_what_is_ours_is_put_back(edit: str) -> None:
    made = plan(SNAPSHOT, SETTLED[edit])
    assert len(made.changes) == 1
    assert applied(SETTLED[edit], made).users == STATE.users
    assert applied(SETTLED[edit], made).access_lists == STATE.access_lists
    assert applied(SETTLED[edit], made).members["00g-eng"].keys() == {"alice"}


@pytest.mark.parametrize("edit", SETTLED)
def test_where_the_hand_was_noticed_the_reason_is_drift(edit: str) -> None:
    made = plan(SNAPSHOT, SETTLED[edit], edited=[ADDRESS.get(edit, "access_list/00g-eng")])
    assert [change.reason for change in made.changes] == ["drift"]


def test_an_edited_list_beside_another_does_not_make_that_ones_change_drift() -> None:
    snapshot = okta(person("alice"), person("bob"), group("eng", "alice", "bob"), group("eng2", "alice"))
    state = settled(okta(person("alice"), person("bob"), group("eng", "alice"), group("eng2", "alice")))
    made = plan(snapshot, state, edited=["access_list_member/00g-eng2/alice", "access_list/00g-eng2"])
    assert lines(made) == ["update access_list eng: membership_changed +bob"]


def test_a_list_that_somebody_removed_comes_back_as_drift() -> None:
    state = replace(STATE, access_lists={}, members={})
    made = plan(SNAPSHOT, state, edited=["access_list/00g-eng"])
    assert lines(made) == ["create access_list eng: drift +alice"]


def test_putting_drift_back_is_not_an_edit_of_the_configuration() -> None:
    made = plan(SNAPSHOT, SETTLED["grants"], edited=["access_list/00g-eng"])
    assert [(loss.name, loss.origin) for loss in made.access_delta[0].loses] == [("admin", "consequential")]


def test_a_lock_of_ours_that_somebody_removed_from_a_suspended_person_comes_back() -> None:
    snapshot = okta(person("bob", "SUSPENDED"))
    state: DirectoryState = replace(settled(snapshot), locks={})
    assert lines(plan(snapshot, state)) == ["create lock bob: suspended"]


def test_a_permanent_lock_of_ours_that_somebody_gave_an_end_is_permanent_again() -> None:
    snapshot = okta(person("bob", "SUSPENDED"))
    state = settled(snapshot)
    name, lock = next(iter(state.locks.items()))
    state = replace(state, locks={name: replace(lock, spec=replace(lock.spec, expires="2027-01-01T00:00:00Z"))})
    made = plan(snapshot, state)
    assert lines(made) == ["update lock bob: suspended"]
    assert applied(state, made).locks[name].spec.expires is None


def test_config_and_drift_together_settle_in_one_plan() -> None:
    settings = config('RoleMapping: {rules: [{group: "eng", roles: [dev]}]}')
    for state in SETTLED.values():
        assert plan(SNAPSHOT, applied(state, plan(SNAPSHOT, state, settings)), settings).is_empty


def test_what_holds_the_whole_plan_back_is_not_said_of_the_drift_in_it() -> None:
    settings = config("Guards: {member_removals: {percent: 0, floor: 0}}")
    state = with_member(settled(SNAPSHOT, settings), "00g-eng", "bob", Membership())
    edited = ["access_list_member/00g-eng/bob"]
    made = planned(SNAPSHOT, state, settings, edited=edited)
    assert set(blocked(made.plan).values()) == {("member_removals",)}
    drifted = drift_of(made, Directory(state, edited))
    assert lines(drifted) == lines(made.plan)
    assert blocked(drifted) == {}
