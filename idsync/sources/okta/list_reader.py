"""Groups and apps in one reading: which are listed, whose members are read, and what cannot be read of them.

Tasks run in several threads. Each writes keys of its own into the dictionaries here, and nothing else is shared.
"""

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from sys import intern
from typing import Literal

import msgspec

from idsync.errors import AuthorizationError, IdsyncError, SourceError
from idsync.model.identity import (
    BUILT_IN,
    IdentityApp,
    IdentityGroup,
    IdentityKind,
    LeftAsIs,
    is_everyone,
)
from idsync.model.measures import ListKind
from idsync.model.odd_rows import name_fault
from idsync.model.rows import Row
from idsync.okta.client import OktaClient
from idsync.okta.endpoints import Endpoints
from idsync.okta.odd_rows import UnreadableObject
from idsync.okta.refusals import NotThere
from idsync.okta.wire import (
    App,
    AppGroup,
    Assignment,
    Group,
    GroupProfile,
    Member,
    is_direct,
)
from idsync.sources.okta.ask_again import Read
from idsync.sources.okta.decode import identity_app, identity_group
from idsync.sources.okta.selection import Selection
from idsync.sources.okta.workers import Workers


class ListReader:
    """The part of a reading that is about groups and apps, and what it has found so far."""

    def __init__(self, client: OktaClient, endpoints: Endpoints, selection: Selection, workers: Workers) -> None:
        self._client = client
        self._endpoints = endpoints
        self._selection = selection
        self._workers = workers
        self.app: App | None = None
        self.groups: dict[str, IdentityGroup] = {}
        self.apps: dict[str, IdentityApp] = {}
        self.statuses: dict[str, str] = {}
        self.others: dict[str, ListKind] = {}
        """Groups and apps that exist and are not asked for; built-in groups and the SSO app have no kind."""
        self.left_as_is: dict[tuple[IdentityKind, str, str], LeftAsIs] = {}
        """Rows that cannot be read, by kind, id and, where that is empty, by what is wrong."""
        self.stamps: dict[str, str] = {}
        """When somebody last joined or left each group."""
        self.unread: dict[str, IdsyncError] = {}
        """Why what was asked about by itself could not be read, by id."""
        self.absent: list[str] = []
        """What of a part was asked for, and does not exist by its id."""
        self._apps_asked: list[str] = []
        self._wanted = {"groups": 0, "apps": 0}
        self._everyone: set[str] = set()
        self._vanished: dict[str, set[str]] = {"groups": set(), "apps": set()}

    def leave(self, row: LeftAsIs) -> None:
        """Leave a person, group or app as it is."""
        self.left_as_is[row.kind, row.id, "" if row.id else f"{row.why} {row.name}"] = row

    def _alone(self, identifier: str, read: Callable[[], None]) -> None:
        """Ask about one of several people, groups and apps: where Okta fails to tell of it, the others are read."""
        try:
            read()
        except (SourceError, AuthorizationError) as error:
            self.unread[identifier] = error

    def _list_groups(self) -> None:
        for listed in self._client.rows(self._endpoints.groups(), Group, self._odd_group):
            page = [group for group in listed if self._has_name("group", group.id, group.profile.name)]
            wanted = self._selection.groups(page)
            self._wanted["groups"] += len(wanted)
            for group in wanted:
                self._workers.submit("groups", partial(self._read_members, group))
            self._note_others(page, wanted)

    def _odd_group(self, row: Row, error: Exception) -> None:
        name = row.text("profile", "name")
        group = Group(row.id, GroupProfile(name), row.text("type") or "OKTA_GROUP")
        if name_fault(name) or self._selection.groups([group]):
            self.leave(row.left_as_is("group", error, name))

    def _has_name(self, kind: Literal["group", "app"], identifier: str, name: str) -> bool:
        """Whether a name can be used; what has none is left as it is, since no filter can tell whether it is wanted."""
        fault = name_fault(name)
        if fault:
            self.leave(LeftAsIs(kind, identifier, fault))
        return not fault

    def _note_others(self, listed: Sequence[Group], wanted: Sequence[Group]) -> None:
        asked = {group.id for group in wanted}
        self.others.update((item.id, _kind_of(item)) for item in listed if item.id not in asked)

    def _read_list(self, identifier: str) -> None:
        """One group by its id; what is not a group may be an app."""
        try:
            group = self._client.object(self._endpoints.group(identifier), Group)
        except NotThere:
            self._apps_asked.append(identifier)
            return
        except UnreadableObject as error:
            self.leave(error.left_as_is("group", identifier))
            return
        if not self._has_name("group", identifier, group.profile.name):
            return
        wanted = self._selection.groups([group])
        for each in wanted:
            self._read_members(each)
        self._note_others([group], wanted)

    def _read_members(self, group: Group) -> None:
        if is_everyone(group.type, group.profile.name):
            self._everyone.add(group.id)
            self.groups[group.id] = identity_group(group, ())  # everybody is in it: that need not be read
            return
        self.stamps[group.id] = group.changed or ""
        members: list[str] = []
        odd = partial(self._odd_member, "group", group.id, group.profile.name)
        try:
            for page in self._client.rows(self._endpoints.members(group.id), Member, odd):
                for member in page:
                    members.append(intern(member.id))
                    if member.status is not None:
                        self.statuses.setdefault(members[-1], intern(member.status))
        except NotThere:
            self._vanished["groups"].add(group.id)
            return
        if ("group", group.id, "") not in self.left_as_is:
            self.groups[group.id] = identity_group(group, members)

    def _odd_member(
        self, kind: Literal["group", "app"], identifier: str, name: str, row: Row, error: Exception
    ) -> None:
        self.leave(LeftAsIs(kind, identifier, f"has somebody in it who {row.left_as_is(kind, error).why}", name=name))

    def _odd_app(self, row: Row, error: Exception) -> None:
        label = row.text("label")
        if name_fault(label) or self._selection.names_app(label):
            self.leave(row.left_as_is("app", error, label))

    def _note_other_apps(self, listed: Sequence[App], wanted: Sequence[App], sso_app: App) -> None:
        asked = {app.id for app in wanted}
        others = (app.id for app in listed if app.id not in asked)
        self.others.update((identifier, "" if identifier == sso_app.id else "app") for identifier in others)

    def _read_app_asked(self, identifier: str) -> None:
        assert self.app is not None  # noqa: S101 - the people of a part are asked about first
        try:
            app = self._client.object(self._endpoints.app(identifier), App)
        except NotThere:
            self.absent.append(identifier)
            return
        except UnreadableObject as error:
            self.leave(error.left_as_is("app", identifier))
            return
        if not self._has_name("app", identifier, app.label):
            return
        wanted = self._selection.apps([app], self.app.id)
        for each in wanted:
            self._read_app(each)
        self._note_other_apps([app], wanted, self.app)

    def _read_app(self, app: App) -> None:
        odd = partial(self._odd_member, "app", app.id, app.label)
        users: list[str] = []
        groups: list[str] = []
        try:
            for page in self._client.rows(self._endpoints.app_users(app.id), Assignment, odd):
                users += [row.id for row in page if is_direct(row)]
            for some in self._client.rows(self._endpoints.app_groups(app.id), AppGroup, odd):
                groups += [row.id for row in some]
        except NotThere:
            self._vanished["apps"].add(app.id)
            return
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            self.leave(LeftAsIs("app", app.id, "has an assignment that says neither scope nor group", name=app.label))
        if ("app", app.id, "") not in self.left_as_is:
            self.apps[app.id] = identity_app(app, users, groups)

    def found(self) -> Read:
        """What was read of groups and apps."""
        counts = {name: 0 if raw == b"[]" else 1 for name, raw in self._raw_members()}
        left = (row.id for row in self.left_as_is.values() if row.kind != "user")
        return Read(counts, self.stamps, frozenset([*self.others, *left, *self._everyone]))

    def _raw_members(self) -> Iterator[tuple[str, bytes]]:
        yield from ((group.id, bytes(group.members)) for group in self.groups.values())
        yield from ((app.id, bytes(app.users)) for app in self.apps.values())


def _kind_of(group: Group) -> ListKind:
    return "" if group.type == BUILT_IN else "group"
