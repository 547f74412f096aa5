"""Applying a plan: it becomes so, in order, recorded, and nothing else is touched."""

from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import msgspec
import pytest
from hypothesis import given, settings

from idsync.apply.admission import unneeded
from idsync.apply.executor import apply_plan
from idsync.compiler.users import adopted
from idsync.config.guards import Guard, Guards
from idsync.errors import LeaseHeld, LeaseLost, PlanMismatch, PlanStale, PlanTampered, PlanUsed
from idsync.model.addresses import Address
from idsync.model.canonical import canonical_bytes
from idsync.model.directory import DirectoryState, Reason, Why
from idsync.model.journal import LocksSwept, RunFinished, RunStarted, StepMade, summarise_runs
from idsync.model.ownership import with_owned
from idsync.model.resources import (
    AccessList,
    ConnectorReference,
    CreatedBy,
    Membership,
    Metadata,
    Owner,
    UserSpec,
    user,
)
from idsync.model.times import format_time
from idsync.plan.differ import changes_between
from idsync.plan.sections import FIRST
from idsync.plan.steps import Phase, steps_of
from idsync.stores.protocol import Difference, Holder, Lease
from idsync.stores.sqlite.store import SqliteStore, open_store
from idsync.targets.local import LocalTarget
from tests.apply import worlds
from tests.apply.bodies import resource_in
from tests.apply.worlds import AFTER, BEFORE, EXPECTED, LATER, WHY, apply, fill, foreign, plan_between, state
from tests.effort import examples
from tests.targets.world import (
    NOW,
    ORG,
    WritableTarget,
    foreign_list,
    foreign_lock,
    foreign_user,
    our_list,
    our_lock,
    our_user,
)

replace = msgspec.structs.replace


def steps_in(store: SqliteStore) -> list[StepMade]:
    return [each.entry for each in store.journal.entries() if isinstance(each.entry, StepMade)]


def test_a_plan_becomes_so(target: WritableTarget, store: SqliteStore) -> None:
    fill(target, BEFORE)
    applied = apply(plan_between(BEFORE, AFTER, why=WHY), target, store)
    now = target.state()
    assert {n: u for n, u in now.users.items() if n != "admin"} == AFTER.users
    assert {name: set(members) for name, members in worlds.ours(now).members.items()} == {
        name: set(members) for name, members in AFTER.members.items()
    }
    assert {name: found.spec.title for name, found in worlds.ours(now).access_lists.items()} == {
        "00g1": "New title",
        "00g3": "Shrinks",
        "0oa4": "New",
    }
    assert worlds.ours(now).locks.keys() == {"leaver-lock"}
    assert (applied.run, applied.serial, applied.resumed) == (1, target.serial(), False)
    assert (applied.summary.user.create, applied.summary.member.remove) == (2, 4)


def test_what_is_not_ours_stays_byte_for_byte(target: WritableTarget, store: SqliteStore) -> None:
    fill(target, BEFORE)
    before = canonical_bytes(foreign(target.state()))
    apply(plan_between(BEFORE, AFTER), target, store)
    assert canonical_bytes(foreign(target.state())) == before


def test_nothing_is_left_to_plan_afterwards(target: WritableTarget, store: SqliteStore) -> None:
    fill(target, BEFORE)
    apply(plan_between(BEFORE, AFTER), target, store)
    now = target.state()
    assert plan_between(now, worlds.ours(now)).is_empty


def test_times_are_set_at_apply(target: WritableTarget, store: SqliteStore) -> None:
    fill(target, BEFORE)
    apply(plan_between(BEFORE, AFTER), target, store, NOW + timedelta(hours=2))
    now = target.state()
    assert now.members["00g1"]["joiner"].joined == "2026-11-22T11:30:00Z"
    assert now.members["00g1"]["stays"].joined == "2026-01-01T00:00:00Z"
    assert now.locks["leaver-lock"].spec.expires == "2026-11-23T18:30:00Z"
    audit = now.access_lists["0oa4"].spec.audit
    assert audit is not None
    assert audit.next_audit_date == "2027-06-01T00:00:00Z"


def test_steps_run_locks_first_and_unlocks_last_and_each_is_journaled(
    target: WritableTarget, store: SqliteStore
) -> None:
    fill(target, BEFORE)
    apply(plan_between(BEFORE, AFTER, why=WHY), target, store)
    steps = steps_in(store)
    assert [(step.phase, step.address) for step in steps] == [
        (Phase.LOCK, "lock/leaver-lock"),
        (Phase.USER, "user/joiner"),
        (Phase.USER, "user/mover"),
        (Phase.USER, "user/returner"),
        (Phase.ACCESS_LIST, "access_list/00g1"),
        (Phase.ACCESS_LIST, "access_list/0oa4"),
        (Phase.MEMBER_REMOVAL, "access_list/00g1"),
        (Phase.MEMBER_REMOVAL, "access_list/00g3"),
        (Phase.ACCESS_LIST_DELETE, "access_list/00g2"),
        (Phase.USER_DELETE, "user/leaver/1"),
        (Phase.UNLOCK, "lock/returner-lock"),
    ]
    assert (steps[1].reason, steps[1].causes) == ("assigned", WHY[Address("user/joiner")].causes)
    assert store.journal.verify().broken_at is None


def test_a_run_in_part_says_so_and_its_plan_applies_once(local: LocalTarget, store: SqliteStore) -> None:
    made = plan_between(state(), AFTER)
    apply(made, local, store, split=True, pending={FIRST: frozenset({Address("user/other")})})
    (started,) = [each.entry for each in store.journal.headlines() if isinstance(each.entry, RunStarted)]
    (run,) = summarise_runs(each.entry for each in store.journal.headlines())
    assert (started.split, run.state, run.whole) == (True, "finished", False)
    with pytest.raises(PlanUsed):
        apply(made, local, store)


def test_a_whole_run_says_so(local: LocalTarget, store: SqliteStore) -> None:
    apply(plan_between(state(), AFTER), local, store, split=True)
    (run,) = summarise_runs(each.entry for each in store.journal.headlines())
    assert run.whole


def test_the_journal_keeps_what_is_needed_to_take_a_step_back(target: WritableTarget, store: SqliteStore) -> None:
    fill(target, BEFORE)
    apply(plan_between(BEFORE, AFTER), target, store)
    by_step = {(step.phase, step.address): step for step in steps_in(store)}
    now = target.state()
    changed = by_step[Phase.USER, Address("user/mover")]
    assert resource_in(store, changed.before) == BEFORE.users["mover"]
    assert resource_in(store, changed.after) == now.users["mover"]
    created = by_step[Phase.ACCESS_LIST, Address("access_list/0oa4")]
    assert resource_in(store, created.before) is None
    assert resource_in(store, created.after) == now.access_lists["0oa4"]
    assert created.members_added == ("joiner", "mover")
    retitled = by_step[Phase.ACCESS_LIST, Address("access_list/00g1")]
    assert resource_in(store, retitled.before) == BEFORE.access_lists["00g1"]
    shrunk = by_step[Phase.MEMBER_REMOVAL, Address("access_list/00g1")]
    assert shrunk.members_removed == {"leaver/1": Membership(reason="asked")}
    assert shrunk.before == shrunk.after == retitled.after
    locked = by_step[Phase.LOCK, Address("lock/leaver-lock")]
    assert resource_in(store, locked.after) == now.locks["leaver-lock"]
    assert {step.target for step in by_step.values()} == {target.name}
    gone = by_step[Phase.ACCESS_LIST_DELETE, Address("access_list/00g2")]
    assert resource_in(store, gone.before) == BEFORE.access_lists["00g2"]
    assert gone.members_removed == BEFORE.members["00g2"]


def test_a_run_tells_who_when_and_what_was_released(local: LocalTarget, store: SqliteStore) -> None:
    gone = state(our_list("goes"), members={"goes": {}})
    fill(local, gone)
    released = {"access_list_deletes": "agreed with Ann", "user_locks": "by mistake"}
    strict = replace(EXPECTED, guards=Guards(access_list_deletes=Guard(Decimal(0), 0)))
    applied = apply(plan_between(gone, AFTER), local, store, expected=strict, releases=released)
    (run,) = summarise_runs(each.entry for each in store.journal.headlines())
    assert (run.run, run.actor, run.started_at, run.state) == (applied.run, "hiro@laptop", format_time(NOW), "finished")
    assert run.releases == applied.releases == {"access_list_deletes": "agreed with Ann"}
    assert run.counts["user"] == {"create": 4, "update": 0, "delete": 0}
    assert run.serial == applied.serial == local.serial()


def test_a_release_that_releases_nothing_is_noted() -> None:
    (note,) = unneeded({"user_deletes": "agreed", "user_locks": "agreed"}, {"user_locks"})
    assert "user_deletes blocks nothing" in note


def test_r38_a_plan_applies_once(target: WritableTarget, store: SqliteStore) -> None:
    plan = plan_between(state(), AFTER)
    apply(plan, target, store)
    with pytest.raises(PlanUsed, match="applied already"):
        apply(plan, target, store)


def test_what_the_caller_remembers_is_kept_with_the_apply(local: LocalTarget, store: SqliteStore) -> None:
    apply(plan_between(state(), AFTER), local, store, facts={"pool": b"4"}, cache={"desired": b"x"})
    assert (store.facts.get("pool"), store.cache.get("desired")) == (b"4", b"x")


def test_r30_an_empty_plan_is_not_a_run_and_yet_keeps_what_is_remembered(
    local: LocalTarget, store: SqliteStore
) -> None:
    plan = plan_between(state(), state())
    for _ in range(2):
        applied = apply(plan, local, store, facts={"pool": b"0"})
        assert applied.run is None
    assert store.facts.get("pool") == b"0"
    assert list(store.journal.entries()) == []
    assert local.serial() == 0


class TestSettling:
    """What differed from what was agreed on is settled, by address, when an apply made or found it as desired."""

    @pytest.fixture
    def edited(self, local: LocalTarget, store: SqliteStore) -> SqliteStore:
        """A directory with edits that the plan puts back, and one that it leaves alone."""
        fill(local, BEFORE)
        back = ["user/mover", "access_list/00g1", "access_list_member/00g1/leaver/1", "access_list_member/0oa4/mover"]
        store.agreed("local").differ({Address(each): Difference(None) for each in [*back, "user/stays"]})
        return store

    def test_all_that_a_plan_knew_of_is_settled(self, local: LocalTarget, edited: SqliteStore) -> None:
        apply(plan_between(BEFORE, AFTER, serial=local.serial()), local, edited)
        assert local.index(ORG).edited == set()

    def test_what_was_edited_since_is_settled_only_where_the_plan_makes_it_so(
        self, local: LocalTarget, edited: SqliteStore
    ) -> None:
        plan = plan_between(BEFORE, AFTER, serial=local.serial())
        local.put_user(our_user("unrelated"))
        edited.agreed("local").differ({Address("user/unrelated"): Difference(None)})
        apply(plan, local, edited)
        assert local.index(ORG).edited == {"user/unrelated", "user/stays"}

    def test_an_empty_plan_finds_all_as_desired(self, local: LocalTarget, edited: SqliteStore) -> None:
        apply(plan_between(AFTER, AFTER, serial=local.serial()), local, edited)
        assert local.index(ORG).edited == set()

    def test_what_is_left_for_later_is_not_settled(self, local: LocalTarget, edited: SqliteStore) -> None:
        pending = {FIRST: frozenset({Address("user/mover")})}
        apply(plan_between(BEFORE, AFTER, serial=local.serial()), local, edited, split=True, pending=pending)
        assert local.index(ORG).edited == {"user/mover", "user/stays"}

    def test_an_apply_that_fails_settles_nothing(self, local: LocalTarget, edited: SqliteStore) -> None:
        plan = plan_between(BEFORE, AFTER, serial=local.serial())
        local.put_user(our_user("mover", "root"))
        with pytest.raises(PlanStale):
            apply(plan, local, edited)
        assert len(local.index(ORG).edited) == 5


class TestStale:
    def changed(self, local: LocalTarget, store: SqliteStore, path: Path) -> PlanStale:
        """Apply a plan after somebody changed something; nothing may have happened."""
        before = canonical_bytes(local.state())
        serial = local.serial()
        with pytest.raises(PlanStale) as caught:
            apply(plan_between(BEFORE, AFTER), local, store)
        assert canonical_bytes(local.state()) == before
        assert local.serial() == serial
        assert list(store.journal.entries()) == []
        return caught.value

    @pytest.fixture(autouse=True)
    def filled(self, local: LocalTarget) -> None:
        fill(local, BEFORE)

    def test_a_changed_user(self, local: LocalTarget, store: SqliteStore, path: Path) -> None:
        local.put_user(our_user("mover", "root"))
        assert self.changed(local, store, path).addresses == ("user/mover",)

    def test_a_vanished_user(self, local: LocalTarget, store: SqliteStore, path: Path) -> None:
        local.delete_user("leaver/1")
        assert self.changed(local, store, path).addresses == ("user/leaver/1",)

    def test_a_foreign_user_in_the_place_of_a_new_one(self, local: LocalTarget, store: SqliteStore, path: Path) -> None:
        local.put_user(foreign_user("joiner"))
        assert self.changed(local, store, path).addresses == ("user/joiner",)

    def test_a_renamed_list(self, local: LocalTarget, store: SqliteStore, path: Path) -> None:
        local.put_access_list(our_list("00g1", "Renamed", "dev"))
        assert self.changed(local, store, path).addresses == ("access_list/00g1",)

    def test_r38_a_member_to_be_added_who_is_there(self, local: LocalTarget, store: SqliteStore, path: Path) -> None:
        local.add_members("00g1", {"joiner": Membership(reason="by hand")})
        assert self.changed(local, store, path).addresses == ("access_list/00g1",)

    def test_r38_a_member_to_be_removed_who_is_gone(self, local: LocalTarget, store: SqliteStore, path: Path) -> None:
        local.remove_members("00g3", ["mover"])
        assert self.changed(local, store, path).addresses == ("access_list/00g3",)

    def test_r38_another_member_of_a_list_that_goes(self, local: LocalTarget, store: SqliteStore, path: Path) -> None:
        local.add_members("00g2", {"guest": Membership()})
        assert self.changed(local, store, path).addresses == ("access_list/00g2",)

    def test_r38_what_people_own_may_move_and_is_kept(self, local: LocalTarget, store: SqliteStore) -> None:
        owned = BEFORE.access_lists["00g1"]
        edited = replace(owned, spec=replace(owned.spec, owners=(Owner("zoe"),)))
        mover = BEFORE.users["mover"]
        local.put_access_list(edited)
        local.put_user(replace(mover, metadata=replace(mover.metadata, labels={**mover.metadata.labels, "team": "x"})))
        local.add_members("00g3", {"guest": Membership(reason="by hand")})
        local.add_members("00g1", {"stays": Membership(expires="2027-01-01T00:00:00Z")})
        apply(plan_between(BEFORE, AFTER), local, store)
        after = local.state()
        assert after.access_lists["00g1"].spec.owners == (Owner("zoe"),)
        assert after.access_lists["00g1"].spec.title == "New title"
        assert (after.users["mover"].spec.roles, after.users["mover"].metadata.labels["team"]) == (("ops",), "x")
        assert after.members["00g3"]["guest"].reason == "by hand"
        assert after.members["00g1"]["stays"].expires == "2027-01-01T00:00:00Z"

    def test_r38_an_owner_is_renamed_and_those_whom_people_chose_meanwhile_are_kept(
        self, local: LocalTarget, store: SqliteStore
    ) -> None:
        def owned_by(*names: str) -> AccessList:
            return replace(our_list("00g9"), spec=replace(our_list("00g9").spec, owners=tuple(map(Owner, names))))

        local.put_access_list(owned_by("alice", "bob", "zoe"))
        apply(plan_between(state(owned_by("alice", "bob")), state(owned_by("alice2", "bob"))), local, store)
        owners = local.state().access_lists["00g9"].spec.owners
        assert [owner.name for owner in owners] == ["bob", "zoe", "alice2"]

    def test_r38_other_grants_of_a_list_that_people_join(
        self, local: LocalTarget, store: SqliteStore, path: Path
    ) -> None:
        local.put_access_list(our_list("00g1", "Old title", "root"))
        assert self.changed(local, store, path).addresses == ("access_list/00g1",)

    def test_a_temporary_user_who_became_somebody_s_own_is_not_taken_over(
        self, local: LocalTarget, store: SqliteStore, path: Path
    ) -> None:
        login = CreatedBy(connector=ConnectorReference("saml", "okta"))
        temporary = user(Metadata("t", expires="2026-11-23T00:00:00Z"), UserSpec(("dev",), created_by=login))
        taken = adopted(with_owned(temporary, our_user("t")))
        plan = worlds.plan_of(changes_between(state(temporary), state(taken), {}, {}))
        theirs = replace(temporary, spec=replace(temporary.spec, created_by=None))
        local.put_user(theirs)
        with pytest.raises(PlanStale):
            apply(plan, local, store)
        assert local.state().users["t"] == theirs
        local.put_user(temporary)
        apply(plan, local, store)
        assert local.state().users["t"] == taken

    def test_a_list_that_is_not_ours_any_more(self, local: LocalTarget, store: SqliteStore, path: Path) -> None:
        local.put_access_list(foreign_list("00g3", "Shrinks"))
        assert self.changed(local, store, path).addresses == ("access_list/00g3",)

    def test_a_user_who_is_not_ours_any_more(self, local: LocalTarget, store: SqliteStore, path: Path) -> None:
        mover = BEFORE.users["mover"]
        local.put_user(replace(mover, metadata=replace(mover.metadata, labels={"team": "x"})))
        assert self.changed(local, store, path).addresses == ("user/mover",)

    def test_a_lock_that_was_lifted(self, local: LocalTarget, store: SqliteStore, path: Path) -> None:
        local.delete_lock("returner-lock")
        assert self.changed(local, store, path).addresses == ("lock/returner-lock",)

    def test_many_changes_are_counted(self, local: LocalTarget, store: SqliteStore, path: Path) -> None:
        with local.transaction():
            for name in ("stays", "mover", "leaver/1"):
                local.delete_user(name)
            for name in ("00g1", "00g2", "00g3"):
                local.delete_access_list(name)
            local.delete_lock("returner-lock")
        error = self.changed(local, store, path)
        assert len(error.addresses) == 6
        assert "and 1 more" in error.summary

    def test_r38_what_the_plan_does_not_touch_may_change(self, local: LocalTarget, store: SqliteStore) -> None:
        local.put_user(our_user("stays", "changed"))
        local.put_user(foreign_user("admin", "more"))
        assert apply(plan_between(BEFORE, AFTER), local, store).run == 1


def test_r38_a_change_between_the_check_and_the_transaction_is_noticed(local: LocalTarget, store: SqliteStore) -> None:
    fill(local, BEFORE)

    class Intruded(LocalTarget):
        """Somebody's edit lands at the last moment."""

        def transaction(self):  # type: ignore[no-untyped-def]
            local.put_user(our_user("mover", "root"))
            return super().transaction()

    with pytest.raises(PlanStale):
        apply(plan_between(BEFORE, AFTER), Intruded(store.directory, ORG), store)
    assert local.state().users["mover"] == our_user("mover", "root")
    assert "joiner" not in local.state().users


def test_a_plan_that_means_to_change_what_is_not_ours_is_refused(target: WritableTarget, store: SqliteStore) -> None:
    theirs = state(foreign_user("admin"))
    fill(target, theirs)
    changes = changes_between(theirs, state(), {}, {})
    with pytest.raises(PlanTampered, match="not ours"):
        apply(worlds.plan_of(changes), target, store)
    assert target.state().users == theirs.users


def test_an_adopted_user_becomes_ours(target: WritableTarget, store: SqliteStore) -> None:
    theirs, adopted = state(foreign_user("temp")), state(our_user("temp"))
    fill(target, theirs)
    why = {Address("user/temp"): Why(Reason.ADOPTED)}
    apply(worlds.plan_of(changes_between(theirs, adopted, why, {})), target, store)
    assert target.state().users == adopted.users


def test_another_orgs_objects_are_not_ours(target: WritableTarget, store: SqliteStore) -> None:
    plan = plan_between(BEFORE, AFTER)
    fill(target, BEFORE)
    expected = replace(worlds.EXPECTED, org_url="https://other.okta.com")
    with pytest.raises(PlanMismatch):
        apply(plan, target, store, expected=expected)


class TestLocksInTime:
    def test_spent_locks_of_ours_are_swept_and_others_are_left(
        self, target: WritableTarget, store: SqliteStore
    ) -> None:
        spent, gone_by = our_lock("spent", expires="2026-11-22T09:30:00Z"), "2026-11-01T00:00:00Z"
        lasting, theirs = our_lock("lasting", expires="2026-11-22T09:30:01Z"), foreign_lock("x", expires=gone_by)
        fill(target, state(spent, lasting, theirs))
        applied = apply(plan_between(state(), state(our_user("a"))), target, store)
        assert target.state().locks.keys() == {"lasting", "x"}
        assert (applied.locks_swept, applied.summary.lock.delete) == (1, 0)
        (swept,) = [each.entry for each in store.journal.entries() if isinstance(each.entry, LocksSwept)]
        assert {name: resource_in(store, body) for name, body in swept.locks.items()} == {"spent": spent}

    def test_nothing_is_swept_where_users_are_switched_off(self, local: LocalTarget, store: SqliteStore) -> None:
        local.put_lock(our_lock("spent", expires="2026-11-01T00:00:00Z"))
        applied = apply(plan_between(state(), state()), local, store, sweep_locks=False)
        assert applied.locks_swept == 0
        assert local.state().locks.keys() == {"spent"}

    def test_a_sweep_alone_is_recorded_without_a_run(self, local: LocalTarget, store: SqliteStore) -> None:
        local.put_lock(our_lock("spent", expires="2026-11-01T00:00:00Z"))
        applied = apply(plan_between(state(), state()), local, store)
        assert (applied.run, applied.locks_swept) == (None, 1)
        assert [type(each.entry) for each in store.journal.entries()] == [LocksSwept]
        assert store.journal.verify().broken_at is None

    def test_a_spent_lock_is_not_an_obstacle_to_a_new_one_of_its_name(
        self, target: WritableTarget, store: SqliteStore
    ) -> None:
        fill(target, state(our_lock("l", expires="2026-11-01T00:00:00Z")))
        wanted = state(our_lock("l"))
        apply(worlds.plan_of(changes_between(state(), wanted, {}, {}, {"l": 86_400})), target, store)
        assert target.state().locks["l"].spec.expires == "2026-11-23T09:30:00Z"


def test_no_account_goes_when_its_lock_has_ended_since_the_plan(target: WritableTarget, store: SqliteStore) -> None:
    before = state(our_user("a"), our_lock("l", "a", expires="2026-11-22T09:31:00Z"))
    fill(target, before)
    plan = plan_between(before, replace(before, users={}))
    with pytest.raises(PlanStale) as caught:
        apply(plan, target, store, LATER)
    assert caught.value.addresses == ("user/a",)
    apply(plan, target, store, NOW)
    assert not target.state().users


@settings(max_examples=examples(170), deadline=None)
@given(worlds.contents(with_foreign=True), worlds.contents(with_foreign=False))
def test_any_plan_takes_any_directory_to_what_it_says(
    tmp_path_factory: pytest.TempPathFactory, before: DirectoryState, after: DirectoryState
) -> None:
    with open_store(tmp_path_factory.mktemp("any") / "idsync.db") as store:
        target = LocalTarget(store.directory, ORG)
        fill(target, before)
        untouched = canonical_bytes(foreign(target.state()))
        going = worlds.ours(before).users.keys() - after.users.keys()
        after = replace(after, locks={**after.locks, **{f"on {name}": our_lock(f"on {name}", name) for name in going}})
        plan = plan_between(before, after)
        apply(plan, target, store)
        now = target.state()
        assert canonical_bytes(foreign(now)) == untouched
        assert worlds.ours(now).users == after.users
        assert worlds.ours(now).locks.keys() == after.locks.keys()
        assert {name: found.spec.title for name, found in worlds.ours(now).access_lists.items()} == {
            name: found.spec.title for name, found in after.access_lists.items()
        }
        assert {n: set(some) for n, some in worlds.ours(now).members.items()} == {
            n: set(some) for n, some in after.members.items()
        }
        assert len(steps_in(store)) == len(steps_of(plan.changes))
        assert store.journal.verify().broken_at is None


def test_progress_is_told_from_beginning_to_end(local: LocalTarget, store: SqliteStore) -> None:
    told: list[tuple[str, int, int]] = []
    plan = plan_between(BEFORE, AFTER)
    fill(local, BEFORE)
    apply_plan(
        plan, worlds.request(), targets={FIRST: local}, records=store, progress=lambda *report: told.append(report)
    )
    assert told == [("applying", 0, 11), ("applying", 11, 11)]


def test_the_first_and_the_last_entry_of_a_run_frame_its_steps(local: LocalTarget, store: SqliteStore) -> None:
    apply(plan_between(state(), AFTER), local, store)
    entries = [each.entry for each in store.journal.entries(1)]
    assert isinstance(entries[0], RunStarted)
    assert isinstance(entries[-1], RunFinished)
    assert entries[0].steps == len(entries) - 2


def held_by(store: SqliteStore, rival: Holder, target: LocalTarget) -> Lease:
    """The target's lease, in the hands of somebody else."""
    lease = store.leases.take(f"target:{target.name}", rival, 60)
    assert isinstance(lease, Lease)
    return lease


class TestLease:
    def test_a_live_rival_is_named(self, local: LocalTarget, store: SqliteStore) -> None:
        rival = replace(worlds.HOLDER, host="another-machine", user="ann")
        held_by(store, rival, local)
        with pytest.raises(LeaseHeld) as caught:
            apply(plan_between(state(), AFTER), local, store)
        assert caught.value.holder.startswith("ann@another-machine")
        assert caught.value.since == rival.since
        assert local.state().users == {}

    def test_waiting_ends_when_the_rival_does(self, local: LocalTarget, store: SqliteStore) -> None:
        rival = replace(worlds.HOLDER, host="another-machine")
        lease = held_by(store, rival, local)
        slept: list[float] = []

        def sleep(seconds: float) -> None:
            slept.append(seconds)
            if len(slept) == 3:
                store.leases.release(lease)

        request = worlds.request(lock_timeout=30.0)
        apply_plan(plan_between(state(), AFTER), request, targets={FIRST: local}, records=store, sleep=sleep)
        assert len(slept) == 3

    def test_waiting_ends_at_the_timeout(self, local: LocalTarget, store: SqliteStore) -> None:
        held_by(store, replace(worlds.HOLDER, host="another-machine"), local)
        slept: list[float] = []
        request = worlds.request(lock_timeout=1.1)
        with pytest.raises(LeaseHeld):
            apply_plan(plan_between(state(), AFTER), request, targets={FIRST: local}, records=store, sleep=slept.append)
        assert sum(slept) == pytest.approx(1.1)

    def test_it_is_given_back_however_the_apply_ends(self, local: LocalTarget, store: SqliteStore) -> None:
        rival = replace(worlds.HOLDER, host="another-machine")
        local.put_user(foreign_user("joiner"))
        with pytest.raises(PlanStale):
            apply(plan_between(state(), AFTER), local, store)
        assert isinstance(held_by(store, rival, local), Lease)

    def test_who_has_lost_it_writes_nothing(self, local: LocalTarget, store: SqliteStore) -> None:
        rival = replace(worlds.HOLDER, host="another-machine")

        class Slow(LocalTarget):
            def serial(self) -> int:
                """Looked at once the lease is held: so long that it runs out and the rival takes it."""
                store._connection.run("UPDATE leases SET ends = 0")
                store.leases.take("target:local", rival, 60)
                return super().serial()

        with pytest.raises(LeaseLost, match="took over"):
            apply(plan_between(state(), AFTER), Slow(store.directory, ORG), store)
        assert local.state().users == {}
        assert list(store.journal.entries()) == []

    def test_a_plan_that_the_rival_applied_meanwhile_is_used(self, local: LocalTarget, store: SqliteStore) -> None:
        rival = replace(worlds.HOLDER, host="another-machine")
        lease = held_by(store, rival, local)
        plan = plan_between(state(), AFTER)

        def sleep(seconds: float) -> None:
            store.leases.release(lease)
            apply(plan, local, store)

        with pytest.raises(PlanUsed):
            apply_plan(plan, worlds.request(lock_timeout=30.0), targets={FIRST: local}, records=store, sleep=sleep)
