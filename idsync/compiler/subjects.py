"""What becomes an access list: the groups and apps that pass the filters, seen alike."""

from collections.abc import Callable, Container, Iterator, Sequence

import msgspec

from idsync.compiler.roles import case_finding
from idsync.config.settings import ImportFilters, ListSubject
from idsync.diagnostics import quoted
from idsync.model.directory import UpstreamCause
from idsync.model.findings import Finding
from idsync.model.identity import BUILT_IN, IdentityApp, IdentityGroup, Snapshot, is_everyone, raw_json

ACTIVE = "ACTIVE"


class Subject(msgspec.Struct, frozen=True, gc=False):
    """A group or an app as the origin of a list; `raw_members` are ids of Okta users, unread."""

    kind: ListSubject
    id: str
    name: str
    description: str
    raw_members: msgspec.Raw
    member_ids: Callable[[], list[str]]
    conveyed_by: Sequence[str] = ()
    """Of an app, the groups that convey it."""

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
        if not group_is_imported(filters, group):
            continue
        if is_everyone(group.type, group.name):
            yield everybody(group, snapshot)
        else:
            yield Subject(ListSubject.GROUP, group.id, group.name, group.description, group.members, group.member_ids)
    for app in snapshot.apps:
        if app_is_imported(filters, app, snapshot.app_id):
            yield Subject(ListSubject.APP, app.id, app.label, "", app.users, app.user_ids, app.groups)


def everybody(group: IdentityGroup, snapshot: Snapshot) -> Subject:
    """The built-in group Everyone, whose members no source reads: it has every person."""
    ids = sorted(user.id for user in snapshot.users)
    return Subject(ListSubject.GROUP, group.id, group.name, group.description, raw_json(ids), lambda: ids)


def group_is_imported(filters: ImportFilters, group: IdentityGroup) -> bool:
    """Whether a group becomes a list; built-in groups only when a filter is exactly their name."""
    return is_imported(filters, group.name, group.type)


def is_imported(filters: ImportFilters, name: str, type: str) -> bool:
    """Whether a group of this name and type becomes a list."""
    return filters.groups.selects(name) and (type != BUILT_IN or filters.groups.names_literally(name))


def app_is_imported(filters: ImportFilters, app: IdentityApp, sso_app_id: str) -> bool:
    """Whether an app becomes a list; the SSO app and inactive ones never do."""
    return app.id != sso_app_id and app.status == ACTIVE and filters.apps.selects(app.label)


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
