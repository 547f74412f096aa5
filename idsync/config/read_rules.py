"""Reads the documents about owners, filters, role mappings, access list rules and guards into settings."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from decimal import Decimal

from idsync.config.codes import EMPTY_INCLUDE, TRAIT_WITHOUT_PREFIX, UNREACHABLE_RULE
from idsync.config.guards import Guard, Guards, NamedPerson
from idsync.config.mistakes import Mistakes
from idsync.config.nodes import Node, Scalar, Sequence, entries_of, find, is_true, items_of, key_position, text_of
from idsync.config.patterns import PatternSet, normalised
from idsync.config.placeholders import check_people
from idsync.config.settings import (
    AccessListRule,
    GroupRule,
    ImportFilters,
    ListSubject,
    Owner,
    RoleRule,
    TraitGrant,
    TraitRule,
)
from idsync.config.values import (
    parse_template,
    read_name_filter,
    read_pattern,
    read_template,
    read_templates,
    read_texts,
)
from idsync.diagnostics import Position, quoted


def read_owners(document: Node | None, mistakes: Mistakes) -> tuple[Owner, ...]:
    """Read a DefaultOwners document."""
    written = read_texts(find(document, "spec", "owners"))
    check_people(written, mistakes)
    return tuple(Owner(name, place) for name, place in written)


def read_filters(document: Node | None, mistakes: Mistakes) -> ImportFilters:
    """Read an ImportFilters document."""
    default = ImportFilters()
    spec = find(document, "spec")
    for subject in ("groups", "apps"):
        include = find(spec, subject, "include")
        if isinstance(include, Sequence) and not include.items:
            place = key_position(find(spec, subject), "include") or include.position
            mistakes.add(EMPTY_INCLUDE, place, f"{subject}.include is empty: no list is made of {subject}")
    return ImportFilters(
        groups=read_name_filter(find(spec, "groups"), default.groups, mistakes),
        apps=read_name_filter(find(spec, "apps"), default.apps, mistakes),
    )


def read_role_rules(documents: Iterable[Node], prefix: str, mistakes: Mistakes) -> tuple[RoleRule, ...]:
    """Read RoleMapping documents, in the order in which their rules apply."""
    rules = (_role_rule(node, prefix, mistakes) for document in documents for node in _rules_of(document))
    return tuple(rule for rule in rules if rule is not None)


def _role_rule(node: Node, prefix: str, mistakes: Mistakes) -> RoleRule | None:
    trait = find(node, "trait")
    pattern = read_pattern(find(node, "group" if trait is None else "value"), mistakes)
    roles = read_templates(find(node, "roles"), pattern, mistakes)
    if pattern is None:
        return None
    if trait is None:
        return GroupRule(pattern, roles, node.position)
    name = text_of(trait) or ""
    if not name.startswith(prefix):
        summary = f"the trait {quoted(name)} does not begin with {quoted(prefix)}"
        mistakes.add(TRAIT_WITHOUT_PREFIX, trait.position, summary, fix=f"Write {quoted(prefix + name)}.")
    return TraitRule(name, pattern, roles, node.position)


def read_access_list_rules(documents: Iterable[Node], mistakes: Mistakes) -> tuple[AccessListRule, ...]:
    """Read AccessListRules documents, in the order in which their rules are tried."""
    found = (_access_list_rule(node, mistakes) for document in documents for node in _rules_of(document))
    rules = tuple(rule for rule in found if rule is not None)
    for subject in ListSubject:
        _warn_of_unreachable([rule for rule in rules if rule.subject is subject], mistakes)
    return rules


def _access_list_rule(node: Node, mistakes: Mistakes) -> AccessListRule | None:
    subject = ListSubject.GROUP if find(node, "app") is None else ListSubject.APP
    pattern = read_pattern(find(node, subject), mistakes)
    if pattern is None:
        return None
    check_people(read_texts(find(node, "owners")), mistakes)
    traits = (
        (parse_template(name, pattern, entry.key_position, mistakes), read_templates(entry.value, pattern, mistakes))
        for name, entry in sorted(entries_of(find(node, "grants", "traits")).items())
    )
    both_ways = find(node, "bidirectional")
    return AccessListRule(
        subject=subject,
        pattern=pattern,
        position=node.position,
        title=read_template(find(node, "title"), pattern, mistakes),
        description=read_template(find(node, "description"), pattern, mistakes),
        owners=read_templates(find(node, "owners"), pattern, mistakes),
        roles=read_templates(find(node, "grants", "roles"), pattern, mistakes),
        traits=tuple(TraitGrant(name, values) for name, values in traits if name is not None),
        both_ways=None if both_ways is None else is_true(both_ways),
    )


def _warn_of_unreachable(rules: list[AccessListRule], mistakes: Mistakes) -> None:
    """Find the rules behind one that takes all their names: everything, the same filter, or the one name they match."""
    everything: Position | None = None
    seen: dict[str, Position] = {}
    patterns = PatternSet(rule.pattern for rule in rules)
    for index, rule in enumerate(rules):
        literal = rule.pattern.literal
        first = None if literal is None else patterns.first(literal)
        taken = everything or seen.get(rule.pattern.source)
        if taken is None and first is not None and first < index:
            taken = rules[first].position
        if taken is not None:
            summary = f"the rule for {rule.subject} {quoted(rule.pattern.source)} never applies"
            mistakes.add(UNREACHABLE_RULE, rule.position, summary, related=(taken,))
        seen.setdefault(rule.pattern.source, rule.position)
        if everything is None and set(rule.pattern.source) == {"*"}:
            everything = rule.position


def read_guards(document: Node | None, mistakes: Mistakes) -> Guards:
    """Read a Guards document; what it leaves out is as without it."""
    spec = find(document, "spec")
    defaults = Guards()
    protected = read_texts(find(spec, "protected_users"))
    check_people(protected, mistakes)
    return Guards(
        user_deletes=_guard(spec, "user_deletes", defaults.user_deletes),
        user_locks=_guard(spec, "user_locks", defaults.user_locks),
        member_removals=_guard(spec, "member_removals", defaults.member_removals),
        access_list_deletes=_guard(spec, "access_list_deletes", defaults.access_list_deletes),
        app_group_deletes=_guard(spec, "app_group_deletes", defaults.app_group_deletes),
        access_losses=_guard(spec, "access_losses", defaults.access_losses),
        lock_burst=_guard(spec, "lock_burst", defaults.lock_burst),
        access_gains=_guard(spec, "access_gains", defaults.access_gains),
        upstream_removals=_guard(spec, "upstream_removals", defaults.upstream_removals),
        upstream_additions=_guard(spec, "upstream_additions", defaults.upstream_additions),
        source_shrink=_guard(spec, "source_shrink", defaults.source_shrink),
        protected_users=frozenset(normalised(name) for name, _ in protected),
        protected_users_written=tuple(NamedPerson(name, place) for name, place in protected),
    )


def _guard(spec: Node | None, name: str, default: Guard) -> Guard:
    node = find(spec, name)
    floor = _number(find(node, "floor"))
    percent = _number(find(node, "percent"))
    return Guard(
        percent=default.percent if percent is None else percent,
        floor=default.floor if floor is None else int(floor),
        position=key_position(spec, name),
    )


def _number(node: Node | None) -> Decimal | None:
    """Return a number as it is written: 12.5 percent is not the nearest binary fraction."""
    match node:
        case Scalar(value=int() | float() as number) if not isinstance(number, bool):
            return Decimal(str(number))
        case _:
            return None


def _rules_of(document: Node) -> Iterator[Node]:
    yield from items_of(find(document, "spec", "rules"))
