"""What is around the people whom changes touch: the little of a target that tells what they gain and lose."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping

from msgspec.structs import replace

from idsync.config.settings import SyncSwitches
from idsync.model.addresses import Address, PlainKind, plain_address, split_address
from idsync.model.directory import DirectoryState, Members, Names
from idsync.model.nesting import Parents, nested_in, parents_of, reached_from
from idsync.model.plain_resources import APP_ID_LABEL, GROUP_ID_LABEL, Labels, Plain, Plains, Role, UserGroup
from idsync.model.resources import AccessList, Lock, Membership, User
from idsync.plan.around import Around
from idsync.plan.changes import AccessListChange, Change, PlainChange, RoleChange, UserChange, UserGroupChange
from idsync.plan.gains import may_gain
from idsync.plan.losses import may_lose
from idsync.plan.role_reach import named_by_id
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
    around = surroundings(people, DirectoryState(), target, sync, changing=joining, locks=locks, members=known)
    touched = [change.address for change in changes if isinstance(change, PlainChange)]
    return with_reach(around, changes, target, sync, target.plain(touched) if touched else {})


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


def with_reach(
    around: Around, changes: Iterable[Change], target: DirectoryReader, sync: SyncSwitches, current: Plains
) -> Around:
    """What is around people, with the roles that they have or are to have, and the apps and groups that these give.

    `current` holds at least those that the changes touch. Nothing is read where apps and groups are not managed.
    """
    if not sync.app_groups:
        return around
    roles = {role for user in around.users.values() for role in user.spec.roles}
    lists = [*around.access_lists.values()]
    for change in changes:
        match change:
            case UserChange(after=User() as user):
                roles.update(user.spec.roles)
            case AccessListChange(after=AccessList() as item):
                lists.append(item)
            case _:
                continue
    for item in lists:
        roles.update(item.spec.grants.roles, item.spec.owner_grants.roles)
    known = dict(current)
    known.update(target.plain([plain_address("role", role) for role in roles]) if roles else {})
    made = [change.after for change in changes if isinstance(change, RoleChange) and change.after is not None]
    wanted: set[Address] = set()
    everything = False
    for role in (*known.values(), *made):
        for kind, label, labels in _asked_for(role):
            ids = named_by_id(labels, label) if labels else ()
            everything = everything or ids is None
            wanted.update(plain_address(kind, name) for name in ids or ())
    there = target.plain() if everything else target.plain(wanted - known.keys()) if wanted else {}
    found = {**there, **known}
    conveyed = {
        plain_address("app", app)
        for each in (*found.values(), *_made_groups(changes))
        if isinstance(each, UserGroup)
        for app in each.spec.applications
    }
    unread = conveyed - found.keys()
    return replace(around, plain={**(target.plain(unread) if unread else {}), **found})


def _made_groups(changes: Iterable[Change]) -> Iterable[Plain]:
    return (change.after for change in changes if isinstance(change, UserGroupChange) and change.after is not None)


def _asked_for(role: Plain) -> Iterable[tuple[PlainKind, str, Labels]]:
    if isinstance(role, Role):
        for conditions in (role.spec.allow, role.spec.deny):
            yield "app", APP_ID_LABEL, conditions.app_labels
            yield "user_group", GROUP_ID_LABEL, conditions.group_labels


def with_nested(
    changes: Iterable[Change],
    members: Mapping[str, Members],
    target: DirectoryReader,
    reaching: frozenset[str] = frozenset(),
) -> Mapping[str, Members]:
    """The `members` of lists that change, with those of the lists nested in them, and so on downwards.

    With those of lists that are `reaching` other apps, whose roles or groups change.
    """
    known = dict(members)
    if unread := reaching - known.keys():
        known.update(target.state(Names(frozenset(), unread)).members)

    def down(lists: frozenset[str]) -> frozenset[str]:
        missing = lists - known.keys()
        if missing:
            known.update(target.state(Names(frozenset(), missing)).members)
        return frozenset(name for item in lists for name in nested_in(known.get(item, {})))

    below = frozenset(name for item in reaching for name in nested_in(known.get(item, {})))
    reached_from(nested_lists(changes, members) | below, down)
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
