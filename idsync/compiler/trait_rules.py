"""Which trait rules match somebody, and what else people have there.

What was found is remembered: a later plan asks the same people first, and looks at everybody only where a rule has lost
the one whom it matched.
"""

from collections.abc import Callable, Collection, Iterable, Mapping

from idsync.compiler.inputs import Inputs
from idsync.compiler.memo import Bases, Checked
from idsync.compiler.traits import trait_values
from idsync.config.patterns import NamePattern
from idsync.config.settings import TraitRule
from idsync.model.identity import IdentityUser, ProfileValue, attributes_of
from idsync.model.suggestions import nearest

Texts = dict[str, str]
"""The values that people have of one trait, each with the Okta id of somebody who has it."""
_NO_RULES: Mapping[int, TraitRule] = {}


def check_trait_rules(
    inputs: Inputs,
    attributes: Mapping[str, int],
    before: Checked | None,
    bases: Callable[[], Bases],
    uncompiled: Collection[str] | None,
) -> Checked:
    """Whom each trait rule matches, and for those that match nobody the values that may be meant.

    `attributes` says how many people have a value of each; a rule about another attribute is not looked at.
    `uncompiled` are names of those present whose roles were not worked out; None where they are not known.
    """
    rules = _rules(inputs, attributes)
    witnesses = {place: inputs.roles.witnesses[place] for place in rules if place in inputs.roles.witnesses}
    if before is not None:
        witnesses = {**_still_there(inputs, rules, before), **witnesses}
    lost = rules.keys() - witnesses.keys()
    if not lost:
        return Checked(witnesses)
    basis = _basis(bases())
    if before is not None and before.basis == basis and lost <= before.meant.keys() | before.near:
        meant = {place: before.meant[place] for place in lost - before.near}
        return Checked(witnesses, basis, meant, before.near & lost)
    texts = _texts(inputs, {rules[place].trait for place in lost}, uncompiled)
    meant = {}
    near: set[int] = set()
    for place in sorted(lost):
        rule = rules[place]
        found = next((who for text, who in texts[rule.trait].items() if rule.value.match(text) is not None), None)
        if found is None and any(map(rule.value.matches_ignoring_case, texts[rule.trait])):
            near.add(place)
        elif found is None:
            meant[place] = tuple(meant_by(rule.value, texts[rule.trait]))
        else:
            witnesses[place] = found
    return Checked(witnesses, basis, meant, frozenset(near))


def meant_by(pattern: NamePattern, names: Collection[str], *, alike: float = 0.6) -> list[str]:
    """What a pattern that matches nothing may be meant to name; of an expression nobody can tell."""
    return [] if pattern.is_regex else nearest(pattern.source.replace("*", ""), names, alike=alike)


def _rules(inputs: Inputs, attributes: Mapping[str, int]) -> Mapping[int, TraitRule]:
    if not inputs.settings.integration.sync.users or inputs.snapshot.sanitized:
        return _NO_RULES
    return {
        place: rule
        for place, rule in enumerate(inputs.settings.role_rules)
        if isinstance(rule, TraitRule) and attributes.get(inputs.traits.attribute(rule.trait))
    }


def _still_there(inputs: Inputs, rules: Mapping[int, TraitRule], before: Checked) -> dict[int, str]:
    """Of the people who were matched, those whom their rule matches now."""
    present, names = inputs.pool.present, inputs.pool.names
    asked = {place: who for place, who in before.witnesses.items() if place in rules and who in names}
    profiles = {who: present[names[who]].attributes() for who in set(asked.values())}
    return {place: who for place, who in asked.items() if _matches(inputs, rules[place], profiles[who])}


def _matches(inputs: Inputs, rule: TraitRule, attributes: Mapping[str, ProfileValue]) -> bool:
    return any(rule.value.match(text) is not None for text in inputs.traits.values(attributes, rule.trait))


def _basis(bases: Bases) -> str:
    """A digest of what everybody is compiled from, whatever the order in which they are listed."""
    return f"{sum(map(int.from_bytes, bases.people.values())):x}"


def _texts(inputs: Inputs, traits: Iterable[str], uncompiled: Collection[str] | None) -> dict[str, Texts]:
    """What people have of these traits; who was compiled already is known to the roles."""
    texts: dict[str, Texts] = {trait: dict(inputs.roles.texts(trait)) for trait in traits}
    present = inputs.pool.present
    names = present.keys() if uncompiled is None else sorted(present.keys() & set(uncompiled))
    people: list[IdentityUser] = [present[name] for name in names]
    watched = [(inputs.traits.attribute(trait), found) for trait, found in texts.items()]
    for identity, attributes in zip(people, attributes_of(people), strict=True):
        for attribute, found in watched:
            for text in trait_values(attributes.get(attribute)):
                found.setdefault(text, identity.id)
    return texts
