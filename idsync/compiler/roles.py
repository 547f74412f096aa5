"""Role mapping: default roles, then the rules in their order; every role knows which rule gave it."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, KeysView, Mapping, Sequence
from typing import Generic, TypeVar, assert_never

import msgspec

from idsync.compiler.expansions import unusable, usable
from idsync.compiler.traits import TraitMapping, trait_values
from idsync.config.patterns import NamePattern, PatternSet
from idsync.config.settings import GroupRule, Settings, TraitRule
from idsync.config.templates import Template
from idsync.diagnostics import Position, quoted
from idsync.model.directory import Cause, ConfigCause, GivenRoles, UpstreamCause
from idsync.model.findings import Finding
from idsync.model.identity import IdentityGroup, ProfileValue, Snapshot, is_everyone

R = TypeVar("R", bound=TraitRule | GroupRule)
Role = tuple[str, tuple[Cause, ...]]
"""A role and why a person has it."""
Share = tuple[int, tuple[Role, ...]]
"""What one rule, by its place in the order, gives."""


class GroupShares(msgspec.Struct, frozen=True, gc=False):
    """What some groups give by which rules; people with the same share one object, told by its number."""

    number: int
    shares: tuple[Share, ...]
    basis: bytes


_NO_SHARES = GroupShares(0, (), b"")
_SharesByValue = dict[str, tuple[Share, ...]]
_TEXT_OR_NOTHING = frozenset({str, type(None)})
"""What equals nothing of another type, unlike 1, 1.0 and true."""


def config_cause(position: Position, rule: str) -> ConfigCause:
    """A place in the configuration as a cause."""
    return ConfigCause(position.file, position.line, position.column, rule)


class RoleMapping:
    """The rules made ready for many people: groups matched once, each trait value once."""

    def __init__(self, settings: Settings, snapshot: Snapshot, traits: TraitMapping) -> None:
        self._snapshot = snapshot
        self._default = tuple(
            (role.name, (config_cause(role.position, "default role"),))
            for role in settings.integration.users.default_roles
        )
        trait_rules: dict[str, list[tuple[int, TraitRule]]] = defaultdict(list)
        group_rules: list[tuple[int, GroupRule]] = []
        for place, rule in enumerate(settings.role_rules):
            match rule:
                case TraitRule():
                    trait_rules[rule.trait].append((place, rule))
                case GroupRule():
                    group_rules.append((place, rule))
                case _:
                    assert_never(rule)
        self._trait_rules = {
            trait: _Together(rules, [rule.value for _, rule in rules]) for trait, rules in trait_rules.items()
        }
        self._watched = [(traits.attribute(trait), trait, _SharesByValue()) for trait in self._trait_rules]
        self._attributes = tuple(attribute for attribute, _, _ in self._watched)
        self._known: dict[tuple[int, tuple[ProfileValue, ...]], GivenRoles] = {}
        self._missed: dict[tuple[str, str], list[Finding]] = defaultdict(list)
        self._combinations: dict[tuple[int, ...], GivenRoles] = {}
        self.findings: list[Finding] = []
        self.witnesses: dict[int, str] = {}
        """Somebody, by Okta id, whom each trait rule matches, by its place; of rules that match nobody, nobody."""
        self._texts: dict[str, dict[str, str]] = defaultdict(dict)
        self.matched_groups: set[int] = set()
        """Places of the group rules that match some group."""
        self._watched_groups: set[str] = set()
        self._by_user = _interned(self._group_shares(group_rules, snapshot.groups))

    @property
    def watched_groups(self) -> frozenset[str]:
        """Ids of the groups that some rule names."""
        return frozenset(self._watched_groups)

    def texts(self, trait: str) -> Mapping[str, str]:
        """The values of one trait that were met so far, each with the Okta id of somebody who has it."""
        return self._texts[trait]

    def people_with_group_roles(self) -> KeysView[str]:
        """Okta ids of everyone whom some group gives a role."""
        return self._by_user.keys()

    def group_basis(self, user_id: str) -> bytes:
        """What groups give one person by which rules: with the profile, all that roles and their order depend on."""
        return self._by_user.get(user_id, _NO_SHARES).basis

    def roles(self, user_id: str, attributes: Mapping[str, ProfileValue]) -> GivenRoles:
        """One person's roles, first-seen order, without repeats."""
        by_group = self._by_user.get(user_id, _NO_SHARES)
        values = tuple(map(attributes.get, self._attributes))
        if not _TEXT_OR_NOTHING.issuperset(map(type, values)):
            return self._worked_out(user_id, by_group, attributes)
        made_of = (by_group.number, values)
        given = self._known.get(made_of)
        if given is None:
            given = self._known[made_of] = self._worked_out(user_id, by_group, attributes)
        return given

    def _worked_out(self, user_id: str, by_group: GroupShares, attributes: Mapping[str, ProfileValue]) -> GivenRoles:
        shares = list(by_group.shares)
        for attribute, trait, by_value in self._watched:
            value = attributes.get(attribute)
            for text in (value,) if type(value) is str else trait_values(value):
                known = by_value.get(text)
                if known is None:
                    known = by_value[text] = self._value_shares(trait, text)
                    if text and "\0" not in text:
                        self._texts[trait][text] = user_id
                    for place, _ in known:
                        self.witnesses.setdefault(place, user_id)
                shares += known
        shares.sort(key=_place)
        combination = tuple(map(id, shares))  # the rules hold every share, so that its id stays its own
        given = self._combinations.get(combination)
        if given is None:
            given = self._combinations[combination] = _first_seen(self._default, shares)
        return given

    def case_misses(self, attributes: Mapping[str, ProfileValue]) -> list[Finding]:
        """Warnings about one person's trait values that fail a rule only by letter case, or give no usable role."""
        if not self._missed:
            return []
        keys = ((trait, text) for name, trait, _ in self._watched for text in trait_values(attributes.get(name)))
        return [finding for key in keys for finding in self._missed.get(key, ())]

    def _value_shares(self, trait: str, value: str) -> tuple[Share, ...]:
        shares: list[Share] = []
        if not value or "\0" in value:  # such text never becomes a trait
            return ()
        for place, rule, matches in self._trait_rules[trait].near(value):
            if matches:
                captures = rule.value.match(value) or ()
                cause = config_cause(rule.position, f"{trait} is {rule.value}")
                shares.append((place, _expanded(rule.roles, captures, (cause,))))
                if odd := list(unusable("role", rule.roles, captures, (cause,))):
                    self._missed[trait, value] += odd
            else:
                cause = config_cause(rule.position, rule.value.source)
                about = f"The value {quoted(value)} of {trait}"
                self._missed[trait, value].append(case_finding(about, rule.value.source, cause))
        return tuple(shares)

    def _group_shares(
        self, rules: list[tuple[int, GroupRule]], groups: Iterable[IdentityGroup]
    ) -> dict[str, list[Share]]:
        shares: dict[str, list[Share]] = defaultdict(list)
        if not rules:
            return shares
        together = _Together(rules, [rule.group for _, rule in rules])
        for group in sorted(groups, key=lambda group: (group.name, group.id)):
            matching = []
            for place, rule, matches in together.near(group.name):
                if matches:
                    matching.append((place, rule))
                else:
                    cause = config_cause(rule.position, rule.group.source)
                    self.findings.append(case_finding(f"The group {quoted(group.name)}", rule.group.source, cause))
            self.matched_groups.update(place for place, _ in matching)
            given = [_group_share(place, rule, group) for place, rule in matching]
            self.findings.extend(odd for _, rule in matching for odd in _unusable_roles(rule, group))
            if given:
                self._watched_groups.add(group.id)
                for user_id in self._members(group):
                    shares[user_id].extend(given)
        return shares

    def _members(self, group: IdentityGroup) -> Iterable[str]:
        if is_everyone(group.type, group.name):
            return [user.id for user in self._snapshot.users]
        return group.member_ids()


class _Together(Generic[R]):
    """Rules of one kind with their places, each with a pattern, matched at once."""

    def __init__(self, rules: Sequence[tuple[int, R]], patterns: Sequence[NamePattern]) -> None:
        self._rules = rules
        self._patterns = PatternSet(patterns)
        self._ignoring_case = PatternSet(patterns, ignoring_case=True)

    def near(self, name: str) -> Iterator[tuple[int, R, bool]]:
        """Place and rule of each that matches a name, or would but for letter case; and whether it does."""
        near = self._ignoring_case.all(name)
        matching = self._patterns.all(name) if near else ()
        for found in near:
            place, rule = self._rules[found]
            yield place, rule, found in matching


def _interned(by_user: Mapping[str, list[Share]]) -> dict[str, GroupShares]:
    known: dict[tuple[int, ...], GroupShares] = {}
    interned = {}
    for user_id, shares in by_user.items():
        combination = tuple(map(id, shares))  # `by_user` holds every share, so that its id stays its own
        found = known.get(combination)
        if found is None:
            basis = "\0".join(f"{place} {role}" for place, share in shares for role, _ in share).encode()
            found = known[combination] = GroupShares(len(known) + 1, tuple(shares), basis)
        interned[user_id] = found
    return interned


def case_finding(subject: str, pattern: str, cause: Cause) -> Finding:
    """A warning that something would match but for upper and lower case."""
    message = f"{subject} matches {quoted(pattern)} only if upper and lower case count as the same, which they do not."
    return Finding("case_mismatch", "warning", message, (cause,))


def _group_share(place: int, rule: GroupRule, group: IdentityGroup) -> Share:
    captures = rule.group.match(group.name) or ()
    return place, _expanded(rule.roles, captures, _group_causes(rule, group))


def _group_causes(rule: GroupRule, group: IdentityGroup) -> tuple[Cause, ...]:
    return UpstreamCause("group", group.id, group.name), config_cause(rule.position, f"group is {rule.group}")


def _unusable_roles(rule: GroupRule, group: IdentityGroup) -> Iterator[Finding]:
    return unusable("role", rule.roles, rule.group.match(group.name) or (), _group_causes(rule, group))


def _expanded(
    templates: tuple[Template, ...], captures: tuple[str, ...], causes: tuple[Cause, ...]
) -> tuple[Role, ...]:
    names = (template.expand(captures) for template in templates)
    return tuple((name, causes) for name in usable(names))


def _place(share: Share) -> int:
    return share[0]


def _first_seen(default: tuple[Role, ...], shares: list[Share]) -> GivenRoles:
    seen: dict[str, tuple[Cause, ...]] = {}
    for role, causes in (*default, *(given for _, share in shares for given in share)):
        seen.setdefault(role, causes)
    return GivenRoles(tuple(seen), tuple(seen.values()))
