"""What a guard held back of a plan, as it is kept: an entry for each person, list or membership."""

import hashlib
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping

import msgspec
from msgspec.structs import replace

from idsync.model.addresses import Address, split_address
from idsync.model.directory import Names
from idsync.model.ownership import okta_id_of
from idsync.model.resources import NO_GRANTS, Grants, UserSpec
from idsync.plan.changes import AccessListChange, Change, LockChange, PlainChange, Plan, UserChange, newly_locks
from idsync.plan.effective import granted
from idsync.plan.guards import ALL_GUARDS
from idsync.plan.holding import GIVING, HOLD_LOCKS
from idsync.plan.same_person import okta_id, renames
from idsync.plan.touched import locked_person
from idsync.targets.protocol import DirectoryReader

_OF_MEMBERS = "member_removals"
_MOST_JOINING = 1000
"""Of more people who would join one list, what is held is kept as one: each push reads what is kept."""
_NOBODY: frozenset[str] = frozenset()


class KeptBack(msgspec.Struct, frozen=True, omit_defaults=True):
    """Of one address, what would be done and which guards hold that.

    `user` and `access_list` say what it is about; `okta_id` whose account it takes, whom it locks, or whose membership
    it ends, which `member` names, or begins where that one `joins`. Entries of an earlier version tell a member by that
    name alone, and nothing of who joins. `gives` and `takes` are the roles and traits that a change of a user or a list
    would give and take, in words.
    """

    action: str
    guards: tuple[str, ...]
    user: str = ""
    access_list: str = ""
    resource: str = ""
    okta_id: str = ""
    member: str = ""
    since: str = ""
    """Since when it is held; empty in entries of an earlier version."""
    joins: bool = False
    title: str = ""
    """Of a list that is not there yet."""
    gives: tuple[str, ...] = ()
    takes: tuple[str, ...] = ()

    @property
    def texts(self) -> tuple[str, ...]:
        """What of its address it would do, a text for each thing of it; a person is named by Okta id where known."""
        moved = (*(f"gives {each}" for each in self.gives), *(f"takes {each}" for each in self.takes))
        what = moved or ("joins" if self.joins else self.action,)
        return tuple(f"{each} {self.okta_id or self.member}" for each in what)

    def is_inside(self, looked_at: Names) -> bool:
        """Whether a plan that covers these names would have told of it again."""
        if self.user or self.member:
            return (self.user or self.member) in looked_at.users
        if self.resource:
            return self.resource in looked_at.plain
        return self.access_list in looked_at.access_lists


Kept = Mapping[Address, tuple[KeptBack, ...]]
Holders = Callable[[Collection[str]], Mapping[str, str]]


def holders_in(target: DirectoryReader, org_url: str) -> Holders:
    """Says whose accounts a target has under some names now, by Okta id; names without an account of ours are nobody's.

    Changes name members; whose membership a change ends is told by the account that has the name before it.
    """

    def holders(names: Collection[str]) -> Mapping[str, str]:
        entries = target.index(org_url, Names(frozenset(names), _NOBODY)).users if names else {}
        return {name: entry.okta_id for name, entry in entries.items() if entry.okta_id}

    return holders


def kept_of(held: Plan, holders: Holders) -> Kept:
    """What is held of a plan, as it is kept back."""
    ids = holders(_members_held(held))
    renamed = renames(users_of(held.changes))
    found = {change.address: tuple(_entries(change, ids, renamed)) for change in held.changes}
    return {address: entries for address, entries in found.items() if entries}


def numbers_held(plan: Plan) -> Mapping[str, int]:
    """How much each guard holds of a plan, counted as what is kept back is counted."""
    renamed = renames(users_of(plan.changes))
    entries = (entry for change in plan.changes for entry in _entries(change, {}, renamed))
    return Counter(guard for entry in entries for guard in entry.guards)


def users_of(changes: Iterable[Change]) -> dict[str, UserChange]:
    """The changes of users, by name."""
    return {split_address(each.address)[1]: each for each in changes if isinstance(each, UserChange)}


def locked_id(change: LockChange) -> str:
    """The Okta id of the person whom a lock is made for."""
    return "" if change.after is None else okta_id_of(change.after.metadata.labels)


def _members_held(held: Plan) -> set[str]:
    lists = (each for each in held.changes if isinstance(each, AccessListChange) and each.action != "delete")
    return {name for each in lists if _guards(each) for name in (*each.members_removed, *each.members_added)}


def _guards(change: Change) -> tuple[str, ...]:
    return tuple(mark for mark in change.blocked_by if mark in ALL_GUARDS)


def _entries(change: Change, ids: Mapping[str, str], renamed: Mapping[str, str]) -> Iterator[KeptBack]:
    guards = _guards(change)
    name = split_address(change.address)[1]
    if not isinstance(change, AccessListChange):
        # What is held of an account, or of a lock, since a membership is, waits for that alone.
        guards = tuple(guard for guard in guards if guard != _OF_MEMBERS)
    if isinstance(change, LockChange):
        # A lock that waits with an account is not held by itself: who leaves meanwhile is locked under the same name.
        waits = locked_person(change) in renamed and not change.lent
        guards = () if waits else tuple(guard for guard in guards if guard in HOLD_LOCKS)
    if not guards:
        return
    match change:
        case UserChange(before=before, after=after):
            whose = "" if before is None else okta_id(before)
            gives, takes = ((), ()) if after is None or before is None else _moved(before.spec, after.spec, guards)
            yield KeptBack(change.action, guards, user=name, okta_id=whose, gives=gives, takes=takes)
        case LockChange():
            # The end of a lock, and its lifting, wait for the account, which is kept back by itself.
            if newly_locks(change):
                yield KeptBack(change.action, guards, user=locked_person(change), okta_id=locked_id(change))
        case AccessListChange(action="delete"):
            yield KeptBack(change.action, guards, access_list=name)
        case AccessListChange():
            yield from _entries_of_list(change, guards, ids, renamed)
        case PlainChange():
            yield KeptBack(change.action, guards, resource=change.address)


def _entries_of_list(
    change: AccessListChange, guards: tuple[str, ...], ids: Mapping[str, str], renamed: Mapping[str, str]
) -> Iterator[KeptBack]:
    """What is held of a list that stays: each membership by itself, and what the list gives or takes."""
    name = split_address(change.address)[1]
    title = change.after.spec.title if change.before is None and change.after is not None else ""
    one = KeptBack(change.action, guards, access_list=name, title=title)
    added = frozenset(change.members_added)
    for member in change.members_removed:
        if renamed.get(member, "") not in added:  # else it only comes along under the new name
            yield replace(one, member=member, okta_id=ids.get(member, ""))
    giving = tuple(guard for guard in guards if guard in GIVING)
    along = {renamed[member] for member in change.members_removed if member in renamed}
    joining = [member for member in change.members_added if giving and member not in along]
    if len(joining) > _MOST_JOINING:
        them = digest_of(ids.get(member) or member for member in joining)
        yield replace(one, guards=giving, gives=(f"{len(joining):,} members ({them[:16]})",))
    else:
        for member in joining:
            yield replace(one, guards=giving, member=member, okta_id=ids.get(member, ""), joins=True)
    had = NO_GRANTS if change.before is None else change.before.spec.grants
    gives, takes = ((), ()) if change.after is None else _moved(had, change.after.spec.grants, guards)
    if gives or takes:
        yield replace(one, gives=gives, takes=takes)
    elif not change.members_removed and not joining:
        yield one


def digest_of(texts: Iterable[str]) -> str:
    """What stands for all of some texts, in any order."""
    return hashlib.sha256("\n".join(sorted(texts)).encode()).hexdigest()


def _moved(
    before: Grants | UserSpec, after: Grants | UserSpec, guards: Collection[str]
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The roles and traits that these guards hold, in words: those that come, and those that go."""
    had, has = granted(before), granted(after)
    holds_gains, holds_losses = not GIVING.isdisjoint(guards), not GIVING.issuperset(guards)
    gives = [f"{kind} {name}" for kind, name in has if holds_gains and (kind, name) not in had]
    takes = [f"{kind} {name}" for kind, name in had if holds_losses and (kind, name) not in has]
    return tuple(gives), tuple(takes)
