"""What SCIM pushed: what every store keeps of it."""

import pytest
from msgspec.structs import replace

from idsync.model.extent import Reading
from idsync.model.identity import IdentityApp, IdentityGroup, IdentityUser, raw_json
from idsync.model.pushed import PushedGroup, PushedUser
from idsync.stores.protocol import Store
from tests.core.world import okta

TIME = "2026-01-01T00:00:00Z"


def user(number: int) -> PushedUser:
    name = f"Person {number}"
    return PushedUser(f"id-{number}", name, f"00u{number}", None, True, raw_json({"userName": name}), 1, TIME, TIME, 0)


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


def test_people_in_a_group_are_told_by_whom_its_members_stand_for(store: Store) -> None:
    twice = replace(user(3), okta_id=user(1).okta_id)
    with store.transaction():
        store.pushed.put_users([user(1), user(2), twice])
        for name in ("eng", "ops"):
            store.pushed.put_group(PushedGroup(name, name, name, None, raw_json({}), 1, TIME, TIME, 0))
        store.pushed.add_members("eng", {"id-1": None, "id-3": None})
        store.pushed.add_members("ops", {"id-2": None})
    asked = ["00u1", "00u2", "00u4"]
    assert store.pushed.people_in("eng", asked) == {"00u1"}
    assert store.pushed.people_in("ops", asked) == {"00u2"}
    assert store.pushed.people_in("eng", []) == store.pushed.people_in("none", asked) == frozenset()
    with store.transaction():
        store.pushed.remove_members("eng", ["id-1"])
    assert store.pushed.people_in("eng", asked) == {"00u1"}, "another resource stands for the same person"


def test_whom_and_what_facts_know_and_nobody_pushes(store: Store) -> None:
    assert store.pushed.people_not_pushed() == store.pushed.lists_not_pushed() == frozenset()
    people = [IdentityUser(f"00u{number}", f"p{number}@x.com", "ACTIVE", raw_json({})) for number in range(1, 5)]
    both = raw_json(["00u1", "00u4"])
    groups = [
        IdentityGroup("00gOps", "ops", both),
        IdentityGroup("00gEng", "eng", both),
        IdentityGroup("00gNobody", "nobody", raw_json([])),
    ]
    apps = [IdentityApp("0oa1", "Git", both), IdentityApp("0oa2", "Unused", raw_json([]))]
    with store.transaction():
        store.upstream.take(Reading(replace(okta(), users=people, groups=groups, apps=apps)))
    assert store.pushed.people_not_pushed() == {"00u1", "00u2", "00u3", "00u4"}
    assert store.pushed.lists_not_pushed() == {"00gOps", "00gEng", "0oa1"}
    left, twice = replace(user(2), active=False), replace(user(3), okta_id=user(1).okta_id)
    with store.transaction():
        store.pushed.put_users([user(1), left, twice])
        for name, list_id in (("other", "other"), ("ops", "00gOps"), ("operators", "00gOps")):
            store.pushed.put_group(PushedGroup(name, name, list_id, None, raw_json({}), 1, TIME, TIME, 0))
    assert store.pushed.people_not_pushed() == {"00u2", "00u3", "00u4"}
    assert store.pushed.lists_not_pushed() == {"00gEng", "0oa1"}
