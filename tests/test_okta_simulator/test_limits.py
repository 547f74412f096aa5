"""Rate limits, concurrency and their headers."""

import email.utils
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from tests.okta_simulator import Limits, ManualClock, Organization, Simulator, Switches
from tests.okta_simulator.limits import bucket_of
from tests.test_okta_simulator.reader import Reader, code, reading

BUCKETS = {
    ("GET", "/api/v1/apps"): "apps",
    ("GET", "/api/v1/apps/0oa1"): "app",
    ("GET", "/api/v1/apps/0oa1/users"): "apps",
    ("GET", "/api/v1/apps/0oa1/users/00u1"): "apps",
    ("GET", "/api/v1/groups"): "groups",
    ("GET", "/api/v1/groups/00g1"): "group",
    ("GET", "/api/v1/groups/rules"): "groups",
    ("GET", "/api/v1/groups/00g1/users"): "groups",
    ("GET", "/api/v1/groups/00g1/apps"): "groups",
    ("GET", "/api/v1/users"): "users",
    ("POST", "/api/v1/users"): "users",
    ("GET", "/api/v1/users/00u1"): "user",
    ("DELETE", "/api/v1/users/00u1"): "user_writes",
    ("GET", "/api/v1/users/00u1/groups"): "users",
    ("POST", "/api/v1/users/00u1/lifecycle/suspend"): "users",
    ("PUT", "/api/v1/groups/00g1/users/00u1"): "groups",
    ("DELETE", "/api/v1/groups/00g1/users/00u1"): "groups",
    ("POST", "/api/v1/groups"): "groups",
    ("POST", "/api/v1/groups/rules"): "groups",
    ("PUT", "/api/v1/groups/rules/0pr1"): "groups",
    ("GET", "/api/v1/groups/00g1/roles"): "groups",
    ("PUT", "/api/v1/groups/00g1"): "group",
    ("POST", "/api/v1/apps"): "apps",
    ("POST", "/api/v1/apps/0oa1/users"): "apps",
    ("DELETE", "/api/v1/apps/0oa1/users/00u1"): "apps",
    ("PUT", "/api/v1/apps/0oa1/groups/00g1"): "apps",
    ("GET", "/api/v1/apps/0oa1/sso/saml/metadata"): "apps",
    ("PUT", "/api/v1/apps/0oa1"): "app",
    ("GET", "/api/v1/logs"): "logs",
    ("GET", "/api/v1/org"): "other",
    ("GET", "/oauth2/v1/clients"): "clients",
    ("POST", "/oauth2/v1/token"): "oauth",
    ("GET", "/oauth2/v1/keys"): None,
    ("GET", "/.well-known/okta-organization"): None,
}


@pytest.mark.parametrize(("call", "bucket"), BUCKETS.items(), ids=[" ".join(call) for call in BUCKETS])
def test_an_exact_path_has_its_own_bucket_and_others_share_that_of_the_longest_prefix(
    call: tuple[str, str], bucket: str | None
) -> None:
    assert bucket_of(*call) == bucket


def simulator(
    clock: ManualClock, *, latency: float = 0.0, concurrency: int | None = None, **per_window: int
) -> Simulator:
    organization = Organization(clock=clock)
    organization.add_app("Teleport")
    limits = Limits(clock, organization.switches, overrides=per_window, concurrency=concurrency)
    return Simulator(organization, limits=limits, latency=latency)


def headers(response: httpx.Response) -> tuple[int, int, int]:
    """Limit, remaining, and seconds from Date to Reset."""
    date = email.utils.parsedate_to_datetime(response.headers["date"]).timestamp()
    limit, remaining, reset = (
        int(response.headers[f"X-Rate-Limit-{name}"]) for name in ("Limit", "Remaining", "Reset")
    )
    return limit, remaining, reset - int(date)


def test_a_token_may_use_its_share_of_a_bucket_and_then_gets_429_until_reset() -> None:
    clock = ManualClock()
    with reading(simulator(clock, apps=6)) as reader:
        assert [headers(reader.get("/api/v1/apps")) for _ in range(3)] == [(3, 2, 60), (3, 1, 60), (3, 0, 60)]
        refused = reader.get("/api/v1/apps")
        assert code(refused) == (429, "E0000047")
        assert refused.json()["errorCauses"] == []
        assert headers(refused) == (3, 0, 60)
        clock.advance(59.5)
        assert reader.get("/api/v1/apps").status_code == 429
        clock.advance(0.5)
        assert headers(reader.get("/api/v1/apps")) == (3, 2, 60)


def test_writes_and_reads_of_members_use_up_the_same_bucket() -> None:
    with reading(simulator(ManualClock(), groups=6)) as reader:
        organization = reader.simulator.organization
        group, hiro = organization.add_group("eng"), organization.add_user("hiro@enzos-pizza.com")
        path = f"/api/v1/groups/{group.id}/users"
        assert reader.get(path).headers["X-Rate-Limit-Remaining"] == "2"
        assert reader.client.put(f"{path}/{hiro.id}").headers["X-Rate-Limit-Remaining"] == "1"
        assert reader.client.delete(f"{path}/{hiro.id}").headers["X-Rate-Limit-Remaining"] == "0"
        assert code(reader.client.put(f"{path}/{hiro.id}")) == (429, "E0000047")
        assert hiro.id not in group.members
        assert [entry.served for entry in reader.simulator.requests.writes] == [True, True, False]


def test_a_window_starts_at_the_first_call_of_its_bucket_and_not_at_the_minute() -> None:
    clock = ManualClock(1_800_000_030.25)
    with reading(simulator(clock)) as reader:
        assert headers(reader.get("/api/v1/groups"))[2] == 61
        clock.advance(20)
        assert headers(reader.get("/api/v1/apps"))[2] == 61
        assert headers(reader.get("/api/v1/groups"))[2] == 41


def test_buckets_do_not_share_a_budget() -> None:
    with reading(simulator(ManualClock(), apps=2)) as reader:
        app = reader.simulator.organization.app("Teleport").id
        assert reader.get("/api/v1/apps").status_code == 200
        assert reader.get(f"/api/v1/apps/{app}/users").status_code == 429
        assert reader.get(f"/api/v1/apps/{app}").status_code == 200
        assert reader.get("/api/v1/groups").status_code == 200


def test_other_integrations_use_up_the_organization_for_everybody() -> None:
    with reading(simulator(ManualClock(), apps=100)) as reader:
        reader.simulator.limits.use("apps", 99)
        assert headers(reader.get("/api/v1/apps"))[:2] == (50, 0)
        assert code(reader.get("/api/v1/apps")) == (429, "E0000047")


def test_tokens_with_shares_of_their_own_do_not_hinder_each_other() -> None:
    with reading(simulator(ManualClock(), apps=10)) as reader:
        reader.simulator.authority.add_token("second", name="second", share=0.2)
        second = {"authorization": "SSWS second"}
        assert [reader.client.get("/api/v1/apps", headers=second).status_code for _ in range(3)] == [200, 200, 429]
        assert [reader.get("/api/v1/apps").status_code for _ in range(6)] == [200] * 5 + [429]


def test_the_plans_have_the_documented_budgets() -> None:
    clock, switches = ManualClock(), Switches()
    assert Limits(clock, switches).per_window["apps"] == 100
    assert Limits(clock, switches, plan="integrator").per_window["apps"] == 20
    assert Limits(clock, switches, plan="enterprise").per_window["user"] == 1000
    with pytest.raises(ValueError, match="unknown buckets"):
        Limits(clock, switches, overrides={"appz": 1})


def test_a_window_can_be_short_so_that_tests_need_not_wait() -> None:
    clock = ManualClock()
    organization = Organization(clock=clock)
    limits = Limits(clock, organization.switches, window_seconds=1.0, overrides={"groups": 2})
    with reading(Simulator(organization, limits=limits)) as reader:
        assert headers(reader.get("/api/v1/groups")) == (1, 0, 1)
        assert reader.get("/api/v1/groups").status_code == 429
        clock.advance(1)
        assert reader.get("/api/v1/groups").status_code == 200


def test_limits_can_be_counted_without_being_enforced() -> None:
    organization = Organization()
    limits = Limits(organization.clock, organization.switches, overrides={"groups": 2}, enabled=False)
    with reading(Simulator(organization, limits=limits)) as reader:
        assert [reader.get("/api/v1/groups").status_code for _ in range(4)] == [200] * 4
        assert reader.simulator.requests.by_bucket == {"groups": 4}


@pytest.mark.parametrize(("setting", "least"), [("soon", 0), ("wrong", 60)])
def test_too_many_at_once_get_a_429_of_zeros_with_an_unreliable_reset(setting: str, least: int) -> None:
    organization = Organization(switches=Switches(concurrency_reset=setting))  # type: ignore[arg-type]
    limits = Limits(organization.clock, organization.switches, concurrency=2)
    with reading(Simulator(organization, limits=limits, latency=1.0)) as reader, ThreadPoolExecutor(6) as pool:
        responses = list(pool.map(lambda _: reader.get("/api/v1/groups"), range(6)))
        refused = [response for response in responses if response.status_code == 429]
        assert refused
        for response in refused:
            limit, remaining, reset = headers(response)
            assert (limit, remaining) == (0, 0)
            assert reset > least
            assert code(response) == (429, "E0000047")
        assert reader.simulator.requests.maximum_in_flight >= 3
        # A refusal for concurrency costs nothing of the rate.
        assert headers(reader.get("/api/v1/groups"))[1] == 250 - (6 - len(refused)) - 1


def test_the_headers_can_come_in_several_copies_of_which_the_least_counts() -> None:
    organization = Organization(switches=Switches(rate_limit_headers="several"))
    with reading(Simulator(organization)) as reader:
        response = reader.get("/api/v1/groups")
        assert response.headers.get_list("x-rate-limit-limit") == ["500", "250"]
        assert response.headers.get_list("x-rate-limit-remaining") == ["499", "249"]


def test_every_answer_has_a_date_and_a_request_id_and_unmetered_ones_no_rate() -> None:
    with reading(simulator(ManualClock())) as reader:
        for path, metered in {"/api/v1/groups": True, "/oauth2/v1/keys": False, "/nowhere": False}.items():
            response = reader.get(path)
            assert response.headers["date"] == "Fri, 15 Jan 2027 08:00:00 GMT"
            assert response.headers.get_list("date") == [response.headers["date"]]
            assert response.headers["x-okta-request-id"]
            assert ("x-rate-limit-limit" in response.headers) is metered


def test_requests_are_counted_by_bucket_route_and_status(reader: Reader) -> None:
    app = reader.simulator.organization.app("Teleport").id
    reader.get("/api/v1/apps", limit=5)
    reader.get(f"/api/v1/apps/{app}/users")
    reader.get(f"/api/v1/apps/{app}/users/00umissing")
    reader.get("/nowhere")
    requests = reader.simulator.requests
    assert requests.total == 4
    assert requests.by_bucket == {"apps": 3}
    assert requests.by_route["GET /api/v1/apps/{app}/users"] == 1
    assert requests.by_status == {200: 2, 404: 2}
    assert requests.maximum_in_flight == 1
    assert (requests.entries[0].query, requests.entries[0].principal) == ({"limit": "5"}, "token 1")
    requests.clear()
    assert (requests.total, requests.by_bucket) == (0, {})


@pytest.fixture
def reader() -> object:
    with reading(simulator(ManualClock())) as reader:
        yield reader
