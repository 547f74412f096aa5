"""Okta's listings of a made-up organization: rows as fat as Okta's own, rendered once and cut into pages on request.

Shapes follow Okta's Management API: users, groups, apps and their assignments as its listings show them.
"""

from collections.abc import Sequence
from urllib.parse import parse_qs

import msgspec

from idsync.model.identity import IdentityApp, IdentityGroup, IdentityUser, Snapshot

_BEGUN = "2021-03-02T08:15:30.000Z"
_MOVED = "2026-10-19T14:02:11.000Z"
_LARGEST = {"members": 1000, "app users": 500}
_SMALLER = 200
_encode = msgspec.json.Encoder().encode


class Page(msgspec.Struct, frozen=True):
    """The body of one page, and the query of the next, if there is one."""

    body: bytes
    following: str | None = None


class Pages:
    """All listings by path. `url` is where they are served, which rows and links repeat."""

    def __init__(self, snapshot: Snapshot, url: str) -> None:
        self._url = url
        self._app = snapshot.app_id
        self._users = {user.id: self._user(user) for user in snapshot.users}
        everyone = IdentityGroup("00gEveryone000000001", "Everyone", msgspec.Raw(b"[]"), type="BUILT_IN")
        sso = IdentityApp(snapshot.app_id, snapshot.app_label, msgspec.Raw(b"[]"), "bigpizza_teleport_1")
        self._listings: dict[str, Sequence[bytes]] = {
            "/api/v1/groups": [self.group_row(group) for group in (everyone, *snapshot.groups)],
            "/api/v1/apps": [self._application(app) for app in (sso, *snapshot.apps)],
            f"/api/v1/apps/{self._app}/users": [self.pool_row(user) for user in snapshot.users],
        }
        self._objects = {f"/api/v1/apps/{self._app}": self._application(sso)}
        self._members = {f"/api/v1/groups/{group.id}/users": group for group in snapshot.groups}
        self._assigned = {f"/api/v1/apps/{app.id}/users": app for app in snapshot.apps}
        for app in snapshot.apps:
            self._listings[f"/api/v1/apps/{app.id}/groups"] = [self._app_group(app, group) for group in app.groups]

    def page(self, path: str, query: str) -> Page | None:
        """The answer to one request, or None where there is nothing at that address."""
        if path in self._objects:
            return Page(self._objects[path])
        parameters = parse_qs(query)
        start = int(parameters.get("after", ["0"])[0])
        rows = self._rows(path)
        if rows is None:
            return None
        size = min(int(parameters.get("limit", ["200"])[0]), self._largest(path))
        body = b"[" + b",".join(rows[start : start + size]) + b"]"
        if start + size >= len(rows):
            return Page(body)
        kept = "&".join(part for part in query.split("&") if not part.startswith("after="))
        return Page(body, f"after={start + size}&{kept}")

    def _rows(self, path: str) -> Sequence[bytes] | None:
        if group := self._members.get(path):
            return [self._users[user] for user in group.member_ids()]
        if app := self._assigned.get(path):
            return [self._app_user(app.id, user) for user in app.user_ids()]
        return self._listings.get(path)

    def _largest(self, path: str) -> int:
        if path in self._members:
            return _LARGEST["members"]
        return _LARGEST["app users"] if path.startswith("/api/v1/apps/") and path.endswith("/users") else _SMALLER

    def _user(self, user: IdentityUser) -> bytes:
        return _encode(
            {
                "id": user.id,
                "status": user.status,
                "created": _BEGUN,
                "activated": _BEGUN,
                "statusChanged": _BEGUN,
                "lastLogin": _MOVED,
                "lastUpdated": _MOVED,
                "passwordChanged": _BEGUN,
                "type": {"id": "oty1bigpizza00000001"},
                "profile": user.profile,
                "credentials": {
                    "password": {},
                    "emails": [{"value": user.username, "status": "VERIFIED", "type": "PRIMARY"}],
                    "recovery_question": {"question": "What was the first pizza that you ate?"},
                    "provider": {"type": "OKTA", "name": "OKTA"},
                },
                "_links": {"self": {"href": f"{self._url}/api/v1/users/{user.id}"}},
            }
        )

    def pool_row(self, user: IdentityUser) -> bytes:
        links = {
            "app": {"href": f"{self._url}/api/v1/apps/{self._app}"},
            "user": {"href": f"{self._url}/api/v1/users/{user.id}"},
        }
        if user.scope == "GROUP":
            links["group"] = {"href": f"{self._url}/api/v1/groups/00gEveryone000000001"}
        row = self._assignment(user.id, user.scope, user.username, links)
        return _encode(row | {"_embedded": {"user": msgspec.Raw(self._users[user.id])}})

    def _app_user(self, app: str, user: str) -> bytes:
        links = {
            "app": {"href": f"{self._url}/api/v1/apps/{app}"},
            "user": {"href": f"{self._url}/api/v1/users/{user}"},
        }
        return _encode(self._assignment(user, "USER", f"{user}@big-pizza.com", links))

    @staticmethod
    def _assignment(user: str, scope: str, name: str, links: dict[str, dict[str, str]]) -> dict[str, object]:
        return {
            "id": user,
            "externalId": None,
            "created": _BEGUN,
            "lastUpdated": _MOVED,
            "scope": scope,
            "status": "ACTIVE",
            "statusChanged": _BEGUN,
            "passwordChanged": None,
            "syncState": "DISABLED",
            "credentials": {"userName": name},
            "profile": {},
            "_links": links,
        }

    def group_row(self, group: IdentityGroup) -> bytes:
        here = f"{self._url}/api/v1/groups/{group.id}"
        logo = f"{self._url}/assets/img/logos/groups/odyssey/okta"
        return _encode(
            {
                "id": group.id,
                "created": _BEGUN,
                "lastUpdated": _MOVED,
                "lastMembershipUpdated": _MOVED,
                "objectClass": ["okta:user_group"],
                "type": group.type,
                "profile": {"name": group.name, "description": group.description or None},
                "_links": {
                    "logo": [
                        {"name": size, "href": f"{logo}-{size}.0123456789abcdef.png", "type": "image/png"}
                        for size in ("medium", "large")
                    ],
                    "users": {"href": f"{here}/users"},
                    "apps": {"href": f"{here}/apps"},
                },
            }
        )

    def _application(self, app: IdentityApp) -> bytes:
        here = f"{self._url}/api/v1/apps/{app.id}"
        kept = {"id": app.id, "name": app.name, "label": app.label, "status": app.status}
        return _encode(
            kept
            | {
                "created": _BEGUN,
                "lastUpdated": _MOVED,
                "features": ["GROUP_PUSH", "IMPORT_PROFILE_UPDATES", "PUSH_NEW_USERS", "PUSH_PROFILE_UPDATES"],
                "signOnMode": "SAML_2_0",
                "accessibility": {"selfService": False, "errorRedirectUrl": None, "loginRedirectUrl": None},
                "visibility": {"autoSubmitToolbar": False, "hide": {"iOS": False, "web": False}},
                "credentials": {
                    "userNameTemplate": {"template": "${source.login}", "type": "BUILT_IN"},
                    "signing": {"kid": f"kid-{app.id}"},
                },
                "settings": {
                    "app": {},
                    "notifications": {"vpn": {"network": {"connection": "DISABLED"}, "message": None}},
                    "signOn": {"ssoAcsUrl": f"https://{app.name}.example.com/saml/acs", "audience": app.name},
                },
                "_links": {
                    "self": {"href": here},
                    "users": {"href": f"{here}/users"},
                    "groups": {"href": f"{here}/groups"},
                    "metadata": {"href": f"{here}/sso/saml/metadata", "type": "application/xml"},
                    "deactivate": {"href": f"{here}/lifecycle/deactivate"},
                },
            }
        )

    def _app_group(self, app: IdentityApp, group: str) -> bytes:
        here = f"{self._url}/api/v1/apps/{app.id}"
        return _encode(
            {
                "id": group,
                "lastUpdated": _MOVED,
                "priority": 0,
                "profile": {},
                "_links": {
                    "app": {"href": here},
                    "self": {"href": f"{here}/groups/{group}"},
                    "group": {"href": f"{self._url}/api/v1/groups/{group}"},
                },
            }
        )
