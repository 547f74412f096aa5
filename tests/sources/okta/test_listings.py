"""Listings without members: a request a page, what cannot be read in them, and who changed since a time."""

import pytest

from idsync.config.patterns import NameFilter, NamePattern
from idsync.config.settings import ImportFilters
from idsync.errors import SourceError
from idsync.model.identity import IdentityApp, IdentityGroup, IdentityUser
from idsync.sources.okta.selection import Selection
from idsync.sources.okta.source import OktaSource
from idsync.sources.protocol import ListingKind
from tests.okta_simulator import EndlessNext, Fail, Fault, Omit, RepeatCursor
from tests.sources.okta.organizations import Clock, Reader, served, small


def listed(reader: Reader, kind: ListingKind, source: OktaSource | None = None) -> list[object]:
    """All rows of a listing."""
    app = reader.organization.app("Teleport").id
    return [row for page in (source or reader.source()).pages(kind, app) for row in page.rows]


def test_a_listing_has_what_a_reading_has_but_for_members() -> None:
    with served(small()) as reader:
        whole = reader.source().read().snapshot
        before = reader.simulator.requests.total
        people, groups, apps = (listed(reader, kind) for kind in ("people", "groups", "apps"))
        assert reader.simulator.requests.total - before == 3
    assert people == sorted(whole.users, key=lambda user: user.id)
    names = {group.id: (group.name, group.last_membership_updated) for group in whole.groups}
    assert {
        row.id: (row.name, row.last_membership_updated) for row in groups if isinstance(row, IdentityGroup)
    } == names
    labels = {app.id: (app.label, app.name, app.status) for app in whole.apps}
    assert {row.id: (row.label, row.name, row.status) for row in apps if isinstance(row, IdentityApp)} == labels


def test_pages_are_asked_for_one_by_one() -> None:
    organization = small()
    for number in range(450):
        organization.add_group(f"g{number}")
    with served(organization) as reader:
        pages = reader.source().pages("groups", "")
        assert reader.simulator.requests.total == 0
        first = next(pages)
        assert reader.simulator.requests.total == 1
        assert sum(len(page.rows) for page in (first, *pages)) == 453
        assert reader.simulator.requests.total == 3


def test_only_what_is_wanted_is_listed() -> None:
    def only(pattern: str) -> NameFilter:
        return NameFilter(include=(NamePattern(pattern),))

    with served(small()) as reader:
        selection = Selection(ImportFilters(groups=only("eng"), apps=only("none")))
        source = reader.source(selection=selection)
        assert [row.name for row in listed(reader, "groups", source) if isinstance(row, IdentityGroup)] == ["eng"]
        assert listed(reader, "apps", source) == []
        assert source.listings() == ("groups", "apps", "people")
        assert reader.source(selection=Selection(lists=False)).listings() == ("people",)


@pytest.mark.parametrize(
    ("path", "kind", "fields"),
    [
        ("/api/v1/groups", "groups", ("profile.name",)),
        ("/api/v1/apps", "apps", ("label",)),
        ("/api/v1/apps/*/users", "people", ("_embedded.user.profile",)),
    ],
)
def test_what_cannot_be_read_is_there(path: str, kind: ListingKind, fields: tuple[str, ...]) -> None:
    with served(small()) as reader:
        there = {getattr(row, "id", "") for row in listed(reader, kind)}
        reader.simulator.faults.add(Fault(path, Omit(fields), times=None))
        pages = list(reader.source().pages(kind, reader.organization.app("Teleport").id))
    assert [page.rows for page in pages if page.rows] == []
    assert frozenset().union(*(page.odd for page in pages)) >= there


def test_a_row_without_an_id_may_be_anybody() -> None:
    with served(small()) as reader:
        reader.simulator.faults.add(Fault("/api/v1/apps/*/users", Omit(("id",)), times=None))
        assert any(page.nameless for page in reader.source().pages("people", reader.organization.app("Teleport").id))


@pytest.mark.parametrize("effect", [Fail(500), EndlessNext(), RepeatCursor()], ids=lambda effect: type(effect).__name__)
def test_a_listing_that_breaks_off_is_an_error_or_is_whole(effect: Fail | EndlessNext | RepeatCursor) -> None:
    with served(small()) as reader:
        whole = listed(reader, "groups")
        reader.simulator.faults.add(Fault("/api/v1/groups", effect, times=None))
        try:
            assert listed(reader, "groups") == whole
        except SourceError:
            assert not isinstance(effect, RepeatCursor)


def test_who_changed_since_a_time_is_named_with_the_time() -> None:
    organization = small(clock=Clock())
    clock = organization.clock
    assert isinstance(clock, Clock)
    with served(organization) as reader:
        clock.now += 5
        since = reader.source().read().snapshot.taken_at
        clock.now += 60
        ada, boris = (organization.user(f"{name}@enzos-pizza.com") for name in ("ada", "boris"))
        organization.update_user(ada, title="Boss")
        organization.deactivate(boris)
        pages = list(reader.source().changed(since))
        assert {user for page in pages for user in page.users} == {ada.id, boris.id}
        assert all(time for page in pages for time in page.users.values())
        assert pages[0].at > since
        clock.now += 60
        later = max(page.at for page in reader.source().changed(since))
        assert [page.users for page in reader.source().changed(later) if page.users] == []


def test_a_person_is_as_a_reading_by_id_has_them() -> None:
    with served(small()) as reader:
        rows = listed(reader, "people")
        assert all(isinstance(row, IdentityUser) for row in rows)
        assert len(rows) == 5
