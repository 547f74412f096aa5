"""Who a user is the account of, before and after a change: told by the Okta id in a label, never by the name."""

from collections.abc import Iterable, Mapping

from msgspec.structs import replace

from idsync.model.ownership import USER_ID_LABEL, okta_id_of, org_of
from idsync.model.resources import User
from idsync.plan.changes import Change, UserChange


def is_same_person(change: UserChange) -> bool:
    """Whether a user that stays under its name stays the account of one person; not of one that comes or goes.

    A foreign user that is taken over is the account of the person who had it; the ids of two organizations say nothing
    about each other.
    """
    if change.before is None or change.after is None:
        return False
    if change.identified:
        return True
    had, has = change.before.metadata.labels, change.after.metadata.labels
    old, new = okta_id_of(had), okta_id_of(has)
    return not old or old == new or org_of(had) != org_of(has)


def renames(users: Mapping[str, UserChange]) -> dict[str, str]:
    """The new names of people by the old ones: those who lose one account and get another."""
    gets: dict[str, str] = {}
    for name, change in users.items():
        if change.after is not None and (change.before is None or okta_id(change.before) != okta_id(change.after)):
            gets[okta_id(change.after)] = name
    goes = {name: okta_id(change.before) for name, change in users.items() if change.before and change.after is None}
    return {name: gets[key] for name, key in goes.items() if key and key in gets}


def identified(changes: Iterable[Change], okta_ids: Mapping[str, str]) -> tuple[Change, ...]:
    """The changes, those of accounts that stay one person's marked; `okta_ids` are by the ids that stood for them."""
    return tuple(replace(each, identified=True) if _identifies(each, okta_ids) else each for each in changes)


def _identifies(change: Change, okta_ids: Mapping[str, str]) -> bool:
    if not isinstance(change, UserChange) or change.before is None or change.after is None:
        return False
    had = okta_id_of(change.before.metadata.labels)
    return had in okta_ids and okta_ids[had] == okta_id_of(change.after.metadata.labels)


def okta_id(user: User) -> str:
    """The Okta id that a user's label says; empty where there is none."""
    return user.metadata.labels.get(USER_ID_LABEL, "")
