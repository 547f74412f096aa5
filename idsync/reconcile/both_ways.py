"""Memberships that go both ways: what the lists are to hold, and the section of the plan that tells Okta of the rest.

A reading is merged with the directory and with what both last agreed on, before anything is compiled.
"""

from collections.abc import Iterable

import msgspec

from idsync.compiler.access_lists import Ends
from idsync.compiler.both_ways import NOBODY, Merged, newly_agreed, three_way
from idsync.compiler.group_members import with_group_members
from idsync.compiler.inputs import Inputs
from idsync.compiler.list_rules import ListRules
from idsync.compiler.subjects import Subject
from idsync.config.settings import ListSubject
from idsync.model.addresses import access_list_address, member_address
from idsync.model.canonical import fingerprint
from idsync.model.directory import DirectoryState, Members, Names, Reason, UpstreamCause
from idsync.model.findings import (
    REMOVAL_WON,
    UPSTREAM_CONVEYED,
    UPSTREAM_NESTED,
    UPSTREAM_NESTING,
    UPSTREAM_PRIVILEGED,
    UPSTREAM_READ_ONLY,
    UPSTREAM_UNKNOWN,
    UPSTREAM_UNREAD,
    Finding,
)
from idsync.model.identity import is_everyone
from idsync.model.nesting import DEEPEST
from idsync.model.numbers import counted
from idsync.model.ownership import is_ours
from idsync.model.sent import END_KEY, FIRST_KEY, sent_by_list
from idsync.model.upstream_lists import GONE_LABEL, list_in_okta
from idsync.plan.changes import AccessListChange, BothSides
from idsync.plan.sections import OKTA
from idsync.reconcile.lists_here import Here, ListsHere
from idsync.reconcile.merged_lists import BothWays, Lists, Upstream
from idsync.targets.protocol import DirectoryReader

OKTA_GROUP = "OKTA_GROUP"
_NO_MEMBERS: Members = {}


def merged_lists(
    inputs: Inputs, current: DirectoryState, both: BothWays, target: DirectoryReader, within: Names | None = None
) -> Lists:
    """Merge every list that there is on both sides, or those of them that are looked at (`within`)."""
    subjects = [each for each in inputs.subjects if within is None or each.id in within.access_lists]
    merging = _Merging(inputs, current, both, target, frozenset(each.id for each in subjects))
    for subject in subjects:
        merging.add(subject)
    merging.end_others(everything=both.whole and within is None)
    return merging.lists()


def with_lists(inputs: Inputs, lists: Lists) -> Inputs:
    """The inputs, from which lists are compiled as merged, and roles by the groups as both sides will have them."""
    people = (person for change in lists.out for person in (*change.members_added, *change.members_removed))
    merged = msgspec.structs.replace(
        inputs, merged=lists.merged, staying=lists.kept, taken_up=lists.taken_up, sent=frozenset(people)
    )
    return with_group_members(merged, lists.in_okta)


class _Merging:
    """The merge while it is being made."""

    def __init__(
        self,
        inputs: Inputs,
        current: DirectoryState,
        both: BothWays,
        target: DirectoryReader,
        names: frozenset[str],
    ) -> None:
        self._inputs = inputs
        self._current = current
        self._both = both
        self._rules = ListRules(inputs.settings)
        pool = inputs.pool
        self._present = frozenset(okta_id for okta_id, name in pool.names.items() if name not in pool.held)
        self._names = pool.names
        self._ends = Ends(inputs.past.ends, inputs.now)
        self._types = {group.id: group.type for group in inputs.snapshot.groups}
        self._apps = {app.id: app for app in inputs.snapshot.apps}
        self._groups = {group.id: group for group in inputs.snapshot.groups}
        self._accounts = {entry.okta_id: name for name, entry in inputs.index.users.items() if entry.okta_id}
        # Sets, since taking the keys of a mapping from a set looks at each of the keys.
        self._known, self._with_account = frozenset(self._names), frozenset(self._accounts)
        self._agreed = both.agreed.members(names, None if both.whole else self._known | self._with_account)
        self._gone = self._gone_here()
        self._sent = sent_by_list(both.facts.between(FIRST_KEY, END_KEY))
        self._here = ListsHere(inputs, target, self._present, whole=both.whole)
        self._merged: dict[str, frozenset[str]] = {}
        self._kept: dict[str, frozenset[str]] = {}
        self._out: list[AccessListChange] = []
        self._both_sides: dict[str, BothSides | None] = {}
        self._findings: list[Finding] = []
        self._unsettled: set[str] = set()
        self._in_okta: dict[str, frozenset[str]] = {}
        self._taken_up: set[str] = set()
        self._by_nesting: dict[str, frozenset[str]] = {}

    def lists(self) -> Lists:
        """What became of all lists."""
        unsettled = frozenset(self._unsettled)
        taken_up = frozenset(
            member_address(name, member) for name in self._taken_up for member in self._here.edited(name)
        )
        return Lists(
            self._merged,
            self._kept,
            tuple(self._out),
            self._both_sides,
            tuple(self._findings),
            unsettled,
            self._in_okta,
            taken_up,
            self._by_nesting,
        )

    def add(self, subject: Subject) -> None:
        """Merge one list."""
        existing = self._current.access_lists.get(subject.id)
        if self._rules.goes_both_ways(subject.kind, subject.name) is False:
            if subject.id in self._agreed:
                self._both_sides[subject.id] = None
            return
        if existing is not None and not is_ours(existing.metadata.labels, self._inputs.settings.integration.org_url):
            return
        agreed = self._agreed.get(subject.id) if existing is not None or subject.id in self._gone else None
        upstream = frozenset(subject.member_ids()) & self._present
        here = self._here.of(subject.id, self._current.members.get(subject.id, _NO_MEMBERS))
        if here.lists or here.ending or here.unknown or subject.id in self._sent:
            self._unsettled.add(subject.id)
        if agreed is not None and (here.unknown or here.lists):
            self._kept[subject.id] = here.unknown | here.lists
            self._report(UPSTREAM_UNKNOWN, subject, here.unknown, "is nobody who has the app, and stays here alone")
        if here.nested is None:
            self._leave(subject, here)
        else:
            self._merge(subject, upstream, agreed, here, here.nested)

    def _merge(
        self,
        subject: Subject,
        upstream: frozenset[str],
        agreed: frozenset[str] | None,
        here: Here,
        nested: frozenset[str],
    ) -> None:
        # Without an account nobody can be in a list: that it is gone edits none of their memberships.
        if nested:
            self._by_nesting[subject.id] = nested
        inside = here.direct | nested | (upstream - self._with_account)
        merged = three_way(None if agreed is None else agreed & self._present, upstream, inside, here.edited)
        if agreed is not None:
            self._taken_up.add(subject.id)
        merged = self._permitted(subject, merged, upstream)
        if merged.members != upstream:
            self._in_okta[subject.id] = merged.members
        stay = nested - merged.members if agreed is not None else NOBODY
        won = self._called(merged.contested - stay)
        self._report(REMOVAL_WON, subject, won, "was removed in Okta and edited here: the removal wins")
        staying = self._called(stay & (agreed or NOBODY))
        what = "was removed in Okta, and stays in this list by a list that is nested in it"
        self._report(UPSTREAM_NESTED, subject, staying, what)
        members = merged.members - (nested - here.direct)
        if members != upstream:
            self._merged[subject.id] = members
            self._unsettled.add(subject.id)
        if merged.goes_out:
            self._send(subject, merged)
        self._agree(subject, agreed, merged, stay, here.ended)

    def end_others(self, *, everything: bool) -> None:
        """Forget lists that are not made of a group or an app any more, unless they are left as they are.

        Where `everything` is looked at, that goes for lists that are not here any more, too.
        """
        left = self._inputs.left
        if left.all_absent_lists:
            return
        known = frozenset(self._current.access_lists) | (self._both.agreed.names() if everything else NOBODY)
        gone = known - {subject.id for subject in self._inputs.subjects} - left.lists
        for name in sorted(self._both.agreed.members(gone, ())):
            self._both_sides[name] = None

    def _leave(self, subject: Subject, here: Here) -> None:
        """Leave a list as it is whose nested lists cannot be flattened."""
        what = f"lists nested in it contain each other, or there are more than {DEEPEST} levels: it is left as it is"
        message = f"{subject.kind.value.capitalize()} {subject.name}: {what}."
        self._findings.append(Finding(UPSTREAM_NESTING, "error", message, (subject.cause(),)))
        self._merged[subject.id] = here.direct

    def _send(self, subject: Subject, merged: Merged) -> None:
        """Tell Okta what changes there, of what may be sent now."""
        self._unsettled.add(subject.id)
        only = self._both.only
        if only is not None:
            people = frozenset(person for name, person in only if name == subject.id)
            merged = msgspec.structs.replace(merged, add=merged.add & people, remove=merged.remove & people)
        if merged.goes_out:
            self._out.append(self._change(subject, merged))

    def _agree(
        self,
        subject: Subject,
        agreed: frozenset[str] | None,
        merged: Merged,
        stay: frozenset[str],
        ended: frozenset[str],
    ) -> None:
        """Note what both sides agree on now, and did not before."""
        is_there = subject.id in self._current.access_lists or bool(merged.members)
        if not is_there:
            if subject.id in self._gone and not (merged.remove or self._sent.get(subject.id)):
                self._both_sides[subject.id] = None  # Okta knows who left
            return
        if agreed is None and not self._both.whole:
            return  # of a list that was never agreed on, all has to be looked at
        ended = merged.members & (ended | self._ends.of(subject.id))
        now = newly_agreed(None if agreed is None else agreed & self._present, merged, ended)
        joins = {person: self._names[person] for person in sorted(now.joins)}
        leaves = {person: self._names[person] for person in sorted(now.leaves - stay)}
        leaves |= self._left(subject, agreed or NOBODY)
        untold = bool(merged.remove)
        if joins or leaves or untold or agreed is None:
            self._both_sides[subject.id] = BothSides(subject.kind.value, subject.name, joins, leaves, untold)
        if joins or leaves or ended or stay or agreed is None:
            self._unsettled.add(subject.id)

    def _gone_here(self) -> frozenset[str]:
        """The lists that went with their last member, of which Okta is still to be told, or was told lately.

        One that a hand removed whole is not among them: it is made again as Okta has it.
        """
        bodies = self._both.agreed.bodies(self._agreed.keys() - self._current.access_lists.keys())
        return frozenset(name for name, body in bodies.items() if GONE_LABEL in body.metadata.labels)

    def _left(self, subject: Subject, agreed: frozenset[str]) -> dict[str, str]:
        """Those whom both sides agreed on and who are in the pool no more, and go or are gone here.

        Whom a hand took out while they have an account is not among them: a guard may keep it, and if they come back to
        it, Okta is to be told.
        """
        names_left, members = self._inputs.pool.names_left, self._current.members.get(subject.id, _NO_MEMBERS)
        gone = ((person, self._accounts.get(person)) for person in sorted(agreed - self._known))
        return {person: name or "" for person, name in gone if name is None or (name in names_left and name in members)}

    def _called(self, people: frozenset[str]) -> frozenset[str]:
        return frozenset(map(self._names.__getitem__, people))

    def _permitted(self, subject: Subject, merged: Merged, upstream: frozenset[str]) -> Merged:
        """The outcome, or Okta's side of it where the list, or a membership of it, is never written."""
        if not merged.goes_out or self._both.upstream is None:
            return merged
        code = self._never_written(subject, self._both.upstream)
        if code is not None:
            self._taken_up.discard(subject.id)
            people = self._called(merged.add | merged.remove)
            if code == UPSTREAM_READ_ONLY:
                what = "was edited here, and Okta fills this group by a rule or from an app: it is put back"
                self._report(UPSTREAM_READ_ONLY, subject, people, what)
            else:
                what = "was edited here, and this group conveys an admin role, or Okta does not say: it is put back"
                self._report(UPSTREAM_PRIVILEGED, subject, people, what)
            return Merged(upstream, contested=merged.contested)
        conveyed = merged.remove & self._conveyed(subject) if subject.kind is ListSubject.APP else NOBODY
        if conveyed:
            names = self._called(conveyed)
            self._report(UPSTREAM_CONVEYED, subject, names, "has the app by a group as well, and stays on both sides")
        self._tell_unread(subject, self._called(merged.remove - conveyed))
        return msgspec.structs.replace(merged, members=merged.members | conveyed, remove=merged.remove - conveyed)

    def _never_written(self, subject: Subject, upstream: Upstream) -> str | None:
        """Why a list is never written to; None where it is."""
        if subject.kind is ListSubject.APP:
            return None
        if self._types.get(subject.id) != OKTA_GROUP or subject.id in upstream.filled_by_rules():
            return UPSTREAM_READ_ONLY
        privileged = upstream.conveys_admin_role(subject.id)
        if privileged or (privileged is None and self._rules.goes_both_ways(subject.kind, subject.name) is None):
            return UPSTREAM_PRIVILEGED
        return None

    def _conveyed(self, subject: Subject) -> frozenset[str]:
        """Who has an app through a group, as far as the reading shows the members of these groups, or Okta said so."""
        stay = frozenset(person for person, each in self._sent.get(subject.id, {}).items() if each.stays)
        groups = [self._groups[group] for group in self._apps[subject.id].groups if group in self._groups]
        if any(is_everyone(group.type, group.name) for group in groups):
            return self._present
        return stay.union(*(group.member_ids() for group in groups))

    def _tell_unread(self, subject: Subject, names: frozenset[str]) -> None:
        """Tell that Okta may keep an app for these people: groups have it whose members are not read."""
        if not names or subject.kind is not ListSubject.APP or not self._both.whole:
            return
        unread = sorted(group for group in self._apps[subject.id].groups if group not in self._groups)
        if unread:
            groups = f"{counted(len(unread), 'group')} ({', '.join(unread[:5])})"
            what = f"loses the app, but stays on both sides where they have it by a group as well: {groups} of it"
            self._report(UPSTREAM_UNREAD, subject, names, f"{what} {'is' if len(unread) == 1 else 'are'} not imported")

    def _change(self, subject: Subject, merged: Merged) -> AccessListChange:
        people = sorted(merged.add | merged.remove)
        body = list_in_okta(subject.id, subject.kind.value, subject.name, self._inputs.settings.integration.org_url)
        causes = (subject.cause(), *(UpstreamCause("user", each, self._names[each]) for each in people))
        return AccessListChange(
            access_list_address(subject.id),
            "update",
            Reason.MEMBERS_EDITED,
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
