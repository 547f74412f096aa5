"""What every target does, whichever it is."""

import pytest

from idsync.model.canonical import fingerprint, fingerprint_names
from idsync.model.directory import Names
from idsync.model.resources import Membership
from idsync.targets.protocol import Target
from tests.targets.world import (
    HOSTILE_NAMES,
    LIST_NAMES,
    ORG,
    foreign_list,
    foreign_lock,
    foreign_user,
    our_list,
    our_lock,
    our_user,
)

NOBODY: frozenset[str] = frozenset()


def test_a_new_target_is_empty(target: Target) -> None:
    assert target.state().users == {}
    assert target.state().members == {}
    assert target.index(ORG).access_lists == {}
    assert target.serial() == target.index(ORG).serial


def test_what_is_put_is_read_back_whole(target: Target) -> None:
    target.put_user(our_user("hiro", "dev"))
    target.put_lock(our_lock("l1"))
    target.put_access_list(our_list("00g1"))
    target.add_members("00g1", {"hiro": Membership(reason="asked")})
    state = target.state()
    assert state.users == {"hiro": our_user("hiro", "dev")}
    assert state.locks == {"l1": our_lock("l1")}
    assert state.access_lists == {"00g1": our_list("00g1")}
    assert {name: dict(members) for name, members in state.members.items()} == {
        "00g1": {"hiro": Membership(reason="asked")}
    }


@pytest.mark.parametrize("name", HOSTILE_NAMES, ids=range(len(HOSTILE_NAMES)))
def test_a_hostile_name_comes_back_as_it_went_in(target: Target, name: str) -> None:
    target.put_user(our_user(name))
    target.put_user(our_user("another"))
    target.put_access_list(our_list("00g1"))
    target.add_members("00g1", {name: Membership(), "another": Membership()})
    assert target.state(Names(frozenset({name}), NOBODY)).users == {name: our_user(name)}
    assert target.memberships([name]) == {"00g1": {name: Membership()}}
    target.remove_members("00g1", [name])
    target.delete_user(name)
    assert target.state().users.keys() == target.state().members["00g1"].keys() == {"another"}


def test_composed_and_decomposed_names_are_two_names(target: Target) -> None:
    target.put_user(our_user("é", "one"))
    target.put_user(our_user("e\u0301", "two"))
    assert {name: user.spec.roles for name, user in target.state().users.items()} == {
        "é": ("one",),
        "e\u0301": ("two",),
    }


@pytest.mark.parametrize("name", LIST_NAMES, ids=range(len(LIST_NAMES)))
def test_a_list_of_any_name_can_be_read_by_scope(target: Target, name: str) -> None:
    target.put_access_list(our_list(name))
    target.put_access_list(our_list("other"))
    target.add_members(name, {"hiro": Membership()})
    state = target.state(Names(NOBODY, frozenset({name})))
    assert state.access_lists == {name: our_list(name)}
    assert dict(state.members[name]) == {"hiro": Membership()}
    assert state.members.keys() == {name}


def test_a_scope_has_every_lock_and_nothing_else_that_was_not_asked_for(target: Target) -> None:
    target.put_user(our_user("hiro"))
    target.put_access_list(our_list("00g1"))
    target.put_lock(foreign_lock("by-hand"))
    state = target.state(Names(frozenset({"nobody"}), frozenset({"no-list"})))
    assert (state.users, state.access_lists, state.members) == ({}, {}, {})
    assert state.locks == {"by-hand": foreign_lock("by-hand")}


def test_the_index_tells_ours_from_foreign(target: Target) -> None:
    target.put_user(our_user("hiro", okta_id="00u7"))
    target.put_user(foreign_user("admin"))
    target.put_access_list(our_list("00g1"))
    target.put_access_list(foreign_list("hand-made"))
    index = target.index(ORG)
    assert (index.users["hiro"].okta_id, index.users["admin"].okta_id) == ("00u7", None)
    assert (index.access_lists["00g1"].ours, index.access_lists["hand-made"].ours) == (True, False)
    elsewhere = target.index("https://another.okta.com")
    assert elsewhere.users["hiro"].okta_id is None
    assert not elsewhere.access_lists["00g1"].ours


def test_the_index_has_the_fingerprints_of_what_a_state_shows(target: Target) -> None:
    target.put_user(our_user("hiro"))
    target.put_access_list(our_list("00g1"))
    target.put_access_list(our_list("00g2"))
    target.add_members("00g1", {"b": Membership(), "a": Membership(reason="x")})
    target.add_members("00g1", {"c": Membership()})
    target.remove_members("00g1", ["b"])
    state, index = target.state(), target.index(ORG)
    assert index.users["hiro"].fingerprint == fingerprint(state.users["hiro"])
    for name, entry in index.access_lists.items():
        assert entry.fingerprint == fingerprint(state.access_lists[name])
        assert entry.members_fingerprint == fingerprint_names(state.members[name])
        assert entry.member_count == len(state.members[name])


def test_putting_a_list_again_keeps_its_members(target: Target) -> None:
    target.put_access_list(our_list("00g1", "Old"))
    target.add_members("00g1", {"hiro": Membership()})
    target.put_access_list(our_list("00g1", "New"))
    assert target.state().access_lists["00g1"].spec.title == "New"
    assert target.state().members["00g1"].keys() == {"hiro"}
    assert target.index(ORG).access_lists["00g1"].member_count == 1


def test_adding_a_member_again_replaces_its_details(target: Target) -> None:
    target.put_access_list(our_list("00g1"))
    target.add_members("00g1", {"hiro": Membership(reason="old")})
    target.add_members("00g1", {"hiro": Membership(reason="new")})
    assert dict(target.state().members["00g1"]) == {"hiro": Membership(reason="new")}


def test_deleting_a_list_takes_its_memberships_and_a_new_one_of_that_name_starts_empty(target: Target) -> None:
    target.put_access_list(our_list("00g1"))
    target.add_members("00g1", {"hiro": Membership()})
    target.delete_access_list("00g1")
    assert target.memberships(["hiro"]) == {}
    target.put_access_list(our_list("00g1"))
    assert dict(target.state().members["00g1"]) == {}
    assert target.index(ORG).access_lists["00g1"].members_fingerprint == fingerprint_names([])


def test_deleting_what_is_missing_is_no_error(target: Target) -> None:
    target.delete_user("nobody")
    target.delete_lock("none")
    target.delete_access_list("none")
    target.remove_members("none", ["nobody"])
    assert target.state().users == {}


def test_memberships_of_several_people_come_by_list(target: Target) -> None:
    for name in ("00g1", "00g2", "00g3"):
        target.put_access_list(our_list(name))
    target.add_members("00g1", {"a": Membership(), "b": Membership(reason="x")})
    target.add_members("00g2", {"a": Membership()})
    target.add_members("00g3", {"c": Membership()})
    assert target.memberships(["a", "b", "nobody"]) == {
        "00g1": {"a": Membership(), "b": Membership(reason="x")},
        "00g2": {"a": Membership()},
    }
    assert target.memberships([]) == {}


def test_the_serial_grows_with_changes_and_with_nothing_else(target: Target) -> None:
    before = target.serial()
    target.put_user(our_user("hiro"))
    after = target.serial()
    target.index(ORG)
    target.state()
    assert before < after == target.serial()
