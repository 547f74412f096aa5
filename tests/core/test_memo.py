"""A plan that looks only at what moved is the plan that looks at everything, to the byte."""

from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from idsync.compiler.memo import Memo, decode_memo, encode_memo
from idsync.config.settings import Settings
from idsync.model.addresses import Address
from idsync.model.directory import DirectoryState
from idsync.model.extent import Reading
from idsync.model.identity import Snapshot
from idsync.model.resources import Membership, Metadata, UserSpec
from idsync.model.resources import user as user_resource
from idsync.reconcile.plan_options import PlanOptions
from idsync.reconcile.planned import Planned, Remembering
from idsync.reconcile.planning import make_plan
from tests.core.organizations import foreign_plain, relabelled_plain, without_plain
from tests.core.replay import applied
from tests.core.world import (
    NOTHING,
    NOW,
    ORG,
    PLAIN,
    Directory,
    app,
    config,
    group,
    okta,
    person,
    with_member,
    with_user,
)
from tests.effort import examples

DOCUMENTS = (
    """RoleMapping:
  rules:
    - {trait: okta/team, value: "red*", roles: ["in-$1"]}
    - {group: "aws-*", roles: ["aws-$1"]}
""",
    """AccessListRules:
  rules:
    - {group: "aws-*", title: "AWS $1", grants: {roles: ["aws-$1"]}}
""",
    """ImportFilters:
  groups: {exclude: ["hidden-*"]}
""",
)
LABELS = """ImportRules:
  rules:
    - {groups: ["aws-*"], apps: ["CRM"], labels: {env: prod}}
"""
RULES = config(*DOCUMENTS)
SWITCHED = (
    RULES,
    config(*DOCUMENTS, spec="sync: {users: false}"),
    config(*DOCUMENTS, spec="sync: {access_lists: false}"),
    config(*DOCUMENTS, LABELS, spec="sync: {app_groups: true}"),
    config(*DOCUMENTS, LABELS, spec="sync: {app_groups: true, access_lists: false}"),
)
Hand = Callable[[DirectoryState, int], DirectoryState]
NAMES = ("ann", "bob", "cat", "dan", "eve")
GROUPS = ("aws-admin", "team", "Team", "hidden-one", "AWS-prod")


@st.composite
def organizations(draw: st.DrawFn) -> Snapshot:
    """Five ids, under names that may be swapped or clash, and five groups of any of them."""
    people = [
        person(
            draw(st.sampled_from((name, name, name, *NAMES, name.upper()))),
            draw(st.sampled_from(("ACTIVE", "ACTIVE", "SUSPENDED", "DEPROVISIONED", "STRANGE"))),
            id=f"00u-{name}",
            team=draw(st.sampled_from(("red1", "Red1", "blue"))),
        )
        for name in NAMES
        if draw(st.integers(0, 5))
    ]
    groups = [group(name, *draw(st.sets(st.sampled_from(NAMES)))) for name in GROUPS if draw(st.integers(0, 4))]
    conveying = draw(st.sets(st.sampled_from(GROUPS)))
    apps = [app("CRM", *draw(st.sets(st.sampled_from(NAMES))), groups=[f"00g-{name}" for name in sorted(conveying)])]
    return okta(*people, *groups, *(apps if draw(st.booleans()) else ()))


@st.composite
def hands(draw: st.DrawFn, state: DirectoryState) -> DirectoryState:
    """The state after people edited it by hand."""
    for name in draw(st.sets(st.sampled_from(sorted(state.users)), max_size=2)) if state.users else ():
        user = user_resource(
            Metadata(name, labels={} if draw(st.booleans()) else state.users[name].metadata.labels), UserSpec(("x",))
        )
        state = with_user(state, user)
    for name in draw(st.sets(st.sampled_from(sorted(state.members)), max_size=2)) if state.members else ():
        who = draw(st.sampled_from(NAMES))
        state = with_member(state, name, who, draw(st.sampled_from((None, Membership(reason="by hand")))))
    if draw(st.booleans()):
        state = draw(st.sampled_from((without_plain, relabelled_plain, foreign_plain)))(state, draw(st.integers(0, 9)))
    if draw(st.booleans()):
        state = with_user(state, user_resource(Metadata(draw(st.sampled_from(NAMES)), labels={}), UserSpec(("mine",))))
    return state


def planned_with(settings_: Settings, snapshot: Snapshot, state: DirectoryState, memo: Memo | None) -> Planned:
    """A plan that remembers."""
    return make_plan(
        settings_, Reading(snapshot), Directory(state), PlanOptions(now=NOW), remembering=Remembering(memo)
    )


@settings(max_examples=examples(670), deadline=None)
@given(st.data())
def test_a_plan_with_a_memo_is_the_plan_without(data: st.DataObject) -> None:
    state: DirectoryState = NOTHING
    memo: Memo | None = None
    chosen = data.draw(st.sampled_from(SWITCHED))
    for _ in range(3):
        snapshot = data.draw(organizations())
        whole = planned_with(chosen, snapshot, state, None).plan
        narrow = planned_with(chosen, snapshot, state, memo)
        assert narrow.plan == whole
        memo = narrow.memo_before_apply()
        if data.draw(st.booleans()):
            state = applied(state, narrow.plan)
            memo = narrow.memo_after_apply(Directory(state).index(ORG))
        assert memo is not None
        memo = decode_memo(encode_memo(memo))
        state = data.draw(hands(state))


def test_nothing_is_looked_at_when_nothing_moved() -> None:
    snapshot = okta(person("ann"), person("bob"), group("team", "ann", "bob"))
    first = planned_with(PLAIN, snapshot, NOTHING, None)
    state = applied(NOTHING, first.plan)
    second = planned_with(PLAIN, snapshot, state, first.memo_after_apply(Directory(state).index(ORG)))
    assert second.within is not None
    assert (second.within.users, second.within.access_lists) == (frozenset(), frozenset())
    assert second.plan.is_empty


def test_only_the_lists_of_someone_who_left_are_looked_at() -> None:
    before = okta(person("ann"), person("bob"), group("one", "ann"), group("two", "bob"))
    first = planned_with(PLAIN, before, NOTHING, None)
    state = applied(NOTHING, first.plan)
    memo = first.memo_after_apply(Directory(state).index(ORG))
    after = planned_with(PLAIN, okta(person("ann"), group("one", "ann"), group("two", "bob")), state, memo)
    assert after.within is not None
    assert (after.within.users, after.within.access_lists) == (frozenset({"bob"}), frozenset({"00g-two"}))


def test_another_configuration_forgets_the_memo() -> None:
    snapshot = okta(person("ann"), group("team", "ann"))
    first = planned_with(PLAIN, snapshot, NOTHING, None)
    state = applied(NOTHING, first.plan)
    second = planned_with(RULES, snapshot, state, first.memo_after_apply(Directory(state).index(ORG)))
    assert second.looked_at_everything


def test_a_cache_of_something_else_is_not_a_memo() -> None:
    assert decode_memo(b"something else") is None
    assert decode_memo(None) is None


@pytest.mark.parametrize("hand", [relabelled_plain, without_plain, foreign_plain])
@pytest.mark.parametrize("side", ["member", "owner"])
def test_a_hand_on_one_role_of_a_list_leaves_its_other_role_alone(hand: Hand, side: str) -> None:
    chosen = config(spec="sync: {app_groups: true}")
    snapshot = okta(person("ann"), person("olga"), group("team", "ann"))
    first = planned_with(chosen, snapshot, NOTHING, None)
    state = applied(NOTHING, first.plan)
    memo = first.memo_after_apply(Directory(state).index(ORG))
    edited = hand(state, sorted(state.plain).index(Address(f"role/okta-{side}-00g-team")))
    assert edited != state
    narrow = planned_with(chosen, snapshot, edited, memo)
    assert narrow.within is not None
    assert narrow.plan == planned_with(chosen, snapshot, edited, None).plan
    assert not [change for change in narrow.plan.changes if change.action == "delete"]
