"""Who leaves by a push, also by one that gives their resource to somebody else, is locked, or the answer says so."""

import datetime as dt
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from idsync.model.extent import Extent
from idsync.model.ownership import lock_name
from idsync.model.resources import Lock, LockSpec, LockTarget, Metadata
from idsync.reconcile.owed import pay
from idsync.server.scim import endpoint
from idsync.stores.sqlite.store import open_store
from tests.core.world import ORG, config
from tests.server.both import both, organization
from tests.server.conftest import FREE, PUSHED, Served, served
from tests.server.test_bursts import INTEGRATION, guarded, locked, whole_pass
from tests.server.test_inherited_resources import NOTHING, by_hand, minutes_later, pushed, put, somebody_read
from tests.server.test_scim_door import asked, user

PATCH_OP = "urn:ietf:params:scim:api:messages:2.0:PatchOp"
METHODS = pytest.mark.parametrize("method", ["PUT", "PATCH"])


def given(service: Served, method: str, scim_id: str, **changed: Any) -> tuple[int, str]:
    """The code and words of a push that changes some attributes of a resource."""
    path = f"/Users/{scim_id}"
    if method == "PATCH":
        operations = [{"op": "replace", "path": name, "value": value} for name, value in changed.items()]
        body = {"schemas": [PATCH_OP], "Operations": operations}
    else:
        told = asked(service, "GET", path)[1]
        body = told | changed
    code, told = asked(service, method, path, json=body)
    return code, str(told.get("detail", ""))


@METHODS
@pytest.mark.parametrize("renamed", [False, True])
def test_r39_who_loses_their_resource_to_another_person_is_locked_or_it_is_503(
    tmp_path: Path, method: str, renamed: bool
) -> None:
    settings = guarded(lock_burst=NOTHING, user_deletes=FREE, user_locks=FREE)
    with served(tmp_path / "a.db", settings) as service:
        scim_id = pushed(service, "ann@x.com", externalId="00u1")
        minutes_later(service)
        changed = {"externalId": "00u2"} | ({"userName": "bob@x.com"} if renamed else {})
        for _ in range(2):  # one that is repeated says so again
            code, told = given(service, method, scim_id, **changed)
            assert code == 503
            assert "ann@x.com is noted as having left, but is not locked yet" in told
            assert "lock_burst" in told
            assert locked(service) == []
        assert asked(service, "GET", f"/Users/{scim_id}")[1]["externalId"] == "00u2", "the fact is taken"
        whole_pass(service, settings, lock_burst="they did leave")
        assert locked(service) == ["ann@x.com"]
        assert given(service, method, scim_id, **changed)[0] == 200


@METHODS
def test_r39_who_loses_their_resource_and_is_locked_is_answered_with_success(service: Served, method: str) -> None:
    scim_id = pushed(service, "ann@x.com", externalId="00u1")
    minutes_later(service)
    assert given(service, method, scim_id, externalId="00u2", userName="bob@x.com")[0] == 200
    assert locked(service) == ["ann@x.com"]


@METHODS
def test_r39_a_protected_person_who_loses_their_resource_is_503(tmp_path: Path, method: str) -> None:
    with served(tmp_path / "a.db", guarded(protected_users='["ann@x.com"]')) as service:
        scim_id = pushed(service, "ann@x.com", externalId="00u1")
        minutes_later(service)
        code, told = given(service, method, scim_id, externalId="00u2", userName="bob@x.com")
        assert (code, "protected_users" in told) == (503, True)
        by_hand(service, Lock("lock", "v2", Metadata("by-hand"), LockSpec(LockTarget(user="ann@x.com"), "gone")))
        assert given(service, method, scim_id, externalId="00u2")[0] == 200


@METHODS
def test_r39_a_tombstone_that_passes_on_says_that_the_first_one_is_not_locked(tmp_path: Path, method: str) -> None:
    settings = guarded(lock_burst=NOTHING, user_deletes=FREE)
    with served(tmp_path / "a.db", settings) as service:
        scim_id = pushed(service, "ann@x.com", externalId="00u1")
        assert given(service, method, scim_id, active=False)[0] == 503
        minutes_later(service)
        assert given(service, method, scim_id, active=True, externalId="00u2")[0] == 503
        whole_pass(service, settings, lock_burst="they did leave")
        assert given(service, method, scim_id, active=True)[0] == 200


def test_r39_a_resource_is_not_gone_before_everybody_who_left_by_it_is_locked(tmp_path: Path) -> None:
    settings = guarded(lock_burst="{percent: 0, floor: 0}", user_deletes=FREE)
    with served(tmp_path / "a.db", settings) as service:
        scim_id = pushed(service, "ann@x.com", externalId="00u1")
        assert put(service, scim_id, "bob@x.com", externalId="00u2") == 503
        assert asked(service, "DELETE", f"/Users/{scim_id}")[0] == 503
        whole_pass(service, settings, lock_burst="they did leave")
        assert asked(service, "DELETE", f"/Users/{scim_id}")[0] == 204
        assert locked(service) == ["ann@x.com", "bob@x.com"]


def test_r39_who_is_pushed_first_as_inactive_and_was_read_is_locked_or_it_is_503(tmp_path: Path) -> None:
    documents = f"Guards: {{lock_burst: {NOTHING}, user_deletes: {FREE}, user_locks: {FREE}}}"
    with both(tmp_path / "a.db", organization(), documents) as world:
        ann = somebody_read(world, "ann@x.com", "ann@x.com")
        code, told = asked(world.service, "POST", "/Users", json=user("ann@x.com", externalId=ann) | {"active": False})
        assert (code, "lock_burst" in told.get("detail", "")) == (503, True)


def test_r39_who_never_was_here_and_is_pushed_as_inactive_is_nobody_to_lock(tmp_path: Path) -> None:
    with served(tmp_path / "a.db", guarded(lock_burst=NOTHING)) as service:
        scim_id = pushed(service, "ann@x.com", externalId="00u1", active=False)
        assert put(service, scim_id, "ann@x.com", externalId="00u1", active=False) == 200


def test_r39_a_lock_that_another_finding_keeps_from_being_made_is_503(service: Served) -> None:
    scim_id = pushed(service, "ann@x.com", externalId="00u1")
    foreign = Lock("lock", "v2", Metadata(lock_name(ORG, "ann@x.com")), LockSpec(LockTarget(user="eve@x.com"), "evil"))
    by_hand(service, foreign)
    minutes_later(service)
    for _ in range(2):
        code, told = given(service, "PUT", scim_id, active=False)
        assert code == 503
        assert "ann@x.com is noted as having left, but is not locked yet" in told
        assert "idsync lock -c CONFIG ann@x.com" in told
        assert asked(service, "DELETE", f"/Users/{scim_id}")[0] == 503
    by_hand(service, Lock("lock", "v2", Metadata("by-hand"), LockSpec(LockTarget(user="ann@x.com"), "gone")))
    assert given(service, "PUT", scim_id, active=False)[0] == 200


@pytest.mark.parametrize("method", ["PUT", "DELETE"])
def test_r39_who_leaves_after_their_organization_moved_is_locked_or_it_is_503(tmp_path: Path, method: str) -> None:
    elsewhere, path = "https://moved.okta.com", tmp_path / "a.db"
    with served(path, PUSHED) as service:
        scim_id = pushed(service, "ann@x.com", externalId="00u1")
    moved = replace(PUSHED, integration=replace(PUSHED.integration, org_url=elsewhere))

    def leave(service: Served) -> tuple[int, str]:
        if method == "PUT":
            return given(service, method, scim_id, active=False)
        code, told = asked(service, method, f"/Users/{scim_id}")
        return code, str(told.get("detail", ""))

    with served(path, moved) as service:
        for _ in range(2):
            code, told = leave(service)
            assert (code, "ann@x.com is noted as having left, but is not locked yet" in told) == (503, True)
        assert locked(service) == []
        assert pushed(service, "bob@x.com", externalId="00u2"), "whom it moves nothing of goes on"
    told_from_where = replace(moved, integration=replace(moved.integration, former_org_urls=(ORG,)))
    with served(path, told_from_where) as service:
        whole_pass(service, told_from_where)
        assert leave(service)[0] == (200 if method == "PUT" else 204)
        assert locked(service) == ["ann@x.com"]


def test_r39_who_leaves_from_among_twins_is_locked(tmp_path: Path) -> None:
    with both(tmp_path / "a.db", organization()) as world:
        service = world.service
        ann = somebody_read(world, "ann@x.com", "ann@x.com")
        scim_id = pushed(service, "ann@x.com", externalId=ann)
        minutes_later(service)
        for login, name in (("of-ann@x.com", "Ann@x.com"), ("of-another-ann@x.com", "ANN@x.com")):
            somebody_read(world, login, name)
        assert given(service, "PUT", scim_id, active=False)[0] == 200
        assert locked(service) == ["ann@x.com"]


def test_r8_who_was_unlocked_by_hand_is_a_persons_word(tmp_path: Path) -> None:
    with served(tmp_path / "a.db", guarded(user_deletes=NOTHING)) as service:
        scim_id = pushed(service, "ann@x.com", externalId="00u1")
        assert given(service, "PUT", scim_id, active=False)[0] == 200
        by_hand(service, unlocked="ann@x.com")
        minutes_later(service)
        assert given(service, "PUT", scim_id, active=False)[0] == 200
        assert locked(service) == []


def test_r39_who_is_back_by_another_resource_is_nobody_to_lock(tmp_path: Path) -> None:
    settings = guarded(lock_burst=NOTHING, user_deletes=FREE)
    with served(tmp_path / "a.db", settings) as service:
        old = pushed(service, "ann@x.com", externalId="00u1")
        assert put(service, old, "bob@x.com", externalId="00u2") == 503
        minutes_later(service)
        pushed(service, "ann@x.com", externalId="00u1")
        assert put(service, old, "bob@x.com", externalId="00u2", displayName="B") == 200
        assert locked(service) == []


def test_r39_where_people_are_not_managed_nobody_is_waited_for(tmp_path: Path) -> None:
    off = INTEGRATION.replace("source: {scim: {}}", "source: {scim: {}}, sync: {scim: true, users: false}")
    path = tmp_path / "a.db"
    with served(path, PUSHED) as service:
        scim_id = pushed(service, "ann@x.com", externalId="00u1")
    with served(path, config("Guards: {}", integration=off)) as service:
        assert put(service, scim_id, "ann@x.com", externalId="00u1", active=False) == 200


def test_r39_credentials_that_cannot_be_alive_any_more_need_no_lock(tmp_path: Path) -> None:
    settings = guarded(lock_burst=NOTHING, user_deletes=FREE, user_locks=FREE)
    with served(tmp_path / "a.db", settings) as service:
        scim_id = pushed(service, "ann@x.com", externalId="00u1")
        assert put(service, scim_id, "bob@x.com", externalId="00u2") == 503
        whole_pass(service, settings, lock_burst="they did leave")
        assert locked(service) == ["ann@x.com"]
        service.clock[0] += dt.timedelta(days=30)
        whole_pass(service, settings)
        assert put(service, scim_id, "bob@x.com", externalId="00u2") == 200


def test_r46_who_loses_their_resource_at_a_replica_that_stores_is_503_while_it_is_owed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a.db"
    with served(path, PUSHED) as service:
        scim_id = pushed(service, "ann@x.com", externalId="00u1")
    monkeypatch.setattr(endpoint, "OWED_SECONDS", 0.4)
    with served(path, PUSHED, applies=False) as storing:
        storing.clock[0] += dt.timedelta(minutes=5)
        for _ in range(2):
            code, told = given(storing, "PUT", scim_id, externalId="00u2", userName="bob@x.com")
            assert (code, "ann@x.com" in told) == (503, True)
        with open_store(path) as store, store.transaction():  # applied, but for the lock
            pay(store.facts, "local", Extent(frozenset({"00u1", "00u2"}), frozenset()))
        assert given(storing, "PUT", scim_id, externalId="00u2")[0] == 503, "what is owed is paid, and no lock is there"
        whole_pass(storing, PUSHED)
        assert locked(storing) == ["ann@x.com"]
        assert given(storing, "PUT", scim_id, externalId="00u2")[0] == 200
