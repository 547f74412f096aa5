"""A tick locks who left before it reads a group, of which Okta may have very many pages."""

from pathlib import Path
from typing import Any

import pytest

from idsync.model.extent import Reading
from idsync.reconcile.continuous.loop import TickEnd
from idsync.sources.okta.source import OktaSource
from tests.server.both import both, organization
from tests.server.test_bursts import locked


def test_r45_who_left_does_not_wait_for_a_group_that_is_read_in_the_same_tick(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    org = organization()
    people = [org.add_user(f"{name}@x.com") for name in ("ann", "bob")]
    for person in people:
        org.assign_user(org.app("Teleport"), person)
    group = org.add_group("staff", members=people)
    with both(tmp_path / "idsync.db", org) as world:
        assert world.full()
        org.update_group(group, name="everybody")
        org.deactivate(people[0])
        read, seen = OktaSource.read, []

        def watched(self: OktaSource, *arguments: Any, **more: Any) -> Reading:
            reading = read(self, *arguments, **more)
            if reading.extent.lists:
                seen.append(locked(world.service))
            return reading

        monkeypatch.setattr(OktaSource, "read", watched)
        assert world.tick() is TickEnd.DONE
        assert seen == [["ann@x.com"]]
        assert [each.spec.title for each in world.service.directory().access_lists.values()] == ["everybody"]
