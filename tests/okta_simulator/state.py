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
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Concatenate, Literal, ParamSpec, TypeVar

from tests.okta_simulator import copies
from tests.okta_simulator.moments import Clock
from tests.okta_simulator.objects import (
    SYSTEM,
    Actor,
    App,
    EventHook,
    Group,
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
        self.hooks: dict[str, EventHook] = {}
        self.hidden: set[str] = set()
        """Ids of groups and apps that a resource set leaves out: they answer as if they did not exist."""
        self.names: Counter[str] = Counter()
        """How many names of custom apps begin with a text."""
        self.structure = 0
        self.changes = 0
        self._actor = SYSTEM
        self._transaction: str | None = None
        self.formers: list[copies.Former] = []
        """What changes have replaced lately, the oldest first."""
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

    def replaces(self, place: copies.Place, holder: str, key: str, value: object) -> None:
        """Keep what a change is about to replace, for listings that lag behind (nothing is kept without a lag)."""
        longest = copies.longest_lag(self.switches)
        if not longest:
            return
        moment = round(self.clock() * 1000)
        self.formers = [former for former in self.formers if former.until > moment - longest * 1000]
        self.formers.append(copies.Former(moment, place, holder, key, copy.copy(value)))

    def forget_kept_lists(self) -> None:
        self._sorted = {}

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

    @contextmanager
    def acting(self, actor: Actor, transaction: str | None = None) -> Iterator[None]:
        """Let somebody do what happens inside: the log names them, and that it was done in one transaction."""
        with self.lock:
            before = self._actor, self._transaction
            self._actor, self._transaction = actor, transaction or self._transaction
            try:
                yield
            finally:
                self._actor, self._transaction = before

    def log(self, event_type: str, message: str, *targets: Target, published: int | None = None) -> LogEvent:
        """Append an event to the System Log; `published` may lie before events already persisted."""
        moment = self.now()
        identifier = str(uuid.UUID(int=self.random.getrandbits(128), version=4))
        event = LogEvent(
            sequence=len(self.events) + 1,
            persisted=moment,
            uuid=identifier,
            published=moment if published is None else published,
            event_type=event_type,
            display_message=message,
            severity="INFO",
            targets=targets,
            actor=self._actor,
            transaction=self._transaction or identifier[:8],
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
