"""How a reading and what is known already come together: what is newer than it, and what a doubtful one lacks.

A reading wins over pushes that arrived before it began, and over what ticks read before that. Okta's copies lag, so
that a person whom a push deactivated shortly before is not believed to be active by a listing either, and what Okta was
told of memberships shortly before counts for more than a listing.
"""

from collections.abc import Callable, Collection, Iterable, Iterator
from collections.abc import Set as AbstractSet
from contextlib import suppress
from typing import Protocol, assert_never

import msgspec

from idsync.compiler.both_ways import as_told
from idsync.config.settings import Settings
from idsync.errors import SnapshotError
from idsync.model.addresses import Address, split_address
from idsync.model.extent import Extent, Reading
from idsync.model.identity import OUT_STATUSES, IdentityApp, IdentityGroup, Snapshot, raw_json
from idsync.model.names import twin_key
from idsync.model.ownership import list_of_role, okta_id_of
from idsync.model.pushed import MICROSECOND, PushedUser
from idsync.model.sent import END_KEY, FIRST_KEY, sent_by_list
from idsync.model.times import parse_time
from idsync.plan.changes import AccessListChange, Change, LockChange, PlainChange, UserChange
from idsync.plan.holding import person_of
from idsync.plan.sections import OKTA
from idsync.reconcile.followed import LAG, NOTHING, Stored
from idsync.reconcile.gone import gone_after
from idsync.reconcile.only_pushed import counting
from idsync.stores.protocol import Facts, Pushed, Upstream
from idsync.targets.protocol import DirectoryReader

replace = msgspec.structs.replace


class PushRecords(Protocol):
    """What a store keeps of pushes."""

    @property
    def pushed(self) -> Pushed: ...

    @property
    def facts(self) -> Facts: ...


class MergedRecords(PushRecords, Protocol):
    """The same, with the facts about Okta that pushes and readings make."""

    @property
    def upstream(self) -> Upstream: ...


class Begun(msgspec.Struct, frozen=True):
    """When a reading began: after the push of this number, and `at` which moment of the store.

    What was pushed after it has a greater number, whatever the clocks say; only how long Okta's listings lag is a time.
    """

    push: int
    at: int

    @property
    def lagging(self) -> int:
        """The moment from which on the listings of the reading may not show what was done."""
        return self.at - LAG // MICROSECOND


def reading_begins(pushed: Pushed) -> Begun:
    """That a reading begins now."""
    return Begun(pushed.last_push(), pushed.now())


def pushed_after(records: PushRecords, push: int, leaving_after: int | None = None) -> Extent:
    """The people, by Okta id, and the groups that were pushed after the push of this number.

    With another number, people who left count by that.
    """
    leaving = push if leaving_after is None else min(push, leaving_after)
    users: Iterable[PushedUser] = records.pushed.users_after(leaving)
    people = (user.okta_id for user in users if user.push > push or not user.active)
    lists = (group.list_id for group in records.pushed.groups_after(push))
    return Extent(frozenset(people), frozenset(lists)) | gone_after(records.facts, leaving, push)


def pushed_since(records: PushRecords, begun: Begun) -> Extent:
    """The people and groups of whom a push knows better than a whole reading that began then: its listings lag."""
    return pushed_after(records, begun.push, begun.lagging)


class Newer(msgspec.Struct, frozen=True):
    """What is known better than by a plan: people by Okta id and under all their names, and lists."""

    people: AbstractSet[str] = frozenset()
    names: AbstractSet[str] = frozenset()
    lists: AbstractSet[str] = frozenset()

    def changes_in(self, changes: Collection[Change]) -> frozenset[tuple[str, Address]]:
        """Those of these changes, by target and address, that are about any of them.

        What is known of them is in the facts and may not show in the directory: an account that a hand took is missing
        before and after a deactivation.
        """
        if not self.people and not self.lists:
            return frozenset()
        # Of somebody who came and went, neither the facts nor the directory have a name: but the plan has.
        names = self.names | {name for change in changes for name in _names_of(change, self.people)}
        return frozenset(
            (each.target, each.address)
            for each in changes
            if _is_about(each, self.people if each.target == OKTA else names, self.lists)
        )


def newer_than_plan(records: PushRecords, stored: Stored, target: DirectoryReader, push: int) -> Newer:
    """What was pushed after the `push` of this number, the last that a plan knew, and what ticks `stored` since."""
    users, gone = records.pushed.users_after(push), gone_after(records.facts, push, push)
    ids = {user.okta_id for user in users} | (gone.users or frozenset())
    keys = {twin_key(user.username) for user in users}
    names = {user.username for user in users} | (target.names_of(ids, keys) if ids else set())
    lists = {group.list_id for group in records.pushed.groups_after(push)} | (gone.lists or frozenset())
    return Newer(ids | stored.people, names | stored.names, lists | stored.lists)


def _names_of(change: Change, people: AbstractSet[str]) -> Iterator[str]:
    """The name that a change of a user or a lock is about, where that is one of these people."""
    if isinstance(change, AccessListChange | PlainChange):
        return
    bodies = (body for body in (change.before, change.after) if body is not None)
    if any(okta_id_of(body.metadata.labels) in people for body in bodies):
        yield person_of(change)


def _is_about(change: Change, people: AbstractSet[str], lists: AbstractSet[str]) -> bool:
    match change:
        case UserChange() | LockChange():
            return person_of(change) in people
        case AccessListChange():
            named = (*change.members_added, *change.members_removed)  # in Okta by Okta id
            return split_address(change.address)[1] in lists or any(name in people for name in named)
        case PlainChange():
            name = split_address(change.address)[1]
            return (list_of_role(name) or name) in lists
        case _:
            assert_never(change)


def with_newer(reading: Reading, upstream: Upstream, newer: Extent) -> Reading:
    """The reading, with the people, groups and apps of `newer` as the facts have them."""
    users, lists = newer.users or frozenset(), newer.lists or frozenset()
    if not users and not lists:
        return reading
    known, snapshot = upstream.part(users, lists), reading.snapshot
    groups = {group.id: group for group in snapshot.groups if group.id not in lists}
    for group in known.groups:
        if group.id in lists:
            groups[group.id] = replace(group, members=raw_json(sorted(upstream.members([group.id]))))
    apps = {app.id: app for app in snapshot.apps if app.id not in lists}
    for app in known.apps:
        if app.id in lists:
            apps[app.id] = replace(app, users=raw_json(sorted(upstream.members([app.id]))))
    away = {user: status for user, status in snapshot.unassigned.items() if user not in users} | known.unassigned
    merged = replace(
        snapshot,
        users=sorted(
            [*(each for each in snapshot.users if each.id not in users), *known.users], key=lambda one: one.id
        ),
        groups=[group for _, group in sorted(groups.items())],
        apps=[app for _, app in sorted(apps.items())],
        unassigned=dict(sorted(away.items())),
    )
    return msgspec.structs.replace(reading, snapshot=merged)


def with_sent(reading: Reading, facts: Facts) -> Reading:
    """The reading, where what Okta was told of memberships so shortly before that its copies may lag counts for more.

    What is then known better than the reading is known better than that, too: it is to be merged after this.
    """
    snapshot, sent = reading.snapshot, sent_by_list(facts.between(FIRST_KEY, END_KEY))
    if not sent:
        return reading
    read_at = parse_time(snapshot.taken_at).timestamp()

    def members(name: str, read: Callable[[], list[str]]) -> msgspec.Raw | None:
        """Who is in a list where that is another than was read; a list that cannot be read stays as it is."""
        with suppress(SnapshotError):
            listed = frozenset(read())
            told = as_told(listed, sent[name], read_at)
            return raw_json(sorted(told)) if told != listed else None
        return None

    groups = {group.id: members(group.id, group.member_ids) for group in snapshot.groups if group.id in sent}
    apps = {app.id: members(app.id, app.user_ids) for app in snapshot.apps if app.id in sent}
    told = replace(
        snapshot,
        groups=[_with_members(group, groups.get(group.id)) for group in snapshot.groups],
        apps=[_with_users(app, apps.get(app.id)) for app in snapshot.apps],
    )
    return msgspec.structs.replace(reading, snapshot=told)


def _with_members(group: IdentityGroup, members: msgspec.Raw | None) -> IdentityGroup:
    return group if members is None else replace(group, members=members)


def _with_users(app: IdentityApp, users: msgspec.Raw | None) -> IdentityApp:
    return app if users is None else replace(app, users=users)


def newest(
    reading: Reading, records: MergedRecords, begun: Begun, settings: Settings, followed: Extent = NOTHING
) -> Reading:
    """A whole reading that began then, but for what was sent shortly before, for those of whom a push that arrived
    since, or what a tick `followed`, knows better, and for groups of which pushes alone tell.
    """
    reading = with_sent(reading, records.facts)
    if not records.upstream.is_known():
        return reading
    better = pushed_since(records, begun) | followed | counting(records.pushed, settings)
    return with_newer(reading, records.upstream, better)


def with_what_it_lacks(snapshot: Snapshot, before: Snapshot | None) -> Snapshot:
    """A doubtful reading with the people, groups, apps and members that it lacks, as they were known before.

    People whom Okta itself shows as out are not lacking.
    """
    if before is None:
        return snapshot
    shown_out = {user for user, status in snapshot.unassigned.items() if status in OUT_STATUSES}
    there = {user.id for user in snapshot.users} | shown_out
    groups = {group.id: group for group in before.groups}
    for group in snapshot.groups:
        old = groups.get(group.id)
        groups[group.id] = group if old is None else _joined(group, old)
    apps = {app.id: app for app in before.apps}
    for app in snapshot.apps:
        known = apps.get(app.id)
        apps[app.id] = app if known is None else _assigned(app, known)
    kept = [user for user in before.users if user.id not in there]
    away = {user: status for user, status in snapshot.unassigned.items() if user not in {each.id for each in kept}}
    return replace(
        snapshot,
        users=sorted([*snapshot.users, *kept], key=lambda user: user.id),
        groups=[group for _, group in sorted(groups.items())],
        apps=[app for _, app in sorted(apps.items())],
        unassigned=away,
    )


def _joined(group: IdentityGroup, before: IdentityGroup) -> IdentityGroup:
    return replace(group, members=raw_json(sorted({*group.member_ids(), *before.member_ids()})))


def _assigned(app: IdentityApp, before: IdentityApp) -> IdentityApp:
    return replace(app, users=raw_json(sorted({*app.user_ids(), *before.user_ids()})))
