"""What an organization holds, and the questions that all its parts ask: rows, clock, identifiers, log, effective rows.

`now` never stands still nor goes back: every change has a moment of its own, as a client's comparisons need it.
"""

import copy
import functools
import random
import threading
import time
import uuid
from bisect import insort
from collections.abc import Callable, Iterable
from typing import Any, Concatenate, Literal, ParamSpec, TypeVar

from tests.okta_simulator.moments import Clock
from tests.okta_simulator.objects import (
    App,
    AppUser,
    DirectAssignment,
    Group,
    GroupAssignment,
    GroupRule,
    LogEvent,
    Target,
    User,
)
from tests.okta_simulator.switches import Switches

_KEPT_LISTS = 50_000
_DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"

_State = TypeVar("_State", bound="State")
_Parameters = ParamSpec("_Parameters")
_Result = TypeVar("_Result")
_Row = TypeVar("_Row", User, Group)


def _copied(row: _Row | None) -> _Row | None:
    past = copy.copy(row)
    if past is not None:
        past.profile = dict(past.profile)
    return past


def exclusively(
    change: Callable[Concatenate[_State, _Parameters], _Result],
) -> Callable[Concatenate[_State, _Parameters], _Result]:
    """Let a change run alone: tests change the organization while the server's thread reads it."""

    @functools.wraps(change)
    def alone(self: _State, /, *arguments: _Parameters.args, **named: _Parameters.kwargs) -> _Result:
        with self.lock:
            return change(self, *arguments, **named)

    return alone


class State:
    """Rows of one organization. `structure` counts changes of who is where, `changes` counts all changes."""

    def __init__(
        self,
        *,
        seed: int = 0,
        subdomain: str = "enzos-pizza",
        switches: Switches | None = None,
        clock: Clock = time.time,
    ) -> None:
        self.subdomain = subdomain
        self.switches = switches or Switches()
        self.clock = clock
        self.lock = threading.RLock()
        self.random = random.Random(seed)
        self.users: dict[str, User] = {}
        self.user_ids: list[str] = []
        self.logins: dict[str, str] = {}
        self.groups: dict[str, Group] = {}
        self.group_ids: list[str] = []
        self.apps: dict[str, App] = {}
        self.rules: dict[str, GroupRule] = {}
        self.events: list[LogEvent] = []
        self.hidden: set[str] = set()
        """Ids of groups and apps that a resource set leaves out: they answer as if they did not exist."""
        self.structure = 0
        self.changes = 0
        self._last_moment = 0
        self._counter = 0
        self._suffix = "".join(self.random.choices(_DIGITS, k=4))
        self._sorted: dict[str, tuple[int, list[str]]] = {}
        self._past_users: dict[str, list[tuple[int, User | None]]] = {}
        self._past_groups: dict[str, list[tuple[int, Group | None]]] = {}
        self.id = self.new_id("00o")
        self.created = self.now()

    # -- clock and identifiers

    def now(self) -> int:
        """This moment in milliseconds, later than any moment given out before."""
        self._last_moment = max(round(self.clock() * 1000), self._last_moment + 1)
        return self._last_moment

    def new_id(self, prefix: str) -> str:
        """Twenty characters, ascending in the order of creation, different from organization to organization."""
        self._counter += 1
        number, text = self._counter, ""
        while number:
            number, digit = divmod(number, 36)
            text = _DIGITS[digit] + text
        return f"{prefix}1{text:0>12}{self._suffix}"

    # -- bookkeeping of changes

    def remember(self, kind: Literal["user", "group"], identifier: str) -> None:
        """Keep the row as it is, for reads that lag behind (before a change; nothing is kept without a lag)."""
        self.changes += 1
        if not (self.switches.filter_lag or self.switches.search_lag):
            return
        moment = round(self.clock() * 1000)
        if kind == "user":
            self._past_users.setdefault(identifier, []).append((moment, _copied(self.users.get(identifier))))
        else:
            self._past_groups.setdefault(identifier, []).append((moment, _copied(self.groups.get(identifier))))

    def restructure(self) -> None:
        """Say that who is where has changed."""
        self.structure += 1
        self.changes += 1

    def users_as_of(self, lag: float) -> dict[str, User]:
        """The users as they were `lag` seconds ago."""
        return self._as_of(self.users, self._past_users, lag)

    def groups_as_of(self, lag: float) -> dict[str, Group]:
        """The groups as they were `lag` seconds ago."""
        return self._as_of(self.groups, self._past_groups, lag)

    def _as_of(
        self, rows: dict[str, _Row], past: dict[str, list[tuple[int, _Row | None]]], lag: float
    ) -> dict[str, _Row]:
        if not lag:
            return rows
        moment = round((self.clock() - lag) * 1000)
        seen = dict(rows)
        for identifier, versions in past.items():
            row = next((version for changed, version in versions if changed > moment), seen.get(identifier))
            if row is None:
                seen.pop(identifier, None)
            else:
                seen[identifier] = row
        return seen

    def log(self, event_type: str, message: str, *targets: Target, published: int | None = None) -> LogEvent:
        """Append an event to the System Log; `published` may lie before events already persisted."""
        moment = self.now()
        event = LogEvent(
            sequence=len(self.events) + 1,
            persisted=moment,
            uuid=str(uuid.UUID(int=self.random.getrandbits(128), version=4)),
            published=moment if published is None else published,
            event_type=event_type,
            display_message=message,
            severity="INFO",
            targets=targets,
        )
        self.events.append(event)
        return event

    # -- rows

    def put_user(self, user: User) -> None:
        self.users[user.id] = user
        insort(self.user_ids, user.id)
        self.logins[user.login.casefold()] = user.id
        self.restructure()

    def put_group(self, group: Group) -> None:
        self.groups[group.id] = group
        insort(self.group_ids, group.id)
        self.restructure()

    @property
    def everyone(self) -> Group:
        """The built-in group of all users."""
        return next(group for group in self.groups.values() if group.everyone)

    def has_member(self, group: Group, user: User) -> bool:
        if group.everyone:
            return user.status != "DEPROVISIONED" or self.switches.everyone_has_deprovisioned
        return user.id in group.members

    def member_ids(self, group: Group) -> list[str]:
        """The members' ids, ascending; deactivated users stay members."""

        def members() -> Iterable[str]:
            if not group.everyone:
                return group.members
            return [user.id for user in self.users.values() if self.has_member(group, user)]

        return self.kept(f"members {group.id}", members)

    def groups_of(self, user: User) -> list[Group]:
        """The groups of a user, by id."""
        return [self.groups[key] for key in self.group_ids if self.has_member(self.groups[key], user)]

    def apps_of_group(self, group: Group) -> list[App]:
        return [app for app in self.apps.values() if group.id in app.groups]

    # -- effective app users

    def assigned_ids(self, app: App) -> list[str]:
        """The ids of the app's users, direct or by group, ascending."""

        def assigned() -> Iterable[str]:
            found = set(app.users)
            for assignment in self._group_assignments(app):
                members = self.member_ids(self.groups[assignment.group])
                found.update(key for key in members if self.users[key].status != "DEPROVISIONED")
            return found

        return self.kept(f"assigned {app.id}", assigned)

    def app_user(self, app: App, user: User) -> AppUser | None:
        """The app's row of a user, or None when the user does not have the app."""
        direct = app.users.get(user.id)
        conveying = None
        if user.status != "DEPROVISIONED":
            groups = (item for item in self._group_assignments(app) if self.has_member(self.groups[item.group], user))
            conveying = min(groups, key=lambda item: item.priority, default=None)
        if direct is None and conveying is None:
            return None
        return self._row(app, user, direct, conveying)

    def apps_of(self, user: User) -> list[App]:
        """The apps that a user has, direct or by group."""
        return [app for app in self.apps.values() if self.app_user(app, user) is not None]

    def _group_assignments(self, app: App) -> list[GroupAssignment]:
        # Deactivating an app takes away what groups brought; direct assignments stay.
        return list(app.groups.values()) if app.status == "ACTIVE" else []

    def _row(self, app: App, user: User, direct: DirectAssignment | None, conveying: GroupAssignment | None) -> AppUser:
        mapped = {ours: user.profile[theirs] for ours, theirs in app.profile_mapping.items() if theirs in user.profile}
        if conveying is not None:
            mapped |= conveying.profile
        if direct is not None:
            created, updated = direct.created, direct.last_updated
            mapped = mapped if direct.profile is None else direct.profile
        else:
            assert conveying is not None
            joined = self.groups[conveying.group].members.get(user.id, user.created)
            created = updated = max(joined, conveying.last_updated)
        shown_by_group = direct is None or (conveying is not None and self.switches.both_assignments_scope == "GROUP")
        status, sync_state, external_id = self._provisioning(app, user, created)
        return AppUser(
            user=user,
            app=app,
            scope="GROUP" if shown_by_group else "USER",
            group=conveying.group if shown_by_group and conveying is not None else None,
            user_name=(direct.user_name if direct is not None else None) or user.login,
            profile=mapped,
            created=created,
            last_updated=updated,
            status=status,
            sync_state=sync_state,
            external_id=external_id,
        )

    def _provisioning(self, app: App, user: User, since: int) -> tuple[Any, Any, str | None]:
        if "PUSH_NEW_USERS" not in app.features:
            return "ACTIVE", "DISABLED", None
        if self.clock() * 1000 < since + app.provisioning_seconds * 1000:
            return "STAGED", "SYNCING", None
        if app.provisioning_fails:
            return "STAGED", "ERROR", None
        return "PROVISIONED", "SYNCHRONIZED", f"ext-{user.id}"

    def kept(self, key: str, compute: Callable[[], Iterable[str]], revision: int | None = None) -> list[str]:
        """A sorted list of ids, kept until the revision (by default that of the structure) changes."""
        current = self.structure if revision is None else revision
        known = self._sorted.get(key)
        if known is None or known[0] != current:
            if len(self._sorted) > _KEPT_LISTS:
                self._sorted.clear()
            known = (current, sorted(compute()))
            self._sorted[key] = known
        return known[1]
