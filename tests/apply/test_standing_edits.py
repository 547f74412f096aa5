"""Whether edits that go to Okta still stand: whom they add is in the list, and whom they remove is not."""

import pytest

from idsync.apply.standing_edits import StandingEdits
from idsync.errors import PlanStale
from idsync.model.addresses import access_list_address
from idsync.model.directory import DirectoryState, Reason
from idsync.model.resources import NESTED_LIST, NEW_MEMBERSHIP, Membership
from idsync.plan.changes import AccessListChange
from idsync.plan.sections import OKTA
from idsync.targets.given import GivenDirectory
from tests.targets.world import NOW, ORG, our_list, our_user

INSIDE = Membership(membership_kind=NESTED_LIST)
OVER = Membership(expires="2020-01-01T00:00:00Z")


def directory(members: dict[str, dict[str, Membership]]) -> GivenDirectory:
    users = {name: our_user(name, okta_id=f"00u{name}") for name in ("ann", "bob")}
    return GivenDirectory(
        DirectoryState(users=users, access_lists={name: our_list(name) for name in members}, members={**members})
    )


def change(adds: tuple[str, ...] = (), removes: tuple[str, ...] = (), target: str = OKTA) -> AccessListChange:
    body = our_list("eng")
    return AccessListChange(
        access_list_address("eng"),
        "update",
        Reason.MEMBERS_EDITED,
        (),
        body,
        body,
        None,
        target,
        members_added=adds,
        members_removed=removes,
    )


def stands(members: dict[str, dict[str, Membership]], *changes: AccessListChange) -> bool:
    try:
        StandingEdits(directory(members), ORG).check(changes, NOW)
    except PlanStale:
        return False
    return True


@pytest.mark.parametrize(
    "members",
    [
        {"eng": {"ann": NEW_MEMBERSHIP}},
        {"eng": {"inner": INSIDE}, "inner": {"ann": NEW_MEMBERSHIP}},
        {"eng": {"inner": INSIDE}, "inner": {"deep": INSIDE}, "deep": {"ann": NEW_MEMBERSHIP}},
    ],
)
def test_r38_who_is_in_a_list_may_be_added_and_not_removed(members: dict[str, dict[str, Membership]]) -> None:
    assert stands(members, change(adds=("00uann",)))
    assert not stands(members, change(removes=("00uann",)))
    assert not stands(members, change(adds=("00uann", "00ubob")))
    assert stands(members, change(adds=("00uann",), removes=("00ubob",)))


@pytest.mark.parametrize(
    "members",
    [
        {"eng": {}},
        {"eng": {"ann": OVER}},
        {"eng": {}, "other": {"ann": NEW_MEMBERSHIP}},
        {"eng": {"inner": Membership(membership_kind=NESTED_LIST, expires=OVER.expires)}, "inner": {"ann": INSIDE}},
    ],
)
def test_r38_who_is_not_in_a_list_may_be_removed_and_not_added(members: dict[str, dict[str, Membership]]) -> None:
    assert stands(members, change(removes=("00uann",)))
    assert not stands(members, change(adds=("00uann",)))


def test_r38_who_has_no_account_any_more_is_neither_added_nor_removed() -> None:
    assert not stands({"eng": {}}, change(removes=("00ucat",)))
    assert not stands({"eng": {"cat": NEW_MEMBERSHIP}}, change(adds=("00ucat",)))


def test_what_does_not_go_to_okta_is_passed_over() -> None:
    assert stands({"eng": {}}, change(adds=("00uann",), target=""))


def test_r38_the_lists_are_named_in_which_something_was_edited_back() -> None:
    with pytest.raises(PlanStale) as stale:
        StandingEdits(directory({"eng": {}}), ORG).check([change(adds=("00uann",))], NOW)
    assert (stale.value.addresses, stale.value.target) == ((access_list_address("eng"),), OKTA)
