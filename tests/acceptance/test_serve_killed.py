"""A service that is killed under load: what was answered is there, the journal holds, and it goes on."""

import os
import random
import signal
import threading
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.acceptance.okta_world import Place
from tests.acceptance.serving import Serving, serving
from tests.acceptance.test_serve import lists, users

pytestmark = pytest.mark.long


CONFIG = """\
apiVersion: idsync/v1
kind: Integration
metadata: {name: okta}
spec: {org_url: https://enzos-pizza.okta.com, source: {scim: {}}, store: sqlite:///idsync.db}
---
apiVersion: idsync/v1
kind: DefaultOwners
spec: {owners: [owner@enzos-pizza.com]}
---
apiVersion: idsync/v1
kind: Service
spec: {tick: 1s}
"""
USER = "urn:ietf:params:scim:schemas:core:2.0:User"
GROUP = "urn:ietf:params:scim:schemas:core:2.0:Group"
THREADS = 4


def push(running: Serving, number: int, made: dict[str, str], ends: threading.Event) -> None:
    """Push people of one's own until the service is gone; who was answered 201 is `made`."""
    with running.http() as http:
        for count in range(10_000):
            if ends.is_set():
                return
            name = f"t{number}-{len(made)}-{count}@x.com"
            body = {"schemas": [USER], "userName": name, "externalId": f"00u{name}", "active": True}
            try:
                answer = http.post(f"{running.base}/Users", json=body)
            except httpx.HTTPError:
                return
            if answer.status_code == 201:
                made[name] = answer.json()["id"]


@pytest.mark.parametrize("seed", range(3))
def test_every_push_that_was_answered_is_there_after_a_kill(tmp_path: Path, seed: int) -> None:
    chance = random.Random(seed)
    (tmp_path / "idsync.yaml").write_text(CONFIG)
    place = Place(tmp_path, "", "")
    made: list[dict[str, str]] = [{} for _ in range(THREADS)]
    for _ in range(2):
        ends = threading.Event()
        with serving(place) as running:
            threads = [threading.Thread(target=push, args=(running, n, made[n], ends)) for n in range(THREADS)]
            for thread in threads:
                thread.start()
            ends.wait(0.5 + chance.random() * 2)
            running.process.send_signal(signal.SIGKILL)
            ends.set()
            for thread in threads:
                thread.join()
    answered = {name: scim_id for some in made for name, scim_id in some.items()}
    assert answered
    assert answered.keys() <= users(place)
    assert place.run("history", "--verify").code == 0
    place.plans_nothing()
    with serving(place) as running, running.http() as http:
        for name, scim_id in answered.items():
            told: dict[str, Any] = http.get(f"{running.base}/Users/{scim_id}").json()
            assert told["userName"] == name
        body = {"schemas": [GROUP], "displayName": "all", "members": [{"value": each} for each in answered.values()]}
        assert http.post(f"{running.base}/Groups", json=body).status_code == 201
        assert lists(place)["all"] == sorted(answered)
        assert running.end() == 0


def test_a_reconciler_that_dies_is_started_again(tmp_path: Path) -> None:
    (tmp_path / "idsync.yaml").write_text(CONFIG)
    place = Place(tmp_path, "", "")
    with serving(place) as running, running.http() as http:
        child = running.until_child()
        os.kill(child, signal.SIGKILL)
        running.until(lambda: "started again" in running.log, what="what is said")
        running.until(lambda: running.until_child() != child, what="another process")
        assert http.get("/healthz").status_code == 200
        assert running.end() == 0


@pytest.mark.parametrize("broken", ["spec: {", CONFIG.replace("kind: Integration", "kind: Integrations")])
def test_a_reconciler_that_starts_while_the_files_are_invalid_goes_by_those_that_were_taken(
    tmp_path: Path, broken: str
) -> None:
    """Else nothing reconciles any more, whatever the service said of the files that it keeps."""
    (tmp_path / "idsync.yaml").write_text(CONFIG)
    place = Place(tmp_path, "", "")
    with serving(place) as running, running.http() as http:
        user = {"schemas": [USER], "userName": "ann@x.com", "active": True}
        assert http.post(f"{running.base}/Users", json=user).status_code == 201
        running.until(lambda: "A full pass ended" in running.log, what="the first pass")
        (tmp_path / "idsync.yaml").write_text(broken)
        os.kill(running.until_child(), signal.SIGKILL)
        running.until(lambda: "the one from before stays" in running.log, what="what is said")
        running.until(lambda: "A full pass ended" in running.log.split("before stays")[-1], what="a pass")
        (tmp_path / "idsync.yaml").write_text(CONFIG.replace("tick: 1s", "tick: 2s"))
        os.kill(running.process.pid, signal.SIGHUP)
        running.until(lambda: "The configuration was read again" in running.log, what="a reload")
        assert running.end() == 0


def test_a_reconciler_that_starts_while_the_store_is_away_makes_no_other_one(tmp_path: Path) -> None:
    (tmp_path / "idsync.yaml").write_text(CONFIG)
    place = Place(tmp_path, "", "")
    store, away = tmp_path / "idsync.db", tmp_path / "away.db"
    with serving(place) as running, running.http() as http:
        user = {"schemas": [USER], "userName": "ann@x.com", "active": True}
        assert http.post(f"{running.base}/Users", json=user).status_code == 201
        child = running.until_child()
        store.rename(away)
        os.kill(child, signal.SIGKILL)
        running.until(lambda: "The process that reconciles ends: The store" in running.log, what="what is said")
        assert not store.exists()
        away.rename(store)
        assert http.post(f"{running.base}/Users", json={**user, "userName": "bob@x.com"}).status_code == 201
        running.until(
            lambda: "A full pass ended" in running.log.split("process that reconciles ends:")[-1], what="a pass"
        )
        assert running.end() == 0
    assert users(place) == {"ann@x.com", "bob@x.com"}
