"""What both sides agree on of a plan that is applied in batches: nobody before their membership is made."""

from collections.abc import Iterable

from hypothesis import given
from hypothesis import strategies as st

from idsync.model.addresses import access_list_address
from idsync.model.directory import Reason
from idsync.plan.changes import AccessListChange, BothSides
from idsync.reconcile.continuous.agreed_in_batches import AgreedInBatches
from tests.targets.world import our_list

NAMES = ("ann", "bob", "cat", "dan", "eve")
people = st.frozensets(st.sampled_from(NAMES))


def change(name: str, added: Iterable[str], removed: Iterable[str] = ()) -> AccessListChange:
    there = our_list(name)
    return AccessListChange(
        access_list_address(name),
        "update",
        Reason.MEMBERSHIP_CHANGED,
        (),
        there,
        there,
        "",
        members_added=tuple(sorted(added)),
        members_removed=tuple(sorted(removed)),
    )


def sides(joins: Iterable[str], leaves: Iterable[str] = ()) -> BothSides:
    return BothSides("group", "eng", {f"00u{n}": n for n in sorted(joins)}, {f"00u{n}": n for n in sorted(leaves)})


def told(each: BothSides | None) -> set[str]:
    return set() if each is None else {*each.joins.values(), *each.leaves.values()}


@given(people, people, st.lists(st.sampled_from(NAMES), max_size=5, unique=True), st.integers(1, 3))
def test_everybody_is_agreed_on_once_and_with_their_own_batch(
    joins: frozenset[str], leaves: frozenset[str], order: list[str], size: int
) -> None:
    leaves -= joins
    batches = [change("00g1", order[start : start + size]) for start in range(0, len(order), size)]
    agreed = AgreedInBatches({"00g1": sides(joins, leaves)}, batches)
    done: list[str] = []
    for number, batch in enumerate(batches):
        found = agreed.of([batch])
        now = told(found.get("00g1"))
        assert now.isdisjoint(name for later in batches[number + 1 :] for name in later.members_added)
        if number == 0:
            assert now >= (joins | leaves) - set(order), "whom nothing changes are agreed on with the first"
        agreed.made(found)
        done += sorted(now)
    done += sorted(told(agreed.rest().get("00g1")))
    assert sorted(done) == sorted(joins | leaves)


def test_other_lists_come_at_the_end_and_one_that_ends_goes_with_its_batch() -> None:
    agreed = AgreedInBatches({"00g1": sides("a"), "00g2": None, "00g3": None}, [change("00g2", (), ("ann",))])
    assert agreed.of([change("00g2", (), ("ann",))]) == {"00g2": None}
    assert agreed.rest().keys() == {"00g1", "00g2", "00g3"}
