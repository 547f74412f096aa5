"""Desired users: what we own of a user comes from Okta and the rules, all else stays as people and logins left it."""

from collections.abc import Container, Iterator, Mapping

import msgspec

from idsync.compiler.causes import user_cause
from idsync.model.directory import Reason
from idsync.model.findings import Finding
from idsync.model.identity import IdentityUser
from idsync.model.names import nfc
from idsync.model.ownership import USER_ID_LABEL, org_of, with_owned
from idsync.model.resources import Metadata, Traits, User, UserSpec
from idsync.model.resources import user as user_resource

replace = msgspec.structs.replace


def desired_user(
    identity: IdentityUser, roles: tuple[str, ...], traits: Traits, ours: Mapping[str, str], existing: User | None
) -> User:
    """The user to have, with the labels `ours`; `existing` has that name, or had it, and keeps its other fields."""
    labels = {**ours, USER_ID_LABEL: identity.id}
    wanted = user_resource(Metadata(identity.username, labels=labels), UserSpec(roles, traits))
    return wanted if existing is None else with_owned(existing, wanted)


def is_temporary_sso_user(user: User) -> bool:
    """Whether a login through a SAML connector made this user for a while: it expires, and the connector made it."""
    expires = user.metadata.expires or user.spec.expires
    created_by = user.spec.created_by
    connector = created_by.connector if created_by else None
    return bool(expires) and connector is not None and connector.type == "saml"


def adopted(user: User) -> User:
    """The user made permanent."""
    return replace(user, metadata=replace(user.metadata, expires=None), spec=replace(user.spec, expires=None))


def may_adopt(user: User, named: Container[str]) -> bool:
    """Whether we may take this foreign user over: a login made it for a while, or the config has `named` it."""
    return is_temporary_sso_user(user) or nfc(user.metadata.name) in named


def conflict(identity: IdentityUser, existing: User) -> Iterator[Finding]:
    """A foreign user has the name; it is not touched, and gets nothing through this person.

    Of what carries our origin and an unknown address one finding speaks for all.
    """
    if org_of(existing.metadata.labels):
        return
    yield Finding(
        "user_conflict",
        "error",
        f"A user {identity.username} exists that is not ours; it is left as it is. "
        "Rename or remove it, or name it in users.adopt to take it over.",
        (user_cause(identity),),
    )


def update_reason(before: User, after: User, *, edited: bool, config_changed: bool, traits_edited: bool) -> Reason:
    """Why a user of ours is not as it was; `config_changed` says whether its roles may differ by the configuration,
    and `traits_edited` whether its traits do.
    """
    if edited:
        return Reason.DRIFT
    if traits_edited:
        return Reason.TRAITS_CHANGED
    if before.spec.traits != after.spec.traits or before.metadata != after.metadata:
        return Reason.PROFILE_CHANGED
    return Reason.ROLE_MAPPING_CHANGED if config_changed else Reason.MEMBERSHIP_CHANGED
