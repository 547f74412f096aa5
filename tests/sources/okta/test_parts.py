"""Readings of a few people and lists: what is inside the extent, in as many requests as it has parts."""

from idsync.model.extent import Extent
from idsync.model.identity import DELETED
from idsync.sources.okta.selection import Selection
from tests.okta_simulator.organization import Organization
from tests.sources.okta.organizations import served, small

NOBODY: frozenset[str] = frozenset()


def test_a_person_is_read_alone() -> None:
    organization = small()
    ada = organization.user("ada@enzos-pizza.com")
    with served(organization) as reader:
        reading = reader.source().read(Extent(frozenset({ada.id}), NOBODY))
        routes = reader.simulator.requests.by_route
    assert [user.id for user in reading.snapshot.users] == [ada.id]
    assert (reading.snapshot.groups, reading.snapshot.apps) == ([], [])
    assert sum(routes.values()) == 2


def test_a_person_who_lost_the_app_is_said_to_be_out() -> None:
    organization = small()
    gone, off = organization.user("ada@enzos-pizza.com"), organization.add_user("off@enzos-pizza.com")
    organization.deactivate(gone)
    organization.delete_user(gone)
    with served(organization) as reader:
        reading = reader.source().read(Extent(frozenset({gone.id, off.id}), NOBODY))
    assert reading.snapshot.users == []
    assert reading.snapshot.unassigned.keys() == {gone.id, off.id}
    assert reading.snapshot.unassigned[gone.id] == DELETED


def test_lists_are_read_whole_and_what_is_gone_is_left_out() -> None:
    organization = small()
    with served(organization) as reader:
        everything = reader.source().read().snapshot
    groups = {group.id: group for group in everything.groups}
    apps = {app.id: app for app in everything.apps}
    asked = frozenset({*list(groups)[:2], *list(apps)[:1], "00gone"})
    with served(organization) as reader:
        reading = reader.source().read(Extent(NOBODY, asked))
    assert {group.id: group for group in reading.snapshot.groups} == {
        name: groups[name] for name in asked & groups.keys()
    }
    assert {app.id: app for app in reading.snapshot.apps} == {name: apps[name] for name in asked & apps.keys()}


def test_what_exists_and_is_not_asked_for_is_told_apart_from_what_is_gone() -> None:
    organization = small()
    nothing = Selection(lists=False)
    with served(organization) as reader:
        everything = reader.source().read()
        names = frozenset(group.id for group in everything.snapshot.groups)
        part = reader.source(selection=nothing).read(Extent(NOBODY, names))
    assert part.snapshot.groups == []
    assert part.others.keys() >= names
    assert everything.others.keys().isdisjoint(names)


def test_a_whole_reading_knows_the_other_groups_and_apps() -> None:
    organization = Organization.generate(5, users=20, groups=10, apps=4)
    with served(organization) as reader:
        reading = reader.source().read()
    read = {group.id for group in reading.snapshot.groups} | {app.id for app in reading.snapshot.apps}
    assert read | reading.others.keys() >= organization.groups.keys() | organization.apps.keys()
    assert read.isdisjoint(reading.others)
