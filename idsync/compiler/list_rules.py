"""What lists are called and grant: the first rule that matches says so, else Okta itself. And what nearly matches."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator

import msgspec

from idsync.compiler.expansions import unusable, usable
from idsync.compiler.roles import case_finding, config_cause
from idsync.compiler.subjects import Subject
from idsync.config.patterns import PatternSet
from idsync.config.settings import AccessListRule, ListSubject, Settings
from idsync.config.settings import Owner as OwnerSetting
from idsync.config.texts import is_usable_text
from idsync.diagnostics import quoted
from idsync.model.directory import Cause, Reason
from idsync.model.findings import Finding
from idsync.model.ownership import list_roles
from idsync.model.resources import (
    Grants,
    Owner,
)

replace = msgspec.structs.replace
_NOBODY: frozenset[str] = frozenset()


class Wording(msgspec.Struct, frozen=True):
    """What the first matching rule, or Okta itself, says of a list."""

    title: str
    description: str
    grants: Grants
    owners: tuple[str, ...]
    causes: tuple[Cause, ...]
    findings: tuple[Finding, ...] = ()

    @property
    def rules(self) -> tuple[Cause, ...]:
        """The rule that says so, if one does."""
        return self.causes[1:]


class ListRules:
    """The access-list rules made ready for many lists."""

    def __init__(self, settings: Settings, foreign_roles: Collection[str] = ()) -> None:
        """`foreign_roles` are names of roles that are not ours: no list gives one for having its name."""
        self._foreign_roles = foreign_roles
        self._rules = _by_kind(settings.access_list_rules)
        self._patterns = {kind: PatternSet(rule.pattern for rule in rules) for kind, rules in self._rules.items()}
        self._carries_roles = settings.integration.sync.app_groups
        self._default_owners: tuple[OwnerSetting, ...] = settings.default_owners

    def wording(self, subject: Subject) -> Wording:
        """Title, description, grants and first owners of the list of `subject`."""
        place = self._patterns[subject.kind].first(subject.name)
        if place is None:
            grants = self._with_role(Grants(), subject)
            return Wording(subject.name, subject.description, grants, self._owners(()), (subject.cause(),))
        rule = self._rules[subject.kind][place]
        captures = rule.pattern.match(subject.name) or ()
        title = rule.title.expand(captures) if rule.title else ""
        described = rule.description.expand(captures) if rule.description else subject.description
        cause = config_cause(rule.position, f"{rule.subject.value} is {rule.pattern}")
        owners = self._owners(template.expand(captures) for template in rule.owners)
        causes = (subject.cause(), cause)
        findings = tuple(_unusable_texts(rule, captures, causes))
        title = title if is_usable_text(title) else subject.name
        return Wording(title, described, self._with_role(_grants(rule, captures), subject), owners, causes, findings)

    def _with_role(self, grants: Grants, subject: Subject) -> Grants:
        """The grants, with the role by which members use the app or group of the list."""
        member, _ = list_roles(subject.id)
        return with_role(grants, member) if self._carries_roles and member not in self._foreign_roles else grants

    def goes_both_ways(self, kind: ListSubject, name: str) -> bool | None:
        """What the first matching rule says of the memberships of a group or app; None where none says anything."""
        place = self._patterns[kind].first(name)
        return None if place is None else self._rules[kind][place].both_ways

    @property
    def default_owners(self) -> tuple[Owner, ...]:
        """The owners of a list that no rule is about."""
        return tuple(map(Owner, self._owners(())))

    def _owners(self, more: Iterable[str]) -> tuple[str, ...]:
        names = dict.fromkeys([*(owner.name for owner in self._default_owners), *more])
        return tuple(usable(names))


def _unusable_texts(rule: AccessListRule, captures: tuple[str, ...], causes: tuple[Cause, ...]) -> Iterator[Finding]:
    yield from unusable("title", [rule.title] if rule.title else [], captures, causes)
    yield from unusable("owner", rule.owners, captures, causes)
    yield from unusable("role", rule.roles, captures, causes)
    for grant in rule.traits:
        yield from unusable("trait", [grant.name], captures, causes)
        yield from unusable("trait value", grant.values, captures, causes)


def _grants(rule: AccessListRule, captures: tuple[str, ...]) -> Grants:
    roles = dict.fromkeys(template.expand(captures) for template in rule.roles)
    traits: dict[str, dict[str, None]] = defaultdict(dict)
    for grant in rule.traits:  # two names may come to the same
        values = (template.expand(captures) for template in grant.values)
        traits[grant.name.expand(captures)].update(dict.fromkeys(usable(values)))
    return Grants(
        tuple(usable(roles)),
        {name: tuple(values) for name, values in traits.items() if values and is_usable_text(name)},
    )


def with_role(grants: Grants, role: str) -> Grants:
    """The grants with one role more, unless it is among them."""
    return grants if role in grants.roles else replace(grants, roles=(*grants.roles, role))


class EarlierLists(msgspec.Struct, frozen=True):
    """The list rules of the configuration applied before, and the ids of the groups and apps that it took."""

    rules: ListRules
    chosen: frozenset[str]
    managed: bool = True
    keeps_empty: bool = False

    @property
    def reason_of_new(self) -> Reason:
        """Why a list is made that this configuration would not have."""
        return Reason.FILTER_CHANGED if self.managed else Reason.SYNC_CHANGED

    def wording(self, subject: Subject) -> Wording | None:
        """What that configuration would say of the list; None where it would not have it."""
        return self.rules.wording(subject) if subject.id in self.chosen else None


def rule_near_misses(rules: Iterable[AccessListRule], subjects: Collection[Subject]) -> Iterator[tuple[str, Finding]]:
    """Warnings, by Okta id, about groups and apps that would be under another rule but for letter case."""
    for kind, of_kind in _by_kind(rules).items():
        exact = PatternSet(rule.pattern for rule in of_kind)
        ignoring_case = PatternSet((rule.pattern for rule in of_kind), ignoring_case=True)
        for subject in subjects if of_kind else ():
            missed = ignoring_case.first(subject.name) if subject.kind is kind else None
            if missed is not None and missed != exact.first(subject.name):
                rule = of_kind[missed]
                about = f"The {kind.value} {quoted(subject.name)}"
                cause = config_cause(rule.position, rule.pattern.source)
                yield subject.id, case_finding(about, rule.pattern.source, cause)


def _by_kind(rules: Iterable[AccessListRule]) -> dict[ListSubject, tuple[AccessListRule, ...]]:
    rules = tuple(rules)
    return {kind: tuple(rule for rule in rules if rule.subject is kind) for kind in ListSubject}
