"""One reading of an organization: which listings are read, in which order, and what becomes of their rows.

Tasks run in several threads. Each writes keys of its own into the dictionaries here, and nothing else is shared.
"""

from collections.abc import Collection
from functools import partial
from sys import intern

from idsync.config.settings import AppById, AppByLabel, AppReference
from idsync.errors import AuthorizationError, SourceError
from idsync.model.identity import (
    DELETED,
    OUT_STATUSES,
    IdentityUser,
    LeftAsIs,
)
from idsync.model.measures import Measures
from idsync.model.rows import Row
from idsync.okta.client import OktaClient
from idsync.okta.endpoints import IDS_A_CALL, Endpoints, askable
from idsync.okta.odd_rows import UnreadableObject
from idsync.okta.refusals import ROLE_HINT, NotThere
from idsync.okta.wire import (
    App,
    AppUser,
    EmbeddedUser,
    Member,
    User,
)
from idsync.sources.okta.decode import OddPerson, identity_user
from idsync.sources.okta.list_reader import ListReader
from idsync.sources.okta.selection import Selection
from idsync.sources.okta.sso_app import SsoApp
from idsync.sources.okta.workers import Workers
from idsync.sources.protocol import Progress

WORKERS = {"apps": 3, "groups": 4, "users": 1}
"""Threads by bucket; together they are the requests that may be under way."""

MOST_LOOKUPS = 2000
"""The most people without the app whose status is looked up. Of more, the guards stop the plan anyway."""

MOST_CONFIRMATIONS = 50
"""The most known people who are looked up one by one. More leavers at once are for the guards to doubt."""

_OUT = OUT_STATUSES | {DELETED}


class OrganizationReader(ListReader):
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
        super().__init__(client, endpoints, selection, workers)
        self._reference = app
        self._sso_app = SsoApp(client, endpoints, app, before.app_id)
        self._pool_missing: NotThere | None = None
        self.users: dict[str, IdentityUser] = {}

    def begin(self) -> None:
        """Submit everything that is known to be needed."""
        match self._reference:
            case AppById(id=identifier):
                self._workers.submit("apps", self._list_apps if self._selection.needs_apps else self._check_app)
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
            self._workers.submit("groups", partial(self._alone, identifier, partial(self._read_list, identifier)))

    def read_apps_asked(self) -> None:
        """Set off the reading of what was asked for and is not a group; call when the rest is done."""
        for identifier in self._apps_asked:
            self._workers.submit("apps", partial(self._alone, identifier, partial(self._read_app_asked, identifier)))

    def look_up(self, known: Collection[str]) -> None:
        """Look up known people of whom nothing was seen; call when the rest is done."""
        if self._pool_missing is not None:
            raise self._pool_missing
        odd = {row.id for row in self.left_as_is.values() if row.kind == "user"}
        seen = self.users.keys() | self.statuses.keys() | self.unread.keys() | odd
        unseen = askable(user for user in known if user not in seen)
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
            self._workers.submit("apps", partial(self._alone, user, partial(self._confirm, self.app.id, user)))

    def _assignment(self, app: str, user: str) -> AppUser | None:
        try:
            return self._client.object(self._endpoints.assignment(app, user), AppUser)
        except NotThere:
            return None
        except UnreadableObject as error:
            self.leave(error.left_as_is("user", user))
            return None

    # -- apps

    def _list_apps(self) -> None:
        rows = self._client.rows(self._endpoints.apps(), App, self._odd_app)
        listed = [app for page in rows for app in page if self._has_name("app", app.id, app.label)]
        self.app = self._sso_app.among(listed)
        if isinstance(self._reference, AppByLabel):
            self._workers.submit("apps", partial(self._read_pool, self.app.id))
        if self._selection.needs_apps:
            wanted = self._selection.apps(listed, self.app.id)
            self._wanted["apps"] = len(wanted)
            for app in wanted:
                self._workers.submit("apps", partial(self._read_app, app))
            self._note_other_apps(listed, wanted, self.app)


def _hidden(people: int) -> AuthorizationError:
    return AuthorizationError(
        f"Okta does not show {people} of the app's users.",
        scope="okta.users.read",
        why="They are assigned to the app, but neither the app's rows nor the users themselves say who they are.",
        fix="Give the credential a role or resource set that covers all users; " + ROLE_HINT,
    )


def _batches(users: list[str]) -> list[tuple[str, ...]]:
    return [tuple(users[start : start + IDS_A_CALL]) for start in range(0, len(users), IDS_A_CALL)]
