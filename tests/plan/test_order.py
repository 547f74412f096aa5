"""The declared order of an apply, and that nothing in between is wrong: locks first, unlocks last."""

from idsync.model.resources import Lock
from idsync.plan.changes import AccessListChange
from idsync.plan.steps import Phase, in_listing_order, steps_of
from tests.core.replay import settled
from tests.core.world import group, lines, lock_on, okta, person, plan, with_lock

BEFORE = okta(
    person("leaver1"), person("leaver2"), person("mover", title="a"), person("stays"), person("back", "SUSPENDED"),
    group("a", "mover", "leaver1"), group("b", "stays", "leaver2"), group("c", "leaver1"), group("d", "stays"),
)  # fmt: skip
AFTER = okta(
    person("joiner"), person("mover", title="b"), person("stays"), person("back"),
    group("a", "joiner", "mover"), group("b", "mover", "stays"), group("d", "stays"), group("e", "joiner"),
)  # fmt: skip
MADE = plan(AFTER, settled(BEFORE))


def test_r22_the_order_is_locks_users_lists_removals_list_deletes_user_deletes_unlocks() -> None:
    assert [(step.phase.name, step.change.address.partition("/")[0]) for step in steps_of(MADE.changes)] == [
        ("LOCK", "lock"),
        ("LOCK", "lock"),
        ("USER", "user"),
        ("USER", "user"),
        ("ACCESS_LIST", "access_list"),
        ("ACCESS_LIST", "access_list"),
        ("ACCESS_LIST", "access_list"),
        ("MEMBER_REMOVAL", "access_list"),
        ("MEMBER_REMOVAL", "access_list"),
        ("ACCESS_LIST_DELETE", "access_list"),
        ("USER_DELETE", "user"),
        ("USER_DELETE", "user"),
        ("UNLOCK", "lock"),
    ]


def test_r22_within_a_step_the_order_is_by_address() -> None:
    steps = steps_of(MADE.changes)
    for phase in Phase:
        addresses = [step.change.address for step in steps if step.phase is phase]
        assert addresses == sorted(addresses)


def test_changes_are_listed_by_first_step_and_address() -> None:
    names = {line.split(":")[0]: place for place, line in enumerate(lines(MADE))}
    assert in_listing_order(reversed(MADE.changes)) == MADE.changes
    assert names["create lock leaver1"] < names["create user joiner"] < names["create access_list e"]
    assert names["create access_list e"] < names["delete access_list c"] < names["delete user leaver1"]
    assert names["delete user leaver1"] < names["delete lock back"]


def test_a_leaver_is_locked_at_every_moment_after_the_first_step_that_touches_them() -> None:
    locked: set[str] = set()
    for step in steps_of(MADE.changes):
        if step.phase is Phase.LOCK:
            assert isinstance(step.change.after, Lock)
            locked.add(step.change.after.spec.target.user or "")
        elif step.phase is Phase.MEMBER_REMOVAL:
            assert isinstance(step.change, AccessListChange)
            assert set(step.change.members_removed) & {"leaver1", "leaver2"} <= locked
        elif step.phase is Phase.USER_DELETE:
            assert step.change.before is not None
            assert step.change.before.metadata.name in locked


def test_r22_nobody_is_unlocked_before_account_and_lists_are_right() -> None:
    state = with_lock(settled(okta(person("other"))), lock_on("back", ours=True, expires="2026-11-23T00:00:00Z"))
    made = plan(okta(person("other"), person("back"), group("a", "back", "other")), state)
    assert [step.phase for step in steps_of(made.changes)] == [Phase.USER, Phase.ACCESS_LIST, Phase.UNLOCK]


def test_a_list_that_grows_and_shrinks_has_two_steps() -> None:
    made = plan(
        okta(person("a"), person("b"), group("x", "b")), settled(okta(person("a"), person("b"), group("x", "a")))
    )
    assert [step.phase for step in steps_of(made.changes)] == [Phase.ACCESS_LIST, Phase.MEMBER_REMOVAL]


def test_the_summary_counts_what_is_listed() -> None:
    summary = MADE.summary
    assert (summary.user.create, summary.user.update, summary.user.delete) == (1, 1, 2)
    assert (summary.lock.create, summary.lock.update, summary.lock.delete) == (2, 0, 1)
    assert (summary.access_list.create, summary.access_list.update, summary.access_list.delete) == (1, 2, 1)
    assert (summary.member.add, summary.member.remove) == (3, 3)
