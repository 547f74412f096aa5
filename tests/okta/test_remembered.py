"""What a process remembers of an organization between readings: tokens for their life, and how much may be asked."""

import datetime as dt

import pytest

from idsync.model.known_secrets import LEFT_OUT, bytes_without_secrets, without_secrets
from idsync.okta.auth import OAuthCredential
from idsync.okta.remembered import Remembered
from tests.okta_simulator import Fail, Fault, Limits, Organization, Switches
from tests.sources.okta.organizations import Clock, Reader, served, small
from tests.sources.okta.private_keys import CURVES, RSA, pem

LOGS = ("okta.logs.read",)
READS = ("okta.users.read", "okta.groups.read", "okta.apps.read")
TICKS, APART = 40, 30


def client(reader: Reader, *, dpop: bool, scopes: tuple[str, ...] = LOGS) -> OAuthCredential:
    reader.simulator.authority.add_client("0oaclient", [RSA.as_dict(private=False)], scopes=scopes, dpop=dpop)
    return OAuthCredential("0oaclient", pem(RSA))


def counts(reader: Reader) -> tuple[int, int]:
    """Requests for the log, and for tokens."""
    routes = reader.simulator.requests.by_route
    return routes["GET /api/v1/logs"], routes["POST /oauth2/v1/token"]


def ticks(reader: Reader, credential: OAuthCredential, remembered: Remembered, number: int, pause: float) -> None:
    """So many looks at the log, each by a source of its own, as a service makes them."""
    cursor = None
    for _ in range(number):
        begun = dt.datetime.fromtimestamp(reader.clock.now, dt.UTC)
        cursor = reader.source(credential, remembered=remembered).moves(cursor, begun).cursor
        reader.clock.now += pause


@pytest.mark.parametrize("dpop", [False, True])
@pytest.mark.parametrize("demanded", [False, True])
def test_r45_a_tick_is_one_request_and_a_token_is_kept_for_its_life(dpop: bool, demanded: bool) -> None:
    switches = Switches(api_demands_nonce=demanded and dpop)
    with served(small(clock=Clock(), switches=switches)) as reader:
        credential, remembered = client(reader, dpop=dpop), Remembered()
        ticks(reader, credential, remembered, TICKS, APART)
        asked, tokens = counts(reader)
        nonces = int(demanded and dpop)
        assert (asked, tokens) == (TICKS + nonces, 1 + 1), "one for the nonce, one for the token"
        ticks(reader, credential, remembered, TICKS, APART)
        assert counts(reader) == (2 * TICKS + nonces, 2)


def test_a_token_is_renewed_before_it_ends_and_the_nonce_is_not_asked_for_again() -> None:
    with served(small(clock=Clock())) as reader:
        credential, remembered = client(reader, dpop=True), Remembered()
        ticks(reader, credential, remembered, 24 * 6, 600)
        asked, tokens = counts(reader)
        assert asked == 24 * 6
        assert 24 < tokens <= 24 * 60 // 50 + 2, "a token of an hour, asked for at least five minutes early"
        assert set(reader.simulator.requests.by_status) == {200, 400}
        assert reader.simulator.requests.by_status[400] == 1


def test_of_all_tokens_those_are_left_out_of_what_is_said_that_may_still_be_good() -> None:
    with served(small(clock=Clock())) as reader:
        credential, remembered, had = client(reader, dpop=False), Remembered(), list[str]()
        for _ in range(24):
            ticks(reader, credential, remembered, 1, 3600)
            (state,) = remembered._tokens.values()
            assert state.held is not None
            had.append(state.held.value)
        assert len(set(had)) == len(had)
        told = " ".join(had)
        assert without_secrets(told).split() == [*had[:-2], LEFT_OUT, LEFT_OUT], "what ended opens nothing"
        assert bytes_without_secrets(told.encode()).decode() == without_secrets(told)


def test_a_token_that_is_refused_is_replaced_and_the_next_tick_goes_on_with_it() -> None:
    with served(small(clock=Clock())) as reader:
        credential, remembered = client(reader, dpop=True), Remembered()
        ticks(reader, credential, remembered, 3, 10)
        before = counts(reader)
        reader.simulator.faults.add(Fault("/api/v1/logs", Fail(401), times=1))
        ticks(reader, credential, remembered, 3, 10)
        assert counts(reader) == (before[0] + 4, before[1] + 1)


def test_another_key_gets_a_token_of_its_own() -> None:
    with served(small(clock=Clock())) as reader:
        curve = CURVES["P-256"]
        public = [RSA.as_dict(private=False) | {"kid": "k1"}, curve.as_dict(private=False) | {"kid": "k2"}]
        reader.simulator.authority.add_client("0oaclient", public, scopes=LOGS)
        remembered = Remembered()
        ticks(reader, OAuthCredential("0oaclient", pem(RSA), "k1"), remembered, 2, 10)
        ticks(reader, OAuthCredential("0oaclient", pem(curve), "k2"), remembered, 2, 10)
        assert counts(reader) == (4, 4)


def test_a_whole_reading_and_a_look_at_the_log_have_a_token_each_and_keep_it() -> None:
    with served(small(clock=Clock())) as reader:
        credential, remembered = client(reader, dpop=False, scopes=(*LOGS, *READS)), Remembered()
        for _ in range(3):
            ticks(reader, credential, remembered, 1, 10)
            assert len(reader.source(credential, remembered=remembered).read().snapshot.users) == 5
        assert counts(reader) == (3, 4)


def test_readings_of_one_process_share_what_they_may_ask() -> None:
    organization = small(clock=Clock())
    for number in range(30):
        organization.add_group(f"g{number}", members=[organization.user("ada@enzos-pizza.com")])
    limits = Limits(organization.clock, organization.switches, overrides={"groups": 40})
    with served(organization, limits) as reader:
        remembered = Remembered()
        for _ in range(3):
            reader.source(remembered=remembered, rate_limit_share=50).read()
        left = remembered.allowances(reader.url, 50)["groups"]
        assert (left.limit, left.allowed) == (20, 10)
        assert reader.simulator.requests.by_status == {200: reader.simulator.requests.total}
        assert remembered.allowances(reader.url, 100) == {}


def test_nothing_is_known_of_an_organization_that_does_not_meter() -> None:
    assert Remembered().allowances("https://x.okta.com", 50) == {}


def test_what_is_remembered_shows_no_secret() -> None:
    with served(small(clock=Clock())) as reader:
        remembered = Remembered()
        ticks(reader, client(reader, dpop=True), remembered, 1, 10)
        (state,) = remembered._tokens.values()
        assert state.held is not None
        assert state.held.value not in repr(state) + repr(vars(remembered))


def test_an_organization_may_be_read_from_memory_of_another() -> None:
    one, other = small(clock=Clock()), Organization(clock=Clock())
    other.add_app("Teleport")
    remembered = Remembered()
    with served(one) as first, served(other) as second:
        first.source(remembered=remembered).read()
        second.source(remembered=remembered).read()
        assert set(remembered._rate_limits) == {(first.url, 100), (second.url, 100)}


def test_a_whole_reading_leaves_room_for_ticks_of_the_same_process() -> None:
    organization = small(clock=Clock())
    clock = organization.clock
    assert isinstance(clock, Clock)
    for number in range(60):
        organization.add_group(f"g{number}", members=[organization.user("ada@enzos-pizza.com")])
    limits = Limits(organization.clock, organization.switches, overrides={"groups": 80})
    with served(organization, limits) as reader:
        remembered = Remembered()
        slept: list[int] = []

        def looks(_: str, __: int, ___: int) -> None:
            left = remembered.allowances(reader.url, 50).get("groups")
            if left is not None:
                slept.append(left.allowed - (left.limit - left.left))

        reader.source(remembered=remembered, rate_limit_share=50, progress=looks).read()
        assert reader.simulator.requests.by_status[429] == 0
        assert remembered.allowances(reader.url, 50)["groups"].allowed == 20
        assert min(slept) >= 4, "a fifth of what may be used is left in each window"
        alone = reader.source(rate_limit_share=50)
        before = len(clock.sleeps)
        alone.read()
        assert len(clock.sleeps) > before
