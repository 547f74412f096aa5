"""The built-in group Everyone: everybody is in it, whatever a source says of its members."""

import pytest

from idsync.model.directory import DirectoryState
from idsync.model.extent import Extent, Reading
from idsync.reconcile.planning import plan_part
from tests.core.replay import settled
from tests.core.upstream import MemoryUpstream
from tests.core.world import (
    NOTHING,
    NOW,
    Directory,
    config,
    group,
    lines,
    okta,
    person,
    plan,
    planned,
    user_change,
)

LISTED = "ImportFilters: {groups: {include: [Everyone, eng]}}"
WILD = 'RoleMapping: {rules: [{group: "Every*", roles: ["all-$1"]}, {group: eng, roles: [dev]}]}'
EMPTY = group("Everyone", type="BUILT_IN")
PEOPLE = person("ann"), person("ben"), person("cid")


@pytest.mark.parametrize("members", [(), ("ann",), ("ann", "ben", "cid", "gone")])
def test_r17_everybody_is_in_it_however_it_is_listed(members: tuple[str, ...]) -> None:
    everyone = group("Everyone", *members, type="BUILT_IN")
    made = planned(okta(*PEOPLE, everyone, group("eng", "ann")), NOTHING, config(LISTED, WILD))
    state = settled(okta(*PEOPLE, everyone, group("eng", "ann")), config(LISTED, WILD))
    assert state.members["00g-Everyone"].keys() == {"ann", "ben", "cid"}
    assert {name: user.spec.roles for name, user in state.users.items()} == {
        "ann": ("okta-requester", "all-one", "dev"),
        "ben": ("okta-requester", "all-one"),
        "cid": ("okta-requester", "all-one"),
    }
    assert made.seen.measures.lists["00g-Everyone"].people == 3


def test_r17_without_its_exact_name_as_a_filter_it_is_not_a_list_and_counts_for_rules() -> None:
    state = settled(okta(*PEOPLE, EMPTY), config('ImportFilters: {groups: {include: ["*"]}}', WILD))
    assert state.access_lists == {}
    assert {name for name, user in state.users.items() if "all-one" in user.spec.roles} == {"ann", "ben", "cid"}


def test_r17_another_group_of_that_name_is_an_ordinary_one() -> None:
    state = settled(okta(*PEOPLE, group("Everyone", "ann")), config(WILD))
    assert state.members["00g-Everyone"].keys() == {"ann"}
    assert [name for name, user in state.users.items() if "all-one" in user.spec.roles] == ["ann"]


def test_r17_who_joins_the_organization_joins_it_and_who_leaves_leaves_it() -> None:
    settings = config(LISTED, WILD)
    state: DirectoryState = settled(okta(*PEOPLE, EMPTY), settings)
    made = plan(okta(*PEOPLE[1:], person("dora"), EMPTY), state, settings)
    assert "update access_list Everyone: membership_changed +dora -ann" in lines(made)
    assert "create user dora: assigned" in lines(made)


def test_r17_a_part_counts_everybody_in_it_and_takes_nobody_out() -> None:
    settings = config(LISTED, WILD)
    first = okta(*PEOPLE, EMPTY)
    state, upstream = settled(first, settings), MemoryUpstream(first)
    joined = okta(person("dora"))
    moved = upstream.take(Reading(joined, Extent(frozenset({"00u-dora"}), frozenset())))
    made = plan_part(settings, upstream, Directory(state), moved, last=None, now=NOW).plan
    assert lines(made) == [
        "create user dora: assigned",
        "update access_list Everyone: membership_changed +dora",
    ]
    after = user_change(made, "dora").after
    assert after is not None
    assert "all-one" in after.spec.roles
    changed = okta(person("ben", title="cook"))
    moved = upstream.take(Reading(changed, Extent(frozenset({"00u-ben"}), frozenset())))
    made = plan_part(settings, upstream, Directory(state), moved, last=None, now=NOW).plan
    assert lines(made) == ["update user ben: profile_changed"]
