"""SCIM is switched off, and on again: what was pushed, and what nobody says any more, counts no more until then."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from msgspec.structs import replace

from idsync.bootstrap.workspace import Workspace
from idsync.plan.sections import FIRST
from idsync.reconcile.applying import Applier
from idsync.reconcile.continuous.loop import TickEnd
from idsync.stores.sqlite.store import open_store
from tests.okta_simulator.objects import User
from tests.server.both import OPEN, Both, both, organization, read
from tests.server.test_pairing import join, people, pushed, pushed_group
from tests.server.test_pairing import lists as all_lists

FOLLOWED = f"{OPEN}\n---\napiVersion: idsync/v1\nkind: Service\nspec: {{follow_config: true}}"


@pytest.fixture
def world(tmp_path: Path) -> Iterator[Both]:
    """A service that is pushed to, and that reads."""
    with both(tmp_path / "a.db", organization(), FOLLOWED) as made:
        yield made


def lists(world: Both) -> dict[str, tuple[str, list[str]]]:
    """Title and members of each list that is only pushed."""
    found = all_lists(world.service)
    return {name: each for name, each in found.items() if each[0] == "eng"}


def switch(world: Both, *, scim: bool) -> None:
    """Configure whether anything is pushed."""
    integration = world.settings.integration
    sync = replace(integration.sync, scim=scim)
    world.settings = replace(world.settings, integration=replace(integration, sync=sync))


def apply(world: Both) -> None:
    """Apply, as a person does, what there is to do."""
    plan, now = world.plan(), world.service.clock[0]
    with open_store(world.service.path) as store:
        place = Workspace(world.settings, world.service.path.parent)
        applier = Applier(world.settings, store, {FIRST: place.target(store)}, place.request("ann", now), lambda: now)
        applier.apply(plan, applier.request_of(applier.parts(plan), None))


def own_group(world: Both) -> tuple[list[User], list[str], str]:
    """Two people and a pushed group of the first, which is none of Okta's."""
    made = people(world.reader.organization, "ann", "bob")
    world.reader.organization.add_group("staff", members=made)
    read(world)
    ids = [pushed(world.service, each) for each in made]
    return made, ids, pushed_group(world.service, "eng", ids[0])


def test_r19_a_list_that_was_only_pushed_goes_with_scim_and_no_pass_brings_it_back(world: Both) -> None:
    _, _, group = own_group(world)
    read(world)
    assert lists(world) == {group: ("eng", ["ann"])}
    switch(world, scim=False)
    assert [change.action for change in world.plan().changes] == ["delete"], "so a person is shown it"
    read(world)
    assert lists(world) == {}
    read(world)
    assert lists(world) == {}
    assert world.plan().is_empty


def test_r19_a_list_that_an_apply_took_with_scim_comes_back_by_no_tick(world: Both) -> None:
    """A tick looks at a member of the group before the next full pass."""
    (ann, _), _, group = own_group(world)
    read(world)
    assert lists(world) == {group: ("eng", ["ann"])}
    switch(world, scim=False)
    apply(world)
    assert lists(world) == {}
    world.reader.organization.update_user(ann, title="Baker")
    assert world.tick() is TickEnd.DONE
    assert lists(world) == {}
    assert world.service.directory().users["ann@x.com"].spec.traits["okta/title"] == ("Baker",)
    assert world.plan().is_empty


def test_r41_a_group_counts_whole_with_the_first_push_after_scim_was_off(world: Both) -> None:
    _, ids, group = own_group(world)
    switch(world, scim=False)
    read(world)
    assert lists(world) == {}
    switch(world, scim=True)
    read(world)
    join(world.service, group, ids[1])
    assert lists(world) == {group: ("eng", ["ann", "bob"])}
    read(world)
    assert lists(world) == {group: ("eng", ["ann", "bob"])}
