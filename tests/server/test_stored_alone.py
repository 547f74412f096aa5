"""What a replica answers that does not go by the applied configuration: it stores, and another one applies."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from idsync.model.extent import Extent
from idsync.reconcile.owed import is_owed, owe, owed, pay
from idsync.server.scim import endpoint
from idsync.stores.sqlite.store import open_store
from tests.server.conftest import BASE, PUSHED, Served, served

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
