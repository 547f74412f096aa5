"""OAuth 2.0 with a private key, against an authorization server that checks everything, with and without DPoP."""

import json
import logging
import traceback
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Literal

import pytest
from joserfc.jwk import ECKey, OKPKey, RSAKey

from idsync.config.patterns import NameFilter, NamePattern
from idsync.config.settings import ImportFilters
from idsync.errors import AuthenticationError, AuthorizationError, IdsyncError, SecretError
from idsync.okta.auth import ApiTokenCredential, OAuthCredential
from idsync.okta.keys import read_key
from idsync.okta.oauth import OAuthHeader
from idsync.okta.refusals import OAuthScope
from idsync.okta.request import Attempt, Requester
from idsync.okta.token_state import HeldToken
from idsync.okta.wire import Token
from idsync.sources.okta.selection import Selection
from tests.okta_simulator import Fail, Fault, Organization, Switches
from tests.sources.okta.organizations import Clock, Reader, served, small
from tests.sources.okta.private_keys import CURVES, RSA, SHORT, jwk, pem

SCOPES: tuple[OAuthScope, ...] = ("okta.users.read", "okta.groups.read", "okta.apps.read")


def with_client(
    reader: Reader,
    key: RSAKey | ECKey = RSA,
    *,
    scopes: Sequence[str] = SCOPES,
    dpop: bool = False,
    kid: str | None = None,
    **choices: Any,
) -> OAuthCredential:
    public = key.as_dict(private=False) | ({"kid": kid} if kid else {})
    reader.simulator.authority.add_client("0oaclient", [public], scopes=scopes, dpop=dpop, **choices)
    return OAuthCredential("0oaclient", pem(key), kid)


def token_calls(reader: Reader) -> int:
    return reader.simulator.requests.by_route["POST /oauth2/v1/token"]


@pytest.fixture
def organization() -> Organization:
    return small(clock=Clock())


@pytest.mark.parametrize("dpop", [False, True])
@pytest.mark.parametrize("key", [RSA, *CURVES.values()], ids=["RSA", *CURVES])
def test_every_kind_of_key_reads_with_and_without_dpop(
    organization: Organization, key: RSAKey | ECKey, dpop: bool
) -> None:
    with served(organization) as reader:
        snapshot = reader.source(with_client(reader, key, dpop=dpop)).read().snapshot
    assert len(snapshot.users) == 5


@pytest.mark.parametrize("algorithm", ["RS256", "RS384", "RS512"])
def test_a_jwk_may_name_its_algorithm_and_key_id(algorithm: str) -> None:
    key = read_key(jwk(RSA, alg=algorithm, kid="k1"))
    assert (key.algorithm, key.key_id) == (algorithm, "k1")
    assert read_key(jwk(RSA, kid="k1"), "k2").key_id == "k2"


def test_the_key_id_picks_one_of_several_keys(organization: Organization) -> None:
    with served(organization) as reader:
        keys = [RSA.as_dict(private=False) | {"kid": "k1"}, CURVES["P-256"].as_dict(private=False) | {"kid": "k2"}]
        reader.simulator.authority.add_client("0oaclient", keys, scopes=SCOPES)
        reader.source(OAuthCredential("0oaclient", pem(CURVES["P-256"]), "k2")).read()
        with pytest.raises(AuthenticationError, match="does not accept the client"):
            reader.source(OAuthCredential("0oaclient", pem(CURVES["P-256"]))).read()


def test_the_key_before_signs_while_okta_does_not_know_the_newest_one(organization: Organization) -> None:
    older, newer = RSA, CURVES["P-256"]
    with served(organization) as reader:
        with_client(reader, older, dpop=True, kid="k1")
        both = OAuthCredential("0oaclient", pem(newer), "k2", (pem(older), "k1"))
        assert len(reader.source(both).read().snapshot.users) == 5
        with pytest.raises(AuthenticationError, match="does not accept the client"):
            reader.source(OAuthCredential("0oaclient", pem(newer), "k2")).read()
        with_client(reader, newer, dpop=True, kid="k2")
        assert len(reader.source(both).read().snapshot.users) == 5
        reader.simulator.authority.add_client("0oaclient", [CURVES["P-384"].as_dict(private=False)], scopes=SCOPES)
        with pytest.raises(AuthenticationError, match="does not accept the client"):
            reader.source(both).read()


def test_one_token_serves_a_whole_reading_and_the_nonce_is_asked_for_once(organization: Organization) -> None:
    with served(organization, latency=0.01) as reader:
        reader.source(with_client(reader, dpop=True)).read()
        assert token_calls(reader) == 2
        assert set(reader.simulator.requests.by_status) == {200, 400}


def test_a_token_is_kept_and_renewed_five_minutes_early_by_one_thread(organization: Organization) -> None:
    with served(organization) as reader:
        requester = Requester(reader.url, 100, None, reader.clock.timing)
        header = OAuthHeader(with_client(reader), SCOPES, requester)
        url = f"{reader.url}/api/v1/groups"
        first = header.headers("GET", url)
        reader.clock.now += 3600 - 301
        assert header.headers("GET", url)["Authorization"] == first["Authorization"]
        reader.clock.now += 2
        with ThreadPoolExecutor(8) as pool:
            later = list(pool.map(lambda _: header.headers("GET", url)["Authorization"], range(8)))
        assert len(set(later)) == 1
        assert later[0] != first["Authorization"]
        assert reader.simulator.requests.by_status == {200: 2, 400: 1}  # the first call was for the nonce
        requester.close()


def test_a_token_revoked_on_the_way_is_replaced_once(organization: Organization) -> None:
    with served(organization) as reader:
        credential = with_client(reader)
        reader.simulator.faults.add(Fault("/api/v1/groups/*/users", Fail(401), times=1))
        assert len(reader.source(credential).read().snapshot.users) == 5
        reader.simulator.faults.add(Fault("/api/v1/groups/*/users", Fail(401), times=None))
        with pytest.raises(AuthenticationError, match="does not accept the credential"):
            reader.source(credential).read()


@pytest.mark.parametrize("status", [401, 403])
def test_a_nonce_demanded_by_the_api_is_learned(status: Literal[401, 403]) -> None:
    switches = Switches(api_demands_nonce=True, wrong_proof_status=status)
    with served(small(clock=Clock(), switches=switches)) as reader:
        snapshot = reader.source(with_client(reader, dpop=True)).read().snapshot
        refused = reader.simulator.requests.by_status[401]
    assert len(snapshot.users) == 5
    assert refused <= 8  # each thread at most once


@pytest.mark.parametrize("status", [401, 403])
def test_a_proof_that_stays_wrong_fails_after_one_more(
    status: Literal[401, 403], monkeypatch: pytest.MonkeyPatch
) -> None:
    switches = Switches(wrong_proof_status=status)
    with served(small(clock=Clock(), switches=switches)) as reader:
        credential = with_client(reader, dpop=True)
        real = OAuthHeader._proof

        def for_another_address(
            self: OAuthHeader, method: str, url: str, nonce: str | None, token: str | None = None
        ) -> str:
            return real(self, method, url.replace("/api/v1", "/api/v2"), nonce, token)

        monkeypatch.setattr(OAuthHeader, "_proof", for_another_address)
        with pytest.raises(AuthenticationError):
            reader.source(credential).read()


@pytest.mark.parametrize("offset", [-7200, 7200])
@pytest.mark.parametrize("dpop", [False, True])
def test_r20_a_wrong_local_clock_is_put_right_by_the_servers_date(
    organization: Organization, offset: float, dpop: bool
) -> None:
    with served(organization) as reader:
        credential = with_client(reader, dpop=dpop)
        wrong = Clock(reader.clock.now + offset)
        assert len(reader.source(credential, timing=wrong.timing).read().snapshot.users) == 5


@pytest.mark.parametrize("answer", ["reject", "fewer"])
def test_a_scope_that_was_not_granted_is_named(answer: Literal["reject", "fewer"]) -> None:
    with served(small(clock=Clock(), switches=Switches(ungranted_scope=answer))) as reader:
        credential = with_client(reader, scopes=("okta.users.read", "okta.apps.read"))
        with pytest.raises(AuthorizationError) as caught:
            reader.source(credential).read()
    assert "okta.groups.read" in caught.value.scope
    assert "okta.groups.read" in caught.value.fix
    assert "admin role" in caught.value.fix


def test_only_the_scopes_that_are_needed_are_asked_for(organization: Organization) -> None:
    with served(organization) as reader:
        credential = with_client(reader, scopes=("okta.users.read", "okta.apps.read"))
        snapshot = reader.source(credential, selection=Selection(lists=False)).read().snapshot
    assert len(snapshot.users) == 5
    assert snapshot.groups == []


def test_an_unknown_client_and_a_wrong_key_are_explained(organization: Organization) -> None:
    with served(organization) as reader:
        with_client(reader)
        for credential in (
            OAuthCredential("0oastranger", pem(RSA)),
            OAuthCredential("0oaclient", pem(CURVES["P-256"])),
        ):
            with pytest.raises(AuthenticationError) as caught:
                reader.source(credential).read()
            assert "does not accept the client" in caught.value.summary
            assert "private_key" in caught.value.fix


@pytest.mark.parametrize(
    "text",
    [
        "",
        "secret-nonsense",
        pem(RSA)[:300],
        '{"kty":"RSA","n":"secret"}',
        "{secret",
        '["secret"]',
        jwk(OKPKey.generate_key("Ed25519")),
        json.dumps({"kty": "oct", "k": "c2VjcmV0"}),
        RSA.as_pem(private=False).decode(),
        json.dumps(CURVES["P-256"].as_dict(private=False)),
        SHORT,
        jwk(RSA, alg="ES256"),
        jwk(RSA, alg="none"),
        jwk(RSA, alg=["RS256"]),
        jwk(RSA, use="enc"),
        jwk(RSA, key_ops=["verify"]),
        pem(ECKey.generate_key("secp256k1")),
        "{" * 100_000,
        '{"a":' * 100_000,
    ],
)
def test_a_key_that_cannot_sign_for_okta_is_a_secret_error_that_does_not_quote_it(text: str) -> None:
    with pytest.raises(SecretError) as caught:
        OAuthCredential("0oaclient", text)
    shown = "".join(traceback.format_exception(caught.value)) + caught.value.why + caught.value.fix
    assert caught.value.fix
    assert "secret-nonsense" not in shown
    assert '"secret"' not in shown
    assert pem(RSA)[60:90] not in shown


@pytest.mark.parametrize("token", ["", "  ", "two words", "line\nbreak", "tökén", "nul\0"])
def test_a_token_that_cannot_be_one_is_refused_unquoted(token: str) -> None:
    with pytest.raises(SecretError) as caught:
        ApiTokenCredential(token)
    assert not token.strip() or token not in str(caught.value)
    assert ApiTokenCredential(" 00abc\n").token == "00abc"


def test_no_secret_is_in_any_message_repr_or_log(organization: Organization, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    with served(organization) as reader:
        secrets = [reader.simulator.token, pem(RSA)[60:120]]
        credential = with_client(reader, dpop=True)
        sources = [reader.source(), reader.source(credential)]
        for source in sources:
            source.read()
        secrets += list(reader.simulator.authority._issued)
        reader.simulator.faults.add(Fault("/api/v1/groups", Fail(401), times=None))
        shown = caplog.text + repr(sources) + repr(credential) + repr(ApiTokenCredential(reader.simulator.token))
        for source in sources:
            with pytest.raises(IdsyncError) as caught:
                source.read()
            shown += "".join(traceback.format_exception(caught.value)) + caught.value.why + caught.value.fix
    assert not [secret for secret in secrets if secret in shown]
    assert "client_assertion" not in shown
    assert "eyJ" not in shown


def test_what_holds_a_secret_does_not_show_it() -> None:
    token = Token("eyJsecret", "Bearer", 3600, "okta.users.read")
    for holder in (token, HeldToken("eyJsecret", True, 1.0), Attempt({"Authorization": "SSWS secret"})):
        assert "secret" not in repr(holder)


def test_a_refusal_for_a_missing_role_is_not_taken_for_one_of_the_proof(organization: Organization) -> None:
    with served(organization) as reader:
        credential = with_client(reader, dpop=True)
        reader.simulator.faults.add(Fault("/api/v1/groups", Fail(403), times=None))
        with pytest.raises(AuthorizationError) as caught:
            reader.source(credential).read()
        assert reader.simulator.requests.by_status[403] == 1
    assert caught.value.scope == "okta.groups.read"


def test_a_filter_that_excludes_everything_still_reads_the_pool(organization: Organization) -> None:
    nothing = NameFilter(exclude=(NamePattern("*"),))
    with served(organization) as reader:
        credential = with_client(reader, dpop=True)
        selection = Selection(ImportFilters(nothing, nothing))
        snapshot = reader.source(credential, selection=selection).read().snapshot
    assert (len(snapshot.users), snapshot.groups, snapshot.apps) == (5, [], [])
