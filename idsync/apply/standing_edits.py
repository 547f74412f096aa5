"""What goes to Okta are memberships as people edited them: one that was edited back since is not sent."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime

from idsync.apply.admission import some
from idsync.errors import PlanStale
from idsync.model.addresses import Address, split_address
from idsync.model.directory import Names
from idsync.model.nesting import is_nested
from idsync.model.times import is_past
from idsync.plan.changes import AccessListChange, Change
from idsync.plan.sections import OKTA, goes_to_okta
from idsync.targets.nested_people import NestedPeople
from idsync.targets.protocol import DirectoryReader

_NOBODY: frozenset[str] = frozenset()


class StandingEdits:
    """The memberships of one directory, compared with what is to be sent of them."""

    def __init__(self, directory: DirectoryReader, org_url: str) -> None:
        self._directory = directory
        self._org_url = org_url

    def check(self, changes: Iterable[Change], now: datetime) -> None:
        """Raise PlanStale, with the lists, where the directory does not hold at `now` what these changes send."""
        outgoing = [change for change in changes if goes_to_okta(change)]
        if back := self._edited_back(outgoing, now):
            raise PlanStale(
                f"What people edited in the directory was edited back since the plan was made: {some(back)}.",
                addresses=back,
                target=OKTA,
                why="Memberships go to Okta as they stand in the directory; nothing was sent of these.",
                fix="Make a new plan and review it.",
            )

    def _edited_back(self, changes: list[AccessListChange], now: datetime) -> list[Address]:
        people = frozenset(person for each in changes for person in (*each.members_added, *each.members_removed))
        if not people:
            return []
        with self._directory.reading():
            accounts = self._accounts(people)
            inside = self._inside(accounts, now)
        known = frozenset(accounts.values())
        return [
            change.address
            for change in changes
            if not _stands(change, inside.get(split_address(change.address)[1], _NOBODY), known)
        ]

    def _accounts(self, people: frozenset[str]) -> dict[str, str]:
        """The Okta ids of those of these people who have an account, by its name."""
        names = self._directory.names_of(people, ())
        users = self._directory.index(self._org_url, Names(names, _NOBODY)).users
        return {name: entry.okta_id for name, entry in users.items() if entry.okta_id in people}

    def _inside(self, accounts: dict[str, str], now: datetime) -> dict[str, set[str]]:
        """By list, those of these people who are in it, directly or by lists nested in it."""
        inside: dict[str, set[str]] = defaultdict(set)
        for name, entries in self._directory.memberships(accounts).items():
            inside[name] |= {
                accounts[one]
                for one, entry in entries.items()
                if not is_nested(entry) and not is_past(entry.expires, now)
            }
        for name, nested in NestedPeople(self._directory, now).above(accounts).items():
            inside[name] |= {accounts[one] for one in nested}
        return inside


def _stands(change: AccessListChange, inside: Iterable[str], known: frozenset[str]) -> bool:
    """Whether whom a change adds is in its list, and whom it removes is not, though they have an account."""
    removed = frozenset(change.members_removed)
    return removed <= known and removed.isdisjoint(inside) and frozenset(change.members_added) <= frozenset(inside)
