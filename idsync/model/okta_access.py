"""What a credential may ask of an Okta organization: its scopes, and how many requests are left to it."""

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


class Allowance(msgspec.Struct, frozen=True):
    """A bucket of requests as its headers last told of it: its `limit` a window, how much of that may be used, and what
    is `left` of it now. Others who read the organization use it too.
    """

    limit: int
    allowed: int
    left: int
