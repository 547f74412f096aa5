"""A push, end to end on a store: facts, plan, apply, journal, and nothing that it was not about."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from idsync.apply.admission import Expected
from idsync.apply.executor import apply_plan
from idsync.apply.request import Request
from idsync.edit.editor import Editor
from idsync.edit.locking import unlock_user
from idsync.model.extent import Extent, Reading
from idsync.model.identity import Snapshot
from idsync.model.journal import StepMade
from idsync.model.ownership import lock_name
from idsync.model.resources import AccessList, Membership, Owner, member
from idsync.plan.sections import FIRST
from idsync.reconcile.partial_pass import apply_part
from idsync.reconcile.plan_options import PlanOptions
from idsync.reconcile.planning import make_plan
from idsync.stores.holder import this_process
from idsync.stores.sqlite.store import SqliteStore, open_store
from idsync.targets.local import LocalTarget
from tests.core.world import NOW, ORG, PLAIN, group, okta, person, replace
from tests.targets.world import foreign_lock

HOLDER = this_process("2026-11-22T12:00:00Z")
REQUEST = Request("ann@host", NOW, HOLDER, Expected(PLAIN.digest, ORG, "0.1.0", frozenset()))
BEFORE = okta(person("ann"), person("bob"), person("cid"), group("eng", "ann", "bob", "cid"), group("ops", "ann"))
NOBODY: frozenset[str] = frozenset()


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqliteStore]:
    """A store with the organization applied, and its facts."""
    with open_store(tmp_path / "idsync.db") as opened:
        local = LocalTarget(opened.directory, ORG)
        made = make_plan(PLAIN, Reading(BEFORE), local, PlanOptions(now=NOW))
        apply_plan(made.executable().plan, REQUEST, targets={FIRST: local}, records=opened)
        opened.upstream.take(Reading(BEFORE))
        yield opened


def pushed(store: SqliteStore, moved: Extent) -> int:
    """The steps that a push took."""
    local = LocalTarget(store.directory, ORG)
    done = apply_part(PLAIN, moved, store=store, target=local, last=None, now=NOW, request=REQUEST)
    return sum(applied.steps for applied in done)


def of_one(name: str, now: Snapshot) -> Reading:
    """A reading of one person."""
    return Reading(now, Extent(frozenset({f"00u-{name}"}), NOBODY))


def test_pushes_of_one_transaction_are_plans_of_their_own_however_alike_they_are(store: SqliteStore) -> None:
    def push(name: str, *there: str) -> int:
        return pushed(store, store.upstream.take(of_one(name, okta(*map(person, there)))))

    with store.transaction():
        assert push("dora", "dora") == push("emil", "emil") == 1
        for _ in range(2):
            assert push("dora") == push("emil") > 1
            assert push("dora", "dora") == push("emil", "emil") > 1
    assert {"dora", "emil"} <= LocalTarget(store.directory, ORG).state().users.keys()


def test_a_person_pushed_is_in_the_directory_and_in_the_journal(store: SqliteStore) -> None:
    moved = store.upstream.take(of_one("dora", okta(person("dora", team="red"))))
    assert pushed(store, moved) == 1
    assert pushed(store, store.upstream.move("00g-eng", ["00u-dora"], [])) == 1
    state = LocalTarget(store.directory, ORG).state()
    assert state.users["dora"].spec.traits == {"okta/team": ("red",)}
    assert state.members["00g-eng"].keys() == {"ann", "bob", "cid", "dora"}
    steps = [each.entry for each in store.journal.entries() if isinstance(each.entry, StepMade)]
    assert [(step.address, step.reason) for step in steps[-2:]] == [
        ("user/dora", "assigned"),
        ("access_list/00g-eng", "membership_changed"),
    ]


def test_a_leaver_pushed_is_locked_and_goes_with_the_last_list(store: SqliteStore) -> None:
    assert pushed(store, store.upstream.take(of_one("ann", okta()))) == 4
    state = LocalTarget(store.directory, ORG).state()
    assert "ann" not in state.users
    assert [lock.spec.target.user for lock in state.locks.values()] == ["ann"]
    assert state.access_lists.keys() == {"00g-eng"}


def test_a_push_forgets_no_edit_of_somebody_else(store: SqliteStore) -> None:
    local = LocalTarget(store.directory, ORG)
    Editor(local, store, actor="me", now=NOW).remove("user/bob")
    assert pushed(store, store.upstream.take(of_one("ann", okta(person("ann", team="red"))))) == 1
    assert "user/bob" in local.index(ORG).edited
    whole = store.upstream.whole()
    assert whole is not None
    assert make_plan(PLAIN, Reading(whole), local, PlanOptions(now=NOW)).plan.changes[0].reason == "drift"


def test_r11_a_login_that_is_pushed_for_another_person_lifts_and_inherits_nothing(store: SqliteStore) -> None:
    local = LocalTarget(store.directory, ORG)
    expiring = Membership(expires="2026-12-24T00:00:00Z")
    Editor(local, store, actor="me", now=NOW).create(member("00g-eng", "bob", expiring), force=True)
    owned = Editor(local, store, actor="me", now=NOW)
    item = owned.find("access_list/00g-ops")
    assert isinstance(item, AccessList)
    owned.replace(replace(item, spec=replace(item.spec, owners=(Owner("olga"), Owner("bob")))))
    other = person("bob", id="00u-other")
    both = frozenset({"00u-bob", "00u-other"})
    moved = store.upstream.take(Reading(okta(other, group("eng", "other")), Extent(both, NOBODY)))
    pushed(store, moved)
    pushed(store, store.upstream.move("00g-eng", ["00u-other"], []))
    state = local.state()
    assert state.users["bob"].metadata.labels["okta/user-id"] == "00u-other"
    assert [lock.metadata.labels["okta/user-id"] for lock in state.locks.values()] == ["00u-bob"]
    assert state.members["00g-eng"]["bob"].expires is None
    assert [owner.name for owner in state.access_lists["00g-ops"].spec.owners] == ["olga"]
    assert pushed(store, Extent(both, frozenset({"00g-eng", "00g-ops"}))) == 0


def test_a_foreign_lock_that_has_the_name_of_the_next_holder_s_own_lock_is_seen_by_a_push(store: SqliteStore) -> None:
    local = LocalTarget(store.directory, ORG)
    both = frozenset({"00u-bob", "00u-other"})
    pushed(store, store.upstream.take(Reading(okta(person("bob", id="00u-other")), Extent(both, NOBODY))))
    name = lock_name(ORG, "bob", "00u-other")
    local.put_lock(foreign_lock(name, "somebody"))
    assert pushed(store, store.upstream.take(Reading(okta(), Extent(frozenset({"00u-other"}), NOBODY)))) == 0
    assert "bob" in local.state().users
    assert local.locks()[name] == foreign_lock(name, "somebody")


def test_a_push_about_many_people_looks_for_a_few_locks_of_each(
    store: SqliteStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[tuple[str, ...]] = []

    def counted(org_url: str, *person: str) -> str:
        asked.append(person)
        return lock_name(org_url, *person)

    monkeypatch.setattr("idsync.reconcile.part.lock_name", counted)
    names = [f"p{number:03}" for number in range(200)]
    everybody = frozenset(f"00u-{name}" for name in names)
    reading = Reading(okta(*map(person, names), group("all", *names)), Extent(everybody, frozenset({"00g-all"})))
    pushed(store, store.upstream.take(reading))
    assert LocalTarget(store.directory, ORG).state().members["00g-all"].keys() == {*names}
    assert len(names) <= len(asked) <= 4 * len(names)


def test_r08_a_push_makes_no_lock_again_that_a_hand_lifted_and_the_next_suspension_does(store: SqliteStore) -> None:
    local = LocalTarget(store.directory, ORG)
    suspended, back = okta(person("ann", "SUSPENDED")), okta(person("ann"))
    assert pushed(store, store.upstream.take(of_one("ann", suspended))) == 1
    unlock_user(Editor(local, store, actor="me", now=NOW), "ann", "a test")
    assert pushed(store, Extent(frozenset({"00u-ann"}), NOBODY)) == 0
    assert pushed(store, store.upstream.take(of_one("ann", back))) == 0
    assert pushed(store, store.upstream.take(of_one("ann", suspended))) == 1


def test_what_is_as_it_was_takes_no_step(store: SqliteStore) -> None:
    serial = LocalTarget(store.directory, ORG).serial()
    assert pushed(store, Extent(frozenset({"00u-ann"}), frozenset({"00g-eng"}))) == 0
    assert LocalTarget(store.directory, ORG).serial() == serial
