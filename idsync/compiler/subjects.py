"""What becomes an access list: the groups and apps that pass the filters, seen alike."""

from collections.abc import Callable, Container, Iterable, Iterator

import msgspec

from idsync.compiler.roles import case_finding
from idsync.config.settings import ImportFilters, ListSubject
from idsync.diagnostics import quoted
from idsync.model.directory import UpstreamCause
from idsync.model.directory_index import DirectoryIndex
from idsync.model.findings import Finding
from idsync.model.identity import IdentityApp, IdentityGroup, Snapshot

BUILT_IN = "BUILT_IN"
ACTIVE = "ACTIVE"
APP_ID = "0oa"
"""What the ids of apps begin with in Okta; a list of ours bears the id of its group or app."""


class Subject(msgspec.Struct, frozen=True, gc=False):
    """A group or an app as the origin of a list; `raw_members` are ids of Okta users, unread."""

    kind: ListSubject
    id: str
    name: str
    description: str
    raw_members: msgspec.Raw
    member_ids: Callable[[], list[str]]

    @property
    def has_members(self) -> bool:
        """Whether anyone at all is in it, with the app or without."""
        return bool(bytes(self.raw_members).strip(b"[] \t\r\n"))

    def cause(self) -> UpstreamCause:
        """The Okta object as a cause."""
        return UpstreamCause(self.kind.value, self.id, self.name)


def subjects(filters: ImportFilters, snapshot: Snapshot) -> Iterator[Subject]:
    """Every group and app that may become a list, by id order of the snapshot."""
    for group in snapshot.groups:
        if group_is_imported(filters, group):
            yield Subject(ListSubject.GROUP, group.id, group.name, group.description, group.members, group.member_ids)
    for app in snapshot.apps:
        if app_is_imported(filters, app, snapshot.app_id):
            yield Subject(ListSubject.APP, app.id, app.label, "", app.users, app.user_ids)


def group_is_imported(filters: ImportFilters, group: IdentityGroup) -> bool:
    """Whether a group becomes a list; built-in groups only when a filter is their very name."""
    return filters.groups.selects(group.name) and (group.type != BUILT_IN or filters.groups.names_literally(group.name))


def app_is_imported(filters: ImportFilters, app: IdentityApp, sso_app_id: str) -> bool:
    """Whether an app becomes a list; the SSO app and inactive ones never do."""
    return app.id != sso_app_id and app.status == ACTIVE and filters.apps.selects(app.label)


def emptied(subjects: Iterable[Subject]) -> frozenset[str]:
    """Ids of all groups when not one of them has a member, and of all apps likewise."""
    by_kind: dict[ListSubject, list[Subject]] = {}
    for subject in subjects:
        by_kind.setdefault(subject.kind, []).append(subject)
    bare = (of_kind for of_kind in by_kind.values() if not any(subject.has_members for subject in of_kind))
    return frozenset(subject.id for of_kind in bare for subject in of_kind)


def count_listed(snapshot: Snapshot) -> int:
    """How many groups and apps the snapshot knows that a filter may choose without naming them."""
    groups = sum(group.type != BUILT_IN for group in snapshot.groups)
    return groups + sum(app.id != snapshot.app_id for app in snapshot.apps)


def filter_near_misses(
    filters: ImportFilters, snapshot: Snapshot, settled: Container[str]
) -> Iterator[tuple[str, Finding]]:
    """Warnings, by Okta id, about names that a filter would treat otherwise but for letter case; not of the settled."""
    named = [("group", group.id, group.name, filters.groups) for group in snapshot.groups]
    named += [("app", app.id, app.label, filters.apps) for app in snapshot.apps]
    for kind, okta_id, name, chosen in named:
        for pattern in () if okta_id in settled else chosen.near_misses(name):
            about = f"For import, the {kind} {quoted(name)}"
            yield okta_id, case_finding(about, pattern.source, UpstreamCause(kind, okta_id, name))


def unlisted(snapshot: Snapshot, index: DirectoryIndex) -> frozenset[str]:
    """Lists of ours made of groups when the snapshot knows no group at all, and of apps likewise."""
    if snapshot.groups and snapshot.apps:
        return frozenset()
    ours = (name for name, entry in index.access_lists.items() if entry.ours)
    return frozenset(name for name in ours if not (snapshot.apps if name.startswith(APP_ID) else snapshot.groups))
