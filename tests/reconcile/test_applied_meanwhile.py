"""A configuration that a person applies while an unattended pass reads is in force afterwards (R36)."""

from collections.abc import Callable
from pathlib import Path

import pytest

from idsync.bootstrap.workspace import Workspace, open_workspace
from idsync.plan.sections import FIRST
from idsync.reconcile.applying import Applier
from idsync.reconcile.continuous.pass_reports import PassReport
from idsync.reconcile.planned import Planned
from idsync.reconcile.single_pass import plan_once
from idsync.sources.protocol import Progress, Source, Wait
from idsync.stores.holder import this_process
from idsync.stores.protocol import Store
from idsync.stores.sqlite.store import open_store
from tests.okta_simulator import Organization
from tests.reconcile.one_thread import OneThread
from tests.reconcile.test_passes import organization
from tests.sources.okta.organizations import Reader, served

GUARDS = "{member_removals: {percent: 100, floor: 100}, access_list_deletes: {percent: 100, floor: 100}}"
STAFF_ALONE = "---\napiVersion: idsync/v1\nkind: ImportFilters\nspec: {groups: {include: [staff]}}\n"


def configured(folder: Path, reader: Reader, org: Organization, more: str = "") -> Workspace:
    """A configuration in a folder."""
    folder.mkdir()
    (folder / "idsync.yaml").write_text(
        "apiVersion: idsync/v1\nkind: Integration\nmetadata: {name: okta}\n"
        f"spec: {{org_url: {reader.url}, app: {{id: {org.app('Teleport').id}}}, auth: {{api_token: {{env: TOKEN}}}}}}\n"
        "---\napiVersion: idsync/v1\nkind: DefaultOwners\nspec: {owners: [p00@x.com]}\n"
        f"---\napiVersion: idsync/v1\nkind: Guards\nspec: {GUARDS}\n{more}"
    )
    return open_workspace(folder)


def applies(place: Workspace, planned: Planned, store: Store) -> None:
    """A person applies a plan that was approved."""
    request, targets = place.request("ann", place.now()), {FIRST: place.target(store)}
    applier = Applier(place.settings, store, targets, request, place.now, place.files)
    applier.make(applier.parts(planned.executable().plan))


@pytest.mark.parametrize("batches", [False, True])
def test_r36_a_pass_under_way_does_not_put_back_what_was_in_force_before(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, batches: bool
) -> None:
    """The approved plan is of a reading before that of the pass, which is the newer one therefore."""
    if batches:
        monkeypatch.setattr("idsync.reconcile.continuous.full_passes.FIRST_BATCH", 0)
    org, told, meanwhile = organization(), list[PassReport](), list[Callable[[], None]]()
    path = tmp_path / "a.db"
    with served(org) as reader, open_store(path) as store, open_store(path) as other:
        before = configured(tmp_path / "before", reader, org)
        after = configured(tmp_path / "after", reader, org, STAFF_ALONE)

        def source(_: object, progress: Progress) -> Source:
            def read(what: str | Wait, done: int, total: int) -> None:
                progress(what, done, total)
                while meanwhile:
                    meanwhile.pop()()

            return reader.source(progress=read)

        passes = OneThread(store, before.in_force, source, this_process("2026-11-22T12:00:00Z"), told.append)
        assert passes.full()
        target = after.target(other)
        planned = plan_once(after.settings, reader.source(), target, after.pass_options(other))
        org.add_member(org.group("eng"), org.user("p30@x.com"))
        org.add_member(org.group("staff"), org.add_user("new@x.com"))
        meanwhile.append(lambda: applies(after, planned, other))
        assert not passes.full()
        assert told[-1].error is not None
        assert "Another configuration was applied while this pass was under way." in told[-1].error
        assert after.applied_digest(other) == after.settings.digest
        assert len(target.state().access_lists) == 1
        assert passes.full(), "the next one goes by the new configuration"
        assert after.applied_digest(other) == after.settings.digest
        assert len(target.state().access_lists) == 1
        assert "new@x.com" in target.state().users
