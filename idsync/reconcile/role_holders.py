"""Who has roles that people made: of their own, or by lists. Everybody is read for it, which only such a role costs."""

from collections.abc import Iterable, Mapping

import msgspec

from idsync.model.addresses import Address
from idsync.model.directory import Names
from idsync.model.directory_index import DirectoryIndex
from idsync.model.nesting import is_nested
from idsync.model.plain_resources import Role
from idsync.model.resources import AccessList
from idsync.targets.protocol import DirectoryReader

_NO_LISTS: frozenset[str] = frozenset()


class RoleHolders(msgspec.Struct, frozen=True):
    """By role, who has it of their own; and the lists that give some of the roles, to members and to owners."""

    people: Mapping[str, frozenset[str]]
    lists: Mapping[str, AccessList]


def roles_by_people(index: DirectoryIndex, target: DirectoryReader) -> tuple[Role, ...]:
    """The roles that no list of ours gives as it should: those that people made, or changed."""
    addresses: list[Address] = [
        address
        for address, entry in index.plain.items()
        if address.startswith("role/") and (not entry.ours or address in index.edited)
    ]
    found = target.plain(addresses).values() if addresses else ()
    return tuple(role for role in found if isinstance(role, Role))


def holders_of(roles: Iterable[str], index: DirectoryIndex, target: DirectoryReader) -> RoleHolders:
    """Who has each of these roles."""
    wanted = frozenset(roles)
    held: dict[str, set[str]] = {role: set() for role in wanted}
    for name, user in target.state(Names(frozenset(index.users), _NO_LISTS)).users.items():
        for role in wanted.intersection(user.spec.roles):
            held[role].add(name)
    lists = target.access_lists()
    giving = {name: item for name, item in lists.items() if wanted.intersection(given_by(item))}
    return RoleHolders({role: frozenset(people) for role, people in held.items()}, giving)


def given_by(item: AccessList) -> tuple[str, ...]:
    """The roles that a list gives to anybody."""
    return (*item.spec.grants.roles, *item.spec.owner_grants.roles)


def holding(
    roles: frozenset[str], index: DirectoryIndex, target: DirectoryReader
) -> tuple[frozenset[str], frozenset[str]]:
    """Who has one of these roles, owners included to whom a list gives it, and the lists whose members have one."""
    holders = holders_of(roles, index, target)
    owned = [item.spec for item in holders.lists.values() if roles.intersection(item.spec.owner_grants.roles)]
    owners = frozenset(owner.name for spec in owned for owner in spec.owners if not is_nested(owner))
    nested = frozenset(owner.name for spec in owned for owner in spec.owners if is_nested(owner))
    giving = frozenset(name for name, item in holders.lists.items() if roles.intersection(item.spec.grants.roles))
    return owners.union(*holders.people.values()), giving | nested
