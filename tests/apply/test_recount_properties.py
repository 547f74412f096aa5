"""Counted once more against the target, a plan says what it said when it was made, whatever its marks said since."""

from typing import Any

from hypothesis import HealthCheck, given, settings

from idsync import __version__
from idsync.apply.admission import Expected
from idsync.apply.recount import counted_again
from idsync.plan.sections import FIRST
from idsync.stores.sqlite.store import open_store
from idsync.targets.local import LocalTarget
from tests.apply.worlds import fill
from tests.core.test_split_properties import made_of, plans
from tests.core.world import NOW, ORG, replace
from tests.effort import examples

CASES = {name: strategy for name, strategy in plans.items() if name != "releases"}
some = settings(max_examples=examples(130), deadline=None, suppress_health_check=list(HealthCheck))


@some
@given(**CASES)
def test_r33_counted_again_a_plan_is_what_it_was(tmp_path_factory: Any, **case: Any) -> None:
    state, whole = made_of(**case)
    chosen = case["chosen"]
    bare = replace(whole, changes=tuple(replace(change, blocked_by=()) for change in whole.changes), guards=())
    expected = Expected(
        chosen.digest, ORG, __version__, frozenset(), (FIRST,), (), chosen.guards, chosen.integration.sync
    )
    with open_store(tmp_path_factory.mktemp("recount") / "a.db") as store:
        local = LocalTarget(store.directory, ORG)
        fill(local, state)
        again = counted_again(bare, expected, {FIRST: local}, NOW)
    assert again.guards == whole.guards
    locks = {change.address for change in whole.changes if change.address.startswith("lock/")}
    assert [change for change in again.changes if change.address not in locks] == [
        change for change in whole.changes if change.address not in locks
    ]
