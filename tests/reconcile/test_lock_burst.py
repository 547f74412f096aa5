"""How many locks a pass makes that nobody attends: up to the limit of an hour, by address."""

from pathlib import Path

import pytest

from idsync.apply.admission import Expected
from idsync.apply.recount import counted_again
from idsync.config.settings import Settings
from idsync.plan.changes import LockChange
from idsync.plan.sections import FIRST
from idsync.stores.sqlite.store import open_store
from idsync.targets.local import LocalTarget
from tests.apply.worlds import fill
from tests.core.replay import settled
from tests.core.world import NOW, ORG, config, okta, person, plan

EVERYBODY = [person(f"p{number:02}") for number in range(20)]


def settings(limit: int) -> Settings:
    """Guards that hold nothing, but for so many locks an hour."""
    free = "{percent: 100, floor: 0}"
    return config(
        f"Guards: {{user_deletes: {free}, user_locks: {free}, source_shrink: {free}, "
        f"lock_burst: {{percent: 0, floor: {limit}}}}}"
    )


@pytest.mark.parametrize(("lately", "made"), [(0, 3), (2, 1), (3, 0), (9, 0)])
def test_r35_locks_are_made_up_to_what_the_hour_leaves(lately: int, made: int, tmp_path: Path) -> None:
    chosen = settings(3)
    state = settled(okta(*EVERYBODY), chosen)
    gone = plan(okta(*EVERYBODY[:13]), state, chosen)
    expected = Expected(chosen.digest, ORG, "0.1.0", guards=chosen.guards)
    with open_store(tmp_path / "a.db") as store:
        local = LocalTarget(store.directory, ORG)
        fill(local, state)
        again = counted_again(gone, expected, {FIRST: local}, NOW, {"lock_burst": lately})
    locks = sorted((change.address, change.blocked_by) for change in again.changes if isinstance(change, LockChange))
    assert [held for _, held in locks] == [()] * made + [("lock_burst",)] * (7 - made)
