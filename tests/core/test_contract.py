"""The contract, said a second time in `contract.py`, against what a plan makes of a directory."""

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from idsync.config.settings import Settings, SuspendedPeople
from idsync.model.directory import DirectoryState
from idsync.model.identity import Snapshot
from tests.core.contract import World, ours
from tests.core.organizations import CONFIGS, Hand, hands, others, snapshots
from tests.core.replay import applied
from tests.core.world import plan
from tests.effort import examples

worlds = given(state=others(), first=snapshots(), hand=hands(), second=snapshots(), chosen=st.sampled_from(CONFIGS))
many = settings(max_examples=examples(200), deadline=None, suppress_health_check=[HealthCheck.too_slow])


def planned(
    state: DirectoryState, first: Snapshot, hand: Hand, second: Snapshot, chosen: Settings
) -> tuple[World, DirectoryState]:
    """A world with a history, and the directory after the plan for its present."""
    before = hand(applied(state, plan(first, state, chosen)))
    return World(chosen, second, before), applied(before, plan(second, before, chosen))


def targets(state: DirectoryState, *, mine: bool) -> set[str | None]:
    """Who is locked, by us or by others."""
    return {lock.spec.target.user for lock in state.locks.values() if ours(lock.metadata.labels) is mine}


@many
@worlds
def test_people_in_the_pool_have_the_account_that_the_rules_say(
    state: DirectoryState, first: Snapshot, hand: Hand, second: Snapshot, chosen: Settings
) -> None:
    world, after = planned(state, first, hand, second, chosen)
    for person in world.clear():
        user = after.users[person.username]
        assert user.metadata.labels["okta/user-id"] == person.id
        assert user.spec.roles == world.roles(person)
        assert user.spec.traits == world.traits(person)
        assert not user.metadata.expires
        suspended = person.status == "SUSPENDED" and world.suspended is SuspendedPeople.LOCK
        assert (person.username in targets(after, mine=True)) == suspended


@many
@worlds
def test_people_who_are_gone_are_locked_and_have_neither_account_nor_lists(
    state: DirectoryState, first: Snapshot, hand: Hand, second: Snapshot, chosen: Settings
) -> None:
    world, after = planned(state, first, hand, second, chosen)
    for name in world.gone():
        assert name not in after.users
        assert name in targets(after, mine=True)
        assert not any(
            name in members for item, members in after.members.items() if ours(after.access_lists[item].metadata.labels)
        )


@many
@worlds
def test_a_list_holds_those_of_the_pool_who_are_in_its_group_or_app(
    state: DirectoryState, first: Snapshot, hand: Hand, second: Snapshot, chosen: Settings
) -> None:
    world, after = planned(state, first, hand, second, chosen)
    clear = {person.id: person.username for person in world.clear()}
    names = set(clear.values())
    for subject in world.subjects():
        expected = {clear[okta_id] for okta_id in subject.members if okta_id in clear}
        found = after.members.get(subject.id, {}).keys()
        assert found & names == expected
        if expected:
            item = after.access_lists[subject.id]
            assert (item.spec.title, item.spec.grants.roles) == world.wording(subject)
            assert ours(item.metadata.labels)


@many
@worlds
def test_there_are_no_lists_of_ours_but_those_of_groups_and_apps_with_members(
    state: DirectoryState, first: Snapshot, hand: Hand, second: Snapshot, chosen: Settings
) -> None:
    world, after = planned(state, first, hand, second, chosen)
    subjects = {subject.id: subject for subject in world.subjects()}
    for name, item in after.access_lists.items():
        if not ours(item.metadata.labels):
            continue
        if name not in subjects:
            assert world.keeps_empty_lists
            assert after.members[name].keys() <= world.before.members[name].keys()
        elif not after.members[name]:
            assert world.keeps_empty_lists


@many
@worlds
def test_what_people_edited_of_a_membership_or_list_stays(
    state: DirectoryState, first: Snapshot, hand: Hand, second: Snapshot, chosen: Settings
) -> None:
    world, after = planned(state, first, hand, second, chosen)
    for name, members in after.members.items():
        before = world.before.members.get(name, {})
        for member in members.keys() & before.keys():
            if world.passed_on(member, after):  # a newcomer inherits nothing (R11)
                assert (members[member].reason, members[member].expires) == ("", None)
            else:
                assert members[member] == before[member]
        if name in world.before.access_lists:
            was, item = world.before.access_lists[name].spec, after.access_lists[name].spec
            assert (item.membership_requires, item.ownership_requires) == (
                was.membership_requires,
                was.ownership_requires,
            )
            assert len(item.owners) == len(was.owners)


@many
@worlds
def test_nobody_unlocks_whom_people_locked(
    state: DirectoryState, first: Snapshot, hand: Hand, second: Snapshot, chosen: Settings
) -> None:
    world, after = planned(state, first, hand, second, chosen)
    assert targets(world.before, mine=False) == targets(after, mine=False)
