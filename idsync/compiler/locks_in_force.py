"""Locks that are in force, by the person whom each is for: the Okta id on it or, on an older one, that of its user."""

from collections.abc import Mapping

from idsync.compiler.pool import Pool
from idsync.model.agreed_past import AgreedPast
from idsync.model.directory_index import UserEntry
from idsync.model.ownership import USER_ID_LABEL, is_ours, lock_name
from idsync.model.resources import Lock


class LocksInForce:
    """Every lock in force, and the users of the directory in brief: who has which name there."""

    def __init__(self, org_url: str, locks: Mapping[str, Lock], entries: Mapping[str, UserEntry]) -> None:
        self._org_url = org_url
        self._locks = locks
        self._entries = entries
        self._by_person: dict[tuple[str, str], str] = {}
        for name in sorted(locks, reverse=True):
            if is_ours(locks[name].metadata.labels, org_url) and (user := locks[name].spec.target.user):
                self._by_person[user, self.person_of(locks[name])] = name
        self.people = frozenset(person for _, person in self._by_person if person)
        """Okta ids of the people whom locks of ours are for."""

    def person_of(self, lock: Lock) -> str:
        """The Okta id of the person whom a lock of ours is for; empty where nobody can tell."""
        label = lock.metadata.labels.get(USER_ID_LABEL)
        return label or self._id_of(lock.spec.target.user or "")

    def strangers(self, pool: Pool, past: AgreedPast) -> frozenset[str]:
        """Names that somebody gets now and that another person had last, as far as that is known: by the directory, by
        what is agreed on, or by a lock.
        """
        holders = past.last_holders
        known = {*pool.passed, *holders, *(user for user, person in self._by_person if person)}
        return frozenset(name for name in known & pool.present.keys() if self._is_stranger(name, pool, past))

    def _is_stranger(self, name: str, pool: Pool, past: AgreedPast) -> bool:
        okta_id = pool.present[name].id
        if name in pool.passed or self.has_account(okta_id, name):
            return name in pool.passed
        entry, holder = self._entries.get(name), past.last_holders.get(name)
        if entry is not None:
            return False
        if holder is not None:
            return holder.okta_id != okta_id
        return (name, okta_id) not in self._by_person

    def has_account(self, okta_id: str, user: str) -> bool:
        """Whether the directory has this person under this name."""
        return bool(okta_id) and self._id_of(user) == okta_id

    def place_of(self, user: str, okta_id: str, wanted: Mapping[str, Lock]) -> tuple[str, Lock | None]:
        """The name for a lock on `user` that is for this person, and the lock that has it: theirs, or a foreign one.

        The `wanted` locks have their names already: one name may have belonged to several people.
        """
        plain = lock_name(self._org_url, user)
        there = self._locks.get(plain)
        if there is not None and self._is_for(there, user, okta_id):
            return plain, there
        known = self._by_person.get((user, okta_id))
        if known is not None:
            return known, self._locks[known]
        free = plain not in wanted or wanted[plain].metadata.labels.get(USER_ID_LABEL, "") == okta_id
        if free and (there is None or not is_ours(there.metadata.labels, self._org_url)):
            return plain, there
        own = lock_name(self._org_url, user, okta_id)
        return own, self._locks.get(own)

    def _is_for(self, lock: Lock, user: str, okta_id: str) -> bool:
        """Whether a lock of ours under the plain name for `user` is for this person, even on another target."""
        label = lock.metadata.labels.get(USER_ID_LABEL) or self._id_of(user)
        return is_ours(lock.metadata.labels, self._org_url) and label == okta_id

    def _id_of(self, user: str) -> str:
        entry = self._entries.get(user)
        return (entry.okta_id or "") if entry is not None else ""
