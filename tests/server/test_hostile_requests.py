"""Requests that mean harm, or nothing: each has its code and SCIM's words, and the next request is answered."""

import json
import logging
import time
from collections.abc import Iterator
from itertools import product
from typing import Any
from urllib.parse import quote

import pytest

from idsync.reconcile.pushed.user_pushes import UserPushes
from idsync.server.logs import LOG
from idsync.server.scim import storage
from idsync.server.scim.request_limits import LONGEST_NAME, MOST_BULK
from tests.server.conftest import BASE, Served
from tests.server.listening import ERROR, Logged
from tests.server.test_odd_requests import BULK, PATCH, SEARCH
from tests.server.test_scim_door import GROUP, USER, asked, user

QUICK = 5.0
"""So many seconds a bomb may take on a busy machine; unbounded, each took more than ten, or minutes."""


@pytest.fixture(autouse=True)
def nothing_failed() -> Iterator[None]:
    """No request made the service fail in a way that nobody foresaw."""
    logged = Logged()
    LOG.addHandler(logged)
    yield
    LOG.removeHandler(logged)
    assert logged.failures == []


def refused(service: Served, method: str, path: str, **how: Any) -> tuple[int, str | None]:
    """The code and the scimType of an error, which has SCIM's form and came soon."""
    begun = time.monotonic()
    code, told = asked(service, method, path, **how)
    assert time.monotonic() - begun < QUICK
    assert (told["schemas"], told["status"]) == ([ERROR], str(code))
    assert told["detail"]
    return code, told.get("scimType")


def made(service: Served, name: str = "ann@x.com") -> str:
    """The path of somebody who was pushed."""
    return f"/Users/{asked(service, 'POST', '/Users', json=user(name, externalId='00u1'))[1]['id']}"


def of(text: str) -> bytes:
    """A user whose JSON ends in this text."""
    return f'{{"schemas":["{USER}"],"userName":"ann@x.com",{text}}}'.encode()


NO_JSON = {
    "a name twice": of('"title":"a","title":"b"'),
    "a user name twice": of('"userName":"bob@x.com"'),
    "a name twice but for its case": of('"USERNAME":"bob@x.com"'),
    "a name twice further in": of('"name":{"givenName":"a","givenname":"b"}'),
    "NaN": of('"x":NaN'),
    "Infinity": of('"x":[-Infinity]'),
    "a number out of range": of('"x":1e999'),
    "an endless number": of('"x":' + "9" * 100_000),
    "deep lists": of('"x":' + "[" * 100_000),
    "deep objects": of('"x":' + '{"a":' * 5000 + "1" + "}" * 5000),
    "a byte order mark": b"\xef\xbb\xbf" + of('"x":1'),
    "UTF-16": of('"x":1').decode().encode("utf-16"),
    "overlong UTF-8": of('"x":"@"').replace(b"@", b"\xc0\xae"),
    "half a surrogate pair": of('"x":"\\ud800"'),
    "half a surrogate pair as a name": of('"\\udfff":1'),
    "a comma at the end": of('"x":1,'),
    "two values": of('"x":1') + b"{}",
    "a comment": of('/* */ "x":1'),
}


@pytest.mark.parametrize(
    ("method", "path"), [("POST", "/Users"), ("PUT", "/Users/x"), ("POST", "/Bulk"), ("POST", "/.search")]
)
def test_what_is_not_json_is_400(service: Served, method: str, path: str) -> None:
    for what, body in NO_JSON.items():
        code, kind = refused(service, method, path, content=body)
        assert code == 413 or (code, kind) == (400, "invalidSyntax"), what
    assert service.directory().users == {}


def test_a_deep_value_that_is_taken_comes_back_whole(service: Served) -> None:
    deep: Any = "end"
    for _ in range(60):
        deep = {"a": [deep]}
    path = f"/Users/{asked(service, 'POST', '/Users', json=user('ann@x.com', x=deep))[1]['id']}"
    assert asked(service, "GET", path)[1]["x"] == deep
    assert asked(service, "PATCH", path, json=changes({"op": "add", "path": "title", "value": "a"}))[0] == 200
    assert asked(service, "GET", path)[1]["x"] == deep


SCHEMAS: list[Any] = [None, [GROUP], ["x"], USER, 5, [None], {}, [[]], [USER.upper() + ":x"]]


def test_schemas_that_are_others_are_400(service: Served) -> None:
    for schemas in SCHEMAS:
        code, kind = refused(service, "POST", "/Users", json={"schemas": schemas, "userName": "ann@x.com"})
        assert (code, kind) in ((400, "invalidSyntax"), (400, "invalidValue")), schemas
    assert service.directory().users == {}


NAMES = {
    "a NUL": "a\0b",
    "a line break": "a\nb",
    "a carriage return": "a\r\nb",
    "another line break": "a\u2028b",
    "right to left": "a\u202eb",
    "a mark of order": "\ufeffa",
    "a joiner": "a\u200db",
    "an escape": "\x1b[31ma",
    "tags": "\U000e0041",
    "private use": "\ue000",
    "white space around": " a ",
    "no-break space around": "\xa0a",
    "10 kB": "x" * 10_000,
    "accents over accents": "a" + "\u0301" * 5000,
    "a character more than there may be": "x" * (LONGEST_NAME + 1),
}


def test_a_name_that_hides_or_acts_is_400(service: Served) -> None:
    path = made(service, "bob@x.com")
    for what, name in NAMES.items():
        for kind, body in (
            ("Users", user(name)),
            ("Users", user("ann@x.com", externalId=name)),
            ("Groups", {"schemas": [GROUP], "displayName": name}),
        ):
            assert refused(service, "POST", f"/{kind}", json=body) == (400, "invalidValue"), what
        assert refused(service, "PUT", path, json=user(name)) == (400, "invalidValue"), what
    assert sorted(service.directory().users) == ["bob@x.com"]


ODD_NAMES = [
    "../../etc/passwd",
    "a/b",
    "..",
    ".",
    "%00",
    "%2e%2e",
    "a b",
    "'",
    '"',
    "\\",
    "\\u0041",
    "<b>",
    "null",
    "0",
    "💥",
]
ODD_NAMES += ["x" * LONGEST_NAME, '"' * LONGEST_NAME, "é", "ß", "İ", "=1+1", "* or 1=1", "${x}", "ann@x.com; x", "名前"]


def test_an_odd_name_is_a_name_like_any(service: Served) -> None:
    for number, name in enumerate(ODD_NAMES):
        made = asked(service, "POST", "/Users", json=user(name, externalId=f"00u{number}"))[1]
        assert asked(service, "GET", f"/Users/{made['id']}")[1]["userName"] == name
        wanted = quote(f"userName eq {json.dumps(name, ensure_ascii=False)}")
        found = asked(service, "GET", f"/Users?filter={wanted}")[1]["Resources"]
        assert [each["userName"] for each in found] == [name]
        assert refused(service, "POST", "/Users", json=user(name)) == (409, "uniqueness")
    assert sorted(service.directory().users) == sorted(ODD_NAMES)


FILTERS = {
    "parentheses": "(" * 1_000_000,
    "closed parentheses": "(" * 9000 + "title pr" + ")" * 9000,
    "nots": "not (" * 100_000 + "title pr" + ")" * 100_000,
    "ors": " or ".join(['userName eq "a"'] * 100_000),
    "ands": " and ".join(["title pr"] * 5000),
    "parts": "a" + ".a" * 100_000 + " pr",
    "brackets": "emails[" * 50_000,
    "a long text": 'userName eq "' + "a" * 100_000 + '"',
    "quotes": '"' * 50_000,
    "nothing": "",
    "a NUL": "\0",
    "a number that is none": "userName eq NaN",
    "a number out of range": "userName eq 1e999",
    "a date out of range": 'meta.created gt "99999-01-01T00:00:00Z"',
    "an attribute that there is not": "urn:x:y pr",
}


def test_a_filter_that_is_a_bomb_is_400_at_once(service: Served) -> None:
    made(service)
    for what, wanted in FILTERS.items():
        search = {"schemas": [SEARCH], "filter": wanted}
        for path in ("/.search", "/Users/.search"):
            code, kind = refused(service, "POST", path, json=search)
            assert code == 413 or (code, kind) == (400, "invalidFilter"), what
        if len(wanted) < 20_000:
            assert refused(service, "GET", f"/Users?filter={quote(wanted)}") == (400, "invalidFilter"), what


@pytest.mark.parametrize("text", ["\\ud800", "\\udc00x", "\\ud800\\u0041"])
def test_half_a_surrogate_pair_within_a_filter_or_a_path(service: Served, text: str) -> None:
    path = made(service)
    group = asked(service, "POST", "/Groups", json={"schemas": [GROUP], "displayName": "eng"})[1]["id"]
    for attribute in ("userName", "externalId"):
        assert refused(service, "GET", f'/Users?filter={attribute} eq "{text}"') == (400, "invalidValue")
    assert refused(service, "GET", f'/Groups?filter=displayName eq "{text}"') == (400, "invalidValue")
    assert asked(service, "GET", f'/Users?filter=title sw "{text}"')[1]["totalResults"] == 0
    for where, what in (
        (path, f'emails[type eq "{text}"].value'),
        (f"/Groups/{group}", f'members[value eq "{text}"]'),
        (f"/Groups/{group}", f'members[display eq "{text}"]'),
    ):
        for op in ("add", "replace", "remove"):
            operation = {"op": op, "path": what} | ({} if op == "remove" else {"value": "x"})
            assert asked(service, "PATCH", where, json=changes(operation))[0] in (200, 400)
            assert asked(service, "GET", where)[0] == 200


def test_a_search_that_takes_too_long_is_broken_off(service: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    made(service)
    monkeypatch.setattr(storage, "SEARCH_SECONDS", -1.0)
    assert refused(service, "GET", "/Users?filter=title pr") == (400, "tooMany")
    assert refused(service, "GET", "/Users?sortBy=title") == (400, "tooMany")
    assert asked(service, "GET", '/Users?filter=userName eq "ann@x.com"')[1]["totalResults"] == 1
    assert asked(service, "GET", "/Users?count=1")[1]["totalResults"] == 1


HUGE = 10**30


@pytest.mark.parametrize("count", [-HUGE, -1, 0, 1, 10**9, 2**63, HUGE])
def test_pages_beyond_every_end(service: Served, count: int) -> None:
    made(service)
    for start in (-HUGE, -1, 0, 1, 2, 10**9, 2**63, HUGE):
        paged(service, start, count)


def paged(service: Served, start: int, count: int) -> None:
    """Ask for a page in every way, of one person."""
    pages = [
        asked(service, "GET", f"/Users?startIndex={start}&count={count}{more}")[1]
        for more in ("", "&sortBy=userName", "&filter=userName pr")
    ]
    search = {"schemas": [SEARCH], "startIndex": start, "count": count}
    pages.append(asked(service, "POST", "/Users/.search", json=search)[1])
    for page in pages:
        assert (page["totalResults"], len(page["Resources"])) == (1, 1 if start < 2 and count > 0 else 0)


SENSELESS = ["count=", "count=x", "count=1.5", "count=1e9", "count=%D9%A1", "startIndex=", "startIndex=true", "sortBy="]
SENSELESS += ["sortBy=password", "sortBy=userName&sortOrder=x", "attributes=*", "sortBy=" + "a." * 999]
SENSELESS += ["attributes=userName&excludedAttributes=title", "attributes=" + ",".join(["title"] * 5000)]
SENSELESS += ["excludedAttributes=" + ",".join(["a"] * 500)]


def test_a_query_that_makes_no_sense_is_400(service: Served) -> None:
    made(service)
    for query in SENSELESS:
        assert refused(service, "GET", f"/Users?{query}")[0] == 400, query[:80]


TAGS = ["", '"', "W/", 'W/"', '"1', 'W/"99999999999999999999999"', "," * 8000, '"a",' * 1500, "\\", "' or 1=1", "é"]


def test_a_version_that_is_nonsense_is_412_or_none(service: Served) -> None:
    path = made(service)
    group = asked(service, "POST", "/Groups", json={"schemas": [GROUP], "displayName": "eng"})[1]["id"]
    member = changes({"op": "remove", "path": 'members[value eq "x"]'})
    for tag in TAGS:
        headers, told = {"If-Match": tag.encode()}, 412 if tag else 200
        assert asked(service, "PUT", path, json=user("ann@x.com", externalId="00u1"), headers=headers)[0] == told
        assert asked(service, "PATCH", f"/Groups/{group}", json=member, headers=headers)[0] == told
        if told == 412:
            assert refused(service, "DELETE", path, headers=headers)[0] == 412
        assert asked(service, "GET", path, headers={"If-None-Match": tag.encode()})[0] == 200


def changes(*operations: Any) -> dict[str, Any]:
    """The body of a PATCH."""
    return {"schemas": [PATCH], "Operations": list(operations)}


PATHS = ["[", "emails[", "emails[[", 'emails[type eq "a"', "emails[]", "a..b", "/userName", "..", "*", "emails[" * 900]
PATHS += [
    'emails[type eq "a"][type eq "b"]',
    'emails[type eq "work"].value.x',
    "urn:x",
    "a.b.c.d",
    "\0",
    " ",
    "x" * 2001,
]
PATHS += ["(" * 1000, "emails[" + "not (" * 300 + "type pr" + ")" * 300 + "]"]


def test_a_path_that_leads_nowhere_is_400(service: Served) -> None:
    person = made(service)
    before = asked(service, "GET", person)[1]
    for path, op in product(PATHS, ("add", "replace")):
        code, kind = refused(service, "PATCH", person, json=changes({"op": op, "path": path, "value": "x"}))
        assert code == 400, path
        assert kind in ("invalidPath", "invalidFilter", "invalidValue", "noTarget"), path
    assert asked(service, "GET", person)[1] == before


READ_ONLY = ["id", "meta", "meta.version", "groups", "schemas"]
INSIDE = ["__class__", "model_config", "model_fields", "__dict__", "Operations", "constructor", "__proto__"]


def test_what_only_we_say_and_what_python_says_stays(service: Served) -> None:
    person = made(service)
    before = asked(service, "GET", person)[1]
    values: list[Any] = ["x", {"a": 1}, [], None, 7]
    for path, value, op in product(READ_ONLY + INSIDE, values, ("add", "replace", "remove")):
        assert asked(service, "PATCH", person, json=changes({"op": op, "path": path, "value": value}))[0] in (200, 400)
    after = asked(service, "GET", person)[1]
    assert (after["id"], after["userName"], after["active"]) == (before["id"], "ann@x.com", True)
    assert (after["meta"]["created"], after["meta"]["location"]) == (
        before["meta"]["created"],
        before["meta"]["location"],
    )


def test_a_title_that_is_not_a_text_is_400(service: Served) -> None:
    group = asked(service, "POST", "/Groups", json={"schemas": [GROUP], "displayName": "eng"})[1]["id"]
    for value in (["x"], {"a": 1}, 7, True, ""):
        operation = {"op": "replace", "value": {"displayName": value}}
        assert refused(service, "PATCH", f"/Groups/{group}", json=changes(operation))[0] == 400
    assert asked(service, "GET", f"/Groups/{group}")[1]["displayName"] == "eng"


def test_a_patch_with_very_many_operations_is_413(service: Served) -> None:
    person = made(service)
    title = [{"op": "replace", "path": "title", "value": "x"}]
    emails = [{"op": "add", "path": "emails", "value": [{"value": f"a{n}@x.com"}]} for n in range(3000)]
    for operations in (title * 201, title * 100_000, emails[:201], emails):
        assert refused(service, "PATCH", person, json=changes(*operations))[0] == 413
    assert asked(service, "PATCH", person, json=changes(*title * 200))[0] == 200


def test_a_resource_cannot_grow_without_an_end(service: Served) -> None:
    person = made(service)
    assert refused(service, "PUT", person, json=user("ann@x.com", x="x" * 300_000))[0] == 413
    codes = [
        asked(service, "PATCH", person, json=changes({"op": "add", "path": name, "value": "x" * 100_000}))[0]
        for name in ("title", "nickName", "userType", "locale")
    ]
    assert codes == [200, 200, 413, 413]
    group = {"schemas": [GROUP], "displayName": "eng", "x": "x" * 300_000}
    assert refused(service, "POST", "/Groups", json=group)[0] == 413
    assert asked(service, "GET", person)[0] == 200


def bulk(*operations: Any) -> dict[str, Any]:
    """The body of a bulk request."""
    return {"schemas": [BULK], "Operations": list(operations)}


def created(name: str, bulk_id: str, *members: str) -> dict[str, Any]:
    """An operation that creates a group of these."""
    group = {"schemas": [GROUP], "displayName": name, "members": [{"value": each} for each in members]}
    return {"method": "POST", "path": "/Groups", "bulkId": bulk_id, "data": group}


def test_a_bulk_request_of_ten_thousand_is_413_at_once(service: Served) -> None:
    people = [
        {"method": "POST", "path": "/Users", "bulkId": str(number), "data": user(f"p{number}@x.com")}
        for number in range(10_000)
    ]
    empty: list[Any] = [{}] * 10_000
    for operations in (people, empty, people[: MOST_BULK + 1]):
        assert refused(service, "POST", "/Bulk", json=bulk(*operations))[0] == 413
    assert service.directory().users == {}
    told = asked(service, "GET", "/ServiceProviderConfig")[1]["bulk"]
    assert (told["maxOperations"], told["maxPayloadSize"]) == (MOST_BULK, 1 << 20)


def test_a_bulk_request_that_refers_in_circles_is_409_each(service: Served) -> None:
    circles = [
        [created("a", "a", "bulkId:a")],
        [created("a", "a", "bulkId:b"), created("b", "b", "bulkId:a")],
        [created(str(n), str(n), f"bulkId:{(n + 1) % 100}") for n in range(100)],
        [created("a", "a", "bulkId:nobody")],
        [created("a", "a", "bulkId:")],
    ]
    for operations in circles:
        code, told = asked(service, "POST", "/Bulk", json=bulk(*operations))
        assert code == 200
        assert {each["status"] for each in told["Operations"]} <= {"409", "400"}
    assert service.directory().access_lists == {}


ODD_OPERATIONS: list[Any] = [
    {},
    {"method": "GET", "path": "/Users"},
    {"method": "TRACE", "path": "/Users"},
    {"method": "POST", "path": "/Bulk", "bulkId": "q", "data": {}},
    {"method": "POST", "path": "/.search", "bulkId": "q", "data": {}},
    {"method": "POST", "path": "/Me", "bulkId": "q", "data": user("ann@x.com")},
    {"method": "POST", "path": "/Users/../Groups", "bulkId": "q", "data": user("ann@x.com")},
    {"method": "POST", "path": "https://x.com/Users", "bulkId": "q", "data": user("ann@x.com")},
    {"method": "POST", "path": "//x.com/scim/v2/okta/Users", "bulkId": "q", "data": user("ann@x.com")},
    {"method": "POST", "path": "/Users", "data": user("ann@x.com")},
    {"method": "POST", "path": "/Users", "bulkId": "q", "data": []},
    {"method": "DELETE", "path": "/Users"},
    {"method": "DELETE", "path": "/Users/nobody"},
    {"method": "DELETE", "path": "/Users/%2e%2e"},
    {"method": "PATCH", "path": "/Users/nobody", "data": changes({"op": "add", "path": "[", "value": 1})},
    {"method": None, "path": None, "bulkId": None, "data": None},
    {"method": "PUT", "path": "/Users/nobody", "version": "nonsense", "data": user("ann@x.com")},
]


def test_an_operation_that_cannot_be_is_refused_alone(service: Served) -> None:
    for number, operation in enumerate(ODD_OPERATIONS):
        good = {"method": "POST", "path": "/Users", "bulkId": "good", "data": user(f"good{number}@x.com")}
        code, told = asked(service, "POST", "/Bulk", json=bulk(operation, good))
        assert (code, told["Operations"][1]["status"]) == (200, "201")
        assert told["Operations"][0]["status"] in ("400", "404", "405", "501"), operation
    assert sorted(service.directory().users) == sorted(f"good{number}@x.com" for number in range(len(ODD_OPERATIONS)))


@pytest.mark.parametrize(("most", "done"), [(None, 3), (0, 1), (1, 1), (2, 2)])
def test_a_bulk_request_ends_at_as_many_errors_as_it_accepts_and_with_none_at_the_first(
    service: Served, most: int | None, done: int
) -> None:
    body = bulk(*({"method": "DELETE", "path": f"/Users/nobody{number}"} for number in range(3)))
    code, told = asked(service, "POST", "/Bulk", json=body | ({} if most is None else {"failOnErrors": most}))
    assert (code, len(told["Operations"])) == (200, done)


def test_a_bulk_request_without_operations_is_400(service: Served) -> None:
    operations: list[Any] = [None, 5, [], {}]
    empty: list[Any] = [[], {}, {"schemas": [BULK]}]
    empty += [{"schemas": [BULK], "Operations": each} for each in operations]
    for body in empty:
        assert refused(service, "POST", "/Bulk", json=body)[0] == 400, body


METHODS = ["PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "PROPFIND", "LOCK", "SEARCH", "PURGE", "M-SEARCH"]


def test_methods_that_there_are_not_are_405_with_those_that_there_are(service: Served) -> None:
    there = (("/Users", "GET, POST"), ("/Bulk", "POST"), ("/Schemas", "GET"), ("/.search", "POST"))
    for method, (path, allowed) in product(METHODS, there):
        headers = {"Authorization": f"Bearer {service.token}"}
        answer = service.http.request(method, BASE + path, headers=headers)
        assert (answer.status_code, answer.headers["allow"], answer.json()["status"]) == (405, allowed, "405")
        assert service.http.request(method, f"{BASE}/Users").status_code == 401, "who asks comes first"


def test_head_is_get_without_a_body(service: Served) -> None:
    path, headers = made(service), {"Authorization": f"Bearer {service.token}"}
    assert service.http.head(BASE + path, headers=headers).status_code == 200
    assert service.http.head(f"{BASE}/Users/nobody", headers=headers).status_code == 404


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "br", "x"])
def test_a_packed_body_is_415(service: Served, encoding: str) -> None:
    body, headers = json.dumps(user("ann@x.com")).encode(), {"Content-Encoding": encoding}
    assert refused(service, "POST", "/Users", content=body, headers=headers)[0] == 415


@pytest.mark.parametrize("kind", ["text/plain", "application/xml", "*/*", "multipart/form-data; boundary=x", "x"])
def test_a_body_of_another_type_is_415_whatever_it_holds(service: Served, kind: str) -> None:
    for path in ("/Users", "/Bulk", "/.search"):
        assert refused(service, "POST", path, content=b"{" * 100_000, headers={"Content-Type": kind})[0] == 415


FAR = ["/Users/%2e%2e/Groups", "/Users/..%2f..%2fx", "/Users;x", "/Users/a%2fb"]
FAR += ["/Users/%0d%0aX:y", "/Users/%00", "/Users/%ff%fe", "/Users/%c0%ae", "/%0a", "/Users/.search", "/Schemas/%2e%2e"]
FAR += ["/Users/" + "x" * 5000, "/" + "a/" * 500, "/%252e%252e", "/Users%20", "/Users/*", "/Nobody"]


def test_paths_that_lead_nowhere_are_404(service: Served) -> None:
    made(service)
    for path in FAR:
        assert refused(service, "GET", path)[0] == 404, path
        assert refused(service, "DELETE", path)[0] in (404, 405), path
    assert list(service.directory().users) == ["ann@x.com"]


@pytest.mark.parametrize("path", ["//Users", "/Users/", "/Users//", "/users", "/%55sers", "/Users.scim"])
def test_other_spellings_of_a_path_are_the_same(service: Served, path: str) -> None:
    made(service)
    assert asked(service, "GET", path)[1]["totalResults"] == 1


BESIDE = [
    "/scim/v2/other/Users",
    "/scim/v2/okta%0a/Users",
    "/scim/v2/OKTA/Users",
    "/scim/v2/..%2fokta/Users",
    "/scim/v2/%00/",
]


@pytest.mark.parametrize("path", BESIDE)
def test_another_integrations_address_is_401(service: Served, path: str) -> None:
    answer = service.http.get(path, headers={"Authorization": f"Bearer {service.token}"})
    assert (answer.status_code, answer.json()["schemas"]) == (401, [ERROR])


@pytest.mark.parametrize(
    "path", ["/scim", "/scim/v2", "/scim/v2/", "/scim/v1/okta/Users", "/scim//v2/okta/Users", "/v1/webapi/x"]
)
def test_an_address_near_ours_is_404_in_scims_words(service: Served, path: str) -> None:
    answer = service.http.get(path, headers={"Authorization": f"Bearer {service.token}"})
    assert (answer.status_code, answer.json()["schemas"]) == (404, [ERROR])


def test_a_failure_that_nobody_foresaw_is_logged_and_told_nobody(
    service: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise ZeroDivisionError("a secret of the inside")

    logged = Logged()
    LOG.addHandler(logged)
    kept = LOG.handlers[:]
    LOG.handlers[:] = [logged]
    monkeypatch.setattr(UserPushes, "create", fail)
    try:
        code, told = asked(service, "POST", "/Users", json=user("ann@x.com"))
    finally:
        LOG.handlers[:] = [each for each in kept if each is not logged]
    assert (code, "inside" in told["detail"]) == (500, False)
    assert [each.levelno for each in logged.records if each.exc_info] == [logging.ERROR]
