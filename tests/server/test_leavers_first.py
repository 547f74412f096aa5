"""A tick locks who left before a group is read, which may have very many pages; what is pushed meanwhile is newer."""

from pathlib import Path

import pytest

from idsync.reconcile.continuous.loop import TickEnd
from tests.server.both import both, organization
from tests.server.test_bursts import locked
from tests.server.test_pairing import join, lists, pushed, pushed_group


def test_r45_who_left_does_not_wait_for_a_group_that_is_read_in_the_same_tick(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("idsync.reconcile.continuous.ticks.PATIENCE", 0.0)
    org = organization()
    people = [org.add_user(f"{name}@x.com") for name in ("ann", "bob")]
    for person in people:
        org.assign_user(org.app("Teleport"), person)
    group = org.add_group("staff", members=people)
    with both(tmp_path / "idsync.db", org) as world:
        assert world.full()
        with world.passes() as passes:
            readings = passes.hold_readings(people=False)
            org.update_group(group, name="everybody")
            org.deactivate(people[0])
            passes.tick()
            assert locked(world.service) == ["ann@x.com"]
            readings.pop()()
            passes.tick()
        assert [each.spec.title for each in world.service.directory().access_lists.values()] == ["everybody"]


def test_r41_a_push_that_arrives_while_a_group_is_read_is_newer_than_what_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("idsync.reconcile.continuous.ticks.PATIENCE", 0.0)
    org = organization()
    people = [org.add_user(f"{name}@x.com") for name in ("ann", "bob")]
    for person in people:
        org.assign_user(org.app("Teleport"), person)
    group = org.add_group("staff", members=people[:1])
    with both(tmp_path / "idsync.db", org) as world:
        assert world.full()
        ann, bob = (pushed(world.service, person) for person in people)
        scim = pushed_group(world.service, "staff", ann)
        assert world.tick() is TickEnd.DONE
        with world.passes() as passes:
            readings = passes.hold_readings()
            org.update_group(group, description="everybody")
            passes.tick()
            readings.pop()()
            org.add_member(group, people[1])
            join(world.service, scim, bob)
            for _ in range(3):
                passes.tick()
                assert lists(world.service) == {group.id: ("staff", ["ann", "bob"])}
                for read in readings:
                    read()
                readings.clear()
