"""Roles that give every app or every group: people who hold one may use everything, no matter who made it."""

from collections.abc import Iterable, Mapping

from idsync.model.addresses import Address
from idsync.model.ownership import ORIGIN_LABEL
from idsync.model.plain_resources import App, Labels, Plain, Role, UserGroup
from idsync.plan.role_reach import fits, matches_value, values_of

_PROBES = ("", "x", "0oa1", "00g1", "Any text, at all: ÄÖ/7\n", "https://example.com")
"""Texts that have little in common: a value that matches them all matches everything."""
_MANY = 2
"""Of one app alone it says nothing that a role gives all there are."""


def gives_everything(role: Role, resources: Iterable[Plain]) -> tuple[str, ...]:
    """What a role gives all of, `apps` or `groups`: by what it asks for, or by what labels there are now.

    `resources` are the apps and groups that are ours.
    """
    known = list(resources)
    apps = [item.metadata.labels for item in known if isinstance(item, App)]
    groups = [item.metadata.labels for item in known if isinstance(item, UserGroup)]
    allow, deny = role.spec.allow, role.spec.deny
    told = (
        ("apps", allow.app_labels, deny.app_labels, apps),
        ("groups", allow.group_labels, deny.group_labels, groups),
    )
    return tuple(
        what
        for what, wanted, denied, there in told
        if (_takes_anything(wanted) or _takes_all(wanted, there))
        and not (_takes_anything(denied) or _takes_all(denied, there))
    )


def _takes_anything(labels: Labels) -> bool:
    """Whether labels ask for nothing but what every app of ours has, now and ever."""
    return bool(labels) and all(_is_wild(key, values_of(values)) for key, values in labels.items())


def _is_wild(key: str, values: tuple[str, ...]) -> bool:
    if key == "*":
        return "*" in values
    if key == ORIGIN_LABEL:
        return any(matches_value(value, "okta") for value in values)
    return key.startswith(("okta/", "teleport.internal/")) and any(
        all(matches_value(value, probe) for probe in _PROBES) for value in values
    )


def _takes_all(labels: Labels, there: list[dict[str, str]]) -> bool:
    return bool(labels) and len(there) >= _MANY and all(fits(labels, each) for each in there)


def roles_that_give_everything(roles: Iterable[Role], resources: Mapping[Address, Plain]) -> dict[str, tuple[str, ...]]:
    """Of these roles, those that give every app or every group, by name."""
    found = {role.metadata.name: gives_everything(role, resources.values()) for role in roles}
    return {name: what for name, what in sorted(found.items()) if what}
