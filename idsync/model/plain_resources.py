"""Plain resources in Teleport's shapes: role v7, app v3, user_group v1. None of them has members, or is about a person.

An app is what Teleport keeps as the inner `app` of an app_server. Of roles, the fields that people write in practice
are known; unknown fields are refused, as in all resources.
"""

from typing import Any, Literal

import msgspec

from idsync.model.addresses import Address
from idsync.model.resources import Metadata, Part, Strings

Labels = dict[str, str | Strings]
"""Which labels a resource must have for a role to give it: by key, one value or several, of which any will do."""


class AccessRequests(Part, frozen=True):
    """What holders of a role may request."""

    roles: Strings = ()
    search_as_roles: Strings = ()
    suggested_reviewers: Strings = ()
    max_duration: str = ""


class AccessReviews(Part, frozen=True):
    """Whose requests holders of a role may review."""

    roles: Strings = ()
    preview_as_roles: Strings = ()
    where: str = ""


class Rule(Part, frozen=True):
    """What holders of a role may do to resources of the cluster itself."""

    resources: Strings = ()
    verbs: Strings = ()
    where: str = ""


class RoleConditions(Part, frozen=True):
    """What a role allows, or denies; `app_labels` and `group_labels` say to which apps and groups of Okta."""

    app_labels: Labels = {}
    group_labels: Labels = {}
    node_labels: Labels = {}
    db_labels: Labels = {}
    kubernetes_labels: Labels = {}
    windows_desktop_labels: Labels = {}
    cluster_labels: Labels = {}
    logins: Strings = ()
    windows_desktop_logins: Strings = ()
    db_users: Strings = ()
    db_names: Strings = ()
    db_roles: Strings = ()
    kubernetes_users: Strings = ()
    kubernetes_groups: Strings = ()
    aws_role_arns: Strings = ()
    request: AccessRequests | None = None
    review_requests: AccessReviews | None = None
    rules: tuple[Rule, ...] = ()


class RoleSpec(Part, frozen=True):
    """What a role gives; `options` are Teleport's own, and kept as they are given."""

    options: dict[str, Any] = {}
    allow: RoleConditions = RoleConditions()
    deny: RoleConditions = RoleConditions()


class Role(msgspec.Struct, frozen=True, gc=False, forbid_unknown_fields=True):
    """A role: what those who have it may use."""

    kind: Literal["role"]
    version: Literal["v7"]
    metadata: Metadata
    spec: RoleSpec


class AppSpec(Part, frozen=True):
    """Where an app is, and the groups that convey it."""

    uri: str = ""
    public_addr: str = ""
    user_groups: Strings = ()


class App(msgspec.Struct, frozen=True, gc=False, forbid_unknown_fields=True):
    """An app."""

    kind: Literal["app"]
    version: Literal["v3"]
    metadata: Metadata
    spec: AppSpec


class UserGroupSpec(Part, frozen=True):
    """The apps that a group conveys."""

    applications: Strings = ()


class UserGroup(msgspec.Struct, frozen=True, gc=False, forbid_unknown_fields=True):
    """A group of people; who is in it stands in the access list of the same name."""

    kind: Literal["user_group"]
    version: Literal["v1"]
    metadata: Metadata
    spec: UserGroupSpec


APP_ID_LABEL = "teleport.internal/okta-app-id"
APP_NAME_LABEL = "teleport.internal/okta-app-name"
GROUP_ID_LABEL = "teleport.internal/okta-group-id"
GROUP_NAME_LABEL = "teleport.internal/okta-group-name"
GROUP_DESCRIPTION_LABEL = "teleport.internal/okta-group-description"
ROLE_NAME_LABEL = "teleport.internal/okta-role-name"
"""What Okta says of an app and a group, and what the role of a list is called. Teleport has none for a group's id."""
KEPT_PREFIXES = ("teleport.dev/", "teleport.internal/", "teleport.hidden/", "okta/")
"""What labels begin with that Teleport and idsync keep for themselves."""
NAME_LABELS = {"app": APP_NAME_LABEL, "user_group": GROUP_NAME_LABEL, "role": ROLE_NAME_LABEL}

Plain = Role | App | UserGroup
Plains = dict[Address, Plain]
"""Plain resources by address."""
NO_PLAINS: Plains = {}


def role(metadata: Metadata, spec: RoleSpec) -> Role:
    """A role of the shape's one version."""
    return Role("role", "v7", metadata, spec)


def app(metadata: Metadata, spec: AppSpec) -> App:
    """An app of the shape's one version."""
    return App("app", "v3", metadata, spec)


def user_group(metadata: Metadata, spec: UserGroupSpec) -> UserGroup:
    """A group of the shape's one version."""
    return UserGroup("user_group", "v1", metadata, spec)


def address_of_plain(resource: Plain) -> Address:
    """The address of a plain resource."""
    return Address(f"{resource.kind}/{resource.metadata.name}")


def rule_labels(resource: App | UserGroup) -> dict[str, str]:
    """The labels that import rules gave: all but those that say whose a resource is, and what Okta says of it."""
    return {key: value for key, value in resource.metadata.labels.items() if not is_kept_label(key)}


def is_kept_label(label: str) -> bool:
    """Whether a label says whose an object is or what it stands for, so that no rule may set it."""
    return label.startswith(KEPT_PREFIXES)


def title_of(resource: Plain) -> str:
    """What people call a plain resource: an app or a group by its name in Okta, a role by its friendly name."""
    return resource.metadata.labels.get(NAME_LABELS[resource.kind], "")
