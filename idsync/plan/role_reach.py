"""Which apps a role gives: those whose labels it asks for, and those that a group conveys whose labels it asks for.

A label's value is a literal, a glob with `*`, or an RE2 expression between `^` and `$`, as in Teleport's roles.
"""

from collections.abc import Iterable, Mapping

import re2

from idsync.model.addresses import Address, plain_address
from idsync.model.plain_resources import (
    APP_ID_LABEL,
    GROUP_ID_LABEL,
    App,
    Labels,
    Plain,
    Role,
    RoleConditions,
    UserGroup,
    title_of,
)

Key = tuple[str, str]
"""`app` and its name."""
NO_KEYS: tuple[Key, ...] = ()
NO_PLAIN: Mapping[Address, Plain] = {}


class RoleReach:
    """Roles with the apps and groups that they may give; what each gives is worked out once."""

    def __init__(self, plain: Mapping[Address, Plain] = NO_PLAIN) -> None:
        self._plain = plain
        self._known: dict[str, tuple[Key, ...]] = {}

    def apps_of(self, role: str) -> tuple[Key, ...]:
        """The apps that a role gives, as keys, by name."""
        if not self._plain:
            return NO_KEYS
        known = self._known.get(role)
        if known is None:
            allowed, denied = self.sides_of(role)
            known = self._known[role] = tuple(("app", name) for name in sorted(allowed - denied))
        return known

    def sides_of(self, role: str) -> tuple[set[str], set[str]]:
        """The apps that a role allows and those that it denies, each told by every app and group by itself."""
        found = self._plain.get(plain_address("role", role))
        if not isinstance(found, Role):
            return set(), set()
        return self._given_by(found.spec.allow), self._given_by(found.spec.deny)

    def title(self, app: str) -> str:
        """What an app is called."""
        found = self._plain.get(plain_address("app", app))
        return "" if found is None else title_of(found)

    def _given_by(self, conditions: RoleConditions) -> set[str]:
        apps = {
            item.metadata.name
            for item in self._chosen("app", APP_ID_LABEL, conditions.app_labels)
            if isinstance(item, App)
        }
        for item in self._chosen("user_group", GROUP_ID_LABEL, conditions.group_labels):
            if isinstance(item, UserGroup):
                apps.update(item.spec.applications)
        return apps

    def _chosen(self, kind: str, id_label: str, labels: Labels) -> Iterable[Plain]:
        if not labels:
            return ()
        by_id = named_by_id(labels, id_label)
        if by_id is not None:
            found = (self._plain.get(Address(f"{kind}/{name}")) for name in by_id)
            return [item for item in found if item is not None and fits(labels, item.metadata.labels)]
        return [item for item in self._plain.values() if item.kind == kind and fits(labels, item.metadata.labels)]


def named_by_id(labels: Labels, id_label: str) -> tuple[str, ...] | None:
    """The ids that labels of a role ask for literally; None where they ask for anything but ids."""
    values = values_of(labels.get(id_label, ()))
    return None if not values or any(map(_is_pattern, values)) else values


def fits(wanted: Labels, labels: Mapping[str, str]) -> bool:
    """Whether something with these labels is given by a role that asks for `wanted`: each key, any of its values."""
    return bool(wanted) and all(_fits_one(key, values_of(values), labels) for key, values in wanted.items())


def values_of(values: str | Iterable[str]) -> tuple[str, ...]:
    """The values of one label: a role may write one by itself."""
    return (values,) if isinstance(values, str) else tuple(values)


def _fits_one(key: str, values: tuple[str, ...], labels: Mapping[str, str]) -> bool:
    if key == "*":
        return "*" in values  # a wildcard key goes with a wildcard value alone
    return key in labels and any(matches_value(value, labels[key]) for value in values)


def matches_value(pattern: str, value: str) -> bool:
    """Whether a value of a label is one that a role asks for; an expression that is none matches nothing."""
    if not _is_pattern(pattern):
        return pattern == value
    if pattern.startswith("^") and pattern.endswith("$"):
        expression = pattern
    else:
        expression = "^" + "(?s:.*)".join(map(re2.escape, pattern.split("*"))) + "$"
    try:
        return re2.compile(expression, _OPTIONS).search(value) is not None
    except re2.error:
        return False


def _is_pattern(value: str) -> bool:
    return "*" in value or (value.startswith("^") and value.endswith("$"))


_OPTIONS = re2.Options()
_OPTIONS.log_errors = False
