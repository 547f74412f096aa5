"""Configuration that does nothing: rules, filters and names that fit nobody and nothing in a whole reading.

Each is a finding with the place where it is written and, where something is like it, with what may be meant. What only
letter case keeps from fitting is `case_mismatch`, which is told where it is compared.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from itertools import chain

from idsync.compiler.import_rules import rules_without_effect
from idsync.compiler.inputs import Inputs
from idsync.compiler.memo import Checked
from idsync.compiler.roles import config_cause
from idsync.compiler.trait_rules import meant_by
from idsync.config.guards import NamedPerson
from idsync.config.patterns import NameFilter, NamePattern, PatternSet, normalised
from idsync.config.settings import AccessListRule, GroupRule, ListSubject, TraitRule
from idsync.diagnostics import Position, quoted
from idsync.model.findings import Finding, Severity
from idsync.model.names import twin_key, twin_keys
from idsync.model.suggestions import did_you_mean, nearest, nearest_people

_SURELY = 0.8
_NAMES: Mapping[str, str] = {}


def without_effect(
    inputs: Inputs, attributes: Mapping[str, int], checked: Checked, other_names: Mapping[str, str] = _NAMES
) -> list[Finding]:
    """Everything in the configuration that fits nothing of a whole reading.

    `attributes` says how many people have a value of each; `checked` whom trait rules match. `other_names` are names,
    by id, of groups and apps that exist and are not in the reading.
    """
    sync = inputs.settings.integration.sync
    found: list[Finding] = []
    if sync.users:
        found += _trait_rules(inputs, attributes, checked)
        found += _group_rules(inputs, other_names)
        found += _trait_filters(inputs, attributes)
    if sync.access_lists:
        for kind in ListSubject:
            found += _import_filters(inputs, kind, other_names)
            found += _list_rules(inputs, kind)
    if sync.app_groups:
        found += rules_without_effect(inputs.settings.import_rules, inputs.app_groups)
    if sync.users and not inputs.snapshot.sanitized:  # the names in it are nobody's
        found += _people(inputs)
    return found


def _finding(
    message: str, position: Position | None, meant: Iterable[str] = (), severity: Severity = "warning"
) -> Finding:
    causes = () if position is None else (config_cause(position, ""),)
    return Finding("matches_nothing", severity, f"{message}{did_you_mean(meant)}", causes)


def _trait_rules(inputs: Inputs, attributes: Mapping[str, int], checked: Checked) -> Iterator[Finding]:
    prefix = inputs.settings.integration.users.traits.prefix
    for place, rule in enumerate(inputs.settings.role_rules):
        if not isinstance(rule, TraitRule) or not rule.trait.startswith(prefix):
            continue  # a trait without the prefix is told when the configuration is loaded
        if not attributes.get(inputs.traits.attribute(rule.trait)):
            meant = nearest(rule.trait, [prefix + attribute for attribute in attributes])
            yield _finding(
                f"Nobody has the trait {quoted(rule.trait)}, so this rule gives nobody a role.", rule.position, meant
            )
        elif place in checked.meant:
            message = f"Nobody's {rule.trait} matches {quoted(str(rule.value))}, so this rule gives nobody a role."
            yield _finding(message, rule.position, checked.meant[place])


def _group_rules(inputs: Inputs, other_names: Mapping[str, str]) -> Iterator[Finding]:
    names: list[str] = []
    for place, rule in enumerate(inputs.settings.role_rules):
        if isinstance(rule, GroupRule) and place not in inputs.roles.matched_groups:
            names = names or [*(group.name for group in inputs.snapshot.groups), *other_names.values()]
            if any(map(rule.group.matches_ignoring_case, names)):
                continue
            message = f"No group matches {quoted(str(rule.group))}, so this rule gives nobody a role."
            yield _finding(message, rule.position, meant_by(rule.group, names))


def _trait_filters(inputs: Inputs, attributes: Mapping[str, int]) -> Iterator[Finding]:
    chosen = inputs.settings.integration.users.traits.attributes
    yield from _filters(chosen, "attribute that anybody has", "users.traits", attributes, attributes, attributes)


def _import_filters(inputs: Inputs, kind: ListSubject, other_names: Mapping[str, str]) -> Iterator[Finding]:
    filters = inputs.settings.filters
    if kind is ListSubject.GROUP:
        chosen, listed = filters.groups, [group.name for group in inputs.snapshot.groups]
    else:
        chosen, listed = filters.apps, [app.label for app in inputs.snapshot.apps]
    taken = [subject.name for subject in inputs.subjects if subject.kind is kind]
    yield from _filters(chosen, kind.value, f"{kind.value}s", taken, listed, [*listed, *other_names.values()])


def _filters(
    chosen: NameFilter, what: str, key: str, taken: Iterable[str], listed: Collection[str], known: Collection[str]
) -> Iterator[Finding]:
    """Filters that take nothing, and those that leave nothing out while something is much like what they name."""
    include = [pattern for pattern in chosen.include or () if set(pattern.source) != {"*"}]
    for pattern in _unmatched(include, taken):
        matched = sum(pattern.match(name) is not None for name in listed)
        if matched:
            message = (
                f"{key}.include: {quoted(str(pattern))} takes nothing: {matched:,} {what}s match it, and are left out."
            )
            yield _finding(message, pattern.position)
        elif not any(map(pattern.matches_ignoring_case, known)):
            yield _finding(
                f"{key}.include: no {what} matches {quoted(str(pattern))}.", pattern.position, meant_by(pattern, known)
            )
    # A reading need not hold what is left out, so that only a likeness shows that a filter is misspelt.
    for pattern in _unmatched(chosen.exclude, known):
        meant = meant_by(pattern, known, alike=_SURELY)
        if meant and not any(map(pattern.matches_ignoring_case, known)):
            yield _finding(f"{key}.exclude: no {what} matches {quoted(str(pattern))}.", pattern.position, meant)


def _unmatched(patterns: Collection[NamePattern], names: Iterable[str]) -> list[NamePattern]:
    together = PatternSet(patterns)
    missing = set(range(len(together.patterns)))
    for name in names if missing else ():
        missing.difference_update(together.all(name))
        if not missing:
            break
    return [together.patterns[place] for place in sorted(missing)]


def _list_rules(inputs: Inputs, kind: ListSubject) -> Iterator[Finding]:
    rules = [rule for rule in inputs.settings.access_list_rules if rule.subject is kind]
    if not rules:
        return
    patterns = PatternSet(rule.pattern for rule in rules)
    first: set[int] = set()
    matched: set[int] = set()
    names = [subject.name for subject in inputs.subjects if subject.kind is kind]
    for name in names:
        places = patterns.all(name)
        matched.update(places)
        first.update(places[:1])
        if len(first) == len(rules):
            return
    for place, rule in enumerate(rules):
        if place in first or set(rule.pattern.source) == {"*"}:
            continue
        if place in matched or not any(map(rule.pattern.matches_ignoring_case, names)):
            yield _list_rule(rule, kind, names, shadowed=place in matched)


def _list_rule(rule: AccessListRule, kind: ListSubject, names: list[str], *, shadowed: bool) -> Finding:
    pattern = quoted(str(rule.pattern))
    if shadowed:
        message = f"Rules before this one take every {kind.value} that {pattern} matches, so it applies to none."
        return _finding(message, rule.position)
    message = f"No {kind.value} that becomes an access list matches {pattern}, so this rule applies to none."
    return _finding(message, rule.position, meant_by(rule.pattern, names))


def _people(inputs: Inputs) -> Iterator[Finding]:
    """Names of people that are nobody's. The severest first: somebody who is to be protected is not."""
    settings = inputs.settings
    known = _Known(inputs)
    for named in settings.guards.protected_users_written:
        if not known.folded(named.name):
            message = f"protected_users: no user is called {quoted(named.name)}, so nobody is protected by it."
            yield _finding(message, named.position, known.like(named.name), "error")
    for named in settings.integration.users.adopt_written:
        if not known.exactly(named.name):
            message = f"users.adopt: no user is called {quoted(named.name)}, so nobody is taken over."
            yield _finding(message, named.position, known.like(named.name))
    for named in _owners(inputs) if settings.integration.sync.access_lists else ():
        if not known.exactly(named.name):
            message = f"The owner {quoted(named.name)} is not a user yet."
            yield _finding(message, named.position, known.like(named.name), "info")


def _owners(inputs: Inputs) -> Iterator[NamedPerson]:
    for owner in inputs.settings.default_owners:
        yield NamedPerson(owner.name, owner.position)
    for rule in inputs.settings.access_list_rules:
        for template in rule.owners:
            if template.literal:
                yield NamedPerson(template.literal, rule.position)


class _Known:
    """The people whom Okta or the directory knows, gathered only where somebody is not found at once."""

    def __init__(self, inputs: Inputs) -> None:
        self._inputs = inputs
        self._names: list[str] = []
        self._folded: frozenset[str] = frozenset()

    def exactly(self, name: str) -> bool:
        """Whether it is somebody's name, in Unicode's composed form."""
        present, users = self._inputs.pool.present, self._inputs.index.users
        composed = normalised(name)
        if name in present or name in users or composed in present or composed in users:
            return True
        return not composed.isascii() and any(normalised(each) == composed for each in self._all())

    def folded(self, name: str) -> bool:
        """Whether it could be taken for somebody's name, as guards take it."""
        if name in self._inputs.pool.present or name in self._inputs.index.users:
            return True
        self._folded = self._folded or frozenset(twin_keys(self._all()))
        return twin_key(name) in self._folded

    def like(self, name: str) -> list[str]:
        """Whose name may be meant."""
        upstream = (user.username for user in self._inputs.snapshot.users)
        return nearest_people(name, chain(upstream, self._inputs.index.users))

    def _all(self) -> list[str]:
        if not self._names:
            upstream = (user.username for user in self._inputs.snapshot.users)
            self._names = [name for name in {*upstream, *self._inputs.index.users} if name]
        return self._names
