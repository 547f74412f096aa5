"""What guards hold back of one person: of the account, and of each role, list and trait that comes or goes."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Literal

from msgspec.structs import replace

from idsync.apply.kept_entries import Kept, KeptBack
from idsync.model.addresses import split_address
from idsync.model.nesting import above
from idsync.plan.explain import ExplainedAccess, HeldBy, HeldStep, Standpoint
from idsync.plan.guards import GAINS

Step = Literal["lock", "deletion", "change"]


class HeldAccess:
    """Looks up what is `kept` back of the person with this name and Okta id, who stands at `now`."""

    def __init__(self, kept: Kept, name: str, okta_id: str, now: Standpoint) -> None:
        self._there = now.user is not None
        self._account: dict[Step, list[KeptBack]] = {"lock": [], "deletion": [], "change": []}
        self._list_itself: dict[str, list[KeptBack]] = defaultdict(list)
        leaves: dict[str, list[KeptBack]] = defaultdict(list)
        for address, entries in kept.items():
            kind, named = split_address(address)
            for entry in entries:
                whose = entry.okta_id == okta_id if entry.okta_id else (entry.user or entry.member) == name
                if kind == "access_list" and not entry.member:
                    self._list_itself[named].append(entry)
                elif kind == "access_list" and whose:
                    leaves[named].append(entry)
                elif kind != "access_list" and whose:
                    self._account[_step(kind, entry)].append(entry)
        # Access comes by a list around the one that somebody is a member of, too.
        self._membership: dict[str, list[KeptBack]] = defaultdict(list)
        for named, theirs in leaves.items():
            for each in above(named, now.lists.parents):
                self._membership[each] += theirs

    def steps(self) -> tuple[HeldStep, ...]:
        """What is held of the account itself."""
        return tuple(HeldStep(step, _by(entries)) for step, entries in self._account.items() if entries)

    def told(self, access: ExplainedAccess, *, leaves: bool) -> ExplainedAccess:
        """The same with what holds it where it comes or goes; `leaves` says that the account goes with it."""
        if access.now == access.desired:
            return access
        ways = [self._way(path.via, goes=access.now, leaves=leaves) for path in access.paths]
        # Access goes with the last way to it, and comes with the first.
        if not ways or not (any(ways) if access.now else all(ways)):
            return access
        return replace(access, held=_by(entry for way in ways for entry in way))

    def _way(self, via: str, *, goes: bool, leaves: bool) -> Sequence[KeptBack]:
        """What holds one way to something: of the account, or by the list `via`."""
        account = self._account
        if goes and leaves:
            return [*account["lock"], *account["deletion"]]
        entries = account["change"] if via == "user" else [*self._list_itself[via], *self._membership[via]]
        if goes:
            return [entry for entry in entries if set(entry.guards) != {GAINS}]
        return [entry for entry in entries if GAINS in entry.guards and self._there]


def _step(kind: str, entry: KeptBack) -> Step:
    if kind == "lock":
        return "lock"
    return "deletion" if entry.action == "delete" else "change"


def _by(entries: Iterable[KeptBack]) -> tuple[HeldBy, ...]:
    """The guards of some entries, each since it held the first of them."""
    since: dict[str, set[str]] = defaultdict(set)
    for entry in entries:
        for guard in entry.guards:
            since[guard].update({entry.since} - {""})
    return tuple(HeldBy(guard, min(times, default="")) for guard, times in sorted(since.items()))
