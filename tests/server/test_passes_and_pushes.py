"""A full pass and a push at the same time: what was pushed since the pass was planned is not taken back by it."""

import datetime as dt
from pathlib import Path
from typing import Any

import pytest

from idsync.bootstrap import Workspace
from idsync.edit.editor import Editor
from idsync.model.addresses import user_address
from idsync.reconcile.applying import Applier
from idsync.sources.pushed import PushedSource
from idsync.stores.sqlite.store import open_store
from tests.reconcile.one_thread import OneThread
from tests.server.conftest import HOLDER, PUSHED, Served, served
from tests.server.test_bursts import locked, people


def full_pass(service: Served) -> bool:
    """A full pass over what was pushed; whether it went well."""
    place = Workspace(PUSHED, service.path.parent)
    place.now = lambda: service.clock[0]  # type: ignore[method-assign]
    with open_store(service.path) as store:
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
