"""Who got another account, and whether a user that stays under its name is still one person's: by the Okta id alone."""

import pytest

from idsync.model.addresses import Address
from idsync.model.directory import Reason
from idsync.model.ownership import ORG_LABEL, USER_ID_LABEL
from idsync.model.resources import User
from idsync.plan.changes import Action, UserChange, passes_on
from idsync.plan.same_person import identified, is_same_person, renames
from tests.core.replay import settled
from tests.core.world import okta, person, replace

[ANN] = settled(okta(person("ann"))).users.values()


def account(okta_id: str, org: str = "") -> User:
    """A user that is the account of a person; of nobody that is known where the id is empty."""
    labels = {**ANN.metadata.labels, USER_ID_LABEL: okta_id} | ({ORG_LABEL: org} if org else {})
    return replace(ANN, metadata=replace(ANN.metadata, labels=labels))


def change(before: str | None, after: str | None) -> UserChange:
    """A user whose account is of one person before and of another after; None is a name without a user."""
    had, has = (None if okta_id is None else account(okta_id) for okta_id in (before, after))
    action: Action = "create" if had is None else "delete" if has is None else "update"
    return UserChange(Address("user/ann"), action, Reason.PROFILE_CHANGED, (), had, has)


@pytest.mark.parametrize(
    ("users", "expected"),
    [
        pytest.param({"ada": change("00u1", None), "eve": change(None, "00u1")}, {"ada": "eve"}, id="a free name"),
        pytest.param({"ada": change("00u1", None), "eve": change("00u2", "00u1")}, {"ada": "eve"}, id="a taken name"),
        pytest.param({"ada": change("00u1", None), "eve": change("", "00u1")}, {"ada": "eve"}, id="a foreign user"),
        pytest.param({"ada": change("00u1", None), "eve": change("00u1", "00u1")}, {}, id="one of two accounts stays"),
        pytest.param({"ada": change("00u1", None), "eve": change(None, "00u2")}, {}, id="a leaver and a joiner"),
        pytest.param({"ada": change("", None), "eve": change(None, "")}, {}, id="two without an id"),
        pytest.param({"ada": change("00u1", "00u2"), "eve": change("00u2", "00u1")}, {}, id="two who change names"),
    ],
)
def test_r2_a_renamed_person_loses_one_account_and_gets_another(
    users: dict[str, UserChange], expected: dict[str, str]
) -> None:
    assert renames(users) == expected


@pytest.mark.parametrize(
    ("before", "after", "same"),
    [
        pytest.param(account("00u1"), account("00u1"), True, id="the same id"),
        pytest.param(account("00u1"), account("00u2"), False, id="another id"),
        pytest.param(account(""), account("00u1"), True, id="a foreign user is taken over"),
        pytest.param(account("00u1"), account(""), False, id="the id is gone"),
        pytest.param(account("00u1", "old"), account("00u2", "new"), True, id="ids of two organizations"),
        pytest.param(account("00u1", "old"), account("00u2", "old"), False, id="ids of one organization"),
    ],
)
def test_r2_whose_account_a_user_is(before: User, after: User, same: bool) -> None:
    assert is_same_person(replace(change("", ""), before=before, after=after)) is same


def test_r40_an_account_whose_okta_id_became_known_stays_one_persons() -> None:
    scim = {"scim": "00u1"}
    known, other = (each for each in identified([change("scim", "00u1"), change("scim", "00u2")], scim))
    assert isinstance(known, UserChange)
    assert isinstance(other, UserChange)
    assert [passes_on(known), passes_on(other)] == [False, True]
    assert [is_same_person(known), is_same_person(other)] == [True, False]
