"""The library's storage on ours: SCIM resources are made of what was pushed, and pushes go to the use case."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from datetime import datetime
from shlex import quote
from typing import Any, cast

import msgspec
from scim2_models import (
    InvalidValueException,
    NotFoundException,
    PatchOp,
    PreconditionFailedException,
    Resource,
    ResourceType,
    ResponseParameters,
    ScimFilter,
    ScimProvider,
    SearchRequest,
    TooManyException,
)
from scim2_server.storage import ScimStorage, SearchPage

from idsync.errors import BlockedError
from idsync.model.pushed import PushedGroup, PushedResource, PushedUser
from idsync.reconcile.pushed.leavers import Unlocked
from idsync.reconcile.pushed.pushes import Pushes
from idsync.scim.said import WHOLE, Said
from idsync.server.scim.kept_attributes import attributes_of, check_texts, details_of, told_of
from idsync.server.scim.member_patch import MemberChanges
from idsync.server.scim.patch_work import PatchWork
from idsync.server.scim.searching import equality, in_order
from idsync.stores.protocol import Pushed

USER, GROUP = "User", "Group"
MEMBERS_TOLD = 1000
"""A PATCH of a group answers with its members where there are no more."""
SEARCH_SECONDS = 30.0
"""So long a search may look at everybody: nobody else is answered meanwhile."""
_AT_ONCE = 1000
_LAST = 1 << 53


class PushStorage(ScimStorage):
    """Users and groups as SCIM knows them.

    `attempt` is a span of writes that can fail alone, None where the whole request is one; `stopwatch` counts seconds.
    """

    def __init__(
        self,
        provider: ScimProvider,
        pushed: Pushed,
        pushes: Pushes,
        attempt: Callable[[], AbstractContextManager[None]] | None,
        clock: Callable[[], datetime],
        stopwatch: Callable[[], float],
    ) -> None:
        self._stopwatch = stopwatch
        self._provider = provider
        self._pushed = pushed
        self._pushes = pushes
        self._attempt = attempt
        self._clock = clock
        self._written = ""
        self._said = WHOLE
        self.has_failed = False
        """Whether the last operation ended early: then nothing that it wrote may stay."""
        self._types = {str(each.name): each for each in provider.resource_types}

    @contextmanager
    def operation(self) -> Iterator[None]:
        """One operation of a request; in a bulk request each can fail alone.

        Raises BlockedError, once what was pushed is taken, where a person left whose lock is held back.
        """
        self._written = ""
        with nullcontext() if self._attempt is None else self._attempt():
            self.has_failed = True
            yield
            self.has_failed = False
        self._refuse_held_lock()

    def _refuse_held_lock(self) -> None:
        user = self._pushed.user(self._written) if self._written else None
        if user is None:
            return
        if self._pushes.users.note_lock_owed(user):
            return
        if unlocked := self._pushes.users.unlocked(user, self._clock()):
            raise not_locked(unlocked)

    def wrote(self, scim_id: str, said: Said = WHOLE) -> None:
        """This operation is about that user, whether it changes anything or not, and says so much of them."""
        self._written, self._said = scim_id, said

    def count_work(self, work: PatchWork, resource_type: ResourceType, resource_id: str, patch: "PatchOp[Any]") -> None:
        """Take the work of a PATCH from what a request may be. Raises NotFoundException, PayloadTooLargeException."""
        before = self._found(resource_type, resource_id)
        members = self._pushed.count_members(before.id) if isinstance(before, PushedGroup) else 0
        work.take(patch.operations or (), before, members)

    def get(
        self,
        resource_type: ResourceType,
        resource_id: str,
        *,
        response_parameters: ResponseParameters[Any] | None = None,
    ) -> Resource[Any]:
        """A resource by its SCIM id. Raises NotFoundException."""
        del response_parameters
        return self._resource(self._found(resource_type, resource_id))

    def search(
        self, resource_types: list[ResourceType], search_request: SearchRequest[Any], *, position: Any = None
    ) -> SearchPage:
        """A page of the resources that match, the oldest first, or as they are to be sorted."""
        del position
        start, count = min(search_request.start_index_0 or 0, _LAST), search_request.count
        if search_request.filter is None and search_request.sort_by is None and len(resource_types) == 1:
            return self._page(resource_types[0], start, _AT_ONCE if count is None else count)
        found = [
            resource
            for resource in self._candidates(resource_types, search_request.filter)
            if search_request.filter is None or search_request.filter.match(resource)
        ]
        if search_request.sort_by is not None:
            found = in_order(found, search_request)
        return SearchPage(len(found), found[start : None if count is None else start + count])

    def create(self, resource_type: ResourceType, resource: Resource[Any]) -> Resource[Any]:
        """Take a new resource. Raises NameTaken for a user name that somebody has."""
        attributes = attributes_of(resource)
        if resource_type.name == USER:
            check_texts(attributes, "userName")
            made = self._pushes.users.create(attributes, self._clock())
            if not made.active:
                self.wrote(made.id)
            return self._resource(made)
        check_texts(attributes, "displayName")
        return self._resource(self._pushes.groups.create(attributes, self._members(resource), self._clock()))

    def update(
        self, resource_type: ResourceType, resource: Resource[Any], *, expected_version: str | None = None
    ) -> Resource[Any]:
        """Take the new state of a resource. Raises NotFoundException or PreconditionFailedException."""
        before = self._found(resource_type, str(resource.id))
        _check_version(before, expected_version)
        attributes = attributes_of(resource)
        match before:
            case PushedUser():
                check_texts(attributes, "userName")
                return self._resource(self._pushes.users.replace(before, attributes, self._said, self._clock()))
            case PushedGroup():
                check_texts(attributes, "displayName")
                members = self._members(resource)
                return self._resource(
                    self._pushes.groups.replace(before, attributes, members, self._said, self._clock())
                )

    def delete(self, resource_type: ResourceType, resource_id: str, *, expected_version: str | None = None) -> None:
        """Remove a resource; a person is locked first. Raises NotFoundException or PreconditionFailedException."""
        before = self._found(resource_type, resource_id)
        _check_version(before, expected_version)
        match before:
            case PushedUser():
                self._pushes.users.delete(before, self._clock())
                self.wrote(before.id)
            case PushedGroup():
                self._pushes.groups.delete(before, self._clock())

    def version_of_group(self, scim_id: str) -> str:
        """The version of a group. Raises NotFoundException."""
        return _version(self._group(scim_id))

    def change_members(self, scim_id: str, changes: MemberChanges) -> Resource[Any]:
        """Let members join and leave a group; the answer has its members unless they are very many."""
        group = self._group(scim_id)
        if changes.title is not None:
            check_texts({"displayName": changes.title}, "displayName")
        joined = {member: details_of(content) for member, content in changes.joined.items()}
        self._refuse_unknown(joined)
        changed = self._pushes.groups.move_members(group, joined, changes.left, changes.title, self._clock())
        return self._resource(changed, with_members=self._pushed.count_members(scim_id) <= MEMBERS_TOLD)

    def _members(self, group: Resource[Any]) -> dict[str, bytes | None]:
        """What was pushed of each member, by SCIM id. Raises InvalidValueException for one that nobody has."""
        content = group.model_dump().get("members") or ()
        members = {str(each["value"]): details_of(each) for each in content if each.get("value")}
        self._refuse_unknown(members)
        return members

    def _refuse_unknown(self, members: Mapping[str, object]) -> None:
        unknown = sorted(members.keys() - self._pushed.okta_ids(members).keys())
        if unknown:
            more = "" if len(unknown) == 1 else f" and {len(unknown) - 1} more"
            raise InvalidValueException(
                detail=f"Unknown here: User {unknown[0]}{more}; push people before their groups."
            )

    def _found(self, resource_type: ResourceType, scim_id: str) -> PushedResource:
        return self._user(scim_id) if resource_type.name == USER else self._group(scim_id)

    def _user(self, scim_id: str) -> PushedUser:
        user = self._pushed.user(scim_id)
        if user is None:
            raise NotFoundException(detail=f"The User {scim_id} does not exist.")
        return user

    def _group(self, scim_id: str) -> PushedGroup:
        group = self._pushed.group(scim_id)
        if group is None:
            raise NotFoundException(detail=f"The Group {scim_id} does not exist.")
        return group

    def _page(self, resource_type: ResourceType, start: int, count: int) -> SearchPage:
        if resource_type.name == USER:
            return SearchPage(
                self._pushed.count_users(), [self._resource(each) for each in self._pushed.users(start, count)]
            )
        return SearchPage(
            self._pushed.count_groups(), [self._resource(each) for each in self._pushed.groups(start, count)]
        )

    def _candidates(self, types: list[ResourceType], wanted: ScimFilter[Any] | None) -> Iterator[Resource[Any]]:
        """What could match a filter: what an index finds, or everything."""
        names = {each.name for each in types}
        indexed = self._indexed(names, wanted)
        if indexed is not None:
            yield from map(self._resource, indexed)
            return
        if USER in names:
            yield from self._all(self._pushed.users)
        if names - {USER}:
            yield from self._all(self._pushed.groups)

    def _indexed(self, names: set[str | None], wanted: ScimFilter[Any] | None) -> Sequence[PushedResource] | None:
        """What an index finds of what could match; None where none helps."""
        asked = equality(wanted)
        if asked is None or len(names) != 1:
            return None
        attribute, text = asked
        if names != {USER}:
            return self._pushed.groups_titled(text) if attribute == "displayname" else None
        if attribute == "username":
            user = self._pushed.user_named(text)
            return [] if user is None else [user]
        return self._pushed.users_with_external_id(text) if attribute == "externalid" else None

    def _all(self, read: Callable[[int, int], list[Any]]) -> Iterator[Resource[Any]]:
        start, begun = 0, self._stopwatch()
        while found := read(start, _AT_ONCE):
            for each in found:
                if self._stopwatch() - begun > SEARCH_SECONDS:
                    raise TooManyException(detail="The search takes too long. Ask for a userName, displayName or id.")
                yield self._resource(each)
            start += len(found)

    def _resource(self, pushed: PushedResource, *, with_members: bool = True) -> Resource[Any]:
        """What was pushed, with what the service answers for."""
        content = msgspec.json.decode(pushed.body)
        content["id"] = pushed.id
        match pushed:
            case PushedUser():
                name = USER
                if "active" in content:  # who removed the word is not told it, and stays what they were
                    content["active"] = pushed.active
                groups = self._pushed.groups_of(pushed.id) if pushed.active else ()
                content["groups"] = [
                    {"value": scim_id, "display": title, "$ref": f"Groups/{scim_id}"} for scim_id, title, _ in groups
                ]
            case PushedGroup():
                name = GROUP
                members = self._pushed.members(pushed.id) if with_members else ()
                content["members"] = [
                    told_of(details) | {"value": scim_id, "$ref": f"Users/{scim_id}"} for scim_id, details in members
                ]
        content["meta"] = meta_of(name, pushed)
        with self._provider:
            model = cast("type[Resource[Any]]", self._provider.model_for(self._types[name]))
            return model.model_validate(content)


def meta_of(name: str, pushed: PushedResource) -> dict[str, str]:
    """What we say of a resource of this type."""
    return {
        "resourceType": name,
        "created": pushed.created,
        "lastModified": pushed.modified,
        "version": _version(pushed),
    }


def not_locked(unlocked: Unlocked) -> BlockedError:
    """That somebody left and is not locked: guards hold the lock, or the process that leads has not made it yet, or it
    cannot be made.
    """
    name, guards = unlocked.name, unlocked.guards
    what = f"{name} is noted as having left, but is not locked yet"
    if guards:
        return BlockedError(
            f"{what}: {' and '.join(guards)} {'holds' if len(guards) == 1 else 'hold'} the lock.",
            guards=guards,
            why="So many locks at once, a lock on a protected person, or one that comes with a renaming, wait for "
            "a person's word.",
            fix="Review `idsync plan -c CONFIG`, then release it: idsync apply -c CONFIG "
            f"{' '.join(f'--allow {guard}=REASON' for guard in guards)}. The next try of Okta is then answered.",
        )
    if unlocked.owed:
        return BlockedError(
            f"{what}.",
            why="This replica does not go by the applied configuration, and the one that leads did not lock them yet.",
            fix="See on the status page that a replica leads, and that its passes go well. "
            "The next try of Okta is then answered.",
        )
    return BlockedError(
        f"{what}.",
        why="Something else than a guard keeps idsync from it: a finding, a policy, or a step that failed.",
        fix="`idsync plan -c CONFIG` says what. Until that is settled, lock them by hand: idsync lock -c CONFIG "
        f"{quote(name)} --message TEXT. The next try of Okta is then answered.",
    )


def _version(pushed: PushedResource) -> str:
    return f'W/"{pushed.version}"'


def _check_version(pushed: PushedResource, expected: str | None) -> None:
    if expected is not None and expected != _version(pushed):
        raise PreconditionFailedException
