"""What is left of Okta's limits, and what is owed: told by the process that reconciles, measured, and on the page."""

import re
from pathlib import Path

import pytest
from msgspec.structs import replace

from idsync.errors import PartlyApplied, SourceUnreachable
from idsync.model.journal import RunFinished, RunStarted, RunStopped
from idsync.model.okta_access import Allowance
from idsync.model.times import parse_time
from idsync.okta.remembered import Remembered
from idsync.reconcile.continuous.pass_reports import PassReport, failed, put_report
from idsync.reconcile.continuous.standing import Standing, last_standing, put_standing
from idsync.reconcile.continuous.under_way import UnderWay, put_under_way
from idsync.server.run_tally import RunNews, RunTally, by_of
from idsync.stores.sqlite.store import open_store
from tests.core.world import ORG, config
from tests.okta_simulator import Fail, Fault
from tests.reconcile.test_passes import organization, running
from tests.server.conftest import HOLDER, served
from tests.server.page_world import SECRETS, page

_INTEGRATION = f"""
apiVersion: idsync/v1
kind: Integration
metadata: {{name: okta}}
spec: {{org_url: {ORG}, app: {{id: 0oa1}}, auth: {{api_token: {{env: ALICE}}}}, sync: {{scim: true}}}}
"""
NOW = parse_time("2026-11-22T12:00:00Z")


def test_ticks_tell_what_is_left_of_each_limit(tmp_path: Path) -> None:
    org, remembered = organization(), Remembered()
    with running(tmp_path / "a.db", org) as world:
        reconciling = world.passes.reconciling
        reconciling.source = lambda _, progress: world.reader.source(progress=progress, remembered=remembered)
        world.passes.full()
        assert last_standing(world.store.facts) is None
        world.passes.tick()
        told = last_standing(world.store.facts)
        assert told is not None
        assert {"groups", "apps", "logs"} <= told.budget.keys()
        assert told.budget["logs"].limit == 60
        assert told.budget["logs"].left < 60
        assert (told.by_log, told.looks) == (True, 0)
        world.reader.simulator.faults.add(Fault("/api/v1/logs", Fail(403), times=None))
        world.passes.reconciling.clock = lambda: 1e9
        world.passes.tick()
        after = last_standing(world.store.facts)
        assert after is not None
        assert not after.by_log


def test_a_pass_that_was_made_in_part_owes_the_rest() -> None:
    error = PartlyApplied("3 of 10 steps were made.", done=3, total=10, failed=1, waiting=6)
    assert failed("full", NOW, NOW, error).owed == 7


def test_a_pass_that_failed_tells_what_why_and_what_to_do_in_sentences() -> None:
    error = SourceUnreachable("Okta does not answer.", why="[Errno 111] Connection refused", fix="Check org_url.")
    told = failed("full", NOW, NOW, error).error
    assert told == "Okta does not answer. [Errno 111] Connection refused. Check org_url."


def test_the_journal_tells_what_runs_of_passes_pushes_and_people_did(tmp_path: Path) -> None:
    org, tally = organization(), RunTally()
    with running(tmp_path / "a.db", org) as world:
        journal = world.store.journal
        assert tally.news(journal) == []
        world.passes.full()
        began, ended = tally.news(journal)
        assert (began.by, began.counts["user"]["create"]) == ("pass", 40)
        assert ended == RunNews("pass", outcome="whole")
        assert tally.news(journal) == []
        started = next(each.entry for each in journal.entries() if isinstance(each.entry, RunStarted))
        for run, actor in ((7, "scim token okta"), (8, "ann@host")):
            journal.append(replace(started, run=run, actor=actor))
        journal.append(RunStopped(7, "2026-11-22T00:00:00Z", 1, "broken off"))
        journal.append(RunFinished(8, "2026-11-22T00:00:00Z", 9, whole=False))
        journal.append(RunFinished(99, "2026-11-22T00:00:00Z", 9))
        assert [(news.by, news.outcome) for news in tally.news(journal)] == [
            ("push", None),
            ("person", None),
            ("push", "stopped"),
            ("person", "in_part"),
        ]


@pytest.mark.parametrize(
    ("actor", "by"),
    [("idsync serve", "pass"), ("scim token okta", "push"), ("status page: alice", "person"), ("root@host", "person")],
)
def test_who_makes_runs(actor: str, by: str) -> None:
    assert by_of(actor) == by


def test_the_metrics_have_limits_owed_and_actions_of_pushes(tmp_path: Path) -> None:
    with page(tmp_path) as service:
        with open_store(service.path) as store:
            put_standing(
                store.facts, Standing("2026-11-22T12:00:00Z", {"apps": Allowance(50, 25, 7)}, 12, by_log=False)
            )
            put_report(store.facts, PassReport("full", "2026-11-22T12:00:00Z", 4.0, owed=3))
        assert service.http.get("/metrics").status_code == 200
        body = {
            "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"],
            "userName": "ann@x.com",
            "active": True,
            "externalId": "00u1",
        }
        headers = {"Authorization": f"Bearer {service.token}", "Content-Type": "application/scim+json"}
        assert service.http.post("/scim/v2/okta/Users", json=body, headers=headers).status_code == 201
        told = service.http.get("/metrics").text
    for line in (
        'idsync_okta_limit{bucket="apps"} 50.0',
        'idsync_okta_allowed{bucket="apps"} 25.0',
        'idsync_okta_left{bucket="apps"} 7.0',
        "idsync_owed_looks 12.0",
        "idsync_log_followed 0.0",
        'idsync_owed_changes{pass="full"} 3.0',
        'idsync_actions_total{action="create",by="push",kind="user"} 1.0',
        'idsync_runs_total{by="push",outcome="whole"} 1.0',
        'idsync_http_requests_total{code="201",method="POST",part="scim"} 1.0',
    ):
        assert line in told.splitlines(), told


def test_the_page_shows_a_full_pass_under_way_and_what_it_waits_for(tmp_path: Path) -> None:
    with served(tmp_path / "idsync.db", config(integration=_INTEGRATION), secrets=SECRETS) as service:
        with open_store(service.path) as store:
            read, waits = {"users": (1200, 0), "groups": (30, 400)}, {"groups": "2026-11-22T12:01:00Z"}
            store.leases.take("leader", HOLDER, 60.0)
            began, at = "2026-11-22T12:00:00Z", "2026-11-22T12:00:30Z"
            put_under_way(store.facts, UnderWay(HOLDER, began, at, "reading", read, waits))
        text = re.sub("<[^>]*>", "", service.http.get("/").text)
        assert "The first full pass has not ended yet" in text
        assert f"Under way since {began}: it reads Okta; read by {at}: 30 of 400 groups, 1,200 users." in text
        assert "It waits for Okta's limit of groups until 2026-11-22T12:01:00Z." in text
        with open_store(service.path) as store:
            put_report(store.facts, PassReport("full", began, 4.0))
            put_under_way(store.facts, None)
        text = service.http.get("/").text
        assert "All is well" in text
        assert "Under way" not in text


def test_the_page_shows_limits_and_what_is_owed(tmp_path: Path) -> None:
    settings = config(integration=_INTEGRATION)
    with served(tmp_path / "idsync.db", settings, secrets=SECRETS) as service:
        with open_store(service.path) as store:
            put_standing(store.facts, Standing("2026-11-22T12:00:00Z", {"apps": Allowance(1050, 525, 1007)}, 12))
            put_report(store.facts, PassReport("tick", "2026-11-22T12:00:00Z", 4.0, owed=3))
        text = service.http.get("/").text
    assert "1,007 of 1,050 a minute left, 525 for idsync" in text
    assert "3 changes whose objects moved" in text
    assert "12 people and lists that ticks have yet to ask about" in text
