"""A sanitized directory: people under the pseudonyms of a sanitized snapshot, so that the two plan together.

What the configuration itself says stays: roles, and descriptions that its rules give. So do titles, times, and the
labels that make an object ours. Every other text of a person, and every text that a person wrote, does not.
"""

from collections.abc import Mapping

import msgspec

from idsync.config.settings import Settings, TraitRule
from idsync.model.addresses import (
    Address,
    access_list_address,
    is_plain,
    lock_address,
    member_address,
    split_address,
    user_address,
)
from idsync.model.agreed_past import AgreedPast
from idsync.model.directory import DirectoryState
from idsync.model.pseudonyms import Pseudonyms
from idsync.model.resource_pseudonyms import ResourcePseudonyms
from idsync.model.resources import Lock

replace = msgspec.structs.replace


class SanitizedDirectory:
    """Replaces the people of a directory. Raises UsageError for a key that can be guessed."""

    def __init__(self, settings: Settings, key: bytes) -> None:
        self._pseudonym = Pseudonyms(key)
        prefix = settings.integration.users.traits.prefix
        roles = {role.name for role in settings.integration.users.default_roles}
        roles.update(str(role.expand(())) for rule in settings.role_rules for role in rule.roles if role.is_literal)
        descriptions = [rule.description for rule in settings.access_list_rules if rule.description is not None]
        self._resources = ResourcePseudonyms(
            self._pseudonym,
            settings.integration.org_url,
            attribute_of=lambda trait: trait.removeprefix(prefix),
            kept=attributes_of_rules(settings),
            roles=roles,
            stays=lambda description: any(template.could_give(description) for template in descriptions),
        )

    def state(self, state: DirectoryState) -> DirectoryState:
        """The directory under pseudonyms."""
        users = [self._resources.user(user) for user in state.users.values()]
        locks = [self._resources.lock(lock) for lock in state.locks.values()]
        return DirectoryState(
            {user.metadata.name: user for user in users},
            {lock.metadata.name: lock for lock in locks},
            {name: self._resources.access_list(item) for name, item in state.access_lists.items()},
            {name: self._resources.members(members) for name, members in state.members.items()},
            {address: self._resources.plain(item) for address, item in state.plain.items()},
        )

    def address(self, address: Address, locks: Mapping[str, Lock]) -> Address:
        """The address of what stood at an address; `locks` are those of the directory as it is."""
        kind, name = split_address(address)
        match kind:
            case "user":
                return user_address(self._pseudonym.text(name))
            case "lock":
                return lock_address(self._resources.lock_name(name, locks.get(name)))
            case "access_list":
                return access_list_address(name)
            case _ if is_plain(address):
                return address
            case _:
                access_list, _, member = name.partition("/")
                return member_address(access_list, self._pseudonym.text(member))

    def past(self, past: AgreedPast) -> AgreedPast:
        """What is agreed on about people beyond the directory, under their pseudonyms."""
        person, name = self._pseudonym.id, self._pseudonym.text
        return AgreedPast(
            tuple(replace(each, name=name(each.name), okta_id=person(each.okta_id)) for each in past.former),
            tuple(replace(each, okta_id=person(each.okta_id)) for each in past.lifted),
            tuple(replace(each, okta_id=person(each.okta_id)) for each in past.ended),
        )


def attributes_of_rules(settings: Settings) -> frozenset[str]:
    """The profile attributes that role rules look at: without their values a plan would be another one."""
    prefix = settings.integration.users.traits.prefix
    return frozenset(rule.trait.removeprefix(prefix) for rule in settings.role_rules if isinstance(rule, TraitRule))
