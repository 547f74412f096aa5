"""Who is in a list by lists nested in it: from above and from below alike, and never for ever."""

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from idsync.model.directory import DirectoryState, Members
from idsync.model.nesting import DEEPEST
from idsync.model.resources import NESTED_LIST, NEW_MEMBERSHIP, Membership
from idsync.targets.given import GivenDirectory
from idsync.targets.nested_people import NestedPeople
from tests.targets.world import NOW, our_list

INSIDE = Membership(membership_kind=NESTED_LIST)
OVER = Membership(membership_kind=NESTED_LIST, expires="2020-01-01T00:00:00Z")
PEOPLE = ("ann", "bob", "cat")
LISTS = tuple(f"l{number}" for number in range(5))


def nested(members: dict[str, dict[str, Membership]]) -> NestedPeople:
    lists = {name: our_list(name) for name in members}
    return NestedPeople(GivenDirectory(DirectoryState(access_lists=lists, members={**members})), NOW)


def chain(length: int) -> dict[str, dict[str, Membership]]:
    """Lists of which each has the next one in it, and the last one Ann."""
    found: dict[str, dict[str, Membership]] = {f"l{n}": {f"l{n + 1}": INSIDE} for n in range(length - 1)}
    return {**found, f"l{length - 1}": {"ann": NEW_MEMBERSHIP}}


def below(members: dict[str, dict[str, Membership]], name: str) -> frozenset[str] | None:
    there: Members = members[name]
    return nested(members).below(name, there)


def test_r52_as_many_levels_as_a_directory_allows_are_flattened_and_more_are_told() -> None:
    assert below(chain(DEEPEST), "l0") == frozenset({"ann"})
    assert below(chain(DEEPEST + 1), "l0") is None


def test_r52_lists_that_contain_each_other_are_told_and_nobody_looks_for_ever() -> None:
    members = {"l0": {"l1": INSIDE}, "l1": {"l2": INSIDE, "ann": NEW_MEMBERSHIP}, "l2": {"l1": INSIDE}}
    assert below(members, "l0") is None
    assert nested(members).above(["ann"])["l0"] == {"ann"}


def test_r52_a_nesting_or_a_membership_that_has_ended_leads_nowhere() -> None:
    ended = Membership(expires="2020-01-01T00:00:00Z")
    assert below({"l0": {"l1": OVER}, "l1": {"ann": NEW_MEMBERSHIP}}, "l0") == frozenset()
    members = {"l0": {"l1": INSIDE}, "l1": {"ann": ended, "bob": NEW_MEMBERSHIP}}
    assert below(members, "l0") == frozenset({"bob"})
    assert nested(members).above(PEOPLE) == {"l0": {"bob"}}


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.dictionaries(st.sampled_from(LISTS), st.sets(st.sampled_from([*PEOPLE, *LISTS]), max_size=4), min_size=1))
def test_r52_looked_at_from_below_and_from_above_the_same_people_are_in_a_list(inside: dict[str, set[str]]) -> None:
    """Lists lie only in lists of a smaller number, so that none contains itself."""
    members = {
        name: {
            each: INSIDE if each in LISTS else NEW_MEMBERSHIP
            for each in inside.get(name, ())
            if each not in LISTS or each > name
        }
        for name in LISTS
    }
    above = nested(members).above(PEOPLE)
    for name in LISTS:
        assert below(members, name) == above.get(name, frozenset())
