"""Memberships that go both ways: what the lists are to hold, and the section of the plan that tells Okta of the rest.

A reading is merged with the directory and with what both last agreed on, before anything is compiled.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Protocol

import msgspec

from idsync.compiler.access_lists import Ends
from idsync.compiler.both_ways import NOBODY, Merged, as_told, three_way
from idsync.compiler.inputs import Inputs
from idsync.compiler.list_rules import ListRules
from idsync.compiler.subjects import Subject
from idsync.config.settings import ListSubject
from idsync.model.addresses import access_list_address
from idsync.model.agreed_lists import AgreedList
from idsync.model.canonical import fingerprint
from idsync.model.directory import DirectoryState, Members, Reason, UpstreamCause
from idsync.model.findings import (
    REMOVAL_WON,
    UPSTREAM_CONVEYED,
    UPSTREAM_PRIVILEGED,
    UPSTREAM_READ_ONLY,
    UPSTREAM_UNKNOWN,
    Finding,
)
from idsync.model.nesting import is_nested
from idsync.model.times import is_past, parse_time
from idsync.model.upstream_lists import list_in_okta
from idsync.plan.changes import AccessListChange, BothSides
from idsync.plan.sections import OKTA

OKTA_GROUP = "OKTA_GROUP"


class Upstream(Protocol):
    """What Okta says of groups before one is written; asked only where something goes out."""

    def filled_by_rules(self) -> frozenset[str]:
        """The groups that a rule fills, by id."""

    def conveys_admin_role(self, group: str) -> bool | None:
        """Whether the members of a group are administrators; None where that cannot be read."""


class BothWays(msgspec.Struct, frozen=True):
    """What both sides agreed on, by list; and whom to ask about groups, where something is to be sent.

    Without an `upstream`, nothing is sent, and what is still to be sent stays as people edited it.
    """

    agreed: Mapping[str, AgreedList]
    upstream: Upstream | None


class Lists(msgspec.Struct, frozen=True):
    """What becomes of lists. `merged` are the members to have, by Okta id, where they are not as the reading has them.

    `kept` are names that stay in a list though Okta has nobody of them; `out` is what Okta is told, and `both_sides`
    has every list that goes both ways.
    """

    merged: Mapping[str, frozenset[str]] = {}
    kept: Mapping[str, frozenset[str]] = {}
    out: tuple[AccessListChange, ...] = ()
    both_sides: Mapping[str, BothSides] = {}
    findings: tuple[Finding, ...] = ()


def merged_lists(inputs: Inputs, current: DirectoryState, both: BothWays) -> Lists:
    """Merge every list that there is on both sides."""
    merging = _Merging(inputs, current, both)
    for subject in inputs.subjects:
        merging.add(subject)
    return merging.lists()


class _Merging:
    """The merge while it is being made."""

    def __init__(self, inputs: Inputs, current: DirectoryState, both: BothWays) -> None:
        self._inputs = inputs
        self._current = current
        self._both = both
        self._rules = ListRules(inputs.settings)
        pool = inputs.pool
        self._present = frozenset(okta_id for okta_id, name in pool.names.items() if name not in pool.held)
        self._names = pool.names
        self._ends = Ends(inputs.past.ends, inputs.now)
        self._read_at = parse_time(inputs.snapshot.taken_at).timestamp()
        self._types = {group.id: group.type for group in inputs.snapshot.groups}
        self._apps = {app.id: app for app in inputs.snapshot.apps}
        self._groups = {group.id: group for group in inputs.snapshot.groups}
        self._accounts = frozenset(entry.okta_id for entry in inputs.index.users.values())
        self._edited: Mapping[str, set[str]] = _edited_members(inputs.index.edited)
        self._merged: dict[str, frozenset[str]] = {}
        self._kept: dict[str, frozenset[str]] = {}
        self._out: list[AccessListChange] = []
        self._both_sides: dict[str, BothSides] = {}
        self._findings: list[Finding] = []

    def lists(self) -> Lists:
        """What became of all lists."""
        return Lists(self._merged, self._kept, tuple(self._out), self._both_sides, tuple(self._findings))

    def add(self, subject: Subject) -> None:
        """Merge one list."""
        if self._rules.goes_both_ways(subject) is False:
            return
        existing = self._current.members.get(subject.id) if subject.id in self._current.access_lists else None
        agreed = self._both.agreed.get(subject.id) if existing is not None else None
        listed = frozenset(subject.member_ids()) & self._present
        upstream = as_told(listed, agreed.sent, self._read_at) & self._present if agreed else listed
        here, edited, unknown = self._here(subject, existing or {})
        # Without an account nobody can be in a list: that it is gone edits none of their memberships.
        here |= upstream - self._accounts
        merged = three_way(agreed.members & self._present if agreed else None, upstream, here, edited)
        if agreed is not None and unknown:
            self._kept[subject.id] = unknown
            self._report(UPSTREAM_UNKNOWN, subject, unknown, "is nobody who has the app, and stays here alone")
        merged = self._permitted(subject, merged, upstream)
        if merged.members != listed:
            self._merged[subject.id] = merged.members
        if merged.contested:
            names = frozenset(map(self._names.__getitem__, merged.contested))
            self._report(REMOVAL_WON, subject, names, "was removed in Okta and edited here: the removal wins")
        if merged.goes_out:
            self._out.append(self._change(subject, merged))
        apart = merged.members & self._ends.of(subject.id)
        self._both_sides[subject.id] = BothSides(subject.kind.value, subject.name, tuple(sorted(apart)))

    def _here(self, subject: Subject, existing: Members) -> tuple[frozenset[str], frozenset[str], frozenset[str]]:
        """Who is in the list in the directory, by Okta id; whose membership a person edited; and names of nobody."""
        here, edited, unknown = set[str](), set[str](), set[str]()
        users, pool, now = self._inputs.index.users, self._inputs.pool, self._inputs.now
        touched = self._edited.get(subject.id, set())
        for name, entry in existing.items():
            if is_nested(entry):
                unknown.add(name)
                continue
            known = users.get(name)
            okta_id = known.okta_id if known is not None else None
            if okta_id in self._present:
                if not is_past(entry.expires, now):
                    here.add(okta_id)
                    if name in touched:
                        edited.add(okta_id)
            elif name not in pool.held and name not in pool.names_left:
                unknown.add(name)
        return frozenset(here), frozenset(edited), frozenset(unknown)

    def _permitted(self, subject: Subject, merged: Merged, upstream: frozenset[str]) -> Merged:
        """The outcome, or Okta's side of it where the list, or a membership of it, is never written."""
        if not merged.goes_out or self._both.upstream is None:
            return merged
        code = self._never_written(subject, self._both.upstream)
        if code is not None:
            people = frozenset(map(self._names.__getitem__, merged.add | merged.remove))
            if code == UPSTREAM_READ_ONLY:
                what = "was edited here, and Okta fills this group by a rule or from an app: it is put back"
                self._report(UPSTREAM_READ_ONLY, subject, people, what)
            else:
                what = "was edited here, and this group conveys an admin role, or Okta does not say: it is put back"
                self._report(UPSTREAM_PRIVILEGED, subject, people, what)
            return Merged(upstream, contested=merged.contested)
        conveyed = merged.remove & self._conveyed(subject) if subject.kind is ListSubject.APP else NOBODY
        if conveyed:
            names = frozenset(map(self._names.__getitem__, conveyed))
            self._report(UPSTREAM_CONVEYED, subject, names, "has the app by a group as well, and stays on both sides")
        return msgspec.structs.replace(merged, members=merged.members | conveyed, remove=merged.remove - conveyed)

    def _never_written(self, subject: Subject, upstream: Upstream) -> str | None:
        """Why a list is never written to; None where it is."""
        if subject.kind is ListSubject.APP:
            return None
        if self._types.get(subject.id) != OKTA_GROUP or subject.id in upstream.filled_by_rules():
            return UPSTREAM_READ_ONLY
        privileged = upstream.conveys_admin_role(subject.id)
        if privileged or (privileged is None and self._rules.goes_both_ways(subject) is None):
            return UPSTREAM_PRIVILEGED
        return None

    def _conveyed(self, subject: Subject) -> frozenset[str]:
        """Who has an app through a group, as far as the reading shows the members of these groups."""
        groups = (self._groups.get(group) for group in self._apps[subject.id].groups)
        return NOBODY.union(*(group.member_ids() for group in groups if group is not None))

    def _change(self, subject: Subject, merged: Merged) -> AccessListChange:
        people = sorted(merged.add | merged.remove)
        body = list_in_okta(subject.id, subject.kind.value, subject.name, self._inputs.settings.integration.org_url)
        causes = (subject.cause(), *(UpstreamCause("user", each, self._names[each]) for each in people))
        return AccessListChange(
            access_list_address(subject.id),
            "update",
            Reason.MEMBERSHIP_CHANGED,
            causes,
            body,
            body,
            fingerprint(body),
            OKTA,
            members_added=tuple(sorted(merged.add)),
            members_removed=tuple(sorted(merged.remove)),
        )

    def _report(self, code: str, subject: Subject, names: Iterable[str], what: str) -> None:
        for name in sorted(names):
            message = f"{subject.kind.value.capitalize()} {subject.name}: {name} {what}."
            self._findings.append(Finding(code, "warning", message, (subject.cause(),)))


def _edited_members(edited: Iterable[str]) -> Mapping[str, set[str]]:
    """The names whose memberships a person edited, by list."""
    found: dict[str, set[str]] = defaultdict(set)
    for address in edited:
        kind, _, rest = address.partition("/")
        if kind == "access_list_member":
            name, _, member = rest.partition("/")
            found[name].add(member)
    return found
