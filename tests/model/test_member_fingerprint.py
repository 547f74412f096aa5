"""The fingerprint of a list's members: one for a set in any order, and one hash more for a member more."""

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from idsync.model.member_fingerprint import (
    MODULUS,
    entry_hash,
    fingerprint_members,
    fingerprint_of_sum,
    plain_hash,
    sum_from_bytes,
    sum_to_bytes,
)
from idsync.model.resources import NESTED_LIST, Membership

names = st.text(st.characters(exclude_characters="\0"), min_size=1)
details = st.sampled_from(
    [
        Membership(),
        Membership(joined="2026-01-01T00:00:00Z", added_by="ann"),
        Membership(expires="2027-01-01T00:00:00Z"),
        Membership(reason="on call"),
        Membership(membership_kind=NESTED_LIST),
    ]
)
members = st.dictionaries(names, details, max_size=6)


@given(members, st.randoms())
def test_the_order_of_members_does_not_matter(some: dict[str, Membership], dice: Random) -> None:
    mixed = dict(dice.sample(list(some.items()), len(some)))
    assert fingerprint_members("00g1", mixed) == fingerprint_members("00g1", some)


@given(members, names, details)
def test_a_member_more_and_less_again_costs_two_hashes(
    some: dict[str, Membership], name: str, entry: Membership
) -> None:
    rest = {who: each for who, each in some.items() if who != name}
    total = sum(entry_hash(who, each) for who, each in rest.items())
    more = total + entry_hash(name, entry)
    assert fingerprint_of_sum("00g1", more) == fingerprint_members("00g1", {**rest, name: entry})
    assert fingerprint_of_sum("00g1", more - entry_hash(name, entry) - MODULUS) == fingerprint_members("00g1", rest)
    assert fingerprint_members("00g1", rest) != fingerprint_members("00g1", {**rest, name: entry})


def test_equal_members_of_two_lists_have_two_fingerprints() -> None:
    assert fingerprint_members("00g1", {"a": Membership()}) != fingerprint_members("00g2", {"a": Membership()})


def test_who_added_a_member_and_when_is_not_hashed() -> None:
    assert entry_hash("a", Membership(joined="2026-01-01T00:00:00Z", added_by="ann")) == plain_hash("a")


@pytest.mark.parametrize(
    "entry",
    [Membership(expires="2027-01-01T00:00:00Z"), Membership(reason="x"), Membership(membership_kind=NESTED_LIST)],
)
def test_what_a_person_adds_to_a_membership_is_hashed(entry: Membership) -> None:
    assert entry_hash("a", entry) != plain_hash("a")


@given(st.integers(-(2**300), 2**300))
def test_a_sum_is_kept_in_32_bytes(total: int) -> None:
    assert len(sum_to_bytes(total)) == 32
    assert sum_from_bytes(sum_to_bytes(total)) == total % MODULUS
    assert fingerprint_of_sum("00g1", sum_from_bytes(sum_to_bytes(total))) == fingerprint_of_sum("00g1", total)
