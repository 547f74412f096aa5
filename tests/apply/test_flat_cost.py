"""Applying what concerns one person costs the database as many steps in a large company as in a small one."""

from pathlib import Path

import pytest

from idsync.apply.unattended import counted_lately
from idsync.model.directory import DirectoryState
from idsync.model.journal import RunStarted
from idsync.model.resources import NEW_MEMBERSHIP, Membership
from idsync.model.times import parse_time
from idsync.plan.changes import Plan
from idsync.stores.sqlite.store import SqliteStore, open_store
from idsync.targets.local import LocalTarget
from tests.apply.worlds import LATER, apply, plan_between, state
from tests.stores.sqlite.test_flat_cost import company, steps_of
from tests.targets.world import our_list, our_lock, our_user

ONE = {"User7": Membership()}
ALL = our_list("all")


def plan(before: DirectoryState, after: DirectoryState) -> Plan:
    return plan_between(before, after, serial=4)


JOINER = plan(
    state(ALL, members={"all": ONE}), state(our_user("Joiner"), ALL, members={"all": {**ONE, "Joiner": NEW_MEMBERSHIP}})
)
MOVER = plan(state(our_user("User7", okta_id="00u7")), state(our_user("User7", "ops", okta_id="00u7")))
LEAVER = plan(
    state(our_user("User7", okta_id="00u7"), ALL, members={"all": ONE}),
    state(our_lock("lock of 7", "User7", "2030-01-01T00:00:00Z"), ALL),
)


@pytest.mark.parametrize("plan", [JOINER, MOVER, LEAVER], ids=["joiner", "mover", "leaver"])
def test_one_person_costs_as_many_steps_among_few_as_among_many(tmp_path: Path, plan: Plan) -> None:
    few, many = (_steps_of_applying(plan, company(tmp_path / f"{people}.db", people)) for people in (50, 4_000))
    assert many <= few * 1.05


def _steps_of_applying(plan: Plan, store: SqliteStore) -> int:
    def applied(target: LocalTarget) -> None:
        apply(plan, target, store, LATER)

    return steps_of(store, applied)


def test_what_the_last_hour_took_costs_as_many_steps_after_few_runs_as_after_many(tmp_path: Path) -> None:
    few, many = (_steps_of_counting(open_store(tmp_path / f"{runs}.db"), runs) for runs in (200, 2_000))
    assert many <= few * 1.05


def _steps_of_counting(store: SqliteStore, runs: int) -> int:
    with store.transaction():
        for run in range(1, runs + 1):
            lately = run > runs - 3
            at = f"2026-11-22T{'09:30' if lately else '07:00'}:00Z"
            store.journal.append(RunStarted(run, at, "", "", "okta", 1, unattended=True, counted={"user_deletes": 1}))

    def counted(_: LocalTarget) -> None:
        assert counted_lately(store.journal, parse_time("2026-11-22T10:00:00Z")) == {"user_deletes": 3}

    return steps_of(store, counted)
