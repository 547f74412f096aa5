"""Merging one list that is edited on both sides, against an oracle that looks at one person at a time."""

from dataclasses import dataclass, field

from hypothesis import given
from hypothesis import strategies as st

from idsync.compiler.both_ways import LAG, Merged, as_told, newly_agreed, three_way
from idsync.model.sent import Sent

NAMES = ("ann", "bob", "cat", "dan", "eve")
people = st.frozensets(st.sampled_from(NAMES))
EDIT = st.tuples(st.sampled_from(["okta", "directory"]), st.sampled_from(NAMES), st.booleans())


def expected(agreed: bool, okta: bool, directory: bool) -> bool:
    """Whether one person is to be in the list: as the side has it that changed it."""
    if okta != agreed:
        return okta
    return directory


@given(people, people, people)
def test_r48_what_one_side_changed_wins(agreed: frozenset[str], okta: frozenset[str], here: frozenset[str]) -> None:
    merged = three_way(agreed, okta, here)
    assert merged.members == {n for n in NAMES if expected(n in agreed, n in okta, n in here)}
    assert (okta | merged.add) - merged.remove == merged.members
    assert merged.add.isdisjoint(okta)
    assert merged.remove <= okta


@given(people, people, people)
def test_r48_merging_again_what_was_merged_changes_nothing(
    agreed: frozenset[str], okta: frozenset[str], here: frozenset[str]
) -> None:
    merged = three_way(agreed, okta, here)
    again = three_way(merged.members, (okta | merged.add) - merged.remove, merged.members)
    assert again.members == merged.members
    assert not again.goes_out


@given(people, people)
def test_r51_nothing_agreed_nothing_sent(okta: frozenset[str], here: frozenset[str]) -> None:
    merged = three_way(None, okta, here)
    assert merged.members == okta
    assert not merged.goes_out


def test_r48_removal_wins_over_an_edit_of_the_same_membership_and_is_told() -> None:
    both = frozenset({"ann"})
    merged = three_way(both, frozenset(), both, edited=both)
    assert (merged.members, merged.contested) == (frozenset(), both)
    assert not three_way(both, both, both, edited=both).contested
    assert not three_way(both, frozenset(), both).contested


@dataclass
class World:
    """A group in Okta, the copy that a reading is answered from, a list in the directory, and what is kept between."""

    okta: set[str] = field(default_factory=set)
    copy: frozenset[str] = frozenset()
    directory: set[str] = field(default_factory=set)
    agreed: frozenset[str] = frozenset()
    sent: dict[str, Sent] = field(default_factory=dict)
    now: float = 0.0
    requests: int = 0
    most: int | None = None
    """After so many requests a pass breaks off; None where each ends."""

    def one_pass(self, *, lagging: bool) -> None:
        """Read, merge, and make it so on both sides; of a copy that lags, a reading is as of the pass before."""
        reading = self.copy if lagging else frozenset(self.okta)
        self.copy = frozenset(self.okta)
        upstream = as_told(reading, self.sent, self.now)
        merged = three_way(self.agreed, upstream, frozenset(self.directory))
        self.directory = set(merged.members)
        now = newly_agreed(self.agreed, merged)
        self.agreed = (self.agreed | now.joins) - now.leaves
        for person in sorted(merged.add | merged.remove)[: self.most]:
            self.requests += 1
            joins = person in merged.add
            self.sent[person] = Sent(joins, self.now)
            (self.okta.add if joins else self.okta.discard)(person)
            self.agreed = self.agreed | {person} if joins else self.agreed - {person}


@given(st.lists(st.lists(EDIT, max_size=4), min_size=20, max_size=20))
def test_r48_twenty_passes_converge_and_lose_no_edit(rounds: list[list[tuple[str, str, bool]]]) -> None:
    world = World()
    for edits in rounds:
        world.now += 2 * LAG
        agreed = set(world.agreed)
        for side, person, joins in edits:
            where = world.okta if side == "okta" else world.directory
            (where.add if joins else where.discard)(person)
        wanted = {n for n in NAMES if expected(n in agreed, n in world.okta, n in world.directory)}
        changed = sum((n in world.okta) != (n in wanted) for n in NAMES)
        before = world.requests
        world.one_pass(lagging=False)
        assert world.okta == world.directory == wanted
        assert world.requests - before == changed
        world.one_pass(lagging=False)
        assert world.requests - before == changed
    assert world.okta == world.directory


@given(st.lists(EDIT.filter(lambda edit: edit[0] == "directory"), min_size=1, max_size=8))
def test_r48_a_pass_after_a_push_does_not_flap_though_copies_lag(edits: list[tuple[str, str, bool]]) -> None:
    world = World(okta={"ann", "bob"}, copy=frozenset({"ann", "bob"}), directory={"ann", "bob"})
    world.agreed = frozenset(world.directory)
    for _, person, joins in edits:
        (world.directory.add if joins else world.directory.discard)(person)
    wanted = set(world.directory)
    world.one_pass(lagging=False)
    requests = world.requests
    for _ in range(3):
        world.now += LAG / 4
        world.copy = frozenset({"ann", "bob"})  # still as it was before anything was sent
        world.one_pass(lagging=True)
        assert world.okta == world.directory == wanted
    assert world.requests == requests


@given(people, people, people, people)
def test_r48_what_is_to_be_sent_or_is_apart_is_not_agreed_on(
    agreed: frozenset[str], okta: frozenset[str], here: frozenset[str], apart: frozenset[str]
) -> None:
    merged = three_way(agreed, okta, here)
    now = newly_agreed(agreed, merged, apart)
    after = (agreed | now.joins) - now.leaves
    assert now.joins.isdisjoint(agreed | apart | merged.add)
    assert now.leaves <= agreed - merged.remove
    for person in NAMES:
        if person in merged.add | merged.remove:
            assert (person in after) == (person in agreed), "it is still to be sent"
        elif person not in apart:
            assert (person in after) == (person in merged.members)


@given(
    st.lists(st.tuples(st.lists(EDIT, max_size=4), st.one_of(st.none(), st.integers(0, 3))), min_size=20, max_size=20)
)
def test_r48_passes_that_break_off_in_the_middle_of_sending_lose_no_edit(
    rounds: list[tuple[list[tuple[str, str, bool]], int | None]],
) -> None:
    """Each person is looked at by themselves: who changed them since both sides were last equal, and did what?"""
    world = World()
    equal: dict[str, bool] = dict.fromkeys(NAMES, False)
    for edits, most in [*rounds, ([], None)]:
        world.now += 2 * LAG
        for side, person, joins in edits:
            where = world.okta if side == "okta" else world.directory
            (where.add if joins else where.discard)(person)
        wanted = {n for n in NAMES if expected(equal[n], n in world.okta, n in world.directory)}
        world.most = most
        world.one_pass(lagging=False)
        assert world.directory == wanted
        equal.update((n, n in wanted) for n in NAMES if (n in world.okta) == (n in wanted))
    assert world.okta == world.directory


def test_r51_of_a_list_that_was_never_agreed_on_all_of_okta_is() -> None:
    merged = three_way(None, frozenset({"ann", "bob"}), frozenset({"cat"}))
    assert newly_agreed(None, merged).joins == {"ann", "bob"}
    assert newly_agreed(None, Merged(frozenset())).joins == frozenset()
