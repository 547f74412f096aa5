"""Answers that no honest Okta gives, and networks that do not answer at all."""

import re
import socket
import ssl
import traceback

import httpx
import pytest

from idsync.config.settings import AppById
from idsync.errors import AuthenticationError, AuthorizationError, IdsyncError, SourceError, SourceUnreachable
from idsync.sources.okta import transmission
from idsync.sources.okta.auth import ApiTokenCredential, Credential, OAuthCredential
from idsync.sources.okta.patience import CONNECTION_TRIES, TRIES
from idsync.sources.okta.selection import Selection
from idsync.sources.okta.source import OktaSource
from tests.sources.okta.organizations import Clock
from tests.sources.okta.test_oauth import RSA, pem

ORG = "https://enzos-pizza.okta.com"
TOKEN = "00aSecretTokenOfSomeLength-1234567890abcde"
DATE = {"date": "Sun, 22 Nov 2026 08:00:00 GMT"}
APP = {"id": "0oa1", "label": "Teleport", "status": "ACTIVE"}
ROW = {
    "id": "00u1",
    "scope": "USER",
    "credentials": {"userName": "ada"},
    "_embedded": {"user": {"status": "ACTIVE", "profile": {"login": "ada@x"}}},
}


class Okta:
    """A server of the two listings that a reading without lists needs; `answers` replaces them by path."""

    def __init__(self, **answers) -> None:
        self.answers = answers
        self.requests: list[httpx.Request] = []
        self.clock = Clock()

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        what = {"/oauth2/v1/token": "token", "/api/v1/apps/0oa1": "app"}.get(request.url.path, "users")
        answer = self.answers.get(what)
        if callable(answer):
            answer = answer(request)
        if answer is not None:
            return answer
        return httpx.Response(200, headers=DATE, json=APP if what == "app" else [ROW])

    def source(self, credential: Credential | None = None) -> OktaSource:
        return OktaSource(
            org_url=ORG,
            app=AppById("0oa1"),
            credential=credential or ApiTokenCredential(TOKEN),
            selection=Selection(lists=False),
            transport=httpx.MockTransport(self),
            timing=self.clock.timing,
        )

    def refusal(self, credential: Credential | None = None) -> IdsyncError:
        with pytest.raises(IdsyncError) as caught:
            self.source(credential).fetch()
        assert TOKEN not in "".join(traceback.format_exception(caught.value))
        assert caught.value.why
        return caught.value


def raising(error: Exception):
    def answer(request: httpx.Request):
        raise error

    return answer


def caused(error: Exception, cause: Exception) -> Exception:
    error.__cause__ = cause
    return error


def page(*rows, **headers) -> httpx.Response:
    return httpx.Response(200, headers=DATE | headers, json=list(rows))


def test_requests_say_who_asks_and_carry_the_token():
    okta = Okta()
    assert [user.username for user in okta.source().fetch().users] == ["ada"]
    for request in okta.requests:
        assert re.fullmatch(r"idsync/\d+\.\d+\.\d+.*", request.headers["user-agent"])
        assert request.headers["accept"] == "application/json"
        assert request.headers["authorization"] == f"SSWS {TOKEN}"


@pytest.mark.parametrize(
    "address",
    [
        "https://evil.example/api/v1/apps/0oa1/users?after=x",
        "http://enzos-pizza.okta.com/api/v1/apps/0oa1/users?after=x",
        "https://enzos-pizza.okta.com:8443/api/v1/apps/0oa1/users?after=x",
        "https://enzos-pizza.okta.com@evil.example/?after=x",
        "https://user:pass@enzos-pizza.okta.com/api/v1/apps?after=x",
        "//evil.example/api/v1/apps?after=x",
        "https://[bad/?after=x",
        "file:///etc/passwd",
    ],
)
def test_a_next_page_at_another_address_is_not_followed(address):
    okta = Okta(users=page(ROW, link=f'<{address}>; rel="next"'))
    assert "another address" in okta.refusal().summary
    assert {request.url.host for request in okta.requests} == {"enzos-pizza.okta.com"}


def test_a_next_page_at_the_same_address_is_followed_however_it_is_written():
    def answer(request: httpx.Request):
        if "after" in request.url.params:
            return page(ROW | {"id": "00u2"})
        return page(
            ROW, link='<https://ENZOS-pizza.okta.com:443/api/v1/apps/0oa1/users?after=a%2Fb%3D&x=1>; rel="next"'
        )

    okta = Okta(users=answer)
    assert len(okta.source().fetch().users) == 2
    assert any(str(request.url).endswith("after=a%2Fb%3D&x=1") for request in okta.requests)


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_a_redirect_is_not_followed(status):
    okta = Okta(users=httpx.Response(status, headers=DATE | {"location": "https://evil.example/"}))
    error = okta.refusal()
    assert isinstance(error, SourceUnreachable)
    assert "redirects" in error.summary
    assert {request.url.host for request in okta.requests} == {"enzos-pizza.okta.com"}


@pytest.mark.parametrize(
    ("error", "tries", "said"),
    [
        (
            caused(httpx.ConnectError("x"), socket.gaierror(-2, "Name or service not known")),
            CONNECTION_TRIES,
            "address",
        ),
        (caused(httpx.ConnectError("x"), ssl.SSLCertVerificationError("self-signed")), 1, "no trusted connection"),
        (httpx.ConnectError("refused"), CONNECTION_TRIES, "does not accept a connection"),
        (httpx.ConnectTimeout("slow"), TRIES, "does not answer"),
        (httpx.ReadTimeout("slow"), TRIES, "does not answer"),
        (httpx.RemoteProtocolError("cut"), TRIES, "does not answer"),
        (httpx.ReadError("reset"), TRIES, "does not answer"),
        (ConnectionResetError("reset"), TRIES, "does not answer"),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Exception) else None,
)
def test_a_network_that_does_not_answer_is_explained_with_the_address(error, tries, said):
    okta = Okta(users=raising(error))
    caught = okta.refusal()
    assert isinstance(caught, SourceUnreachable)
    assert said in caught.summary
    assert ORG in caught.summary
    assert caught.fix
    assert sum(request.url.path.endswith("/users") for request in okta.requests) == tries


def test_after_a_timeout_smaller_pages_are_asked_for():
    def answer(request: httpx.Request):
        if int(request.url.params["limit"]) > 200:
            raise httpx.ReadTimeout("too slow")
        return

    okta = Okta(users=answer)
    assert len(okta.source().fetch().users) == 1
    limits = [request.url.params["limit"] for request in okta.requests if request.url.path.endswith("/users")]
    assert limits == ["500", "250", "125"]


def test_an_answer_beyond_all_measure_is_not_swallowed(monkeypatch):
    monkeypatch.setattr(transmission, "LARGEST_ANSWER", 1000)
    okta = Okta(users=httpx.Response(200, headers=DATE, content=b"[" + b" " * 5000 + b"]"))
    assert "too large" in okta.refusal().summary


def test_an_answer_that_trickles_for_ever_is_cut(monkeypatch):
    monkeypatch.setattr(transmission, "LONGEST_ANSWER", -1.0)
    assert "does not answer" in Okta().refusal().summary


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"nonsense",
        b'[{"id": "00u1"',
        b'[{"id": "\xff"}]',
        b'[{"id": "\\ud800"}]',
        b"[" * 100_000,
        b"\xef\xbb\xbf[]",
        b'[{"id":"00u1","profile":' + b'{"a":' * 100_000 + b"1" + b"}" * 100_001 + b"]",
    ],
)
def test_what_is_not_json_is_not_okta(body):
    error = Okta(users=httpx.Response(200, headers=DATE, content=body)).refusal()
    assert isinstance(error, SourceUnreachable | SourceError)


@pytest.mark.parametrize("rows", [{}, [None], [[]], ["x"], [{"id": 5}], [{"id": None}], {"errorCode": "E0000006"}, 7])
def test_json_of_another_shape_is_an_error(rows):
    assert "not what it documents" in Okta(users=httpx.Response(200, headers=DATE, json=rows)).refusal().summary


@pytest.mark.parametrize("profile", [{}, {"login": ""}, {"login": None}, {"login": 5}])
def test_a_user_without_any_name_is_an_error(profile):
    row = ROW | {"credentials": None, "_embedded": {"user": {"status": "ACTIVE", "profile": profile}}}
    assert "00u1 has no name" in Okta(users=page(row)).refusal().summary


def test_a_user_whose_profile_is_nowhere_is_an_error():
    bare = ROW | {"_embedded": {"user": {"status": "ACTIVE"}}}
    plain = {"id": "00u1", "status": "ACTIVE"}
    okta = Okta(users=lambda request: page(plain if "filter" in request.url.params else bare))
    assert "no profile of user 00u1" in okta.refusal().summary


@pytest.mark.parametrize("row", [{"id": "a/b"}, {"id": ""}, {"credentials": {"userName": "nul\0"}}])
def test_ids_and_names_that_nothing_downstream_could_hold_are_refused(row):
    assert "cannot be used" in Okta(users=page(ROW | row)).refusal().summary


def test_without_a_date_the_local_clock_says_when():
    okta = Okta(app=httpx.Response(200, json=APP), users=httpx.Response(200, json=[ROW]))
    assert okta.source().fetch().taken_at == "2027-01-15T08:00:00Z"


def test_a_403_without_a_body_and_words_with_escapes_and_keys_are_harmless():
    body = {"errorCode": "E1", "errorSummary": "\x1b[31m" + TOKEN + "\n" + "x" * 5000, "errorCauses": []}
    error = Okta(users=httpx.Response(403, headers=DATE, json=body)).refusal()
    assert isinstance(error, AuthorizationError)
    assert "\x1b" not in error.summary
    assert len(error.summary) < 600
    assert isinstance(Okta(users=httpx.Response(403, headers=DATE)).refusal(), AuthorizationError)


def test_a_429_without_headers_waits_a_while_and_one_with_retry_after_as_long_as_it_says():
    for headers, least, most in (({}, 10, 11), ({"retry-after": "7"}, 7, 8), ({"retry-after": "soon"}, 10, 11)):
        answers = [httpx.Response(429, headers=DATE | headers)]
        okta = Okta(users=lambda request, answers=answers: answers.pop() if answers else None)
        assert len(okta.source().fetch().users) == 1
        assert any(least <= seconds <= most for seconds in okta.clock.sleeps)


# -- the token endpoint


def token_answer(status: int = 200, **members) -> httpx.Response:
    return httpx.Response(status, headers=DATE, json=members)


@pytest.mark.parametrize("kind", ["Bearer", "bearer"])
def test_a_server_without_dpop_gives_a_bearer_token(kind):
    okta = Okta(token=token_answer(access_token="abc.def", token_type=kind, expires_in=3600))
    assert len(okta.source(OAuthCredential("0oa9", pem(RSA))).fetch().users) == 1
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
def test_what_is_no_token_is_an_unreachable_source(answer):
    assert isinstance(Okta(token=answer).refusal(OAuthCredential("0oa9", pem(RSA))), SourceUnreachable)


def test_other_refusals_of_a_token_say_what_to_check():
    answer = token_answer(400, error="unauthorized_client", error_description="grant type")
    error = Okta(token=answer).refusal(OAuthCredential("0oa9", pem(RSA)))
    assert isinstance(error, AuthenticationError)
    assert "Client Credentials" in error.fix


def test_a_nonce_that_changes_with_every_answer_does_not_go_on_for_ever():
    def answer(request: httpx.Request):
        headers = DATE | {"dpop-nonce": f"nonce-{len(okta.requests)}"}
        return httpx.Response(400, headers=headers, json={"error": "use_dpop_nonce"})

    okta = Okta(token=answer)
    assert isinstance(okta.refusal(OAuthCredential("0oa9", pem(RSA))), AuthenticationError)
    assert len(okta.requests) < 20


def test_tokens_that_end_almost_at_once_are_fetched_again():
    okta = Okta(token=lambda request: token_answer(access_token="abc", token_type="Bearer", expires_in=0))
    assert len(okta.source(OAuthCredential("0oa9", pem(RSA))).fetch().users) == 1
