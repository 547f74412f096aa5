"""What a SCIM client pushes: it changes upstream facts, and then the one pass runs for the extent that it touched.

A push is wholly in the directory when it returns, or an error says why nothing of it was taken.
"""

from collections.abc import Callable, Collection, Iterable, Mapping
from datetime import datetime
from typing import Any
from uuid import uuid4

import msgspec
from msgspec.structs import replace

from idsync.apply.kept_back import kept_back
from idsync.apply.last_apply import last_apply
from idsync.apply.request import Request
from idsync.compiler.users import may_adopt
from idsync.config.settings import Settings
from idsync.errors import NameTaken, NotTogether, StoreBusy
from idsync.model.addresses import split_address
from idsync.model.directory import Names
from idsync.model.extent import Extent, Reading
from idsync.model.identity import (
    ACCESS_STATUSES,
    FORMAT_VERSION,
    SUSPENDED,
    IdentityGroup,
    IdentityUser,
    Snapshot,
    raw_json,
)
from idsync.model.names import twin_key
from idsync.model.pushed import PushedGroup, PushedUser
from idsync.model.times import format_time, is_past
from idsync.reconcile.gone import note_gone
from idsync.reconcile.identifying import IdentityRecords, identify
from idsync.reconcile.lately import Lately
from idsync.reconcile.owed import is_owed, owe
from idsync.reconcile.partial_pass import apply_part
from idsync.reconcile.people_known import PeopleKnown, is_stand_in
from idsync.reconcile.presence import has_left, not_concerned, suspended_in
from idsync.reconcile.together import Together
from idsync.scim.profiles import profile_of
from idsync.targets.protocol import Target

Attributes = Mapping[str, Any]
Members = Mapping[str, bytes | None]
"""SCIM ids of members, each with what was pushed of the membership."""
_NOBODY: frozenset[str] = frozenset()


class Pushes:
    """Takes pushes, one after the other, each inside a transaction of its caller.

    `request` says who pushes, and when; `lately` what unattended runs counted. With `together`, people who are new are
    planned with those who are pushed at one time, once the caller calls `settle`. Raises NameTaken, and what an apply
    raises; the caller then undoes all of it. What guards hold is kept back, and the push is taken all the same.
    """

    def __init__(
        self,
        settings: Settings,
        store: IdentityRecords,
        target: Target,
        request: Callable[[datetime], Request],
        lately: Lately,
        together: Together | None = None,
        *,
        applies: bool = True,
    ) -> None:
        """Without `applies`, facts are stored, and applying them is owed."""
        self._settings = settings
        self._store = store
        self._target = target
        self._request = request
        self._lately = lately
        self._together = together
        self._pulls = settings.integration.pulls
        self._applies = applies
        self.locks_owed: list[PushedUser] = []
        """The users who left and are not locked before what is owed is applied."""

    def create_user(self, attributes: Attributes, now: datetime) -> PushedUser:
        """A user that is new here."""
        at = format_time(now)
        scim_id = uuid4().hex
        user = self._user(PushedUser(scim_id, "", scim_id, None, False, msgspec.Raw(b"{}"), 0, at, at), attributes, at)
        self._refuse_foreign_name(user)
        self._take_user(user, None, now)
        return user

    def replace_user(self, before: PushedUser, attributes: Attributes, now: datetime) -> PushedUser:
        """A user with other attributes than `before`; one that is inactive leaves, and stays as a tombstone."""
        user = self._user(before, attributes, format_time(now))
        if user.active and (not before.active or twin_key(user.username) != twin_key(before.username)):
            self._refuse_foreign_name(user)  # no name keeps anybody from leaving
        self._take_user(user, before, now)
        return user

    def delete_user(self, user: PushedUser, now: datetime) -> None:
        """A user that leaves, and of whom nothing stays, but for a tombstone until they are locked."""
        body = raw_json(msgspec.json.decode(user.body) | {"active": False})
        gone = replace(user, active=False, body=body, version=user.version + 1, modified=format_time(now))
        self._take_user(gone, user, now)
        note_gone(self._store.facts, now, user=user.okta_id)
        if not self.lock_held(gone, now):
            self._store.pushed.delete_user(user.id)

    def create_group(self, attributes: Attributes, members: Members, now: datetime) -> PushedGroup:
        """A group that is new here, with its members by SCIM id."""
        at = format_time(now)
        scim_id = uuid4().hex
        group = _group(PushedGroup(scim_id, "", scim_id, None, msgspec.Raw(b"{}"), 0, at, at), attributes, at)
        group = replace(group, list_id=self._list_id(group))
        self._take_group(group, None, members, now)
        return group

    def replace_group(
        self, before: PushedGroup, attributes: Attributes, members: Members, now: datetime
    ) -> PushedGroup:
        """A group with other attributes than `before`, and these members."""
        group = _group(before, attributes, format_time(now))
        self._take_group(group, before, members, now)
        return group

    def move_members(
        self, group: PushedGroup, joined: Members, left: Collection[str], title: str | None, now: datetime
    ) -> PushedGroup:
        """A group that some join and others leave, by SCIM id, and that may get a title; nobody else is looked at."""
        if title is not None and title != group.title:
            return self._renamed_too(group, joined, left, title, now)
        changed = replace(group, version=group.version + 1, modified=format_time(now))
        pushed = self._store.pushed
        pushed.put_group(changed)
        pushed.add_members(group.id, joined)
        pushed.remove_members(group.id, left)
        people = pushed.okta_ids({*joined, *left})
        moved = self._store.upstream.move(group.list_id, _known(people, joined), _known(people, left))
        self._apply(moved, now)
        return changed

    def _renamed_too(
        self, group: PushedGroup, joined: Members, left: Collection[str], title: str, now: datetime
    ) -> PushedGroup:
        members = dict(self._store.pushed.members(group.id)) | dict(joined)
        attributes = msgspec.json.decode(group.body) | {"displayName": title}
        kept = {scim_id: details for scim_id, details in members.items() if scim_id not in left}
        return self.replace_group(group, attributes, kept, now)

    def delete_group(self, group: PushedGroup, now: datetime) -> None:
        """A group that goes; its list goes with it."""
        self._store.pushed.delete_group(group.id)
        if self._is_read(group):
            return  # the group itself is Okta's, which still has it
        note_gone(self._store.facts, now, access_list=group.list_id)
        head = self._head(now)
        self._apply(self._store.upstream.take(Reading(head, Extent(_NOBODY, frozenset({group.list_id})))), now)

    def settle(self, together: Together, now: datetime) -> None:
        """Plan and apply what pushes left to be planned together.

        Raises NotTogether where each is to be taken alone: a guard holds something of it, or two are one person.
        """
        if not together.is_plain:
            raise NotTogether("Two of these pushes are about one person.")
        before = kept_back(self._store.facts, self._target.name)
        self._apply(together.moved, now)
        if kept_back(self._store.facts, self._target.name) != before:
            raise NotTogether("A guard holds something of these pushes.")

    def _user(self, before: PushedUser, attributes: Attributes, at: str) -> PushedUser:
        username = str(attributes.get("userName") or before.username)
        external_id = attributes.get("externalId") or before.external_id
        # A tombstone that is pushed without the word stays one.
        active = bool(attributes.get("active", before.active or not before.version))
        return PushedUser(
            before.id,
            username,
            self._okta_id(before, username, external_id, returns=active and not before.active),
            external_id,
            active,
            raw_json(dict(attributes)),
            before.version + 1,
            before.created,
            at,
        )

    def lock_held(self, user: PushedUser, now: datetime) -> tuple[str, ...]:
        """The guards that hold back the lock of a user who left; none where the lock is made, or there is nobody."""
        if user.active:
            return ()
        kept = kept_back(self._store.facts, self._target.name)
        entries = [entry for address, each in kept.items() if split_address(address)[0] == "lock" for entry in each]
        held = [entry for entry in entries if entry.okta_id == user.okta_id]
        waiting = (entry for entry in held if not self._is_locked(entry.user, now))  # else a person released it since
        return tuple(guard for entry in waiting for guard in entry.guards)

    def _is_locked(self, name: str, now: datetime) -> bool:
        locks = self._target.locks([name]).values()
        return any(not is_past(lock.spec.expires, now) for lock in locks)

    def note_lock_owed(self, user: PushedUser) -> None:
        """Remember a user who left, and of whom something has still to be applied: a push may be a repeated one."""
        if not user.active and self.is_owed([user]):
            self.locks_owed.append(user)

    def is_owed(self, users: Iterable[PushedUser]) -> bool:
        """Whether the process that leads has still to apply something of any of these users."""
        return any(is_owed(self._store.facts, self._target.name, user.okta_id) for user in users)

    def _okta_id(self, before: PushedUser, username: str, external_id: str | None, *, returns: bool) -> str:
        """Whom a user stands for: Okta's id where it is pushed, else the person who has the name, else the SCIM id.

        An `externalId` where there was none is that of the same person; another one is another person's. A tombstone
        that `returns` without one is the person whom facts know under its name by then.
        """
        if external_id is not None:
            return before.okta_id if external_id == before.external_id and not is_stand_in(before) else external_id
        if before.version and not is_stand_in(before) and not returns:
            return before.okta_id
        named = self._store.upstream.named({twin_key(username)}) - {before.id}
        if before.version and not is_stand_in(before) and (before.okta_id in named or len(named) != 1):
            return before.okta_id
        if len(named) == 1:
            return next(iter(named))
        return self._holder_of(username, before) or before.id

    def _holder_of(self, username: str, before: PushedUser) -> str:
        """Whose account the directory has under a name, of which the facts know nobody: empty where it has none, where
        its person has left, and where a user that is there already had no such account.
        """
        if before.version and (not before.active or username != before.username):
            return ""
        org_url = self._settings.integration.org_url
        entry = self._target.index(org_url, Names(frozenset({username}), _NOBODY)).users.get(username)
        okta_id = (entry.okta_id or "") if entry is not None else ""
        left = okta_id and has_left(okta_id, username, self._target, self._store.facts, self._store.pushed)
        return "" if left else okta_id

    def _refuse_foreign_name(self, user: PushedUser) -> None:
        """Raise NameTaken when the directory has somebody of that name who is not ours to change."""
        found = self._target.state(Names(frozenset({user.username}), _NOBODY)).users.get(user.username)
        adopt = self._settings.integration.users.adopt
        if found is None or self._target.ours(found) or may_adopt(found, adopt):
            return
        raise NameTaken(
            f"The directory already has a user {user.username} that idsync does not manage.",
            why="A user of somebody else is never overwritten.",
            fix="Rename one of them, or name the user in users.adopt of the configuration to take it over.",
        )

    def _take_user(self, user: PushedUser, before: PushedUser | None, now: datetime) -> None:
        told = before is not None and (before.active or user.external_id is not None)
        if before is not None and told and is_stand_in(before) and user.okta_id != before.okta_id:
            # Who left is nobody's match by a name alone, which another person may have got.
            okta_id = before.external_id or user.okta_id
            identify(self._settings, self._store, self._target, self._request(now), {before.okta_id: okta_id})
            before = replace(before, okta_id=okta_id)
        if before is not None and user.okta_id != before.okta_id:
            # Nobody said that another person is in these groups.
            for group, _, _ in self._store.pushed.groups_of(user.id):
                self._store.pushed.remove_members(group, [user.id])
        self._store.pushed.put_user(user)
        if not self._applies and not user.active:
            self.locks_owed.append(user)
        people = {user.okta_id} if before is None else {user.okta_id, before.okta_id}
        head = self._head(now)
        part = self._store.upstream.part(people, ()) if self._has_facts() else head
        stay = not_concerned(self._store.pushed, user, before)
        suspended = suspended_in(part)
        users = [each for each in part.users if each.id in stay]
        if user.active:
            known = next((each for each in part.users if each.id == user.okta_id), None)
            carried = {} if before is None else profile_of(msgspec.json.decode(before.body))
            identity = _identity(user, known, carried, read=self._pulls)
            users.append(replace(identity, status=SUSPENDED) if user.okta_id in suspended else identity)
        away = dict.fromkeys(sorted(suspended - {each.id for each in users}), SUSPENDED)
        reading = Reading(replace(head, users=users, unassigned=away), Extent(frozenset(people), _NOBODY))
        moved = self._store.upstream.take(reading)
        if self._together is not None and before is None and user.active:
            self._together.add(moved, people)
            return
        # A lock that was held is asked for again by a push that is repeated.
        self._apply(moved if user.active else moved | Extent(frozenset(people), _NOBODY), now)

    def _list_id(self, group: PushedGroup) -> str:
        """The group that a pushed one stands for: Okta's only one of exactly that name, else one of its own."""
        named = self._store.upstream.groups_named(group.title) if self._pulls else []
        return named[0] if len(named) == 1 else group.id

    def _is_read(self, group: PushedGroup) -> bool:
        """Whether a pushed group is one that is read from Okta, too."""
        if not self._pulls or group.list_id == group.id:
            return False
        return any(each.id == group.list_id for each in self._store.upstream.part((), [group.list_id]).groups)

    def _take_group(self, group: PushedGroup, before: PushedGroup | None, members: Members, now: datetime) -> None:
        pushed, upstream = self._store.pushed, self._store.upstream
        head = self._head(now)
        pushed.put_group(group)
        there = {scim_id for scim_id, _ in pushed.members(group.id)}
        left = there - {*members}
        people = pushed.okta_ids({*members, *left})
        pushed.remove_members(group.id, left)
        pushed.add_members(group.id, members)
        if self._is_read(group):
            # Okta pushes only people whom the app knows; of the others this says nothing.
            moved = upstream.move(group.list_id, _known(people, {*members} - there), _known(people, left))
            if before is not None and before.title != group.title:
                moved |= self._renamed(group, before)
        else:
            inside = sorted({people[scim_id] for scim_id in members if scim_id in people})
            identity = IdentityGroup(group.list_id, group.title, raw_json(inside))
            moved = upstream.take(
                Reading(replace(head, groups=[identity]), Extent(_NOBODY, frozenset({group.list_id})))
            )
        self._apply(moved, now)

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

    def _apply(self, moved: Extent, now: datetime) -> None:
        if not self._applies:
            if moved.users or moved.lists:
                owe(self._store.facts, self._target.name, moved)
            return
        last = last_apply(self._store.facts, self._target)
        request = replace(self._request(now), split=True, unattended=True)
        passes = apply_part(
            self._settings,
            moved,
            store=self._store,
            target=self._target,
            last=last,
            now=now,
            request=request,
            lately=lambda: self._lately.counted(self._store.journal, now),
            people=PeopleKnown(self._store.pushed),
        )
        try:
            for _ in passes:
                pass
        except Exception:
            self._lately.forget()
            raise

    def _has_facts(self) -> bool:
        return self._store.upstream.is_known()

    def _head(self, now: datetime) -> Snapshot:
        """What upstream facts say of themselves, without anybody; where pushes alone tell, they are of now."""
        if self._pulls:
            if not self._has_facts():
                raise StoreBusy(
                    "Okta's API was not read yet.",
                    why="What is pushed is held against what was read, and the first full pass is not over.",
                    fix="Try again in a minute; if it goes on, see how the last full pass ended.",
                )
            return self._store.upstream.part((), ())
        integration = self._settings.integration
        app, at = integration.pushed_app, format_time(now)
        return Snapshot(FORMAT_VERSION, integration.org_url, app, at, True, users=[], groups=[], apps=[])


def _known(people: Mapping[str, str], users: Collection[str]) -> list[str]:
    return [people[user] for user in users if user in people]


def _identity(user: PushedUser, known: IdentityUser | None, told: Attributes, *, read: bool) -> IdentityUser:
    """A person as the facts have them from now on; `told` is what an earlier push said of them.

    A push speaks only of the attributes that it carries, and of those that it carried before and does not any more. Of
    a person who is `read` from Okta, too, it changes what was read and adds nothing, which the next reading would undo.
    """
    profile = {} if known is None else known.attributes()
    pushed = profile_of(msgspec.json.decode(user.body))
    if read and known is not None:
        profile.update((name, value) for name, value in pushed.items() if name in profile)
    else:
        for name in told.keys() - pushed.keys():
            profile.pop(name, None)
        profile.update(pushed)
    profile.setdefault("login", user.username)
    status = known.status if known is not None and known.status in ACCESS_STATUSES else "ACTIVE"
    return IdentityUser(
        user.okta_id, user.username, status, raw_json(profile), "USER" if known is None else known.scope
    )


def _group(before: PushedGroup, attributes: Attributes, at: str) -> PushedGroup:
    return PushedGroup(
        before.id,
        str(attributes.get("displayName") or before.title),
        before.list_id,
        attributes.get("externalId") or before.external_id,
        raw_json(dict(attributes)),
        before.version + 1,
        before.created,
        at,
    )
