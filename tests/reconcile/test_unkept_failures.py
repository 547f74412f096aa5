"""A pass fails on a store that takes nothing, as on a full disk: the process tells what the store cannot keep."""

from pathlib import Path

from idsync.reconcile.continuous.lead import LEADER_SECONDS
from idsync.reconcile.continuous.loop import TickEnd
from idsync.reconcile.continuous.pass_reports import last_report
from idsync.stores.protocol import Store
from tests.reconcile.test_passes import World, organization, running
from tests.sources.okta.organizations import Clock


def let_write(store: Store, *, so: bool) -> None:
    """Let the store take what is written, or nothing."""
    store._connection.run(f"PRAGMA query_only = {'OFF' if so else 'ON'}")  # type: ignore[attr-defined]


def heard(world: World) -> list[frozenset[str]]:
    """What the process tells of failures that the store has not, as it tells it."""
    told: list[frozenset[str]] = []
    world.passes.reconciling.tell_unkept = told.append
    return told


def test_a_failure_that_the_store_does_not_keep_is_told_until_a_pass_goes_well(tmp_path: Path) -> None:
    org = organization()
    with running(tmp_path / "a.db", org) as world:
        assert world.passes.full()
        told = heard(world)
        org.suspend(org.user("p00@x.com"))
        let_write(world.store, so=False)
        assert world.passes.tick() is TickEnd.DONE
        assert not world.passes.full()
        assert [report.kind for report in world.told if report.error] == ["tick", "full"]
        kept = [last_report(world.store.facts, kind) for kind in ("tick", "full")]
        assert not any(report is not None and report.error for report in kept)
        assert told[-1] == {"tick", "full"}
        let_write(world.store, so=True)
        assert world.passes.tick() is TickEnd.DONE
        assert told[-1] == {"full"}
        assert world.passes.full()
        assert told[-1] == frozenset()


def test_a_tick_that_finds_nothing_ends_what_was_told_of_the_one_before(tmp_path: Path) -> None:
    with running(tmp_path / "a.db", organization()) as world:
        assert world.passes.full()
        world.passes.tick()
        told = heard(world)
        world.passes.reconciling.unkept = frozenset({"tick"})
        world.passes.tick()
        assert told == [frozenset()]


def test_r46_a_lead_that_ends_since_the_store_takes_nothing_is_told_once(tmp_path: Path) -> None:
    with running(tmp_path / "a.db", organization()) as world:
        clock = Clock()
        world.passes.reconciling.lead._clock = clock
        assert world.passes.leads()
        told = heard(world)
        let_write(world.store, so=False)
        assert world.passes.leads(), "nobody else takes the lead before its time is over"
        assert told == []
        clock.now += LEADER_SECONDS + 1
        assert [world.passes.leads(), world.passes.leads()] == [False, False]
        assert told == [{"full"}]
        assert [report.kind for report in world.told if report.error] == ["full"]
        let_write(world.store, so=True)
        assert world.passes.leads()
        assert world.passes.full()
        assert told[-1] == frozenset()
