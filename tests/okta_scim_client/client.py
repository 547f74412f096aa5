"""The requests, one by one, as Okta words them; each is recorded."""

from dataclasses import dataclass, field
from typing import Any, Protocol
from urllib.parse import quote, quote_plus

from tests.okta_scim_client.people import Assigned
from tests.okta_scim_client.quirks import Quirks

USER = "urn:ietf:params:scim:schemas:core:2.0:User"
ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
GROUP = "urn:ietf:params:scim:schemas:core:2.0:Group"
PATCH = "urn:ietf:params:scim:api:messages:2.0:PatchOp"
HEADERS = {
    "User-Agent": "Okta SCIM Client 1.0.0",
    "Accept": "application/scim+json",
    "Accept-Charset": "utf-8",
    "Content-Type": "application/scim+json; charset=utf-8",
}
PAGE = 100


class Answer(Protocol):
    """What comes back."""

    @property
    def status_code(self) -> int: ...

    @property
    def content(self) -> bytes: ...

    @property
    def text(self) -> str: ...

    def json(self) -> Any: ...


class Http(Protocol):
    """What sends requests: a client on a socket, or one without."""

    def request(self, method: str, url: str, *, json: Any, headers: dict[str, str]) -> Answer: ...


class Refused(Exception):
    """The app did not do what it was asked; the text is what an administrator reads."""

    def __init__(self, code: int, text: str) -> None:
        super().__init__(f"{code}: {text}")
        self.code = code
        self.text = text


@dataclass
class OktaScimClient:
    """Speaks to one base URL with one token."""

    http: Http
    base_url: str
    token: str
    quirks: Quirks = field(default_factory=Quirks)
    requests: list[tuple[str, str]] = field(default_factory=list)

    def find_user(self, username: str) -> dict[str, Any] | None:
        """The first user of a name."""
        return self._find("Users", f'userName eq "{username}"')

    def find_group(self, name: str) -> dict[str, Any] | None:
        """The first group of a name."""
        return self._find("Groups", f'displayName eq "{name}"')

    def get(self, kind: str, scim_id: str) -> dict[str, Any]:
        """One resource."""
        return self._asked("GET", f"{kind}/{scim_id}")

    def create(self, kind: str, body: dict[str, Any]) -> str:
        """The id of a new resource; an answer without one is a failure."""
        made = self._asked("POST", kind, body, expected={201})
        if not made.get("id"):
            raise Refused(201, "the answer has no id")
        return str(made["id"])

    def replace(self, kind: str, scim_id: str, changed: dict[str, Any]) -> dict[str, Any]:
        """GET, then PUT of what was returned with the changes merged in."""
        return self._asked("PUT", f"{kind}/{scim_id}", self.get(kind, scim_id) | changed)

    def patch(self, kind: str, scim_id: str, operations: list[dict[str, Any]]) -> None:
        """PATCH with these operations."""
        named = [operation | {"op": self._operation(operation["op"])} for operation in operations]
        self._asked("PATCH", f"{kind}/{scim_id}", {"schemas": [PATCH], "Operations": named}, expected={200, 204})

    def delete(self, kind: str, scim_id: str) -> None:
        """DELETE one resource."""
        self._asked("DELETE", f"{kind}/{scim_id}", expected={200, 204})

    def all(self, kind: str) -> list[dict[str, Any]]:
        """Every resource, page by page; pages that disagree about the total are a failure."""
        found: list[dict[str, Any]] = []
        totals = set()
        while True:
            page = self._asked("GET", f"{kind}?startIndex={len(found) + 1}&count={PAGE}")
            totals.add(page["totalResults"])
            found += page.get("Resources", [])
            if len(totals) > 1:
                raise Refused(200, f"totalResults changed between pages: {totals}")
            if len(found) >= page["totalResults"] or not page.get("Resources"):
                return found

    def test(self, *, groups: bool) -> None:
        """What saving a provisioning page asks."""
        self._asked("GET", "Users?startIndex=1&count=2")
        if groups:
            self._asked("GET", "Groups?startIndex=1&count=100")

    def user_body(self, person: Assigned) -> dict[str, Any]:
        """A user as it is pushed."""
        profile, quirks = person.profile, self.quirks
        email: dict[str, Any] = {"primary": True, "value": profile.get("email", person.username)}
        body: dict[str, Any] = {
            "schemas": [USER],
            "userName": person.username,
            "name": {"givenName": profile.get("firstName", ""), "familyName": profile.get("lastName", "")},
            "emails": [email | ({"type": "work"} if quirks.email_type else {})],
            "displayName": profile.get("displayName", person.username),
            "groups": [],
            "password": "placeholder-that-nobody-may-keep",
            "active": True,
        }
        if quirks.external_id:
            body["externalId"] = person.okta_id
        for name in ("title", "userType", "locale"):
            if name in profile:
                body[name] = profile[name]
        extra = {name: profile[name] for name in ("department", "costCenter", "division") if name in profile}
        if quirks.enterprise and extra:
            body["schemas"] = [USER, ENTERPRISE]
            body[ENTERPRISE] = extra
        return body

    def member(self, person: Assigned) -> dict[str, Any]:
        """A member of a group, as it is pushed."""
        display: dict[str, dict[str, Any]] = {
            "name": {"display": person.username},
            "null": {"display": None},
            "absent": {},
        }
        return {"value": person.scim_id, **display[self.quirks.member_display]}

    def _operation(self, name: str) -> str:
        return name.capitalize() if self.quirks.capital_operations else name

    def _find(self, kind: str, text: str) -> dict[str, Any] | None:
        encoded = quote_plus(text) if self.quirks.filter_with_plus else quote(text)
        found = self._asked("GET", f"{kind}?filter={encoded}&startIndex=1&count=100")
        resources = found.get("Resources") or []
        return resources[0] if resources else None

    def _asked(
        self, method: str, path: str, body: dict[str, Any] | None = None, *, expected: set[int] | None = None
    ) -> dict[str, Any]:
        self.requests.append((method, path.split("?")[0]))
        headers = HEADERS | {"Authorization": f"Bearer {self.token}"}
        answer = self.http.request(method, f"{self.base_url}/{path}", json=body, headers=headers)
        if answer.status_code not in (expected or {200}):
            raise Refused(answer.status_code, _told(answer))
        return dict(answer.json()) if answer.content else {}


def _told(answer: Answer) -> str:
    """What an administrator reads of an error."""
    try:
        return f"Errors reported by remote server: {answer.json()['detail']}"
    except (ValueError, KeyError, TypeError):
        return f"Invalid JSON: {answer.text[:80]}"
