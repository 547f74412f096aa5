"""The System Log as a wake-up: what it names, how little it costs, and a cursor that never goes back."""

import datetime as dt

import pytest

from idsync.errors import AuthorizationError
from tests.okta_simulator.faults import Fail, Fault
from tests.okta_simulator.people import user_target
from tests.sources.okta.organizations import Reader, served, small

BEGUN = dt.datetime(2000, 1, 1, tzinfo=dt.UTC)


def start(reader: Reader) -> str:
    """The end of the log, as a first look leaves it."""
    now = dt.datetime.fromtimestamp(reader.organization.clock(), dt.UTC)
    return reader.source().moves(None, now).cursor


def test_r45_an_idle_look_is_one_request_and_stays_where_it_was() -> None:
    with served(small()) as reader:
        cursor = start(reader)
        before = sum(reader.simulator.requests.by_route.values())
        moves = reader.source().moves(cursor, BEGUN)
        assert sum(reader.simulator.requests.by_route.values()) - before == 1
    assert moves.is_empty
    assert moves.cursor == cursor


def test_what_happened_is_named_by_id() -> None:
    organization = small()
    ada = organization.user("ada@enzos-pizza.com")
    with served(organization) as reader:
        cursor = start(reader)
        group = organization.add_group("new")
        organization.add_member(group, ada)
        organization.update_user(ada, title="Boss")
        wiki = organization.add_app("Wiki")
        organization.assign_user(wiki, ada)
        organization.deactivate(ada)
        moves = reader.source().moves(cursor, BEGUN)
        again = reader.source().moves(moves.cursor, BEGUN)
    assert moves.users == {ada.id}
    assert group.id in moves.lists
    assert {(group.id, ada.id), (wiki.id, ada.id)} <= moves.memberships
    lists = moves.extent().lists
    assert lists is not None
    assert {group.id, wiki.id} <= lists
    assert again.is_empty


def test_a_late_event_is_seen_though_its_time_is_past() -> None:
    organization = small()
    ada = organization.user("ada@enzos-pizza.com")
    with served(organization) as reader:
        cursor = start(reader)
        organization.log(
            "user.lifecycle.suspend", "late", user_target(ada), published=round(organization.clock() - 3600) * 1000
        )
        moves = reader.source().moves(cursor, BEGUN)
    assert moves.users == {ada.id}


def test_an_event_of_another_shape_is_passed_over() -> None:
    organization = small()
    ada = organization.user("ada@enzos-pizza.com")
    with served(organization) as reader:
        cursor = start(reader)
        organization.log("user.lifecycle.unheard_of", "new", user_target(ada))
        organization.log("com.example.nothing", "odd")
        organization.log("device.enrollment.create", "device", user_target(ada))
        moves = reader.source().moves(cursor, BEGUN)
    assert moves.users == {ada.id}


def test_a_long_log_is_read_in_parts() -> None:
    organization = small()
    ada = organization.user("ada@enzos-pizza.com")
    with served(organization) as reader:
        cursor = start(reader)
        for _ in range(10_001):
            organization.log("user.session.start", "hello", user_target(ada))
        organization.suspend(ada)
        first = reader.source().moves(cursor, BEGUN)
        second = reader.source().moves(first.cursor, BEGUN)
    assert (first.behind, first.users) == (True, frozenset[str]())
    assert (second.behind, second.users) == (False, frozenset({ada.id}))


def test_a_credential_that_may_not_read_the_log_is_told_so() -> None:
    organization = small()
    with served(organization) as reader:
        reader.simulator.faults.add(Fault("/api/v1/logs", Fail(403), times=None))
        with pytest.raises(AuthorizationError):
            reader.source().moves(None, BEGUN)
