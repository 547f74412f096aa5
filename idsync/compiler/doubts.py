"""The findings about people whose name or status leaves a doubt: what is the matter, and what idsync does."""

from collections.abc import Iterable

from idsync.compiler.causes import user_cause
from idsync.model.findings import Finding
from idsync.model.identity import IdentityUser


def unknown_status(user: IdentityUser) -> Finding:
    """Okta gives a status that is not in its documentation."""
    return Finding(
        "unknown_status",
        "warning",
        f"{user.username} has the Okta status {user.status}, which idsync does not know; left as they are.",
        (user_cause(user),),
    )


def suspension_ignored(user: IdentityUser) -> Finding:
    """Somebody is suspended, and the configuration says that this changes nothing."""
    return Finding(
        "suspension_ignored",
        "warning",
        f"{user.username} is suspended in Okta and keeps all access, because users.suspended is ignore.",
        (user_cause(user),),
    )


def twins(users: Iterable[IdentityUser]) -> Finding:
    """Several people have names that differ by case or Unicode form only."""
    people = sorted(users, key=lambda user: user.id)
    who = ", ".join(f"{user.username} ({user.id})" for user in people)
    return Finding(
        "twin_names",
        "error",
        f"These people cannot be told apart by name: {who}. None is touched; give each a name of their own.",
        tuple(user_cause(user) for user in people),
    )


def name_taken(user: IdentityUser, why: str) -> Finding:
    """Somebody cannot have their name: `why` completes "the name ..."."""
    return Finding(
        "name_taken",
        "error",
        f"{user.username} cannot be given to Okta user {user.id}: the name {why}. Left as they are.",
        (user_cause(user),),
    )


def relabelled(user: IdentityUser, other_id: str) -> Finding:
    """Somebody's entry in the directory carries the Okta id of another, `other_id`, who does not have that name."""
    return Finding(
        "identity_replaced",
        "warning",
        f"The directory has {user.username} as Okta user {other_id}, who has another name: somebody changed the "
        f"label by hand. It is Okta user {user.id} in Okta, and becomes so here.",
        (user_cause(user),),
    )
