"""The JSON that Okta answers with, one function a shape.

A user's collection form is kept as bytes until the user changes, since group members and app users repeat it.
"""

from typing import Any

import msgspec

from tests.okta_simulator.moments import written, written_or_null
from tests.okta_simulator.objects import (
    App,
    AppUser,
    Group,
    GroupAssignment,
    GroupRule,
    PushMapping,
    RoleAssignment,
    User,
)
from tests.okta_simulator.organization import Organization

Json = dict[str, Any]

_LIFECYCLE = {
    "STAGED": ("activate",),
    "PROVISIONED": ("reactivate", "deactivate"),
    "ACTIVE": ("suspend", "deactivate"),
    "PASSWORD_EXPIRED": ("deactivate",),
    "RECOVERY": ("deactivate",),
    "LOCKED_OUT": ("unlock", "deactivate"),
    "SUSPENDED": ("unsuspend", "deactivate"),
    "DEPROVISIONED": ("activate",),
}


class Shapes:
    """Renders the rows of one organization under one base URL."""

    def __init__(self, organization: Organization, base_url: str) -> None:
        self.organization = organization
        self.api = f"{base_url}/api/v1"
        self.base_url = base_url
        self._users: dict[str, tuple[User, int, bytes]] = {}

    def user_bytes(self, user: User) -> bytes:
        """The collection form of a user, as JSON text (kept until the user changes)."""
        known = self._users.get(user.id)
        if known is None or known[0] is not user or known[1] != user.revision:
            known = (user, user.revision, msgspec.json.encode(self.user(user)))
            self._users[user.id] = known
        return known[2]

    def user(self, user: User, *, single: bool = False, credentials: bool = True) -> Json:
        """A user; a single read adds links for the life cycle moves that the status permits."""
        href = f"{self.api}/users/{user.id}"
        links: Json = {"self": {"href": href}}
        if single:
            for move in _LIFECYCLE[user.status]:
                links[move] = {"href": f"{href}/lifecycle/{move}", "method": "POST"}
            links["schema"] = {"href": f"{self.api}/meta/schemas/user/osc1"}
        shape: Json = {
            "id": user.id,
            "status": user.status,
            "created": written(user.created),
            "activated": written_or_null(user.activated),
            "statusChanged": written_or_null(user.status_changed),
            "lastLogin": written_or_null(user.last_login),
            "lastUpdated": written(user.last_updated),
            "passwordChanged": written_or_null(user.password_changed),
            "type": {"id": "oty1000000000000" + self.organization.id[-4:]},
            "profile": user.profile,
            "_links": links,
        }
        if credentials:
            shape["credentials"] = {
                "emails": [{"value": user.profile.get("email"), "status": "VERIFIED", "type": "PRIMARY"}],
                "provider": {"type": "OKTA", "name": "OKTA"},
            }
        return shape

    def group(self, group: Group, *, stats: bool = False) -> Json:
        """A group; `stats` embeds the counts, exact or stale as the switch says."""
        href = f"{self.api}/groups/{group.id}"
        shape: Json = {
            "id": group.id,
            "created": written(group.created),
            "lastUpdated": written(group.last_updated),
            "lastMembershipUpdated": written(group.last_membership_updated),
            "objectClass": ["okta:windows_security_principal" if "objectSid" in group.profile else "okta:user_group"],
            "type": group.type,
            "profile": group.profile,
            "_links": {
                "logo": [
                    {"name": size, "href": f"{self.base_url}/img/logos/groups/{size}.png", "type": "image/png"}
                    for size in ("medium", "large")
                ],
                "users": {"href": f"{href}/users"},
                "apps": {"href": f"{href}/apps"},
                "self": {"href": href},
            },
        }
        if group.source_app is not None:
            shape["source"] = {"id": group.source_app}
            shape["_links"]["source"] = {"href": f"{self.api}/apps/{group.source_app}"}
        if stats:
            shape["_embedded"] = {"stats": self._stats(group)}
        return shape

    def _stats(self, group: Group) -> Json:
        exact = self.organization.switches.stats == "exact"
        return {
            "usersCount": len(self.organization.member_ids(group)) if exact else 0,
            "appsCount": len(self.organization.apps_of_group(group)) if exact else 0,
            "groupPushMappingsCount": 0,
            "hasAdminPrivilege": exact and bool(group.roles),
            "_links": {"self": {"href": f"{self.api}/groups/{group.id}?expand=stats"}},
        }

    def app(self, app: App) -> Json:
        href = f"{self.api}/apps/{app.id}"
        move = "deactivate" if app.status == "ACTIVE" else "activate"
        links: Json = {
            "self": {"href": href},
            "users": {"href": f"{href}/users"},
            "groups": {"href": f"{href}/groups"},
            "appLinks": [{"name": "login", "href": f"{self.base_url}/home/{app.name}/{app.id}/1", "type": "text/html"}],
            "logo": [{"name": "medium", "href": f"{self.base_url}/img/logos/default.png", "type": "image/png"}],
            move: {"href": f"{href}/lifecycle/{move}"},
        }
        if app.sign_on_mode == "SAML_2_0":
            links["metadata"] = {"href": f"{href}/sso/saml/metadata", "type": "application/xml"}
        return {
            "id": app.id,
            "orn": f"orn:okta:idp:{self.organization.id}:apps:{app.name}:{app.id}",
            "name": app.name,
            "label": app.label,
            "status": app.status,
            "created": written(app.created),
            "lastUpdated": written(app.last_updated),
            "features": list(app.features),
            "signOnMode": app.sign_on_mode,
            "accessibility": {"selfService": False},
            "visibility": {"autoSubmitToolbar": False, "hide": {"iOS": False, "web": False}},
            "credentials": {
                "userNameTemplate": {"template": "${source.login}", "type": "BUILT_IN"},
                "signing": {"kid": app.key_id},
            },
            "settings": {"app": {}, "signOn": {}, "implicitAssignment": False} | app.settings,
            "_links": links,
        }

    def app_user(self, row: AppUser, *, expand: bool) -> Json:
        """An app user; `expand` embeds the whole user."""
        links = {
            "app": {"href": f"{self.api}/apps/{row.app.id}"},
            "user": {"href": f"{self.api}/users/{row.user.id}"},
        }
        if row.group is not None:
            links["group"] = {"href": f"{self.api}/groups/{row.group}"}
        shape: Json = {
            "id": row.user.id,
            "created": written(row.created),
            "lastUpdated": written(row.last_updated),
            "scope": row.scope,
            "status": row.status,
            "statusChanged": written(row.created),
            "passwordChanged": None,
            "syncState": row.sync_state,
            "credentials": {"userName": row.user_name},
            "profile": row.profile,
            "_links": links,
        }
        if row.external_id is not None:
            shape |= {"externalId": row.external_id, "lastSync": written(row.last_updated)}
        if expand:
            shape["_embedded"] = {"user": msgspec.Raw(self.user_bytes(row.user))}
        return shape

    def app_group(self, app: App, assignment: GroupAssignment, *, expand: str | None) -> Json:
        """A group's assignment to an app; `expand=group` embeds the group."""
        shape: Json = {
            "id": assignment.group,
            "priority": assignment.priority,
            "lastUpdated": written(assignment.last_updated),
            "profile": assignment.profile,
            "_links": {
                "app": {"href": f"{self.api}/apps/{app.id}"},
                "self": {"href": f"{self.api}/apps/{app.id}/groups/{assignment.group}"},
                "group": {"href": f"{self.api}/groups/{assignment.group}"},
            },
        }
        if expand == "group":
            shape["_embedded"] = {"group": self.group(self.organization.groups[assignment.group])}
        return shape

    def push_mapping(self, app: App, mapping: PushMapping) -> Json:
        """A group that is pushed, and what it is in the app."""
        return {
            "id": mapping.id,
            "sourceGroupId": mapping.source_group,
            "targetGroupId": mapping.target_group,
            "status": mapping.status,
            "errorSummary": mapping.error,
            "created": written(mapping.created),
            "lastUpdated": written(mapping.last_updated),
            "lastPush": None if mapping.last_push is None else written(mapping.last_push),
            "_links": {
                "app": {"href": f"{self.api}/apps/{app.id}"},
                "sourceGroup": {"href": f"{self.api}/groups/{mapping.source_group}"},
            },
        }

    def app_link(self, app: App, user: User) -> Json:
        """An app as the user's own dashboard shows it."""
        return {
            "id": f"{app.id}.{user.id}",
            "appInstanceId": app.id,
            "appName": app.name,
            "appAssignmentId": user.id,
            "label": app.label,
            "linkUrl": f"{self.base_url}/home/{app.name}/{app.id}/1",
            "logoUrl": f"{self.base_url}/img/logos/default.png",
            "credentialsSetup": False,
            "hidden": False,
            "sortOrder": 0,
        }

    def rule(self, rule: GroupRule) -> Json:
        return {
            "type": "group_rule",
            "id": rule.id,
            "status": rule.status,
            "name": rule.name,
            "created": written(rule.created),
            "lastUpdated": written(rule.last_updated),
            "conditions": {
                "people": {"users": {"exclude": sorted(rule.excluded_users)}, "groups": {"exclude": []}},
                "expression": {"value": rule.expression, "type": "urn:okta:expression:1.0"},
            },
            "actions": {"assignUserToGroups": {"groupIds": list(rule.groups)}},
        }

    def role(self, group: Group, assignment: RoleAssignment) -> Json:
        """An admin role that a group conveys."""
        href = f"{self.api}/groups/{group.id}"
        return {
            "id": assignment.id,
            "label": assignment.role.label,
            "type": assignment.role.value,
            "status": "ACTIVE",
            "created": written(assignment.created),
            "lastUpdated": written(assignment.created),
            "assignmentType": "GROUP",
            "_links": {"assignee": {"href": href}},
        }

    def organization_metadata(self) -> Json:
        """What anybody may know about the organization."""
        links = {"organization": {"href": self.base_url}}
        return {"id": self.organization.id, "pipeline": "idx", "_links": links}

    def organization_settings(self) -> Json:
        organization = self.organization
        return {
            "id": organization.id,
            "subdomain": organization.subdomain,
            "companyName": organization.subdomain.replace("-", " ").title(),
            "status": "ACTIVE",
            "created": written(organization.created),
            "lastUpdated": written(organization.created),
            "expiresAt": None,
            "_links": {"contacts": {"href": f"{self.api}/org/contacts"}},
        }
