"""A full pass and a push at the same time: what was pushed since the pass was planned is not taken back by it."""

import datetime as dt
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from idsync.bootstrap.workspace import Workspace
from idsync.edit.editor import Editor
from idsync.model.addresses import access_list_address, user_address
from idsync.reconcile.applying import Applier
from idsync.sources.pushed import PushedSource
from idsync.stores.sqlite.store import open_store
from tests.reconcile.one_thread import OneThread
from tests.server.both import both, organization
from tests.server.conftest import HOLDER, PUSHED, Served, served
from tests.server.test_bursts import locked, people
from tests.server.test_scim_door import GROUP, asked, user


def full_pass(service: Served) -> bool:
    """A full pass over what was pushed; whether it went well."""
    place = Workspace(PUSHED, service.path.parent)
    place.now = lambda: service.clock[0]  # type: ignore[method-assign]
    with service.store() as store:
        source = PushedSource(store.upstream.whole)
        return OneThread(store, place.in_force, lambda _, progress: source, HOLDER).full()


def test_r41_a_pass_undoes_no_push_that_came_after_it_was_planned(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with served(tmp_path / "idsync.db", PUSHED) as service:
        okta = service.engine()
        ann, *_ = people(okta, 3)
        with open_store(service.path) as store:
            place = Workspace(PUSHED, tmp_path)
            editor = Editor(place.target(store), store, actor="me", now=service.clock[0])
            for name in ("p00@x.com", "p01@x.com"):
                editor.remove(user_address(name))
        parts = Applier.parts
        done: list[str] = []

        def pushed_meanwhile(self: Applier, *arguments: Any) -> Any:
            found = parts(self, *arguments)
            if self.request.whole and not done:
                done.append("deactivated")
                okta.deactivate(ann)
            return found

        monkeypatch.setattr(Applier, "parts", pushed_meanwhile)
        service.clock[0] += dt.timedelta(seconds=5)
        assert full_pass(service)
        assert done
        assert service.directory().users.keys() == {"p01@x.com", "p02@x.com"}
        assert locked(service) == ["p00@x.com"]


def meanwhile(monkeypatch: pytest.MonkeyPatch, push: Callable[[], object]) -> list[str]:
    """Let something be pushed once a pass has planned; what is returned says whether that was so."""
    parts = Applier.parts
    done: list[str] = []

    def pushed_meanwhile(self: Applier, *arguments: Any) -> Any:
        found = parts(self, *arguments)
        if self.request.whole and not done:
            done.append("pushed")
            push()
        return found

    monkeypatch.setattr(Applier, "parts", pushed_meanwhile)
    return done


def test_r41_a_pass_makes_nothing_of_what_was_deleted_after_it_was_planned(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with served(tmp_path / "idsync.db", PUSHED) as service:
        ann, bob = (asked(service, "POST", "/Users", json=user(f"{name}@x.com"))[1] for name in ("ann", "bob"))
        body = {"schemas": [GROUP], "displayName": "eng", "members": [{"value": bob["id"]}]}
        eng = asked(service, "POST", "/Groups", json=body)[1]["id"]
        with open_store(service.path) as store:
            editor = Editor(Workspace(PUSHED, tmp_path).target(store), store, actor="me", now=service.clock[0])
            editor.remove(user_address("ann@x.com"))
            editor.remove(access_list_address(eng))

        def delete() -> None:
            assert asked(service, "DELETE", f"/Users/{ann['id']}")[0] == 204
            assert asked(service, "DELETE", f"/Groups/{eng}")[0] == 204

        done = meanwhile(monkeypatch, delete)
        service.clock[0] += dt.timedelta(seconds=5)
        assert full_pass(service)
        assert done
        assert service.directory().users.keys() == {"bob@x.com"}
        assert service.directory().access_lists == {}


def test_r41_a_reading_brings_back_nothing_that_was_deleted_since_it_began(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    org = organization()
    with both(tmp_path / "a.db", org) as world:
        service = world.service
        ann, bob = (org.add_user(f"{name}@x.com") for name in ("ann", "bob"))
        for each in (ann, bob):
            org.assign_user(org.app("Teleport"), each)
        assert world.full()
        service.clock[0] += dt.timedelta(minutes=5)
        scim = asked(service, "POST", "/Users", json=user("ann@x.com", externalId=ann.id))[1]["id"]
        member = asked(service, "POST", "/Users", json=user("bob@x.com", externalId=bob.id))[1]["id"]
        body = {"schemas": [GROUP], "displayName": "own", "members": [{"value": member}]}
        own = asked(service, "POST", "/Groups", json=body)[1]["id"]
        service.clock[0] += dt.timedelta(minutes=5)

        def delete() -> None:
            assert asked(service, "DELETE", f"/Users/{scim}")[0] == 204
            assert asked(service, "DELETE", f"/Groups/{own}")[0] == 204

        done = meanwhile(monkeypatch, delete)
        assert world.full()
        assert done
        assert service.directory().users.keys() == {"bob@x.com"}
        assert locked(service) == ["ann@x.com"]
        assert service.directory().access_lists == {}
        with open_store(service.path) as store:
            known = store.upstream.part({ann.id, bob.id}, [own])
            assert [each.id for each in known.users] == [bob.id]
            assert known.groups == []
