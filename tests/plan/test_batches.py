"""A plan in pieces: made some at a time, in the order of steps, they come to what the plan comes to."""

from typing import Any
from unittest.mock import patch

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from idsync.plan import batches
from idsync.plan.batches import Piece, joined, pieces_of
from idsync.plan.changes import AccessListChange, Plan
from idsync.plan.replay import replay
from idsync.plan.steps import Phase, phases_of, steps_of
from tests.core.organizations import CONFIGS, hands, others, snapshots
from tests.core.test_split_properties import made_of
from tests.core.world import NOW, config, group, okta, person, plan
from tests.effort import examples

many = settings(max_examples=examples(200), deadline=None, suppress_health_check=[HealthCheck.too_slow])
MEMBERS = config("AccessListRules: {rules: [{group: '*'}]}")


def in_batches(made: Plan, sizes: list[int]) -> list[list[Piece]]:
    """The pieces of a plan, so many at a time, in turn."""
    pieces, found, turn = pieces_of(made.changes), [], 0
    while pieces:
        size = sizes[turn % len(sizes)]
        found.append(pieces[:size])
        pieces, turn = pieces[size:], turn + 1
    return found


@many
@given(
    state=others(),
    first=snapshots(),
    hand=hands(),
    second=snapshots(),
    chosen=st.sampled_from(CONFIGS),
    sizes=st.lists(st.integers(1, 4), min_size=1, max_size=4),
    members=st.integers(1, 3),
)
def test_pieces_come_to_what_the_plan_comes_to(sizes: list[int], members: int, **case: Any) -> None:
    state, whole = made_of(**case)
    with patch.object(batches, "MOST_MEMBERS", members):
        parts = in_batches(whole, sizes)
    now = state
    for number, part in enumerate(parts):
        changes = joined(part)
        assert len({change.address for change in changes}) == len(changes)
        now = replay(now, changes, NOW)
        left = joined([piece for later in parts[number + 1 :] for piece in later])
        assert replay(now, left, NOW) == replay(state, whole.changes, NOW)


@many
@given(state=others(), first=snapshots(), hand=hands(), second=snapshots(), chosen=st.sampled_from(CONFIGS))
def test_r22_pieces_keep_the_order_of_steps(**case: Any) -> None:
    _, whole = made_of(**case)
    with patch.object(batches, "MOST_MEMBERS", 1):
        pieces = pieces_of(whole.changes)
    alone = [change for piece in pieces for change in joined([piece])]
    phases = [phases_of(change) for change in alone]
    assert all(len(each) == 1 for each in phases)
    in_order = list(Phase)
    assert phases == sorted(phases, key=lambda each: in_order.index(each[0]))
    order = [(step.phase, step.change.address) for step in steps_of(whole.changes)]
    assert list(dict.fromkeys((phase[0], each.address) for phase, each in zip(phases, alone, strict=True))) == order


def test_a_crowd_that_joins_one_list_is_in_pieces() -> None:
    people = [f"p{number:03}" for number in range(50)]
    made = plan(okta(*map(person, people), group("eng", *people)), settings=MEMBERS)
    with patch.object(batches, "MOST_MEMBERS", 20):
        pieces = [piece for piece in pieces_of(made.changes) if isinstance(piece.whole, AccessListChange)]
    assert [len(piece.added) for piece in pieces] == [20, 20, 10]
    (last,) = joined(pieces[2:])
    assert isinstance(last, AccessListChange)
    assert (last.action, last.before, len(last.members_added)) == ("update", last.after, 10)
    assert joined(pieces) == (pieces[0].whole,)
