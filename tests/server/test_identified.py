"""A person whose Okta id is told after they were pushed: all that is kept of them goes under it, nothing is lost."""

import datetime as dt
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from idsync.apply.kept_back import kept_back
from idsync.bootstrap.workspace import Workspace
from idsync.edit.editor import Editor
from idsync.model.addresses import Address, lock_address, member_address
from idsync.model.journal import RunStarted, StepMade
from idsync.model.ownership import USER_ID_LABEL
from idsync.model.resources import AccessListMember
from idsync.plan.changes import UserChange
from idsync.reconcile.continuous.loop import TickEnd
from idsync.stores.sqlite.store import open_store
from tests.server.both import both, organization
from tests.server.conftest import PUSHED, Served, served
from tests.server.test_bursts import HOUR, guarded, whole_pass
from tests.server.test_scim_door import GROUP, asked, user
from tests.server.test_who_it_is import locked, okta_id, relabelled


def pushed(service: Served, name: str = "ann@x.com", **more: Any) -> dict[str, Any]:
    """Somebody who is pushed."""
    code, told = asked(service, "POST", "/Users", json=user(name, **more))
    assert code == 201
    return told


def given(service: Served, told: dict[str, Any], external_id: str, **more: Any) -> None:
    """Tell the Okta id of somebody who was pushed."""
    path = f"/Users/{told['id']}"
    assert asked(service, "PUT", path, json=user(told["userName"], externalId=external_id) | more)[0] == 200


def leave(service: Served, told: dict[str, Any]) -> None:
    """Deactivate somebody, still without an Okta id."""
    assert asked(service, "PUT", f"/Users/{told['id']}", json=user(told["userName"]) | {"active": False})[0] == 200


def group(service: Served, title: str, *members: dict[str, Any]) -> dict[str, Any]:
    """A group that is pushed."""
    body = {"schemas": [GROUP], "displayName": title, "members": [{"value": each["id"]} for each in members]}
    return asked(service, "POST", "/Groups", json=body)[1]


def by_hand(service: Served) -> Any:
    """A person's hand on the directory."""
    store = open_store(service.path)
    place = Workspace(PUSHED, service.path.parent)
    return store, Editor(place.target(store), store, actor="me", now=service.clock[0])


def test_r40_account_lists_and_dates_stay_and_one_run_tells_of_it(service: Served) -> None:
    ann, bob = pushed(service), pushed(service, "bob@x.com")
    eng = group(service, "eng", ann, bob)
    store, hand = by_hand(service)
    with store:
        membership = hand.find(member_address(eng["id"], "ann@x.com"))
        assert isinstance(membership, AccessListMember)
        ends = replace(membership.spec, expires="2027-03-01T00:00:00Z", reason="on loan")
        hand.replace(replace(membership, spec=ends))
    before = service.directory()
    with open_store(service.path) as store:
        runs = sum(isinstance(each.entry, RunStarted) for each in store.journal.entries())
    given(service, ann, "00uAnn")
    assert service.directory() == relabelled(before, ann["id"], "00uAnn")
    with open_store(service.path) as store:
        entries = [each.entry for each in store.journal.entries(runs + 1)]
        assert store.verify().broken_at is None
    assert [(each.address, each.action, each.reason) for each in entries if isinstance(each, StepMade)] == [
        ("user/ann@x.com", "update", "identified")
    ]
    assert [each["value"] for each in asked(service, "GET", f"/Users/{ann['id']}")[1]["groups"]] == [eng["id"]]


def test_r40_an_id_that_comes_with_another_name_and_other_attributes_is_a_rename(service: Served) -> None:
    ann = pushed(service)
    eng = group(service, "eng", ann)
    changed = user("anna@x.com", externalId="00uAnn", title="Lead")
    assert asked(service, "PUT", f"/Users/{ann['id']}", json=changed)[0] == 200
    found = service.directory()
    assert found.users.keys() == {"anna@x.com"}
    assert found.members[eng["id"]].keys() == {"anna@x.com"}
    assert okta_id(service, "anna@x.com") == "00uAnn"
    assert locked(service) == ["ann@x.com"], "a renamed person's old name is locked, as always"
    assert {each.metadata.labels[USER_ID_LABEL] for each in found.locks.values()} == {"00uAnn"}


@pytest.mark.parametrize("at_once", [True, False])
def test_r40_the_lock_of_a_tombstone_is_that_of_the_same_person(service: Served, at_once: bool) -> None:
    ann = pushed(service)
    group(service, "eng", ann, pushed(service, "bob@x.com"))
    leave(service, ann)
    before = service.directory()
    assert locked(service) == ["ann@x.com"]
    service.clock[0] += dt.timedelta(minutes=5)
    if not at_once:
        given(service, ann, "00uAnn", active=False)
        assert service.directory() == relabelled(before, ann["id"], "00uAnn")
    given(service, ann, "00uAnn")
    found = service.directory()
    assert found.locks == {}
    assert found.users.keys() == {"ann@x.com", "bob@x.com"}
    assert [each.keys() for each in found.members.values()] == [{"ann@x.com", "bob@x.com"}]
    assert okta_id(service, "ann@x.com") == "00uAnn"


def test_r40_what_is_remembered_of_somebody_goes_under_the_okta_id(service: Served) -> None:
    ann, bob = pushed(service), pushed(service, "bob@x.com")
    eng = group(service, "eng", ann, bob)
    store, hand = by_hand(service)
    with store:
        membership = hand.find(member_address(eng["id"], "ann@x.com"))
        assert isinstance(membership, AccessListMember)
        hand.replace(replace(membership, spec=replace(membership.spec, expires="2026-11-22T12:00:01Z")))
    leave(service, ann)
    service.clock[0] += dt.timedelta(minutes=5)
    (lock,) = service.directory().locks
    store, hand = by_hand(service)
    with store:
        hand.remove(lock_address(lock))
    given(service, ann, "00uAnn", active=False)
    with open_store(service.path) as store:
        past = store.agreed("local").past()
    assert {each.okta_id for each in past.ended} == {"00uAnn"}
    given(service, ann, "00uAnn")
    assert service.directory().members[eng["id"]].keys() == {"bob@x.com"}, "what has ended stays ended"


def test_r40_what_is_held_back_stays_held_under_the_okta_id(tmp_path: Path) -> None:
    settings = guarded(user_deletes="{percent: 0, floor: 0}")
    with served(tmp_path / "a.db", settings) as service:
        ann = pushed(service)
        group(service, "eng", ann)
        leave(service, ann)
        before = service.directory()
        assert before.users.keys() == {"ann@x.com"}
        given(service, ann, "00uAnn", active=False)
        assert service.directory() == relabelled(before, ann["id"], "00uAnn")
        with open_store(service.path) as store:
            kept = kept_back(store.facts, "local")
        assert [entry.okta_id for entry in kept[Address("user/ann@x.com")]] == ["00uAnn"]
        service.clock[0] += HOUR
        whole_pass(service, settings)
        assert service.directory().users.keys() == {"ann@x.com"}
        given(service, ann, "00uAnn")
        found = service.directory()
        assert found.locks == {}
        assert found.users.keys() == {"ann@x.com"}
        assert [each.keys() for each in found.members.values()] == [{"ann@x.com"}]


def test_r40_once_it_is_known_another_id_is_another_person(service: Served) -> None:
    ann = pushed(service)
    given(service, ann, "00uAnn")
    assert locked(service) == []
    given(service, ann, "00uHeir")
    assert okta_id(service, "ann@x.com") == "00uHeir"
    assert locked(service) == ["ann@x.com"]


def test_r40_an_id_that_an_earlier_version_did_not_take_up_is_taken_up(service: Served) -> None:
    ann = pushed(service)
    with open_store(service.path) as store:
        known = store.pushed.user(ann["id"])
        assert known is not None
        store.pushed.put_user(replace(known, external_id="00uAnn"))
    before = service.directory()
    given(service, ann, "00uAnn")
    assert service.directory() == relabelled(before, ann["id"], "00uAnn")


def test_r11_who_had_the_name_and_left_is_nobodys_stand_in(service: Served) -> None:
    ann = pushed(service)
    leave(service, ann)
    assert asked(service, "DELETE", f"/Users/{ann['id']}")[0] == 204
    service.clock[0] += dt.timedelta(minutes=5)
    heir = pushed(service)
    given(service, heir, "00uHeir")
    assert okta_id(service, "ann@x.com") == "00uHeir"
    assert locked(service) == ["ann@x.com"]
    labels = [lock.metadata.labels[USER_ID_LABEL] for lock in service.directory().locks.values()]
    assert labels == [ann["id"]]


def test_r40_who_is_pushed_before_being_read_is_the_one_of_that_name_who_is_read(tmp_path: Path) -> None:
    org = organization()
    with both(tmp_path / "a.db", org) as world:
        service = world.service
        assert world.full()
        ann, bob = pushed(service), pushed(service, "bob@x.com")
        before = service.directory()
        read = [org.add_user(name) for name in ("ann@x.com", "bob@x.com")]
        eng = org.add_group("eng", members=read)
        for each in read:
            org.assign_user(org.app("Teleport"), each)
        service.clock[0] += dt.timedelta(minutes=1)
        shown = world.plan()
        assert [change.identified for change in shown.changes if isinstance(change, UserChange)] == [True, True]
        assert not any(change.address.startswith("lock/") for change in shown.changes)
        assert world.full()
        found = service.directory()
        assert found.locks == {}
        assert {name: okta_id(service, name) for name in found.users} == {each.login: each.id for each in read}
        assert found.members[eng.id].keys() == before.users.keys()
        given(service, ann, read[0].id)
        assert asked(service, "PUT", f"/Users/{bob['id']}", json=user("bob@x.com", title="x"))[0] == 200
        service.clock[0] += dt.timedelta(minutes=1)
        assert world.full()
        assert service.directory().locks == {}
        assert okta_id(service, "bob@x.com") == read[1].id


def test_r40_a_tick_tells_who_somebody_is_too(tmp_path: Path) -> None:
    org = organization()
    with both(tmp_path / "a.db", org) as world:
        assert world.full()
        assert world.tick() is TickEnd.DONE
        pushed(world.service)
        world.service.clock[0] += dt.timedelta(minutes=1)
        ann = org.add_user("ann@x.com")
        org.assign_user(org.app("Teleport"), ann)
        assert world.tick() is TickEnd.DONE
        assert okta_id(world.service, "ann@x.com") == ann.id
        assert world.service.directory().locks == {}


def test_r11_who_left_is_not_the_one_who_is_read_under_the_name(tmp_path: Path) -> None:
    org = organization()
    with both(tmp_path / "a.db", org) as world:
        assert world.full()
        ann = pushed(world.service)
        leave(world.service, ann)
        world.service.clock[0] += dt.timedelta(minutes=10)
        heir = org.add_user("ann@x.com")
        org.assign_user(org.app("Teleport"), heir)
        assert world.full()
        assert okta_id(world.service, "ann@x.com") == heir.id
        assert locked(world.service) == ["ann@x.com"]
        (lock,) = world.service.directory().locks.values()
        assert lock.metadata.labels[USER_ID_LABEL] == ann["id"]
