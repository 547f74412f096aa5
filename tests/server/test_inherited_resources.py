"""Resources that stand for several people in turns, and people who have several resources: who is in, who is out."""

import datetime as dt
from pathlib import Path
from typing import Any

import pytest

from idsync.bootstrap.workspace import Workspace
from idsync.edit.editor import Editor
from idsync.model.addresses import lock_address
from idsync.model.resources import Lock, LockSpec, LockTarget, Metadata, User, UserSpec
from idsync.model.times import later
from idsync.stores.sqlite.store import open_store
from tests.server.both import Both, both, organization
from tests.server.conftest import PUSHED, Served, served
from tests.server.test_bursts import guarded
from tests.server.test_scim_door import asked, user
from tests.server.test_who_it_is import locked, okta_id

NOTHING = "{percent: 0, floor: 0}"


def pushed(service: Served, name: str, **more: Any) -> str:
    """The SCIM id of somebody who is pushed."""
    code, told = asked(service, "POST", "/Users", json=user(name, **more))
    assert code == 201, told
    return str(told["id"])


def put(service: Served, scim_id: str, name: str, **more: Any) -> int:
    """Push a resource once more."""
    return asked(service, "PUT", f"/Users/{scim_id}", json=user(name) | more)[0]


def minutes_later(service: Served) -> None:
    """Longer than a reading lags behind a push."""
    service.clock[0] += dt.timedelta(minutes=5)


def by_hand(service: Served, made: User | Lock | None = None, *, unlocked: str = "") -> None:
    """A person's hand makes an object, or lifts a lock."""
    with open_store(service.path) as store:
        target = Workspace(PUSHED, service.path.parent).target(store)
        hand = Editor(target, store, actor="me", now=service.clock[0])
        if made is not None:
            hand.create(made)
        for name in target.locks([unlocked]):
            hand.remove(lock_address(name))


def somebody_read(world: Both, name: str, user_name: str) -> str:
    """The Okta id of somebody who has the app under a name, once a full pass has read that."""
    made = world.reader.organization.add_user(name)
    world.reader.organization.assign_user(world.reader.organization.app("Teleport"), made, user_name=user_name)
    assert world.full()
    minutes_later(world.service)
    return made.id


def test_r40_a_tombstone_that_passes_on_takes_nothing_of_who_is_there_by_another_resource(service: Served) -> None:
    old = pushed(service, "ann@x.com", externalId="00u1")
    assert put(service, old, "ann@x.com", externalId="00u1", active=False) == 200
    pushed(service, "anna@x.com", externalId="00u1")
    minutes_later(service)
    assert put(service, old, "ann@x.com", externalId="00u2") == 200
    assert okta_id(service, "anna@x.com") == "00u1"
    assert okta_id(service, "ann@x.com") == "00u2"
    assert "anna@x.com" not in locked(service)


def test_r40_a_tombstone_that_passes_on_takes_nothing_of_who_was_read_since(tmp_path: Path) -> None:
    with both(tmp_path / "a.db", organization()) as world:
        service = world.service
        ann = somebody_read(world, "anna@x.com", "anna@x.com")
        old = pushed(service, "ann@x.com", externalId=ann)
        put(service, old, "ann@x.com", externalId=ann, active=False)
        minutes_later(service)
        assert world.full()
        minutes_later(service)
        assert put(service, old, "ann@x.com", externalId="00uOther") == 200
        assert okta_id(service, "anna@x.com") == ann
        assert "anna@x.com" not in locked(service)


@pytest.mark.parametrize("method", ["PUT", "DELETE"])
@pytest.mark.parametrize("same_second", [False, True])
def test_who_leaves_by_the_newer_of_two_resources_is_out(service: Served, method: str, same_second: bool) -> None:
    pushed(service, "ann@x.com", externalId="00u1")
    if not same_second:
        minutes_later(service)
    new = pushed(service, "anna@x.com", externalId="00u1")
    minutes_later(service)
    body = {"json": user("anna@x.com", externalId="00u1") | {"active": False}} if method == "PUT" else {}
    assert asked(service, method, f"/Users/{new}", **body)[0] in (200, 204)
    assert service.directory().users == {}
    assert "anna@x.com" in locked(service)


@pytest.mark.parametrize("method", ["PUT", "DELETE"])
@pytest.mark.parametrize("same_second", [False, True])
def test_who_leaves_by_the_older_of_two_resources_stays(service: Served, method: str, same_second: bool) -> None:
    old = pushed(service, "ann@x.com", externalId="00u1")
    if not same_second:
        minutes_later(service)
    pushed(service, "anna@x.com", externalId="00u1")
    before = service.directory()
    minutes_later(service)
    body = {"json": user("ann@x.com", externalId="00u1") | {"active": False}} if method == "PUT" else {}
    assert asked(service, method, f"/Users/{old}", **body)[0] in (200, 204)
    assert service.directory() == before


def test_r39_who_is_deleted_and_not_locked_yet_stays_as_a_tombstone(tmp_path: Path) -> None:
    with served(tmp_path / "a.db", guarded(lock_burst=NOTHING)) as service:
        ann = pushed(service, "ann@x.com", externalId="00u1")
        for _ in range(2):
            code, told = asked(service, "DELETE", f"/Users/{ann}")
            assert code == 503
            assert "is not locked yet" in told["detail"]
        assert asked(service, "GET", f"/Users/{ann}")[1]["active"] is False
        endless = LockSpec(LockTarget(user="ann@x.com"), "gone")
        by_hand(service, Lock("lock", "v2", Metadata("by-hand"), endless))
        assert asked(service, "DELETE", f"/Users/{ann}")[0] == 204
        assert asked(service, "GET", f"/Users/{ann}")[0] == 404


def test_r39_a_lock_that_has_ended_is_none(tmp_path: Path) -> None:
    with served(tmp_path / "a.db", guarded(lock_burst=NOTHING)) as service:
        ann = pushed(service, "ann@x.com", externalId="00u1")
        short = LockSpec(LockTarget(user="ann@x.com"), "for now", later(service.clock[0], 60))
        by_hand(service, Lock("lock", "v2", Metadata("by-hand"), short))
        minutes_later(service)
        assert put(service, ann, "ann@x.com", externalId="00u1", active=False) == 503


def test_r11_a_newcomer_is_not_the_one_whose_deletion_is_held_and_whose_lock_was_lifted(tmp_path: Path) -> None:
    with served(tmp_path / "a.db", guarded(user_deletes=NOTHING)) as service:
        ann = pushed(service, "ann@x.com", externalId="00u1")
        assert asked(service, "DELETE", f"/Users/{ann}")[0] == 204
        by_hand(service, unlocked="ann@x.com")
        assert okta_id(service, "ann@x.com") == "00u1"
        minutes_later(service)
        newcomer = pushed(service, "ann@x.com")
        assert okta_id(service, "ann@x.com") == newcomer


@pytest.mark.parametrize("known_by", ["the resource", "nobody"])
def test_r41_no_push_ends_a_suspension(tmp_path: Path, known_by: str) -> None:
    org = organization()
    with both(tmp_path / "a.db", org) as world:
        service = world.service
        ann = somebody_read(world, "ann@x.com", "ann@x.com")
        if known_by == "the resource":
            scim_id = pushed(service, "ann@x.com", externalId=ann)
            minutes_later(service)
        org.suspend(org.user("ann@x.com"))
        assert world.full()
        minutes_later(service)
        if known_by == "nobody":
            scim_id = pushed(service, "ann@x.com", externalId=ann, active=False)
        for active in (False, True, False, False, True):
            assert put(service, scim_id, "ann@x.com", externalId=ann, active=active) == 200
            assert locked(service) == ["ann@x.com"]
        minutes_later(service)
        org.unsuspend(org.user("ann@x.com"))
        assert world.full()
        assert locked(service) == []


def test_r40_a_tombstone_without_an_okta_id_is_whom_the_facts_know_under_its_name_by_then(tmp_path: Path) -> None:
    org = organization()
    with both(tmp_path / "a.db", org) as world:
        service = world.service
        ann = somebody_read(world, "ann@x.com", "ann@x.com")
        scim_id = pushed(service, "ann@x.com")
        org.unassign_user(org.app("Teleport"), org.user("ann@x.com"))
        assert put(service, scim_id, "ann@x.com", active=False) == 200
        assert world.full()
        minutes_later(service)
        heir = somebody_read(world, "heir@x.com", "ann@x.com")
        assert put(service, scim_id, "ann@x.com", active=False) == 200
        assert okta_id(service, "ann@x.com") == heir
        assert put(service, scim_id, "ann@x.com") == 200
        assert okta_id(service, "ann@x.com") == heir
        assert locked(service) == ["ann@x.com"], "what keeps the first one's credentials out stays"
        with open_store(service.path) as store:
            assert [each.id for each in store.upstream.part({ann, heir}, ()).users] == [heir]


def test_r11_a_tombstone_of_a_stand_in_gives_its_lock_to_nobody_of_the_name(tmp_path: Path) -> None:
    with both(tmp_path / "a.db", organization()) as world:
        service = world.service
        assert world.full()
        ann = pushed(service, "ann@x.com")
        assert put(service, ann, "ann@x.com", active=False) == 200
        minutes_later(service)
        heir = somebody_read(world, "heir@x.com", "ann@x.com")
        assert put(service, ann, "ann@x.com") == 200
        assert okta_id(service, "ann@x.com") == heir
        assert locked(service) == ["ann@x.com"], "what keeps the first one's credentials out stays"


def test_who_comes_back_under_a_name_that_somebody_else_has_is_refused(service: Served) -> None:
    ann = pushed(service, "ann@x.com", externalId="00u1")
    assert put(service, ann, "ann@x.com", externalId="00u1", active=False) == 200
    by_hand(service, User("user", "v2", Metadata("ann@x.com"), UserSpec(("admin",))))
    before = service.directory()
    minutes_later(service)
    assert put(service, ann, "ann@x.com", externalId="00u1") == 409
    assert service.directory() == before


def test_who_leaves_under_a_name_that_somebody_else_has_is_out(service: Served) -> None:
    ann = pushed(service, "ann@x.com", externalId="00u1")
    by_hand(service, User("user", "v2", Metadata("root@x.com"), UserSpec(("admin",))))
    assert put(service, ann, "root@x.com", externalId="00u1", active=False) == 200
    assert service.directory().users.keys() == {"root@x.com"}
    assert locked(service) == ["ann@x.com"]
