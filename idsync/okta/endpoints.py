"""The requests of a reading: Okta's paths, page sizes, buckets and scopes, each in one place."""

import re
from collections.abc import Iterable
from typing import Literal
from urllib.parse import quote, urlsplit

import msgspec

from idsync.okta.refusals import OAuthScope
from idsync.okta.request import Request

IDS_A_CALL = 100
"""Users asked for by id in one request: what an address of some 5,000 characters holds, and less than one page."""

_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")


class Endpoints(msgspec.Struct, frozen=True):
    """Makes the requests to one organization."""

    org_url: str

    def app(self, app: str) -> Request:
        """One app by itself."""
        return Request(self._url("apps", app), "app", f"app {app}", "okta.apps.read")

    def apps(self) -> Request:
        """All apps."""
        return Request(self._url("apps") + "?limit=200", "apps", "apps", "okta.apps.read", "apps")

    def pool(self, app: str) -> Request:
        """The users of the SSO app, with the user of the organization in each row."""
        url = self._url("apps", app, "users") + "?expand=user&limit=500"
        return Request(url, "apps", f"users of app {app}", "okta.apps.read", "pool")

    def assignment(self, app: str, user: str) -> Request:
        """One user of the SSO app; Okta reads it from the place of writing, not from a copy that lags."""
        url = self._url("apps", app, "users", user) + "?expand=user"
        return Request(url, "apps", f"user {user} of app {app}", "okta.apps.read")

    def app_users(self, app: str) -> Request:
        """The users of another app."""
        url = self._url("apps", app, "users") + "?limit=500"
        return Request(url, "apps", f"users of app {app}", "okta.apps.read", "app users")

    def app_groups(self, app: str) -> Request:
        """The groups that convey an app."""
        url = self._url("apps", app, "groups") + "?limit=200"
        return Request(url, "apps", f"groups of app {app}", "okta.apps.read", "app groups")

    def push_mappings(self, app: str) -> Request:
        """The groups that are pushed to the SSO app, and what they are there."""
        url = self._url("apps", app, "group-push", "mappings") + "?limit=1000"
        return Request(url, "apps", f"group push mappings of app {app}", "okta.apps.read", "push mappings")

    def groups(self) -> Request:
        """All groups."""
        return Request(self._url("groups") + "?limit=200", "groups", "groups", "okta.groups.read", "groups")

    def group(self, group: str) -> Request:
        """One group by itself."""
        return Request(self._url("groups", group), "group", f"group {group}", "okta.groups.read")

    def members(self, group: str) -> Request:
        """The members of a group, deactivated ones included."""
        url = self._url("groups", group, "users") + "?limit=1000"
        return Request(url, "groups", f"members of group {group}", "okta.groups.read", "members")

    def join(self, group: str, user: str) -> Request:
        """Make somebody a member of a group; who is one stays one."""
        url = self._url("groups", group, "users", user)
        return Request(url, "groups", f"user {user} in group {group}", "okta.groups.manage", method="PUT")

    def leave(self, group: str, user: str) -> Request:
        """Take somebody out of a group."""
        url = self._url("groups", group, "users", user)
        return Request(url, "groups", f"user {user} in group {group}", "okta.groups.manage", method="DELETE")

    def assign(self, app: str) -> Request:
        """Assign an app to the user whom the body names."""
        return Request(
            self._url("apps", app, "users"), "apps", f"users of app {app}", "okta.apps.manage", method="POST"
        )

    def unassign(self, app: str, user: str) -> Request:
        """Take an app from somebody to whom it is assigned directly."""
        url = self._url("apps", app, "users", user)
        return Request(url, "apps", f"user {user} of app {app}", "okta.apps.manage", method="DELETE")

    def create_app(self) -> Request:
        """Make an app; Okta refuses a second one of the same label."""
        return Request(self._url("apps"), "apps", "a new app", "okta.apps.manage", method="POST")

    def assign_group(self, app: str, group: str) -> Request:
        """Give an app to a group; one that has it keeps it."""
        url = self._url("apps", app, "groups", group)
        return Request(url, "apps", f"group {group} of app {app}", "okta.apps.manage", method="PUT")

    def saml_metadata(self, app: str) -> Request:
        """What a service provider must know of an app: XML."""
        return Request(self._url("apps", app, "sso", "saml", "metadata"), "apps", "SAML metadata", "okta.apps.read")

    def group_rules(self) -> Request:
        """The rules that fill groups."""
        return Request(self._url("groups", "rules") + "?limit=200", "groups", "group rules", "okta.groups.read")

    def roles_of_group(self, group: str) -> Request:
        """The admin roles that a group conveys."""
        return Request(self._url("groups", group, "roles"), "groups", "admin roles of groups", "okta.roles.read")

    def users(self) -> Request:
        """All users but the deactivated ones."""
        return Request(self._url("users") + "?limit=200", "users", "users", "okta.users.read", "users")

    def users_by_id(self, users: Iterable[str]) -> Request:
        """These users, deactivated ones too; Okta's `filter`, since `search` lags behind."""
        expression = " or ".join(f'id eq "{user}"' for user in users)
        url = f"{self._url('users')}?filter={quote(expression, safe='')}&limit=200"
        return Request(url, "users", "users by id", "okta.users.read", "users")

    def users_changed(self, since: str) -> Request:
        """The users whose profile or status changed after a time of Okta's, deactivated ones too."""
        expression = quote(f'lastUpdated gt "{since}"', safe="")
        url = f"{self._url('users')}?filter={expression}&limit=200"
        return Request(url, "users", "users who changed", "okta.users.read", "users")

    def log(self, place: str) -> Request:
        """The System Log from a place on; `place` is the query of an address, as `place_of` gives it."""
        return Request(self._url("logs") + place, "logs", "the System Log", "okta.logs.read", "log")

    def first(self, kind: Literal["users", "groups", "apps"]) -> Request:
        """The shortest page of a listing."""
        scopes: dict[str, OAuthScope] = {
            "users": "okta.users.read",
            "groups": "okta.groups.read",
            "apps": "okta.apps.read",
        }
        return Request(self._url(kind) + "?limit=1", kind, kind, scopes[kind])

    def first_of_app(self, app: str) -> Request:
        """The shortest page of an app's users."""
        return Request(self._url("apps", app, "users") + "?limit=1", "apps", f"users of app {app}", "okta.apps.read")

    def first_event(self) -> Request:
        """One event of the System Log."""
        return Request(self._url("logs") + "?limit=1", "logs", "the System Log", "okta.logs.read")

    def me(self) -> Request:
        """The account behind an API token."""
        return Request(self._url("users", "me"), "users", "the account of the API token", "okta.users.read")

    def roles_of_user(self, user: str) -> Request:
        """The admin roles of an account."""
        return Request(self._url("users", user, "roles"), "users", "admin roles", "okta.roles.read")

    def roles_of_client(self, client: str) -> Request:
        """The admin roles of an app that signs in by itself."""
        url = "/".join((self.org_url, "oauth2/v1/clients", quote(client, safe="").replace(".", "%2E"), "roles"))
        return Request(url, "clients", "admin roles", "okta.roles.read")

    def permissions_of(self, role: str) -> Request:
        """What a custom admin role permits."""
        return Request(self._url("iam", "roles", role, "permissions"), "other", "a custom role", "okta.roles.read")

    def place_of(self, url: str) -> str:
        """The place in the log that an address names."""
        return "?" + urlsplit(url).query

    def _url(self, *parts: str) -> str:
        # No part may lead elsewhere: a dot is quoted too, since an id of two would climb.
        return "/".join((self.org_url, "api/v1", *(quote(part, safe="").replace(".", "%2E") for part in parts)))


def askable(users: Iterable[str]) -> list[str]:
    """Those of the ids that can stand in a request, sorted; others cannot be Okta's."""
    return sorted(user for user in set(users) if _ID.fullmatch(user))
