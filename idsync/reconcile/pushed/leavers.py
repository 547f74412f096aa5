"""Who left by pushes of a resource, and whether they are locked: told by the locks that there are."""

from collections.abc import Collection, Iterable
from collections.abc import Set as AbstractSet
from datetime import datetime

import msgspec

from idsync.apply.kept_back import kept_of_person
from idsync.model.canonical import canonical_bytes
from idsync.model.directory import Names
from idsync.model.names import twin_key
from idsync.model.ownership import okta_id_of
from idsync.model.pushed import PushedUser
from idsync.model.times import format_time, is_past, moved
from idsync.reconcile.owed import is_owed
from idsync.reconcile.pushed.push_passes import PushPasses

_KEY = "pushed/left/{}"
_NOBODY: frozenset[str] = frozenset()


class Leaver(msgspec.Struct, frozen=True):
    """Somebody who left by a push, the names of the accounts that they had then, and when that was."""

    okta_id: str
    names: tuple[str, ...]
    since: str


class Unlocked(msgspec.Struct, frozen=True):
    """The name of somebody who left and is not locked; `guards` hold the lock, if any do, and it may be owed."""

    name: str
    guards: tuple[str, ...]
    owed: bool


_LEAVERS = msgspec.json.Decoder(tuple[Leaver, ...])


class Leavers:
    """Knows who left by a resource. Those who are not locked yet are kept, so that a repeated push says so again."""

    def __init__(self, passes: PushPasses) -> None:
        self._store = passes.store
        self._target = passes.target
        self._integration = passes.settings.integration

    def about_to_leave(self, okta_ids: Collection[str], username: str, now: datetime) -> list[Leaver]:
        """These people, with the accounts that they have before a push is applied that lets them leave.

        An account of ours that says of nobody whose it is, is theirs by its name; so is one that they may sign in to,
        since the renaming of its person is held.
        """
        found = []
        for okta_id in sorted(okta_ids):
            names = tuple(sorted(self._accounts(okta_id, username) | self._held(okta_id, {username}).keys()))
            found.append(Leaver(okta_id, names, format_time(now)))
        return found

    def keep(self, user: PushedUser, leavers: Iterable[Leaver], now: datetime) -> None:
        """Remember who left by a resource and is not locked, in the transaction that is open; the others are done."""
        known = {each.okta_id: each for each in self._kept(user)}
        for each in leavers:
            before = known.get(each.okta_id)
            names = each.names if before is None else tuple(sorted({*before.names, *each.names}))
            known[each.okta_id] = msgspec.structs.replace(each, names=names)
        waiting = tuple(each for _, each in sorted(known.items()) if self._unlocked(each, user, now) is not None)
        key = _KEY.format(user.id)
        if waiting:
            self._store.facts.put({key: canonical_bytes(waiting)})
        elif known:
            self._store.facts.delete(key)

    def forget(self, user: PushedUser) -> None:
        """Forget who left by a resource that goes."""
        self._store.facts.delete(_KEY.format(user.id))

    def people(self, user: PushedUser) -> frozenset[str]:
        """Okta ids of everybody who left by a resource and may not be locked."""
        return frozenset(each.okta_id for each in self._of(user))

    def first_unlocked(self, user: PushedUser, now: datetime) -> Unlocked | None:
        """One of those who left by a resource and are not locked; None where all are, or there is nobody to lock."""
        found = (self._unlocked(each, user, now) for each in self._of(user))
        return next((each for each in found if each is not None), None)

    def first_owed(self, user: PushedUser) -> Unlocked | None:
        """One of those who left by a resource, and of whom the process that leads has still to apply something."""
        found = (each for each in self._of(user) if is_owed(self._store.facts, self._target.name, each.okta_id))
        leaver = next(found, None)
        return None if leaver is None else Unlocked((leaver.names or (user.username,))[0], (), owed=True)

    def _kept(self, user: PushedUser) -> tuple[Leaver, ...]:
        known = self._store.facts.get(_KEY.format(user.id))
        return () if known is None else _LEAVERS.decode(known)

    def _of(self, user: PushedUser) -> list[Leaver]:
        known = list(self._kept(user))
        if not user.active and all(each.okta_id != user.okta_id for each in known):
            known.append(Leaver(user.okta_id, (), user.modified))
        return known

    def _accounts(self, okta_id: str, username: str) -> frozenset[str]:
        names = self._target.names_of([okta_id], [twin_key(username)])
        users = self._target.index(self._integration.org_url, Names(names, _NOBODY)).users if names else {}
        theirs = {
            name
            for name, entry in users.items()
            if entry.okta_id == okta_id or (entry.okta_id == "" and name == username)
        }
        foreign = [name for name, entry in users.items() if entry.okta_id is None]
        return frozenset(theirs | self._orphaned(okta_id, foreign))

    def _orphaned(self, okta_id: str, names: Collection[str]) -> AbstractSet[str]:
        """Those of these names under which a person has an account of an organization that the configuration does not
        name: nobody locks it, and they sign in to it all the same.
        """
        users = self._target.state(Names(frozenset(names), _NOBODY)).users if names else {}
        return {name for name, user in users.items() if okta_id_of(user.metadata.labels) == okta_id}

    def _unlocked(self, leaver: Leaver, user: PushedUser, now: datetime) -> Unlocked | None:
        """Whether somebody is out, and has an account or living credentials under a name on which no lock is."""
        if not self._integration.sync.users or self._is_there(leaver.okta_id):
            return None
        username = user.username if user.okta_id == leaver.okta_id else ""
        held = self._held(leaver.okta_id, {username, *leaver.names})
        names = self._accounts(leaver.okta_id, username) | held.keys()
        if not self._credentials_over(leaver, now):
            names = names.union(leaver.names)
        open_ = sorted(name for name in names if not self._is_locked(name, now))
        if not open_ or self._was_lifted(leaver.okta_id):
            return None
        owed = is_owed(self._store.facts, self._target.name, leaver.okta_id)
        guards = dict.fromkeys(guard for name in open_ for guard in held.get(name, ()))
        return Unlocked(open_[0], tuple(guards), owed)

    def _is_there(self, okta_id: str) -> bool:
        upstream = self._store.upstream
        return upstream.is_known() and any(each.id == okta_id for each in upstream.without_lists({okta_id}).users)

    def _held(self, okta_id: str, names: Iterable[str]) -> dict[str, tuple[str, ...]]:
        """The names under which a lock for this person is held, or the account with which it waits; by which guards.

        So is one of their `names` under which the account of another person waits, as in a renaming: who signs in by it
        reaches that account.
        """
        held = dict[str, tuple[str, ...]]()
        for entry in kept_of_person(self._store.facts, self._target.name, okta_id, names):
            held[entry.user] = (*held.get(entry.user, ()), *entry.guards)
        return held

    def _credentials_over(self, leaver: Leaver, now: datetime) -> bool:
        locks = self._integration.locks
        return locks.ttl is not None and is_past(leaver.since, moved(now, -(locks.ttl + locks.margin)))

    def _was_lifted(self, okta_id: str) -> bool:
        """Whether a person lifted the lock of this departure by hand: it is not made again."""
        past = self._store.agreed(self._target.name).past([okta_id])
        return past.lifted_at(okta_id, "departure") is not None

    def _is_locked(self, name: str, now: datetime) -> bool:
        locks = self._target.locks([name]).values()
        return any(not is_past(lock.spec.expires, now) for lock in locks)
