"""Desired apps and groups as resources, and the roles by which lists give them.

What Okta says of an app or a group, and what import rules add, is wholly ours. Each list has two roles: one by which
its members use the app or group, and no other, and one by which its owners review who asks for the first.
"""

from collections.abc import Collection, Iterable, Mapping

import msgspec

from idsync.compiler.gone_lists import GoneLists
from idsync.compiler.import_rules import ImportRuleLabels
from idsync.compiler.left_as_is import LeftRows
from idsync.compiler.subjects import Subject
from idsync.config.settings import ListSubject
from idsync.model.addresses import Address, plain_address, split_address
from idsync.model.directory import Cause, Reason, UpstreamCause, Why
from idsync.model.findings import Finding
from idsync.model.ownership import is_ours, list_of_role, list_roles, our_labels, plain_with_owned
from idsync.model.plain_resources import (
    APP_ID_LABEL,
    APP_NAME_LABEL,
    GROUP_DESCRIPTION_LABEL,
    GROUP_ID_LABEL,
    GROUP_NAME_LABEL,
    ROLE_NAME_LABEL,
    AccessReviews,
    App,
    AppSpec,
    Plain,
    Plains,
    Role,
    RoleConditions,
    RoleSpec,
    UserGroup,
    UserGroupSpec,
    title_of,
)
from idsync.model.plain_resources import app as app_resource
from idsync.model.plain_resources import role as role_resource
from idsync.model.plain_resources import user_group as user_group_resource
from idsync.model.resources import AccessList, Metadata

Links = Mapping[str, tuple[str, ...]]
"""By Okta id: of an app the groups that convey it, of a group the apps that it conveys; sorted, imported ones alone."""


class DesiredPlains(msgspec.Struct, frozen=True):
    """The plain resources to have, why each is so or goes, and about which something is to be said at every plan."""

    plain: Plains
    why: dict[Address, Why]
    findings: tuple[Finding, ...] = ()
    noticed: frozenset[str] = frozenset()


def address_of_subject(subject: Subject) -> Address:
    """The address of the resource that an app or a group becomes."""
    return plain_address("app" if subject.kind is ListSubject.APP else "user_group", subject.id)


def role_addresses(access_list: str) -> tuple[Address, ...]:
    """The addresses of the two roles of a list."""
    return tuple(plain_address("role", name) for name in list_roles(access_list))


def foreign_roles(plain: Plains, org_url: str) -> frozenset[str]:
    """The names of the roles that are not ours."""
    return frozenset(
        each.metadata.name
        for each in plain.values()
        if isinstance(each, Role) and not is_ours(each.metadata.labels, org_url)
    )


def links_of(subjects: Iterable[Subject]) -> Links:
    """Which of these groups convey which of these apps, seen from both sides."""
    subjects = tuple(subjects)
    groups = {subject.id for subject in subjects if subject.kind is ListSubject.GROUP}
    links: dict[str, list[str]] = {}
    for app in subjects:
        for group in sorted(groups.intersection(app.conveyed_by)) if app.conveyed_by else ():
            links.setdefault(app.id, []).append(group)
            links.setdefault(group, []).append(app.id)
    return {name: tuple(sorted(others)) for name, others in links.items()}


class AppGroupCompiler:
    """Makes the desired plain resources of one organization."""

    def __init__(
        self,
        org_url: str,
        rules: ImportRuleLabels,
        links: Links,
        left: LeftRows,
        gone: GoneLists,
        edited: Collection[Address],
        current: Plains,
        kinds: Mapping[str, ListSubject],
    ) -> None:
        """`kinds` are those of everything that is imported, by Okta id; `left` are apps and groups of which nothing is
        known now; `edited` is what a hand changed or removed.
        """
        self._org_url = org_url
        self._our_labels = our_labels(org_url)
        self._rules = rules
        self._links = links
        self._left = left
        self._gone = gone
        self._edited = edited
        self._current = current
        self._kinds = kinds
        self._why: dict[Address, Why] = {}

    def compile(self, chosen: Iterable[Subject], lists: Mapping[str, AccessList], *, roles: bool) -> DesiredPlains:
        """The resources of the `chosen` apps and groups and, with `roles`, of these lists.

        What of ours there is beside them goes, but for what is left as it is; without `roles`, all roles are.
        """
        plain: Plains = {}
        findings: list[Finding] = []
        noticed: set[str] = set()
        for subject in chosen:
            labels, causes, odd = self._rules.of(subject)
            made = self._made(subject, labels)
            self._add(plain, made, (subject.cause(), *causes))
            if odd:
                findings += odd
                noticed.add(subject.id)
        for name, item in lists.items() if roles else ():
            for made_role in self._roles(name, item):
                self._add(plain, made_role, (UpstreamCause("list", name, item.spec.title),))
        for address, existing in self._current.items():
            if address not in plain and is_ours(existing.metadata.labels, self._org_url):
                self._keep_or_go(plain, address, existing, roles=roles)
        return DesiredPlains(plain, self._why, tuple(findings), frozenset(noticed))

    def _add(self, plain: Plains, made: Plain, causes: tuple[Cause, ...]) -> None:
        address = plain_address(made.kind, made.metadata.name)
        existing = self._current.get(address)
        wanted = made if existing is None else plain_with_owned(existing, made)
        plain[address] = wanted
        self._why[address] = Why(self._reason(address, existing, wanted), causes)

    def _reason(self, address: Address, before: Plain | None, after: Plain) -> Reason:
        if address in self._edited:
            return Reason.DRIFT
        if before is None:
            return Reason.IMPORTED
        if title_of(before) != title_of(after):
            return Reason.GROUP_RENAMED
        if isinstance(after, Role):
            return Reason.GRANTS_CHANGED
        if before.spec != after.spec:
            return Reason.LINKS_CHANGED
        described = [item.metadata.labels.get(GROUP_DESCRIPTION_LABEL) for item in (before, after)]
        return Reason.LABELS_CHANGED if described[0] == described[1] else Reason.DESCRIPTION_CHANGED

    def _keep_or_go(self, plain: Plains, address: Address, existing: Plain, *, roles: bool) -> None:
        name = split_address(address)[1]
        if isinstance(existing, Role):
            if not roles:
                plain[address] = existing
            self._why[address] = Why(self._gone.reason(list_of_role(name) or name, title_of(existing)))
        elif self._gone.is_left(name, self._left):
            plain[address] = existing
        else:
            cause = UpstreamCause("app" if isinstance(existing, App) else "group", name, title_of(existing))
            self._why[address] = Why(self._gone.reason(name, title_of(existing)), (cause,))

    def _made(self, subject: Subject, labels: Mapping[str, str]) -> App | UserGroup:
        there = self._current.get(address_of_subject(subject))
        links = self._links.get(subject.id, ())
        if subject.kind is ListSubject.APP:
            facts = {APP_ID_LABEL: subject.id, APP_NAME_LABEL: subject.name}
            links = self._with_left(links, there.spec.user_groups if isinstance(there, App) else ())
            metadata = Metadata(subject.id, labels={**labels, **self._our_labels, **facts})
            return app_resource(metadata, AppSpec(uri=self._org_url, user_groups=links))
        facts = {GROUP_ID_LABEL: subject.id, GROUP_NAME_LABEL: subject.name}
        if subject.description:
            facts[GROUP_DESCRIPTION_LABEL] = subject.description
        links = self._with_left(links, there.spec.applications if isinstance(there, UserGroup) else ())
        metadata = Metadata(subject.id, labels={**labels, **self._our_labels, **facts})
        return user_group_resource(metadata, UserGroupSpec(applications=links))

    def _with_left(self, links: tuple[str, ...], there: tuple[str, ...]) -> tuple[str, ...]:
        """The links, with those to apps and groups of which nothing is known now."""
        kept = {name for name in there if name not in links and self._gone.is_left(name, self._left)}
        return tuple(sorted({*links, *kept})) if kept else links

    def _roles(self, name: str, item: AccessList) -> tuple[Role, Role]:
        """The role of a list's members, and that of its owners, who may review who asks for the first."""
        member, owner = list_roles(name)
        review = RoleConditions(review_requests=AccessReviews((member,), (member,)))
        title = item.spec.title
        return (
            self._role(member, f"{title} (members)", self._allow(name)),
            self._role(owner, f"{title} (owners)", review),
        )

    def _role(self, name: str, called: str, allow: RoleConditions) -> Role:
        return role_resource(
            Metadata(name, labels={**self._our_labels, ROLE_NAME_LABEL: called}), RoleSpec(allow=allow)
        )

    def _allow(self, name: str) -> RoleConditions:
        """Exactly one app or group, by its id. Of a list that is left as it is, what its role says already."""
        kind = self._kinds.get(name)
        if kind is None:
            there = self._current.get(role_addresses(name)[0])
            if isinstance(there, Role):
                return there.spec.allow
            return RoleConditions(app_labels={APP_ID_LABEL: (name,)}, group_labels={GROUP_ID_LABEL: (name,)})
        if kind is ListSubject.APP:
            return RoleConditions(app_labels={APP_ID_LABEL: (name,)})
        return RoleConditions(group_labels={GROUP_ID_LABEL: (name,)})
