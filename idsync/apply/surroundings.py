"""What is around the people whom changes touch: the little of a target that tells what they gain and lose."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping

from idsync.config.settings import SyncSwitches
from idsync.model.addresses import split_address
from idsync.model.directory import DirectoryState, Members, Names
from idsync.model.nesting import Parents, nested_in, parents_of, reached_from
from idsync.model.resources import Lock, Membership
from idsync.plan.around import Around
from idsync.plan.changes import AccessListChange, Change
from idsync.plan.gains import may_gain
from idsync.plan.losses import may_lose
from idsync.plan.touched import nested_lists
from idsync.targets.protocol import DirectoryReader

NO_LOCKS: Mapping[str, Lock] = {}
NO_MEMBERS: Mapping[str, Members] = {}


def around_who_may_lose(
    changes: Collection[Change],
    members: Mapping[str, Members],
    target: DirectoryReader,
    sync: SyncSwitches,
    *,
    or_gain: bool = False,
) -> Around:
    """What is around the people from whom changes may take access, or to whom they may give it; nothing where there
    are none.

    `members` are those of the lists that change: all of one that gives something else or goes, else those who leave.
    """
    known = with_nested(changes, members, target) if sync.access_lists else {}
    people = may_lose(changes, known)
    joining: Collection[str] = ()
    if or_gain:
        people |= may_gain(changes, known)
        joining = [split_address(change.address)[1] for change in changes if isinstance(change, AccessListChange)]
    if not people:
        return Around()
    locks = target.locks(people)
    return surroundings(people, DirectoryState(), target, sync, changing=joining, locks=locks, members=known)


def surroundings(
    people: Iterable[str],
    current: DirectoryState,
    target: DirectoryReader,
    sync: SyncSwitches,
    changing: Iterable[str] = (),
    locks: Mapping[str, Lock] = NO_LOCKS,
    members: Mapping[str, Members] = NO_MEMBERS,
) -> Around:
    """The current state around some people: their users, memberships anywhere, and the lists that these lead to.

    `changing` are lists that some of them may be about to join. A kind that is switched off is not read. `locks` and
    `members`, of lists that change and those nested in them, are known already.
    """
    wanted = frozenset(people)
    by_list = target.memberships(wanted) if wanted and sync.access_lists else {}
    parents = _nesting_above(frozenset(by_list.keys() | set(changing)), target)
    lists = by_list.keys() | {parent for entries in parents.values() for parent in entries}
    unread = wanted - current.users.keys() if sync.users else frozenset()
    more_users = target.state(Names(unread, frozenset())).users if unread else {}
    there = wanted & (more_users.keys() | current.users.keys()) if sync.users else wanted
    lists |= target.owned_by(there) if there and sync.access_lists else frozenset()
    missing = lists - current.access_lists.keys()
    more_lists = target.access_lists(missing) if missing else {}
    memberships: dict[str, dict[str, Membership]] = defaultdict(dict)
    for name, entries in by_list.items():
        for person, entry in entries.items():
            memberships[person][name] = entry
    return Around(
        users={**more_users, **current.users},
        access_lists={**more_lists, **current.access_lists},
        memberships=memberships,
        parents=parents,
        users_known=sync.users,
        locks=locks,
        members=members,
    )


def with_nested(
    changes: Iterable[Change], members: Mapping[str, Members], target: DirectoryReader
) -> Mapping[str, Members]:
    """The `members` of lists that change, with those of the lists nested in them, and so on downwards."""
    known = dict(members)

    def down(lists: frozenset[str]) -> frozenset[str]:
        missing = lists - known.keys()
        if missing:
            known.update(target.state(Names(frozenset(), missing)).members)
        return frozenset(name for item in lists for name in nested_in(known.get(item, {})))

    reached_from(nested_lists(changes, members), down)
    return known


def _nesting_above(lists: frozenset[str], target: DirectoryReader) -> Parents:
    """The lists that `lists` are members of, and so on upwards."""
    parents: dict[str, Mapping[str, Membership]] = {}

    def up(level: frozenset[str]) -> frozenset[str]:
        above = parents_of(target.memberships(level))
        parents.update(above)
        return frozenset(parent for entries in above.values() for parent in entries)

    reached_from(lists, up)
    return parents
