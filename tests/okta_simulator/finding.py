"""The objects that a call names, or the 404 that says they are not there for this caller."""

from tests.okta_simulator.calls import Call
from tests.okta_simulator.errors import APP, GROUP, RULE, USER, not_found
from tests.okta_simulator.objects import App, Group, GroupRule, User
from tests.okta_simulator.permissions import Role

_GROUP_ADMINS = (Role.GROUP_ADMIN, Role.GROUP_MEMBERSHIP_ADMIN)


def find_user(call: Call, identifier: str) -> User:
    """The user of an id or login, or 404."""
    try:
        if call.role is not Role.NONE:
            return call.organization.user(identifier)
    except KeyError:
        pass
    raise not_found(identifier, USER)


def find_group(call: Call, identifier: str) -> Group:
    """The group of an id, or 404; group admins do not see Everyone."""
    group = call.organization.groups.get(identifier)
    if group is None or call.role is Role.NONE or not sees(call, group):
        raise not_found(identifier, GROUP)
    return group


def find_app(call: Call, identifier: str) -> App:
    """The app of an id, or 404."""
    app = call.organization.apps.get(identifier)
    if app is None or identifier in call.organization.hidden or call.role is Role.NONE:
        raise not_found(identifier, APP)
    return app


def find_rule(call: Call, identifier: str) -> GroupRule:
    """The group rule of an id, or 404."""
    rule = call.organization.rules.get(identifier)
    if rule is None or call.role is Role.NONE:
        raise not_found(identifier, RULE)
    return rule


def sees(call: Call, group: Group) -> bool:
    """Group admins do not see Everyone, and nobody sees what the resource set leaves out."""
    return group.id not in call.organization.hidden and not (group.everyone and call.role in _GROUP_ADMINS)
