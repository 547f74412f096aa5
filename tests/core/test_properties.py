"""What holds for any organization, any directory and any hand in between."""

from decimal import Decimal

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from idsync.config.guards import Guard, Guards
from idsync.config.settings import Settings
from idsync.model.canonical import canonical_bytes
from idsync.model.directory import DirectoryState
from idsync.model.extent import Reading
from idsync.model.identity import Snapshot
from idsync.model.ownership import USER_ID_LABEL, is_ours
from idsync.plan.planfile import decode_plan, encode_plan
from idsync.plan.seal import sealed
from idsync.reconcile.plan_options import PlanOptions
from idsync.reconcile.planned import Planned, Remembering
from idsync.reconcile.planning import make_plan
from tests.core.organizations import CONFIGS, FOREIGN, Hand, hands, others, shuffled, shuffled_state, snapshots
from tests.core.replay import applied
from tests.core.world import NOW, ORG, Directory, okta, person, plan, planned, replace
from tests.effort import examples

config = st.sampled_from(CONFIGS)
many = settings(max_examples=examples(200), deadline=None, suppress_health_check=[HealthCheck.too_slow])


def grown(state: DirectoryState, snapshot: Snapshot, chosen: Settings) -> DirectoryState:
    return applied(state, plan(snapshot, state, chosen))


def ours(state: DirectoryState) -> DirectoryState:
    """What of a directory is ours, without what only an apply knows."""
    lists = {name: item for name, item in state.access_lists.items() if is_ours(item.metadata.labels, ORG)}
    return DirectoryState(
        users={name: item for name, item in state.users.items() if is_ours(item.metadata.labels, ORG)},
        locks={
            name: replace(item, spec=replace(item.spec, expires=str(item.spec.expires is None), created_at=None))
            for name, item in state.locks.items()
            if is_ours(item.metadata.labels, ORG)
        },
        access_lists={name: replace(item, spec=replace(item.spec, audit=None)) for name, item in lists.items()},
        members={
            name: {member: replace(entry, joined=None) for member, entry in state.members[name].items()}
            for name in lists
        },
        plain={address: item for address, item in state.plain.items() if is_ours(item.metadata.labels, ORG)},
    )


def with_ends(made: Planned) -> DirectoryState:
    """The desired state, in which every lock that is to have an end has one."""
    wanted, lifetimes = made.compilation.desired, made.compilation.lifetimes
    ends = {name: wanted.locks[name] for name in lifetimes.keys() & wanted.locks.keys()}
    ends = {name: replace(lock, spec=replace(lock.spec, expires="some day")) for name, lock in ends.items()}
    return replace(wanted, locks={**wanted.locks, **ends})


def foreign(state: DirectoryState) -> DirectoryState:
    lists = {name: item for name, item in state.access_lists.items() if not is_ours(item.metadata.labels, ORG)}
    return DirectoryState(
        users={name: item for name, item in state.users.items() if not is_ours(item.metadata.labels, ORG)},
        locks={name: item for name, item in state.locks.items() if not is_ours(item.metadata.labels, ORG)},
        access_lists=lists,
        members={name: state.members[name] for name in lists},
        plain={address: item for address, item in state.plain.items() if not is_ours(item.metadata.labels, ORG)},
    )


@many
@given(state=others(), first=snapshots(), hand=hands(), second=snapshots(), chosen=config, then=config)
def test_replaying_a_plan_gives_what_is_desired_and_then_there_is_nothing_to_plan(
    state: DirectoryState, first: Snapshot, hand: Hand, second: Snapshot, chosen: Settings, then: Settings
) -> None:
    state = hand(grown(state, first, chosen))
    made: Planned = planned(second, state, then)
    after = applied(state, made.plan)
    found, wanted = ours(after), ours(with_ends(made))
    theirs = foreign(after).plain.keys()  # told as a conflict, and left
    wanted = replace(wanted, plain={address: item for address, item in wanted.plain.items() if address not in theirs})
    if not then.integration.sync.app_groups:  # what is switched off stays as it is
        assert found.plain == ours(state).plain
        found = replace(found, plain=wanted.plain)
    assert found == wanted
    again = plan(second, after, then)
    if not any(finding.code == "name_taken" for finding in made.plan.findings):
        assert again.is_empty


@many
@given(state=others(), first=snapshots(), second=snapshots(), chosen=config)
def test_repeating_plan_and_apply_ends(
    state: DirectoryState, first: Snapshot, second: Snapshot, chosen: Settings
) -> None:
    state = grown(state, first, chosen)
    for _ in range(7):
        state = grown(state, second, chosen)
    assert plan(second, state, chosen).is_empty


@many
@given(state=others(), first=snapshots(), hand=hands(), second=snapshots(), chosen=config)
def test_nobody_foreign_is_touched(
    state: DirectoryState, first: Snapshot, hand: Hand, second: Snapshot, chosen: Settings
) -> None:
    state = hand(grown(state, first, chosen))
    made = plan(second, state, chosen)
    adopted = {change.address for change in made.changes if change.reason in ("adopted", "adopted_by_name")}
    before, after = foreign(state), foreign(applied(state, made))
    kept = {name: user for name, user in before.users.items() if f"user/{name}" not in adopted}
    assert canonical_bytes((after.users, after.locks, after.access_lists)) == canonical_bytes(
        (kept, before.locks, before.access_lists)
    )
    assert after.members == before.members
    may_be_adopted = {"user/q2", *(f"user/{name}" for name in chosen.integration.users.adopt)}
    assert adopted <= may_be_adopted


@many
@given(state=others(), first=snapshots(), hand=hands(), second=snapshots(), chosen=config, seed=st.integers(0, 1000))
def test_the_order_of_what_is_read_does_not_matter(
    state: DirectoryState, first: Snapshot, hand: Hand, second: Snapshot, chosen: Settings, seed: int
) -> None:
    state = hand(grown(state, first, chosen))
    one = encode_plan(plan(second, state, chosen))
    other = encode_plan(plan(shuffled(second, seed), shuffled_state(state, seed), chosen))
    assert one == other


@many
@given(state=others(), first=snapshots(), hand=hands(), second=snapshots(), chosen=config, applies=st.booleans())
def test_what_was_remembered_changes_no_plan(
    state: DirectoryState, first: Snapshot, hand: Hand, second: Snapshot, chosen: Settings, applies: bool
) -> None:
    whole = make_plan(chosen, Reading(first), Directory(state), PlanOptions(now=NOW), remembering=Remembering(None))
    if applies:
        state = applied(state, whole.plan)
        memo = whole.memo_after_apply(Directory(state).index(ORG))
    else:
        memo = whole.memo_before_apply()
    state = hand(state)
    quick = make_plan(chosen, Reading(second), Directory(state), PlanOptions(now=NOW), remembering=Remembering(memo))
    assert encode_plan(quick.plan) == encode_plan(plan(second, state, chosen))
    state = applied(state, quick.plan)
    memo = quick.memo_after_apply(Directory(state).index(ORG))
    third = make_plan(chosen, Reading(second), Directory(state), PlanOptions(now=NOW), remembering=Remembering(memo))
    assert encode_plan(third.plan) == encode_plan(plan(second, state, chosen))


@many
@given(state=others(), first=snapshots(), second=snapshots(), chosen=config)
def test_a_plan_file_reads_back_as_written(
    state: DirectoryState, first: Snapshot, second: Snapshot, chosen: Settings
) -> None:
    made = sealed(plan(second, grown(state, first, chosen), chosen))
    assert decode_plan(encode_plan(made)) == made


@many
@given(state=others(), first=snapshots(), hand=hands(), second=snapshots(), chosen=config)
def test_r29_a_doubtful_snapshot_holds_back_all_that_takes_something(
    state: DirectoryState, first: Snapshot, hand: Hand, second: Snapshot, chosen: Settings
) -> None:
    made = plan(replace(second, complete=False), hand(grown(state, first, chosen)), chosen)
    go_ahead = [change for change in made.changes if not change.blocked_by]
    assert all(change.action != "delete" and change.address.partition("/")[0] != "lock" for change in go_ahead)
    assert not any(getattr(change, "members_removed", ()) for change in go_ahead)


@many
@given(state=others(), first=snapshots(), second=snapshots(), chosen=config)
def test_people_who_leave_are_locked_first_and_people_who_stay_are_not(
    state: DirectoryState, first: Snapshot, second: Snapshot, chosen: Settings
) -> None:
    state = grown(state, first, chosen)
    made = planned(second, state, chosen)
    after = applied(state, made.plan)
    ours_alone = [lock for lock in after.locks.values() if is_ours(lock.metadata.labels, ORG)]
    locked = {lock.spec.target.user for lock in ours_alone}
    for change in made.plan.changes:
        if change.address.startswith("user/") and change.action == "delete":
            assert change.address.removeprefix("user/") in locked
    pool = made.inputs.pool
    free = pool.present.keys() - pool.suspended - pool.held
    # Somebody who gets the name of a leaver waits behind the leaver's lock, which is not for them.
    by_person = {(lock.spec.target.user, lock.metadata.labels.get(USER_ID_LABEL)) for lock in ours_alone}
    stay = {name for name in free if after.users.get(name) in ours(after).users.values()}
    assert by_person.isdisjoint((name, pool.present[name].id) for name in stay)
    assert stay.isdisjoint(locked - pool.passed.keys())


@given(
    percent=st.decimals(0, 100, places=2),
    floor=st.integers(0, 50),
    managed=st.integers(0, 10_000),
    count=st.integers(1, 10_000),
)
def test_a_guard_that_allows_n_allows_one_less_and_is_exact(
    percent: Decimal, floor: int, managed: int, count: int
) -> None:
    limit = Guard(percent, floor).limit(managed)
    assert not (count <= limit < count - 1)
    assert (count > limit) == (count > max(percent * managed / 100, Decimal(floor)))


@settings(max_examples=examples(130), deadline=None)
@given(managed=st.integers(1, 40), leavers=st.integers(1, 40), percent=st.integers(0, 100), floor=st.integers(0, 9))
def test_a_plan_that_passes_the_guards_passes_with_one_leaver_less(
    managed: int, leavers: int, percent: int, floor: int
) -> None:
    limits = Guards(user_deletes=Guard(Decimal(percent), floor))
    chosen = replace(CONFIGS[0], guards=limits)
    everyone = [person(f"p{number}") for number in range(managed)]
    state = grown(DirectoryState(), okta(*everyone), chosen)

    def passes(gone: int) -> bool:
        made = plan(okta(*everyone[gone:]), state, chosen)
        return next(item.verdict == "ok" for item in made.guards if item.guard == "user_deletes")

    if passes(min(leavers, managed)):
        assert passes(min(leavers, managed) - 1)


def test_the_foreign_users_of_these_properties_are_foreign() -> None:
    assert not any(is_ours(user.metadata.labels, ORG) for user in FOREIGN)
