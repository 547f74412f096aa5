"""How far a plan reaches beyond what it gives and takes: protected people, owners, lists left alone, memberships that
end soon. They are findings for people to read; nothing is decided by them.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta

from idsync.model.addresses import split_address
from idsync.model.directory import Cause, UpstreamCause
from idsync.model.directory_index import UserEntry
from idsync.model.findings import Finding
from idsync.model.names import twin_key
from idsync.model.nesting import is_nested
from idsync.model.resources import AccessList
from idsync.model.times import is_past, parse_time
from idsync.plan.around import Around
from idsync.plan.changes import AccessListChange, Change, PersonDelta, UserChange

TOUCHED = "protected_touched"
ENDING = "membership_ends"
CODES = frozenset({TOUCHED, "owner_goes", "list_without_owner", "list_emptied", ENDING})
SOON = timedelta(days=14)
NAMES_SAID = 6


class Reach:
    """What is asked of one plan: its changes and delta, what is `around` its people, and who was there before."""

    def __init__(
        self,
        changes: Collection[Change],
        delta: Collection[PersonDelta],
        around: Around,
        people: Mapping[str, UserEntry],
        now: datetime,
    ) -> None:
        renamed = {each.renamed_from for each in delta}
        users = [change for change in changes if isinstance(change, UserChange)]
        self._gone = {_name(change) for change in users if change.after is None} - renamed
        self._people = people
        self._there = (people.keys() - self._gone) | {_name(change) for change in users if change.before is None}
        self._going = self._gone | {each.person for each in delta if each.locked is not None} - renamed
        self._lists = {_name(change): change for change in changes if isinstance(change, AccessListChange)}
        self._delta = delta
        self._around = around
        self._now = now

    def findings(self, protected: Iterable[str]) -> Iterator[Finding]:
        """A finding for each thing that there is to say, with the people whom it is about as causes."""
        folded = frozenset(map(twin_key, protected))
        touched = [each.person for each in self._delta if each.person in self._people]
        of_them = [name for name in touched if twin_key(name) in folded] if folded else []
        if of_them:
            what = "protected person is" if len(of_them) == 1 else "protected people are"
            yield self._finding("protected_touched", f"{len(of_them):,} {what} touched", of_them, of_them)
        owned = self._owned()
        owners = sorted(owned)
        if owners:
            what = "owner of a list goes or is" if len(owners) == 1 else "owners of lists go or are"
            yield self._finding("owner_goes", f"{len(owners):,} {what} locked", owners, owners)
        left = sorted({name for names in owned.values() for name in names if self._is_left_alone(name)})
        if left:
            what = "list has" if len(left) == 1 else "lists have"
            yield self._finding(
                "list_without_owner", f"{len(left):,} {what} no owner left who exists", self._titles(left)
            )
        empty = [name for name in sorted(self._lists) if self._is_emptied(self._lists[name])]
        if empty:
            what = "list is" if len(empty) == 1 else "lists are"
            yield self._finding("list_emptied", f"{len(empty):,} {what} left without a member", self._titles(empty))
        yield from self._ending()

    def _ending(self) -> Iterator[Finding]:
        """The memberships of people whom the plan touches, and leaves them, that end soon."""
        said, people = [], []
        for person in sorted(each.person for each in self._delta if each.person not in self._gone):
            for name, entry in sorted(self._around.memberships.get(person, {}).items()):
                change = self._lists.get(name)
                stays = change is None or (change.after is not None and person not in change.members_removed)
                if stays and entry.expires and _ends_soon(entry.expires, self._now):
                    said.append(f"{person} in {self._title(name)} on {entry.expires}")
                    people.append(person)
        if said:
            what = "membership of a person touched ends" if len(said) == 1 else "memberships of people touched end"
            yield self._finding("membership_ends", f"{len(said):,} {what} within 14 days", said, people)

    def _owned(self) -> dict[str, list[str]]:
        """The lists that people own who go or are locked, by person."""
        owned: dict[str, list[str]] = {}
        going = self._going
        for name, item in self._around.access_lists.items() if going else ():
            for owner in going & _owners(self._after(name, item)):
                owned.setdefault(owner, []).append(name)
        return owned

    def _after(self, name: str, before: AccessList) -> AccessList | None:
        change = self._lists.get(name)
        return before if change is None else change.after

    def _is_left_alone(self, name: str) -> bool:
        """Whether none of a list's owners exists any more; one that is a list is taken to."""
        after = self._after(name, self._around.access_lists[name])
        if after is None:
            return False
        return all(not is_nested(owner) and owner.name not in self._there for owner in after.spec.owners)

    def _is_emptied(self, change: AccessListChange) -> bool:
        if change.action != "update" or not change.members_removed or change.members_added:
            return False
        return not self._around.members.get(_name(change), {}).keys() - set(change.members_removed)

    def _titles(self, names: Iterable[str]) -> list[str]:
        return [self._title(name) for name in names]

    def _title(self, name: str) -> str:
        change = self._lists.get(name)
        known = (change.after or change.before) if change else self._around.access_lists.get(name)
        return f"{known.spec.title} ({name})" if known is not None and known.spec.title else name

    def _finding(self, code: str, what: str, said: Sequence[str], people: Sequence[str] = ()) -> Finding:
        more = f", … and {len(said) - NAMES_SAID:,} more" if len(said) > NAMES_SAID else ""
        causes: list[Cause] = [
            UpstreamCause("user", self._people[name].okta_id or "", name)
            for name in dict.fromkeys(people[:NAMES_SAID])
            if name in self._people
        ]
        return Finding(code, "info", f"{what}: {', '.join(said[:NAMES_SAID])}{more}.", tuple(causes))


def _owners(item: AccessList | None) -> frozenset[str]:
    """The people who own a list; owners that are lists are not people."""
    return frozenset(owner.name for owner in item.spec.owners if not is_nested(owner)) if item else frozenset()


def _name(change: Change) -> str:
    return split_address(change.address)[1]


def _ends_soon(expires: str, now: datetime) -> bool:
    return not is_past(expires, now) and parse_time(expires) - now <= SOON
