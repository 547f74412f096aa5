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
from idsync.scim.said import Said

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
        self._store.pushed.put_group(group)
        self._take_whole(group, new, {}, members, now)
        return group

    def replace(
        self, before: PushedGroup, attributes: Attributes, members: Members, said: Said, now: datetime
    ) -> PushedGroup:
        """A group as pushed once more, with these members where anything is `said` of them.

        What says the same as `before` counts all the same: a reading may have said otherwise since.
        """
        before = self._placed(before)
        there = dict(self._store.pushed.members(before.id))
        group = self._group(before, attributes, format_time(now))
        is_same = replace(group, version=before.version, modified=before.modified, push=before.push) == before
        if is_same and members == there:
            group = replace(before, push=group.push)
        self._store.pushed.put_group(group)
        if said.names("members") or self._memberships.is_forgotten(group):
            self._take_whole(group, before, there, members, now)
        else:
            self._passes.apply(self._renamed(group, before), now)
        return group

    def move_members(
        self, group: PushedGroup, joined: Members, left: Collection[str], title: str | None, now: datetime
    ) -> PushedGroup:
        """A group that some join and others leave, by SCIM id, and that may get a title; nobody else is looked at.

        All of it is taken where facts do not know it any more: nothing was pushed to the service for a while.
        """
        pushed, group = self._store.pushed, self._placed(group)
        attributes = msgspec.json.decode(group.body) | ({} if title is None else {"displayName": title})
        changed = self._group(group, attributes, format_time(now))
        pushed.put_group(changed)
        pushed.add_members(group.id, joined)
        pushed.remove_members(group.id, left)
        if self._memberships.is_forgotten(group):
            members = dict(pushed.members(group.id))
            self._take_whole(changed, group, members, members, now)
            return changed
        people = pushed.okta_ids({*joined, *left})
        moved = self._memberships.move(group, _known(people, joined), _known(people, left))
        self._passes.apply(moved | self._renamed(changed, group), now)
        return changed

    def delete(self, group: PushedGroup, now: datetime) -> None:
        """A group that goes; its list goes with it."""
        self._store.pushed.delete_group(group.id)
        if self._memberships.is_read(group):
            return  # the group itself is Okta's, which still has it
        note_gone(self._store.facts, self._store.pushed.number(), access_list=group.list_id)
        head = self._passes.head(now)
        self._passes.apply(self._store.upstream.take(Reading(head, Extent(_NOBODY, frozenset({group.list_id})))), now)

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

    def _placed(self, group: PushedGroup) -> PushedGroup:
        """A group that is pushed once more, and what it stands for from now on, where its group of Okta's is gone."""
        return replace(group, list_id=self._list_id(group)) if self._memberships.is_gone(group) else group

    def _list_id(self, group: PushedGroup) -> str:
        """The group that a pushed one stands for: Okta's only one of exactly that name, else one of its own."""
        named = self._store.upstream.groups_named(group.title) if self._passes.pulls else []
        return named[0] if len(named) == 1 else group.id

    def _take_whole(
        self, group: PushedGroup, before: PushedGroup, there: Members, members: Members, now: datetime
    ) -> None:
        """Let a group that was pushed as `before`, with who was `there`, have these members and nobody else."""
        pushed, upstream = self._store.pushed, self._store.upstream
        head = self._passes.head(now)
        left = there.keys() - members.keys()
        people = pushed.okta_ids({*members, *left})
        pushed.remove_members(group.id, left)
        pushed.add_members(group.id, members)
        if self._memberships.is_read(group):
            # Okta pushes only people whom the app knows; of the others this says nothing.
            moved = self._memberships.move(group, _known(people, members.keys() - there.keys()), _known(people, left))
            moved |= self._memberships.stay(group, _known(people, members.keys() & there.keys()), now)
            moved |= self._renamed(group, before)
        else:
            inside = sorted({people[scim_id] for scim_id in members if scim_id in people})
            identity = IdentityGroup(group.list_id, group.title, raw_json(inside))
            moved = upstream.take(
                Reading(replace(head, groups=[identity]), Extent(_NOBODY, frozenset({group.list_id})))
            )
        self._passes.apply(moved, now)

    def _renamed(self, group: PushedGroup, before: PushedGroup) -> Extent:
        """Let a group be called as it is pushed, where it was pushed under its own name until now."""
        upstream = self._store.upstream
        if group.title == before.title or not self._passes.has_facts():
            return Extent(_NOBODY, _NOBODY)
        part = upstream.part((), [group.list_id])
        known = next((each for each in part.groups if each.id == group.list_id), None)
        if known is None or known.name != before.title:
            return Extent(_NOBODY, _NOBODY)
        named = replace(known, name=group.title, members=raw_json(sorted(upstream.members([group.list_id]))))
        reading = Reading(replace(part, groups=[named]), Extent(_NOBODY, frozenset({group.list_id})))
        return upstream.take(reading)


def _known(people: Mapping[str, str], users: Collection[str]) -> list[str]:
    return [people[user] for user in users if user in people]
