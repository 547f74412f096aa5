"""How every target is read, whichever it is."""

import pytest

from idsync.model.addresses import Address
from idsync.model.canonical import fingerprint
from idsync.model.directory import DirectoryState, Names
from idsync.model.directory_index import Managed
from idsync.model.member_fingerprint import fingerprint_members
from idsync.model.names import twin_key
from idsync.model.ownership import USER_ID_LABEL, our_labels
from idsync.model.plain_resources import (
    AppSpec,
    Plain,
    Role,
    RoleConditions,
    RoleSpec,
    UserGroupSpec,
    address_of_plain,
    app,
    role,
    user_group,
)
from idsync.model.resources import (
    NESTED_LIST,
    AccessList,
    AccessListSpec,
    LockSpec,
    LockTarget,
    Membership,
    Metadata,
    Owner,
    User,
    UserSpec,
    access_list,
    lock,
    user,
)
from tests.targets.contract import keeps
from tests.targets.world import (
    HOSTILE_NAMES,
    LIST_NAMES,
    NOW,
    ORG,
    WritableTarget,
    foreign_list,
    foreign_lock,
    foreign_user,
    our_list,
    our_lock,
    our_user,
)

NOBODY: frozenset[str] = frozenset()


PLAIN: list[Plain] = [
    role(
        Metadata("okta-member-0oa1", labels=our_labels(ORG)), RoleSpec(allow=RoleConditions(app_labels={"a": ("b",)}))
    ),
    role(Metadata("by-hand"), RoleSpec(options={"max_session_ttl": "8h"}, allow=RoleConditions(app_labels={"*": "*"}))),
    app(Metadata("0oa1", labels=our_labels(ORG)), AppSpec(ORG, user_groups=("00g1",))),
    user_group(Metadata("00g1", labels=our_labels(ORG)), UserGroupSpec(("0oa1",))),
]


def put_plain(target: WritableTarget) -> dict[Address, Plain]:
    """Every plain resource put into a target that holds them; nothing into one that does not."""
    kept = [item for item in PLAIN if item.kind in target.kinds]
    for item in kept:
        target.put_plain(item)
    return {address_of_plain(item): item for item in kept}


def test_roles_apps_and_groups_are_read_back_all_or_some(target: WritableTarget) -> None:
    there = put_plain(target)
    assert target.state().plain == there
    assert target.plain() == there
    assert target.state(Names(NOBODY, NOBODY)).plain == {}
    for address, item in there.items():
        assert target.plain([address, Address("app/nowhere")]) == {address: item}
        assert target.state(Names(NOBODY, NOBODY, frozenset({address}))).plain == {address: item}


def test_the_index_says_whose_roles_apps_and_groups_are(target: WritableTarget) -> None:
    there = put_plain(target)
    ours = {address: bool(item.metadata.labels) for address, item in there.items()}
    entries = target.index(ORG).plain
    assert {address: entry.ours for address, entry in entries.items()} == ours
    assert {address: entry.fingerprint for address, entry in entries.items()} == {
        address: fingerprint(item) for address, item in there.items()
    }
    assert target.index(ORG, Names(NOBODY, NOBODY)).plain == {}
    some = frozenset(sorted(there)[:2])
    assert target.index(ORG, Names(NOBODY, NOBODY, some)).plain.keys() == some


def test_apps_and_groups_of_ours_are_counted_and_roles_go_with_their_lists(target: WritableTarget) -> None:
    there = put_plain(target)
    counted = sum(not isinstance(item, Role) for item in there.values())
    assert target.counts(ORG).app_groups == counted
    for item in there.values():
        target.put_plain(item)
    assert target.counts(ORG).app_groups == counted
    for address in there:
        target.delete_plain(address)
        target.delete_plain(address)
    assert target.counts(ORG).app_groups == 0
    assert target.plain() == {}


def test_an_app_that_stops_being_ours_is_not_counted_any_more(target: WritableTarget) -> None:
    if put_plain(target):
        target.put_plain(app(Metadata("0oa1"), AppSpec(ORG)))
        assert target.counts(ORG).app_groups == 1
        assert not target.index(ORG).plain[Address("app/0oa1")].ours


def test_a_new_target_is_empty(target: WritableTarget) -> None:
    assert target.state().users == {}
    assert target.state().members == {}
    assert target.index(ORG).access_lists == {}
    assert target.serial() == target.index(ORG).serial


def test_what_is_put_is_read_back_whole(target: WritableTarget) -> None:
    target.put_user(our_user("hiro", "dev"))
    target.put_access_list(our_list("00g1"))
    target.add_members("00g1", {"hiro": Membership(reason="asked")})
    state = target.state()
    assert keeps(target, state.users, [our_user("hiro", "dev")])
    assert keeps(target, state.access_lists, [our_list("00g1")])
    assert {name: dict(members) for name, members in state.members.items()} == {
        "00g1": {"hiro": Membership(reason="asked")}
    }


@pytest.mark.parametrize("name", HOSTILE_NAMES, ids=range(len(HOSTILE_NAMES)))
def test_a_hostile_name_comes_back_as_it_went_in(target: WritableTarget, name: str) -> None:
    target.put_user(our_user(name))
    target.put_user(our_user("another"))
    target.put_access_list(our_list("00g1"))
    target.add_members("00g1", {name: Membership(), "another": Membership()})
    assert keeps(target, target.state(Names(frozenset({name}), NOBODY)).users, [our_user(name)])
    assert target.memberships([name]) == {"00g1": {name: Membership()}}
    target.remove_members("00g1", [name])
    target.delete_user(name)
    assert target.state().users.keys() == target.state().members["00g1"].keys() == {"another"}


def test_composed_and_decomposed_names_are_two_names(target: WritableTarget) -> None:
    target.put_user(our_user("é", "one"))
    target.put_user(our_user("e\u0301", "two"))
    assert {name: user.spec.roles for name, user in target.state().users.items()} == {
        "é": ("one",),
        "e\u0301": ("two",),
    }


@pytest.mark.parametrize("name", LIST_NAMES, ids=range(len(LIST_NAMES)))
def test_a_list_of_any_name_can_be_read_by_scope(target: WritableTarget, name: str) -> None:
    target.put_access_list(our_list(name))
    target.put_access_list(our_list("other"))
    target.add_members(name, {"hiro": Membership()})
    state = target.state(Names(NOBODY, frozenset({name})))
    assert keeps(target, state.access_lists, [our_list(name)])
    assert dict(state.members[name]) == {"hiro": Membership()}
    assert state.members.keys() == {name}


def test_a_part_of_the_state_has_nothing_that_was_not_asked_for(target: WritableTarget) -> None:
    target.put_user(our_user("hiro"))
    target.put_access_list(our_list("00g1"))
    assert target.state(Names(frozenset({"nobody"}), frozenset({"no-list"}))) == DirectoryState()
    part = target.state(Names(frozenset({"hiro"}), NOBODY))
    assert part == DirectoryState({"hiro": target.state().users["hiro"]})


class TestLocks:
    @pytest.fixture
    def locked(self, locking: WritableTarget) -> WritableTarget:
        for name in ("l1", "l/2"):
            locking.put_lock(our_lock(name, "hiro"))
        locking.put_lock(foreign_lock("l3", "é"))
        locking.put_lock(lock(Metadata("role"), LockSpec(LockTarget(role="prod"))))
        return locking

    def test_a_part_of_the_state_has_none(self, locked: WritableTarget) -> None:
        locked.put_user(our_user("hiro"))
        assert locked.state(Names(frozenset({"hiro"}), NOBODY)).locks == {}

    def test_all(self, locked: WritableTarget) -> None:
        assert locked.locks().keys() == locked.state().locks.keys() == {"l1", "l/2", "l3", "role"}

    def test_by_whom_they_are_on(self, locked: WritableTarget) -> None:
        assert locked.locks(["hiro", "nobody"]) == {name: our_lock(name, "hiro") for name in ("l1", "l/2")}
        assert locked.locks(["é"]).keys() == {"l3"}
        assert locked.locks([""]) == locked.locks([]) == {}

    def test_by_name_or_by_whom_they_are_on(self, locked: WritableTarget) -> None:
        assert locked.locks([], ["l3", "role", "none"]).keys() == {"l3", "role"}
        assert locked.locks(["hiro"], ["l1", "role"]).keys() == {"l1", "l/2", "role"}

    def test_a_lock_that_is_turned_to_another_is_on_the_other(self, locked: WritableTarget) -> None:
        locked.put_lock(our_lock("l1", "ann"))
        assert locked.locks(["hiro"]).keys() == {"l/2"}
        locked.delete_lock("l/2")
        assert locked.locks(["hiro"]) == {}
        assert locked.locks(["ann"]) == {"l1": our_lock("l1", "ann")}

    def test_those_that_have_ended(self, locked: WritableTarget) -> None:
        for name, expires in (("past", "2026-11-22T11:30:00+02:00"), ("to come", "2026-11-22T09:30:01Z")):
            locked.put_lock(our_lock(name, "hiro", expires))
        assert locked.ended_locks(NOW).keys() == {"past"}
        locked.put_lock(our_lock("past", "hiro"))
        assert locked.ended_locks(NOW) == {}


class TestNamesOf:
    @pytest.fixture
    def target(self, target: WritableTarget) -> WritableTarget:
        for name, okta_id in (("hiro", "00u1"), ("Élodie", "00u2"), ("e\u0301lodie", "00u3"), ("STRASSE", "")):
            target.put_user(our_user(name, okta_id=okta_id))
        target.put_user(foreign_user("Straße"))
        return target

    def test_by_okta_id(self, target: WritableTarget) -> None:
        assert target.names_of(["00u1", "00u3", "00u9"], []) == {"hiro", "e\u0301lodie"}
        assert target.names_of([], []) == target.names_of([""], []) - {"STRASSE", "Straße"} == NOBODY

    def test_by_what_a_name_could_be_taken_for(self, target: WritableTarget) -> None:
        assert target.names_of([], [twin_key("ÉLODIE")]) == {"Élodie", "e\u0301lodie"}
        assert target.names_of([], [twin_key("strasse")]) == {"STRASSE", "Straße"}
        assert target.names_of(["00u2"], [twin_key("Hiro"), twin_key("nobody")]) == {"hiro", "Élodie"}

    def test_after_another_id_and_a_removal(self, target: WritableTarget) -> None:
        target.put_user(our_user("hiro", okta_id="00u7"))
        target.delete_user("Élodie")
        assert target.names_of(["00u1", "00u2", "00u7"], [twin_key("élodie")]) == {"hiro", "e\u0301lodie"}

    def test_of_users_of_another_organization_too(self, target: WritableTarget) -> None:
        labels = {**our_labels("https://another.okta.com"), USER_ID_LABEL: "00u8"}
        target.put_user(user(Metadata("theirs", labels=labels), UserSpec()))
        target.put_user(user(Metadata("unmarked", labels={USER_ID_LABEL: "00u8"}), UserSpec()))
        assert target.names_of(["00u8"], []) == {"theirs"}


class TestOwnedBy:
    def put(self, target: WritableTarget, name: str, *owners: Owner) -> None:
        target.put_access_list(access_list(Metadata(name), AccessListSpec("Own", owners=owners)))

    def test_lists_that_name_any_of_these_people(self, target: WritableTarget) -> None:
        self.put(target, "a", Owner("ann"), Owner("bob"))
        self.put(target, "b", Owner("bob"))
        self.put(target, "c", Owner("é/ü"))
        assert target.owned_by(["ann", "é/ü"]) == {"a", "c"}
        assert target.owned_by(["ann", "bob"]) == {"a", "b"}
        assert target.owned_by([]) == target.owned_by(["nobody"]) == NOBODY

    def test_an_owner_that_is_a_list_is_nobody(self, target: WritableTarget) -> None:
        self.put(target, "a", Owner("ann", membership_kind=NESTED_LIST))
        assert target.owned_by(["ann"]) == NOBODY

    def test_as_the_lists_are_now(self, target: WritableTarget) -> None:
        self.put(target, "a", Owner("ann"))
        self.put(target, "b", Owner("ann"))
        self.put(target, "a", Owner("bob"))
        assert {who: set(target.owned_by([who])) for who in ("ann", "bob")} == {"ann": {"b"}, "bob": {"a"}}
        target.delete_access_list("b")
        assert target.owned_by(["ann"]) == NOBODY


def marked_user(target: WritableTarget, name: str, okta_id: str = "00u1") -> User:
    """A user of ours with the marks that it has in this target."""
    return target.project(DirectoryState({name: our_user(name, okta_id=okta_id)})).users[name]


def marked_list(target: WritableTarget, name: str) -> AccessList:
    """A list of ours with the marks that it has in this target."""
    part = target.project(DirectoryState(access_lists={name: our_list(name)}, members={name: {}}))
    return part.access_lists[name]


def test_the_counts_are_those_of_what_is_ours(target: WritableTarget) -> None:
    assert target.counts(ORG) == Managed()
    for name in ("hiro", "ann"):
        target.put_user(marked_user(target, name))
    target.put_user(foreign_user("admin"))
    target.put_access_list(marked_list(target, "00g1"))
    target.put_access_list(marked_list(target, "00g2"))
    target.put_access_list(foreign_list("hand-made"))
    target.add_members("00g1", {"hiro": Membership(), "admin": Membership()})
    target.add_members("00g1", {"hiro": Membership(reason="again"), "ann": Membership()})
    target.add_members("hand-made", {"hiro": Membership()})
    assert target.counts(ORG) == Managed(people=2, memberships=3, access_lists=2)
    assert target.counts("https://another.okta.com") == Managed()
    target.remove_members("00g1", ["ann", "nobody"])
    target.delete_access_list("00g2")
    target.delete_user("ann")
    target.delete_user("nobody")
    assert target.counts(ORG) == Managed(people=1, memberships=2, access_lists=1)


def test_the_counts_follow_an_object_from_one_owner_to_another(target: WritableTarget) -> None:
    target.put_user(foreign_user("hiro"))
    target.put_access_list(foreign_list("00g1"))
    target.add_members("00g1", {"hiro": Membership(), "ann": Membership()})
    target.put_user(marked_user(target, "hiro"))
    target.put_access_list(marked_list(target, "00g1"))
    assert target.counts(ORG) == Managed(people=1, memberships=2, access_lists=1)
    target.put_user(foreign_user("hiro"))
    target.put_access_list(foreign_list("00g1"))
    assert target.counts(ORG) == Managed()


def test_a_part_of_the_index_is_that_part_of_the_whole(target: WritableTarget) -> None:
    for name in ("hiro", "ann"):
        target.put_user(our_user(name))
    for name in ("00g1", "00g2"):
        target.put_access_list(our_list(name))
        target.add_members(name, {"hiro": Membership()})
    whole = target.index(ORG)
    part = target.index(ORG, Names(frozenset({"ann", "nobody"}), frozenset({"00g2", "none"})))
    assert part.users == {"ann": whole.users["ann"]}
    assert part.access_lists == {"00g2": whole.access_lists["00g2"]}
    assert part.serial == whole.serial


def test_the_index_tells_ours_from_foreign(target: WritableTarget) -> None:
    target.put_user(marked_user(target, "hiro", okta_id="00u7"))
    target.put_user(foreign_user("admin"))
    target.put_access_list(marked_list(target, "00g1"))
    target.put_access_list(foreign_list("hand-made"))
    index = target.index(ORG)
    assert (index.users["hiro"].okta_id, index.users["admin"].okta_id) == ("00u7", None)
    assert (index.access_lists["00g1"].ours, index.access_lists["hand-made"].ours) == (True, False)
    elsewhere = target.index("https://another.okta.com")
    assert elsewhere.users["hiro"].okta_id is None
    assert not elsewhere.access_lists["00g1"].ours
    whole = target.state()
    assert {name for name, each in whole.users.items() if target.ours(each)} == {"hiro"}
    assert {name for name, each in whole.access_lists.items() if target.ours(each)} == {"00g1"}


def test_the_index_has_the_fingerprints_of_what_a_state_shows(target: WritableTarget) -> None:
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
        assert entry.members_fingerprint == fingerprint_members(name, state.members[name])
        assert entry.member_count == len(state.members[name])


def test_putting_a_list_again_keeps_its_members(target: WritableTarget) -> None:
    target.put_access_list(our_list("00g1", "Old"))
    target.add_members("00g1", {"hiro": Membership()})
    target.put_access_list(our_list("00g1", "New"))
    assert target.state().access_lists["00g1"].spec.title == "New"
    assert target.state().members["00g1"].keys() == {"hiro"}
    assert target.index(ORG).access_lists["00g1"].member_count == 1


def test_adding_a_member_again_replaces_its_details(target: WritableTarget) -> None:
    target.put_access_list(our_list("00g1"))
    target.add_members("00g1", {"hiro": Membership(reason="old")})
    target.add_members("00g1", {"hiro": Membership(reason="new")})
    assert dict(target.state().members["00g1"]) == {"hiro": Membership(reason="new")}


def test_deleting_a_list_takes_its_memberships_and_a_new_one_of_that_name_starts_empty(target: WritableTarget) -> None:
    target.put_access_list(our_list("00g1"))
    target.add_members("00g1", {"hiro": Membership()})
    target.delete_access_list("00g1")
    assert target.memberships(["hiro"]) == {}
    target.put_access_list(our_list("00g1"))
    assert dict(target.state().members["00g1"]) == {}
    assert target.index(ORG).access_lists["00g1"].members_fingerprint == fingerprint_members("00g1", {})


def test_deleting_what_is_missing_is_not_an_error(target: WritableTarget) -> None:
    target.delete_user("nobody")
    target.delete_access_list("none")
    target.remove_members("none", ["nobody"])
    assert target.state().users == {}


def test_memberships_of_several_people_come_by_list(target: WritableTarget) -> None:
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


def test_the_serial_grows_with_changes_and_with_nothing_else(target: WritableTarget) -> None:
    before = target.serial()
    target.put_user(our_user("hiro"))
    after = target.serial()
    target.index(ORG)
    target.state()
    assert before < after == target.serial()


def test_what_carries_an_unknown_address_is_told_by_address(target: WritableTarget) -> None:
    old = "https://old.okta.com"
    labels = {**our_labels(old), USER_ID_LABEL: "00u9"}
    target.put_user(our_user("hiro"))
    target.put_user(foreign_user("root"))
    assert target.orphans({ORG}) == ()
    target.put_user(user(Metadata("zoe", labels=labels), UserSpec()))
    target.put_access_list(access_list(Metadata("00g9", labels=our_labels(old)), AccessListSpec("Old")))
    (orphans,) = target.orphans({ORG})
    assert (orphans.org_url, dict(orphans.users), orphans.access_lists) == (old, {"zoe": "00u9"}, ("00g9",))
    assert target.orphans({ORG, old}) == ()
    assert [each.org_url for each in target.orphans(set())] == [ORG, old]
