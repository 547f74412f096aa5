"""Agreed states: of the local directory by its differences, of other targets by a row for each object."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from idsync.model.addresses import Address, access_list_address, lock_address, member_address, user_address
from idsync.model.agreed_past import AgreedPast, EndedMembership, FormerName, LiftedLock
from idsync.model.canonical import body_of
from idsync.model.directory import DirectoryState, Names
from idsync.model.resources import AccessList, Membership, User
from idsync.stores.protocol import AgreedState, Difference, Store
from idsync.targets.local import LocalTarget
from tests.effort import examples
from tests.stores.contract import Clock, Opener
from tests.targets.world import HOSTILE_NAMES, ORG, our_list, our_lock, our_user


def keep(agreed: AgreedState, found: dict[Address, Any]) -> None:
    """Keep objects of any kinds."""
    agreed.keep(found)


NOBODY: frozenset[str] = frozenset()
HIRO = user_address("hiro")
EVERYTHING = Names(frozenset({"hiro", "ann", "gone"}), frozenset({"00g1", "00g2", "00g3"}))


@pytest.fixture
def local(store: Store) -> LocalTarget:
    return LocalTarget(store.directory, ORG)


@pytest.fixture
def agreed(store: Store) -> AgreedState:
    return store.agreed("local")


@pytest.fixture
def remote(store: Store) -> AgreedState:
    return store.agreed("elsewhere")


class TestPast:
    """What was, of any target."""

    FORMER = FormerName("a/b 'é", "00u1", "2026-01-01T00:00:00Z", by_hand=True)
    LIFTED = LiftedLock("00u2", "suspension", "2026-01-02T00:00:00Z")
    ENDED = EndedMembership("00g1", "00u3", "2026-01-03T00:00:00Z")

    @pytest.mark.parametrize("target", ["local", "elsewhere"])
    def test_it_is_kept_by_target_until_it_is_forgotten(self, store: Store, target: str) -> None:
        agreed = store.agreed(target)
        assert agreed.past() == AgreedPast()
        past = AgreedPast((self.FORMER,), (self.LIFTED,), (self.ENDED,))
        agreed.remember(past)
        agreed.remember(past)
        assert agreed.past() == past
        assert store.agreed("another").past() == AgreedPast()
        agreed.forget(past)
        agreed.forget(past)
        assert agreed.past() == AgreedPast()

    def test_a_part_is_of_people_and_names(self, agreed: AgreedState) -> None:
        agreed.remember(AgreedPast((self.FORMER,), (self.LIFTED,), (self.ENDED,)))
        assert agreed.past(["00u1"]).former == (self.FORMER,)
        assert agreed.past([], [self.FORMER.name]) == AgreedPast((self.FORMER,))
        assert agreed.past(["00u2", "00u3"], ["nobody"]) == AgreedPast((), (self.LIFTED,), (self.ENDED,))

    def test_the_last_word_about_a_person_counts(self, agreed: AgreedState) -> None:
        later = LiftedLock("00u2", "departure")
        agreed.remember(AgreedPast(lifted=(self.LIFTED,)))
        agreed.remember(AgreedPast(lifted=(later,)))
        assert agreed.past().lifted == (later,)
        assert agreed.past().lifted_at("00u2", "departure") is None

    def test_what_ended_in_a_list_goes_with_it(self, agreed: AgreedState) -> None:
        other = EndedMembership("00g2", "00u3", "2026-01-03T00:00:00Z")
        agreed.remember(AgreedPast(ended=(self.ENDED, other)))
        agreed.forget(AgreedPast(), ["00g1", "00g9"])
        assert agreed.past().ended == (other,)


class TestDifferences:
    def test_there_are_none_at_first(self, agreed: AgreedState) -> None:
        assert agreed.differing() == {}
        agreed.settle([HIRO])
        assert agreed.differing() == {}

    def test_one_is_kept_until_it_is_settled_by_its_address(self, agreed: AgreedState) -> None:
        body = body_of(our_user("hiro"))
        both = {HIRO: Difference(body.fingerprint, 7), user_address("ann"): Difference(None)}
        agreed.differ(both, [body])
        assert agreed.differing() == both
        agreed.settle([HIRO, user_address("nobody")])
        assert agreed.differing() == {user_address("ann"): Difference(None)}
        keep(agreed, {user_address("ann"): our_user("ann")})
        assert agreed.differing() == {}

    def test_a_later_one_takes_the_place_of_an_earlier(self, agreed: AgreedState) -> None:
        agreed.differ({HIRO: Difference(None, 1)})
        agreed.differ({HIRO: Difference(None, 2)})
        assert agreed.differing() == {HIRO: Difference(None, 2)}

    def test_a_part_has_its_users_its_lists_with_members_and_every_lock(self, agreed: AgreedState) -> None:
        inside: set[Address] = {
            HIRO,
            access_list_address("00g1"),
            member_address("00g1", "a/b"),
            member_address("00g1", "\U0010ffff"),
            lock_address("l1"),
        }
        outside: set[Address] = {
            user_address("hiro2"),
            user_address("access_list/00g1"),
            access_list_address("00g10"),
            member_address("00g10", "a"),
            member_address("00g", "1/a"),
        }
        agreed.differ(dict.fromkeys(inside | outside, Difference(None)))
        assert agreed.differing(Names(frozenset({"hiro"}), frozenset({"00g1"}))).keys() == inside
        assert agreed.differing(Names(NOBODY, NOBODY)).keys() == {lock_address("l1")}

    @pytest.mark.parametrize("name", HOSTILE_NAMES, ids=range(len(HOSTILE_NAMES)))
    def test_of_any_name(self, agreed: AgreedState, name: str) -> None:
        for address, part in (
            (user_address(name), Names(frozenset({name}), NOBODY)),
            (member_address("00g1", name), Names(NOBODY, frozenset({"00g1"}))),
        ):
            agreed.differ({address: Difference(None)})
            assert agreed.differing(part).keys() == {address}
            agreed.settle([address])
            assert agreed.differing() == {}

    def test_the_index_tells_their_addresses(self, agreed: AgreedState, local: LocalTarget) -> None:
        agreed.differ(dict.fromkeys([HIRO, member_address("00g1", "ann")], Difference(None)))
        assert local.index(ORG).edited == {HIRO, member_address("00g1", "ann")}
        assert local.index(ORG, Names(frozenset({"hiro"}), NOBODY)).edited == {HIRO}

    def test_the_base_is_what_is_there_with_them_taken_back(self, agreed: AgreedState, local: LocalTarget) -> None:
        local.put_user(our_user("hiro", "root"))
        local.put_user(our_user("ann"))
        for name in ("00g1", "00g2"):
            local.put_access_list(our_list(name))
        local.add_members("00g1", {"hiro": Membership(), "guest": Membership()})
        hiro, gone, g3, details = map(body_of, (our_user("hiro"), our_user("gone"), our_list("00g3"), Membership("x")))
        agreed.differ(
            {
                HIRO: Difference(hiro.fingerprint),
                user_address("ann"): Difference(None),
                user_address("gone"): Difference(gone.fingerprint),
                access_list_address("00g2"): Difference(None),
                access_list_address("00g3"): Difference(g3.fingerprint),
                member_address("00g1", "guest"): Difference(None),
                member_address("00g1", "left"): Difference(details.fingerprint),
                member_address("00g3", "hiro"): Difference(details.fingerprint),
            },
            [hiro, gone, g3, details],
        )
        base = agreed.base(EVERYTHING)
        assert base.users == {"hiro": our_user("hiro"), "gone": our_user("gone")}
        assert base.access_lists == {"00g1": our_list("00g1"), "00g3": our_list("00g3")}
        assert base.members == {
            "00g1": {"hiro": Membership(), "left": Membership("x")},
            "00g3": {"hiro": Membership("x")},
        }
        assert agreed.base(Names(frozenset({"nobody"}), NOBODY)) == DirectoryState()


class TestElsewhere:
    def test_what_is_kept_is_the_base(self, remote: AgreedState) -> None:
        assert remote.base(EVERYTHING) == DirectoryState()
        keep(
            remote,
            {
                HIRO: our_user("hiro"),
                lock_address("l1"): our_lock("l1"),
                access_list_address("00g1"): our_list("00g1"),
                member_address("00g1", "a/b"): Membership(reason="é"),
                member_address("00g1", "hiro"): Membership(),
                user_address("ann"): None,
            },
        )
        base = remote.base(EVERYTHING)
        assert (base.users, base.access_lists) == ({"hiro": our_user("hiro")}, {"00g1": our_list("00g1")})
        assert base.members == {"00g1": {"a/b": Membership(reason="é"), "hiro": Membership()}}
        assert remote.differing() == {}

    def test_what_goes_is_gone_and_a_list_takes_its_members_along(self, remote: AgreedState) -> None:
        members = {member_address("00g1", name): Membership() for name in ("hiro", "ann")}
        keep(remote, {HIRO: our_user("hiro"), access_list_address("00g1"): our_list("00g1"), **members})
        keep(remote, {HIRO: None, member_address("00g1", "ann"): None, access_list_address("00g9"): None})
        assert remote.base(EVERYTHING).members == {"00g1": {"hiro": Membership()}}
        keep(remote, {access_list_address("00g1"): None})
        keep(remote, {access_list_address("00g1"): our_list("00g1", "Again")})
        assert remote.base(EVERYTHING).members == {"00g1": {}}

    def test_one_target_knows_nothing_of_another(self, store: Store, remote: AgreedState) -> None:
        keep(remote, {HIRO: our_user("hiro"), access_list_address("00g1"): our_list("00g1")})
        assert store.agreed("elsewhere still").base(EVERYTHING) == DirectoryState()
        assert store.agreed("local").base(EVERYTHING) == DirectoryState()


@settings(max_examples=examples(130), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(
        st.dictionaries(
            st.sampled_from(["user/hiro", "user/ann", "access_list/00g1", "access_list/00g2"]),
            st.sampled_from(["A", "B", None]),
            max_size=3,
        ),
        max_size=6,
    )
)
def test_the_last_word_on_each_address_counts(
    opener: Opener, place: Callable[[], Path], spans: list[dict[str, str | None]]
) -> None:
    with opener(place(), Clock()) as store:
        remote = store.agreed("elsewhere")
        users: dict[str, User | None] = {}
        lists: dict[str, AccessList | None] = {}
        for span in spans:
            for address, value in span.items():
                kind, name = address.split("/")
                if kind == "user":
                    users[name] = None if value is None else our_user(name, value)
                else:
                    lists[name] = None if value is None else our_list(name, value)
                keep(remote, {Address(address): users[name] if kind == "user" else lists[name]})
        base = remote.base(EVERYTHING)
        assert base.users == {name: made for name, made in users.items() if made is not None}
        assert base.access_lists == {name: made for name, made in lists.items() if made is not None}
