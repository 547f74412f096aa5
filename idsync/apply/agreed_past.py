"""What an apply leaves to be remembered of people who lose a name, a lock or a membership."""

from collections.abc import Collection, Iterable, Iterator
from datetime import datetime

import msgspec

from idsync.model.addresses import Address, split_address, user_address
from idsync.model.agreed_past import AgreedPast, EndedMembership, FormerName, LiftedLock
from idsync.model.directory import DirectoryState, Members, Names
from idsync.model.ownership import okta_id_of
from idsync.model.resources import User
from idsync.model.times import format_time
from idsync.plan.changes import AccessListChange, Change, LockChange, UserChange, passes_on
from idsync.stores.protocol import AgreedState
from idsync.targets.protocol import DirectoryReader

_NOBODY: frozenset[str] = frozenset()
_MANY = 1000
_NO_MEMBERS: Members = {}


def note_past(
    changes: Iterable[Change],
    before: DirectoryState,
    *,
    pending: Collection[Address],
    forgets: Iterable[str],
    target: DirectoryReader,
    agreed: AgreedState,
    now: datetime,
) -> None:
    """Remember and forget, once these changes are made; `before` is what there was of what they touch.

    `pending` are addresses of what is held back; `forgets` are people whose last event is over.
    """
    changes = tuple(changes)
    known = _known(changes, forgets, target, agreed)
    notes = _Notes(before, pending, target, agreed, known, format_time(now))
    users = [change for change in changes if isinstance(change, UserChange)]
    notes.users(users)
    notes.locks([change for change in changes if isinstance(change, LockChange)])
    notes.lists([change for change in changes if isinstance(change, AccessListChange)], users)
    notes.keep(forgets)


def _known(
    changes: Collection[Change], forgets: Iterable[str], target: DirectoryReader, agreed: AgreedState
) -> AgreedPast:
    """What is agreed on about everybody whom the changes touch; of very many people, all of it is read at once."""
    names: set[str] = set()
    people = {*forgets}
    joining: set[str] = set()
    for change in changes:
        match change:
            case UserChange():
                names.add(name_of(change))
                people |= {_id(change.before), _id(change.after)}
            case LockChange():
                locks = [lock for lock in (change.before, change.after) if lock is not None]
                names.update(lock.spec.target.user or "" for lock in locks)
                people.update(okta_id_of(lock.metadata.labels) for lock in locks)
            case AccessListChange():
                joining.update(change.members_added)
        if len(names) + len(joining) > _MANY:
            return agreed.past()
    others = frozenset(joining - names)
    people.update(map(_id, target.state(Names(others, _NOBODY)).users.values() if others else ()))
    return agreed.past(people - {""}, names)


class _Notes:
    """What is to be kept and forgotten, while the changes are gone through."""

    def __init__(
        self,
        before: DirectoryState,
        pending: Collection[Address],
        target: DirectoryReader,
        agreed: AgreedState,
        known: AgreedPast,
        now: str,
    ) -> None:
        self._before = before
        self._pending = pending
        self._target = target
        self._agreed = agreed
        self._now = now
        self._known = known
        self._former: dict[tuple[str, str], FormerName | None] = {}
        self._lifted: dict[str, LiftedLock | None] = {}
        self._ended: dict[tuple[str, str], EndedMembership | None] = {}
        self._lists_gone: list[str] = []

    def users(self, changes: list[UserChange]) -> None:
        """Names that somebody leaves, while lists name them as an owner, and names that somebody gets."""
        gone = {name_of(each): okta_id for each in changes if each.after is None and (okta_id := _id(each.before))}
        for name, okta_id in gone.items():
            self._lifted[okta_id] = None
            if self._target.owned_by([name]):
                self._former[name, okta_id] = FormerName(name, okta_id, self._now)
        if not self._known.former:
            return
        there = [each for each in changes if each.after is not None]
        given = {name_of(each) for each in there if each.before is None or passes_on(each)}
        for former in self._known.former:
            if former.name in given:
                self._former[former.name, former.okta_id] = None

    def locks(self, changes: list[LockChange]) -> None:
        """Locks that are made for a departure or a suspension, which is a new one then, and that are lifted."""
        by_hand = {(each.name, each.okta_id): each for each in self._known.former if each.by_hand}
        for change in changes:
            if change.before is not None and change.after is not None and change.before.spec == change.after.spec:
                continue  # its labels alone change: nothing happened to anybody
            lock = change.after or change.before
            user = (lock.spec.target.user if lock else None) or ""
            okta_id = okta_id_of(lock.metadata.labels) if lock else ""
            held = change.after is not None and user_address(user) in self._pending
            self._lifted[okta_id] = LiftedLock(okta_id, "departure") if held else None
            former = by_hand.get((user, okta_id))
            if former is not None and change.after is not None and self._former.get((user, okta_id), former):
                self._former[user, okta_id] = msgspec.structs.replace(former, by_hand=False)

    def lists(self, changes: list[AccessListChange], users: list[UserChange]) -> None:
        """Memberships that go and have an end, and that come again."""
        ends = self._known.ends
        names = {name_of(each): each for each in users if changes}
        for change in changes:
            name = name_of(change)
            if change.after is None:
                self._lists_gone.append(name)
                continue
            members = self._before.members.get(name, _NO_MEMBERS)
            expiring = [each for each in change.members_removed if each in members and members[each].expires]
            for person, okta_id in self._ids(expiring, names, before=True):
                self._ended[name, okta_id] = EndedMembership(name, okta_id, members[person].expires or "")
            coming = change.members_added if name in ends else ()
            for _, okta_id in self._ids(coming, names, before=False):
                if okta_id in ends[name]:
                    self._ended[name, okta_id] = None

    def _ids(
        self, people: Collection[str], changes: dict[str, UserChange], *, before: bool
    ) -> Iterator[tuple[str, str]]:
        """The Okta ids that these names had before the changes, or have after them."""
        # By people: taking all changes away from each list's people would read everybody for every list.
        others = frozenset(person for person in people if person not in changes)
        found = self._target.state(Names(others, _NOBODY)).users if others else {}
        for person in people:
            change = changes.get(person)
            user = found.get(person) if change is None else change.before if before else change.after
            if okta_id := _id(user):
                yield person, okta_id

    def keep(self, forgets: Iterable[str]) -> None:
        """Write it down, with what is forgotten because it is over."""
        lifted = {**self._lifted, **dict.fromkeys(forgets, None)}
        lifted.pop("", None)
        over = [okta_id for okta_id in lifted if lifted[okta_id] is None and okta_id in self._known.lifted_locks]
        new = AgreedPast(
            tuple(each for each in self._former.values() if each),
            tuple(each for each in lifted.values() if each),
            tuple(each for each in self._ended.values() if each),
        )
        old = AgreedPast(
            tuple(FormerName(*key, "") for key, each in self._former.items() if each is None),
            tuple(LiftedLock(okta_id, "departure") for okta_id in over),
            tuple(EndedMembership(*key, "") for key, each in self._ended.items() if each is None),
        )
        if old or self._lists_gone:
            self._agreed.forget(old, self._lists_gone)
        if new:
            self._agreed.remember(new)


def losing_ids(changes: Iterable[Change]) -> list[str]:
    """The Okta ids of the people from whom these changes take an account."""
    users = (each for each in changes if isinstance(each, UserChange) and (each.after is None or passes_on(each)))
    return [okta_id for change in users if (okta_id := _id(change.before))]


def name_of(change: Change) -> str:
    """The name of the object that a change is about."""
    return split_address(change.address)[1]


def _id(user: User | None) -> str:
    return "" if user is None else okta_id_of(user.metadata.labels)
