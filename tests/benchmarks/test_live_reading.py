"""The served organization is the snapshot's, and idsync and the bare client ask it for the same pages."""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from benchmarks.organizations import APP_ID, Size
from benchmarks.processes import PYTHON, Service, UnexpectedExit, run_measured
from benchmarks.rows import LIVE_READING
from benchmarks.stage import Stage
from idsync.config.settings import AppById
from idsync.model.identity import Snapshot
from idsync.okta.auth import ApiTokenCredential
from idsync.sources.okta.source import OktaSource
from idsync.sources.snapshot import read_snapshot


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    with Stage(tmp_path_factory.mktemp("live"), Size(1200, 210, 6000, 4), seed=0) as made:
        made.prepare()
        yield made


def counted(stage: Stage) -> Counter[str]:
    return Counter(httpx.get(f"{stage.okta()}/requests").json())


@pytest.mark.long
def test_both_ask_for_the_same_pages(stage: Stage) -> None:
    before = counted(stage)
    run_measured(LIVE_READING.prepare(stage), stage.output)
    between = counted(stage)
    run_measured(LIVE_READING.yardstick.command(stage), stage.output)
    after = counted(stage)
    by_idsync, by_bare_client = between - before, after - between
    assert by_idsync == by_bare_client
    assert set(by_idsync.values()) == {1}


def test_what_is_read_is_the_organization_of_the_snapshot(stage: Stage) -> None:
    source = OktaSource(org_url=stage.okta(), app=AppById(APP_ID), credential=ApiTokenCredential("token"))
    assert facts(source.read().snapshot) == facts(read_snapshot(stage.snapshot()))


def facts(snapshot: Snapshot) -> object:
    """Everything but inactive apps, which are not read."""
    users = {user.id: (user.username, user.status, user.scope, user.attributes()) for user in snapshot.users}
    groups = {
        group.id: (group.name, group.description, group.type, sorted(group.member_ids())) for group in snapshot.groups
    }
    apps = {
        app.id: (app.label, app.name, sorted(app.user_ids()), sorted(app.groups))
        for app in snapshot.apps
        if app.status == "ACTIVE"
    }
    return users, groups, apps


def test_nothing_is_at_other_addresses(stage: Stage) -> None:
    assert httpx.get(f"{stage.okta()}/api/v1/groups/00gNobody/users").status_code == 404


def test_a_server_that_does_not_start_is_told(tmp_path: Path) -> None:
    with pytest.raises(UnexpectedExit, match="before it served"):
        Service([PYTHON, "-m", "benchmarks.okta_server", str(tmp_path / "missing.json")])


def test_a_server_ends_with_its_stage(tmp_path: Path) -> None:
    with Stage(tmp_path, Size(20, 10, 40, 1), seed=0) as short:
        short.prepare()
        url = short.okta()
    with pytest.raises(httpx.ConnectError):
        httpx.get(url)
