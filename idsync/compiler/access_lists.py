"""Desired access lists and members. What we own of a list comes from Okta and the rules, and so does who is a member.

Owners, audit, requirements and each member's expiry, reason and joined date are set at creation and then people's.
"""

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from typing import cast

import msgspec

from idsync.compiler.causes import setting_cause
from idsync.compiler.gone_lists import GoneLists
from idsync.compiler.left_as_is import LeftRows
from idsync.compiler.list_rules import EarlierLists, ListRules, Wording, with_role
from idsync.compiler.pool import Pool
from idsync.compiler.subjects import Subject
from idsync.config.settings import EmptyLists, Settings
from idsync.model.addresses import Address, access_list_address
from idsync.model.directory import Members, Reason, UpstreamCause, Why
from idsync.model.findings import Finding
from idsync.model.identity import Snapshot
from idsync.model.list_owners import is_person, renamed_owners
from idsync.model.ownership import OWNED_LIST_FIELDS, is_ours, list_roles, org_of, our_labels, with_owned
from idsync.model.resources import (
    NEW_MEMBERSHIP,
    NO_GRANTS,
    AccessList,
    AccessListSpec,
    Audit,
    Membership,
    Metadata,
    Owner,
)
from idsync.model.resources import access_list as access_list_resource
from idsync.model.times import is_past

replace = msgspec.structs.replace
_NOBODY: frozenset[str] = frozenset()


class DesiredLists(msgspec.Struct, frozen=True):
    """The lists to have, with their members, and why each is there or goes."""

    access_lists: dict[str, AccessList]
    members: dict[str, Members]
    why: dict[Address, Why]
    findings: tuple[Finding, ...]
    kept: dict[str, tuple[str, ...]]
    """For lists that change: what people edited on them and we leave alone."""
    noticed: frozenset[str] = frozenset()
    """Lists about which something is to be said at every plan."""
    earlier: dict[str, Wording | None] = {}
    """For lists that change: what the configuration before would say of them, None for nothing; where it is known."""


class Ends:
    """Memberships that are gone and had an end, by list and Okta id: past it, they are not made again."""

    def __init__(self, ends: Mapping[str, Mapping[str, str]], now: datetime) -> None:
        self._ends = ends
        self._now = now

    def of(self, access_list: str) -> frozenset[str]:
        """The Okta ids of the people whose membership of this list has ended."""
        ends = self._ends.get(access_list)
        return frozenset(okta_id for okta_id, end in ends.items() if is_past(end, self._now)) if ends else _NOBODY


class ListCompiler:
    """Makes the desired lists of one organization from subjects, the pool and the lists that exist."""

    def __init__(
        self,
        settings: Settings,
        snapshot: Snapshot,
        pool: Pool,
        held: frozenset[str],
        shared: frozenset[str],
        left: LeftRows,
        strangers: frozenset[str],
        ends: Ends,
        gone: GoneLists,
        earlier: EarlierLists | None = None,
        merged: Mapping[str, frozenset[str]] = {},
        staying: Mapping[str, frozenset[str]] = {},
        foreign_roles: frozenset[str] = frozenset(),
    ) -> None:
        """`held` are all names to leave as they are: the pool's, and those in conflict. `shared` lists have members
        besides those who are looked at. `left` are lists of whose groups and apps nothing is known now. What lists have
        under the names of `strangers` is another person's. `gone` knows why lists go. `merged` are the members of
        lists that go both ways, by Okta id, and `staying` names that stay in one though nobody of the pool has them.
        What roles with `foreign_roles` for names allow is not for us to give.
        """
        self._merged = merged
        self._staying = staying
        self._left = left
        self._gone = gone
        self._earlier = earlier
        self._shared = shared
        self._snapshot = snapshot
        self._org_url = settings.integration.org_url
        self._carries_roles = settings.integration.sync.app_groups
        self._keep_empty = settings.integration.empty_lists is EmptyLists.KEEP
        self._when_empty = setting_cause(settings, "access_lists.when_empty")
        self._filters = settings.filters
        self._rules = ListRules(settings, foreign_roles)
        self._foreign_roles = foreign_roles
        self._pool = pool
        self._names = (
            {user_id: name for user_id, name in pool.names.items() if name not in held} if held else pool.names
        )
        self._held = held
        self._findings: list[Finding] = []
        self._new_names = {old: new for new, old in pool.renamed.items() if new not in held}
        self._strangers = strangers - held
        self._ends = ends

    def compile(
        self, chosen: Iterable[Subject], current: Mapping[str, AccessList], members: Mapping[str, Members]
    ) -> DesiredLists:
        """The desired lists among `chosen` subjects and `current` lists; foreign lists are left out."""
        lists: dict[str, AccessList] = {}
        sets: dict[str, Members] = {}
        why: dict[Address, Why] = {}
        self._findings = findings = []
        kept: dict[str, tuple[str, ...]] = {}
        earlier: dict[str, Wording | None] = {}
        seen: dict[str, Subject] = {}
        noticed: set[str] = set()
        for subject in chosen:
            existing = current.get(subject.id)
            if existing is not None and not is_ours(existing.metadata.labels, self._org_url):
                if not org_of(existing.metadata.labels) and self._members(subject, {}):
                    findings.append(_conflict(subject, existing))
                continue
            seen[subject.id] = subject
            wanted = self._members(subject, members.get(subject.id, {}))
            if not wanted and subject.id not in self._shared:
                continue
            wording = self._rules.wording(subject)
            why[access_list_address(subject.id)] = Why(Reason.IMPORTED, wording.causes)
            if wording.findings:
                findings += wording.findings
                noticed.add(subject.id)
            made = self._made(subject, wording, existing)
            lists[subject.id] = (
                made if existing is None else with_owned(self._with_owners(existing, made.spec.owners), made)
            )
            sets[subject.id] = wanted
            if self._earlier is not None and existing != lists[subject.id]:
                was = earlier[subject.id] = self._earlier.wording(subject)
                if existing is None and was is None:
                    why[access_list_address(subject.id)] = Why(self._earlier.reason_of_new, wording.causes)
            if existing is not None and (existing != lists[subject.id] or wanted is not members.get(subject.id)):
                kept[subject.id] = edited_fields(existing, made, wanted)
        for name, existing in current.items():
            if name in lists or not is_ours(existing.metadata.labels, self._org_url):
                continue
            if self._gone.is_left(name, self._left):
                lists[name] = self._with_owners(existing, self._rules.default_owners)
                sets[name] = self._remaining(members.get(name, {}))
                cause = UpstreamCause("list", name, existing.spec.title)
                why[access_list_address(name)] = Why(Reason.MEMBERSHIP_CHANGED, (cause,))
                continue
            why[access_list_address(name)] = self._why_gone(existing, seen.get(name), members.get(name, {}))
            if self._keep_empty:
                lists[name] = self._with_owners(existing, self._rules.default_owners)
                sets[name] = self._held_members(members.get(name, {}))
        return DesiredLists(lists, sets, why, tuple(findings), kept, frozenset(noticed), earlier)

    def _members(self, subject: Subject, existing: Members) -> Members:
        ids: Iterable[str] = self._merged[subject.id] if subject.id in self._merged else subject.member_ids()
        ended = self._ends.of(subject.id)
        if ended:
            ids = [okta_id for okta_id in ids if okta_id not in ended or self._is_member(okta_id, existing)]
        wanted: dict[str | None, Membership] = dict.fromkeys(map(self._names.get, ids), NEW_MEMBERSHIP)
        wanted.pop(None, None)
        names = cast(dict[str, Membership], wanted)
        names.update(dict.fromkeys(self._held & existing.keys(), NEW_MEMBERSHIP))
        if subject.id in self._staying:
            names.update(dict.fromkeys(self._staying[subject.id] & existing.keys(), NEW_MEMBERSHIP))
        if not existing:
            return names
        if names.keys() == existing.keys() and self._strangers.isdisjoint(names):
            return existing
        theirs = {name: entry for name, entry in existing.items() if name not in self._strangers}
        renamed = self._pool.renamed
        return {name: theirs.get(name) or theirs.get(renamed.get(name, name), NEW_MEMBERSHIP) for name in names}

    def _remaining(self, existing: Members) -> Members:
        """The members of a list that is left as it is: without those who leave, under the new names of the renamed."""
        leaving = self._pool.names_left
        names = {self._new_names.get(name, name): name for name in existing}
        if names.keys() == existing.keys() and leaving.isdisjoint(existing):
            return existing
        return {new: existing[old] for new, old in names.items() if new != old or new not in leaving}

    def _is_member(self, okta_id: str, existing: Members) -> bool:
        """Whether the list has this person, under the name of now or that before a rename."""
        name = self._names.get(okta_id, "")
        return any(each in existing and each not in self._strangers for each in (name, self._pool.renamed.get(name)))

    def _held_members(self, existing: Members) -> Members:
        return {name: existing[name] for name in self._held & existing.keys()}

    def _made(self, subject: Subject, wording: Wording, existing: AccessList | None) -> AccessList:
        """The list as it would be made now.

        Where apps and groups are not managed, the roles by which a list gives one are left as they are.
        """
        grants, owner_grants = wording.grants, NO_GRANTS
        member, owner = list_roles(subject.id)
        if self._carries_roles:
            if owner not in self._foreign_roles:
                owner_grants = with_role(owner_grants, owner)
        elif existing is not None:
            if member in existing.spec.grants.roles:
                grants = with_role(grants, member)
            if owner in existing.spec.owner_grants.roles:
                owner_grants = with_role(owner_grants, owner)
        return access_list_resource(
            Metadata(subject.id, labels=our_labels(self._org_url)),
            AccessListSpec(
                wording.title,
                description=wording.description,
                owners=tuple(Owner(name) for name in wording.owners),
                audit=Audit(),
                grants=grants,
                owner_grants=owner_grants,
            ),
        )

    def _with_owners(self, existing: AccessList, first: tuple[Owner, ...]) -> AccessList:
        """The list with owners under their new names, and without those whose name is another person's now.

        Who has a name is told by the names as they are written on the list, before anybody is renamed into them.
        A list that would have no owner left gets the `first` ones, with which it would be made.
        """
        there = existing.spec.owners
        gone = {
            owner
            for owner in there
            if owner.name in self._strangers and owner.name not in self._new_names and is_person(owner)
        }
        owners = renamed_owners(
            tuple(owner for owner in there if owner not in gone) if gone else there, self._new_names
        )
        if gone:
            owners = owners or first
            if lost := gone - {*owners}:
                self._findings.append(_owner_gone(existing, lost))
        if owners is existing.spec.owners:
            return existing
        return replace(existing, spec=replace(existing.spec, owners=owners))

    def _why_gone(self, existing: AccessList, subject: Subject | None, members: Members) -> Why:
        """Why a list goes, or stays without members: one that was kept empty before goes by the edit alone."""
        cause = UpstreamCause("list", existing.metadata.name, existing.spec.title)
        if not members and not self._keep_empty and self._earlier is not None and self._earlier.keeps_empty:
            return Why(Reason.WHEN_EMPTY_CHANGED, (self._when_empty, cause))
        if subject is not None:
            return Why(Reason.BECAME_EMPTY, (subject.cause(),))
        return Why(self._gone.reason(existing.metadata.name, existing.spec.title), (cause,))


def edited_fields(existing: AccessList, made: AccessList, members: Members) -> tuple[str, ...]:
    """The fields of a list that people own and have changed since it was `made`; `members` are those who stay."""
    now, first = _comparable(existing.spec), _comparable(made.spec)
    edited = {
        **{field: now[field] != first[field] for field in now if field not in OWNED_LIST_FIELDS},
        "member expiry": any(entry.expires for entry in members.values()),
        "member reasons": any(entry.reason for entry in members.values()),
    }
    return tuple(field for field, changed in edited.items() if changed)


def _comparable(spec: AccessListSpec) -> dict[str, object]:
    """The fields of a list, with owners by name and without the date of its next review, which moves by itself."""
    fields = {field: getattr(spec, field) for field in spec.__struct_fields__}
    audit = replace(spec.audit or Audit(), next_audit_date=None)
    return {**fields, "owners": [owner.name for owner in spec.owners], "audit": audit}


def _conflict(subject: Subject, existing: AccessList) -> Finding:
    return Finding(
        "access_list_conflict",
        "error",
        f"The {subject.kind.value} {subject.name} would become the access list {subject.id}, but a list of that name "
        f"({existing.spec.title}) exists that is not ours; it is left as it is.",
        (subject.cause(),),
    )


def _owner_gone(existing: AccessList, owners: Iterable[Owner]) -> Finding:
    names = ", ".join(sorted(owner.name for owner in owners))
    return Finding(
        "owner_not_inherited",
        "warning",
        f"The access list {existing.spec.title} ({existing.metadata.name}) loses its owner {names}: that was another "
        "person, and nobody inherits that. Make the person who has the name now an owner by hand if that is wanted.",
        (UpstreamCause("list", existing.metadata.name, existing.spec.title),),
    )


BY_RULES = frozenset({Reason.TITLE_CHANGED, Reason.GRANTS_CHANGED})
"""Reasons of a list's change that may lie in a rule that was another one before."""


def update_reason(
    before: AccessList,
    after: AccessList,
    strangers: Collection[str],
    earlier: Wording | None = None,
    *,
    edited: bool,
    other_config: bool = False,
) -> Reason:
    """Why a list of ours, members aside, is not as it was.

    `earlier` is what the configuration applied before would say of it now; where that is unknown, `other_config` says
    whether it was another one.
    """
    if edited:
        return Reason.DRIFT
    if before.spec.title != after.spec.title:
        by_group = earlier.title != before.spec.title if earlier is not None else not other_config
        return Reason.GROUP_RENAMED if by_group else Reason.TITLE_CHANGED
    if before.spec.owners != after.spec.owners:
        gone = {owner.name for owner in before.spec.owners if is_person(owner) and owner not in after.spec.owners}
        return Reason.LOGIN_REUSED if gone & set(strangers) else Reason.RENAMED
    if before == after:
        return Reason.MEMBERSHIP_CHANGED
    described = before.spec.grants == after.spec.grants and before.spec.description != after.spec.description
    by_okta = earlier.description != before.spec.description if earlier is not None else not other_config
    return Reason.DESCRIPTION_CHANGED if described and by_okta else Reason.GRANTS_CHANGED
