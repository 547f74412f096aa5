"""A name that passes to another person: the newcomer inherits nothing, and lifts nothing of the first one's."""

import datetime as dt

import pytest

from idsync.model.directory import DirectoryState
from idsync.model.identity import Snapshot
from idsync.model.ownership import USER_ID_LABEL, lock_name
from idsync.model.resources import NESTED_LIST, Lock, Membership, Owner
from idsync.plan.changes import Plan
from tests.core.replay import applied, settled
from tests.core.world import (
    NOW,
    ORG,
    app,
    codes,
    config,
    delta_of,
    edited_list,
    edited_user,
    foreign_list,
    group,
    lines,
    list_change,
    lock_on,
    okta,
    person,
    plan,
    replace,
    user_change,
    with_list,
    with_lock,
    with_member,
)

STAYING = (person("zoe"), person("yan"))
FIRST, SECOND = person("jo", id="00u-first"), person("jo", id="00u-second")
BEFORE = okta(*STAYING, FIRST)
GONE = okta(*STAYING)
PASSED = okta(*STAYING, SECOND)
LATER = NOW + dt.timedelta(hours=2)


def locks_on(state: DirectoryState, name: str = "jo") -> dict[str, Lock]:
    """The locks on a name by the Okta id that each is for."""
    locks = [lock for lock in state.locks.values() if lock.spec.target.user == name]
    found = {lock.metadata.labels.get(USER_ID_LABEL, ""): lock for lock in locks}
    assert len(found) == len(locks)
    return found


def message(made: Plan) -> str:
    """What the finding about the name says."""
    return next(finding.message for finding in made.findings if finding.code == "login_reused")


def left() -> DirectoryState:
    """The directory once the first one has left."""
    state = settled(BEFORE)
    return applied(state, plan(GONE, state))


def test_r07_a_lock_names_the_okta_user_whom_it_is_for() -> None:
    assert locks_on(left()).keys() == {"00u-first"}
    assert left().locks.keys() == {lock_name(ORG, "jo")}


def test_r11_who_gets_the_name_of_somebody_who_left_lifts_nothing() -> None:
    state = left()
    before = locks_on(state)
    made = plan(PASSED, state, now=LATER)
    assert lines(made) == ["create user jo: assigned"]
    assert made.findings[0].severity == "warning"
    assert all(
        text in message(made) for text in ("00u-first", "00u-second", "2026-11-23T19:00:00Z", "idsync unlock jo")
    )
    after = applied(state, made, LATER)
    assert locks_on(after) == before
    again = plan(PASSED, after, now=LATER)
    assert (again.is_empty, codes(again)) == (True, ["login_reused"])
    ended = NOW + dt.timedelta(hours=31)
    assert codes(plan(PASSED, after, now=ended)) == []
    assert applied(after, plan(PASSED, after, now=ended), ended).locks == {}


def test_r11_a_name_that_passes_between_two_plans_is_locked_for_the_first_one_first() -> None:
    state = settled(BEFORE)
    made = plan(PASSED, state)
    assert lines(made) == ["create lock jo: unassigned", "update user jo: assigned"]
    assert "for 1 day 7 hours" in message(made)
    after = applied(state, made)
    assert locks_on(after)["00u-first"].spec.expires == "2026-11-23T19:00:00Z"
    assert after.users["jo"].metadata.labels[USER_ID_LABEL] == "00u-second"
    assert plan(PASSED, after).is_empty


@pytest.mark.parametrize(("spec", "until"), [("", "2026-11-23T19:00:00Z"), ("locks: {ttl: never}", None)])
def test_r11_the_lock_of_a_suspended_person_gets_an_end_when_the_name_passes_on(spec: str, until: str | None) -> None:
    settings = config(spec=spec)
    state = settled(okta(*STAYING, replace(FIRST, status="SUSPENDED")), settings)
    assert locks_on(state)["00u-first"].spec.expires is None
    made = plan(PASSED, state, settings)
    after = applied(state, made)
    assert codes(made) == ["login_reused"]
    assert locks_on(after)["00u-first"].spec.expires == until
    assert plan(PASSED, after, settings).is_empty


def test_r11_the_newcomer_may_be_suspended_too_and_each_has_a_lock_of_their_own() -> None:
    suspended = okta(*STAYING, replace(SECOND, status="SUSPENDED"))
    after = applied(left(), plan(suspended, left()))
    assert after.locks.keys() == {lock_name(ORG, "jo"), lock_name(ORG, "jo", "00u-second")}
    assert locks_on(after)["00u-second"].spec.expires is None
    made = plan(PASSED, after)
    assert lines(made) == ["delete lock jo: unsuspended"]
    assert locks_on(applied(after, made)).keys() == {"00u-first"}


@pytest.mark.parametrize("status", ["SUSPENDED", "ACTIVE"])
def test_r11_the_first_one_is_locked_where_the_name_passes_at_once_whatever_the_newcomer_is(status: str) -> None:
    newcomer = okta(*STAYING, replace(SECOND, status=status))
    made = plan(newcomer, settled(BEFORE))
    locks = locks_on(applied(settled(BEFORE), made))
    assert locks["00u-first"].spec.expires == "2026-11-23T19:00:00Z"
    assert ("00u-second" in locks) == (status == "SUSPENDED")
    assert plan(newcomer, applied(settled(BEFORE), made)).is_empty


def test_r11_when_the_second_one_leaves_too_both_locks_stay() -> None:
    state = applied(left(), plan(PASSED, left()))
    after = applied(state, plan(GONE, state))
    assert locks_on(after).keys() == {"00u-first", "00u-second"}
    assert plan(GONE, after).is_empty
    third = plan(okta(*STAYING, person("jo", id="00u-third")), after)
    assert codes(third) == ["login_reused", "login_reused"]


def test_r09_of_two_locks_on_a_name_the_one_of_the_person_who_returns_goes() -> None:
    state = applied(left(), plan(PASSED, left()))
    state = applied(state, plan(GONE, state))
    made = plan(BEFORE, state)
    assert lines(made) == ["create user jo: reprovisioned", "delete lock jo: reprovisioned"]
    assert locks_on(applied(state, made)).keys() == {"00u-second"}


def test_r11_a_newcomer_inherits_no_expiry_reason_or_joined_date_of_memberships() -> None:
    eng = group("eng", "first", "second", "zoe")
    state = settled(okta(*STAYING, FIRST, eng))
    old = Membership("2025-01-01T00:00:00Z", "2026-01-01T00:00:00Z", "audit", "olga")
    state = with_member(state, "00g-eng", "jo", old)
    made = plan(okta(*STAYING, SECOND, eng), state)
    assert list_change(made, "eng").members_renewed == {"jo"}
    after = applied(state, made)
    assert after.members["00g-eng"]["jo"] == Membership(joined="2026-11-22T12:00:00Z")
    assert after.members["00g-eng"]["zoe"] == state.members["00g-eng"]["zoe"]
    assert plan(okta(*STAYING, SECOND, eng), after).is_empty


def test_r11_a_newcomer_is_in_their_own_lists_alone() -> None:
    state = settled(okta(*STAYING, FIRST, group("eng", "first", "zoe"), app("CRM", "zoe")))
    made = plan(okta(*STAYING, SECOND, group("eng", "first", "zoe"), app("CRM", "zoe", "second")), state)
    after = applied(state, made)
    assert after.members["00g-eng"].keys() == {"zoe"}
    assert after.members["0oa-CRM"].keys() == {"zoe", "jo"}


def test_r11_a_newcomer_has_nothing_that_logins_and_people_left_on_the_account() -> None:
    state = edited_user(settled(BEFORE), "jo", expires="2026-12-24T00:00:00Z")
    after = user_change(plan(PASSED, state), "jo").after
    assert after == settled(PASSED).users["jo"]


def test_r11_owner_entries_of_the_first_one_go_and_the_plan_says_so() -> None:
    owners = (Owner("jo", "lead"), Owner("zoe"), Owner("jo", membership_kind=NESTED_LIST))
    eng = group("eng", "zoe")
    state = edited_list(settled(okta(*STAYING, FIRST, eng)), "00g-eng", owners=owners)
    made = plan(okta(*STAYING, SECOND, eng), state)
    assert list_change(made, "eng").reason == "login_reused"
    assert set(codes(made)) == {"login_reused", "owner_not_inherited"}
    after = applied(state, made)
    assert after.access_lists["00g-eng"].spec.owners == owners[1:]
    restored = edited_list(after, "00g-eng", owners=owners)
    assert plan(okta(*STAYING, SECOND, eng), restored).is_empty


@pytest.mark.parametrize(
    ("owners", "kept"),
    [
        ((Owner("kim"),), ["jo"]),
        ((Owner("zoe"), Owner("kim", "lead")), ["zoe", "jo"]),
        ((Owner("jo"), Owner("kim")), ["jo"]),
        ((Owner("jo"), Owner("zoe")), ["zoe"]),
    ],
)
def test_r04_who_is_renamed_into_a_name_that_another_had_keeps_what_they_own(
    owners: tuple[Owner, ...], kept: list[str]
) -> None:
    eng = group("eng", "zoe", "kim")
    kim = person("kim")
    state = settled(okta(*STAYING, FIRST, kim, eng))
    state = applied(state, plan(okta(*STAYING, kim, eng), state))
    state = edited_list(state, "00g-eng", owners=owners)
    made = plan(okta(*STAYING, replace(kim, username="jo"), eng), state)
    after = applied(state, made)
    assert [owner.name for owner in after.access_lists["00g-eng"].spec.owners] == kept
    assert ("owner_not_inherited" in codes(made)) == (kept == ["zoe"])


def test_r11_a_list_that_would_have_no_owner_left_gets_the_default_ones() -> None:
    eng = group("eng", "zoe")
    state = edited_list(settled(okta(*STAYING, FIRST, eng)), "00g-eng", owners=(Owner("jo"),))
    after = applied(state, plan(okta(*STAYING, SECOND, eng), state))
    assert [owner.name for owner in after.access_lists["00g-eng"].spec.owners] == ["olga"]


def test_r11_entries_in_lists_that_are_not_ours_are_told_and_left() -> None:
    state = with_list(settled(BEFORE), foreign_list("payroll", owners=(Owner("zoe"),)), "jo", "zoe")
    state = with_list(state, foreign_list("board", owners=(Owner("jo"),)), "zoe")
    made = plan(PASSED, state)
    told = [finding.message for finding in made.findings if finding.code == "foreign_entry_inherited"]
    assert ["an owner of the access list By hand (board)" in told[0], "a member" in told[1]] == [True, True]
    after = applied(state, made)
    assert after.members["payroll"].keys() == {"jo", "zoe"}
    assert codes(plan(PASSED, after)) == ["login_reused"]


def test_r11_the_delta_takes_all_from_the_one_and_gives_the_other_theirs() -> None:
    eng = group("eng", "first", "second", "zoe")
    made = plan(okta(*STAYING, SECOND, eng), settled(okta(*STAYING, FIRST, eng)))
    delta = delta_of(made, "jo")
    both = [("role", "okta-requester"), ("access_list", "00g-eng")]
    assert [(each.kind, each.name) for each in delta.gains] == both
    assert [(each.kind, each.name) for each in delta.loses] == both
    assert delta.locked == "unassigned"


def test_r11_locks_of_an_earlier_version_belong_to_whom_the_directory_has_under_the_name() -> None:
    suspended = okta(*STAYING, replace(FIRST, status="SUSPENDED"))
    state = settled(suspended)
    nameless = {
        name: replace(lock, metadata=replace(lock.metadata, labels=_bare(lock))) for name, lock in state.locks.items()
    }
    state = replace(state, locks=nameless)
    assert plan(suspended, state).is_empty
    assert lines(plan(BEFORE, state)) == ["delete lock jo: unsuspended"]
    assert locks_on(applied(state, plan(PASSED, state))).keys() == {"00u-first"}


def test_r11_a_lock_of_an_earlier_version_that_may_be_anyones_stays_until_it_ends() -> None:
    lock = lock_on("jo", ours=True, expires="2026-11-23T00:00:00Z")
    lock = replace(lock, metadata=replace(lock.metadata, labels=_bare(lock)))
    state = with_lock(settled(GONE), lock)
    assert plan(GONE, state).is_empty
    for back in (BEFORE, PASSED):
        made = plan(back, state)
        assert "does not name" in message(made)
        after = applied(state, made)
        assert [each.spec.expires for each in after.locks.values()] == ["2026-11-23T00:00:00Z"]
        again = plan(back, after)
        assert (again.is_empty, codes(again)) == (True, ["login_reused"])


def _bare(lock: Lock) -> dict[str, str]:
    return {key: value for key, value in lock.metadata.labels.items() if key != USER_ID_LABEL}


def test_r11_a_login_that_somebody_was_renamed_away_from_is_locked_for_them() -> None:
    state = settled(BEFORE)
    renamed = okta(*STAYING, person("joanna", id="00u-first"))
    state = applied(state, plan(renamed, state))
    both = okta(*STAYING, person("joanna", id="00u-first"), SECOND)
    made = plan(both, state)
    assert (lines(made), codes(made)) == (["create user jo: assigned"], ["login_reused"])
    after = applied(state, made)
    assert locks_on(after).keys() == {"00u-first"}
    assert plan(both, after).is_empty


def test_r04_a_rename_onto_a_name_that_somebody_left_keeps_both_locks_and_carries_only_its_own() -> None:
    state = settled(okta(*STAYING, FIRST, person("al"), group("eng", "first", "al")))
    state = with_member(state, "00g-eng", "jo", Membership(reason="jo's"))
    state = with_member(state, "00g-eng", "al", Membership(reason="al's"))
    onto = okta(*STAYING, person("jo", id="00u-al"), group("eng", "first", "al"))
    for _ in range(2):
        state = applied(state, plan(onto, state))
    assert plan(onto, state).is_empty
    assert state.members["00g-eng"] == {"jo": Membership(reason="al's")}
    assert locks_on(state).keys() == {"00u-first"}
    assert locks_on(state, "al").keys() == {"00u-al"}


@pytest.mark.parametrize("chain", [3, 5])
def test_r04_a_chain_of_logins_never_lifts_a_lock(chain: int) -> None:
    everybody = [person(f"n{number}", id=f"00u-{number}") for number in range(chain)]
    moved = okta(*STAYING, *(person(f"n{number + 1}", id=f"00u-{number}") for number in range(chain)))
    state = settled(okta(*STAYING, *everybody))
    held: set[str] = set()
    for _ in range(chain + 1):
        state = applied(state, plan(moved, state))
        now = set(state.locks)
        assert held <= now
        held = now
    assert plan(moved, state).is_empty
    assert {user for user in state.users if user.startswith("n")} == {f"n{number + 1}" for number in range(chain)}


def test_r03_two_who_swap_logins_are_left_though_one_of_them_was_locked() -> None:
    state = settled(okta(*STAYING, replace(FIRST, status="SUSPENDED"), person("al")))
    swapped: Snapshot = okta(*STAYING, person("al", id="00u-first"), person("jo", id="00u-al"))
    made = plan(swapped, state)
    assert (made.is_empty, codes(made)) == (True, ["name_taken", "name_taken"])
