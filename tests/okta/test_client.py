"""Answers that no honest Okta gives, and networks that do not answer at all."""

import re
import socket
import ssl

import httpx
import msgspec
import pytest

from idsync.errors import AuthorizationError, SourceError, SourceUnreachable
from idsync.model.canonical import canonical_bytes
from idsync.okta import client, transport
from idsync.okta.retry import CONNECTION_TRIES, TRIES
from tests.sources.okta.answers import APP, DATE, ORG, ROW, TOKEN, Okta, caused, page, raising


def test_requests_say_who_asks_and_carry_the_token() -> None:
    okta = Okta()
    assert [user.username for user in okta.source().read().snapshot.users] == ["ada"]
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
def test_a_next_page_at_another_address_is_not_followed(address: str) -> None:
    okta = Okta(users=page(ROW, link=f'<{address}>; rel="next"'))
    assert "another address" in okta.refusal().summary
    assert {request.url.host for request in okta.requests} == {"enzos-pizza.okta.com"}


def test_a_next_page_at_the_same_address_is_followed_however_it_is_written() -> None:
    def answer(request: httpx.Request) -> httpx.Response | None:
        if "after" in request.url.params:
            return page(ROW | {"id": "00u2"})
        return page(
            ROW, link='<https://ENZOS-pizza.okta.com:443/api/v1/apps/0oa1/users?after=a%2Fb%3D&x=1>; rel="next"'
        )

    okta = Okta(users=answer)
    assert len(okta.source().read().snapshot.users) == 2
    assert any(str(request.url).endswith("after=a%2Fb%3D&x=1") for request in okta.requests)


@pytest.mark.parametrize("tail", ["\x7f", "x" * 70_000])
def test_an_address_that_cannot_be_asked_is_an_error(tail: str) -> None:
    okta = Okta(users=page(ROW, link=f'<{ORG}/api/v1/apps/0oa1/users?after=x{tail}y>; rel="next"'))
    assert isinstance(okta.refusal(), SourceError)


def test_a_listing_whose_every_page_is_new_ends_too(monkeypatch: pytest.MonkeyPatch) -> None:
    def answer(request: httpx.Request) -> httpx.Response | None:
        number = len(okta.requests)
        return page(ROW | {"id": f"00u{number}"}, link=f'<?after={number}>; rel="next"')

    monkeypatch.setattr(client, "_MOST_PAGES", 7)
    okta = Okta(users=answer)
    error = okta.refusal()
    assert "does not end" in error.summary
    assert "7 pages" in error.why


def test_cookies_of_the_server_are_not_kept() -> None:
    def answer(request: httpx.Request) -> httpx.Response | None:
        link = f'<{ORG}/api/v1/apps/0oa1/users?after=x>; rel="next"'
        more = {} if "after" in request.url.params else {"link": link}
        return page(ROW, **more, **{"set-cookie": "sid=1; Path=/; Secure"})

    okta = Okta(users=answer)
    okta.source().read()
    assert len(okta.requests) == 3
    assert not any("cookie" in request.headers for request in okta.requests)


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_a_redirect_is_not_followed(status: int) -> None:
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
        (caused(httpx.ConnectError("x"), ssl.SSLCertVerificationError("self-signed")), 1, "is not trusted"),
        (caused(httpx.ConnectError("x"), ssl.SSLEOFError(8, "EOF")), CONNECTION_TRIES, "does not accept a connection"),
        (httpx.ConnectError("refused"), CONNECTION_TRIES, "does not accept a connection"),
        (httpx.ConnectTimeout("slow"), TRIES, "did not answer"),
        (httpx.ReadTimeout("slow"), TRIES, "did not answer"),
        (httpx.RemoteProtocolError("cut"), TRIES, "did not answer"),
        (httpx.ReadError("reset"), TRIES, "did not answer"),
        (ConnectionResetError("reset"), TRIES, "did not answer"),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Exception) else None,
)
def test_a_network_that_does_not_answer_is_explained_with_the_address(error: Exception, tries: int, said: str) -> None:
    okta = Okta(users=raising(error))
    caught = okta.refusal()
    assert isinstance(caught, SourceUnreachable)
    assert said in caught.summary
    assert ORG in caught.summary
    assert caught.fix
    assert sum(request.url.path.endswith("/users") for request in okta.requests) == tries


def test_after_a_timeout_smaller_pages_are_asked_for() -> None:
    def answer(request: httpx.Request) -> httpx.Response | None:
        if int(request.url.params["limit"]) > 200:
            raise httpx.ReadTimeout("too slow")
        return None

    okta = Okta(users=answer)
    assert len(okta.source().read().snapshot.users) == 1
    limits = [request.url.params["limit"] for request in okta.requests if request.url.path.endswith("/users")]
    assert limits == ["500", "200"]


def test_an_answer_beyond_all_measure_is_not_swallowed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transport, "LARGEST_ANSWER", 1000)
    okta = Okta(users=httpx.Response(200, headers=DATE, content=b"[" + b" " * 5000 + b"]"))
    assert "too large" in okta.refusal().summary


def test_an_answer_that_trickles_for_ever_is_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transport, "LONGEST_ANSWER", -1.0)
    assert "did not answer" in Okta().refusal().summary


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"nonsense",
        b'[{"id": "00u1"',
        b"[" * 100_000,
        b"\xef\xbb\xbf[]",
        b'[{"id":"00u1","profile":' + b'{"a":' * 100_000 + b"1" + b"}" * 100_001 + b"]",
    ],
)
def test_what_is_not_json_is_not_okta(body: bytes) -> None:
    error = Okta(users=httpx.Response(200, headers=DATE, content=body)).refusal()
    assert isinstance(error, SourceUnreachable | SourceError)


@pytest.mark.parametrize("rows", [{}, [None], [[]], ["x"], {"errorCode": "E0000006"}, 7])
def test_json_of_another_shape_is_an_error(rows: object) -> None:
    assert "not what it documents" in Okta(users=httpx.Response(200, headers=DATE, json=rows)).refusal().summary


WELL = ROW | {"id": "00u2", "credentials": {"userName": "ben@enzos-pizza.com"}}


def left(rows: bytes) -> list[tuple[str, str]]:
    """The id of each person who is left as they are, and why; the one who is well is read all the same."""
    body = b"[" + rows + b"," + msgspec.json.encode(WELL) + b"]"
    snapshot = Okta(users=httpx.Response(200, headers=DATE, content=body)).source().read().snapshot
    assert [user.id for user in snapshot.users] == ["00u2"]
    assert all(row.kind == "user" and row.code == "unreadable" for row in snapshot.left_as_is)
    return [(row.id, row.why) for row in snapshot.left_as_is]


@pytest.mark.parametrize("profile", [{}, {"login": ""}, {"login": None}, {"login": 5}])
def test_r13_a_user_without_any_name_is_left_as_they_are(profile: dict[str, object]) -> None:
    row = ROW | {"credentials": None, "_embedded": {"user": {"status": "ACTIVE", "profile": profile}}}
    assert left(msgspec.json.encode(row)) == [("00u1", "has neither a user name in the app nor a login")]


@pytest.mark.parametrize("profile", [b"[]", b'"x"', b"7", b'{"a":"\xff"}', b'{"a":"x\\ud83d"}'])
@pytest.mark.parametrize("own", [b"{}", b'{"team":"eng"}'])
def test_r13_a_profile_that_cannot_be_read_is_found_at_the_door(profile: bytes, own: bytes) -> None:
    row = b'{"id":"00u1","credentials":{"userName":"a"},"profile":%s,"_embedded":{"user":{"status":"A","profile":%s}}}'
    ((identifier, why),) = left(row % (own, profile))
    assert identifier == "00u1"
    assert "profile" in why


@pytest.mark.parametrize(
    ("row", "identifier", "why"),
    [
        ({"id": "a/b"}, "", "an id that cannot be used"),
        ({"id": ""}, "", "an id that cannot be used"),
        ({"id": 5}, "", "Expected `str`, got `int` - at `$.id`"),
        ({"credentials": {"userName": "nul\0"}}, "00u1", "a name that holds NUL"),
        ({"credentials": {"userName": " "}}, "00u1", "blanks or invisible characters"),
        ({"credentials": {"userName": "\u200b\u2060"}}, "00u1", "blanks or invisible characters"),
        ({"credentials": {"userName": ["x"]}}, "00u1", "$.credentials.userName"),
        ({"_embedded": {"user": {"status": 3, "profile": {}}}}, "00u1", "$._embedded.user.status"),
    ],
)
def test_r13_ids_and_names_that_nothing_downstream_could_hold_are_left(
    row: dict[str, object], identifier: str, why: str
) -> None:
    ((found, said),) = left(msgspec.json.encode(ROW | row))
    assert found == identifier
    assert why in said


@pytest.mark.parametrize(
    ("own", "expected"),
    [
        ({}, {"city": "Graz", "note": "é\n", "remote": True}),
        ({"city": "", "note": None, "remote": []}, {"city": "Graz", "note": "é\n", "remote": True}),
        ({"city": "Wien", "team": ["eng"]}, {"city": "Wien", "note": "é\n", "remote": True, "team": ["eng"]}),
        ({"remote": 1}, {"city": "Graz", "note": "é\n", "remote": 1}),
    ],
)
def test_profiles_are_merged_whether_they_are_opened_or_not(
    own: dict[str, object], expected: dict[str, object]
) -> None:
    profile = {"city": "Graz", "note": "é\n", "remote": True}
    row = ROW | {"profile": own, "_embedded": {"user": {"status": "ACTIVE", "profile": profile}}}
    (user,) = Okta(users=page(row)).source().read().snapshot.users
    assert canonical_bytes(user.attributes()) == canonical_bytes(expected)


def test_a_user_whose_profile_is_nowhere_is_an_error() -> None:
    bare = ROW | {"_embedded": {"user": {"status": "ACTIVE"}}}
    plain = {"id": "00u1", "status": "ACTIVE"}
    okta = Okta(users=lambda request: page(plain if "filter" in request.url.params else bare))
    assert "no profile of user 00u1" in okta.refusal().summary


def test_without_a_date_the_local_clock_says_when() -> None:
    okta = Okta(app=httpx.Response(200, json=APP), users=httpx.Response(200, json=[ROW]))
    assert okta.source().read().snapshot.taken_at == "2027-01-15T08:00:00Z"


def test_a_403_without_a_body_and_words_with_escapes_and_keys_are_harmless() -> None:
    body = {"errorCode": "E1", "errorSummary": "\x1b[31m" + TOKEN + "\n" + "x" * 5000, "errorCauses": []}
    error = Okta(users=httpx.Response(403, headers=DATE, json=body)).refusal()
    assert isinstance(error, AuthorizationError)
    assert "\x1b" not in error.summary
    assert len(error.summary) < 600
    assert isinstance(Okta(users=httpx.Response(403, headers=DATE)).refusal(), AuthorizationError)


@pytest.mark.parametrize("status", [401, 403])
def test_a_web_page_is_not_okta_s_word_about_a_credential(status: int) -> None:
    error = Okta(users=httpx.Response(status, headers=DATE, content=b"<html>Blocked</html>")).refusal()
    assert isinstance(error, SourceUnreachable)
    assert f"a web page ({status})" in error.summary
    assert "proxy" in error.why


def test_a_429_without_headers_waits_a_while_and_one_with_retry_after_as_long_as_it_says() -> None:
    for headers, least, most in (({}, 10, 11), ({"retry-after": "7"}, 7, 8), ({"retry-after": "soon"}, 10, 11)):
        answers = [httpx.Response(429, headers=DATE | headers)]
        okta = Okta(users=lambda request, answers=answers: answers.pop() if answers else None)
        assert len(okta.source().read().snapshot.users) == 1
        assert any(least <= seconds <= most for seconds in okta.clock.sleeps)
