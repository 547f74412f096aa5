"""A small Okta organization and its configuration, as plain values that events change."""

from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any

ORG = "https://lives.okta.com"
SSO_APP = "0oaSSO"
EVERYONE = "00gEveryone"
Document = dict[str, Any]
"""A JSON object: a snapshot, a resource or a document of the configuration."""


@dataclass
class Person:
    """Somebody in Okta; people without `assigned` do not have the app."""

    id: str
    login: str
    status: str = "ACTIVE"
    assigned: bool = True
    profile: dict[str, str] = field(default_factory=dict)


@dataclass
class Group:
    """A group; its members are Okta ids. Nobody reads who is in the built-in one, which has everybody."""

    id: str
    name: str
    members: set[str] = field(default_factory=set)
    type: str = "OKTA_GROUP"


@dataclass
class App:
    """An app; its users are the Okta ids of those who have it directly."""

    id: str
    label: str
    active: bool = True
    users: set[str] = field(default_factory=set)


@dataclass
class Configuration:
    """What the YAML files say. A rule is a pattern and the role, or the granted role, that it gives.

    A `ttl` is in hours, None for ever. An `include` that is None takes everything.
    """

    default_roles: list[str]
    group_rules: list[tuple[str, str]] = field(default_factory=list)
    department_rules: list[tuple[str, str]] = field(default_factory=list)
    include: list[str] | None = None
    exclude: list[str] = field(default_factory=list)
    list_rules: list[tuple[str, str]] = field(default_factory=list)
    owners: list[str] = field(default_factory=lambda: ["chief@x"])
    when_empty: str = "delete"
    suspended: str = "lock"
    ttl: int | None = 30
    access_lists: bool = True
    """Whether lists are managed at all."""
    limits: dict[str, int] = field(default_factory=dict)
    """Guards that count, each with so many that it lets through; the others let everything through."""

    def documents(self) -> list[Document]:
        """The configuration as documents."""
        integration = {
            "org_url": ORG,
            "app": {"id": SSO_APP},
            "source": {"snapshot": {"path": "snapshot.json"}},
            "sync": {"access_lists": self.access_lists},
            "users": {"default_roles": self.default_roles, "suspended": self.suspended},
            "locks": {"ttl": "never" if self.ttl is None else f"{self.ttl}h", "margin": "1h"},
            "access_lists": {"when_empty": self.when_empty},
        }
        groups = {**({} if self.include is None else {"include": self.include}), "exclude": self.exclude}
        mapping = [
            {"trait": "okta/department", "value": value, "roles": [role]} for value, role in self.department_rules
        ]
        mapping += [{"group": pattern, "roles": [role]} for pattern, role in self.group_rules]
        lists = [{"group": pattern, "grants": {"roles": [role]}} for pattern, role in self.list_rules]
        return [
            _document("Integration", integration, metadata={"name": "okta"}),
            _document("DefaultOwners", {"owners": self.owners}),
            _document("ImportFilters", {"groups": groups}),
            _document("RoleMapping", {"rules": mapping}),
            _document("AccessListRules", {"rules": lists}),
            _document("Guards", {guard: self._limit(guard) for guard in GUARDS}),
        ]

    def _limit(self, guard: str) -> Document:
        if guard in self.limits:
            return {"percent": 0, "floor": self.limits[guard]}
        return {"percent": 100, "floor": 1000}


GUARDS = ["user_deletes", "user_locks", "member_removals", "access_list_deletes", "access_losses"]


@dataclass
class Organization:
    """Everything that is so in Okta and in the files of the configuration."""

    configuration: Configuration
    people: dict[str, Person] = field(default_factory=dict)
    groups: dict[str, Group] = field(default_factory=dict)
    apps: dict[str, App] = field(default_factory=dict)

    def copy(self) -> "Organization":
        """One that lives on apart from this one."""
        return deepcopy(self)

    def reading(self, taken_at: str) -> Document:
        """What a faultless reading finds."""
        return {
            "format_version": "1.0",
            "org_url": ORG,
            "app_id": SSO_APP,
            "taken_at": taken_at,
            "complete": True,
            "users": [
                {"id": each.id, "username": each.login, "status": each.status, "profile": {**each.profile}}
                for each in self.people.values()
                if each.assigned
            ],
            "groups": [
                {"id": each.id, "name": each.name, "type": each.type, "members": sorted(each.members)}
                for each in self.groups.values()
            ],
            "apps": [
                {
                    "id": each.id,
                    "label": each.label,
                    "status": "ACTIVE" if each.active else "INACTIVE",
                    "users": sorted(each.users),
                }
                for each in self.apps.values()
            ],
        }


def _document(kind: str, spec: Document, **more: Document) -> Document:
    return {"apiVersion": "idsync/v1", "kind": kind, **more, "spec": spec}
