"""What a guard held back is about a person, and not about a name that another person may get."""

from collections.abc import Collection

from msgspec.structs import replace

from idsync.apply.kept_back import held_by_guard
from idsync.apply.kept_entries import KeptBack, kept_of, numbers_held
from idsync.apply.kept_marks import with_marks_kept
from idsync.model.addresses import Address
from idsync.model.directory import Reason
from idsync.model.ownership import USER_ID_LABEL
from idsync.model.resources import Grants, Lock
from idsync.plan.changes import AccessListChange, LockChange, Plan
from tests.core.replay import settled
from tests.core.world import foreign_list, lock_on, okta, person, plan

ADDRESS = Address("lock/of-ann")
IDLE = plan(okta(person("ann")), settled(okta(person("ann"))))


def lock_for(okta_id: str) -> Lock:
    """A lock of ours on ann, for a person who had or has the name."""
    lock = lock_on("ann", ours=True)
    return replace(lock, metadata=replace(lock.metadata, labels={**lock.metadata.labels, USER_ID_LABEL: okta_id}))


def locking(okta_id: str, *marks: str) -> Plan:
    """A plan that locks this person under the name."""
    lock = lock_for(okta_id)
    return replace(IDLE, changes=(LockChange(ADDRESS, "create", Reason.UNASSIGNED, (), None, lock, blocked_by=marks),))


def nobody(_names: Collection[str]) -> dict[str, str]:
    """A target without accounts."""
    return {}


def test_r43_a_lock_that_was_held_for_one_person_does_not_hold_that_of_another_with_the_name() -> None:
    kept = {ADDRESS: (KeptBack("create", ("lock_burst",), user="ann", okta_id="00u-ann"),)}
    assert [each.blocked_by for each in with_marks_kept(locking("00u-ann"), kept, nobody).changes] == [("lock_burst",)]
    assert [each.blocked_by for each in with_marks_kept(locking("00u-heir"), kept, nobody).changes] == [()]


def test_what_is_held_is_counted_by_guard() -> None:
    assert numbers_held(locking("00u-ann", "lock_burst", "incomplete")) == {"lock_burst": 1}
    assert numbers_held(IDLE) == {}


def joining(*names: str) -> Plan:
    """A plan that lets people into a list, which a guard holds."""
    had = foreign_list("00g1")
    change = AccessListChange(
        Address("access_list/00g1"), "update", Reason.MEMBERSHIP_CHANGED, (), had, had,
        members_added=names, members_removed=(), blocked_by=("access_gains",),
    )  # fmt: skip
    return replace(IDLE, changes=(change,))


def test_r43_very_many_who_would_join_a_list_are_held_as_one_and_told_apart_from_others() -> None:
    many = [f"p{number:04}" for number in range(1001)]
    [few] = kept_of(joining(*many[:1000]), nobody).values()
    assert len(few) == 1000
    [[one]] = kept_of(joining(*many), nobody).values()
    assert one.gives[0].startswith("1,001 members (")
    held = {guard: set(texts) for guard, texts in held_by_guard(kept_of(joining(*many), nobody)).items()}
    others = held_by_guard(kept_of(joining(*many[1:], "eve"), nobody))
    assert held.keys() == others.keys() == {"access_gains"}
    assert held["access_gains"].isdisjoint(others["access_gains"])
    marked = with_marks_kept(joining(*many), {Address("access_list/00g1"): (one,)}, nobody)
    assert [each.blocked_by for each in marked.changes] == [("access_gains",)]


def making(*roles: str, members: tuple[str, ...] = ("ann",)) -> Plan:
    """A plan that makes a list with these roles, which a guard holds."""
    made = foreign_list("00g1")
    made = replace(made, spec=replace(made.spec, grants=Grants(roles=roles)))
    change = AccessListChange(
        Address("access_list/00g1"), "create", Reason.ASSIGNED, (), None, made,
        members_added=members, members_removed=(), blocked_by=("access_gains",),
    )  # fmt: skip
    return replace(IDLE, changes=(change,))


def test_r43_what_a_list_to_be_made_would_give_is_a_part_of_what_is_held() -> None:
    shown, grown = (held_by_guard(kept_of(making(*roles), nobody))["access_gains"] for roles in (["a"], ["a", "b"]))
    assert shown < grown
    assert {text.split(" ", 1)[1].strip() for text in grown - shown} == {"gives role b"}


def test_r43_a_list_to_be_made_that_nobody_joins_is_held_too() -> None:
    kept = kept_of(making(members=()), nobody)
    assert held_by_guard(kept) == {"access_gains": {"access_list/00g1 create "}}
    assert [each.blocked_by for each in with_marks_kept(making(members=()), kept, nobody).changes] == [
        ("access_gains",)
    ]
