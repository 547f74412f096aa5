"""The clock of the machine is set back while a pass reads: what is pushed after that is newer than the reading."""

import datetime as dt
from pathlib import Path
from typing import Any

import pytest

from idsync.model.extent import Reading
from idsync.sources.okta.source import OktaSource
from tests.server.both import both, organization
from tests.server.test_scim_door import asked, user
from tests.sources.okta.organizations import Clock

HOUR = dt.timedelta(hours=1)


@pytest.mark.parametrize("back", [dt.timedelta(0), HOUR], ids=["steady", "set back"])
@pytest.mark.parametrize("leaves", [False, True], ids=["comes", "leaves"])
def test_r41_what_is_pushed_while_a_pass_reads_stands(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, leaves: bool, back: dt.timedelta
) -> None:
    org = organization()
    app = org.app("Teleport")
    org.assign_user(app, org.add_user("bob@x.com"))
    ann = org.add_user("ann@x.com")
    if leaves:
        org.assign_user(app, ann)
    with both(tmp_path / "idsync.db", org) as world:
        clock, world.steady = world.service.clock, (steady := Clock())
        assert world.full()
        clock[0] += HOUR
        read = OktaSource.read

        def read_and_pushed(self: OktaSource, *arguments: Any, **more: Any) -> Reading:
            monkeypatch.setattr(OktaSource, "read", read)
            reading = read(self, *arguments, **more)
            clock[0] -= back
            if not leaves:
                org.assign_user(app, ann)
            body = user("ann@x.com", externalId=ann.id) | {"active": not leaves}
            assert asked(world.service, "POST", "/Users", json=body)[0] == 201
            clock[0] += dt.timedelta(seconds=30)
            steady.now += 30
            return reading

        monkeypatch.setattr(OktaSource, "read", read_and_pushed)
        assert world.full()
        state = world.service.directory()
        assert set(state.users) == ({"bob@x.com"} if leaves else {"ann@x.com", "bob@x.com"})
        assert [lock.spec.target.user for lock in state.locks.values()] == (["ann@x.com"] if leaves else [])
