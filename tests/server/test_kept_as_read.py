"""From reading and pushes to pushes alone: what was read and nobody pushes stays, and every plan says so."""

import datetime as dt
from collections.abc import Iterator
from pathlib import Path

import pytest
from msgspec.structs import replace

from idsync.bootstrap.workspace import Workspace
from idsync.config.settings import ScimSource, Settings
from idsync.model.directory import UpstreamCause
from idsync.model.findings import KEPT_AS_READ, Finding
from idsync.plan.changes import Plan
from idsync.reconcile.continuous.pass_reports import last_report
from idsync.reconcile.single_pass import plan_once
from idsync.server.page.overview import Overview, overview
from idsync.sources.pushed import PushedSource
from idsync.stores.sqlite.store import open_store
from tests.okta_simulator.objects import Group, User
from tests.reconcile.one_thread import OneThread
from tests.server.both import OPEN, Both, both, organization, read
from tests.server.conftest import HOLDER
from tests.server.test_groups_said_again import patch
from tests.server.test_pairing import people, pushed, pushed_group
from tests.server.test_scim_door import asked

FOLLOWED = f"{OPEN}\n---\napiVersion: idsync/v1\nkind: Service\nspec: {{follow_config: true}}"
Organized = tuple[list[User], list[Group]]


@pytest.fixture
def world(tmp_path: Path) -> Iterator[Both]:
    """A service that is pushed to, and that reads."""
    with both(tmp_path / "a.db", organization(), FOLLOWED) as made:
        yield made


def organized(world: Both) -> Organized:
    """Three people, two groups and an app, which were read."""
    org = world.reader.organization
    made = people(org, "ann", "bob", "cid")
    groups = [org.add_group("eng", members=made[:2]), org.add_group("ops", members=made[2:])]
    org.add_group("nobody")
    org.assign_user(org.add_app("Git"), made[0])
    read(world)
    return made, groups


def without_reading(world: Both, *, alone: bool = False) -> None:
    """Let pushes alone tell of people; with `alone`, the configuration names no access to Okta's API either."""
    integration = world.settings.integration
    if alone:
        integration = replace(integration, source=ScimSource())
    else:
        integration = replace(integration, sync=replace(integration.sync, pull=False))
    world.settings = replace(world.settings, integration=integration)


def plan(world: Both) -> Plan:
    """What a person is shown of what was pushed."""
    place = Workspace(world.settings, world.service.path.parent)
    place.now = lambda: world.service.clock[0]  # type: ignore[method-assign]
    with open_store(world.service.path) as store:
        source = PushedSource(store.upstream.whole)
        return plan_once(world.settings, source, place.target(store), place.plan_options(store)).plan


def shown(world: Both, settings: Settings | None = None) -> Overview:
    """What the status page shows where passes go by these settings, or those of now."""
    place = Workspace(settings or world.settings, world.service.path.parent)
    with open_store(world.service.path) as store:
        return overview(place.settings, store, place.target(store), world.service.clock[0], config_waits=False)


def told(world: Both) -> list[Finding]:
    """What a plan says of whom and what nobody pushes."""
    return [each for each in plan(world).findings if each.code == KEPT_AS_READ]


@pytest.mark.parametrize("alone", [False, True], ids=["no pull", "scim alone"])
def test_a_plan_tells_how_much_was_read_and_is_not_pushed(world: Both, *, alone: bool) -> None:
    (ann, *_), (eng, _) = organized(world)
    assert told(world) == [], "while Okta is read, it tells of all"
    pushed_group(world.service, "eng", pushed(world.service, ann))
    without_reading(world, alone=alone)
    (finding,) = told(world)
    assert finding.severity == "warning"
    assert finding.message.startswith(
        "2 people, 1 group and 1 app were read from Okta once and are not pushed, so that nothing takes them away any "
        "more: bob@x.com, cid@x.com; group ops; app Git."
    )
    assert eng.id not in {each.id for each in finding.causes if isinstance(each, UpstreamCause)}
    assert plan(world).is_empty, "and nobody is locked by it"


def test_it_is_told_until_all_of_it_is_pushed_or_taken_away(world: Both) -> None:
    made, _ = organized(world)
    org = world.reader.organization
    org.unassign_user(org.app("Git"), made[0])
    org.delete_group(org.group("ops"))
    ids = [pushed(world.service, each) for each in made[:2]]
    pushed_group(world.service, "eng", *ids)
    read(world)
    settings = world.settings
    without_reading(world)
    (finding,) = told(world)
    assert finding.message.startswith(
        "1 person was read from Okta once and is not pushed, so that nothing takes it away"
    )
    world.settings = settings
    org.unassign_user(org.app("Teleport"), made[2])
    read(world)
    without_reading(world)
    assert told(world) == []


def test_who_was_only_pushed_as_having_left_is_told_of_by_nobody(world: Both) -> None:
    made, _ = organized(world)
    ids = [pushed(world.service, each) for each in made]
    path, operation = f"/Users/{ids[0]}", {"op": "replace", "path": "active", "value": False}
    body = {"schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"], "Operations": [operation]}
    assert asked(world.service, "PATCH", path, json=body)[0] == 200
    read(world)
    assert "ann@x.com" in world.service.directory().users, "Okta has them, and the push was a mistake"
    without_reading(world)
    (finding,) = told(world)
    assert finding.message.startswith("1 person, 2 groups and 1 app were read from Okta once")
    assert "ann@x.com" in finding.message


def test_only_a_few_are_named(world: Both) -> None:
    people(world.reader.organization, *(f"p{number}" for number in range(9)))
    read(world)
    without_reading(world)
    (finding,) = told(world)
    assert finding.message.startswith("9 people were read")
    assert "p5@x.com, … and 3 more." in finding.message
    assert len(finding.causes) == 6


def test_where_people_and_groups_were_only_ever_pushed_nothing_is_told(world: Both) -> None:
    read(world)
    ann = world.reader.organization.add_user("ann@x.com")
    without_reading(world)
    scim = pushed_group(world.service, "eng", pushed(world.service, ann))
    patch(world.service, scim, {"op": "replace", "path": "displayName", "value": "engineers"})
    assert told(world) == []


@pytest.mark.parametrize("alone", [False, True], ids=["no pull", "scim alone"])
def test_the_status_page_has_it_from_the_last_full_pass(world: Both, *, alone: bool) -> None:
    organized(world)
    before = world.settings
    assert not shown(world).uncompared
    without_reading(world, alone=alone)
    assert not shown(world, before).uncompared, "while passes go by the one before"
    assert shown(world).uncompared == "changed"
    assert not shown(world).all_well, "nothing was compared by this configuration yet"
    world.service.clock[0] += dt.timedelta(minutes=5)
    place = Workspace(world.settings, world.service.path.parent)
    place.now = lambda: world.service.clock[0]  # type: ignore[method-assign]
    with world.service.store() as store:
        source = PushedSource(store.upstream.whole)
        passes = OneThread(store, place.in_force, lambda *_: source, HOLDER, world.told.append, world.steady)
        assert passes.full()
        report = last_report(store.facts, "full")
    assert not shown(world).uncompared
    assert report is not None
    assert report.found == {KEPT_AS_READ: 1}
    assert [each.code for each in report.findings] == [KEPT_AS_READ]
