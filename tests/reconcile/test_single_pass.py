"""What one pass leaves to the pass after it."""

from collections.abc import Collection
from pathlib import Path

from idsync import __version__
from idsync.apply.admission import Expected
from idsync.apply.executor import apply_plan
from idsync.apply.last_apply import last_apply
from idsync.apply.request import Request
from idsync.edit.editor import Editor
from idsync.model.extent import EVERYTHING, Extent, Reading
from idsync.model.identity import Snapshot
from idsync.model.measures import Measures
from idsync.plan.planfile import decode_plan, encode_plan
from idsync.plan.seal import sealed
from idsync.plan.sections import FIRST
from idsync.reconcile.plan_options import PlanOptions
from idsync.reconcile.planned import Planned, last_apply_of
from idsync.reconcile.single_pass import plan_once, remember_after_apply, remember_after_plan
from idsync.sources.protocol import NOTHING_MEASURED
from idsync.stores.holder import this_process
from idsync.stores.sqlite.store import SqliteStore, open_store
from idsync.targets.local import LocalTarget
from tests.core.world import (
    NOTHING,
    NOW,
    ORG,
    PLAIN,
    config,
    foreign_user,
    group,
    lines,
    okta,
    person,
    plan,
    replace,
    with_user,
)

REQUEST = Request("me", NOW, this_process("2026-11-22T12:00:00Z"), Expected(PLAIN.digest, ORG, __version__))


class _Source:
    """A source that has been read."""

    def __init__(self, snapshot: Snapshot) -> None:
        self._snapshot = snapshot

    def read(
        self, extent: Extent = EVERYTHING, known: Collection[str] = (), before: Measures = NOTHING_MEASURED
    ) -> Reading:
        return Reading(self._snapshot)


def _planned(snapshot: Snapshot, store: SqliteStore) -> Planned:
    target = LocalTarget(store.directory, ORG)
    return plan_once(
        PLAIN, _Source(snapshot), target, PlanOptions(now=NOW, last=last_apply(store.facts, target)), cache=store.cache
    )


def _apply(planned: Planned, store: SqliteStore) -> None:
    target = LocalTarget(store.directory, ORG)
    applied = apply_plan(planned.executable().plan, REQUEST, targets={FIRST: target}, records=store)
    remember_after_apply(planned, target, store.cache, applied)


def test_a_hand_between_plan_and_apply_is_found_by_the_next_plan(tmp_path: Path) -> None:
    more = okta(person("ann"), person("bob"), person("cat"))
    with open_store(tmp_path / "idsync.db") as store:
        _apply(_planned(okta(person("ann"), person("bob")), store), store)
        reviewed = _planned(more, store)
        editor = Editor(LocalTarget(store.directory, ORG), store, actor="me", now=NOW)
        bob = editor.find("user/bob")
        assert bob is not None
        editor.replace(replace(bob, spec=replace(bob.spec, roles=("admin",))))
        _apply(reviewed, store)
        assert lines(_planned(more, store).plan) == ["update user bob: drift"]


def test_an_edit_that_an_empty_reviewed_plan_settled_is_no_longer_drift(tmp_path: Path) -> None:
    with open_store(tmp_path / "idsync.db") as store:
        _apply(_planned(okta(person("ann")), store), store)
        editor = Editor(LocalTarget(store.directory, ORG), store, actor="me", now=NOW)
        for roles in (("admin",), ("okta-requester",)):
            ann = editor.find("user/ann")
            assert ann is not None
            editor.replace(replace(ann, spec=replace(ann.spec, roles=roles)))
        reviewed = _planned(okta(person("ann")), store)
        assert reviewed.plan.is_empty
        remember_after_plan(reviewed, LocalTarget(store.directory, ORG), store.cache)
        apply_plan(
            reviewed.executable().plan, REQUEST, targets={FIRST: LocalTarget(store.directory, ORG)}, records=store
        )
        made = _planned(okta(person("ann", title="chef")), store).plan
        assert lines(made) == ["update user ann: profile_changed"]


def test_an_apply_leaves_a_memo_to_the_next_plan(tmp_path: Path) -> None:
    snapshot = okta(person("ann"), group("eng", "ann"))
    with open_store(tmp_path / "idsync.db") as store:
        _apply(_planned(snapshot, store), store)
        assert not _planned(snapshot, store).looked_at_everything
        _apply(_planned(snapshot, store), store)
        assert not _planned(snapshot, store).looked_at_everything


def test_a_plan_file_carries_the_pool_that_the_next_reading_is_compared_with() -> None:
    state = with_user(NOTHING, foreign_user("bob"))
    made = sealed(plan(okta(person("ann"), person("bob")), state, config(spec="users: {adopt: [bob]}")))
    good = last_apply_of(decode_plan(encode_plan(made))).good
    assert good is not None
    assert good.people == 2


def test_the_pool_counts_where_users_are_not_managed() -> None:
    people = [person(f"p{number}") for number in range(30)]
    settings = config(spec="sync: {users: false}")
    last = last_apply_of(plan(okta(*people, group("eng", "p1")), NOTHING, settings))
    made = plan(okta(person("p1"), group("eng", "p1")), NOTHING, settings, last=last)
    assert [finding.code for finding in made.health.findings] == ["source_shrink"]
