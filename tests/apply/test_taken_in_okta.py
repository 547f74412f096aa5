"""What guards count of unattended runs that Okta refused in part: what was sent, and no more."""

from datetime import timedelta

import pytest

from idsync.apply.unattended import counted_lately, taken_of
from idsync.model.journal import RunFinished, RunStarted, RunStopped
from idsync.model.times import format_time
from idsync.reconcile.lately import Lately
from idsync.stores.sqlite.store import SqliteStore
from tests.targets.world import NOW

COUNTED = {"upstream_additions": 4, "upstream_removals": 1, "user_locks": 9}


def test_a_run_that_stopped_took_in_okta_at_most_as_many_memberships_as_it_kept_steps() -> None:
    assert taken_of(COUNTED, None) == COUNTED
    assert taken_of(COUNTED, 0) == {}
    assert taken_of(COUNTED, 3) == {"upstream_additions": 3, "upstream_removals": 1, "user_locks": 9}


@pytest.mark.parametrize(
    ("stops", "finished", "counted"),
    [([], False, 4), ([2], False, 2), ([1, 3], False, 3), ([0], False, 0), ([2], True, 4)],
    ids=["under way", "stopped", "stopped twice", "kept nothing", "finished after all"],
)
def test_it_is_counted_so_from_the_journal_and_by_what_it_gets(
    store: SqliteStore, stops: list[int], counted: int, *, finished: bool
) -> None:
    at, lately = format_time(NOW), Lately()
    journal = store.journal
    with store.transaction():
        started = RunStarted(1, at, "serve", "d", "okta", 4, {}, {}, unattended=True, counted={"upstream_additions": 4})
        journal.append(started)
    assert lately.counted(journal, NOW)["upstream_additions"] == 4
    with store.transaction():
        for done in stops:
            journal.append(RunStopped(1, at, done, "refused"))
        if finished:
            journal.append(RunFinished(1, at, 1, True))
    for found in (lately.counted(journal, NOW), counted_lately(journal, NOW), Lately().counted(journal, NOW)):
        assert found.get("upstream_additions", 0) == counted
    assert not lately.counted(journal, NOW + timedelta(hours=2))
