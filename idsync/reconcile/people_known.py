"""Whom the id on an account stands for, where it is the SCIM id of somebody who was pushed without an Okta id."""

from collections.abc import Iterable, Mapping

from idsync.model.directory_index import DirectoryIndex
from idsync.model.identified import NOBODY, OktaIds
from idsync.model.identity import Snapshot
from idsync.model.ownership import okta_id_of
from idsync.model.pushed import PushedUser
from idsync.model.resources import Lock
from idsync.stores.protocol import Pushed


def is_stand_in(user: PushedUser) -> bool:
    """Whether the SCIM id stands for the person, since no Okta id was known when anything was made for them."""
    return user.okta_id == user.id


class PeopleKnown:
    """Knows whose Okta id can be told now, of those who were pushed without one."""

    def __init__(self, pushed: Pushed) -> None:
        self._pushed = pushed

    def learned(self, index: DirectoryIndex, locks: Mapping[str, Lock], snapshot: Snapshot) -> OktaIds:
        """The Okta ids, by the ids that stood for them, of people whom a directory has and the snapshot does not."""
        labelled = {entry.okta_id for entry in index.users.values() if entry.okta_id}
        labelled.update(okta_id_of(lock.metadata.labels) for lock in locks.values())
        unknown = labelled - {user.id for user in snapshot.users} - {""}
        found = (self._pushed.user(each) for each in unknown)
        waiting = [user for user in found if user is not None and is_stand_in(user)]
        return matched(waiting, snapshot) if waiting else NOBODY


def matched(users: Iterable[PushedUser], snapshot: Snapshot) -> dict[str, str]:
    """The Okta id of each of these users, by the id that stood for it: the one that was pushed, else that of the only
    person in the snapshot who has exactly the name of somebody who is there.

    Who left is nobody's match by a name, which another person may have got.
    """
    by_name: dict[str, list[str]] = {}
    for person in snapshot.users:
        by_name.setdefault(person.username, []).append(person.id)
    found: dict[str, str] = {}
    for user in users:
        named = by_name.get(user.username, []) if user.active else []
        if user.external_id is not None:
            found[user.okta_id] = user.external_id
        elif len(named) == 1 and named[0] != user.okta_id:
            found[user.okta_id] = named[0]
    return found
