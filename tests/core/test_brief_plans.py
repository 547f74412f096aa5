"""A plan that is only shown says the same as one that is kept, however few newcomers it describes."""

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from idsync.config.settings import Settings
from idsync.model.directory import DirectoryState
from idsync.model.extent import Reading
from idsync.model.identity import Snapshot
from idsync.plan.changes import BriefPlan, Plan
from idsync.reconcile.plan_options import PlanOptions
from idsync.reconcile.planning import make_plan
from idsync.render.text import render_plan
from tests.core.organizations import CONFIGS, Hand, hands, others, snapshots
from tests.core.replay import applied
from tests.core.world import NOTHING, NOW, PLAIN, Directory, app, config, group, okta, person, plan, replace
from tests.effort import examples


def brief(snapshot: Snapshot, state: DirectoryState, chosen: Settings, described: int) -> BriefPlan:
    made = make_plan(chosen, Reading(snapshot), Directory(state), PlanOptions(now=NOW, described=described)).plan
    assert isinstance(made, BriefPlan)
    return made


def screen(made: Plan, described: int) -> str:
    """What people see of it, but for the digests, which a brief plan has none of."""
    undigested = replace(made, digest="", inputs=replace(made.inputs, snapshot_digest=""))
    return render_plan(undigested, described=described)


@settings(max_examples=examples(200), deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    state=others(),
    first=snapshots(),
    hand=hands(),
    second=snapshots(),
    chosen=st.sampled_from(CONFIGS),
    described=st.integers(0, 3),
)
def test_a_brief_plan_reads_like_the_whole_one(
    state: DirectoryState, first: Snapshot, hand: Hand, second: Snapshot, chosen: Settings, described: int
) -> None:
    state = hand(applied(state, plan(first, state, chosen)))
    whole, short = plan(second, state, chosen), brief(second, state, chosen, described)
    assert screen(short, described) == screen(whole, described)


def test_newcomers_who_are_not_described_are_counted() -> None:
    everyone = okta(*(person(f"p{number}") for number in range(5)))
    made = brief(everyone, DirectoryState(), PLAIN, described=2)
    assert [delta.person for delta in made.access_delta] == ["p0", "p1"]
    assert made.more_newcomers == 3
    assert screen(made, 2).startswith("Plan: 5 people gain access")


def test_newcomers_who_gain_nothing_are_not_counted_as_gaining() -> None:
    bare = config(spec="users: {default_roles: []}")
    everyone = okta(*(person(f"p{number}") for number in range(5)))
    made = brief(everyone, DirectoryState(), bare, described=2)
    assert made.more_newcomers == 0
    assert screen(made, 2) == screen(plan(everyone, DirectoryState(), bare), 2)


def test_a_plan_to_apply_at_once_bears_a_digest_of_what_it_was_made_from() -> None:
    def ready(snapshot: Snapshot) -> Plan:
        return (
            make_plan(PLAIN, Reading(snapshot), Directory(DirectoryState()), PlanOptions(now=NOW, described=0))
            .executable()
            .plan
        )

    one, same, other = ready(okta(person("a"))), ready(okta(person("a"))), ready(okta(person("b")))
    assert one == same
    assert one.digest.startswith("sha256:")
    assert one.digest != other.digest
    assert not isinstance(one, BriefPlan)


def test_an_app_that_only_newcomers_gain_is_named() -> None:
    chosen = config(spec="sync: {app_groups: true}")
    state = applied(NOTHING, plan(okta(person("cat")), NOTHING, chosen))
    second = okta(person("ann"), person("bob"), group("eng", "ann"), app("CRM", "ann"))
    whole, short = plan(second, state, chosen), brief(second, state, chosen, 0)
    assert screen(short, 0) == screen(whole, 0)
    assert "app CRM" in screen(short, 0)
