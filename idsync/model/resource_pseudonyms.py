"""Directory objects under pseudonyms: what says who a person is does not stay, nor any text that a person wrote.

What the configuration itself says may stay: roles and descriptions that its rules give. So do titles, times, and the
labels that make an object ours.
"""

from collections.abc import Callable, Collection, Iterable
from typing import TypeVar

import msgspec

from idsync.model.directory import Members
from idsync.model.nesting import is_nested
from idsync.model.ownership import ORG_LABEL, ORIGIN_LABEL, UNKNOWN_PERSON, USER_ID_LABEL, is_ours, lock_name
from idsync.model.plain_resources import Plain
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

Resource = TypeVar("Resource", bound=Plain)
_TRUTH_VALUES = frozenset({"true", "false"})
replace = msgspec.structs.replace


class ResourcePseudonyms:
    """Replaces people in users, locks and lists.

    `attribute_of` gives the profile attribute of a trait. `kept` are attributes whose values stay unless they say who
    the person is, `roles` are role names that stay, and `stays` tells of a list's description whether it does.
    """

    def __init__(
        self,
        pseudonym: Pseudonyms,
        org_url: str,
        *,
        attribute_of: Callable[[str], str],
        kept: frozenset[str] = frozenset(),
        roles: Collection[str] = (),
        stays: Callable[[str], bool] = lambda _description: False,
    ) -> None:
        self._pseudonym = pseudonym
        self._org_url = org_url
        self._attribute_of = attribute_of
        self._kept = kept
        self._roles = roles
        self._stays = stays

    def user(self, user: User) -> User:
        """A user under a pseudonym."""
        spec, identifying = user.spec, self.identifying(user)
        return replace(
            user,
            metadata=self._metadata(user.metadata, self._pseudonym.text(user.metadata.name)),
            spec=replace(
                spec,
                roles=self.roles_of(spec.roles, identifying),
                traits={trait: self._values(trait, values, identifying) for trait, values in spec.traits.items()},
                status=None if spec.status is None else self._login_status(spec.status),
                created_by=None if spec.created_by is None else self._created_by(spec.created_by),
                saml_identities=self._identities(spec.saml_identities),
                oidc_identities=self._identities(spec.oidc_identities),
                github_identities=self._identities(spec.github_identities),
            ),
        )

    def identifying(self, user: User) -> Identifying:
        """What says who the person of a user is."""
        attributes = {self._attribute_of(trait): values for trait, values in user.spec.traits.items()}
        names = (user.metadata.name, user.metadata.labels.get(USER_ID_LABEL, ""))
        return Identifying(names, attributes, self._kept)

    def roles_of(self, roles: Strings, identifying: Identifying) -> Strings:
        """A person's roles; those that say who the person is under pseudonyms."""
        return tuple(
            role if role in self._roles or not identifying.is_in(role) else self._pseudonym.text(role) for role in roles
        )

    def _values(self, trait: str, values: Strings, identifying: Identifying) -> Strings:
        stays = self._attribute_of(trait) in self._kept and not any(map(identifying.is_in, values))
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

    def lock(self, lock: Lock) -> Lock:
        """A lock under the name that a lock on the pseudonym has."""
        ours = is_ours(lock.metadata.labels, self._org_url)
        target = msgspec.structs.asdict(lock.spec.target)
        replaced = {field: None if value is None else self._pseudonym.text(value) for field, value in target.items()}
        message = lock.spec.message if ours else self._pseudonym.text(lock.spec.message)
        by = lock.spec.created_by if ours else self._pseudonym.text(lock.spec.created_by)
        return replace(
            lock,
            metadata=self._metadata(lock.metadata, self.lock_name(lock.metadata.name, lock)),
            spec=replace(lock.spec, target=LockTarget(**replaced), message=message, created_by=by),
        )

    def lock_name(self, name: str, lock: Lock | None) -> str:
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

    def access_list(self, item: AccessList) -> AccessList:
        """A list with its owners under pseudonyms."""
        spec = item.spec
        description = spec.description if self._stays(spec.description) else self._pseudonym.text(spec.description)
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

    def plain(self, item: Resource) -> Resource:
        """A role, an app or a group: what people may have written of it does not stay."""
        stays = is_ours(item.metadata.labels, self._org_url)
        return item if stays else replace(item, metadata=self._metadata(item.metadata, item.metadata.name))

    def _owner(self, owner: Owner) -> Owner:
        name = owner.name if is_nested(owner) else self._pseudonym.text(owner.name)
        return replace(owner, name=name, description=self._pseudonym.text(owner.description))

    def _requirement(self, grants: Grants) -> Grants:
        traits: Traits = {trait: tuple(map(self._pseudonym.text, values)) for trait, values in grants.traits.items()}
        return replace(grants, traits=traits)

    def members(self, members: Members) -> Members:
        """The members of a list; lists among them keep their names."""
        return {
            name if is_nested(member) else self._pseudonym.text(name): self.membership(member)
            for name, member in members.items()
        }

    def membership(self, member: Membership) -> Membership:
        """What people wrote of a membership under pseudonyms."""
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
