"""Lists in lists: every way up and down is followed once, cycles end, and depth is counted along the longest way."""

from collections.abc import Mapping

import pytest

from idsync.model.directory import Members
from idsync.model.nesting import DEEPEST, above, levels_from, nested_in, parents_of, people_below, reached_from
from idsync.model.resources import NESTED_LIST, Membership

PERSON = Membership()
LIST = Membership(membership_kind=NESTED_LIST)


def lists(**members: str) -> dict[str, Members]:
    """Lists by name; of their members, those in capitals are lists."""
    return {
        name.upper(): {member: LIST if member.isupper() else PERSON for member in entries.split()}
        for name, entries in members.items()
    }


DIAMOND = lists(top="LEFT RIGHT ann", left="LOW bob", right="MIDDLE", middle="LOW cem", low="dan ann")
CYCLE = lists(a="B ann", b="C bob", c="A cem")


def down(members: Mapping[str, Members], name: str) -> frozenset[str]:
    return nested_in(members.get(name, {}))


@pytest.mark.parametrize(
    ("members", "start", "people"),
    [
        (DIAMOND, ["TOP"], "ann bob cem dan"),
        (DIAMOND, ["MIDDLE"], "ann cem dan"),
        (DIAMOND, ["LEFT", "LOW"], "ann bob dan"),
        (CYCLE, ["B"], "ann bob cem"),
        (DIAMOND, ["UNKNOWN"], ""),
        (DIAMOND, [], ""),
    ],
)
def test_people_below_are_those_of_every_way_down(
    members: Mapping[str, Members], start: list[str], people: str
) -> None:
    assert people_below(start, members) == set(people.split())


def test_a_member_that_only_bears_the_name_of_a_list_is_a_person() -> None:
    members: dict[str, Members] = {"outer": {"inner": PERSON}, "inner": {"ann": PERSON}}
    assert people_below(["outer"], members) == {"inner"}
    assert parents_of(members) == {}


@pytest.mark.parametrize(
    ("members", "name", "found"),
    [(DIAMOND, "LOW", "LOW LEFT MIDDLE RIGHT TOP"), (DIAMOND, "TOP", "TOP"), (CYCLE, "A", "A B C")],
)
def test_above_a_list_are_all_that_it_is_nested_in_at_any_height(
    members: Mapping[str, Members], name: str, found: str
) -> None:
    assert above(name, parents_of(members)) == set(found.split())


def test_each_list_is_asked_about_once() -> None:
    asked: list[str] = []

    def step(level: frozenset[str]) -> frozenset[str]:
        asked.extend(level)
        return frozenset(inner for name in level for inner in down(DIAMOND, name))

    assert reached_from(["TOP"], step) == DIAMOND.keys()
    assert sorted(asked) == sorted(DIAMOND)


@pytest.mark.parametrize(("name", "levels"), [("TOP", 4), ("RIGHT", 3), ("LOW", 1)])
def test_levels_are_those_of_the_longest_way(name: str, levels: int) -> None:
    assert levels_from(name, lambda level: frozenset(each for one in level for each in down(DIAMOND, one))) == levels


def test_levels_of_a_cycle_are_more_than_are_allowed() -> None:
    assert levels_from("A", lambda level: frozenset(each for one in level for each in down(CYCLE, one))) > DEEPEST
