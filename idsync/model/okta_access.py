"""What a credential may ask of an Okta organization: its scopes, its admin roles, and how many requests are left."""

from collections.abc import Iterable
from typing import Literal

import msgspec

Scope = Literal[
    "okta.users.read",
    "okta.groups.read",
    "okta.apps.read",
    "okta.logs.read",
    "okta.roles.read",
    "okta.groups.manage",
    "okta.apps.manage",
]
"""What a credential may be granted."""

READ_ONLY_ROLES = frozenset({"READ_ONLY_ADMIN", "REPORT_ADMIN", "HELP_DESK_ADMIN", "MOBILE_ADMIN"})
"""Admin roles, by Okta's names of their types, that write neither memberships nor apps."""

CUSTOM = "CUSTOM"
"""The type of admin roles that an organization makes itself, of permissions that it chooses."""


class WayToWrite(msgspec.Struct, frozen=True):
    """What takes an admin role: `what` in words, types of standard roles that are `too_little`, and what does: a
    standard role, or a custom one that has of each set of `permissions` one, by Okta's names; people see other names.
    """

    what: str
    too_little: frozenset[str]
    standard: str
    permissions: tuple[frozenset[str], ...]
    permissions_shown: str

    @property
    def remedy(self) -> str:
        """What to give the credential, in words."""
        return f"the role {self.standard}, or a custom admin role with the permissions {self.permissions_shown}"

    def is_allowed(self, standard: Iterable[str], permissions: frozenset[str]) -> bool:
        """Whether these standard roles, or the permissions of custom ones, are enough."""
        return not set(standard) <= self.too_little or all(permissions & each for each in self.permissions)

    def missing(self, names: Iterable[str]) -> str:
        """The sentence that a role is missing; `names` are those that the credential has."""
        has = ", ".join(sorted(names)) or "none"
        return f"The admin roles of the credential do not let it {self.what} (it has: {has})."


MEMBERSHIPS = WayToWrite(
    "write memberships",
    READ_ONLY_ROLES,
    "Organization Administrator",
    (
        frozenset({"okta.groups.members.manage", "okta.groups.manage"}),
        frozenset({"okta.apps.assignment.manage", "okta.apps.manage"}),
    ),
    "Manage group membership and Edit application's user assignments",
)
"""Memberships of groups, and direct assignments of apps."""

SSO_APP = WayToWrite(
    "make and assign apps",
    READ_ONLY_ROLES | {"USER_ADMIN", "GROUP_MEMBERSHIP_ADMIN", "ORG_ADMIN"},
    "Application Administrator",
    (
        frozenset({"okta.apps.manage"}),
        frozenset({"okta.groups.appAssignment.manage", "okta.groups.manage"}),
    ),
    "Manage applications and Edit groups' application assignments",
)
"""The app that people sign in by."""


class Powers(msgspec.Struct, frozen=True):
    """The admin roles behind a credential: names that people know them by, the types of the standard ones, and what the
    custom ones permit: None where that cannot be seen.
    """

    names: tuple[str, ...]
    standard: frozenset[str]
    permissions: frozenset[str] | None = frozenset()

    def suffice(self, way: WayToWrite) -> bool | None:
        """Whether they are enough for something; None where that cannot be seen, or none is listed."""
        if not self.names:
            return None
        if way.is_allowed(self.standard, self.permissions or frozenset()):
            return True
        return None if self.permissions is None else False


class Allowance(msgspec.Struct, frozen=True):
    """A bucket of requests as its headers last told of it: its `limit` a window, how much of that may be used, and what
    is `left` of it now. Others who read the organization use it too.
    """

    limit: int
    allowed: int
    left: int
