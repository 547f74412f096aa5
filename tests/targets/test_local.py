"""What the local target does beyond the protocol: transactions, seen by others only when they are whole."""

from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from idsync.errors import StoreError
from idsync.model.canonical import canonical_bytes
from idsync.model.directory import Names
from idsync.model.resources import Membership
from idsync.stores.sqlite.store import open_store
from idsync.targets.local import LocalTarget
from tests.effort import examples
from tests.targets import world
from tests.targets.memory import MemoryTarget
from tests.targets.world import ORG, our_list, our_user


class Abandoned(Exception):
    """Ends a transaction without success."""


def test_a_transaction_is_one_step_of_the_serial(local: LocalTarget) -> None:
    with local.transaction():
        local.put_user(our_user("a"))
        local.put_access_list(our_list("00g1"))
        local.add_members("00g1", {"a": Membership()})
        assert local.serial() == 1
    assert local.serial() == 1
    local.put_user(our_user("b"))
    assert local.serial() == 2


def test_writes_are_seen_inside_their_transaction_and_by_others_after_it(
    local: LocalTarget, reopened: Callable[[], LocalTarget]
) -> None:
    other = reopened()
    with local.transaction():
        local.put_user(our_user("hiro"))
        local.put_access_list(our_list("00g1"))
        local.add_members("00g1", {"hiro": Membership()})
        assert local.state().members["00g1"].keys() == local.index(ORG).users.keys() == {"hiro"}
        assert local.index(ORG).access_lists["00g1"].member_count == 1
        assert other.state().users == {}
    assert other.state().users.keys() == {"hiro"}


def test_an_error_undoes_the_whole_transaction(local: LocalTarget) -> None:
    local.put_user(our_user("before"))
    with suppress(Abandoned), local.transaction():
        local.put_user(our_user("hiro"))
        local.put_access_list(our_list("00g1"))
        local.add_members("00g1", {"hiro": Membership(), "new": Membership()})
        local.state()
        local.delete_user("before")
        raise Abandoned
    assert local.state().users.keys() == {"before"}
    assert local.state().access_lists == {}
    assert local.serial() == 1
    # Nothing that was learned inside it, such as the numbers of names, outlives it.
    local.put_access_list(our_list("00g1"))
    local.add_members("00g1", {"new": Membership()})
    assert local.memberships(["new"]) == {"00g1": {"new": Membership()}}


def test_a_span_of_reads_sees_one_state(local: LocalTarget, reopened: Callable[[], LocalTarget]) -> None:
    local.put_user(our_user("a"))
    other = reopened()
    with other.reading():
        before = other.index(ORG)
        local.put_user(our_user("b"))
        assert other.index(ORG) == before
        assert other.state().users.keys() == {"a"}
    assert other.state().users.keys() == {"a", "b"}


def test_two_writers_in_turn_do_not_mix_up_their_lists(local: LocalTarget, reopened: Callable[[], LocalTarget]) -> None:
    other = reopened()
    local.put_access_list(our_list("00g1"))
    other.delete_access_list("00g1")
    other.put_access_list(our_list("00g2"))
    local.put_access_list(our_list("00g1"))
    local.add_members("00g1", {"hiro": Membership()})
    assert {name: set(members) for name, members in other.state().members.items()} == {"00g1": {"hiro"}, "00g2": set()}


def test_members_of_a_missing_list_are_refused(local: LocalTarget) -> None:
    with pytest.raises(StoreError, match="access list 00g1 does not exist"):
        local.add_members("00g1", {"hiro": Membership()})
    assert local.serial() == 0


@pytest.mark.parametrize("name", ["a\0b", "\ud800"])
def test_a_name_that_is_not_text_is_refused_and_never_mistaken_for_another(local: LocalTarget, name: str) -> None:
    local.put_user(our_user("a"))
    local.put_access_list(our_list("00g1"))
    local.add_members("00g1", {"a": Membership()})
    for attempt in (
        lambda: local.remove_members("00g1", [name]),
        lambda: local.add_members("00g1", {name: Membership()}),
        lambda: local.memberships([name]),
        lambda: local.state(Names(frozenset({name}), frozenset())),
    ):
        with pytest.raises(StoreError, match="not text"):
            attempt()
    assert dict(local.state().members["00g1"]) == {"a": Membership()}


def test_equal_memberships_are_one_object_in_memory(local: LocalTarget) -> None:
    for name in ("00g1", "00g2"):
        local.put_access_list(our_list(name))
        local.add_members(name, {who: Membership(reason="same") for who in ("a", "b")})
    members = local.state().members
    assert len({id(details) for each in members.values() for details in each.values()}) == 1


@pytest.mark.parametrize("mixed", [False, True])
def test_a_bulk_import_reads_back_the_same_in_bulk_and_in_part(local: LocalTarget, mixed: bool) -> None:
    people = [f"user{number}" for number in range(2_000)]
    wanted = {
        f"00g{number}": {
            who: Membership(reason="odd" if mixed and place % 7 == 0 else "") for place, who in enumerate(people)
        }
        for number in range(60)
    }
    with local.transaction():
        for name, members in wanted.items():
            local.put_access_list(our_list(name))
            local.add_members(name, members)
    assert {name: dict(members) for name, members in local.state().members.items()} == wanted
    assert local.memberships(["user7"]) == {name: {"user7": members["user7"]} for name, members in wanted.items()}
    some = local.state(Names(frozenset(), frozenset({"00g1", "00g2"})))
    assert {name: dict(members) for name, members in some.members.items()} == {n: wanted[n] for n in ("00g1", "00g2")}
    most = local.state(Names(frozenset(), frozenset(wanted)))
    assert {name: dict(members) for name, members in most.members.items()} == wanted


Operation = tuple[str, tuple[Any, ...]]
operations = st.one_of(
    st.tuples(st.just("put_user"), st.tuples(world.users)),
    st.tuples(st.just("delete_user"), st.tuples(world.names)),
    st.tuples(st.just("put_lock"), st.tuples(world.locks)),
    st.tuples(st.just("delete_lock"), st.tuples(st.sampled_from(["l1", "l/2", "é"]))),
    st.tuples(st.just("put_access_list"), st.tuples(world.access_lists)),
    st.tuples(st.just("delete_access_list"), st.tuples(world.list_names)),
    st.tuples(st.just("add_members"), st.tuples(world.list_names, world.member_maps)),
    st.tuples(st.just("remove_members"), st.tuples(world.list_names, st.lists(world.names, max_size=3))),
)
transactions = st.lists(st.tuples(st.booleans(), st.lists(operations, max_size=6)), max_size=6)


@settings(max_examples=examples(200), deadline=None)
@given(transactions)
def test_any_transactions_kept_or_undone_leave_what_their_plain_meaning_says(
    tmp_path_factory: pytest.TempPathFactory, spans: list[tuple[bool, list[Operation]]]
) -> None:
    meaning = MemoryTarget()
    with open_store(tmp_path_factory.mktemp("any") / "idsync.db") as store:
        local = LocalTarget(store.directory, ORG)
        for kept, span in spans:
            with suppress(Abandoned), local.transaction():
                for name, values in span:
                    if name != "add_members" or values[0] in local.access_lists():
                        getattr(local, name)(*values)
                if not kept:
                    raise Abandoned
            for name, values in span if kept else ():
                if name != "add_members" or values[0] in meaning.lists:
                    getattr(meaning, name)(*values)
        assert canonical_bytes(local.state()) == canonical_bytes(meaning.state())
        ours, theirs = local.index(ORG), meaning.index(ORG)
        assert (ours.users, ours.access_lists) == (theirs.users, theirs.access_lists)
        assert local.memberships(world.HOSTILE_NAMES) == meaning.memberships(world.HOSTILE_NAMES)


def test_a_first_name_that_is_not_text_is_refused_too(local: LocalTarget) -> None:
    with pytest.raises(StoreError, match="not text"):
        local.put_user(our_user("a\0b"))
    assert local.state().users == {}
