"""What a replica answers that does not go by the applied configuration: it stores, and another one applies."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from idsync.bootstrap.workspace import Workspace
from idsync.config.settings import Settings
from idsync.model.extent import Extent
from idsync.reconcile.owed import is_owed, owe, owed, pay
from idsync.server.scim import endpoint
from idsync.sources.pushed import PushedSource
from idsync.stores.sqlite.store import open_store
from tests.reconcile.one_thread import OneThread
from tests.server.conftest import BASE, FREE, HOLDER, PUSHED, Served, served
from tests.server.test_bursts import guarded, locked, whole_pass

USER = "urn:ietf:params:scim:schemas:core:2.0:User"
GROUP = "urn:ietf:params:scim:schemas:core:2.0:Group"
PATCH = "urn:ietf:params:scim:api:messages:2.0:PatchOp"


@pytest.fixture
def storing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Served]:
    """A service that may not apply, and waits for nobody for long."""
    monkeypatch.setattr(endpoint, "OWED_SECONDS", 0.4)
    with served(tmp_path / "idsync.db", PUSHED, applies=False) as running:
        running.http.headers["Authorization"] = f"Bearer {running.token}"
        yield running


def create(running: Served, name: str) -> str:
    body = {"schemas": [USER], "userName": name, "externalId": f"00u{name}", "active": True}
    answer = running.http.post(f"{BASE}/Users", json=body)
    assert answer.status_code == 201
    return str(answer.json()["id"])


def deactivate(running: Served, scim_id: str) -> tuple[int, str]:
    operation = {"op": "replace", "path": "active", "value": False}
    answer = running.http.patch(f"{BASE}/Users/{scim_id}", json={"schemas": [PATCH], "Operations": [operation]})
    return answer.status_code, answer.text


def test_r46_what_is_pushed_is_stored_and_owed(storing: Served) -> None:
    ann, bob = create(storing, "ann@x.com"), create(storing, "bob@x.com")
    members = [{"value": ann}, {"value": bob}]
    answer = storing.http.post(f"{BASE}/Groups", json={"schemas": [GROUP], "displayName": "all", "members": members})
    assert answer.status_code == 201
    assert storing.directory().users == {}
    with open_store(storing.path) as store:
        left = owed(store.facts, "local")
        assert left is not None
        assert left.users is not None
        assert left.lists is not None
        assert {"00uann@x.com", "00ubob@x.com"} <= left.users
        assert len(left.lists) == 1
        facts = store.upstream.whole()
        assert facts is not None
        assert {each.username for each in facts.users} == {"ann@x.com", "bob@x.com"}
        assert store.journal.head().entries == 0


def test_r46_a_leaver_is_answered_with_success_only_once_what_is_owed_of_them_is_applied(storing: Served) -> None:
    ann = create(storing, "ann@x.com")
    for _ in range(2):  # one that is repeated changes nothing, and asks again
        code, text = deactivate(storing, ann)
        assert code == 503
        assert "is not locked yet" in text
    assert storing.http.get(f"{BASE}/Users/{ann}").json()["active"] is False
    with open_store(storing.path) as store, store.transaction():
        pay(store.facts, "local", Extent(frozenset({"00uann@x.com"}), frozenset()))
    code, _ = deactivate(storing, ann)
    assert code == 200


def test_what_came_since_stays_owed(tmp_path: Path) -> None:
    with open_store(tmp_path / "idsync.db") as store, store.transaction():
        assert owed(store.facts, "local") is None
        owe(store.facts, "local", Extent(frozenset({"a", "b"}), frozenset({"g"})))
        made = owed(store.facts, "local")
        assert made is not None
        owe(store.facts, "local", Extent(frozenset({"c"}), frozenset()))
        pay(store.facts, "local", made)
        assert is_owed(store.facts, "local", "c")
        assert not is_owed(store.facts, "local", "a")
        assert owed(store.facts, "elsewhere") is None
        pay(store.facts, "local", Extent(frozenset({"c"}), frozenset()))
        assert owed(store.facts, "local") is None


@contextmanager
def leading(running: Served, settings: Settings) -> Iterator[None]:
    """A process that leads, and makes what is owed, as long as the block lasts."""
    ends = threading.Event()

    def lead() -> None:
        place = Workspace(settings, running.path.parent)
        place.now = lambda: running.clock[0]  # type: ignore[method-assign]
        with running.store() as store:
            source = PushedSource(store.upstream.whole)
            passes = OneThread(store, place.in_force, lambda _, progress: source, HOLDER)
            while not ends.wait(0.02):
                passes.tick()

    thread = threading.Thread(target=lead, daemon=True)
    thread.start()
    try:
        yield
    finally:
        ends.set()
        thread.join()


def delete(running: Served, scim_id: str) -> int:
    return running.http.delete(f"{BASE}/Users/{scim_id}").status_code


@contextmanager
def one_lock_an_hour(path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Served, Settings]]:
    """A service that stores beside one that leads, which makes one lock an hour and holds the others."""
    settings = guarded(lock_burst="{percent: 0, floor: 1}", user_deletes=FREE, user_locks=FREE)
    monkeypatch.setattr(endpoint, "OWED_SECONDS", 20.0)
    with served(path, settings, applies=False) as running, leading(running, settings):
        running.http.headers["Authorization"] = f"Bearer {running.token}"
        yield running, settings


def two_with_access(running: Served) -> tuple[str, str]:
    """Two users whom the leader has made."""
    made = create(running, "ann@x.com"), create(running, "bob@x.com")
    running_until(lambda: len(running.directory().users) == 2)
    return made


def there(running: Served, scim_id: str) -> bool | None:
    """Whether a user is active; None where it is gone."""
    answer = running.http.get(f"{BASE}/Users/{scim_id}")
    return None if answer.status_code == 404 else bool(answer.json()["active"])


def test_r42_who_is_deleted_stays_a_tombstone_while_the_leader_holds_the_lock(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with one_lock_an_hour(tmp_path / "idsync.db", monkeypatch) as (running, settings):
        ann, bob = two_with_access(running)
        assert delete(running, ann) == 204
        assert there(running, ann) is None
        for _ in range(2):
            assert delete(running, bob) == 503
            assert there(running, bob) is False
        assert locked(running) == ["ann@x.com"]
        whole_pass(running, settings, lock_burst="they did leave")
        assert delete(running, bob) == 204
        assert there(running, bob) is None
        assert delete(running, bob) == 404
        assert locked(running) == ["ann@x.com", "bob@x.com"]
        assert running.directory().users == {}


def test_r42_of_a_bulk_request_nobody_is_gone_before_all_are_locked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with one_lock_an_hour(tmp_path / "idsync.db", monkeypatch) as (running, settings):
        ann, bob = two_with_access(running)
        operations = [{"method": "DELETE", "path": f"/Users/{each}"} for each in (ann, bob)]
        body = {"schemas": ["urn:ietf:params:scim:api:messages:2.0:BulkRequest"], "Operations": operations}
        assert running.http.post(f"{BASE}/Bulk", json=body).status_code == 503
        assert (there(running, ann), there(running, bob)) == (False, False)
        whole_pass(running, settings, lock_burst="they did leave")
        answer = running.http.post(f"{BASE}/Bulk", json=body)
        assert [each["status"] for each in answer.json()["Operations"]] == ["204", "204"]
        assert (there(running, ann), there(running, bob)) == (None, None)
        assert locked(running) == ["ann@x.com", "bob@x.com"]


def test_r42_who_is_deleted_while_nobody_leads_stays_until_somebody_does(storing: Served) -> None:
    ann = create(storing, "ann@x.com")
    for _ in range(2):
        assert delete(storing, ann) == 503
        assert there(storing, ann) is False
    listed = storing.http.get(f"{BASE}/Users").json()
    assert [each["id"] for each in listed["Resources"]] == [ann]
    with leading(storing, PUSHED):
        running_until(lambda: not owes(storing))
        assert there(storing, ann) is False, "only its own request removes it"
        assert delete(storing, ann) == 204
    assert there(storing, ann) is None


def test_r42_who_was_a_tombstone_already_is_deleted_once_locked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with one_lock_an_hour(tmp_path / "idsync.db", monkeypatch) as (running, _):
        ann, bob = two_with_access(running)
        assert deactivate(running, ann)[0] == 200
        assert delete(running, ann) == 204
        assert deactivate(running, bob)[0] == 503
        assert delete(running, bob) == 503
        assert (there(running, ann), there(running, bob)) == (None, False)


def test_r42_who_came_back_while_their_deletion_waited_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(endpoint, "OWED_SECONDS", 20.0)
    with served(tmp_path / "idsync.db", PUSHED, applies=False) as running:
        running.http.headers["Authorization"] = f"Bearer {running.token}"
        ann = create(running, "ann@x.com")
        answers: list[int] = []
        waiting = threading.Thread(target=lambda: answers.append(delete(running, ann)), daemon=True)
        waiting.start()
        running_until(lambda: there(running, ann) is False)
        body = {"schemas": [USER], "userName": "ann@x.com", "externalId": "00uann@x.com", "active": True}
        assert running.http.put(f"{BASE}/Users/{ann}", json=body).status_code == 200
        with leading(running, PUSHED):
            waiting.join()
        assert answers == [412]
        assert there(running, ann) is True
        assert locked(running) == []


def owes(running: Served) -> bool:
    with open_store(running.path) as store:
        return owed(store.facts, "local") is not None


def running_until(holds: Callable[[], bool]) -> None:
    begun = time.monotonic()
    while not holds():
        assert time.monotonic() - begun < 20
        time.sleep(0.02)


def test_r39_who_waits_for_the_leader_is_answered_at_once_when_the_service_ends(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(endpoint, "OWED_SECONDS", 30.0)
    with served(tmp_path / "idsync.db", PUSHED, applies=False) as running:
        running.http.headers["Authorization"] = f"Bearer {running.token}"
        ann = create(running, "ann@x.com")
        answers: list[tuple[int, str]] = []
        waiting = threading.Thread(target=lambda: answers.append(deactivate(running, ann)), daemon=True)
        waiting.start()
        running_until(lambda: there(running, ann) is False)
        assert answers == []
        begun = time.monotonic()
        running.endpoint.end()
        waiting.join(25)
        assert [code for code, _ in answers] == [503]
        assert time.monotonic() - begun < 5
