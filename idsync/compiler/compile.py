"""The compiler's door: what was prepared and what the target holds become the desired state."""

from collections import defaultdict
from collections.abc import Mapping

import msgspec

from idsync.compiler.access_lists import BY_RULES, DesiredLists, Ends, ListCompiler
from idsync.compiler.access_lists import update_reason as list_update_reason
from idsync.compiler.app_groups import (
    AppGroupCompiler,
    DesiredPlains,
    address_of_subject,
    foreign_roles,
    links_of,
)
from idsync.compiler.causes import setting_cause, user_cause
from idsync.compiler.edited_settings import by_edited_settings
from idsync.compiler.expansions import unusable_values
from idsync.compiler.gone_lists import GoneLists
from idsync.compiler.import_rules import ImportRuleLabels
from idsync.compiler.inputs import Inputs
from idsync.compiler.left_as_is import findings_of
from idsync.compiler.list_rules import rule_near_misses
from idsync.compiler.locks import DesiredLocks
from idsync.compiler.measures import Shape, shape_of
from idsync.compiler.subjects import filter_near_misses
from idsync.compiler.users import adopted, conflict, desired_user, is_temporary_sso_user, may_adopt
from idsync.compiler.users import update_reason as user_update_reason
from idsync.model.addresses import Address, access_list_address, lock_address, user_address
from idsync.model.canonical import canonical_bytes
from idsync.model.directory import DirectoryState, GivenRoles, Names, Reason, Why
from idsync.model.earlier import Earlier, as_applied_before
from idsync.model.findings import Finding
from idsync.model.identity import IdentityUser, ProfileValue, attributes_of
from idsync.model.ownership import is_ours, our_labels
from idsync.model.resources import Traits, User


class Compilation(msgspec.Struct, frozen=True):
    """The desired state, why each object of it is as it is, who gave each role, and what was noticed."""

    desired: DirectoryState
    why: dict[Address, Why]
    given: dict[str, GivenRoles]
    findings: tuple[Finding, ...]
    shapes: dict[str, Shape]
    """Which attributes people have a value of, by Okta id: of everybody who was compiled or left alone."""
    adopted: frozenset[str]
    kept: dict[str, tuple[str, ...]]
    held: frozenset[str]
    """Everyone who was left exactly as they are."""
    lifetimes: Mapping[str, int]
    """For how many seconds each lock to be made lasts, by its name; a lock without one has no end."""
    earlier: Earlier | None
    """What the configuration applied before would make of what changes, where it is known."""
    noticed: frozenset[str]
    noticed_lists: frozenset[str]
    """People and lists about whom something is to be said at every plan: they are looked at each time."""
    noticed_resources: frozenset[str]
    """Apps and groups, by Okta id, about whose resources something is to be said at every plan."""
    strangers: frozenset[str]
    """Names that somebody gets in this plan, and under which the directory has entries of the person before."""


def compile_state(
    inputs: Inputs, locks: DesiredLocks, current: DirectoryState, within: Names | None = None
) -> Compilation:
    """The desired state of `within`, or of everything; `current` holds at least that, and every lock in force."""
    sync = inputs.settings.integration.sync
    draft = _Draft(inputs, locks, current)
    if sync.users:
        draft.make_users(within)
    if sync.access_lists:
        draft.make_lists(within)
    if sync.app_groups:
        draft.make_resources(within)
    return draft.compilation()


class _Draft:
    """The desired state while it is being made."""

    def __init__(self, inputs: Inputs, locks: DesiredLocks, current: DirectoryState) -> None:
        self._inputs = inputs
        self._current = current
        self._org_url = inputs.settings.integration.org_url
        self._our_labels = our_labels(self._org_url)
        self._users: dict[str, User] = {}
        self._locks = dict(locks.locks)
        self._lifetimes = locks.lifetimes
        self._lists = DesiredLists({}, {}, {}, (), {})
        self._plain = DesiredPlains({}, {})
        self._why: dict[Address, Why] = dict(locks.why)
        self._given: dict[str, GivenRoles] = {}
        self._given_earlier: dict[str, GivenRoles] = {}
        self._traits_edited: set[str] = set()
        self._findings: list[Finding] = [
            *findings_of(inputs.snapshot.left_as_is),
            *inputs.pool.findings,
            *inputs.roles.findings,
            *locks.findings,
        ]
        self._held = set(inputs.pool.held | locks.unlockable)
        self._noticed: set[str] = set()
        self._odd_values: dict[str, list[tuple[str, str]]] = defaultdict(list)
        self._noticed_lists: frozenset[str] = frozenset()
        self._adopted: set[str] = set()
        self._shapes: dict[str, Shape] = {}
        self._locked = locks.locked
        self._strangers = locks.strangers

    def make_users(self, within: Names | None) -> None:
        """Every user to have, or those of `within`."""
        pool = self._inputs.pool
        chosen = pool.present.keys() if within is None else sorted(within.users & pool.present.keys())
        names = [name for name in chosen if name not in self._held]
        identities = [pool.present[name] for name in names]
        for name, identity, attributes in zip(names, identities, attributes_of(identities), strict=True):
            self._shapes[identity.id] = shape_of(attributes)
            self._make_user(name, identity, attributes)
        left_alone = [*(pool.present[name] for name in self._held & pool.present.keys()), *pool.aside]
        for identity, attributes in zip(left_alone, attributes_of(left_alone), strict=True):
            self._shapes[identity.id] = shape_of(attributes)
        for name in self._current.users.keys() & self._held:
            if self._inputs.index.users[name].okta_id is not None:
                self._users[name] = self._current.users[name]
        self._why.update((user_address(name), why) for name, why in pool.leaving.items())
        self._findings += [unusable_values(trait, people) for trait, people in sorted(self._odd_values.items())]

    def _make_user(self, name: str, identity: IdentityUser, attributes: dict[str, ProfileValue]) -> None:
        inputs = self._inputs
        address = user_address(name)
        existing = self._current.users.get(name)
        old_name = inputs.pool.renamed.get(name)
        why = Why(Reason.ASSIGNED, (user_cause(identity),))
        if name in inputs.pool.claimed and existing is not None:
            if not may_adopt(existing, inputs.settings.integration.users.adopt):
                self._findings.extend(conflict(identity, existing))
                self._held.add(name)
                self._leave_locks_on(name)
                return
            self._adopted.add(name)
            why = self._why_adopted(existing, why)
            existing = adopted(existing)
        elif old_name is not None:
            existing = self._current.users.get(old_name)
            why = Why(Reason.RENAMED, why.causes)
        elif name in inputs.pool.passed:
            existing = None  # that one is another person's
        given = inputs.roles.roles(identity.id, attributes)
        kept = self._kept_roles(existing, given)
        if kept:
            self._noticed.add(name)
            given = GivenRoles((*given.names, *kept), (*given.causes, *(() for _ in kept)))
        misses = inputs.roles.case_misses(attributes)
        if misses:
            self._noticed.add(name)
            self._findings.extend(misses)
        traits, odd = inputs.traits.shown(attributes)
        if odd:
            self._noticed.add(name)
            for trait in odd:
                self._odd_values[trait].append((name, identity.id))
        user = desired_user(identity, given.names, traits, self._our_labels, existing)
        self._users[name] = user
        self._given[name] = given
        if inputs.earlier is not None and user != self._current.users.get(name):
            self._given_earlier[name] = inputs.earlier.roles.roles(identity.id, attributes)
        if (
            existing is not None
            and existing.spec.traits != traits
            and self._hides_or_shows(existing, traits, attributes)
        ):
            self._traits_edited.add(name)
        self._why[address] = self._why_user(why, address, existing, user, identity.id)

    def _why_adopted(self, existing: User, why: Why) -> Why:
        """Whether a login made the user for a while, or the configuration names it, and where."""
        if is_temporary_sso_user(existing):
            return Why(Reason.ADOPTED, why.causes)
        return Why(Reason.ADOPTED_BY_NAME, (setting_cause(self._inputs.settings, "users.adopt"), *why.causes))

    def _hides_or_shows(self, existing: User, traits: Traits, attributes: dict[str, ProfileValue]) -> bool:
        """Whether the configuration makes the traits of somebody others: the one before would show more or less, or
        other names, of the same profile. Where that one is unknown, it is an edit that hides a trait.
        """
        inputs = self._inputs
        if inputs.earlier is not None:
            return inputs.earlier.traits.shown(attributes)[0] != traits
        hides = inputs.settings.integration.users.traits.hides
        known = inputs.last is not None and inputs.config_changed
        return known and any(hides(trait) for trait in existing.spec.traits.keys() - traits.keys())

    def _kept_roles(self, existing: User | None, given: GivenRoles) -> tuple[str, ...]:
        """Roles that somebody has by a group of whose members nothing is known now."""
        roles = self._inputs.left.roles
        if not roles or existing is None:
            return ()
        return tuple(role for role in existing.spec.roles if role in roles and role not in given.names)

    def _leave_locks_on(self, name: str) -> None:
        """Undo the lock decisions for this name: they assumed a user of ours, but the user is foreign."""
        for key in [key for key, lock in self._locks.items() if lock.spec.target.user == name]:
            del self._locks[key]
            self._why.pop(lock_address(key), None)
        self._locks.update(
            (key, lock)
            for key, lock in self._current.locks.items()
            if key not in self._locks  # somebody may have edited it by hand, and its own user still needs it
            and lock.spec.target.user == name
            and is_ours(lock.metadata.labels, self._org_url)
        )

    def _why_user(self, why: Why, address: Address, before: User | None, after: User, okta_id: str) -> Why:
        if why.reason is not Reason.ASSIGNED or after.metadata.name in self._inputs.pool.passed:
            return why
        edited = address in self._inputs.edited
        if before is None and edited:
            return Why(Reason.DRIFT, why.causes)
        if before is None:
            return Why(Reason.REPROVISIONED, why.causes) if okta_id in self._locked else why
        if before == after:
            return why
        earlier, name = self._inputs.earlier, after.metadata.name
        changed = self._inputs.config_changed
        if changed and earlier is not None and earlier.whole and name in self._given_earlier:
            changed = self._given_earlier[name].names != self._given[name].names
        reason = user_update_reason(
            before, after, edited=edited, config_changed=changed, traits_edited=name in self._traits_edited
        )
        if reason is Reason.MEMBERSHIP_CHANGED and okta_id in self._inputs.sent:
            reason = Reason.MEMBERS_EDITED
        return Why(reason, why.causes)

    def make_lists(self, within: Names | None) -> None:
        """Every list to have, or those of `within`."""
        inputs = self._inputs
        chosen = inputs.subjects
        settled: frozenset[str] = frozenset()
        if within is not None:
            chosen = tuple(subject for subject in chosen if subject.id in within.access_lists)
            settled = frozenset(subject.id for subject in inputs.subjects) - within.access_lists
        compiler = ListCompiler(
            inputs.settings,
            inputs.snapshot,
            inputs.pool,
            frozenset(self._held),
            inputs.shared_lists,
            inputs.left,
            self._strangers,
            Ends(inputs.past.ends, inputs.now),
            GoneLists(inputs.settings.filters, inputs.snapshot, inputs.known_lists, inputs.others),
            None if inputs.earlier is None else inputs.earlier.lists,
            inputs.merged,
            inputs.staying,
            foreign_roles(self._current.plain, self._org_url),
        )
        self._lists = compiler.compile(chosen, self._current.access_lists, self._current.members)
        self._findings.extend(self._lists.findings)
        near = [
            *filter_near_misses(inputs.settings.filters, inputs.snapshot, settled),
            *rule_near_misses(inputs.settings.access_list_rules, chosen),
        ]
        self._findings.extend(finding for _, finding in near)
        self._noticed_lists = frozenset(okta_id for okta_id, _ in near) | self._lists.noticed
        for address, why in self._lists.why.items():
            self._why[address] = self._why_list(address, why)

    def make_resources(self, within: Names | None) -> None:
        """Every app and group to have as a resource, and the roles of lists that were made; or those of `within`."""
        inputs = self._inputs
        chosen = inputs.app_groups
        if within is not None:
            chosen = tuple(subject for subject in chosen if address_of_subject(subject) in within.plain)
        elif inputs.resources_of is not None:
            chosen = tuple(subject for subject in chosen if subject.id in inputs.resources_of)
        compiler = AppGroupCompiler(
            self._org_url,
            ImportRuleLabels(inputs.settings.import_rules),
            links_of(inputs.app_groups),
            inputs.left,
            GoneLists(inputs.settings.filters, inputs.snapshot, inputs.known_lists, inputs.others),
            inputs.edited,
            self._current.plain,
            {subject.id: subject.kind for subject in inputs.app_groups},
        )
        roles = inputs.settings.integration.sync.access_lists
        self._plain = compiler.compile(chosen, self._lists.access_lists, roles=roles)
        self._findings.extend(self._plain.findings)
        self._why.update(self._plain.why)

    def _why_list(self, address: Address, why: Why) -> Why:
        name = address.partition("/")[2]
        before, after = self._current.access_lists.get(name), self._lists.access_lists.get(name)
        if after is None or why.reason is not Reason.IMPORTED:
            return why
        edited = access_list_address(name) in self._inputs.edited or self._members_edited(name)
        if before is None:
            return Why(Reason.DRIFT, why.causes) if edited else why
        inputs = self._inputs
        was = self._lists.earlier.get(name)
        other_config = inputs.last is not None and inputs.config_changed
        reason = list_update_reason(before, after, self._strangers, was, edited=edited, other_config=other_config)
        gone = was.rules if was is not None and reason in BY_RULES and was.grants != after.spec.grants else ()
        return Why(reason, (*why.causes, *as_applied_before(gone)))

    def _members_edited(self, name: str) -> bool:
        edited = self._inputs.edited
        prefix = f"access_list_member/{name}/"
        return bool(edited) and any(address.startswith(prefix) for address in edited)

    def _earlier(self) -> Earlier | None:
        rules = self._inputs.earlier
        if rules is None:
            return None
        grants = {name: None if was is None else was.grants for name, was in self._lists.earlier.items()}
        return Earlier(self._given_earlier, grants, rules.whole)

    def compilation(self) -> Compilation:
        """The desired state, made."""
        lists = self._lists
        locks = {**self._current.locks, **self._locks}
        locked = {name: lock.spec.target.user or "" for name, lock in locks.items()}
        self._why.update(by_edited_settings(self._inputs, self._why, locked))
        return Compilation(
            DirectoryState(self._users, self._locks, lists.access_lists, dict(lists.members), self._plain.plain),
            self._why,
            self._given,
            tuple(sorted(set(self._findings), key=_finding_order)),
            self._shapes,
            frozenset(self._adopted),
            lists.kept,
            frozenset(self._held),
            self._lifetimes,
            self._earlier(),
            frozenset(self._noticed),
            self._noticed_lists,
            self._plain.noticed,
            self._strangers,
        )


def _finding_order(finding: Finding) -> tuple[int, str, str, bytes]:
    """The worst first; the causes decide where two of the same words are about groups of one name."""
    severity = {"error": 0, "warning": 1, "info": 2}[finding.severity]
    return severity, finding.code, finding.message, canonical_bytes(finding.causes)
