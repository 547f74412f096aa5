"""The access delta of a plan that goes ahead in part: what people gain and lose now, and what later.

It is told from the delta of the whole: something is gained as soon as one way to it is made, and lost once no way to it
is left. Like every delta it is for people; nothing is decided by it.
"""

from collections.abc import Callable, Iterable, Mapping

from msgspec.structs import replace

from idsync.model.addresses import split_address
from idsync.plan.changes import Access, AccessListChange, Change, LockChange, PersonDelta, UserChange
from idsync.plan.effective import granted
from idsync.plan.touched import locked_person


class DeltaHalves:
    """Knows both halves of a section, and parts one person's delta after another."""

    def __init__(self, going: Iterable[Change], held: Iterable[Change]) -> None:
        self._going = _Half(going)
        self._held = _Half(held)

    def of(self, delta: PersonDelta) -> tuple[PersonDelta | None, PersonDelta | None]:
        """What a person gains and loses by the half that goes ahead, and by the half that is held."""
        names = {delta.person, delta.renamed_from or delta.person}
        if names.isdisjoint(self._held.people) and not self._held.regranted:
            return delta, None
        lost_later, lost_now = _parted(delta.loses, lambda access: self._is_kept(names, access))
        gained_now, gained_later = _parted(delta.gains, lambda access: self._is_made(delta.person, access))
        locked_now = delta.person in self._going.locks
        moved_now = names.isdisjoint(self._held.people)
        renamed_now = moved_now or delta.person in self._going.users
        now = replace(
            delta,
            gains=gained_now,
            loses=lost_now,
            route_only=delta.route_only if moved_now else (),
            renamed_from=delta.renamed_from if renamed_now else None,
            locked=delta.locked if locked_now else None,
            unlocked=delta.unlocked if locked_now else None,
        )
        later = replace(
            delta,
            gains=gained_later,
            loses=lost_later,
            route_only=() if moved_now else delta.route_only,
            renamed_from=None if renamed_now else delta.renamed_from,
            locked=None if locked_now else delta.locked,
            unlocked=None if locked_now else delta.unlocked,
        )
        return _unless_empty(now), _unless_empty(later)

    def _is_made(self, person: str, access: Access) -> bool:
        """Whether any way to something is made by the half that goes ahead."""
        return any(
            not (person in self._held.users and person not in self._going.users)
            if way == "user"
            else not self._joins_later(person, way)
            for way in access.via or (access.name,)
        )

    def _joins_later(self, person: str, name: str) -> bool:
        joining = self._held.joining.get(name)
        return joining is not None and (person in joining or name not in self._going.lists)

    def _is_kept(self, people: Iterable[str], access: Access) -> bool:
        """Whether any way to something is left until the held half is made."""
        return any(
            any(person in self._held.users for person in people)
            if way == "user"
            else self._leaves_later(people, way, access)
            for way in access.via or (access.name,)
        )

    def _leaves_later(self, people: Iterable[str], name: str, access: Access) -> bool:
        leaving = self._held.leaving.get(name, frozenset())
        return not leaving.isdisjoint(people) or (access.kind, access.name) in self._held.regranted.get(name, ())


class _Half:
    """One half of a section, by name."""

    def __init__(self, changes: Iterable[Change]) -> None:
        self.users: dict[str, UserChange] = {}
        self.lists: dict[str, AccessListChange] = {}
        self.locks: set[str] = set()
        for change in changes:
            name = split_address(change.address)[1]
            match change:
                case UserChange():
                    self.users[name] = change
                case LockChange():
                    self.locks.add(locked_person(change))
                case AccessListChange():
                    self.lists[name] = change
        self.joining = {name: frozenset(change.members_added) for name, change in self.lists.items()}
        self.leaving = {name: frozenset(change.members_removed) for name, change in self.lists.items()}
        self.people = frozenset(self.users).union(self.locks, *self.joining.values(), *self.leaving.values())
        self.regranted: Mapping[str, frozenset[tuple[str, str]]] = {
            name: frozenset(granted(change.before.spec.grants)) - frozenset(granted(change.after.spec.grants))
            for name, change in self.lists.items()
            if change.before and change.after and change.before.spec.grants != change.after.spec.grants
        }


def _parted(
    accesses: tuple[Access, ...], chosen: Callable[[Access], bool]
) -> tuple[tuple[Access, ...], tuple[Access, ...]]:
    """The accesses that are chosen, and the others."""
    verdicts = [(access, chosen(access)) for access in accesses]
    yes = tuple(access for access, verdict in verdicts if verdict)
    return yes, tuple(access for access, verdict in verdicts if not verdict)


def _unless_empty(delta: PersonDelta) -> PersonDelta | None:
    said = (delta.gains, delta.loses, delta.route_only, delta.renamed_from, delta.locked, delta.unlocked)
    return delta if any(said) else None
