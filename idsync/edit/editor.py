"""People's own hand on the local directory: create, replace and remove one object, revision-checked and journaled."""

from collections.abc import Mapping
from datetime import datetime
from typing import Literal, assert_never

import msgspec

from idsync.edit.agreed_past import note_past
from idsync.edit.differences import note_differences
from idsync.edit.nesting_rules import Nesting
from idsync.edit.resource_input import check_resource
from idsync.errors import ResourceError
from idsync.model.addresses import Address, access_list_address, split_address
from idsync.model.canonical import body_of
from idsync.model.directory import Members, Names
from idsync.model.journal import LOCAL, MadeByHand
from idsync.model.names import is_text
from idsync.model.ownership import differing, org_of
from idsync.model.plain_resources import App, Role, UserGroup
from idsync.model.resources import (
    AccessList,
    AccessListMember,
    Audit,
    CreatedBy,
    Lock,
    User,
    UserReference,
    member,
    membership_of,
)
from idsync.model.revisions import AnyResource, address_of, revision_of, with_revision, without_revision
from idsync.model.times import format_time, is_past
from idsync.plan.apply_times import first_review
from idsync.plan.sections import OKTA
from idsync.stores.protocol import Records
from idsync.targets.protocol import DirectoryEditor

replace = msgspec.structs.replace
_NOBODY: frozenset[str] = frozenset()
_NO_MEMBERS: Members = {}
NO_CIRCUMSTANCES: Mapping[str, str] = {}


class Done(msgspec.Struct, frozen=True):
    """What a hand did; `resource` is as it is kept now, with its revision; `note` says what an apply makes of it."""

    address: Address
    action: Literal["create", "update", "delete", "none"]
    resource: AnyResource | None
    note: str = ""


class Editor:
    """One person's hand, at one time."""

    def __init__(
        self,
        directory: DirectoryEditor,
        records: Records,
        *,
        actor: str,
        now: datetime,
        circumstances: Mapping[str, str] = NO_CIRCUMSTANCES,
    ) -> None:
        self.directory = self._directory = directory
        self.now = now
        self._nesting = Nesting(directory)
        self._records = records
        self._actor = actor
        self._circumstances = dict(circumstances)

    def find(self, address: Address | str) -> AnyResource | None:
        """The object at an address, with its revision; None when there is none."""
        found = self._find(Address(address))
        return None if found is None else with_revision(found)

    def create(self, resource: AnyResource, *, force: bool = False) -> Done:
        """Create an object or, with `force`, replace it whole; raises ResourceError.

        A resource that names a revision is only ever put in the place of that revision.
        """
        with self._records.transaction():
            before = self._find(address_of(resource))
            if before is not None and not force:
                raise ResourceError(
                    f"{address_of(resource)} exists already.",
                    why="Creating never overwrites.",
                    fix="Use `idsync edit`, or `idsync create -f` to replace it whole.",
                )
            if resource.metadata.revision is not None:
                _check_revision(resource, before)
            return self._put(self._completed(resource, before), before)

    def replace(self, resource: AnyResource) -> Done:
        """Put an edited object in the place of the revision that it names; raises ResourceError."""
        with self._records.transaction():
            before = self._existing(address_of(resource))
            if resource.metadata.revision is None:
                raise ResourceError(
                    f"{address_of(resource)} names no revision.",
                    why="Without metadata.revision, a change that somebody else made meanwhile could be lost.",
                    fix="Start from what `idsync get` prints.",
                )
            _check_revision(resource, before)
            return self._put(without_revision(resource), before)

    def remove(self, address: Address | str, *, reason: str = "") -> Done:
        """Remove an object, and keep the reason; raises ResourceError."""
        with self._records.transaction():
            before = self._existing(Address(address))
            members: Members = {}
            match before:
                case User():
                    self._directory.delete_user(before.metadata.name)
                case Lock():
                    self._directory.delete_lock(before.metadata.name)
                case AccessList():
                    name = before.metadata.name
                    self._nesting.check_unused(name)
                    members = self._directory.state(Names(_NOBODY, frozenset({name}))).members[name]
                    self._directory.delete_access_list(name)
                case AccessListMember():
                    self._directory.remove_members(before.spec.access_list, [before.spec.name])
                case Role() | App() | UserGroup():
                    self._directory.delete_plain(address_of(before))
                case _:
                    assert_never(before)
            return self._recorded(before, None, members, reason)

    def _put(self, resource: AnyResource, before: AnyResource | None) -> Done:
        check_resource(resource)
        if resource == before:
            return Done(address_of(resource), "none", with_revision(resource))
        match resource:
            case User():
                self._directory.put_user(resource)
            case Lock():
                self._directory.put_lock(resource)
            case AccessList():
                self._nesting.check_owners(resource)
                self._directory.put_access_list(resource)
            case AccessListMember():
                self._nesting.check_membership(resource)
                self._directory.add_members(resource.spec.access_list, {resource.spec.name: membership_of(resource)})
            case Role() | App() | UserGroup():
                self._directory.put_plain(resource)
            case _:
                assert_never(resource)
        return self._recorded(before, resource)

    def _recorded(
        self,
        before: AnyResource | None,
        after: AnyResource | None,
        members_removed: Members = _NO_MEMBERS,
        reason: str = "",
    ) -> Done:
        """Journal a change, and remember it when it touches what is ours.

        The members of a list of ours go with it: should somebody make the list again, they are missing by hand.
        """
        subject = after or before
        if subject is None:
            raise ValueError("a change has an object")
        address = address_of(subject)
        action: Literal["create", "update", "delete"] = (
            "create" if before is None else "delete" if after is None else "update"
        )
        old, new = (None if each is None else body_of(each) for each in (before, after))
        entry = MadeByHand(
            format_time(self.now),
            self._actor,
            action,
            address,
            None if old is None else old.fingerprint,
            None if new is None else new.fingerprint,
            dict(members_removed),
            reason=reason,
            circumstances=self._circumstances,
        )
        sequence = self._records.journal.append(entry, [body for body in (old, new) if body is not None])
        agreed = self._records.agreed(LOCAL)
        note_past(before, after, directory=self._directory, agreed=agreed, now=self.now)
        fields = differing(before, after) if self._is_ours(before) or self._is_ours(after) else []
        if fields:
            name = split_address(address)[1]
            gone = [member(name, person, details) for person, details in members_removed.items()]
            changed = {address: (before, after), **{address_of(each): (each, None) for each in gone}}
            note_differences(self._records, changed, sequence)
        note = self._note_of_both(subject, action, fields) or _note(subject, action, fields, self.now)
        return Done(address, action, None if after is None else with_revision(after), note)

    def _is_ours(self, resource: AnyResource | None) -> bool:
        match resource:
            case None:
                return False
            case AccessListMember():
                return self._is_ours(self._find(access_list_address(resource.spec.access_list)))
            case User() | Lock() | AccessList() | Role() | App() | UserGroup():
                return bool(org_of(resource.metadata.labels))
            case _:
                assert_never(resource)

    def _find(self, address: Address) -> AnyResource | None:
        kind, name = split_address(address)
        match kind if is_text(name) else "":
            case "user":
                return self._directory.state(Names(frozenset({name}), _NOBODY)).users.get(name)
            case "lock":
                return self._directory.locks(_NOBODY, (name,)).get(name)
            case "access_list":
                return self._directory.state(Names(_NOBODY, frozenset({name}))).access_lists.get(name)
            case "access_list_member":
                access_list, _, person = name.partition("/")
                details = self._directory.memberships([person]).get(access_list, {}).get(person)
                return None if details is None else member(access_list, person, details)
            case "role" | "app" | "user_group":
                return self._directory.plain((address,)).get(address)
            case _:
                raise ResourceError(
                    f"{address!r:.200} is not an address.",
                    why="An address is user/NAME, lock/NAME, access_list/NAME, access_list_member/LIST/NAME, role/NAME,"
                    " app/NAME or user_group/NAME.",
                    fix="`idsync get` prints what there is.",
                )

    def _existing(self, address: Address) -> AnyResource:
        found = self._find(address)
        if found is None:
            raise ResourceError(
                f"{address:.200} does not exist.",
                why="The directory holds nothing at this address.",
                fix="`idsync get` prints what there is.",
            )
        return found

    def _completed(self, resource: AnyResource, before: AnyResource | None) -> AnyResource:
        """The resource without revision, with what a directory adds by itself: who made it, and when."""
        now = format_time(self.now)
        match without_revision(resource):
            case User(spec=spec) as user:
                made = CreatedBy(now, UserReference(self._actor))
                made_by = spec.created_by or (before.spec.created_by if isinstance(before, User) else made)
                return replace(user, spec=replace(spec, created_by=made_by))
            case Lock(spec=spec) as lock:
                created = {"created_at": spec.created_at or now, "created_by": spec.created_by or self._actor}
                return replace(lock, spec=replace(spec, **created))
            case AccessList(spec=spec) as access_list:
                if spec.type or (spec.audit and spec.audit.next_audit_date):
                    return access_list  # only a list of the default type is reviewed
                audit = replace(spec.audit or Audit(), next_audit_date=format_time(first_review(self.now)))
                return replace(access_list, spec=replace(spec, audit=audit))
            case AccessListMember(spec=member_spec) as membership:
                own = {"joined": member_spec.joined or now, "ineligible_status": ""}
                return replace(membership, spec=replace(member_spec, **own))
            case (Role() | App() | UserGroup()) as plain:
                return plain
            case other:
                assert_never(other)

    def _note_of_both(
        self, subject: AnyResource, action: Literal["create", "update", "delete"], fields: list[str]
    ) -> str:
        """What becomes of a membership that goes both ways; nothing of what does not."""
        if not isinstance(subject, AccessListMember) or action == "update" or not fields:
            return ""
        if not self._records.agreed_lists(OKTA).members([subject.spec.access_list], ()):
            return ""
        return "Its list goes both ways: the next apply tells Okta, or puts it back where Okta's side is never written."


def _check_revision(resource: AnyResource, before: AnyResource | None) -> None:
    if before is None:
        raise ResourceError(
            f"{address_of(resource)!r} does not exist any more.",
            why="What names a revision is only put in the place of that revision.",
            fix="To create it, leave metadata.revision out.",
        )
    current = revision_of(before)
    if resource.metadata.revision != current:
        raise ResourceError(
            f"{address_of(resource)} has changed meanwhile.",
            why=f"It is at revision {current}; what was given names revision {resource.metadata.revision}.",
            fix="Start again from what `idsync get` prints now.",
        )


def _note(subject: AnyResource, action: Literal["create", "update", "delete"], fields: list[str], now: datetime) -> str:
    if not fields:
        return ""
    if action == "delete" and isinstance(subject, Lock):
        return "It was ours: it is not made again for the same departure or suspension."
    if action == "delete" and isinstance(subject, AccessListMember) and is_past(subject.spec.expires, now):
        return "It had ended, and stays ended: no apply makes it again."
    if action == "delete":
        return "It is ours: the next apply brings it back if Okta still asks for it."
    if action == "create":
        return "It is ours by its labels: the next apply removes it unless Okta asks for it."
    return f"It is ours: the next apply puts back {', '.join(fields)}."
