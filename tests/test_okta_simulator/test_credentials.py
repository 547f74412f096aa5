"""SSWS tokens, private_key_jwt, scopes and admin roles."""

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from joserfc import jwt
from joserfc.jwk import ECKey, OctKey, RSAKey

from tests.okta_simulator import Authority, ManualClock, Role, Switches
from tests.okta_simulator.auth import ASSERTION_TYPE
from tests.okta_simulator.errors import OAuthError, OktaError
from tests.test_okta_simulator.oauth import EC, NOW, OTHER_KEY, RSA, Client
from tests.test_okta_simulator.reader import code

# -- SSWS


def test_without_a_known_token_nobody_gets_in(client: Client) -> None:
    for header, outcome in {
        "": (403, "E0000005"),
        "Basic aGk6aG8=": (403, "E0000005"),
        "SSWS wrong": (401, "E0000011"),
        "Bearer wrong": (401, "E0000011"),
        "DPoP wrong": (401, "E0000011"),
    }.items():
        assert code(client.reader.stranger.get("/api/v1/groups", headers={"authorization": header})) == outcome
    client.reader.simulator.authority.revoke_token(client.reader.simulator.token)
    assert code(client.reader.get("/api/v1/groups")) == (401, "E0000011")


@pytest.mark.parametrize(
    ("role", "reads", "writes"),
    [(Role.SUPER_ADMIN, 200, 200), (Role.READ_ONLY, 200, 403), (Role.NONE, 403, 403)],
)
def test_a_token_may_do_what_the_role_of_its_maker_allows(client: Client, role: Role, reads: int, writes: int) -> None:
    client.reader.simulator.authority.add_token("role", role=role)
    headers = {"authorization": "SSWS role"}
    assert client.reader.client.get("/api/v1/apps", headers=headers).status_code == reads
    body = {"profile": {"name": "eng"}}
    assert client.reader.client.post("/api/v1/groups", headers=headers, json=body).status_code == writes


def test_a_group_admin_does_not_see_everyone_nor_apps(client: Client) -> None:
    group = client.reader.simulator.organization.add_group("eng")
    everyone = client.reader.simulator.organization.everyone
    client.reader.simulator.authority.add_token("groups", role=Role.GROUP_ADMIN)
    client.reader.client.headers["authorization"] = "SSWS groups"
    assert client.reader.ids("/api/v1/groups") == [group.id]
    assert client.reader.get(f"/api/v1/groups/{everyone.id}/users").status_code == 404
    assert code(client.reader.get("/api/v1/apps")) == (403, "E0000006")


@pytest.mark.parametrize("switches", [Switches(missing_role="fewer_rows")])
def test_a_missing_role_can_show_as_fewer_rows(client: Client) -> None:
    organization = client.reader.simulator.organization
    app, user = organization.add_app("Teleport"), organization.add_user("hiro@enzos-pizza.com")
    client.reader.simulator.authority.add_token("none", role=Role.NONE)
    client.reader.client.headers["authorization"] = "SSWS none"
    for path in ("users", "groups", "apps", "logs"):
        assert (
            client.reader.rows(f"/api/v1/{path}", **({"until": "2030-01-01T00:00:00Z"} if path == "logs" else {})) == []
        )
    for path in (f"apps/{app.id}/users", f"users/{user.id}", f"groups/{organization.everyone.id}/users"):
        assert client.reader.get(f"/api/v1/{path}").status_code == 404
    assert client.reader.post("/api/v1/groups", {"profile": {"name": "eng"}}).status_code == 403


# -- private_key_jwt


@pytest.mark.parametrize("key", [RSA, EC], ids=["RS256", "ES256"])
def test_a_signed_assertion_buys_a_token_that_reads_within_its_scopes(client: Client, key: RSAKey | ECKey) -> None:
    client.key = key
    granted = client.ask(scope="okta.groups.read").json()
    assert (granted["token_type"], granted["expires_in"], granted["scope"]) == ("Bearer", 3600, "okta.groups.read")
    assert client.call(granted["access_token"], None, "Bearer").status_code == 200
    refused = client.call(granted["access_token"], None, "Bearer", "/api/v1/users")
    assert code(refused) == (403, "E0000006")


def test_a_token_lives_an_hour(client: Client, clock: ManualClock) -> None:
    token = client.ask().json()["access_token"]
    clock.advance(3599)
    assert client.call(token, None, "Bearer").status_code == 200
    clock.advance(1)
    assert code(client.call(token, None, "Bearer")) == (401, "E0000011")


def test_a_manage_scope_holds_the_read_scope(client: Client) -> None:
    client.reader.simulator.authority.add_client(
        "0oaWriter", [EC.as_dict(private=False)], scopes=["okta.groups.manage"]
    )
    token = Client(client.reader, EC, "0oaWriter").ask(scope="okta.groups.manage").json()["access_token"]
    assert client.call(token, None, "Bearer").status_code == 200


WRONG_ASSERTIONS: dict[str, Callable[[Client], str]] = {
    "unknown client": lambda client: client.assertion(iss="0oaNobody", sub="0oaNobody"),
    "other subject": lambda client: client.assertion(sub="0oaProof"),
    "other audience": lambda client: client.assertion(aud="https://other.okta.com/oauth2/v1/token"),
    "org as audience": lambda client: client.assertion(aud=client.reader.simulator.base_url),
    "no expiry": lambda client: client.assertion(exp=None),
    "expired": lambda client: client.assertion(exp=NOW - 1),
    "expiry too far": lambda client: client.assertion(exp=NOW + 3601),
    "expiry a text": lambda client: client.assertion(exp="soon"),
    "issued in the future": lambda client: client.assertion(iat=NOW + 3000),
    "unknown kid": lambda client: client.assertion({"kid": "other"}),
    "no kid of several": lambda client: jwt.encode({"alg": "ES256"}, {"iss": "0oaService"}, EC),
    "another's signature": lambda client: jwt.encode({"alg": "ES256", "kid": "ec"}, {"iss": "0oaService"}, OTHER_KEY),
    "symmetric": lambda client: jwt.encode(
        {"alg": "HS256", "kid": "ec"}, {"iss": "0oaService"}, OctKey.generate_key(256)
    ),
    "no JWT": lambda client: "abc",
}


@pytest.mark.parametrize("assertion", WRONG_ASSERTIONS.values(), ids=list(WRONG_ASSERTIONS))
def test_a_wrong_assertion_is_refused(client: Client, assertion: Callable[[Client], str]) -> None:
    response = client.ask(assertion=assertion(client))
    assert (response.status_code, response.json()["error"]) == (401, "invalid_client")


def test_an_assertion_with_an_identifier_is_good_once_and_without_for_its_life(client: Client) -> None:
    named, nameless = client.assertion(), client.assertion(jti=None, iat=None)
    assert [client.ask(assertion=named).status_code for _ in range(2)] == [200, 401]
    assert [client.ask(assertion=nameless).status_code for _ in range(2)] == [200, 200]


@pytest.mark.parametrize(
    ("form", "error"),
    [
        ({"grant_type": "password"}, (400, "unsupported_grant_type")),
        ({"client_assertion_type": "none"}, (401, "invalid_client")),
        ({"scope": ""}, (400, "invalid_scope")),
        ({"scope": "okta.apps.read"}, (400, "invalid_scope")),
        ({"scope": "okta.apps.read okta.users.read"}, (400, "invalid_scope")),
    ],
)
def test_a_wrong_request_for_a_token_is_refused(client: Client, form: dict[str, str], error: tuple[int, str]) -> None:
    response = client.ask(**form)
    assert (response.status_code, response.json()["error"]) == error


@pytest.mark.parametrize("switches", [Switches(ungranted_scope="fewer")])
def test_scopes_that_were_not_granted_can_be_missing_from_the_token(client: Client) -> None:
    assert client.ask(scope="okta.apps.read okta.users.read").json()["scope"] == "okta.users.read"


def test_a_client_cannot_be_registered_with_a_private_or_symmetric_key(client: Client) -> None:
    for key in (EC.as_dict(private=True), OctKey.generate_key(256).as_dict(), {"kty": "EC"}):
        with pytest.raises(ValueError, match="JWK"):
            client.reader.simulator.authority.add_client("0oaBad", [key], scopes=["okta.users.read"])


def test_the_public_keys_are_shown_without_credentials_and_without_secrets(client: Client) -> None:
    keys = client.reader.stranger.get("/oauth2/v1/keys").json()["keys"]
    assert keys
    assert all("d" not in key for key in keys)


# -- hostile input


@settings(deadline=None)
@given(st.text(max_size=80), st.text(max_size=80), st.sampled_from(["SSWS ", "Bearer ", "DPoP ", ""]))
def test_any_credential_is_refused_and_never_breaks(credential: str, proof: str, scheme: str) -> None:
    authority = Authority(ManualClock(NOW), Switches())
    with pytest.raises((OktaError, OAuthError)):
        authority.identify({"authorization": scheme + credential, "dpop": proof}, "GET", "http://127.0.0.1/")
    form = {"grant_type": "client_credentials", "client_assertion_type": ASSERTION_TYPE, "client_assertion": credential}
    with pytest.raises(OAuthError):
        authority.issue(form, proof, "http://127.0.0.1")


@settings(deadline=None)
@given(
    st.dictionaries(st.sampled_from(["iss", "sub", "aud", "exp", "iat", "jti"]), st.integers() | st.text() | st.none())
)
def test_any_signed_claims_are_refused_or_accepted_and_never_break(claims: dict[str, Any]) -> None:
    authority = Authority(ManualClock(NOW), Switches())
    authority.add_client("0oaService", [EC.as_dict(private=False)], scopes=["okta.users.read"])
    assertion = jwt.encode({"alg": "ES256", "kid": "ec"}, {"iss": "0oaService"} | claims, EC)
    form = {"grant_type": "client_credentials", "client_assertion_type": ASSERTION_TYPE, "client_assertion": assertion}
    with pytest.raises(OAuthError):
        authority.issue(form | {"scope": "okta.users.read"}, None, "http://127.0.0.1")
