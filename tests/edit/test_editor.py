"""People's own editor: revision-checked, journaled, and honest about what the next apply does to it."""

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from idsync.edit.editor import Editor
from idsync.errors import ResourceError
from idsync.model.addresses import Address
from idsync.model.canonical import canonical_bytes
from idsync.model.directory import Names
from idsync.model.journal import MadeByHand
from idsync.model.resources import (
    NESTED_LIST,
    AccessList,
    AccessListSpec,
    Audit,
    Grants,
    LockSpec,
    LockTarget,
    Membership,
    Metadata,
    Owner,
    User,
    UserSpec,
    access_list,
    lock,
    member,
    user,
)
from idsync.model.revisions import address_of, revision_of, with_revision
from idsync.stores.sqlite.store import SqliteStore, open_store
from idsync.targets.local import LocalTarget
from tests.apply.bodies import resource_in
from tests.apply.worlds import fill, state
from tests.effort import examples
from tests.targets.world import HOSTILE_NAMES, NOW, ORG, our_list, our_lock, our_user

replace = msgspec.structs.replace


@pytest.fixture
def editor(local: LocalTarget, store: SqliteStore) -> Editor:
    return Editor(local, store, actor="ann@laptop", now=NOW)


def by_hand(store: SqliteStore) -> list[MadeByHand]:
    return [each.entry for each in store.journal.entries() if isinstance(each.entry, MadeByHand)]


def own_list(name: str, *owners: Owner) -> AccessList:
    return access_list(Metadata(name), AccessListSpec("Own", owners=owners))


class TestCreate:
    def test_a_user_of_ones_own(self, editor: Editor, local: LocalTarget, store: SqliteStore) -> None:
        done = editor.create(user(Metadata("bot"), UserSpec(roles=("ci",))))
        assert (done.address, done.action, done.note) == ("user/bot", "create", "")
        kept = local.state().users["bot"]
        assert kept.spec.roles == ("ci",)
        assert kept.spec.created_by is not None
        assert kept.spec.created_by.user is not None
        assert kept.spec.created_by.user.name == "ann@laptop"
        assert done.resource == with_revision(kept)
        (entry,) = by_hand(store)
        assert (entry.actor, entry.action, entry.address) == ("ann@laptop", "create", "user/bot")
        assert (resource_in(store, entry.before), resource_in(store, entry.after)) == (None, kept)

    def test_a_lock_says_who_made_it_and_when(self, editor: Editor, local: LocalTarget) -> None:
        editor.create(lock(Metadata("incident"), LockSpec(LockTarget(role="prod"))))
        kept = local.state().locks["incident"].spec
        assert (kept.created_at, kept.created_by) == ("2026-11-22T09:30:00Z", "ann@laptop")

    def test_a_list_gets_its_first_review_unless_its_type_is_never_reviewed(
        self, editor: Editor, local: LocalTarget
    ) -> None:
        editor.create(own_list("reviewed"))
        editor.create(access_list(Metadata("fixed"), AccessListSpec("Fixed", type="static")))
        lists = local.state().access_lists
        assert lists["reviewed"].spec.audit == Audit(next_audit_date="2027-06-01T00:00:00Z")
        assert lists["fixed"].spec.audit is None

    def test_a_member_joins_now(self, editor: Editor, local: LocalTarget) -> None:
        editor.create(own_list("own"))
        editor.create(member("own", "guest/1", Membership(expires="2027-01-01T00:00:00Z", reason="visit")))
        (kept,) = local.state().members["own"].values()
        assert kept.joined == "2026-11-22T09:30:00Z"
        assert (kept.expires, kept.reason) == ("2027-01-01T00:00:00Z", "visit")

    def test_what_exists_is_not_overwritten_without_force(self, editor: Editor, local: LocalTarget) -> None:
        editor.create(user(Metadata("bot"), UserSpec(roles=("ci",))))
        with pytest.raises(ResourceError, match="exists already"):
            editor.create(user(Metadata("bot"), UserSpec(roles=("root",))))
        assert local.state().users["bot"].spec.roles == ("ci",)

    def test_what_is_given_back_as_it_was_printed_is_left_alone(
        self, editor: Editor, local: LocalTarget, store: SqliteStore
    ) -> None:
        local.put_user(our_user("ann"))  # nobody's hand made it, so that it names no maker
        printed = editor.find("user/ann")
        assert printed is not None
        assert editor.create(printed, force=True).action == "none"
        assert by_hand(store) == []

    def test_force_replaces_and_keeps_who_made_it(self, editor: Editor, local: LocalTarget, store: SqliteStore) -> None:
        editor.create(user(Metadata("bot"), UserSpec(roles=("ci",))))
        made_by = local.state().users["bot"].spec.created_by
        other = Editor(local, store, actor="bob", now=NOW)
        assert other.create(user(Metadata("bot"), UserSpec(roles=("root",))), force=True).action == "update"
        assert local.state().users["bot"].spec == UserSpec(roles=("root",), created_by=made_by)

    def test_force_still_minds_a_revision_that_is_named(self, editor: Editor) -> None:
        editor.create(our_user("hiro"))
        stale = user(Metadata("hiro", revision="0" * 32), UserSpec())
        with pytest.raises(ResourceError, match="has changed meanwhile"):
            editor.create(stale, force=True)

    def test_a_revision_of_something_that_is_gone_is_refused(self, editor: Editor) -> None:
        gone = user(Metadata("gone", revision="0" * 32), UserSpec())
        with pytest.raises(ResourceError, match="'user/gone' does not exist any more") as refused:
            editor.create(gone)
        assert "leave metadata.revision out" in refused.value.fix

    def test_an_object_with_our_labels_is_warned_of(self, editor: Editor, local: LocalTarget) -> None:
        done = editor.create(our_user("smuggled"))
        assert "removes it unless Okta asks" in done.note
        assert local.index(ORG).edited == {"user/smuggled"}

    @pytest.mark.parametrize("name", HOSTILE_NAMES, ids=range(len(HOSTILE_NAMES)))
    def test_any_name_is_found_again_at_its_address(self, editor: Editor, name: str) -> None:
        editor.create(own_list("own"))
        for made in (
            user(Metadata(name), UserSpec()),
            lock(Metadata(name), LockSpec(LockTarget(user=name))),
            member("own", name, Membership()),
        ):
            done = editor.create(made)
            assert editor.find(done.address) == done.resource
            editor.remove(done.address)
            assert editor.find(done.address) is None


class TestReplace:
    def test_the_revision_that_was_read_may_be_replaced(self, editor: Editor, local: LocalTarget) -> None:
        editor.create(own_list("own"))
        found = editor.find("access_list/own")
        assert isinstance(found, AccessList)
        edited = replace(found, spec=replace(found.spec, owners=(Owner("bob"),)))
        done = editor.replace(edited)
        assert done.action == "update"
        kept = local.state().access_lists["own"]
        assert kept.spec.owners == (Owner("bob"),)
        assert kept.metadata.revision is None
        assert done.resource is not None
        assert done.resource.metadata.revision == revision_of(kept)

    def test_a_stale_revision_is_refused_naming_both(self, editor: Editor, local: LocalTarget) -> None:
        editor.create(user(Metadata("bot"), UserSpec(roles=("ci",))))
        found = editor.find("user/bot")
        assert isinstance(found, User)
        editor.replace(replace(found, spec=replace(found.spec, roles=("other",))))
        current = editor.find("user/bot")
        assert current is not None
        with pytest.raises(ResourceError) as caught:
            editor.replace(replace(found, spec=replace(found.spec, roles=("mine",))))
        assert str(found.metadata.revision) in caught.value.why
        assert str(current.metadata.revision) in caught.value.why
        assert local.state().users["bot"].spec.roles == ("other",)

    def test_a_missing_revision_is_refused(self, editor: Editor) -> None:
        editor.create(user(Metadata("bot"), UserSpec()))
        with pytest.raises(ResourceError, match="names no revision"):
            editor.replace(user(Metadata("bot"), UserSpec(roles=("x",))))

    def test_what_does_not_exist_cannot_be_replaced(self, editor: Editor) -> None:
        with pytest.raises(ResourceError, match="user/bot does not exist"):
            editor.replace(user(Metadata("bot", revision="0" * 32), UserSpec()))

    def test_an_edit_that_changes_nothing_is_none(self, editor: Editor, local: LocalTarget, store: SqliteStore) -> None:
        editor.create(user(Metadata("bot"), UserSpec()))
        found, serial = editor.find("user/bot"), local.serial()
        assert found is not None
        assert editor.replace(found).action == "none"
        assert local.serial() == serial
        assert len(by_hand(store)) == 1


class TestRemove:
    def test_each_kind(self, editor: Editor, local: LocalTarget, store: SqliteStore) -> None:
        editor.create(own_list("own"))
        editor.create(user(Metadata("a/b"), UserSpec()))
        editor.create(lock(Metadata("l"), LockSpec(LockTarget(user="a"))))
        editor.create(member("own", "a/b", Membership(reason="x")))
        for address in ("access_list_member/own/a/b", "access_list/own", "user/a/b", "lock/l"):
            assert editor.remove(address).action == "delete"
        now = local.state()
        assert (now.users, now.locks, now.access_lists) == ({}, {}, {})
        removed = [entry for entry in by_hand(store) if entry.action == "delete"]
        first = resource_in(store, removed[0].before)
        assert first == member("own", "a/b", Membership("2026-11-22T09:30:00Z", reason="x"))

    def test_the_members_of_a_list_that_is_removed_are_told(
        self, editor: Editor, local: LocalTarget, store: SqliteStore
    ) -> None:
        for name, owner in (("00g1", our_list("00g1")), ("own", own_list("own"))):
            local.put_access_list(owner)
            local.add_members(name, {"a/b": Membership(reason="x"), "é": Membership()})
            editor.remove(f"access_list/{name}")
        assert [entry.members_removed for entry in by_hand(store)] == [
            {"a/b": Membership(reason="x"), "é": Membership()}
        ] * 2

    @pytest.mark.parametrize(
        "address", ["user/x", "lock/x", "access_list/x", "access_list_member/x/y", "access_list_member/x"]
    )
    def test_what_is_not_there_is_said_so(self, editor: Editor, address: str) -> None:
        with pytest.raises(ResourceError, match="does not exist"):
            editor.remove(address)

    @pytest.mark.parametrize(
        "address", ["", "user", "role/x", "users/x", "user/a\0b", "lock/\udcff", "access_list_member/l/\udcff"]
    )
    def test_what_is_not_an_address_is_said_so(self, editor: Editor, address: str) -> None:
        with pytest.raises(ResourceError):
            editor.remove(address)

    @pytest.mark.parametrize("made", [our_user("hiro"), our_list("00g1")])
    def test_removing_what_is_ours_says_that_the_next_apply_brings_it_back(
        self, editor: Editor, local: LocalTarget, made: User | AccessList
    ) -> None:
        fill(local, state(made))
        address = address_of(made)
        done = editor.remove(address)
        assert "the next apply brings it back" in done.note
        assert local.index(ORG).edited == {address}

    def test_removing_a_lock_of_ours_says_that_it_is_not_made_again(self, editor: Editor, local: LocalTarget) -> None:
        fill(local, state(our_lock("l")))
        assert "not made again for the same departure or suspension" in editor.remove("lock/l").note


class TestAgreed:
    """An edit makes a difference from what was agreed on, and another one may take it back."""

    def test_the_first_edit_says_what_was_agreed_and_the_last_who_made_the_difference(
        self, editor: Editor, local: LocalTarget, store: SqliteStore
    ) -> None:
        local.put_user(our_user("hiro", "dev"))
        for role in ("root", "admin"):
            editor.create(our_user("hiro", role), force=True)
        (difference,) = store.agreed("local").differing().values()
        assert resource_in(store, difference.agreed) == our_user("hiro", "dev")
        last = [each.sequence for each in store.journal.entries()][-1]
        assert difference.entry == last

    def test_an_edit_back_to_what_was_agreed_ends_the_difference(self, editor: Editor, local: LocalTarget) -> None:
        local.put_user(our_user("hiro", "dev"))
        editor.create(our_user("hiro", "root"), force=True)
        assert local.index(ORG).edited == {"user/hiro"}
        mine = our_user("hiro", "dev")
        editor.create(replace(mine, spec=replace(mine.spec, expires="2030-01-01T00:00:00Z")), force=True)
        assert local.index(ORG).edited == set()

    def test_what_was_made_and_is_removed_again_makes_no_difference(self, editor: Editor, local: LocalTarget) -> None:
        local.put_access_list(our_list("00g1"))
        for made in (our_user("smuggled"), our_lock("l"), member("00g1", "guest", Membership())):
            address = editor.create(made).address
            assert local.index(ORG).edited == {address}
            editor.remove(address)
            assert local.index(ORG).edited == set()

    def test_a_list_that_goes_takes_its_members_along_but_for_those_whom_a_hand_had_added(
        self, editor: Editor, local: LocalTarget, store: SqliteStore
    ) -> None:
        local.put_access_list(our_list("00g1"))
        local.add_members("00g1", {"hiro": Membership(joined="2026-01-01T00:00:00Z", reason="x")})
        editor.create(member("00g1", "guest", Membership()))
        editor.remove("access_list/00g1")
        assert local.index(ORG).edited == {"access_list/00g1", "access_list_member/00g1/hiro"}
        base = store.agreed("local").base(Names(frozenset(), frozenset({"00g1"})))
        assert base.access_lists == {"00g1": our_list("00g1")}
        assert base.members == {"00g1": {"hiro": Membership(joined="2026-01-01T00:00:00Z", reason="x")}}


class TestOwnedFields:
    """What an apply puts back is remembered; what people may keep is not."""

    @pytest.fixture
    def mine(self, local: LocalTarget, editor: Editor) -> Editor:
        local.put_user(our_user("hiro", "dev"))
        local.put_access_list(our_list("00g1", "Title", "dev"))
        local.add_members("00g1", {"hiro": Membership()})
        local.put_lock(our_lock("l"))
        return editor

    def edited(self, local: LocalTarget) -> frozenset[Address]:
        return local.index(ORG).edited

    @pytest.mark.parametrize(
        ("change", "owned"),
        [
            ({"title": "Mine"}, True),
            ({"description": "Mine"}, True),
            ({"grants": Grants(roles=("root",))}, True),
            ({"owners": (Owner("bob"),)}, False),
            ({"audit": Audit(next_audit_date="2030-01-01T00:00:00Z")}, False),
            ({"membership_requires": Grants(roles=("x",))}, False),
            ({"ownership_requires": Grants(roles=("x",))}, False),
        ],
        ids=lambda value: next(iter(value)) if isinstance(value, dict) else "",
    )
    def test_of_a_list(self, mine: Editor, local: LocalTarget, change: dict[str, object], owned: bool) -> None:
        found = mine.find("access_list/00g1")
        assert isinstance(found, AccessList)
        done = mine.replace(replace(found, spec=replace(found.spec, **change)))
        assert self.edited(local) == ({"access_list/00g1"} if owned else set())
        assert ("puts back" in done.note) == owned

    @pytest.mark.parametrize(
        ("change", "owned"),
        [({"roles": ("root",)}, True), ({"traits": {}}, True), ({"expires": "2030-01-01T00:00:00Z"}, False)],
    )
    def test_of_a_user(self, mine: Editor, local: LocalTarget, change: dict[str, object], owned: bool) -> None:
        found = mine.find("user/hiro")
        assert isinstance(found, User)
        mine.replace(replace(found, spec=replace(found.spec, **change)))
        assert self.edited(local) == ({"user/hiro"} if owned else set())

    def test_of_labels_only_ours(self, mine: Editor, local: LocalTarget) -> None:
        found = mine.find("user/hiro")
        assert isinstance(found, User)
        labels = found.metadata.labels
        done = mine.replace(replace(found, metadata=replace(found.metadata, labels={**labels, "team": "x"})))
        assert self.edited(local) == set()
        assert isinstance(done.resource, User)
        mine.replace(replace(done.resource, metadata=replace(done.resource.metadata, labels={"team": "x"})))
        assert self.edited(local) == {"user/hiro"}

    def test_of_a_lock_everything(self, mine: Editor, local: LocalTarget) -> None:
        found = mine.find("lock/l")
        assert found is not None
        mine.replace(replace(found, spec=replace(found.spec, message="changed")))
        assert self.edited(local) == {"lock/l"}

    def test_of_a_member_that_it_is_there_and_what_it_is(self, mine: Editor, local: LocalTarget) -> None:
        found = mine.find("access_list_member/00g1/hiro")
        assert found is not None
        mine.replace(replace(found, spec=replace(found.spec, expires="2030-01-01T00:00:00Z", reason="longer")))
        assert self.edited(local) == set()
        mine.remove("access_list_member/00g1/hiro")
        assert self.edited(local) == {"access_list_member/00g1/hiro"}
        mine.create(member("00g1", "guest", Membership()))
        assert self.edited(local) == {"access_list_member/00g1/hiro", "access_list_member/00g1/guest"}

    def test_of_what_is_foreign_nothing(self, mine: Editor, local: LocalTarget) -> None:
        mine.create(own_list("own"))
        mine.create(member("own", "hiro", Membership()))
        mine.remove("access_list/own")
        assert self.edited(local) == set()


class TestNesting:
    def nested(self, outer: str, inner: str) -> object:
        return member(outer, inner, Membership(membership_kind=NESTED_LIST))

    def test_lists_may_nest_ten_deep_and_no_deeper(self, editor: Editor) -> None:
        for number in range(12):
            editor.create(own_list(f"l{number}"))
        for number in range(10):
            editor.create(self.nested(f"l{number}", f"l{number + 1}"))  # type: ignore[arg-type]
        with pytest.raises(ResourceError, match="cannot be nested") as caught:
            editor.create(self.nested("l10", "l11"))  # type: ignore[arg-type]
        assert "10 levels" in caught.value.why

    def test_a_deep_list_may_not_be_hung_below_another(self, editor: Editor) -> None:
        for number in range(12):
            editor.create(own_list(f"l{number}"))
        for number in [*range(5), *range(6, 11)]:
            editor.create(self.nested(f"l{number}", f"l{number + 1}"))  # type: ignore[arg-type]
        with pytest.raises(ResourceError):
            editor.create(self.nested("l5", "l6"))  # type: ignore[arg-type]

    @pytest.mark.parametrize("inner", ["a", "b", "c"])
    def test_no_list_may_contain_itself(self, editor: Editor, local: LocalTarget, inner: str) -> None:
        for name in "abc":
            editor.create(own_list(name))
        editor.create(self.nested("a", "b"))  # type: ignore[arg-type]
        editor.create(self.nested("b", "c"))  # type: ignore[arg-type]
        before = canonical_bytes(local.state())
        with pytest.raises(ResourceError, match="cannot be nested"):
            editor.create(self.nested("c", inner), force=True)  # type: ignore[arg-type]
        assert canonical_bytes(local.state()) == before

    def test_no_list_may_own_itself(self, editor: Editor) -> None:
        editor.create(own_list("a"))
        editor.create(own_list("b", Owner("a", membership_kind=NESTED_LIST)))
        with pytest.raises(ResourceError, match="cannot be nested"):
            editor.create(own_list("a", Owner("b", membership_kind=NESTED_LIST)), force=True)
        with pytest.raises(ResourceError, match="cannot be nested"):
            editor.create(own_list("c", Owner("c", membership_kind=NESTED_LIST)))

    def test_lists_that_do_not_exist_are_refused(self, editor: Editor) -> None:
        editor.create(own_list("own"))
        for made in (
            member("none", "hiro", Membership()),
            self.nested("own", "none"),
            own_list("other", Owner("none", membership_kind=NESTED_LIST)),
        ):
            with pytest.raises(ResourceError, match="The access list none does not exist"):
                editor.create(made)  # type: ignore[arg-type]

    def test_a_list_in_use_may_not_be_removed(self, editor: Editor, local: LocalTarget) -> None:
        for name in ("inner", "outer"):
            editor.create(own_list(name))
        editor.create(self.nested("outer", "inner"))  # type: ignore[arg-type]
        editor.create(own_list("owned", Owner("inner", membership_kind=NESTED_LIST)))
        with pytest.raises(ResourceError, match="in use") as caught:
            editor.remove("access_list/inner")
        assert "outer, owned" in caught.value.why or "owned, outer" in caught.value.why
        assert "inner" in local.state().access_lists

    def test_a_person_of_a_lists_name_keeps_nothing_from_being_removed(self, editor: Editor) -> None:
        editor.create(own_list("name"))
        editor.create(own_list("other", Owner("name")))
        editor.create(member("other", "name", Membership()))
        assert editor.remove("access_list/name").action == "delete"


def test_one_step_of_the_serial_for_each_change(editor: Editor, local: LocalTarget) -> None:
    editor.create(our_user("hiro"))
    assert local.serial() == 1
    editor.remove("user/hiro")
    assert local.serial() == 2


def test_a_refused_change_leaves_no_trace(editor: Editor, local: LocalTarget, store: SqliteStore) -> None:
    with pytest.raises(ResourceError):
        editor.create(lock(Metadata("l"), LockSpec(LockTarget())))
    assert local.serial() == 0
    assert by_hand(store) == []


kinds = st.sampled_from(["user", "list"])


@settings(max_examples=examples(130), deadline=None)
@given(st.lists(st.tuples(kinds, st.sampled_from("ab"), st.sampled_from(["x", "y"]), st.booleans()), max_size=8))
def test_taking_the_journal_back_step_by_step_gives_the_empty_directory(
    tmp_path_factory: pytest.TempPathFactory, deeds: list[tuple[str, str, str, bool]]
) -> None:
    with open_store(tmp_path_factory.mktemp("hand") / "idsync.db") as store:
        local = LocalTarget(store.directory, ORG)
        editor = Editor(local, store, actor="ann", now=NOW)
        for kind, name, value, removes in deeds:
            made = our_user(name, value) if kind == "user" else our_list(f"l{name}", value)
            address = f"user/{name}" if kind == "user" else f"access_list/l{name}"
            if not removes:
                editor.create(made, force=True)
            elif editor.find(address) is not None:
                editor.remove(address)
        for entry in reversed(by_hand(store)):
            before, after = resource_in(store, entry.before), resource_in(store, entry.after)
            found = editor.find(entry.address)
            assert (found and revision_of(found)) == (after and revision_of(after))
            if before is None:
                editor.remove(entry.address)
            else:
                editor.create(before, force=True)
        assert local.state().users == {}
        assert local.state().access_lists == {}
        assert store.journal.verify().broken_at is None
