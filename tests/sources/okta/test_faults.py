"""What goes wrong on the way: each fault is overcome, or is an error; none is ever taken for an empty answer."""

import threading
from collections import Counter
from collections.abc import Callable
from typing import Any, Literal

import pytest

from idsync.config.patterns import NameFilter, NamePattern
from idsync.config.settings import AppById, ImportFilters
from idsync.errors import AuthenticationError, AuthorizationError, SourceError, SourceUnreachable
from idsync.okta.refusals import NotThere
from idsync.okta.retry import LONGEST_WAIT, TRIES
from idsync.sources.okta.reader import WORKERS
from idsync.sources.okta.selection import Selection
from idsync.sources.okta.source import OktaSource
from idsync.sources.protocol import Wait
from tests.okta_simulator import (
    Change,
    ConcurrencyLimit,
    Drop,
    Empty,
    EndlessNext,
    Fail,
    FailAbove,
    Fault,
    HtmlPage,
    HugePage,
    Limits,
    LoseLinks,
    Malformed,
    Organization,
    OtherOrganization,
    Overlap,
    RateLimit,
    RepeatCursor,
    Switches,
    Truncate,
)
from tests.okta_simulator.effects import Effect
from tests.sources.okta.organizations import Clock, served, small

LISTINGS = {
    "/api/v1/groups": "groups",
    "/api/v1/groups/*/users": "members",
    "/api/v1/apps": "apps",
    "/api/v1/apps/*/users": "users",
    "/api/v1/apps/*/groups": "groups of app",
}
PASSING: list[Effect] = [*map(Fail, (408, 500, 502, 503, 504, 522)), Drop(), Malformed(), Truncate(), HtmlPage(503)]


SOME = Selection(ImportFilters(groups=NameFilter((NamePattern("sales-1*"),))))


def wide(**choices: Any) -> Organization:
    """Listings of several pages each; of the groups, `SOME` are worth reading."""
    return Organization.generate(
        2, users=520, groups=205, apps=3, members_per_group=230, users_per_app=510, groups_per_app=2, **choices
    )


@pytest.mark.parametrize("effect", PASSING, ids=repr)
@pytest.mark.parametrize("path", LISTINGS)
def test_a_passing_fault_on_any_listing_makes_no_difference(path: str, effect: Effect) -> None:
    with served(small()) as reader:
        expected = reader.source().read().snapshot.digest()
        reader.simulator.faults.add(Fault(path, effect, times=2))
        assert reader.source().read().snapshot.digest() == expected


@pytest.mark.parametrize("effect", PASSING, ids=repr)
def test_a_lasting_fault_is_an_error_after_a_bounded_number_of_tries(effect: Effect) -> None:
    with served(small()) as reader:
        reader.simulator.faults.add(Fault("/api/v1/groups/*/users", effect, times=None))
        with pytest.raises(SourceUnreachable) as caught:
            reader.source().read()
        tries = reader.simulator.requests.by_route["GET /api/v1/groups/{group}/users"]
    assert TRIES <= tries <= TRIES * 3
    assert caught.value.fix


def test_the_error_of_a_lasting_fault_says_how_often_it_was_tried_and_what_came_last() -> None:
    with served(small()) as reader:
        reader.simulator.faults.add(Fault("/api/v1/groups", Fail(503), times=None))
        with pytest.raises(SourceUnreachable) as caught:
            reader.source().read()
    assert caught.value.summary.startswith(
        f"Okta did not return groups: all {TRIES} attempts failed (last answer: 503 E0000010"
    )


@pytest.mark.parametrize("path", ["/api/v1/groups", "/api/v1/groups/*/users", "/api/v1/apps/*/users"])
def test_a_fault_on_a_later_page_is_not_the_end_of_the_list(path: str) -> None:
    with served(wide()) as reader:
        reader.simulator.faults.add(Fault(path, Fail(500), first=2, times=None))
        with pytest.raises(SourceUnreachable, match=LISTINGS[path]):
            reader.source(selection=SOME).read()


def test_pages_that_are_too_large_for_the_server_are_made_smaller_once_for_each_kind_of_listing() -> None:
    organization = Organization.generate(4, users=700, groups=40, apps=3, members_per_group=300, users_per_app=300)
    with served(organization) as reader:
        expected = reader.source().read().snapshot.digest()
        reader.simulator.faults.add(Fault("/api/v1/groups/*/users", FailAbove(60), times=None))
        reader.simulator.requests.clear()
        assert reader.source().read().snapshot.digest() == expected
        entries = reader.simulator.requests.entries
    members = [entry for entry in entries if entry.route == "/api/v1/groups/{group}/users"]
    assert all(entry.status == 200 for entry in entries if entry not in members)
    assert {entry.query["limit"] for entry in members if entry.status == 200} == {"50"}
    failed = Counter(entry.query["limit"] for entry in members if entry.status == 500)
    threads = WORKERS["groups"]
    # Each thread may have asked for a size before another one learned that it fails, and 100 is asked for once more.
    assert {"1000", "200", "100"} == set(failed)
    assert max(failed["1000"], failed["200"]) <= threads
    assert failed["100"] <= 2 * threads


def test_a_passing_failure_does_not_make_pages_small_for_the_rest_of_the_reading() -> None:
    organization = Organization.generate(4, users=700, groups=60, apps=1, members_per_group=20)
    with served(organization) as reader:
        reader.simulator.faults.add(Fault("/api/v1/groups/*/users", Fail(500)))
        reader.source().read()
        entries = reader.simulator.requests.entries
    limits = [entry.query["limit"] for entry in entries if entry.route == "/api/v1/groups/{group}/users"]
    assert set(limits[:8]) == {"1000", "200"}
    assert limits[-1] == "1000"


def test_an_organization_that_allows_fewer_members_a_page_is_read_with_fewer() -> None:
    organization = Organization.generate(
        4,
        users=700,
        groups=2,
        apps=1,
        members_per_group=300,
        switches=Switches(group_members_maximum=200, excessive_limit="reject"),
    )
    with served(organization) as reader:
        snapshot = reader.source().read().snapshot
    members = {group.id: len(group.member_ids()) for group in snapshot.groups}
    assert members == {group.id: len(group.members) for group in organization.groups.values() if not group.everyone}


def test_a_full_page_that_was_made_smaller_and_lost_its_links_is_an_error_too() -> None:
    with served(wide()) as reader:
        reader.simulator.faults.add(Fault("/api/v1/groups", FailAbove(100), times=None))
        reader.simulator.faults.add(Fault("/api/v1/groups", LoseLinks(), times=None))
        with pytest.raises(SourceError, match="breaks off"):
            reader.source(selection=SOME).read()


def test_a_web_page_instead_of_an_answer_is_told_at_once() -> None:
    with served(small()) as reader:
        reader.simulator.faults.add(Fault("/api/v1/groups", HtmlPage(200), times=None))
        with pytest.raises(SourceUnreachable, match="a web page") as caught:
            reader.source().read()
        assert reader.simulator.requests.by_route["GET /api/v1/groups"] == 1
    assert "org_url" in caught.value.fix


@pytest.mark.parametrize("path", LISTINGS)
def test_an_expired_token_is_an_authentication_error(path: str) -> None:
    with served(small()) as reader:
        reader.simulator.faults.add(Fault(path, Fail(401), times=None))
        with pytest.raises(AuthenticationError) as caught:
            reader.source().read()
    assert not isinstance(caught.value, AuthorizationError)
    assert "30 days" in caught.value.why
    assert "network zones" in caught.value.why


@pytest.mark.parametrize(
    ("path", "scope"),
    [
        ("/api/v1/groups", "okta.groups.read"),
        ("/api/v1/groups/*/users", "okta.groups.read"),
        ("/api/v1/apps", "okta.apps.read"),
        ("/api/v1/apps/*/users", "okta.apps.read"),
        ("/api/v1/apps/*/groups", "okta.apps.read"),
        ("/api/v1/users", "okta.users.read"),
    ],
)
def test_what_is_not_allowed_names_the_scope_and_is_not_tried_again(path: str, scope: str) -> None:
    with served(small()) as reader:
        reader.simulator.faults.add(Fault(path, Fail(403), times=None))
        with pytest.raises(AuthorizationError) as caught:
            reader.source().read(known=["00unknown"])
        assert reader.simulator.requests.by_status[403] <= 3
    assert caught.value.scope == scope
    assert scope in caught.value.why
    assert "admin role" in caught.value.fix


@pytest.mark.parametrize("path", ["/api/v1/groups", "/api/v1/apps", "/api/v1/users"])
def test_a_listing_that_is_not_there_is_unreachable(path: str) -> None:
    with served(small()) as reader:
        reader.simulator.faults.add(Fault(path, Fail(404), times=None))
        with pytest.raises(SourceUnreachable):
            reader.source().read(known=["00unknown"])


def test_a_request_that_okta_does_not_take_is_an_error_without_another_try() -> None:
    with served(small()) as reader:
        reader.simulator.faults.add(Fault("/api/v1/groups", Fail(400), times=None))
        with pytest.raises(SourceError, match="E0000001"):
            reader.source().read()
        assert reader.simulator.requests.by_route["GET /api/v1/groups"] == 1


def test_another_organization_behind_the_same_address_is_noticed() -> None:
    with served(small()) as reader:
        reader.simulator.faults.add(Fault("/api/v1/**", OtherOrganization(Organization(seed=9)), times=None))
        with pytest.raises((SourceUnreachable, AuthorizationError)):
            reader.source().read()


# -- listings that move


def test_a_group_that_is_deleted_after_it_was_listed_is_a_deleted_group() -> None:
    organization = small()
    eng = organization.group("eng")
    with served(organization) as reader:
        reader.simulator.faults.add(
            Fault(f"/api/v1/groups/{eng.id}/users", Change(lambda changed: changed.delete_group(eng)))
        )
        snapshot = reader.source().read().snapshot
    assert sorted(group.name for group in snapshot.groups) == ["empty", "staff"]
    assert snapshot.complete


def test_a_group_that_is_deleted_between_its_pages_is_a_deleted_group() -> None:
    organization = Organization.generate(
        4, users=600, groups=2, apps=1, members_per_group=500, switches=Switches(group_members_maximum=200)
    )
    gone = next(group for group in organization.groups.values() if not group.everyone)
    with served(organization) as reader:
        path = f"/api/v1/groups/{gone.id}/users"
        reader.simulator.faults.add(Fault(path, Change(lambda changed: changed.delete_group(gone)), first=2))
        snapshot = reader.source().read().snapshot
    assert len(snapshot.groups) == 1


@pytest.mark.parametrize("path", ["/api/v1/groups/*/users", "/api/v1/apps/*/groups", "/api/v1/apps/*/users"])
@pytest.mark.parametrize("effect", [HtmlPage(404), Fail(404)], ids=["of a proxy", "of a path"])
def test_only_okta_s_own_word_means_that_an_object_is_gone(path: str, effect: Effect) -> None:
    with served(small()) as reader:
        reader.simulator.faults.add(Fault(path, effect, times=None))
        with pytest.raises(SourceUnreachable, match="404") as caught:
            reader.source().read()
    assert not isinstance(caught.value, NotThere)


def test_a_known_person_is_not_gone_because_a_proxy_says_so() -> None:
    organization = small()
    ada = organization.user("ada@enzos-pizza.com")
    with served(organization) as reader:
        pool = f"/api/v1/apps/{organization.app('Teleport').id}/users"
        reader.simulator.faults.add(Fault(pool, Empty(), times=None), Fault(f"{pool}/*", HtmlPage(404), times=None))
        with pytest.raises(SourceUnreachable, match="404"):
            reader.source().read(known=[ada.id])


@pytest.mark.parametrize("part", ["users", "groups"])
def test_an_app_that_is_deleted_after_it_was_listed_is_a_deleted_app(part: str) -> None:
    organization = small()
    sales = organization.app("Salesforce")

    def remove(changed: Organization) -> None:
        changed.deactivate_app(sales)
        changed.delete_app(sales)

    with served(organization) as reader:
        reader.simulator.faults.add(Fault(f"/api/v1/apps/{sales.id}/{part}", Change(remove)))
        assert reader.source().read().snapshot.apps == []


@pytest.mark.parametrize("rows", ["stable", "shifting"])
def test_rows_that_come_twice_are_counted_once(rows: Literal["stable", "shifting"]) -> None:
    organization = wide(switches=Switches(rows=rows))
    with served(organization) as reader:
        expected = reader.source(selection=SOME).read().snapshot.digest()
        reader.simulator.faults.add(Fault("/api/v1/**", Overlap(7), times=None))
        assert reader.source(selection=SOME).read().snapshot.digest() == expected


def test_r25_a_cursor_that_comes_again_on_a_short_page_ends_the_listing() -> None:
    with served(wide()) as reader:
        expected = reader.source(selection=SOME).read().snapshot.digest()
        reader.simulator.requests.clear()
        reader.simulator.faults.add(Fault("/api/v1/**", RepeatCursor(), times=None))
        assert reader.source(selection=SOME).read().snapshot.digest() == expected


def test_r25_an_empty_page_ends_a_listing_whatever_it_names_as_the_next() -> None:
    with served(small()) as reader:
        expected = reader.source().read().snapshot.digest()
        reader.simulator.faults.add(Fault("/api/v1/groups", EndlessNext(), times=None))
        reader.simulator.requests.clear()
        assert reader.source().read().snapshot.digest() == expected
        assert reader.simulator.requests.by_route["GET /api/v1/groups"] == 2


def test_r25_a_full_page_that_lost_its_links_is_an_error() -> None:
    with served(wide()) as reader:
        reader.simulator.faults.add(Fault("/api/v1/groups", LoseLinks(), times=None))
        with pytest.raises(SourceError, match="breaks off"):
            reader.source(selection=SOME).read()


def test_a_short_page_without_links_is_the_end_and_a_huge_page_is_read_whole() -> None:
    with served(wide()) as reader:
        expected = reader.source(selection=SOME).read().snapshot.digest()
        reader.simulator.faults.add(Fault("/api/v1/apps", LoseLinks(), times=None))
        reader.simulator.faults.add(Fault("/api/v1/groups/**", HugePage(), times=None))
        assert reader.source(selection=SOME).read().snapshot.digest() == expected


# -- both kinds of 429


def test_a_rate_refusal_is_waited_out_to_the_reset() -> None:
    clock = Clock()
    with served(small(clock=clock)) as reader:
        expected = reader.source().read().snapshot.digest()
        clock.sleeps.clear()
        reader.simulator.faults.add(Fault("/api/v1/groups", RateLimit()))
        assert reader.source().read().snapshot.digest() == expected
    assert any(55 < seconds <= 62.5 for seconds in clock.sleeps)


@pytest.mark.parametrize("read", [OktaSource.read, OktaSource.catalogue], ids=lambda each: each.__name__)
def test_who_waits_for_a_window_is_told_for_how_long(
    read: Callable[[OktaSource], object], monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = Clock()
    told: list[tuple[str | Wait, int]] = []
    with served(small(clock=clock)) as reader:
        reader.simulator.faults.add(Fault("/api/v1/groups", RateLimit()))
        tell = threading.Event()
        monkeypatch.setattr(clock, "sleep", lambda seconds: tell.wait(1))

        def progress(what: str | Wait, done: int, total: int) -> None:
            told.append((what, done))
            if what == Wait("groups") and done:
                clock.now += 70
                tell.set()

        read(reader.source(progress=progress))
    waits = [seconds for what, seconds in told if what == Wait("groups")]
    assert 55 < waits[0] <= 63
    assert waits[-1] in (0, waits[0])  # the last look may be the first


@pytest.mark.parametrize("reset", ["soon", "wrong"])
def test_a_concurrency_refusal_is_tried_again_soon_whatever_its_reset(reset: Literal["soon", "wrong"]) -> None:
    clock = Clock()
    with served(small(clock=clock, switches=Switches(concurrency_reset=reset))) as reader:
        expected = reader.source().read().snapshot.digest()
        clock.sleeps.clear()
        reader.simulator.faults.add(Fault("/api/v1/groups/*/users", ConcurrencyLimit(), times=3))
        assert reader.source().read().snapshot.digest() == expected
    waits = [seconds for seconds in clock.sleeps if seconds > 0]
    assert waits
    assert all(0.5 <= seconds <= 5 for seconds in waits)


@pytest.mark.parametrize("effect", [RateLimit(), ConcurrencyLimit()], ids=repr)
def test_a_refusal_without_end_is_an_error_after_bounded_waiting(effect: Effect) -> None:
    clock = Clock()
    started = clock.now
    with served(small(clock=clock)) as reader:
        reader.simulator.faults.add(Fault("/api/v1/groups", effect, times=None))
        with pytest.raises(SourceUnreachable):
            reader.source().read()
    assert clock.now - started <= LONGEST_WAIT + 130


@pytest.mark.parametrize("share", [50, 100])
@pytest.mark.parametrize("copies", ["one", "several"])
def test_alone_we_are_never_refused_and_stay_within_our_share(
    share: int, copies: Literal["one", "several"], monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = Clock()
    organization = Organization.generate(
        6,
        users=300,
        groups=90,
        apps=12,
        members_per_group=20,
        clock=clock,
        switches=Switches(rate_limit_headers=copies),
    )
    limits = Limits(clock, organization.switches, overrides={"groups": 40, "apps": 20, "users": 20})
    with served(organization, limits=limits) as reader:
        windows: dict[tuple[str, float], int] = {}
        charge = limits.charge

        def counted(bucket: str, principal: str, portion: float) -> list[tuple[str, str]]:
            headers = charge(bucket, principal, portion)
            window = (bucket, limits._windows[bucket].start)
            windows[window] = windows.get(window, 0) + 1
            return headers

        monkeypatch.setattr(limits, "charge", counted)
        snapshot = reader.source(rate_limit_share=share).read().snapshot
        assert set(reader.simulator.requests.by_status) == {200}
    assert len(snapshot.groups) == 90
    most = {bucket: max(used for (name, _), used in windows.items() if name == bucket) for bucket in ("groups", "apps")}
    assert most == {"groups": 20 * share // 100, "apps": 10 * share // 100}


def test_windows_of_a_second_refuse_nobody_either() -> None:
    # Date and Reset are whole seconds, so a short window shows what rounding hides.
    clock = Clock(1_800_000_000.7)
    organization = Organization.generate(6, users=40, groups=16, apps=1, members_per_group=5, clock=clock)
    limits = Limits(clock, organization.switches, window_seconds=1.0, overrides={"groups": 20})
    started = clock.now
    with served(organization, limits=limits) as reader:
        snapshot = reader.source().read().snapshot
        assert set(reader.simulator.requests.by_status) == {200}
    assert len(snapshot.groups) == 16
    assert 0.5 < clock.now - started < 10


def test_what_another_integration_leaves_is_shared_without_an_end_in_errors() -> None:
    clock = Clock()
    organization = Organization.generate(6, users=30, groups=60, apps=1, members_per_group=5, clock=clock)
    limits = Limits(clock, organization.switches, overrides={"groups": 40})
    with served(organization, limits=limits) as reader:
        limits.use("groups", 38)
        snapshot = reader.source().read().snapshot
        refused = reader.simulator.requests.by_status[429]
    assert len(snapshot.groups) == 60
    assert refused == 0


def test_a_server_with_room_for_two_is_read_by_two() -> None:
    organization = Organization.generate(6, users=30, groups=40, apps=4, members_per_group=5)
    limits = Limits(organization.clock, organization.switches, concurrency=2, enabled=False)
    with served(organization, limits=limits, latency=0.005) as reader:
        assert len(reader.source().read().snapshot.groups) == 40


def test_the_app_may_be_named_though_its_users_are_gone_meanwhile() -> None:
    organization = small()
    with served(organization) as reader:
        reader.simulator.faults.add(Fault("/api/v1/apps/*/users", Fail(404), times=None))
        with pytest.raises(SourceUnreachable, match="users of app"):
            reader.source(app=AppById(organization.app("Teleport").id)).read()
