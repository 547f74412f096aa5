"""The System Log as a wake-up: what it names, how little it costs, and a cursor that never goes back."""

import datetime as dt

import msgspec
import pytest

from idsync.errors import AuthorizationError, SourceError
from idsync.sources.okta.log_events import readable
from tests.okta_simulator.effects import Fail, Hollow, Omit, RateLimit, RepeatCursor
from tests.okta_simulator.faults import Fault
from tests.okta_simulator.people import user_target
from tests.sources.okta.organizations import Clock, Reader, served, small

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


def test_who_is_named_by_events_about_themselves_alone_is_told_apart() -> None:
    organization = small()
    ada, boris, chloe = (organization.user(f"{name}@enzos-pizza.com") for name in ("ada", "boris", "chloe"))
    with served(organization) as reader:
        cursor = start(reader)
        for person in (ada, boris, chloe):
            organization.update_user(person, title="Boss")
        organization.add_member(organization.group("empty"), boris)
        organization.assign_user(organization.app("Salesforce"), ada)
        moves = reader.source().moves(cursor, BEGUN)
    assert moves.users == {ada.id, boris.id, chloe.id}
    assert moves.alone == {chloe.id}


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


LOG = "/api/v1/logs"


def test_r45_a_429_in_the_middle_is_waited_for_and_nothing_is_missed() -> None:
    organization = small(clock=Clock())
    ada = organization.user("ada@enzos-pizza.com")
    with served(organization) as reader:
        cursor = start(reader)
        for _ in range(2500):
            organization.log("user.session.start", "hello", user_target(ada))
        organization.suspend(ada)
        reader.simulator.faults.add(Fault(LOG, RateLimit(), first=2, times=2))
        moves = reader.source().moves(cursor, BEGUN)
        assert reader.simulator.requests.by_status[429] == 2
    assert moves.users == {ada.id}
    assert not moves.behind


def test_r45_a_cursor_that_returns_itself_is_followed_and_events_are_looked_at_once() -> None:
    organization = small()
    ada, boris = (organization.user(f"{name}@enzos-pizza.com") for name in ("ada", "boris"))
    with served(organization) as reader:
        cursor = start(reader)
        reader.simulator.faults.add(Fault(LOG, RepeatCursor(), times=None))
        organization.suspend(ada)
        first = reader.source().moves(cursor, BEGUN)
        organization.suspend(boris)
        second = reader.source().moves(first.cursor, BEGUN, first.events)
        third = reader.source().moves(second.cursor, BEGUN, second.events)
        reader.simulator.faults.clear()
        healed = reader.source().moves(third.cursor, BEGUN, third.events)
        after = reader.source().moves(healed.cursor, BEGUN, healed.events)
    assert [look.users for look in (first, second, third, healed)] == [{ada.id}, {boris.id}, set(), set()]
    assert first.cursor == second.cursor == third.cursor == cursor
    assert not first.stuck
    assert after.is_empty
    assert after.cursor == healed.cursor != cursor


def test_r45_a_full_page_whose_cursor_returns_itself_says_that_there_is_no_way_on() -> None:
    organization = small()
    ada = organization.user("ada@enzos-pizza.com")
    with served(organization) as reader:
        cursor = start(reader)
        reader.simulator.faults.add(Fault(LOG, RepeatCursor(), times=None))
        for _ in range(1200):
            organization.log("user.session.start", "hello", user_target(ada))
        organization.suspend(ada)
        before = reader.simulator.requests.total
        moves = reader.source().moves(cursor, BEGUN)
        assert reader.simulator.requests.total - before == 1
        assert (moves.stuck, moves.cursor, moves.users) == (True, cursor, frozenset())
        reader.simulator.faults.clear()
        assert reader.source().moves(moves.cursor, BEGUN, moves.events).users == {ada.id}


def test_r45_an_empty_page_that_names_a_next_one_is_followed_at_the_next_look() -> None:
    organization = small()
    ada = organization.user("ada@enzos-pizza.com")
    with served(organization) as reader:
        cursor = start(reader)
        organization.suspend(ada)
        reader.simulator.faults.add(Fault(LOG, Hollow(), times=3))
        looks = []
        for _ in range(4):
            looks.append(reader.source().moves(cursor, BEGUN))
            cursor = looks[-1].cursor
    assert [look.users for look in looks] == [frozenset(), frozenset(), frozenset(), {ada.id}]
    assert len({look.cursor for look in looks}) == 4


@pytest.mark.parametrize("field", ["uuid", "eventType", "target"])
def test_r45_an_event_that_lacks_what_it_should_have_is_passed_over(field: str) -> None:
    organization = small()
    ada, boris = (organization.user(f"{name}@enzos-pizza.com") for name in ("ada", "boris"))
    with served(organization) as reader:
        cursor = start(reader)
        organization.suspend(ada)
        reader.simulator.faults.add(Fault(LOG, Omit((field,)), times=1))
        odd = reader.source().moves(cursor, BEGUN)
        organization.suspend(boris)
        assert reader.source().moves(odd.cursor, BEGUN).users == {boris.id}
    assert odd.is_empty


ODD_EVENTS = [
    b"7",
    b"[]",
    b'"text"',
    b"null",
    b'{"uuid": 1, "eventType": "user.lifecycle.suspend"}',
    b'{"uuid": "u", "eventType": {"a": 1}}',
    b'{"uuid": "u", "eventType": "user.lifecycle.suspend", "target": "00u"}',
    b'{"uuid": "u", "eventType": "user.lifecycle.suspend", "target": [[]]}',
    b'{"uuid": "u", "eventType": "user.lifecycle.suspend", "target": [{"id": 5, "type": "User"}]}',
    b'{"uuid": "u", "eventType": "user.lifecycle.suspend", "target": ' + b"[" * 5000 + b"]" * 5000 + b"}",
]
GOOD = b'{"uuid": "v", "eventType": "user.lifecycle.suspend", "target": [{"id": "00u1", "type": "User"}], "extra": [1]}'


@pytest.mark.parametrize("event", ODD_EVENTS, ids=range(len(ODD_EVENTS)))
def test_r45_an_event_of_another_shape_takes_no_other_with_it(event: bytes) -> None:
    rows = [msgspec.Raw(event), msgspec.Raw(GOOD), msgspec.Raw(event)]
    assert [found.of("User") for found in readable(rows) if found.of("User")] == [["00u1"]]


@pytest.mark.parametrize(
    "odd", [b"null", b"7", b"[]", b'{"id": null, "type": "AppUser"}', b'{"id": 5, "type": "User"}']
)
def test_r45_a_target_of_another_shape_takes_no_other_with_it(odd: bytes) -> None:
    head, _, rest = GOOD.partition(b"[")
    rows = [msgspec.Raw(head + b"[" + odd + b", " + rest)]
    assert [found.of("User") for found in readable(rows)] == [["00u1"]]


@pytest.mark.parametrize("ahead", [7200, 3 * 86_400, 0, -7200])
def test_r45_a_log_that_was_never_read_is_read_from_a_moment_by_okta_s_clock(ahead: int) -> None:
    clock = Clock()
    organization = small(clock=clock)
    with served(organization) as reader:
        ada = organization.user("ada@enzos-pizza.com")
        clock.now += 600
        here = Clock(clock.now + ahead)
        organization.suspend(ada)
        begun = dt.datetime.fromtimestamp(here() - 300, dt.UTC)
        moves = reader.source(timing=here.timing).moves(None, begun)
        asked = reader.simulator.requests.total
        following = reader.source(timing=here.timing).moves(moves.cursor, begun)
        assert reader.simulator.requests.total == asked + 1
    assert ada.id in moves.users
    assert following.is_empty


def test_r45_a_place_that_okta_does_not_keep_any_more_is_said_to_be_lost() -> None:
    organization = small()
    ada = organization.user("ada@enzos-pizza.com")
    with served(organization) as reader:
        cursor = start(reader)
        organization.suspend(ada)
        now = dt.datetime.fromtimestamp(organization.clock() + 1, dt.UTC)
        reader.simulator.faults.add(Fault(LOG, Fail(400), times=1))
        moves = reader.source().moves(cursor, now)
        assert moves.lost
        assert moves.cursor != cursor
        reader.simulator.faults.add(Fault(LOG, Fail(400), times=1))
        with pytest.raises(SourceError):
            reader.source().moves(None, now)


def test_a_credential_that_may_not_read_the_log_is_told_so() -> None:
    organization = small()
    with served(organization) as reader:
        reader.simulator.faults.add(Fault("/api/v1/logs", Fail(403), times=None))
        with pytest.raises(AuthorizationError):
            reader.source().moves(None, BEGUN)
