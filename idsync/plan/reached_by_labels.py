"""Which roles give other apps once a plan is made, though nothing touches them: by what changes of apps and groups."""

from collections.abc import Iterable

from idsync.model.addresses import Address
from idsync.model.plain_resources import Plain, Role
from idsync.plan.changes import AppChange, Change, UserGroupChange
from idsync.plan.role_reach import RoleReach


def moved_apps_and_groups(changes: Iterable[Change]) -> tuple[dict[Address, Plain], dict[Address, Plain]]:
    """The apps and groups that changes touch, before and after."""
    moved = [change for change in changes if isinstance(change, AppChange | UserGroupChange)]
    before: dict[Address, Plain] = {each.address: each.before for each in moved if each.before is not None}
    after: dict[Address, Plain] = {each.address: each.after for each in moved if each.after is not None}
    return before, after


def roles_that_reach_others(
    roles: Iterable[Role], before: dict[Address, Plain], after: dict[Address, Plain]
) -> frozenset[str]:
    """Those of these roles that allow or deny other apps by what is touched than they did.

    The two are looked at by themselves: what is touched may deny an app that is allowed by what nothing touches.
    """
    known: dict[Address, Plain] = {Address(f"role/{role.metadata.name}"): role for role in roles}
    was, will_be = RoleReach({**known, **before}), RoleReach({**known, **after})
    names = (role.metadata.name for role in known.values())
    return frozenset(name for name in names if was.sides_of(name) != will_be.sides_of(name))
