"""What differs between apps, and between observations of one and the same app."""

from dataclasses import dataclass
from enum import Enum


class Dialect(Enum):
    """How an app writes: a custom app with PUT alone, an app of the Integration Network with PATCH where it can."""

    PUT = "AIW"
    PATCH = "OIN"


@dataclass(frozen=True)
class Switches:
    """What is ticked on the app's provisioning pages. An event while its switch is off is never made up for."""

    create: bool = True
    update: bool = True
    deactivate: bool = True
    push_groups: bool = True
    import_users: bool = True
    import_groups: bool = True


@dataclass(frozen=True)
class Quirks:
    """Points that observations disagree about."""

    filter_with_plus: bool = False
    capital_operations: bool = False
    active_as_text: bool = False
    email_type: bool = True
    member_display: str = "name"
    """`name`, `null` or `absent`."""
    rename_first: bool = False
    rename_with_each_change: bool = True
    external_id: bool = True
    enterprise: bool = True
    granular_deprovisioning: bool = False
    members_a_patch: int = 100
    removes_inactive_members: bool = False
