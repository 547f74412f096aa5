"""What apps and groups as resources say of a configuration: that they are managed, and the labels that rules gave."""

from collections import defaultdict
from collections.abc import Iterable, Mapping

import msgspec

from idsync.model.addresses import Address
from idsync.model.ownership import is_ours, list_roles
from idsync.model.plain_resources import App, Plain, UserGroup, rule_labels
from idsync.model.resources import AccessList

replace = msgspec.structs.replace
Resources = Mapping[str, App | UserGroup]
"""Apps and groups of ours, by Okta id."""


class LabelRule(msgspec.Struct, frozen=True):
    """The apps and groups, by Okta id, that have the same labels; what is written of them has no captures."""

    app_ids: tuple[str, ...]
    group_ids: tuple[str, ...]
    labels: tuple[tuple[str, str], ...]


def resources_of(plain: Mapping[Address, Plain], org_url: str) -> Resources:
    """The apps and groups of ours in a directory; none where they are not managed."""
    found = (item for item in plain.values() if isinstance(item, App | UserGroup))
    return {item.metadata.name: item for item in found if is_ours(item.metadata.labels, org_url)}


def infer_label_rules(resources: Iterable[App | UserGroup]) -> tuple[LabelRule, ...]:
    """A rule for each set of labels that some have, by their ids."""
    having: dict[tuple[tuple[str, str], ...], list[App | UserGroup]] = defaultdict(list)
    for item in resources:
        labels = tuple(sorted(rule_labels(item).items()))
        if labels:
            having[labels].append(item)
    return tuple(
        LabelRule(
            tuple(sorted(item.metadata.name for item in some if isinstance(item, App))),
            tuple(sorted(item.metadata.name for item in some if isinstance(item, UserGroup))),
            labels,
        )
        for labels, some in sorted(having.items())
    )


def without_own_role(access_list: AccessList) -> AccessList:
    """A list without the role by which it gives its app or group: no rule gives that."""
    own = list_roles(access_list.metadata.name)[0]
    grants = access_list.spec.grants
    if own not in grants.roles:
        return access_list
    left = replace(grants, roles=tuple(role for role in grants.roles if role != own))
    return replace(access_list, spec=replace(access_list.spec, grants=left))
