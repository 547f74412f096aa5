"""A kind that `sync` switches off is neither read nor changed."""

from collections.abc import Iterable

from idsync.model.directory import DirectoryState, Names
from idsync.model.extent import Reading
from idsync.model.resources import Membership
from idsync.reconcile.plan_options import PlanOptions
from idsync.reconcile.planning import make_plan
from tests.core.replay import applied, settled
from tests.core.world import (
    NOW,
    Directory,
    codes,
    config,
    group,
    lines,
    lock_on,
    okta,
    person,
    plan,
    replace,
    with_lock,
)

USERS_OFF = config(spec="sync: {users: false}")
LISTS_OFF = config(spec="sync: {access_lists: false}")
BEFORE = okta(person("alice"), person("bob"), group("eng", "alice", "bob"))
AFTER = okta(person("alice", "SUSPENDED"), person("carol"), group("eng", "carol", "alice"))


class Watched(Directory):
    """Remembers of which users and lists whole objects were asked for."""

    def __init__(self, state: DirectoryState) -> None:
        super().__init__(state)
        self.users: set[str] = set()
        self.lists: set[str] = set()

    def state(self, within: Names | None = None) -> DirectoryState:
        found = super().state(within)
        if within is not None:
            self.users |= found.users.keys()
            self.lists |= found.access_lists.keys()
        return found

    def memberships(self, people: Iterable[str]) -> dict[str, dict[str, Membership]]:
        found = super().memberships(people)
        self.lists |= found.keys()
        return found


def test_r19_without_users_only_lists_change() -> None:
    state = with_lock(settled(BEFORE), lock_on("carol", ours=True))
    made = plan(AFTER, state, USERS_OFF)
    assert lines(made) == ["update access_list eng: membership_changed +carol -bob"]
    after = applied(state, made)
    assert (after.users, after.locks) == (state.users, state.locks)
    assert plan(AFTER, after, USERS_OFF).is_empty


def test_without_users_the_delta_still_tells_of_lists() -> None:
    made = plan(AFTER, settled(BEFORE), USERS_OFF)
    assert [(delta.person, [gain.name for gain in delta.gains]) for delta in made.access_delta] == [
        ("bob", []),
        ("carol", ["00g-eng"]),
    ]


def test_r19_without_access_lists_only_users_and_locks_change() -> None:
    state = settled(BEFORE)
    made = plan(AFTER, state, LISTS_OFF)
    assert lines(made) == [
        "create lock alice: suspended",
        "create lock bob: unassigned",
        "create user carol: assigned",
        "delete user bob: unassigned",
    ]
    after = applied(state, made)
    assert (after.access_lists, after.members) == (state.access_lists, state.members)
    assert plan(AFTER, after, LISTS_OFF).is_empty


def test_without_access_lists_no_filter_is_a_near_miss_and_no_group_is_missing() -> None:
    settings = config("ImportFilters: {groups: {include: [ENG]}}", spec="sync: {access_lists: false}")
    made = plan(okta(person("alice"), person("bob")), settled(BEFORE), settings)
    assert (made.health.verdict, codes(made)) == ("ok", [])


def test_without_either_there_is_nothing_to_do() -> None:
    made = plan(AFTER, settled(BEFORE), config(spec="sync: {users: false, access_lists: false}"))
    assert made.is_empty
    assert made.access_delta == ()


def test_r19_what_is_switched_off_is_not_read() -> None:
    watched = Watched(settled(BEFORE))
    make_plan(USERS_OFF, Reading(AFTER), watched, PlanOptions(now=NOW))
    assert watched.users == set()
    watched = Watched(settled(BEFORE))
    make_plan(LISTS_OFF, Reading(AFTER), watched, PlanOptions(now=NOW))
    assert watched.lists == set()


def test_switching_a_kind_on_again_brings_it_up_to_date() -> None:
    state = settled(BEFORE)
    state = applied(state, plan(AFTER, state, LISTS_OFF))
    whole = applied(state, plan(AFTER, state))
    assert plan(AFTER, whole).is_empty
    assert whole.members["00g-eng"].keys() == {"alice", "carol"}
    assert replace(state, users=whole.users).users.keys() == {"alice", "carol"}
