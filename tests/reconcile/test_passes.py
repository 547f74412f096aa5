"""The passes of a service against a simulated Okta: judged before they are stored, and one process leads."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import msgspec
import pytest

from idsync.bootstrap.workspace import Workspace
from idsync.reconcile.continuous.loop import TickEnd
from idsync.reconcile.continuous.pass_reports import PassReport, last_report
from idsync.reconcile.continuous.watching import MOST_ASKED
from idsync.reconcile.continuous.wishes import Wish, wish_for_pass
from idsync.stores.holder import this_process
from idsync.stores.protocol import Lease, Store
from idsync.stores.sqlite.store import SqliteStore, open_store
from idsync.stores.tables.contents import TABLES
from idsync.targets.local import LocalTarget
from tests.core.world import config
from tests.okta_simulator import Organization
from tests.reconcile.one_thread import OneThread
from tests.sources.okta.organizations import Reader, served

PEOPLE = 40


@dataclass
class World:
    """An organization, a store, and the passes between them."""

    reader: Reader
    store: Store
    passes: OneThread
    told: list[PassReport] = field(default_factory=list)

    def directory(self) -> LocalTarget:
        """What there is."""
        return LocalTarget(self.store.directory, self.reader.url)

    def users(self) -> set[str]:
        """Who has an account."""
        return set(self.directory().state().users)

    def known(self) -> int:
        """How many people the facts have."""
        facts = self.store.upstream.whole()
        return 0 if facts is None else len(facts.users)


def organization() -> Organization:
    """Forty people who have the app by a group that is a list, and another list."""
    made = Organization()
    people = [made.add_user(f"p{number:02}@x.com") for number in range(PEOPLE)]
    staff = made.add_group("staff", members=people)
    made.add_group("eng", members=people[:20])
    made.assign_group(made.add_app("Teleport"), staff)
    return made


@contextmanager
def running(path: Path, org: Organization, documents: str = "") -> Iterator[World]:
    """Passes on a store of their own."""
    with served(org) as reader, open_store(path) as store:
        integration = (
            "apiVersion: idsync/v1\nkind: Integration\nmetadata: {name: okta}\n"
            f"spec: {{org_url: {reader.url}, app: {{id: {org.app('Teleport').id}}}, "
            "auth: {api_token: {env: TOKEN}}}\n"
        )
        place = Workspace(config(*([documents] if documents else []), integration=integration), path.parent)
        told: list[PassReport] = []
        holder = this_process("2026-11-22T12:00:00Z")
        passes = OneThread(
            store, place.in_force, lambda _, progress: reader.source(progress=progress), holder, told.append
        )
        yield World(reader, store, passes, told)


def test_r44_a_reading_that_shrank_is_judged_before_it_is_stored(tmp_path: Path) -> None:
    org = organization()
    with running(tmp_path / "a.db", org) as world:
        assert world.passes.full()
        assert (world.known(), len(world.users())) == (PEOPLE, PEOPLE)
        app = org.app("Teleport")
        org.unassign_group(app, org.group("staff"))
        for number in range(10):
            org.assign_user(app, org.user(f"p{number:02}@x.com"))
        assert world.passes.full()
        assert world.told[-1].doubts == ("source_shrink",)
        assert (world.known(), len(world.users())) == (PEOPLE, PEOPLE)


def test_r45_many_who_lack_the_app_ask_for_no_full_pass(tmp_path: Path) -> None:
    org = organization()
    with running(tmp_path / "a.db", org) as world:
        world.passes.full()
        assert world.passes.tick() is TickEnd.DONE
        for number in range(MOST_ASKED + 1):
            org.update_user(org.add_user(f"stranger{number}@x.com"), title="Guest")
        org.suspend(org.user("p00@x.com"))
        org.assign_user(org.app("Teleport"), org.add_user("new@x.com"))
        before = world.reader.simulator.requests.total
        assert world.passes.tick() is TickEnd.DONE
        assert world.reader.simulator.requests.total - before < 20
        state = world.directory().state()
        assert [lock.spec.target.user for lock in state.locks.values()] == ["p00@x.com"]
        assert state.users.keys() - {f"p{number:02}@x.com" for number in range(PEOPLE)} == {"new@x.com"}


def test_r45_who_lacks_the_app_counts_where_something_may_have_given_it(tmp_path: Path) -> None:
    org = organization()
    with running(tmp_path / "a.db", org) as world:
        world.passes.full()
        assert world.passes.tick() is TickEnd.DONE
        for number in range(MOST_ASKED + 1):
            org.add_member(org.group("staff"), org.add_user(f"new{number}@x.com"))
        assert world.passes.tick() is TickEnd.IN_DOUBT


def test_r45_who_left_and_comes_back_counts_though_the_log_names_no_app(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A group still gives them the app, and facts know them as gone."""
    org = organization()
    with running(tmp_path / "a.db", org) as world:
        people = [org.user(f"p{number:02}@x.com") for number in range(3)]
        world.passes.full()
        for each in people:
            org.deactivate(each)
        assert world.passes.tick() is TickEnd.DONE
        monkeypatch.setattr("idsync.reconcile.continuous.watching.MOST_ASKED", 2)
        for each in people:
            org.activate(each)
        assert world.passes.tick() is TickEnd.IN_DOUBT


def test_r44_a_tick_that_would_lose_many_asks_for_a_full_pass(tmp_path: Path) -> None:
    org = organization()
    with running(tmp_path / "a.db", org) as world:
        world.passes.full()
        assert world.passes.tick() is TickEnd.DONE
        for number in range(20):
            org.remove_member(org.group("eng"), org.user(f"p{number:02}@x.com"))
        assert world.passes.tick() is TickEnd.IN_DOUBT
        members = {name: len(each) for name, each in world.directory().state().members.items()}
        assert sorted(members.values()) == [20, PEOPLE]
        assert world.passes.tick() is TickEnd.DONE, "what was asked for is not asked for again"


def test_r45_a_tick_makes_so_what_moved_and_nothing_else(tmp_path: Path) -> None:
    org = organization()
    with running(tmp_path / "a.db", org) as world:
        world.passes.full()
        serial = world.directory().serial()
        before = sum(world.reader.simulator.requests.by_route.values())
        assert world.passes.tick() is TickEnd.DONE
        assert sum(world.reader.simulator.requests.by_route.values()) - before == 1
        assert world.directory().serial() == serial
        new = org.add_user("new@x.com")
        org.assign_user(org.app("Teleport"), new)
        org.add_member(org.group("eng"), new)
        org.update_group(org.group("eng"), name="engineers")
        assert world.passes.tick() is TickEnd.DONE
        assert "new@x.com" in world.users()
        state = world.directory().state()
        titles = {state.access_lists[name].spec.title: len(members) for name, members in state.members.items()}
        assert titles == {"staff": PEOPLE, "engineers": 21}
        assert world.passes.full()
        assert world.told[-1].counts == {"user": {}, "lock": {}, "access_list": {}, "member": {}}


def test_how_passes_end_is_kept_and_a_wish_is_granted_once(tmp_path: Path) -> None:
    with running(tmp_path / "a.db", organization()) as world:
        world.passes.full()
        kept = last_report(world.store.facts, "full", good=True)
        assert kept is not None
        assert (kept.error, kept.run) == (None, 1)
        wish_for_pass(world.store.facts, Wish("somebody"))
        assert world.passes.wants_full()
        world.passes.full()
        assert not world.passes.wants_full()


def test_r46_one_process_leads_and_another_takes_over(tmp_path: Path) -> None:
    with running(tmp_path / "a.db", organization()) as world, open_store(tmp_path / "a.db") as store:
        holder = this_process("2026-11-22T12:00:01Z")
        other = type(holder)(holder.process, "elsewhere", holder.user, holder.since, "boot", "born")
        ours = world.passes.reconciling
        rival = OneThread(store, ours.in_force, ours.source, other, world.told.append)
        assert world.passes.leads()
        assert world.passes.leads()
        assert not rival.leads()
        world.passes.stand_back()
        assert rival.leads()
        assert not world.passes.leads()


def test_r46_who_lost_the_lead_without_noticing_writes_nothing(tmp_path: Path) -> None:
    org = organization()
    with running(tmp_path / "a.db", org) as world, open_store(tmp_path / "a.db") as store:
        assert world.passes.leads()
        assert world.passes.full()
        org.deactivate(org.user("p01@x.com"))
        wish_for_pass(store.facts, Wish("somebody"))
        with store.transaction():  # as if its seconds were over
            store._connection.run("UPDATE leases SET ends = 0 WHERE name = 'leader'")
        elsewhere = msgspec.structs.replace(this_process(""), host="elsewhere")
        assert isinstance(store.leases.take("leader", elsewhere, 60), Lease)
        before = contents(store)
        assert not world.passes.full()
        assert world.passes.tick() is TickEnd.DONE
        assert world.passes.wants_full(), "the wish waits for who leads"
        world.passes.stand_back()
        assert contents(store) == before
        assert [report.error is None for report in world.told] == [True, False, False]
        assert world.told[-1].error is not None
        assert "took over" in world.told[-1].error


def contents(store: SqliteStore) -> dict[str, list[object]]:
    """Every row of the store."""
    whole = store.whole().contents
    return {table.name: list(whole.read(table)) for table in TABLES}


@pytest.mark.parametrize("count", [1, 5])
def test_r43_a_burst_that_was_pulled_waits_for_a_release_too(tmp_path: Path, count: int) -> None:
    org = organization()
    with running(tmp_path / "a.db", org, "Guards: {user_deletes: {percent: 0, floor: 2}}") as world:
        world.passes.full()
        for number in range(count):
            org.deactivate(org.user(f"p{number:02}@x.com"))
        assert world.passes.tick() is TickEnd.DONE
        locks = world.directory().state().locks
        assert len(locks) == count
        assert len(world.users()) == PEOPLE - (count if count <= 2 else 0)
        world.passes.full()
        assert len(world.users()) == PEOPLE - (count if count <= 2 else 0)
