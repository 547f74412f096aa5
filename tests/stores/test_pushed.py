"""What SCIM pushed: what every store keeps of it."""

import pytest
from msgspec.structs import replace

from idsync.model.identity import raw_json
from idsync.model.pushed import PushedUser
from idsync.stores.protocol import Store

TIME = "2026-01-01T00:00:00Z"


def user(number: int) -> PushedUser:
    name = f"Person {number}"
    return PushedUser(f"id-{number}", name, f"00u{number}", None, True, raw_json({"userName": name}), 1, TIME, TIME)


@pytest.mark.parametrize("many", [3, 70])
def test_users_that_are_kept_at_one_time_stay_in_their_order(store: Store, other: Store, many: int) -> None:
    store.pushed.put_user(user(0))
    come = [user(number) for number in range(many, 0, -1)]
    again = replace(user(0), active=False, version=2)
    with store.transaction():
        store.pushed.put_users([])
        store.pushed.put_users([*come, again])
    assert other.pushed.users(0, 100) == [again, *come]
    assert other.pushed.users_named([]) == []
    assert other.pushed.users_named(["PERSON 1", "person 0", "nobody", "Person 1"]) == [again, user(1)]
