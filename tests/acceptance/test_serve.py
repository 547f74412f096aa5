"""`idsync serve` before a simulated Okta: pulled in a loop, woken by its log, pushed to, ended and started again."""

import os
import re
import signal
import socket
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest

from idsync.reconcile.continuous.wishes import Wish, wish_for_pass
from idsync.server.serving import GRACE
from idsync.stores.sqlite.store import open_store, open_store_to_read
from idsync.targets.local import LocalTarget
from tests.acceptance.okta_world import Place, served
from tests.acceptance.serving import Serving, serving
from tests.okta_scim_client import Dialect, Engine, OktaScimClient, Quirks
from tests.okta_simulator import Delay, Fail, Fault, Malformed, RateLimit, RepeatCursor
from tests.okta_simulator.event_hooks import deliver
from tests.okta_simulator.objects import User
from tests.sources.okta.organizations import small
from tests.targets.world import ORG

LOG = "/api/v1/logs"
ENDS_WITHIN = 8.0
"""Far below the twenty seconds after which a pass is ended by force; a busy machine takes its time for processes."""
HANGS_UP_AT_START = """\
import os, signal, sys

if "serve" in sys.argv:
    from idsync.server import presence

    wait = presence.wait_for_older

    def wait_for_older(*arguments):
        os.kill(os.getpid(), signal.SIGHUP)
        wait(*arguments)

    presence.wait_for_older = wait_for_older
"""
SERVICE = """\
---
apiVersion: idsync/v1
kind: Service
spec: {tick: 1s, event_hook: {secret: {env: HOOK_SECRET}}}
"""


def users(place: Place) -> set[str]:
    """Who has an account in the directory."""
    with open_store_to_read(place.folder / "idsync.db") as store:
        return set(LocalTarget(store.directory, ORG).state().users)


def locked(place: Place) -> set[str]:
    """Who is locked."""
    with open_store_to_read(place.folder / "idsync.db") as store:
        locks = LocalTarget(store.directory, ORG).state().locks.values()
    return {lock.spec.target.user or "" for lock in locks}


@contextmanager
def pushing(running: Serving, dialect: Dialect = Dialect.PATCH) -> Iterator[Engine]:
    """Okta, pushing to it."""
    with running.http() as http:
        yield Engine(OktaScimClient(http, running.base, running.token, Quirks()), dialect)


def everybody(place: Place, sync: str = "") -> None:
    """Configure a service that looks each second, and whose guards let a small organization change."""
    free = "{percent: 100, floor: 10}"
    guards = "{user_deletes: F, user_locks: F, member_removals: F, access_list_deletes: F}".replace("F", free)
    place.configure(more=SERVICE + f"---\napiVersion: idsync/v1\nkind: Guards\nspec: {guards}\n")
    if sync:
        file = place.folder / "idsync.yaml"
        file.write_text(
            file.read_text().replace("  source: {okta: {}}\n", f"  source: {{okta: {{}}}}\n  sync: {sync}\n")
        )
    place.more = {**place.more, "HOOK_SECRET": "a-secret-of-the-hook"}


WAITS = "What the files change of people and access waits for"


def test_r45_what_the_log_tells_acts_within_a_tick(tmp_path: Path) -> None:
    organization = small()
    with served(organization, tmp_path) as (_, place):
        everybody(place)
        with serving(place, from_nothing=True) as running:
            running.until(lambda: len(users(place)) == 5, what="the first full pass")
            organization.deactivate(organization.user("ada@enzos-pizza.com"))
            took = running.until(lambda: locked(place) == {"ada@enzos-pizza.com"}, what="the lock")
            assert took < 15
            organization.suspend(organization.user("boris@enzos-pizza.com"))
            running.until(lambda: "boris@enzos-pizza.com" in locked(place), what="the lock of who is suspended")
            organization.unsuspend(organization.user("boris@enzos-pizza.com"))
            running.until(lambda: "boris@enzos-pizza.com" not in locked(place), what="the end of the suspension")
            assert running.log.count("A full pass ended") == 1
            assert running.end() == 0
        place.plans_nothing()


def test_a_hook_that_okta_verified_wakes_it_and_says_nothing_that_is_believed(tmp_path: Path) -> None:
    organization = small()
    with served(organization, tmp_path) as (simulator, place):
        everybody(place)
        file = place.folder / "idsync.yaml"
        file.write_text(file.read_text().replace("tick: 1s", "tick: 30s"))
        with serving(place) as running, httpx.Client(base_url=place.url) as okta:
            running.until(lambda: "A full pass ended" in running.log, what="the first full pass")
            scheme = {"type": "HEADER", "key": "Authorization", "value": "a-secret-of-the-hook"}
            config = {"uri": f"{running.url}/hooks/okta", "authScheme": scheme}
            body = {
                "name": "idsync",
                "events": {"type": "EVENT_TYPE", "items": ["user.lifecycle.deactivate"]},
                "channel": {"type": "HTTP", "version": "1.0.0", "config": config},
            }
            okta.headers["Authorization"] = f"SSWS {simulator.token}"
            hook = okta.post("/api/v1/eventHooks", json=body).json()["id"]
            verified = okta.post(f"/api/v1/eventHooks/{hook}/lifecycle/verify", json={})
            assert verified.json()["verificationStatus"] == "VERIFIED"
            organization.deactivate(organization.user("ada@enzos-pizza.com"))
            boris = organization.user("boris@enzos-pizza.com").id
            assert deliver(organization, lambda events: [told_of(event, boris) for event in (*events, *events)]) == [
                204
            ]
            took = running.until(lambda: bool(locked(place)), what="the lock")
            assert took < 15, "a tick alone comes later"
            assert locked(place) == {"ada@enzos-pizza.com"}, "the log says who it was, not the hook"


def told_of(event: dict[str, Any], user: str) -> dict[str, Any]:
    """The same event, of somebody else."""
    return {**event, "target": [{**target, "id": user} for target in event["target"]]}


def test_it_is_alive_measured_and_told_to_read_its_configuration_again(tmp_path: Path) -> None:
    with served(small(), tmp_path) as (_, place):
        everybody(place)
        with serving(place) as running, running.http() as http:
            running.until(lambda: "A full pass ended" in running.log, what="the first full pass")
            assert http.get("/healthz").status_code == 200
            assert http.get("/readyz").status_code == 200
            told = http.get("/metrics").text
            assert 'idsync_last_success_timestamp_seconds{pass="full"}' in told
            assert "idsync_reconciler_alive 1.0" in told
            challenge = http.get("/hooks/okta", headers={"X-Okta-Verification-Challenge": "abc"})
            assert challenge.json() == {"verification": "abc"}
            assert http.post("/hooks/okta", headers={"Authorization": "wrong"}, content=b"{}").status_code == 401
            good = http.post("/hooks/okta", headers={"Authorization": "a-secret-of-the-hook"}, content=b"{}")
            assert good.status_code == 204
            kept = (place.folder / "idsync.yaml").read_text()
            (place.folder / "idsync.yaml").write_text("nonsense: [")
            running.process.send_signal(signal.SIGHUP)
            running.until(lambda: "the one from before stays" in running.log, what="the refusal")
            (place.folder / "idsync.yaml").write_text(kept.replace("kind: RoleMapping", "kind: RoleMaping"))
            running.process.send_signal(signal.SIGHUP)
            running.until(lambda: 'Did you mean "RoleMapping"' in running.log, what="how to repair it")
            (place.folder / "idsync.yaml").write_text(kept.replace("idsync.db", "another.db"))
            os.kill(running.until_child(), signal.SIGKILL)
            running.until(lambda: "than this service began with" in running.log, what="the refusal of another store")
            assert not (place.folder / "another.db").exists()
            (place.folder / "idsync.yaml").write_text(kept)
            running.process.send_signal(signal.SIGHUP)
            running.until(lambda: "was read again" in running.log, what="the reading")
            rule = 'kind: RoleMapping\nspec: {rules: [{group: "eng*", roles: [dev]}]}\n'
            (place.folder / "idsync.yaml").write_text(f"{kept}\n---\napiVersion: idsync/v1\n{rule}")
            assert WAITS not in running.log
            running.process.send_signal(signal.SIGHUP)
            running.until(lambda: f"{WAITS} `idsync apply -c " in running.log, what="that the rule waits")
            assert running.end() == 0
        assert "Told to end" in running.log
        assert running.log.rstrip().endswith("Ended.")
        assert "a-secret-of-the-hook" not in running.log


def test_what_tells_it_to_read_its_files_again_while_it_starts_is_heard_once_it_serves(tmp_path: Path) -> None:
    with served(small(), tmp_path) as (_, place):
        everybody(place)
        hook = tmp_path / "hook"
        hook.mkdir()
        (hook / "sitecustomize.py").write_text(HANGS_UP_AT_START)
        hooked = replace(place, more={**place.more, "PYTHONPATH": str(hook)})
        with serving(hooked, from_nothing=True) as running:
            running.until(lambda: "was read again" in running.log, what="the reading")
            assert running.log.index("Serving SCIM") < running.log.index("was read again")
            assert running.end() == 0


@pytest.mark.parametrize("wait", [RateLimit(), Delay(60.0)], ids=["rate limit", "answer"])
@pytest.mark.parametrize("path", ["/api/v1/logs", "/api/v1/**"], ids=["tick", "full pass"])
def test_what_waits_for_okta_is_broken_off_when_the_service_ends(
    tmp_path: Path, wait: RateLimit | Delay, path: str
) -> None:
    organization = small()
    with served(organization, tmp_path) as (simulator, place):
        everybody(place)
        with serving(place) as running:
            running.until(lambda: len(users(place)) == 5, what="the first full pass")
            organization.deactivate(organization.user("ada@enzos-pizza.com"))
            running.until(lambda: locked(place) == {"ada@enzos-pizza.com"}, what="the lock")
            simulator.requests.clear()
            running.until(lambda: simulator.requests.by_route[f"GET {LOG}"] > 0, what="the tick after it")
            simulator.faults.add(Fault(path, wait, times=None))
            simulator.requests.clear()
            if path != LOG:
                with open_store(place.folder / "idsync.db") as store, store.transaction():
                    wish_for_pass(store.facts, Wish("tests"))
                    store.wake()
            told = f"GET {LOG}" if path == LOG else "GET /api/v1/apps/{app}/users"
            running.until(lambda: simulator.requests.by_route[told] > 0, what="a request")
            time.sleep(0.5)  # it has its answer by then, and waits
            begun = time.monotonic()
            assert running.end() == 0
            took = time.monotonic() - begun
            assert took < ENDS_WITHIN
        simulator.faults.clear()
        with open_store_to_read(place.folder / "idsync.db") as store:
            assert not store.verify().why
        place.plans_nothing()


def test_a_full_pass_that_waits_for_okta_says_so_once_in_the_log_and_on_the_page(tmp_path: Path) -> None:
    with served(small(), tmp_path) as (simulator, place):
        everybody(place)
        simulator.faults.add(Fault("/api/v1/groups", RateLimit(), times=None))
        with serving(place) as running:
            waits = "A full pass waits for Okta's limit of groups until "
            running.until(lambda: waits in running.log, what="the wait")
            until = running.log.partition(waits)[2].partition(";")[0]

            def page() -> str:
                return re.sub("<[^>]*>", "", httpx.get(running.url, timeout=30).text)

            running.until(lambda: f"waits for Okta's limit of groups until {until}" in page(), what="the page")
            assert "The first full pass has not ended yet" in page()
            assert "it reads Okta; read by" in page()
            time.sleep(2)
            assert running.log.count(waits) == 1
            assert "5 users" in running.log.partition(waits)[2].splitlines()[0]
            assert running.end() == 0
        simulator.faults.clear()


def test_slow_clients_and_a_page_that_waits_for_okta_do_not_keep_a_service_from_ending(tmp_path: Path) -> None:
    with served(small(), tmp_path) as (simulator, place):
        everybody(place)
        with serving(place) as running, ThreadPoolExecutor() as threads:
            running.until(lambda: "A full pass ended" in running.log, what="the first full pass")
            simulator.faults.add(Fault("/api/v1/**", Delay(60.0), times=None))
            filters = threads.submit(httpx.get, f"{running.url}/filters?groups=a", timeout=60)
            address = httpx.URL(running.url)
            hooks = [socket.create_connection((address.host, address.port), timeout=60) for _ in range(20)]
            head = "POST /hooks/okta HTTP/1.1\r\nHost: x\r\nAuthorization: a-secret-of-the-hook\r\n"
            for hook in hooks:
                hook.sendall(f"{head}Content-Length: 100\r\n\r\n{{".encode())
            running.until(lambda: simulator.requests.by_route["GET /api/v1/groups"] > 0, what="the page's request")
            time.sleep(0.5)
            begun = time.monotonic()
            assert running.end() == 0
            assert time.monotonic() - begun < GRACE + ENDS_WITHIN
            assert filters.result().status_code == 503
            for hook in hooks:
                with hook:
                    assert hook.recv(1000).startswith(b"HTTP/1.1 503 ")
        told = [line for line in running.log.splitlines() if "answered" in line and "code=503" not in line]
        assert "warning: 20 requests were still under way after 5 seconds: answered 503, or cut." in told[-1]
        simulator.faults.clear()


def test_a_restart_goes_on_where_it_was(tmp_path: Path) -> None:
    organization = small()
    with served(organization, tmp_path) as (_, place):
        everybody(place)
        with serving(place) as running:
            running.until(lambda: "A full pass ended" in running.log, what="the first full pass")
            running.process.kill()
            running.process.wait()
        organization.deactivate(organization.user("chloe@enzos-pizza.com"))
        with serving(place) as running:
            running.until(lambda: locked(place) == {"chloe@enzos-pizza.com"}, what="the lock")
            assert running.end() == 0
        place.plans_nothing()


def lists(place: Place) -> dict[str, list[str]]:
    """Members of each list, by its title."""
    with open_store_to_read(place.folder / "idsync.db") as store:
        state = LocalTarget(store.directory, ORG).state()
    return {state.access_lists[name].spec.title: sorted(members) for name, members in state.members.items()}


def serial(place: Place) -> int:
    """How often the directory changed."""
    with open_store_to_read(place.folder / "idsync.db") as store:
        return LocalTarget(store.directory, ORG).serial()


@pytest.mark.parametrize("dialect", Dialect)
def test_r41_push_and_pull_agree_and_neither_undoes_the_other(tmp_path: Path, dialect: Dialect) -> None:
    organization = small()
    with served(organization, tmp_path) as (simulator, place):
        everybody(place, "{scim: true}")
        with serving(place) as running, pushing(running, dialect) as okta:
            running.until(lambda: "A full pass ended" in running.log, what="the first full pass")
            before = serial(place)
            ada, boris = (organization.user(f"{name}@enzos-pizza.com") for name in ("ada", "boris"))
            pushed = [okta.person(user.id, user.login, **profile(user)) for user in (ada, boris)]
            for person in pushed:
                okta.assign(person)
            okta.push_group("eng", pushed[:1])
            assert okta.tasks == []
            assert lists(place)["eng"] == ["ada@enzos-pizza.com", "boris@enzos-pizza.com"]
            organization.deactivate(boris)
            okta.deactivate(pushed[1])
            assert locked(place) == {"boris@enzos-pizza.com"}
            settled = serial(place)
            asked = simulator.requests.by_route[f"GET {LOG}"]
            running.until(lambda: simulator.requests.by_route[f"GET {LOG}"] >= asked + 3, what="some ticks")
            assert (settled > before, serial(place)) == (True, settled)
            assert locked(place) == {"boris@enzos-pizza.com"}
            assert running.end() == 0
        place.plans_nothing()


def profile(user: User) -> dict[str, str]:
    """What Okta knows of a person and pushes."""
    return {name: str(user.profile[name]) for name in ("email", "firstName", "lastName", "department")}


def test_push_alone_reads_nothing_and_is_a_whole_source(tmp_path: Path) -> None:
    with served(small(), tmp_path) as (simulator, place):
        everybody(place, "{scim: true, pull: false}")
        with serving(place) as running, pushing(running) as okta:
            ada = okta.person("00uada", "ada@enzos-pizza.com")
            okta.assign(ada)
            okta.push_group("eng", [ada])
            assert okta.tasks == []
            assert users(place) == {"ada@enzos-pizza.com"}
            assert lists(place) == {"eng": ["ada@enzos-pizza.com"]}
            assert running.end() == 0
        assert sum(simulator.requests.by_route.values()) == 0
        place.plans_nothing()


AILING = {
    "429": Fault(LOG, RateLimit(), first=3, times=1),
    "500": Fault(LOG, Fail(500), first=2, times=2),
    "no JSON": Fault(LOG, Malformed(), first=2, times=2),
    "a cursor that returns itself": Fault(LOG, RepeatCursor(), first=2, times=None),
}


@pytest.mark.parametrize("fault", AILING.values(), ids=AILING.keys())
def test_r45_a_log_that_ails_is_asked_again_and_nothing_is_missed(tmp_path: Path, fault: Fault) -> None:
    organization = small()
    with served(organization, tmp_path) as (simulator, place):
        everybody(place)
        simulator.faults.add(fault)
        with serving(place) as running:
            running.until(lambda: "A full pass ended" in running.log, what="the first full pass")
            organization.deactivate(organization.user("ada@enzos-pizza.com"))
            running.until(lambda: locked(place) == {"ada@enzos-pizza.com"}, what="the lock")
            assert running.end() == 0


def test_r45_without_the_log_ticks_go_on_and_it_is_said_once(tmp_path: Path) -> None:
    organization = small()
    with served(organization, tmp_path) as (simulator, place):
        everybody(place)
        simulator.faults.add(Fault(LOG, Fail(403), times=None))
        with serving(place) as running, running.http() as http:
            running.until(lambda: "okta.logs.read" in running.log, what="what is said")
            organization.suspend(organization.user("ada@enzos-pizza.com"))
            organization.deactivate(organization.user("boris@enzos-pizza.com"))
            both = {"ada@enzos-pizza.com", "boris@enzos-pizza.com"}
            assert running.until(lambda: locked(place) == both, what="the locks") < 15
            organization.remove_member(organization.group("staff"), organization.user("elif@enzos-pizza.com"))
            running.until(lambda: "elif@enzos-pizza.com" not in lists(place)["staff"], what="the end of a membership")
            assert running.log.count("okta.logs.read") == 1
            assert running.log.count("A full pass ended") == 1
            page = http.get("/").text
            assert "Following Okta without its log" in page
            assert "okta.logs.read" in page
            running.until(lambda: "idsync_log_followed 0.0" in http.get("/metrics").text, what="what is measured")
            assert running.end() == 0


def test_r46_two_services_on_one_store_one_leads_and_the_other_takes_over(tmp_path: Path) -> None:
    organization = small()
    with served(organization, tmp_path) as (_, place):
        everybody(place, "{scim: true}")
        with serving(place) as first, serving(place) as second:
            first.until(lambda: "A full pass ended" in first.log + second.log, what="the first full pass")
            leader, other = (first, second) if "A full pass ended" in first.log else (second, first)
            assert "A full pass ended" not in other.log
            with pushing(other) as okta:
                boris = organization.user("boris@enzos-pizza.com")
                okta.assign(okta.person(boris.id, boris.login, **profile(boris)))
                assert okta.tasks == []
            leader.process.kill()
            leader.process.wait()
            organization.deactivate(organization.user("ada@enzos-pizza.com"))
            other.until(lambda: locked(place) == {"ada@enzos-pizza.com"}, what="the lock")
            other.until(lambda: "A full pass ended" in other.log, what="the full pass that begins the lead")
            assert other.end() == 0
        place.plans_nothing()
