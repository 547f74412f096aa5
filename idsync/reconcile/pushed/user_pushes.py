"""People who are pushed: who a resource is, what facts say of them from then on, and whether their lock is made."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import uuid4

import msgspec
from msgspec.structs import replace

from idsync.apply.kept_back import kept_back
from idsync.compiler.users import may_adopt
from idsync.errors import NameTaken, NotTogether
from idsync.model.directory import Names
from idsync.model.extent import Extent, Reading
from idsync.model.identity import ACCESS_STATUSES, SUSPENDED, IdentityUser, Snapshot, raw_json
from idsync.model.names import twin_key
from idsync.model.pushed import PushedUser
from idsync.model.times import format_time
from idsync.reconcile.gone import note_gone
from idsync.reconcile.people_known import is_stand_in
from idsync.reconcile.pushed.identifying import identify
from idsync.reconcile.pushed.leavers import Leavers, Unlocked
from idsync.reconcile.pushed.memberships import Memberships
from idsync.reconcile.pushed.presence import has_left, not_concerned, suspended_in
from idsync.reconcile.pushed.push_passes import PushPasses
from idsync.scim.profiles import profile_of
from idsync.scim.said import WHOLE, Said

Attributes = Mapping[str, Any]
_NOBODY: frozenset[str] = frozenset()


class UserPushes:
    """Takes pushes of people, each inside a transaction of its caller, who undoes all of one that raises."""

    def __init__(self, passes: PushPasses) -> None:
        self._passes = passes
        self._store = passes.store
        self._target = passes.target
        self._leavers = Leavers(passes)
        self._memberships = Memberships(passes)
        self.locks_owed: list[PushedUser] = []
        """The resources by which people left who are not locked before what is owed is applied."""
        self.deletions_owed: list[PushedUser] = []
        """Those of them who are to be forgotten once they are locked."""

    def create(self, attributes: Attributes, now: datetime) -> PushedUser:
        """A user that is new here. Raises NameTaken."""
        user = self._new(attributes, now)
        self._refuse_taken_name(user)
        self._refuse_foreign_name(user)
        self._take(user, None, WHOLE, now)
        return user

    def create_together(self, pushed: Sequence[Attributes], now: datetime) -> list[PushedUser | NameTaken]:
        """Users that are new here, active and pushed at one time, planned and applied as one; or why one is refused.

        Raises NotTogether where each is to be taken alone: two are about one name or person, or a guard holds
        something of it.
        """
        users = [self._new(attributes, now) for attributes in pushed]
        if _have_one_twice(twin_key(user.username) for user in users) or _have_one_twice(u.okta_id for u in users):
            raise NotTogether("Two of these pushes are about one person.")
        taken = self._foreign_names(users) | self._taken_names(users)
        come = [user for user in users if user.id not in taken]
        before = kept_back(self._store.facts, self._target.name)
        self._passes.apply(self._come(come, now), now)
        if kept_back(self._store.facts, self._target.name) != before:
            raise NotTogether("A guard holds something of these pushes.")
        return [taken.get(user.id, user) for user in users]

    def replace(self, before: PushedUser, attributes: Attributes, said: Said, now: datetime) -> PushedUser:
        """A user as pushed once more; one that is called inactive leaves, and stays as a tombstone.

        What says the same as `before` counts all the same: a reading may have said otherwise since. What is not `said`
        stays as facts have it.
        """
        if attributes.get("active") is None:
            if said.is_whole and not before.active:
                attributes = {**attributes, "active": False}  # who has left is told so
            said = said.without("active")
        user = self._user(before, attributes, format_time(now))
        self._refuse_taken_name(user)
        if user.active and (not before.active or twin_key(user.username) != twin_key(before.username)):
            self._refuse_foreign_name(user)  # no name keeps anybody from leaving
        self._take(user, before, said, now)
        return user

    def delete(self, user: PushedUser, now: datetime) -> None:
        """A user that leaves, and of whom nothing stays, but for a tombstone until they are locked."""
        body = raw_json(msgspec.json.decode(user.body) | {"active": False})
        gone = replace(user, active=False, body=body, version=user.version + 1, modified=format_time(now))
        gone = replace(gone, push=self._store.pushed.number())
        self._take(gone, user, WHOLE, now)
        if not self._passes.applies:  # whether the lock is made or held, the process that leads decides
            self.deletions_owed.append(gone)
        elif self.unlocked(gone, now) is None:
            self._forget(gone, now)

    def finish_deletions(self, users: Iterable[PushedUser], now: datetime) -> list[PushedUser]:
        """Forget users whose deletion was owed, now that they are locked; those who were pushed once more stay.

        Returns those who stay, as they are now.
        """
        stay = []
        for user in users:
            known = self._store.pushed.user(user.id)
            if known is None:  # another request deleted them
                continue
            if known.active or self.owed(known) is not None or self.unlocked(known, now) is not None:
                stay.append(known)
            else:
                self._forget(known, now)
        return stay

    def _forget(self, user: PushedUser, now: datetime) -> None:
        note_gone(self._store.facts, self._store.pushed.number(), user=user.okta_id)
        self._leavers.forget(user)
        ended = self._memberships.end(user)
        self._store.pushed.delete_user(user.id)
        if ended.users:
            self._passes.apply(ended, now)

    def unlocked(self, user: PushedUser, now: datetime) -> Unlocked | None:
        """One of those who left by a resource and are not locked: who it stands for, and stood for before."""
        return self._leavers.first_unlocked(user, now)

    def note_lock_owed(self, user: PushedUser) -> bool:
        """Remember a resource by which somebody left whom the process that leads has still to lock: a push may be a
        repeated one. Whether there is one, so that the answer has to wait.
        """
        if self._passes.applies or self.owed(user) is None:
            return False
        self.locks_owed.append(user)
        return True

    def owed(self, user: PushedUser) -> Unlocked | None:
        """One of those who left by a resource, and of whom the process that leads has still to apply something."""
        return self._leavers.first_owed(user)

    def _new(self, attributes: Attributes, now: datetime) -> PushedUser:
        at, scim_id = format_time(now), uuid4().hex
        new = PushedUser(scim_id, "", scim_id, None, False, msgspec.Raw(b"{}"), 0, at, at, 0)
        return self._user(new, attributes, at)

    def _user(self, before: PushedUser, attributes: Attributes, at: str) -> PushedUser:
        username = str(attributes.get("userName") or before.username)
        external_id = attributes.get("externalId") or before.external_id
        # A tombstone that is pushed without the word stays one.
        active = bool(attributes.get("active", before.active or not before.version))
        okta_id = self._okta_id(before, username, external_id, returns=active and not before.active)
        new = PushedUser(
            before.id,
            username,
            okta_id,
            external_id,
            active,
            raw_json(dict(attributes)),
            before.version,
            before.created,
            before.modified,
            before.push,
        )
        number = self._store.pushed.number()
        return replace(new, push=number, **({} if new == before else {"version": before.version + 1, "modified": at}))

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
        org_url = self._passes.settings.integration.org_url
        entry = self._target.index(org_url, Names(frozenset({username}), _NOBODY)).users.get(username)
        okta_id = (entry.okta_id or "") if entry is not None else ""
        left = okta_id and has_left(okta_id, username, self._target, self._store.facts, self._store.pushed)
        return "" if left else okta_id

    def _refuse_taken_name(self, user: PushedUser) -> None:
        for taken in self._taken_names([user]).values():
            raise taken

    def _taken_names(self, users: Iterable[PushedUser]) -> dict[str, NameTaken]:
        """Of users by SCIM id, whose name another one has that was pushed."""
        others = self._store.pushed.users_named([user.username for user in users])
        there = {twin_key(other.username): other for other in others}
        found = ((user, there.get(twin_key(user.username))) for user in users)
        return {
            user.id: NameTaken(f"There is a user {other.username} already, with the id {other.id}.")
            for user, other in found
            if other is not None and other.id != user.id
        }

    def _refuse_foreign_name(self, user: PushedUser) -> None:
        for taken in self._foreign_names([user]).values():
            raise taken

    def _foreign_names(self, users: Iterable[PushedUser]) -> dict[str, NameTaken]:
        """Of users by SCIM id, of whose name the directory has somebody who is not ours to change."""
        there = self._target.state(Names(frozenset(user.username for user in users), _NOBODY)).users
        adopt = self._passes.settings.integration.users.adopt
        foreign = {name for name, each in there.items() if not (self._target.ours(each) or may_adopt(each, adopt))}
        return {
            user.id: NameTaken(
                f"The directory already has a user {user.username} that idsync does not manage.",
                why="A user of somebody else is never overwritten.",
                fix="Rename one of them, or name the user in users.adopt of the configuration to take it over.",
            )
            for user in users
            if user.username in foreign
        }

    def _come(self, users: Sequence[PushedUser], now: datetime) -> Extent:
        """Let facts know active users that are new here; what of them changed."""
        people = frozenset(user.okta_id for user in users)
        head = self._passes.head(now)
        part = self._part(people, head)
        self._store.pushed.put_users(users)
        identities = [self._identity_in(part, user, {}, WHOLE) for user in users]
        return self._store.upstream.take(Reading(replace(head, users=identities), Extent(people, _NOBODY)))

    def _part(self, people: Collection[str], head: Snapshot) -> Snapshot:
        """What facts say of people."""
        return self._store.upstream.without_lists(people) if self._passes.has_facts() else head

    def _identity_in(self, part: Snapshot, user: PushedUser, told: Attributes, said: Said) -> IdentityUser:
        """A person as facts have them from now on; no push ends that they are suspended."""
        known = next((each for each in part.users if each.id == user.okta_id), None)
        identity = _identity(user, known, told, said, read=self._passes.pulls)
        return replace(identity, status=SUSPENDED) if user.okta_id in suspended_in(part) else identity

    def _take(self, user: PushedUser, before: PushedUser | None, said: Said, now: datetime) -> None:
        told = before is not None and (before.active or user.external_id is not None)
        if before is not None and told and is_stand_in(before) and user.okta_id != before.okta_id:
            # Who left is nobody's match by a name alone, which another person may have got.
            okta_id = before.external_id or user.okta_id
            identify(
                self._passes.settings,
                self._store,
                self._target,
                self._passes.request(now),
                {before.okta_id: okta_id},
            )
            before = replace(before, okta_id=okta_id)
        moved = Extent(_NOBODY, _NOBODY)
        if before is not None and user.okta_id != before.okta_id:
            moved = self._memberships.end(before)  # nobody said that another person is in these groups
            said = WHOLE  # of another person, all of it is new
        people = {user.okta_id} if before is None else {user.okta_id, before.okta_id}
        head = self._passes.head(now)
        part = self._part(people, head)
        self._store.pushed.put_user(user)
        stay = not_concerned(self._store.pushed, user, before)
        comes, leaves = user.active, not user.active
        if not said.names("active"):
            comes, leaves = any(each.id == user.okta_id for each in part.users) and user.okta_id not in stay, False
        concerned = frozenset(people if comes or leaves else people - {user.okta_id})
        out = concerned - stay - ({user.okta_id} if comes else _NOBODY)
        name = user.username if before is None else before.username
        leaving = self._leavers.about_to_leave(out, name, now)
        suspended = suspended_in(part)
        users = [each for each in part.users if each.id in stay]
        if comes:
            told_before = {} if before is None else msgspec.json.decode(before.body)
            users.append(self._identity_in(part, user, told_before, said))
        away = dict.fromkeys(sorted((suspended & concerned) - {each.id for each in users}), SUSPENDED)
        moved |= self._store.upstream.take(
            Reading(replace(head, users=users, unassigned=away), Extent(concerned, _NOBODY))
        )
        if before is not None and user.version == before.version and not moved.users and not moved.lists:
            return  # facts say the same already; of a lock that is held, the answer tells
        # A lock that was held is asked for again by a push that is repeated.
        is_new = before is None and user.active  # nobody has left by it
        asked = _NOBODY if is_new else self._leavers.people(user).union(each.okta_id for each in leaving)
        self._passes.apply(moved | Extent(asked, _NOBODY), now)
        if not is_new:
            self._leavers.keep(user, leaving, now)
        if not self._passes.applies and (leaving or not user.active):
            self.locks_owed.append(user)


def _have_one_twice(texts: Iterable[str]) -> bool:
    listed = list(texts)
    return len({*listed}) < len(listed)


def _identity(
    user: PushedUser, known: IdentityUser | None, told: Attributes, said: Said, *, read: bool
) -> IdentityUser:
    """A person as the facts have them from now on; `told` is the resource that an earlier push made.

    A push speaks only of the attributes that it carries, and of those that it carried before and does not any more; of
    what is not `said`, a reading may have told since. Of a person who is `read` from Okta, too, it changes what was
    read and adds nothing, which the next reading would undo.
    """
    profile = {} if known is None else known.attributes()
    pushed = profile_of(said.part_of(msgspec.json.decode(user.body)))
    if read and known is not None:
        profile.update((name, value) for name, value in pushed.items() if name in profile)
    else:
        for name in profile_of(said.part_of(told)).keys() - pushed.keys():
            profile.pop(name, None)
        profile.update(pushed)
    username = user.username if known is None or said.names("userName") else known.username
    profile.setdefault("login", username)
    status = known.status if known is not None and known.status in ACCESS_STATUSES else "ACTIVE"
    return IdentityUser(user.okta_id, username, status, raw_json(profile), "USER" if known is None else known.scope)
