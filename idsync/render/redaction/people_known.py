"""Whom a plan knows, and what of them says who they are: names, logins, ids, addresses and numbers."""

import re
from collections import defaultdict
from collections.abc import Iterator

from idsync.model.directory import Cause, UpstreamCause
from idsync.model.nesting import is_nested
from idsync.model.ownership import UNKNOWN_PERSON, USER_ID_LABEL
from idsync.model.pseudonyms import ADDRESSED, OF_THE_ORGANIZATION
from idsync.model.resources import AccessList, User
from idsync.plan.changes import AccessListChange, LockChange, Plan, UserChange

_TELLS = re.compile(r"[\d@]|\w\W+\w")
"""A value with a digit, an @ or two words in it says who somebody is; a single word is also many other things."""


def people_in(plan: Plan) -> dict[str, list[User]]:
    """The users of a plan by name, before and after."""
    found: dict[str, list[User]] = defaultdict(list)
    for change in plan.changes:
        if isinstance(change, UserChange):
            for user in (change.before, change.after):
                if user is not None:
                    found[user.metadata.name].append(user)
    return found


def known_of(plan: Plan) -> Iterator[tuple[str, bool]]:
    """Every value of a plan that says who somebody is, and whether it is an Okta id."""
    for delta in plan.access_delta:
        yield delta.person, False
        if delta.renamed_from is not None:
            yield delta.renamed_from, False
        for entry in (*delta.gains, *delta.loses, *delta.route_only):
            yield from _of_causes(entry.causes)
    for change in plan.changes:
        yield from _of_causes(change.causes)
        match change:
            case UserChange():
                for user in (change.before, change.after):
                    if user is not None:
                        yield from _of_user(user)
            case LockChange():
                for lock in (change.before, change.after):
                    if lock is not None:
                        yield lock.spec.target.user or "", False
                        yield lock.spec.target.login or "", False
            case AccessListChange():
                yield from _of_list(change)
    for finding in (*plan.findings, *plan.health.findings):
        yield from _of_causes(finding.causes)


def attribute_of(trait: str) -> str:
    """The profile attribute that a trait shows, whatever its prefix."""
    return trait.rpartition("/")[2]


def _of_user(user: User) -> Iterator[tuple[str, bool]]:
    yield user.metadata.name, False
    okta_id = user.metadata.labels.get(USER_ID_LABEL, "")
    if okta_id != UNKNOWN_PERSON:
        yield okta_id, True
    spec = user.spec
    for identity in (*spec.saml_identities, *spec.oidc_identities, *spec.github_identities):
        yield identity.username, False
    for trait, values in spec.traits.items():
        attribute = attribute_of(trait)
        if attribute in ADDRESSED:
            yield from ((value, False) for value in values)
        elif attribute not in OF_THE_ORGANIZATION:
            yield from ((value, False) for value in values if _TELLS.search(value))


def _of_list(change: AccessListChange) -> Iterator[tuple[str, bool]]:
    for name in (*change.members_added, *change.members_removed, *change.carried, *change.edits_lost):
        yield name, False
    for item in (change.before, change.after):
        if item is not None:
            yield from ((owner, False) for owner in _owners(item))


def _owners(item: AccessList) -> Iterator[str]:
    return (owner.name for owner in item.spec.owners if not is_nested(owner))


def _of_causes(causes: tuple[Cause, ...]) -> Iterator[tuple[str, bool]]:
    for cause in causes:
        if isinstance(cause, UpstreamCause) and cause.object == "user":
            yield cause.name, False
            yield cause.id, True
