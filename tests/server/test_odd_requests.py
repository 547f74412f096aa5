"""Whatever a client sends, the answer is SCIM's and never a failure of ours; what was there stays readable."""

import json
from typing import Any
from urllib.parse import quote

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.server.conftest import BASE, Served
from tests.server.test_scim_door import GROUP, USER, asked, user

PATCH = "urn:ietf:params:scim:api:messages:2.0:PatchOp"
BULK = "urn:ietf:params:scim:api:messages:2.0:BulkRequest"
SEARCH = "urn:ietf:params:scim:api:messages:2.0:SearchRequest"
CORE = (
    "schemas",
    "userName",
    "displayName",
    "active",
    "externalId",
    "members",
    "emails",
    "name",
    "groups",
    "id",
    "meta",
)
PARTS = ("value", "display", "givenName", "type", "primary", "groups", "meta", "password", "$ref", "a.b", "x[y eq 1]")
MESSAGES = ("op", "path", "Operations", "method", "data", "bulkId", "filter", "count", "startIndex", "sortBy")
WORDS = st.sampled_from([*CORE, *PARTS, *MESSAGES])
TEXTS = WORDS | st.text(max_size=12) | st.sampled_from([USER, GROUP, PATCH, BULK, SEARCH, "\ud800", "a\0b", "é", " "])
PLAIN = st.none() | st.booleans() | st.integers(-(2**70), 2**70) | st.floats() | TEXTS
VALUES = st.recursive(
    PLAIN, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=5), max_leaves=12
)
SCHEMAS = st.sampled_from([[USER], [GROUP], [PATCH], [BULK], [SEARCH], [], None])
BODIES = st.tuples(st.dictionaries(WORDS, VALUES, max_size=6), SCHEMAS).map(
    lambda pair: pair[0] | ({} if pair[1] is None else {"schemas": pair[1]})
)
OPERATIONS = st.lists(
    st.fixed_dictionaries(
        {"op": st.sampled_from(["add", "Replace", "remove", "move", ""])},
        optional={"path": TEXTS | st.just('members[value eq "x"]') | st.just("emails[type eq"), "value": VALUES},
    ),
    max_size=4,
)
KINDS = st.sampled_from(["Users", "Groups"])


def sent(service: Served, method: str, path: str, body: Any) -> int:
    """The code of an answer, which is one of SCIM's."""
    headers = {"Authorization": f"Bearer {service.token}", "Content-Type": "application/scim+json"}
    content = json.dumps(body).encode()
    answer = service.http.request(method, f"{BASE}/{path}", content=content, headers=headers)
    if answer.content:
        told = answer.json()
        if answer.status_code >= 400:
            assert told["status"] == str(answer.status_code), told
    return answer.status_code


MANY = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@MANY
@given(kind=KINDS, body=BODIES | VALUES)
def test_no_body_makes_the_service_fail(service: Served, kind: str, body: Any) -> None:
    assert sent(service, "POST", kind, body) < 500
    for path in (".search", "Bulk"):
        assert sent(service, "POST", path, body) < 500


@MANY
@given(operations=OPERATIONS, body=BODIES)
def test_no_change_makes_the_service_fail(service: Served, operations: Any, body: Any) -> None:
    found = asked(service, "GET", '/Users?filter=userName eq "ann@x.com"')[1]["Resources"]
    ann = found[0] if found else asked(service, "POST", "/Users", json=user("ann@x.com", externalId="00u1"))[1]
    path = f"Users/{ann['id']}"
    assert sent(service, "PATCH", path, {"schemas": [PATCH], "Operations": operations}) < 500
    assert sent(service, "PUT", path, body) < 500
    assert sent(service, "PUT", path, user("ann@x.com", externalId="00u1")) == 200


@MANY
@given(query=st.dictionaries(st.sampled_from(["filter", "count", "startIndex", "sortBy", "attributes"]), TEXTS))
def test_no_query_makes_the_service_fail(service: Served, query: dict[str, str]) -> None:
    asked_for = "&".join(f"{name}={quote(text.encode('utf-8', 'replace'))}" for name, text in query.items())
    for kind in ("Users", "Groups", ""):
        assert asked(service, "GET", f"/{kind}?{asked_for}")[0] < 500
