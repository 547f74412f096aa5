"""Groups that are pushed: their members and their names are facts from then on, and their lists follow."""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any
from uuid import uuid4

import msgspec
from msgspec.structs import replace

from idsync.model.extent import Extent, Reading
from idsync.model.identity import IdentityGroup, raw_json
from idsync.model.pushed import PushedGroup
from idsync.model.times import format_time
from idsync.reconcile.gone import note_gone
from idsync.reconcile.pushed.memberships import Memberships
from idsync.reconcile.pushed.push_passes import PushPasses

Attributes = Mapping[str, Any]
Members = Mapping[str, bytes | None]
"""SCIM ids of members, each with what was pushed of the membership."""
_NOBODY: frozenset[str] = frozenset()


class GroupPushes:
    """Takes pushes of groups, each inside a transaction of its caller, who undoes all of one that raises."""

    def __init__(self, passes: PushPasses) -> None:
        self._passes = passes
        self._store = passes.store
        self._memberships = Memberships(passes)

    def create(self, attributes: Attributes, members: Members, now: datetime) -> PushedGroup:
        """A group that is new here, with its members by SCIM id."""
        at = format_time(now)
        scim_id = uuid4().hex
        new = PushedGroup(scim_id, "", scim_id, None, msgspec.Raw(b"{}"), 0, at, at, 0)
        group = self._group(new, attributes, at)
        group = replace(group, list_id=self._list_id(group))
        self._take(group, None, members, now)
        return group

    def replace(self, before: PushedGroup, attributes: Attributes, members: Members, now: datetime) -> PushedGroup:
        """A group with other attributes than `before`, and these members."""
        group = self._group(before, attributes, format_time(now))
        self._take(group, before, members, now)
        return group

    def move_members(
        self, group: PushedGroup, joined: Members, left: Collection[str], title: str | None, now: datetime
    ) -> PushedGroup:
        """A group that some join and others leave, by SCIM id, and that may get a title; nobody else is looked at.

        All of it is taken where facts do not know it any more: nothing was pushed to the service for a while.
        """
        if (title is not None and title != group.title) or self._memberships.is_forgotten(group):
            return self._whole(group, joined, left, title or group.title, now)
        pushed = self._store.pushed
        changed = replace(group, version=group.version + 1, modified=format_time(now), push=pushed.number())
        pushed.put_group(changed)
        pushed.add_members(group.id, joined)
        pushed.remove_members(group.id, left)
        people = pushed.okta_ids({*joined, *left})
        self._passes.apply(self._memberships.move(group, _known(people, joined), _known(people, left)), now)
        return changed

    def delete(self, group: PushedGroup, now: datetime) -> None:
        """A group that goes; its list goes with it."""
        self._store.pushed.delete_group(group.id)
        if self._memberships.is_read(group):
            return  # the group itself is Okta's, which still has it
        note_gone(self._store.facts, self._store.pushed.number(), access_list=group.list_id)
        head = self._passes.head(now)
        self._passes.apply(self._store.upstream.take(Reading(head, Extent(_NOBODY, frozenset({group.list_id})))), now)

    def _whole(
        self, group: PushedGroup, joined: Members, left: Collection[str], title: str, now: datetime
    ) -> PushedGroup:
        members = dict(self._store.pushed.members(group.id)) | dict(joined)
        attributes = msgspec.json.decode(group.body) | {"displayName": title}
        kept = {scim_id: details for scim_id, details in members.items() if scim_id not in left}
        return self.replace(group, attributes, kept, now)

    def _group(self, before: PushedGroup, attributes: Attributes, at: str) -> PushedGroup:
        return PushedGroup(
            before.id,
            str(attributes.get("displayName") or before.title),
            before.list_id,
            attributes.get("externalId") or before.external_id,
            raw_json(dict(attributes)),
            before.version + 1,
            before.created,
            at,
            self._store.pushed.number(),
        )

    def _list_id(self, group: PushedGroup) -> str:
        """The group that a pushed one stands for: Okta's only one of exactly that name, else one of its own."""
        named = self._store.upstream.groups_named(group.title) if self._passes.pulls else []
        return named[0] if len(named) == 1 else group.id

    def _take(self, group: PushedGroup, before: PushedGroup | None, members: Members, now: datetime) -> None:
        pushed, upstream = self._store.pushed, self._store.upstream
        head = self._passes.head(now)
        pushed.put_group(group)
        there = {scim_id for scim_id, _ in pushed.members(group.id)}
        left = there - {*members}
        people = pushed.okta_ids({*members, *left})
        pushed.remove_members(group.id, left)
        pushed.add_members(group.id, members)
        if self._memberships.is_read(group):
            # Okta pushes only people whom the app knows; of the others this says nothing.
            moved = self._memberships.move(group, _known(people, {*members} - there), _known(people, left))
            if before is not None and before.title != group.title:
                moved |= self._renamed(group, before)
        else:
            inside = sorted({people[scim_id] for scim_id in members if scim_id in people})
            identity = IdentityGroup(group.list_id, group.title, raw_json(inside))
            moved = upstream.take(
                Reading(replace(head, groups=[identity]), Extent(_NOBODY, frozenset({group.list_id})))
            )
        self._passes.apply(moved, now)

    def _renamed(self, group: PushedGroup, before: PushedGroup) -> Extent:
        """Let a group of Okta's be called as it is pushed, where it was pushed under its own name until now."""
        upstream = self._store.upstream
        part = upstream.part((), [group.list_id])
        known = next(each for each in part.groups if each.id == group.list_id)
        if known.name != before.title:
            return Extent(_NOBODY, _NOBODY)
        named = replace(known, name=group.title, members=raw_json(sorted(upstream.members([group.list_id]))))
        reading = Reading(replace(part, groups=[named]), Extent(_NOBODY, frozenset({group.list_id})))
        return upstream.take(reading)


def _known(people: Mapping[str, str], users: Collection[str]) -> list[str]:
    return [people[user] for user in users if user in people]
