"""The last line of defence: whatever a compiler desires, no change names a foreign object."""

from idsync.model.directory import DirectoryState
from idsync.model.ownership import labelled_by, lock_name, our_labels
from idsync.plan.assemble import Comparison, compare
from tests.core.replay import settled
from tests.core.world import (
    NOTHING,
    ORG,
    foreign_list,
    foreign_user,
    group,
    lock_on,
    okta,
    person,
    with_list,
    with_lock,
    with_user,
)

DESIRED = settled(okta(person("ann", "SUSPENDED"), person("bob"), group("eng", "ann"), group("ops", "bob")))
FOREIGN = with_list(
    with_lock(with_user(NOTHING, foreign_user("ann")), lock_on("x", called=lock_name(ORG, "ann"))),
    foreign_list("00g-eng"),
    "zoe",
)


def compared(current: DirectoryState, desired: DirectoryState, adopted: frozenset[str] = frozenset()) -> Comparison:
    return compare(current, desired, why={}, kept={}, adopted=adopted, ours=labelled_by(ORG), lifetimes={})


def test_what_is_desired_and_somebody_elses_is_reported_and_left() -> None:
    found = compared(FOREIGN, DESIRED)
    assert [change.address for change in found.changes] == ["user/bob", "access_list/00g-ops"]
    assert [finding.code for finding in found.findings] == ["conflict"] * 3
    assert [finding.message.split()[0] for finding in found.findings] == [
        "access_list/00g-eng",
        f"lock/{lock_name(ORG, 'ann')}",
        "user/ann",
    ]


def test_what_is_somebody_elses_and_not_desired_is_not_deleted() -> None:
    assert compared(FOREIGN, NOTHING).changes == ()


def test_a_user_adopted_by_name_is_compared() -> None:
    assert "user/ann" in [change.address for change in compared(FOREIGN, DESIRED, frozenset({"ann"})).changes]


def test_nobody_is_adopted_who_is_not_desired() -> None:
    assert compared(FOREIGN, NOTHING, frozenset({"ann"})).changes == ()


def test_the_labels_of_another_org_do_not_count() -> None:
    other = with_user(NOTHING, foreign_user("ann", our_labels("https://other.okta.com")))
    assert compared(other, NOTHING).changes == ()


def test_equal_states_differ_in_nothing() -> None:
    assert compared(DESIRED, DESIRED).changes == ()
