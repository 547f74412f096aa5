"""A reading whose groups have the members that both sides agree on: what goes to Okta decides over roles already."""

from collections.abc import Mapping

from msgspec.structs import replace

from idsync.compiler.inputs import Inputs
from idsync.compiler.roles import RoleMapping
from idsync.model.identity import IdentityGroup, raw_json


def with_group_members(inputs: Inputs, members: Mapping[str, frozenset[str]]) -> Inputs:
    """The inputs, whose groups give roles to these of the people who are looked at; who else is in them stays."""
    named = members.keys() & inputs.roles.watched_groups
    if not named:
        return inputs
    groups = inputs.snapshot.groups
    merged = [_merged(group, members[group.id], inputs) if group.id in named else group for group in groups]
    return replace(inputs, roles=RoleMapping(inputs.settings, replace(inputs.snapshot, groups=merged), inputs.traits))


def _merged(group: IdentityGroup, members: frozenset[str], inputs: Inputs) -> IdentityGroup:
    others = (person for person in group.member_ids() if person not in inputs.pool.names)
    return replace(group, members=raw_json(sorted({*others, *members})))
