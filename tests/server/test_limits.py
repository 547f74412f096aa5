"""How much a token may ask for, in words that Okta heeds; and what of the last hour the service counts."""

import datetime as dt
from pathlib import Path

import pytest

from idsync.apply.unattended import counted_lately
from idsync.reconcile.lately import Lately
from idsync.server.request_rate import RequestRate
from idsync.stores.sqlite.store import open_store
from tests.core.world import NOW
from tests.server.conftest import BASE, Served, served
from tests.server.test_bursts import guarded, people


class Clock:
    """Seconds that a test moves."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.mark.parametrize(("a_minute", "pause"), [(60, 1), (6, 10), (6000, 1)])
def test_a_bucket_gives_so_many_and_then_one_after_another(a_minute: int, pause: int) -> None:
    clock = Clock()
    rate = RequestRate(lambda: a_minute, clock)
    assert [rate.wait("a") for _ in range(a_minute)] == [0] * a_minute
    assert rate.wait("a") == pause
    assert rate.wait("b") == 0, "each token has its own"
    clock.now += pause
    assert rate.wait("a") == 0


def test_strangers_from_everywhere_are_not_remembered_for_longer_than_it_makes_a_difference() -> None:
    clock = Clock()
    rate = RequestRate(lambda: 3, clock)
    tries = [0, 0, 0, 20]
    for number in range(10_000):
        assert [rate.wait(f"2001:db8::{number:x}") for _ in tries] == tries
        clock.now += 1
        assert len(rate._buckets) <= 2 * 60
    assert [rate.wait("2001:db8::0") for _ in tries] == tries
    assert rate.wait("2001:db8::270f") == 19, "of a second ago"


def test_a_token_that_asks_too_much_hears_when_to_ask_again(service: Served) -> None:
    clock = Clock()
    service.endpoint.rate = RequestRate(lambda: 2, clock)
    headers = {"Authorization": f"Bearer {service.token}"}
    codes = [service.http.get(f"{BASE}/Users", headers=headers).status_code for _ in range(2)]
    refused = service.http.get(f"{BASE}/Users", headers=headers)
    assert (codes, refused.status_code, refused.headers["retry-after"]) == ([200, 200], 429, "30")
    assert refused.json()["status"] == "429"
    assert service.http.get(f"{BASE}/Users", headers={"Authorization": "Bearer wrong"}).status_code == 401


def test_r35_what_was_counted_is_known_without_reading_the_hour_again(tmp_path: Path) -> None:
    with served(tmp_path / "a.db", guarded(user_deletes="{percent: 0, floor: 3}")) as service:
        okta = service.engine()
        lately = Lately()
        for person in people(okta, 8)[:5]:
            okta.deactivate(person)
            service.clock[0] += dt.timedelta(minutes=15)
            with open_store(service.path) as store:
                now = service.clock[0]
                assert dict(lately.counted(store.journal, now)) == dict(counted_lately(store.journal, now))
        with open_store(service.path) as store:
            assert lately.counted(store.journal, NOW + dt.timedelta(days=1)) == {}
