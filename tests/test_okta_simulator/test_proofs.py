"""DPoP: proofs at the token endpoint and at the API, and their nonces."""

import base64
import hashlib
from collections.abc import Callable
from typing import Any

import pytest
from joserfc.jwk import ECKey

from tests.okta_simulator import ManualClock, Switches
from tests.test_okta_simulator.oauth import DAY, EC, NOW, OTHER_KEY, PROOF_KEY, Client


@pytest.fixture
def prover(client: Client) -> Client:
    return Client(client.reader, EC, "0oaProof")


def ath(token: str) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(token.encode()).digest()).decode().rstrip("=")


def api_proof(client: Client, token: str, key: ECKey = PROOF_KEY, **changes: Any) -> str:
    url = f"{client.reader.simulator.base_url}/api/v1/groups"
    return client.proof("GET", changes.pop("htu", url), key, **({"ath": ath(token)} | changes))


def test_a_client_that_must_prove_gets_no_token_without(prover: Client) -> None:
    response = prover.ask()
    assert (response.status_code, response.json()["error"]) == (400, "invalid_dpop_proof")


def test_the_nonce_comes_with_the_first_refusal_which_uses_up_the_assertion(prover: Client) -> None:
    assertion = prover.assertion()
    first = prover.ask(assertion=assertion, proof=prover.proof("POST", prover.url))
    nonce = first.headers["dpop-nonce"]
    again = prover.ask(assertion=assertion, proof=prover.proof("POST", prover.url, nonce=nonce))
    assert (again.status_code, again.json()["error"]) == (401, "invalid_client")
    assert prover.ask(proof=prover.proof("POST", prover.url, nonce=nonce)).json()["token_type"] == "DPoP"


def test_a_nonce_rotates_daily_and_lives_three_days(prover: Client, clock: ManualClock) -> None:
    nonce = prover.nonce()
    assert prover.nonce() == nonce
    clock.advance(DAY)
    assert prover.nonce() != nonce
    clock.advance(2 * DAY - 1)
    assert prover.ask(proof=prover.proof("POST", prover.url, nonce=nonce)).status_code == 200
    clock.advance(1)
    refused = prover.ask(proof=prover.proof("POST", prover.url, nonce=nonce))
    assert refused.json()["error"] == "use_dpop_nonce"


def test_a_bound_token_reads_with_a_fresh_proof_for_each_call_and_any_query(prover: Client) -> None:
    token = prover.proven_token()
    proof = api_proof(prover, token)
    assert prover.call(token, proof).status_code == 200
    assert prover.call(token, proof).status_code == 401
    assert prover.call(token, api_proof(prover, token), path="/api/v1/groups?limit=5").status_code == 200


WRONG_PROOFS: dict[str, Callable[[Client, str], str | None]] = {
    "none": lambda client, token: None,
    "query in htu": lambda client, token: api_proof(
        client, token, htu=f"{client.reader.simulator.base_url}/api/v1/groups?limit=5"
    ),
    "doubled slash in htu": lambda client, token: api_proof(
        client, token, htu=f"{client.reader.simulator.base_url}//api/v1/groups"
    ),
    "other method": lambda client, token: api_proof(client, token, htm="POST"),
    "no token hash": lambda client, token: api_proof(client, token, ath=None),
    "other token hash": lambda client, token: api_proof(client, token, ath=ath("other")),
    "old": lambda client, token: api_proof(client, token, iat=NOW - 3600),
    "no identifier": lambda client, token: api_proof(client, token, jti=None),
    "other type": lambda client, token: api_proof(client, token, header={"typ": "JWT"}),
    "private key shown": lambda client, token: api_proof(
        client, token, header={"jwk": PROOF_KEY.as_dict(private=True)}
    ),
    "no JWT": lambda client, token: "abc",
}


@pytest.mark.parametrize("switches", [Switches(wrong_proof_status=401), Switches(wrong_proof_status=403)])
@pytest.mark.parametrize("proof", WRONG_PROOFS.values(), ids=list(WRONG_PROOFS))
def test_a_wrong_proof_is_refused_with_either_status(
    prover: Client, switches: Switches, proof: Callable[[Client, str], str | None]
) -> None:
    token = prover.proven_token()
    refused = prover.call(token, proof(prover, token))
    assert refused.status_code == switches.wrong_proof_status
    assert "invalid_dpop_proof" in refused.headers["www-authenticate"]


def test_a_token_is_bound_to_the_key_that_bought_it_and_to_its_scheme(prover: Client, client: Client) -> None:
    token = prover.proven_token()
    assert prover.call(token, api_proof(prover, token, OTHER_KEY)).status_code == 401
    assert prover.call(token, api_proof(prover, token), "Bearer").status_code == 401
    bearer = client.ask().json()["access_token"]
    assert client.call(bearer, api_proof(client, bearer), "DPoP").status_code == 401


@pytest.mark.parametrize("switches", [Switches(api_demands_nonce=True)])
def test_the_api_can_demand_a_nonce_too(prover: Client) -> None:
    token = prover.proven_token()
    refused = prover.call(token, api_proof(prover, token))
    assert (refused.status_code, refused.json()["error"]) == (401, "use_dpop_nonce")
    proof = api_proof(prover, token, nonce=refused.headers["dpop-nonce"])
    assert prover.call(token, proof).status_code == 200
    prover.reader.simulator.authority.proofs.rotate_nonce(forget=True)
    assert prover.call(token, api_proof(prover, token, nonce=refused.headers["dpop-nonce"])).status_code == 401
