"""Labels that import rules give to apps and groups."""

from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property

from idsync.compiler.expansions import unusable
from idsync.compiler.roles import config_cause
from idsync.compiler.subjects import Subject
from idsync.config.patterns import NamePattern, PatternSet
from idsync.config.settings import ImportRule, ListSubject
from idsync.config.texts import is_usable_text
from idsync.diagnostics import quoted
from idsync.model.directory import Cause
from idsync.model.findings import Finding
from idsync.model.suggestions import did_you_mean, nearest

Labelled = tuple[dict[str, str], tuple[Cause, ...], list[Finding]]
"""Labels, the rules that gave them, and what is to be said of those that are not given."""
NOTHING: Labelled = ({}, (), [])


class ImportRuleLabels:
    """Import rules made ready for many apps and groups; they stand with the highest priority first."""

    def __init__(self, rules: Sequence[ImportRule]) -> None:
        self._rules = rules

    def of(self, subject: Subject) -> Labelled:
        """The labels of one app or group: of rules that set the same label, the first that takes it."""
        taking = self._taking(subject) if self._rules else ()
        if not taking:
            return NOTHING
        labels: dict[str, str] = {}
        causes: list[Cause] = []
        findings: list[Finding] = []
        for rule, captures, by in taking:
            cause = config_cause(rule.position, by)
            given = {label.name: label.value.expand(captures) for label in rule.labels if label.name not in labels}
            usable = {name: value for name, value in given.items() if is_usable_text(value)}
            if usable:
                labels |= usable
                causes.append(cause)
            odd = [label.value for label in rule.labels if label.name in given and label.name not in usable]
            findings += unusable("label", odd, captures, (subject.cause(), cause))
        return labels, tuple(causes), findings

    def _taking(self, subject: Subject) -> list[tuple[ImportRule, tuple[str, ...], str]]:
        """The rules that take it, each with the captures of the first filter that does, and how people call that."""
        first: dict[int, tuple[tuple[str, ...], str]] = {}
        patterns, places = self._patterns[subject.kind]
        for index in patterns.all(subject.name):
            pattern = patterns.patterns[index]
            first.setdefault(places[index], (pattern.match(subject.name) or (), f"{subject.kind} is {pattern}"))
        for place in self._by_id[subject.kind].get(subject.id, ()):
            first.setdefault(place, ((), f"{subject.kind} is {subject.id}"))
        return [(self._rules[place], *first[place]) for place in sorted(first)]

    @cached_property
    def _patterns(self) -> dict[ListSubject, tuple[PatternSet, list[int]]]:
        """All filters over one kind of name together, and the rule of each."""
        return {kind: self._together(kind) for kind in ListSubject}

    def _together(self, kind: ListSubject) -> tuple[PatternSet, list[int]]:
        pairs = [(pattern, place) for place, rule in enumerate(self._rules) for pattern in patterns_of(rule, kind)]
        return PatternSet(pattern for pattern, _ in pairs), [place for _, place in pairs]

    @cached_property
    def _by_id(self) -> dict[ListSubject, dict[str, list[int]]]:
        found: dict[ListSubject, dict[str, list[int]]] = {kind: {} for kind in ListSubject}
        for place, rule in enumerate(self._rules):
            for kind in ListSubject:
                for okta_id in ids_of(rule, kind):
                    found[kind].setdefault(okta_id, []).append(place)
        return found


def patterns_of(rule: ImportRule, kind: ListSubject) -> tuple[NamePattern, ...]:
    """The filters of a rule over apps, or over groups."""
    return rule.apps if kind is ListSubject.APP else rule.groups


def ids_of(rule: ImportRule, kind: ListSubject) -> list[str]:
    """The ids of apps, or of groups, that a rule names."""
    return [named.id for named in (rule.app_ids if kind is ListSubject.APP else rule.group_ids)]


def rules_without_effect(rules: Iterable[ImportRule], subjects: Sequence[Subject]) -> Iterator[Finding]:
    """A warning for each filter and id of a rule that takes nothing of a whole reading."""
    for rule in rules:
        for kind in ListSubject:
            of_kind = [subject for subject in subjects if subject.kind is kind]
            names = [subject.name for subject in of_kind]
            for pattern in patterns_of(rule, kind):
                if set(pattern.source) != {"*"} and not any(map(pattern.matches_ignoring_case, names)):
                    what = f"No {kind} that is imported matches {quoted(str(pattern))}, so this rule labels none by it."
                    meant = did_you_mean(nearest(str(pattern), names))
                    place = (config_cause(pattern.position or rule.position, ""),)
                    yield Finding("matches_nothing", "warning", what + meant, place)
            known = {subject.id for subject in of_kind}
            for named in rule.app_ids if kind is ListSubject.APP else rule.group_ids:
                if named.id not in known:
                    what = f"No {kind} that is imported has the id {quoted(named.id)}, so this rule labels none by it."
                    place = (config_cause(named.position, ""),)
                    yield Finding("matches_nothing", "warning", what + did_you_mean(nearest(named.id, known)), place)
