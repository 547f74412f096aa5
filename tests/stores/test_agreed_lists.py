"""The lists that a target elsewhere agreed on, read by few or by many, on every database."""

from collections.abc import Mapping

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from idsync.model.addresses import Address, access_list_address, member_address
from idsync.model.resources import NEW_MEMBERSHIP, Membership
from idsync.model.upstream_lists import KIND_LABEL, list_in_okta
from idsync.stores.protocol import Found, Store
from tests.effort import examples
from tests.stores.contract import Clock, Opener
from tests.targets.world import HOSTILE_NAMES, ORG

ENG = list_in_okta("00g1", "group", "eng", ORG)
APP = list_in_okta("0oa1", "app", "Salesforce", ORG)


def keep(store: Store, found: Mapping[Address, Found | None]) -> None:
    store.agreed("okta").keep(found)


def filled(store: Store) -> None:
    keep(store, {access_list_address("00g1"): ENG, access_list_address("0oa1"): APP})
    for access_list, person in (("00g1", "00ua"), ("00g1", "00ub"), ("0oa1", "00ua")):
        keep(store, {member_address(access_list, person): NEW_MEMBERSHIP})


def test_nothing_is_agreed_on_at_first(store: Store) -> None:
    lists = store.agreed_lists("okta")
    assert (lists.names(), lists.count()) == (frozenset(), 0)
    assert not lists.members(["00g1"])
    assert not lists.bodies(["00g1"])


def test_lists_are_read_with_everybody_or_with_few(store: Store) -> None:
    filled(store)
    lists = store.agreed_lists("okta")
    assert (set(lists.names()), lists.count()) == ({"00g1", "0oa1"}, 3)
    assert lists.members(["00g1", "0oa1", "00g9"]) == {"00g1": {"00ua", "00ub"}, "0oa1": {"00ua"}}
    assert lists.members(["00g1", "0oa1"], ["00ub", "00uz"]) == {"00g1": {"00ub"}, "0oa1": frozenset()}
    assert lists.members(["00g1"], ()) == {"00g1": frozenset()}
    assert lists.bodies(["0oa1", "00g9"]) == {"0oa1": APP}
    assert lists.bodies(["00g1"])["00g1"].metadata.labels[KIND_LABEL] == "group"
    assert store.agreed_lists("elsewhere").names() == frozenset()


def test_a_membership_ends_and_a_list_goes_with_all_of_them(store: Store) -> None:
    filled(store)
    lists = store.agreed_lists("okta")
    keep(store, {member_address("00g1", "00ua"): None, member_address("00g1", "00uz"): None})
    keep(store, {member_address("00g1", "00ub"): Membership(joined="2026-11-22T09:30:00Z")})
    assert lists.members(["00g1"]) == {"00g1": {"00ub"}}
    keep(store, {access_list_address("00g1"): None})
    assert (set(lists.names()), lists.count()) == ({"0oa1"}, 1)
    keep(store, {access_list_address("00g1"): ENG})
    assert lists.members(["00g1"]) == {"00g1": frozenset()}, "it begins with nobody"


def test_what_is_written_in_a_transaction_is_read_in_it_and_gone_with_it(store: Store) -> None:
    class Undone(Exception):
        pass

    lists = store.agreed_lists("okta")
    try:
        with store.transaction():
            filled(store)
            assert lists.members(["00g1"]) == {"00g1": {"00ua", "00ub"}}
            assert lists.bodies(["00g1"]) == {"00g1": ENG}
            raise Undone
    except Undone:
        assert lists.names() == frozenset()


@settings(max_examples=examples(10), deadline=None, suppress_health_check=list(HealthCheck))
@given(st.dictionaries(st.sampled_from(HOSTILE_NAMES), st.sets(st.sampled_from(HOSTILE_NAMES), max_size=4), max_size=3))
def test_hostile_ids_are_told_apart(
    opener: Opener, tmp_path_factory: pytest.TempPathFactory, inside: dict[str, set[str]]
) -> None:
    place = tmp_path_factory.mktemp("agreed")
    named = {name.replace("/", "."): people for name, people in inside.items()}
    with opener(place, Clock()) as store:
        for name, people in named.items():
            keep(store, {access_list_address(name): list_in_okta(name, "group", name, ORG)})
            keep(store, {member_address(name, person): NEW_MEMBERSHIP for person in people})
        lists = store.agreed_lists("okta")
        assert lists.names() == named.keys()
        assert lists.members(named.keys()) == named
        assert lists.count() == sum(map(len, named.values()))
