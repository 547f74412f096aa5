"""One reading of an organization: which listings are read, in which order, and what becomes of their rows.

Tasks run in several threads. Each writes keys of its own into the dictionaries here, and nothing else is shared.
"""

from collections.abc import Collection, Iterator, Sequence
from functools import partial
from sys import intern
from typing import Literal

import msgspec

from idsync.config.settings import AppById, AppByLabel, AppReference
from idsync.errors import AuthorizationError, SourceError
from idsync.model.identity import (
    BUILT_IN,
    DELETED,
    OUT_STATUSES,
    IdentityApp,
    IdentityGroup,
    IdentityKind,
    IdentityUser,
    LeftAsIs,
    is_everyone,
)
from idsync.model.measures import ListKind, Measures
from idsync.model.odd_rows import name_fault
from idsync.sources.okta.ask_again import Read
from idsync.sources.okta.client import OktaClient
from idsync.sources.okta.decode import OddPerson, identity_app, identity_group, identity_user
from idsync.sources.okta.endpoints import IDS_A_CALL, Endpoints, askable
from idsync.sources.okta.odd_rows import UnreadableObject
from idsync.sources.okta.refusals import ROLE_HINT, NotThere
from idsync.sources.okta.selection import Selection
from idsync.sources.okta.sso_app import SsoApp
from idsync.sources.okta.wire import (
    App,
    AppGroup,
    AppUser,
    Assignment,
    EmbeddedUser,
    Group,
    GroupProfile,
    Member,
    User,
    is_direct,
)
from idsync.sources.okta.workers import Workers
from idsync.sources.protocol import Progress
from idsync.sources.rows import Row

WORKERS = {"apps": 3, "groups": 4, "users": 1}
"""Threads by bucket; together they are the requests that may be under way."""

MOST_LOOKUPS = 2000
"""The most people without the app whose status is looked up. Of more, the guards stop the plan anyway."""

MOST_CONFIRMATIONS = 50
"""The most known people who are looked up one by one. More leavers at once are for the guards to doubt."""

_OUT = OUT_STATUSES | {DELETED}


class OrganizationReader:
    """The work of one reading, and what it has found so far."""

    def __init__(
        self,
        client: OktaClient,
        endpoints: Endpoints,
        app: AppReference,
        selection: Selection,
        workers: Workers,
        before: Measures,
    ) -> None:
        self._client = client
        self._endpoints = endpoints
        self._reference = app
        self._sso_app = SsoApp(client, endpoints, app, before.app_id)
        self._selection = selection
        self._workers = workers
        self._pool_missing: NotThere | None = None
        self.app: App | None = None
        self.users: dict[str, IdentityUser] = {}
        self.groups: dict[str, IdentityGroup] = {}
        self.apps: dict[str, IdentityApp] = {}
        self.statuses: dict[str, str] = {}
        self.others: dict[str, ListKind] = {}
        """Groups and apps that exist and are not asked for; built-in groups and the SSO app have no kind."""
        self.left_as_is: dict[tuple[IdentityKind, str, str], LeftAsIs] = {}
        """Rows that cannot be read, by kind, id and, where that is empty, by what is wrong."""
        self.stamps: dict[str, str] = {}
        """When somebody last joined or left each group."""
        self.absent: list[str] = []
        """What of a part was asked for, and does not exist by its id."""
        self._apps_asked: list[str] = []
        self._wanted = {"groups": 0, "apps": 0}
        self._everyone: set[str] = set()
        self._vanished: dict[str, set[str]] = {"groups": set(), "apps": set()}

    def begin(self) -> None:
        """Submit everything that is known to be needed."""
        match self._reference:
            case AppById(id=identifier):
                self._workers.submit("apps", self._list_apps if self._selection.lists else self._check_app)
                self._workers.submit("apps", partial(self._read_pool, identifier))
            case AppByLabel():
                self._workers.submit("apps", self._list_apps)
        if self._selection.needs_groups:
            self._workers.submit("groups", self._list_groups)

    def begin_part(self, users: Collection[str], lists: Collection[str]) -> None:
        """Set off questions about these people, and about these groups and apps, each by itself.

        Of people who lack the app `look_up` then says what became of them; apps are read by `read_apps_asked`.
        """
        self._workers.submit("apps", partial(self._confirm_all, askable(users)))
        for identifier in askable(lists):
            self._workers.submit("groups", partial(self._read_list, identifier))

    def read_apps_asked(self) -> None:
        """Set off the reading of what was asked for and is not a group; call when the rest is done."""
        for identifier in self._apps_asked:
            self._workers.submit("apps", partial(self._read_app_asked, identifier))

    def look_up(self, known: Collection[str]) -> None:
        """Look up known people of whom nothing was seen; call when the rest is done."""
        if self._pool_missing is not None:
            raise self._pool_missing
        odd = {row.id for row in self.left_as_is.values() if row.kind == "user"}
        unseen = askable(user for user in known if user not in self.users and user not in self.statuses.keys() | odd)
        for some in _batches(unseen[:MOST_LOOKUPS]):
            self._workers.submit("users", partial(self._look_up, some))

    def confirm(self, known: Collection[str]) -> None:
        """Look once more in the app for known people who are active but not in the pool; call after `look_up`.

        A listing that changes while it is read may skip a person, who must not look like a leaver.
        """
        absent = (user for user in known if user not in self.users)
        doubtful = [user for user in askable(absent) if self.statuses.get(user, DELETED) not in _OUT]
        if self.app is not None:
            for user in doubtful[:MOST_CONFIRMATIONS]:
                self._workers.submit("apps", partial(self._confirm, self.app.id, user))

    def show(self, progress: Progress) -> None:
        """Report progress; a group or app that was deleted meanwhile counts as read."""
        progress("users", len(self.users), 0)
        read = {"groups": len(self.groups), "apps": len(self.apps)}
        for what, wanted in self._wanted.items():
            if wanted:
                progress(what, read[what] + len(self._vanished[what]), wanted)

    def found(self) -> Read:
        """What was read of groups and apps."""
        counts = {name: 0 if raw == b"[]" else 1 for name, raw in self._raw_members()}
        left = (row.id for row in self.left_as_is.values() if row.kind != "user")
        return Read(counts, self.stamps, frozenset([*self.others, *left, *self._everyone]))

    def _raw_members(self) -> Iterator[tuple[str, bytes]]:
        yield from ((group.id, bytes(group.members)) for group in self.groups.values())
        yield from ((app.id, bytes(app.users)) for app in self.apps.values())

    def unassigned(self) -> dict[str, str]:
        """Status, by id, of people who were seen and lack the app."""
        return {user: status for user, status in sorted(self.statuses.items()) if user not in self.users}

    # -- the SSO app and its users

    def _check_app(self) -> None:
        self.app = self._sso_app.alone()

    def _read_pool(self, app: str) -> None:
        bare: dict[str, AppUser] = {}
        try:
            for page in self._client.rows(self._endpoints.pool(app), AppUser, self._odd_user):
                bare |= {row.id: row for row in page if not self._added(row, row.user)}
        except NotThere as error:
            self._pool_missing = error  # the check of the app itself may give the better error
            return
        if bare:
            self._workers.submit("users", partial(self._describe, app, bare))

    def _added(self, row: AppUser, user: EmbeddedUser | None) -> bool:
        """Add a person to the pool; False when the row does not say who that is."""
        try:
            identity = None if user is None else identity_user(row, user)
        except OddPerson as error:
            self.leave(LeftAsIs("user", row.id, str(error)))
            return True
        if identity is None:
            return False
        self.users[identity.id] = identity
        return True

    def _odd_user(self, row: Row, error: Exception) -> None:
        login = row.text("credentials", "userName") or row.text("_embedded", "user", "profile", "login")
        self.leave(row.left_as_is("user", error, login))

    def leave(self, row: LeftAsIs) -> None:
        """Leave a person, group or app as it is."""
        self.left_as_is[row.kind, row.id, "" if row.id else f"{row.why} {row.name}"] = row

    def _describe(self, app: str, bare: dict[str, AppUser]) -> None:
        """Find the users whom the app's rows do not describe: many in the list of users, the rest by id."""

        def odd(row: Row, error: Exception) -> None:
            if bare.pop(row.id, None) is not None:
                self.leave(row.left_as_is("user", error, row.text("profile", "login")))

        if len(bare) > IDS_A_CALL:
            for page in self._client.rows(self._endpoints.users(), User, odd):
                self._match(bare, page)
                if not bare:
                    return
        for some in _batches(sorted(bare)):
            for page in self._client.rows(self._endpoints.users_by_id(some), User, odd):
                self._match(bare, page)
        if len(bare) > MOST_CONFIRMATIONS:
            raise _hidden(len(bare))
        for gone in sorted(bare):
            if self._assignment(app, gone) is not None:
                raise _hidden(len(bare))
            self.statuses[gone] = DELETED

    def _match(self, bare: dict[str, AppUser], users: list[User]) -> None:
        for user in users:
            row = bare.pop(user.id, None)
            if row is not None and not self._added(row, EmbeddedUser(user.status, user.profile)):
                raise SourceError(
                    f"Okta returns no profile of user {user.id}.",
                    why="Neither the app's users nor the users themselves hold one.",
                    fix="Check what the credential's admin role may see of users.",
                )

    def _look_up(self, users: tuple[str, ...]) -> None:
        found: dict[str, str] = {}
        for page in self._client.rows(self._endpoints.users_by_id(users), Member, self._odd_user):
            for user in page:
                found[user.id] = intern(user.status or "")
                if not user.status:
                    self.leave(LeftAsIs("user", user.id, "has no status that can be read"))
        self.statuses.update({user: found.get(user, DELETED) for user in users})

    def _confirm(self, app: str, user: str) -> None:
        row = self._assignment(app, user)
        if row is not None and not self._added(row, row.user):
            self._workers.submit("users", partial(self._describe, app, {row.id: row}))

    def _confirm_all(self, users: Collection[str]) -> None:
        self.app = self._sso_app.alone()
        for user in users:
            self._workers.submit("apps", partial(self._confirm, self.app.id, user))

    def _assignment(self, app: str, user: str) -> AppUser | None:
        try:
            return self._client.object(self._endpoints.assignment(app, user), AppUser)
        except NotThere:
            return None
        except UnreadableObject as error:
            self.leave(error.left_as_is("user", user))
            return None

    # -- groups

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

    # -- apps

    def _list_apps(self) -> None:
        rows = self._client.rows(self._endpoints.apps(), App, self._odd_app)
        listed = [app for page in rows for app in page if self._has_name("app", app.id, app.label)]
        self.app = self._sso_app.among(listed)
        if isinstance(self._reference, AppByLabel):
            self._workers.submit("apps", partial(self._read_pool, self.app.id))
        if self._selection.lists:
            wanted = self._selection.apps(listed, self.app.id)
            self._wanted["apps"] = len(wanted)
            for app in wanted:
                self._workers.submit("apps", partial(self._read_app, app))
            self._note_other_apps(listed, wanted, self.app)

    def _odd_app(self, row: Row, error: Exception) -> None:
        label = row.text("label")
        if name_fault(label) or (self._selection.lists and self._selection.filters.apps.selects(label)):
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
        wanted = self._selection.apps([app], self.app.id) if self._selection.lists else []
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


def _kind_of(group: Group) -> ListKind:
    return "" if group.type == BUILT_IN else "group"


def _hidden(people: int) -> AuthorizationError:
    return AuthorizationError(
        f"Okta does not show {people} of the app's users.",
        scope="okta.users.read",
        why="They are assigned to the app, but neither the app's rows nor the users themselves say who they are.",
        fix="Give the credential a role or resource set that covers all users; " + ROLE_HINT,
    )


def _batches(users: list[str]) -> list[tuple[str, ...]]:
    return [tuple(users[start : start + IDS_A_CALL]) for start in range(0, len(users), IDS_A_CALL)]
