"""The contract said a second time, as plainly as possible: who has what, for people about whom there is no doubt.

It shares nothing with the compiler: patterns are Python's, and everything is looked up by walking through it again.
"""

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass

from idsync.config.patterns import NameFilter, NamePattern
from idsync.config.settings import EmptyLists, GroupRule, ListSubject, Settings, SuspendedPeople
from idsync.model.directory import DirectoryState
from idsync.model.identity import IdentityUser, Snapshot
from idsync.model.ownership import lock_name
from idsync.model.resources import User
from tests.core.world import ORG

IN = {"ACTIVE", "PASSWORD_EXPIRED", "RECOVERY", "LOCKED_OUT", "PROVISIONED"}
KNOWN = IN | {"STAGED", "DEPROVISIONED", "SUSPENDED"}


@dataclass(frozen=True)
class Subject:
    """A group or app that may become a list."""

    kind: ListSubject
    id: str
    name: str
    members: frozenset[str]


def ours(labels: dict[str, str]) -> bool:
    """Whether labels say that something is ours."""
    return labels.get("teleport.dev/origin") == "okta" and labels.get("okta/org") == ORG


def captures_of(source: str, text: str) -> tuple[str, ...] | None:
    """What a filter captures of a text, or None when it does not match the whole of it."""
    regex = source if source[:1] == "^" and source[-1:] == "$" else "(.*)".join(map(re.escape, source.split("*")))
    found = re.fullmatch(regex, text, re.DOTALL)
    return None if found is None else found.groups()


def expanded(template: str, captures: tuple[str, ...]) -> str:
    """A template with the captures in place."""
    return re.sub(r"\$(\d+)|\$\{(\d+)\}", lambda found: captures[int(found[1] or found[2]) - 1], template)


def texts(value: object) -> list[str]:
    """A profile attribute as texts."""
    if isinstance(value, list):
        return list(dict.fromkeys(text for item in value if not isinstance(item, list) for text in texts(item)))
    if isinstance(value, bool):
        return [str(value).lower()]
    if isinstance(value, int | float):
        return [str(value)]
    return [value] if isinstance(value, str) and value else []


class World:
    """One organization, one configuration and the directory before."""

    def __init__(self, settings: Settings, snapshot: Snapshot, before: DirectoryState) -> None:
        self.settings = settings
        self.snapshot = snapshot
        self.before = before
        self.suspended = settings.integration.users.suspended

    def in_pool(self, user: IdentityUser) -> bool:
        """Whether the Okta status lets somebody have an account."""
        return user.status in IN or (user.status == "SUSPENDED" and self.suspended is not SuspendedPeople.DELETE)

    def clear(self) -> list[IdentityUser]:
        """People of the pool whose name is theirs alone, upstream and in the directory."""
        return [user for user in self.snapshot.users if self.in_pool(user) and self._is_clear(user)]

    def _is_clear(self, user: IdentityUser) -> bool:
        alike = [other for other in self.snapshot.users if _key(other.username) == _key(user.username)]
        bearers = {name for name, item in self.before.users.items() if _id(item) == user.id}
        here = self.before.users.get(user.username)
        stranger = here is not None and _id(here) != user.id and not self._may_be_taken_over(here)
        sought = {_key(name) for name in bearers} & {_key(o.username) for o in self.snapshot.users if o.id != user.id}
        lockable = not any(map(self.is_unlockable, bearers | {user.username}))
        named = bool(user.username) and len(alike) == 1 and len(bearers) <= 1
        return named and lockable and not stranger and not sought

    def passed_on(self, name: str, after: DirectoryState) -> bool:
        """Whether the account of a name is another person's after the plan than before."""
        was, now = self.before.users.get(name), after.users.get(name)
        return was is not None and now is not None and _id(was) not in (None, _id(now))

    def _may_be_taken_over(self, user: User) -> bool:
        by = user.spec.created_by and user.spec.created_by.connector
        temporary = (user.metadata.expires or user.spec.expires) and by and by.type == "saml"
        free = _id(user) is None and not ours(user.metadata.labels)
        return free and bool(temporary or user.metadata.name in self.settings.integration.users.adopt)

    def gone(self) -> list[str]:
        """Names of users of ours whom nobody upstream is, and of whose names nobody upstream has one."""
        wanted = {_key(user.username) for user in self.snapshot.users}
        ids = {user.id for user in self.snapshot.users if self.in_pool(user) or user.status not in KNOWN}
        mine = {name: item for name, item in self.before.users.items() if ours(item.metadata.labels)}
        return [
            name
            for name, item in mine.items()
            if _id(item) not in ids and _key(name) not in wanted and not self.is_unlockable(name)
        ]

    def is_unlockable(self, name: str) -> bool:
        """Whether somebody else's lock has the name that ours on this user would have."""
        there = self.before.locks.get(lock_name(ORG, name))
        return there is not None and not ours(there.metadata.labels)

    def roles(self, user: IdentityUser) -> tuple[str, ...]:
        """Default roles, then the rules in their order; first seen first, none twice."""
        roles = [role.name for role in self.settings.integration.users.default_roles]
        groups = [item for item in self.snapshot.groups if user.id in item.member_ids()]
        names = [item.name for item in sorted(groups, key=lambda item: (item.name, item.id))]
        prefix = self.settings.integration.users.traits.prefix
        for rule in self.settings.role_rules:
            if isinstance(rule, GroupRule):
                source, tried = rule.group.source, names
            else:
                source, tried = rule.value.source, texts(user.attributes().get(rule.trait.removeprefix(prefix)))
            found = (captures_of(source, text) for text in tried)
            roles += [expanded(role.source, got) for got in found if got is not None for role in rule.roles]
        return tuple(dict.fromkeys(role for role in roles if role))

    def traits(self, user: IdentityUser) -> dict[str, tuple[str, ...]]:
        """Every value that is not empty, under the prefix."""
        prefix = self.settings.integration.users.traits.prefix
        return {prefix + name: tuple(texts(value)) for name, value in user.attributes().items() if texts(value)}

    def subjects(self) -> list[Subject]:
        """Groups and apps that the filters let become lists, and whose lists are not somebody else's."""
        filters, snapshot = self.settings.filters, self.snapshot
        found = [
            Subject(ListSubject.GROUP, item.id, item.name, frozenset(item.member_ids()))
            for item in snapshot.groups
            if item.type != "BUILT_IN" and _passes(filters.groups, item.name)
        ]
        found += [
            Subject(ListSubject.APP, item.id, item.label, frozenset(item.user_ids()))
            for item in snapshot.apps
            if item.id != snapshot.app_id and item.status == "ACTIVE" and _passes(filters.apps, item.label)
        ]
        return [item for item in found if not self._is_foreign_list(item.id)]

    def _is_foreign_list(self, name: str) -> bool:
        there = self.before.access_lists.get(name)
        return there is not None and not ours(there.metadata.labels)

    def wording(self, subject: Subject) -> tuple[str, tuple[str, ...]]:
        """Title and granted roles of a list: of the first rule that matches, else the name; then its own role."""
        own = (f"okta-member-{subject.id}",) if self.settings.integration.sync.app_groups else ()
        for rule in self.settings.access_list_rules:
            found = captures_of(rule.pattern.source, subject.name) if rule.subject is subject.kind else None
            if found is not None:
                title = expanded(rule.title.source, found) if rule.title else ""
                roles = dict.fromkeys(expanded(role.source, found) for role in rule.roles)
                return title or subject.name, (*(role for role in roles if role), *own)
        return subject.name, own

    @property
    def keeps_empty_lists(self) -> bool:
        """Whether a list without members stays."""
        return self.settings.integration.empty_lists is EmptyLists.KEEP


def _passes(chosen: NameFilter, name: str) -> bool:
    def any_of(patterns: Iterable[NamePattern]) -> bool:
        return any(captures_of(pattern.source, name) is not None for pattern in patterns)

    return (chosen.include is None or any_of(chosen.include)) and not any_of(chosen.exclude)


def _key(name: str) -> str:
    return unicodedata.normalize("NFC", name).casefold()


def _id(user: User) -> str | None:
    return user.metadata.labels.get("okta/user-id") if ours(user.metadata.labels) else None
