"""A sanitized directory: people under the pseudonyms of a sanitized snapshot, so that the two plan together.

What the configuration itself says stays: roles, and descriptions that its rules give. So do titles, times, and the
labels that make an object ours. Every other text of a person, and every text that a person wrote, does not.
"""

from collections.abc import Iterable, Mapping

import msgspec

from idsync.config.settings import Settings, TraitRule
from idsync.model.addresses import (
    Address,
    access_list_address,
    lock_address,
    member_address,
    split_address,
    user_address,
)
from idsync.model.agreed_past import AgreedPast
from idsync.model.directory import DirectoryState, Members
from idsync.model.nesting import is_nested
from idsync.model.ownership import ORG_LABEL, ORIGIN_LABEL, UNKNOWN_PERSON, USER_ID_LABEL, is_ours, lock_name
from idsync.model.pseudonyms import Identifying, Pseudonyms
from idsync.model.resources import (
    AccessList,
    CreatedBy,
    ExternalIdentity,
    Grants,
    Lock,
    LockTarget,
    LoginStatus,
    Membership,
    Metadata,
    Owner,
    Strings,
    Traits,
    User,
)

_TRUTH_VALUES = frozenset({"true", "false"})
replace = msgspec.structs.replace


class SanitizedDirectory:
    """Replaces the people of a directory. Raises UsageError for a key that can be guessed."""

    def __init__(self, settings: Settings, key: bytes) -> None:
        self._pseudonym = Pseudonyms(key)
        self._org_url = settings.integration.org_url
        self._prefix = settings.integration.users.traits.prefix
        self._kept = attributes_of_rules(settings)
        self._roles = {role.name for role in settings.integration.users.default_roles}
        self._roles.update(
            str(role.expand(())) for rule in settings.role_rules for role in rule.roles if role.is_literal
        )
        self._descriptions = [rule.description for rule in settings.access_list_rules if rule.description is not None]

    def state(self, state: DirectoryState) -> DirectoryState:
        """The directory under pseudonyms."""
        users = [self._user(user) for user in state.users.values()]
        locks = [self._lock(lock) for lock in state.locks.values()]
        return DirectoryState(
            {user.metadata.name: user for user in users},
            {lock.metadata.name: lock for lock in locks},
            {name: self._access_list(item) for name, item in state.access_lists.items()},
            {name: self._members(members) for name, members in state.members.items()},
        )

    def address(self, address: Address, locks: Mapping[str, Lock]) -> Address:
        """The address of what stood at an address; `locks` are those of the directory as it is."""
        kind, name = split_address(address)
        match kind:
            case "user":
                return user_address(self._pseudonym.text(name))
            case "lock":
                return lock_address(self._lock_name(name, locks.get(name)))
            case "access_list":
                return access_list_address(name)
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

    def _user(self, user: User) -> User:
        spec, name = user.spec, user.metadata.name
        attributes = {trait.removeprefix(self._prefix): values for trait, values in spec.traits.items()}
        identifying = Identifying((name, user.metadata.labels.get(USER_ID_LABEL, "")), attributes, self._kept)
        return replace(
            user,
            metadata=self._metadata(user.metadata, self._pseudonym.text(name)),
            spec=replace(
                spec,
                roles=self._roles_of(spec.roles, identifying),
                traits={trait: self._values(trait, values, identifying) for trait, values in spec.traits.items()},
                status=None if spec.status is None else self._login_status(spec.status),
                created_by=None if spec.created_by is None else self._created_by(spec.created_by),
                saml_identities=self._identities(spec.saml_identities),
                oidc_identities=self._identities(spec.oidc_identities),
                github_identities=self._identities(spec.github_identities),
            ),
        )

    def _roles_of(self, roles: Strings, identifying: Identifying) -> Strings:
        return tuple(
            role if role in self._roles or not identifying.is_in(role) else self._pseudonym.text(role) for role in roles
        )

    def _values(self, trait: str, values: Strings, identifying: Identifying) -> Strings:
        stays = trait.removeprefix(self._prefix) in self._kept and not any(map(identifying.is_in, values))
        if stays:
            return values
        return tuple(value if value in _TRUTH_VALUES else self._pseudonym.text(value) for value in values)

    def _metadata(self, metadata: Metadata, name: str) -> Metadata:
        labels = {
            label: value if label in (ORIGIN_LABEL, ORG_LABEL) else self._pseudonym.text(value)
            for label, value in metadata.labels.items()
        }
        if metadata.labels.get(USER_ID_LABEL) == UNKNOWN_PERSON:
            labels[USER_ID_LABEL] = UNKNOWN_PERSON
        elif USER_ID_LABEL in labels:
            labels[USER_ID_LABEL] = self._pseudonym.id(metadata.labels[USER_ID_LABEL])
        return replace(metadata, name=name, description=self._pseudonym.text(metadata.description), labels=labels)

    def _lock(self, lock: Lock) -> Lock:
        ours = is_ours(lock.metadata.labels, self._org_url)
        target = msgspec.structs.asdict(lock.spec.target)
        replaced = {field: None if value is None else self._pseudonym.text(value) for field, value in target.items()}
        message = lock.spec.message if ours else self._pseudonym.text(lock.spec.message)
        by = lock.spec.created_by if ours else self._pseudonym.text(lock.spec.created_by)
        return replace(
            lock,
            metadata=self._metadata(lock.metadata, self._lock_name(lock.metadata.name, lock)),
            spec=replace(lock.spec, target=LockTarget(**replaced), message=message, created_by=by),
        )

    def _lock_name(self, name: str, lock: Lock | None) -> str:
        """A lock of ours is called by its person, and one under a pseudonym by that."""
        user = None if lock is None else lock.spec.target.user
        okta_id = "" if lock is None else lock.metadata.labels.get(USER_ID_LABEL, "")
        if user is None:
            return self._pseudonym.text(name)
        for known in ("", okta_id):
            if name == lock_name(self._org_url, user, known):
                called = self._pseudonym.text(user)
                return lock_name(self._org_url, called, self._pseudonym.id(known) if known else "")
        return self._pseudonym.text(name)

    def _access_list(self, item: AccessList) -> AccessList:
        spec = item.spec
        given = any(template.could_give(spec.description) for template in self._descriptions)
        description = spec.description if given else self._pseudonym.text(spec.description)
        return replace(
            item,
            metadata=self._metadata(item.metadata, item.metadata.name),
            spec=replace(
                spec,
                description=description,
                owners=tuple(self._owner(owner) for owner in spec.owners),
                membership_requires=self._requirement(spec.membership_requires),
                ownership_requires=self._requirement(spec.ownership_requires),
            ),
        )

    def _owner(self, owner: Owner) -> Owner:
        name = owner.name if is_nested(owner) else self._pseudonym.text(owner.name)
        return replace(owner, name=name, description=self._pseudonym.text(owner.description))

    def _requirement(self, grants: Grants) -> Grants:
        traits: Traits = {trait: tuple(map(self._pseudonym.text, values)) for trait, values in grants.traits.items()}
        return replace(grants, traits=traits)

    def _members(self, members: Members) -> Members:
        return {
            name if is_nested(member) else self._pseudonym.text(name): self._membership(member)
            for name, member in members.items()
        }

    def _membership(self, member: Membership) -> Membership:
        by = member.added_by if member.added_by == Membership().added_by else self._pseudonym.text(member.added_by)
        return replace(member, reason=self._pseudonym.text(member.reason), added_by=by)

    def _login_status(self, status: LoginStatus) -> LoginStatus:
        return replace(status, locked_message=self._pseudonym.text(status.locked_message))

    def _created_by(self, made: CreatedBy) -> CreatedBy:
        user = None if made.user is None else replace(made.user, name=self._pseudonym.text(made.user.name))
        connector = made.connector
        if connector is not None:
            connector = replace(connector, identity=self._pseudonym.text(connector.identity))
        return replace(made, user=user, connector=connector)

    def _identities(self, identities: Iterable[ExternalIdentity]) -> tuple[ExternalIdentity, ...]:
        return tuple(replace(each, username=self._pseudonym.text(each.username)) for each in identities)


def attributes_of_rules(settings: Settings) -> frozenset[str]:
    """The profile attributes that role rules look at: without their values a plan would be another one."""
    prefix = settings.integration.users.traits.prefix
    return frozenset(rule.trait.removeprefix(prefix) for rule in settings.role_rules if isinstance(rule, TraitRule))
