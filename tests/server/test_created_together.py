"""People who are created at one time are planned and applied as one, and it comes to what it does one after another."""

import threading
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from idsync.config.settings import Settings
from idsync.model.journal import RunStarted
from idsync.server.store_thread import Job, Outcome
from idsync.stores.protocol import Store
from idsync.stores.sqlite.store import open_store
from idsync.targets.local import LocalTarget
from tests.core.world import ORG, config, foreign_user
from tests.server.conftest import BASE, PUSHED, Served, served

SECONDS = 20.0


def body(number: int, **further: object) -> dict[str, object]:
    """A user as Okta pushes one."""
    return {
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"],
        "userName": f"p{number}@x.com",
        "externalId": f"00u{number}",
        "title": "Baker",
        "active": True,
        **further,
    }


def at_one_time(service: Served, bodies: Sequence[dict[str, object]]) -> list[int]:
    """The codes of creations that wait for the same thing, and then are made at one time."""
    begun, go = threading.Event(), threading.Event()

    def block(_: Store) -> None:
        begun.set()
        assert go.wait(SECONDS)

    _create(service, body(0))  # the use of the token is written down once a minute
    portal = service.http.portal
    assert portal is not None
    blocked = portal.start_task_soon(service.worker.write, block)
    assert begun.wait(SECONDS)
    with ThreadPoolExecutor(len(bodies)) as pool:
        answers = []
        for number, content in enumerate(bodies):
            answers.append(pool.submit(_create, service, content))
            _until_waiting(service, number + 1)
        go.set()
        codes = [answer.result() for answer in answers]
    blocked.result()
    return codes


def _create(service: Served, content: dict[str, object]) -> int:
    headers = {"Authorization": f"Bearer {service.token}", "Content-Type": "application/scim+json"}
    return int(service.http.post(f"{BASE}/Users", json=content, headers=headers).status_code)


def _until_written(service: Served) -> None:
    """Wait for what is still to be written, such as the use of a token, which an answer does not wait for."""
    portal = service.http.portal
    assert portal is not None
    portal.call(service.worker.write, lambda _: None)


def _until_waiting(service: Served, jobs: int) -> None:
    deadline = time.monotonic() + SECONDS
    while service.worker.waiting != jobs:
        assert time.monotonic() < deadline
        time.sleep(0.005)


def runs(service: Served) -> list[RunStarted]:
    """The runs of the history, the last one first."""
    with open_store(service.path) as store:
        return [each.entry for each in store.journal.latest() if isinstance(each.entry, RunStarted)]


def one_by_one(path: Path, settings: Settings, bodies: Sequence[dict[str, object]]) -> Any:
    """The directory when each is created once the one before is answered."""
    path.mkdir()
    with served(path / "idsync.db", settings) as service:
        headers = {"Authorization": f"Bearer {service.token}", "Content-Type": "application/scim+json"}
        for content in [body(0), *bodies]:
            service.http.post(f"{BASE}/Users", json=content, headers=headers)
        return service.directory()


def test_r39_people_of_one_commit_are_one_run(service: Served, tmp_path: Path) -> None:
    bodies = [body(number) for number in range(1, 7)]
    assert at_one_time(service, bodies) == [201] * 6
    assert [run.actor for run in runs(service)] == ["scim token okta"] * 2
    assert service.directory() == one_by_one(tmp_path / "alone", PUSHED, bodies)


def test_those_who_come_while_another_process_writes_share_the_next_commit(
    service: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    _create(service, body(0))
    _until_written(service)
    begun, make = threading.Event(), service.worker._written

    def watched(store: Store, jobs: list[Job]) -> list[Outcome]:
        begun.set()
        return make(store, jobs)

    monkeypatch.setattr(service.worker._writer, "_make", watched)
    with ThreadPoolExecutor(3) as pool:
        with open_store(service.path) as other, other.transaction():
            answers = [pool.submit(_create, service, body(1))]
            assert begun.wait(SECONDS)
            answers += [pool.submit(_create, service, body(number)) for number in (2, 3)]
            _until_waiting(service, 2)
        assert [answer.result() for answer in answers] == [201] * 3
    assert len(runs(service)) == 2


def test_a_taken_name_is_refused_alone(service: Served, tmp_path: Path) -> None:
    bodies = [body(1), body(2, userName="P1@x.com"), body(3)]
    assert at_one_time(service, bodies) == [201, 409, 201]
    assert service.directory() == one_by_one(tmp_path / "alone", PUSHED, bodies)


def test_a_name_of_somebody_foreign_is_refused_alone(service: Served) -> None:
    with open_store(service.path) as store:
        LocalTarget(store.directory, ORG).put_user(foreign_user("p2@x.com"))
    bodies = [body(number) for number in (1, 2, 3)]
    assert at_one_time(service, bodies) == [201, 409, 201]
    assert len(runs(service)) == 2
    assert sorted(service.directory().users) == ["p0@x.com", "p1@x.com", "p2@x.com", "p3@x.com"]


def test_a_name_that_was_pushed_before_is_refused_alone(service: Served) -> None:
    _create(service, body(2))
    assert at_one_time(service, [body(1), body(5, userName="P2@x.com"), body(3)]) == [201, 409, 201]
    assert len(runs(service)) == 3


def test_r40_two_pushes_of_one_person_come_one_after_the_other(service: Served, tmp_path: Path) -> None:
    bodies = [body(1), body(2, externalId="00u1"), body(3)]
    assert at_one_time(service, bodies) == [201] * 3
    assert len(runs(service)) > 3
    assert service.directory() == one_by_one(tmp_path / "alone", PUSHED, bodies)
    assert {lock.spec.target.user for lock in service.directory().locks.values()} == {"p1@x.com"}


def test_somebody_who_is_created_inactive_is_taken_beside_the_others(service: Served, tmp_path: Path) -> None:
    bodies = [body(1), body(2, active=False), body(3)]
    assert at_one_time(service, bodies) == [201] * 3
    assert service.directory() == one_by_one(tmp_path / "alone", PUSHED, bodies)


def test_r35_a_guard_counts_people_of_one_commit_one_after_the_other(tmp_path: Path) -> None:
    settings = config(
        "Guards: {access_gains: {percent: 0, floor: 2}}",
        integration=f"""
apiVersion: idsync/v1
kind: Integration
metadata: {{name: okta}}
spec:
  org_url: {ORG}
  source: {{scim: {{}}}}
  users: {{adopt: [p1@x.com, p2@x.com, p3@x.com]}}
""",
    )

    def gained(service: Served) -> list[str]:
        return sorted(name for name, user in service.directory().users.items() if "okta-requester" in user.spec.roles)

    found = []
    for together in (True, False):
        folder = tmp_path / str(together)
        folder.mkdir()
        with served(folder / "idsync.db", settings) as service:
            with open_store(service.path) as store:
                for number in (1, 2, 3):
                    LocalTarget(store.directory, ORG).put_user(foreign_user(f"p{number}@x.com"))
            bodies = [body(number) for number in (1, 2, 3)]
            if together:
                assert at_one_time(service, bodies) == [201] * 3
            else:
                headers = {"Authorization": f"Bearer {service.token}", "Content-Type": "application/scim+json"}
                for content in [body(0), *bodies]:
                    assert service.http.post(f"{BASE}/Users", json=content, headers=headers).status_code == 201
            found.append(gained(service))
    assert found == [["p0@x.com", "p1@x.com", "p2@x.com"]] * 2
