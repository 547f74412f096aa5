"""Upstream facts in memory: the plainest meaning of the protocol."""

from collections.abc import Collection

import msgspec

from idsync.model.extent import Extent, Reading
from idsync.model.identity import IdentityApp, IdentityGroup, Snapshot, is_everyone, raw_json, still_left
from idsync.model.names import twin_key

replace = msgspec.structs.replace


class MemoryUpstream:
    """Facts as one snapshot; implements `Upstream`."""

    def __init__(self, snapshot: Snapshot) -> None:
        self.snapshot = snapshot

    def groups_named(self, name: str) -> list[str]:
        return sorted(group.id for group in self.snapshot.groups if group.name == name)

    def is_known(self) -> bool:
        return True

    def whole(self) -> Snapshot | None:
        return replace(self.snapshot, left_as_is=[])

    def without_lists(self, users: Collection[str]) -> Snapshot:
        left = [row for row in self.snapshot.left_as_is if not row.id or row.id in users]
        return replace(self.part(users, ()), groups=[], apps=[], left_as_is=left)

    def people(self) -> frozenset[str]:
        return frozenset(user.id for user in self.snapshot.users)

    def lists(self) -> dict[str, str]:
        groups = dict.fromkeys((group.id for group in self.snapshot.groups), "group")
        return groups | dict.fromkeys((app.id for app in self.snapshot.apps), "app")

    def take(self, reading: Reading) -> Extent:
        before, extent, read = self.snapshot, reading.extent, reading.snapshot
        left = {(row.kind, row.id) for row in read.left_as_is}

        def stays(kind: str, okta_id: str, ids: frozenset[str] | None) -> bool:
            return not _inside(okta_id, ids) or (kind, okta_id) in left or (kind, "") in left

        users = {user.id: user for user in before.users if stays("user", user.id, extent.users)}
        groups = {group.id: group for group in before.groups if stays("group", group.id, extent.lists)}
        apps = {app.id: app for app in before.apps if stays("app", app.id, extent.lists)}
        away = {user: status for user, status in before.unassigned.items() if not _inside(user, extent.users)}
        users.update((user.id, user) for user in read.users)
        groups.update((group.id, group) for group in read.groups)
        apps.update((app.id, app) for app in read.apps)
        away.update(read.unassigned)
        self.snapshot = replace(
            before,
            users=list(users.values()),
            groups=list(groups.values()),
            apps=list(apps.values()),
            unassigned=away,
            left_as_is=list(read.left_as_is)
            if extent.is_whole
            else still_left(before.left_as_is, read, extent.users or (), extent.lists or ()),
        )
        return self._difference(before)

    def differing(self, reading: Reading) -> Extent:
        then = MemoryUpstream(self.snapshot)
        then.take(reading)
        old, new = {user.id: user for user in self.snapshot.users}, {user.id: user for user in then.snapshot.users}
        people = {key for key in old.keys() | new.keys() if old.get(key) != new.get(key)}
        away = self.snapshot.unassigned, then.snapshot.unassigned
        people |= {key for key in away[0].keys() | away[1].keys() if away[0].get(key) != away[1].get(key)}
        had, has = _lists(self.snapshot), _lists(then.snapshot)
        lists = {
            key
            for key in had.keys() | has.keys()
            if key not in had
            or key not in has
            or (_head(had[key]), _ids(had[key])) != (_head(has[key]), _ids(has[key]))
        }
        return Extent(frozenset(people), frozenset(lists))

    def _difference(self, before: Snapshot) -> Extent:
        people = {user.id: user for user in before.users}, {user.id: user for user in self.snapshot.users}
        changed = {key for key in people[0].keys() | people[1].keys() if people[0].get(key) != people[1].get(key)}
        changed |= {
            user
            for user in before.unassigned.keys() | self.snapshot.unassigned.keys()
            if before.unassigned.get(user) != self.snapshot.unassigned.get(user)
        }
        old, new = _lists(before), _lists(self.snapshot)
        lists = set()
        for name in old.keys() | new.keys():
            had, has = old.get(name), new.get(name)
            if had is None or has is None or _head(had) != _head(has):
                lists.add(name)
            changed |= (_ids(had) if had else set()) ^ (_ids(has) if has else set())
        return Extent(frozenset(changed), frozenset(lists))

    def move(self, name: str, joined: Collection[str], left: Collection[str]) -> Extent:
        before = _ids(_lists(self.snapshot)[name])
        after = (before - set(left)) | set(joined)
        groups = [
            replace(group, members=raw_json(sorted(after))) if group.id == name else group
            for group in self.snapshot.groups
        ]
        apps = [replace(app, users=raw_json(sorted(after))) if app.id == name else app for app in self.snapshot.apps]
        self.snapshot = replace(self.snapshot, groups=groups, apps=apps)
        return Extent(frozenset(before ^ after), frozenset())

    def part(self, users: Collection[str], lists: Collection[str]) -> Snapshot:
        wanted = set(users)
        groups = [
            replace(group, members=_cut(group, wanted))
            for group in self.snapshot.groups
            if group.id in lists or _ids(group) & wanted or is_everyone(group.type, group.name)
        ]
        apps = [
            replace(app, users=_cut(app, wanted)) for app in self.snapshot.apps if app.id in lists or _ids(app) & wanted
        ]
        asked = wanted.union(lists, (group.id for group in groups), (app.id for app in apps))
        return replace(
            self.snapshot,
            users=[user for user in self.snapshot.users if user.id in wanted],
            groups=groups,
            apps=apps,
            unassigned={user: status for user, status in self.snapshot.unassigned.items() if user in wanted},
            left_as_is=[row for row in self.snapshot.left_as_is if not row.id or row.id in asked],
        )

    def usernames(self, users: Collection[str]) -> frozenset[str]:
        return frozenset(user.username for user in self.snapshot.users if user.id in users)

    def named(self, twin_keys: Collection[str]) -> frozenset[str]:
        return frozenset(user.id for user in self.snapshot.users if twin_key(user.username) in twin_keys)

    def members(self, lists: Collection[str]) -> frozenset[str]:
        return frozenset(user for name, item in _lists(self.snapshot).items() if name in lists for user in _ids(item))

    def linked(self, lists: Collection[str]) -> frozenset[str]:
        apps = [app for app in self.snapshot.apps if app.id in lists]
        conveyed = (app.id for app in self.snapshot.apps if not set(lists).isdisjoint(app.groups))
        return frozenset([*conveyed, *(group for app in apps for group in app.groups)])

    def has_others(self, name: str, users: Collection[str], statuses: Collection[str]) -> bool:
        if any(group.id == name and is_everyone(group.type, group.name) for group in self.snapshot.groups):
            return True
        others = _ids(_lists(self.snapshot)[name]) - set(users)
        return any(user.id in others and user.status in statuses for user in self.snapshot.users)


def _inside(okta_id: str, ids: frozenset[str] | None) -> bool:
    return ids is None or okta_id in ids


def _lists(snapshot: Snapshot) -> dict[str, IdentityGroup | IdentityApp]:
    found: dict[str, IdentityGroup | IdentityApp] = {group.id: group for group in snapshot.groups}
    found.update((app.id, app) for app in snapshot.apps)
    return found


def _ids(item: IdentityGroup | IdentityApp) -> set[str]:
    return set(item.member_ids() if isinstance(item, IdentityGroup) else item.user_ids())


def _head(item: IdentityGroup | IdentityApp) -> object:
    nobody = raw_json([])
    return replace(item, members=nobody) if isinstance(item, IdentityGroup) else replace(item, users=nobody)


def _cut(item: IdentityGroup | IdentityApp, users: set[str]) -> msgspec.Raw:
    return raw_json(sorted(_ids(item) & users))
