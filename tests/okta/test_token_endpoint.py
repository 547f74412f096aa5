"""Answers of a token endpoint that are not those of the simulated one."""

import httpx
import pytest

from idsync.errors import AuthenticationError, SourceUnreachable
from idsync.okta.auth import OAuthCredential
from tests.sources.okta.answers import DATE, Okta
from tests.sources.okta.private_keys import RSA, pem


def token_answer(status: int = 200, **members: object) -> httpx.Response:
    return httpx.Response(status, headers=DATE, json=members)


@pytest.mark.parametrize("kind", ["Bearer", "bearer"])
def test_a_server_without_dpop_gives_a_bearer_token(kind: str) -> None:
    okta = Okta(token=token_answer(access_token="abc.def", token_type=kind, expires_in=3600))
    assert len(okta.source(OAuthCredential("0oa9", pem(RSA))).read().snapshot.users) == 1
    api = [request for request in okta.requests if request.url.path.startswith("/api")]
    assert {request.headers["authorization"] for request in api} == {"Bearer abc.def"}
    assert not any("dpop" in request.headers for request in api)
    assert len(okta.requests) - len(api) == 1


@pytest.mark.parametrize(
    "answer",
    [
        token_answer(access_token="abc\r\nX: y", token_type="Bearer"),
        token_answer(access_token="", token_type="Bearer"),
        token_answer(access_token="abc", token_type="mac"),
        token_answer(access_token="abc"),
        httpx.Response(200, headers=DATE, content=b"nonsense"),
        httpx.Response(200, headers=DATE, content=b"<html>"),
        httpx.Response(200, headers=DATE, content=b'{"access_token": "\xff"}'),
        httpx.Response(404, headers=DATE, content=b"<html>"),
        httpx.Response(302, headers=DATE | {"location": "https://evil.example"}),
        httpx.Response(503, headers=DATE),
        httpx.Response(429, headers=DATE),
    ],
)
def test_what_is_not_a_token_is_an_unreachable_source(answer: httpx.Response) -> None:
    assert isinstance(Okta(token=answer).refusal(OAuthCredential("0oa9", pem(RSA))), SourceUnreachable)


def test_other_refusals_of_a_token_say_what_to_check() -> None:
    answer = token_answer(400, error="unauthorized_client", error_description="grant type")
    error = Okta(token=answer).refusal(OAuthCredential("0oa9", pem(RSA)))
    assert isinstance(error, AuthenticationError)
    assert "Client Credentials" in error.fix


def test_a_nonce_that_changes_with_every_answer_does_not_go_on_for_ever() -> None:
    def answer(request: httpx.Request) -> httpx.Response | None:
        headers = DATE | {"dpop-nonce": f"nonce-{len(okta.requests)}"}
        return httpx.Response(400, headers=headers, json={"error": "use_dpop_nonce"})

    okta = Okta(token=answer)
    assert isinstance(okta.refusal(OAuthCredential("0oa9", pem(RSA))), AuthenticationError)
    assert len(okta.requests) < 20


def test_tokens_that_end_almost_at_once_are_fetched_again() -> None:
    okta = Okta(token=lambda request: token_answer(access_token="abc", token_type="Bearer", expires_in=0))
    assert len(okta.source(OAuthCredential("0oa9", pem(RSA))).read().snapshot.users) == 1
