"""The access delta: for each person whom a plan touches, effective access before and after, compared."""

from collections.abc import Iterable
from datetime import datetime

from idsync.model.directory import Reason
from idsync.plan.accesses import Accesses, Origins
from idsync.plan.around import Around
from idsync.plan.changes import Access, PersonDelta, newly_locks, passes_on
from idsync.plan.effective import Key
from idsync.plan.effective_states import EffectiveStates
from idsync.plan.newcomers import Newcomers
from idsync.plan.touched import Touched


def access_delta(touched: Touched, around: Around, origins: Origins, now: datetime) -> tuple[PersonDelta, ...]:
    """What each person gains, loses and keeps another way, by name; people without a difference are left out."""
    comparison = _Comparison(touched, around, origins, now)
    deltas = (comparison.of(person) for person in sorted(touched.people))
    return tuple(delta for delta in deltas if delta is not None)


class _Comparison:
    """Before and after, made ready to be asked about one person after another."""

    def __init__(self, touched: Touched, around: Around, origins: Origins, now: datetime) -> None:
        self._around = around
        self._origins = origins
        self._users = touched.users
        self._locks = touched.locks
        self._joined = touched.joined
        self._old_names = frozenset(origins.renamed.values())
        self._states = EffectiveStates(touched, around, now)
        self._accesses = Accesses(touched, origins)
        self._newcomers = Newcomers(touched.lists, self._states.lists_after, self._accesses, origins)

    def of(self, person: str) -> PersonDelta | None:
        """One person's delta, or None when nothing differs."""
        locked, unlocked = self._lock_reasons(person)
        if person in self._old_names and person not in self._origins.renamed:
            return PersonDelta(person, (), (), locked=locked, unlocked=unlocked) if locked or unlocked else None
        old_name = self._origins.renamed.get(person)
        before = self._states.before(person)
        if old_name is not None:  # a user adopted under the new name had something there, too
            before = {**before, **self._states.before(old_name)}
        if not before and (everything := self._everything(person)) is not None:
            return PersonDelta(person, everything, (), (), old_name, locked, unlocked)
        after = self._states.after(person)
        common = after.keys() & before.keys() if not self._passes_on(person) else set()
        gains = [(key, after[key]) for key in after if key not in common]
        loses = [(key, before[key]) for key in before if key not in common]
        moved = [(key, after[key]) for key in after if key in common and before[key] != after[key]]
        if not (gains or loses or moved or locked or unlocked or old_name):
            return None
        return PersonDelta(
            person,
            self._described(person, gains, gained=True),
            self._described(old_name or person, loses, gained=False),
            self._described(person, moved, gained=True),
            old_name,
            locked,
            unlocked,
        )

    def _passes_on(self, person: str) -> bool:
        """Whether another person has this name before: the one loses all that they had, and the other gains theirs."""
        change = self._users.get(person)
        return change is not None and passes_on(change)

    def _described(
        self, person: str, routes: Iterable[tuple[Key, tuple[str, ...]]], *, gained: bool
    ) -> tuple[Access, ...]:
        titles = self._states.lists_after if gained else self._states.lists_before
        return tuple(self._accesses.of(person, key, via, titles, gained=gained) for key, via in routes)

    def _lock_reasons(self, person: str) -> tuple[Reason | None, Reason | None]:
        changes = self._locks.get(person, ())
        locked = next((change.reason for change in changes if newly_locks(change)), None)
        lifted = [change.reason for change in changes if change.action == "delete"]
        return locked, lifted[0] if lifted and len(lifted) == len(changes) else None

    def _everything(self, person: str) -> tuple[Access, ...] | None:
        change = self._users.get(person)
        if change is None or change.after is None or person in self._around.memberships:
            return None
        return self._newcomers.everything(person, change, self._joined.get(person, []))
