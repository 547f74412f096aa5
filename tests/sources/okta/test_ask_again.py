"""Groups and apps that had a crowd and are empty or gone: asked about once more, each by itself, and only those."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from msgspec.structs import replace

from idsync.config.settings import AppByLabel
from idsync.errors import AuthorizationError
from idsync.model.extent import Extent, Reading
from idsync.model.measures import ListMeasure, Measures
from tests.okta_simulator import Change, Empty, Fail, Fault, Organization
from tests.okta_simulator.objects import App, Group, User
from tests.sources.okta.organizations import Reader, served


class World:
    """A group and an app of twelve people each, and a small group of three, read once."""

    def __init__(self, reader: Reader) -> None:
        self.reader = reader
        self.organization: Organization = reader.organization
        first = reader.source().read()
        self.before = measured(first)
        reader.simulator.requests.clear()

    @property
    def crowd(self) -> Group:
        return self.organization.group("crowd")

    @property
    def wiki(self) -> App:
        return self.organization.app("Wiki")

    def people(self) -> list[User]:
        return sorted(self.organization.users.values(), key=lambda user: user.id)

    def read(self) -> Reading:
        return self.reader.source().read(before=self.before)

    def asked(self) -> int:
        return sum(self.reader.simulator.requests.by_bucket.values())


def measured(reading: Reading) -> Measures:
    snapshot = reading.snapshot
    lists = {
        group.id: ListMeasure("group", group.name, group.type, len(group.member_ids()))
        for group in snapshot.groups
        if group.type != "BUILT_IN"
    }
    lists |= {app.id: ListMeasure("app", app.label, app.status, len(app.user_ids())) for app in snapshot.apps}
    return Measures(
        snapshot.org_url, snapshot.app_id, snapshot.taken_at, len(snapshot.users), lists, stamps=reading.stamps
    )


@contextmanager
def world() -> Iterator[World]:
    organization = Organization()
    people = [organization.add_user(f"p{number:02}@enzos-pizza.com") for number in range(12)]
    organization.add_group("crowd", members=people)
    organization.add_group("few", members=people[:3])
    teleport, wiki = organization.add_app("Teleport"), organization.add_app("Wiki")
    for user in people:
        organization.assign_user(teleport, user)
        organization.assign_user(wiki, user)
    organization.events.clear()
    with served(organization) as reader:
        yield World(reader)


def hiding(key: str) -> Callable[[Organization], None]:
    return lambda organization: organization.hidden.add(key)


def showing(key: str) -> Callable[[Organization], None]:
    return lambda organization: organization.hidden.discard(key)


def passed_over(reading: Reading) -> dict[str, str]:
    assert all(row.code == "passed_over" for row in reading.snapshot.left_as_is)
    return {row.name: row.why for row in reading.snapshot.left_as_is}


def test_r27_where_nothing_emptied_not_one_request_more_is_made() -> None:
    with world() as it:
        it.reader.source().read()
        fewest = it.asked()
        it.reader.simulator.requests.clear()
        assert passed_over(it.read()) == {}
        assert it.asked() == fewest


def test_r27_read_empty_with_an_unmoved_stamp_it_is_passed_over_without_a_question() -> None:
    with world() as it:
        it.reader.simulator.faults.add(Fault(f"/api/v1/groups/{it.crowd.id}/users", Empty(), times=None))
        reading = it.read()
        assert list(passed_over(reading)) == ["crowd"]
        assert reading.confirmed == frozenset()
        assert it.reader.simulator.requests.by_route["GET /api/v1/groups/{group}/users"] == 2 + 0


def test_r27_read_empty_once_and_there_when_asked_again_it_is_passed_over() -> None:
    with world() as it:
        it.organization.remove_member(it.crowd, it.people()[0])  # the stamp moved, by one person
        it.reader.simulator.faults.add(Fault(f"/api/v1/groups/{it.crowd.id}/users", Empty(), times=1))
        why = passed_over(it.read())["crowd"]
        assert "11 people when asked once more" in why


def test_r27_really_emptied_it_is_believed() -> None:
    with world() as it:
        for user in it.people():
            it.organization.remove_member(it.crowd, user)
        reading = it.read()
        assert reading.confirmed == {it.crowd.id}
        assert reading.snapshot.left_as_is == []


def test_r27_without_an_earlier_stamp_the_log_decides() -> None:
    with world() as it:
        it.before = replace(it.before, stamps={})
        it.reader.simulator.faults.add(Fault(f"/api/v1/groups/{it.crowd.id}/users", Empty(), times=None))
        assert it.read().confirmed == frozenset()
        it.organization.remove_member(it.crowd, it.people()[0])
        assert it.read().confirmed == {it.crowd.id}


def test_r27_really_deleted_it_is_believed() -> None:
    with world() as it:
        crowd = it.crowd
        it.organization.delete_group(crowd)
        reading = it.read()
        assert reading.confirmed == {crowd.id}
        assert reading.snapshot.left_as_is == []


def test_r27_hidden_by_a_resource_set_it_is_not_believed_where_the_log_can_be_read() -> None:
    with world() as it:
        it.organization.hidden.update({it.crowd.id, it.wiki.id})
        reading = it.read()
        assert reading.confirmed == frozenset()
        it.reader.simulator.faults.add(Fault("/api/v1/logs", Fail(403), times=None))
        assert it.read().confirmed == {it.crowd.id, it.wiki.id}


def test_r27_left_out_of_the_listing_and_there_by_its_id_it_is_passed_over() -> None:
    with world() as it:
        crowd, wiki = it.crowd, it.wiki
        for listing, path, key in (
            ("/api/v1/groups", f"/api/v1/groups/{crowd.id}", crowd.id),
            ("/api/v1/apps", f"/api/v1/apps/{wiki.id}", wiki.id),
        ):
            it.reader.simulator.faults.add(Fault(listing, Change(hiding(key))))
            it.reader.simulator.faults.add(Fault(path, Change(showing(key))))
        assert set(passed_over(it.read())) == {"crowd", "Wiki"}


def test_r27_a_small_group_goes_without_a_question() -> None:
    with world() as it:
        it.organization.delete_group(it.organization.group("few"))
        reading = it.read()
        assert reading.confirmed == frozenset()
        assert it.reader.simulator.requests.by_route["GET /api/v1/groups/{group}"] == 0
        assert it.reader.simulator.requests.by_bucket["logs"] == 0


def test_r27_a_group_that_is_not_asked_for_any_more_is_not_asked_about() -> None:
    with world() as it:
        it.organization.update_group(it.crowd, name="renamed")
        reading = it.read()
        assert "renamed" in [group.name for group in reading.snapshot.groups]
        assert reading.confirmed == frozenset()


def test_r27_an_app_that_everybody_really_lost_is_believed() -> None:
    with world() as it:
        for user in it.people():
            it.organization.unassign_user(it.wiki, user)
        assert it.read().confirmed == {it.wiki.id}


def test_r27_an_app_read_empty_once_is_passed_over_and_twice_believed_only_with_events() -> None:
    with world() as it:
        path = f"/api/v1/apps/{it.wiki.id}/users"
        it.reader.simulator.faults.add(Fault(path, Empty(), times=1))
        assert list(passed_over(it.read())) == ["Wiki"]
        it.reader.simulator.faults.add(Fault(path, Empty(), times=None))
        assert it.read().confirmed == frozenset()


def test_r27_an_app_that_was_switched_off_is_there_and_not_asked_for() -> None:
    with world() as it:
        it.organization.deactivate_app(it.wiki)
        reading = it.read()
        assert reading.others[it.wiki.id] == "app"
        assert reading.confirmed == frozenset()


def test_r25_a_refusal_when_asked_once_more_is_an_error_and_never_none() -> None:
    with world() as it:
        crowd = it.crowd
        it.organization.delete_group(crowd)
        it.reader.simulator.faults.add(Fault(f"/api/v1/groups/{crowd.id}", Fail(403), times=None))
        with pytest.raises(AuthorizationError):
            it.read()


def test_r27_a_log_that_does_not_reach_back_to_the_last_good_reading_says_nothing() -> None:
    with world() as it:
        crowd = it.crowd
        it.organization.hidden.add(crowd.id)
        it.before = replace(it.before, taken_at="2020-01-01T00:00:00Z")
        assert it.read().confirmed == {crowd.id}
        assert it.reader.simulator.requests.by_bucket["logs"] == 0


def test_r27_of_a_part_what_a_role_hides_is_left_as_it_is() -> None:
    with world() as it:
        it.organization.hidden.add(it.crowd.id)
        few = it.organization.group("few")
        it.organization.delete_group(few)
        extent = Extent(frozenset(), frozenset({it.crowd.id, few.id}))
        snapshot = it.reader.source().read(extent, before=it.before).snapshot
        assert [(row.id, row.code) for row in snapshot.left_as_is] == [(it.crowd.id, "passed_over")]


def test_a_part_by_the_label_of_the_app_asks_for_the_app_that_it_was() -> None:
    with world() as it:
        source = it.reader.source(app=AppByLabel("Teleport"))
        extent = Extent(frozenset({it.people()[0].id}), frozenset())
        assert len(source.read(extent, before=it.before).snapshot.users) == 1
        assert it.reader.simulator.requests.by_route["GET /api/v1/apps"] == 0
        old = it.organization.app("Teleport")
        it.organization.deactivate_app(old)
        it.organization.delete_app(old)
        other = it.organization.add_app("Teleport")
        it.organization.assign_user(other, it.people()[0])
        assert source.read(extent, before=it.before).snapshot.app_id == other.id
