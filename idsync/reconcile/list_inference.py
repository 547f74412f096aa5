"""Which rules would make access lists say and grant what they do; lists that follow one pattern share one rule."""

import re
from collections import defaultdict
from collections.abc import Iterable

import msgspec
import re2

from idsync.config.settings import ListSubject
from idsync.model.canonical import canonical_bytes
from idsync.model.resources import AccessList, Grants

SEPARATORS = "-_ ./:"
FEWEST = 3
"""So many lists make a pattern."""


class ListFacts(msgspec.Struct, frozen=True):
    """A list that exists, and what Okta says of its group or app."""

    subject: ListSubject
    name: str
    description: str
    item: AccessList


class ListRule(msgspec.Struct, frozen=True):
    """A rule, its filter and its texts written as the configuration takes them; None keeps Okta's own words."""

    subject: ListSubject
    pattern: str
    title: str | None
    description: str | None
    grants: Grants
    lists: int = 1


def infer_list_rules(lists: Iterable[ListFacts]) -> tuple[ListRule, ...]:
    """Rules for all that Okta's own words do not say: single names first, then patterns, since the first match wins."""
    wanted = sorted(lists, key=lambda facts: (facts.subject is ListSubject.APP, facts.name))
    patterns: list[ListRule] = []
    left = {(facts.subject, facts.name): facts for facts in wanted if _differs(facts)}
    plain = {(facts.subject, facts.name) for facts in wanted} - left.keys()
    for rule, names in _patterns(left.values()):
        remaining = [name for name in names if (rule.subject, name) in left]
        if len(remaining) >= FEWEST:
            patterns.append(msgspec.structs.replace(rule, lists=len(remaining)))
            for name in remaining:
                del left[rule.subject, name]
    # A list that needs no rule must not fall under a pattern made for others.
    exempt = [key for key in sorted(plain) if any(_takes(rule, *key) for rule in patterns)]
    single = [_rule(facts, literal_filter(facts.name), "") for facts in left.values()]
    single += [ListRule(subject, literal_filter(name), None, None, Grants()) for subject, name in exempt]
    rules = sorted(single, key=_order) + sorted(patterns, key=lambda rule: (-len(rule.pattern), *_order(rule)))
    return tuple(sorted(rules, key=lambda rule: rule.subject is ListSubject.APP))


def literal_filter(name: str) -> str:
    """The filter that matches one name and no other."""
    if "*" in name or (name.startswith("^") and name.endswith("$")):
        return f"^{re2.escape(name)}$"
    return name


def literal_template(text: str) -> str:
    """The text with captures that expands to `text`."""
    return text.replace("$", "$$")


def _differs(facts: ListFacts) -> bool:
    spec = facts.item.spec
    return (spec.title, spec.description, spec.grants) != (facts.name, facts.description, Grants())


def _patterns(lists: Iterable[ListFacts]) -> list[tuple[ListRule, list[str]]]:
    """Every rule over a common beginning, with the names of the lists that follow it, the most followed first."""
    rules: dict[bytes, ListRule] = {}
    followers: dict[bytes, list[str]] = defaultdict(list)
    for facts in lists:
        for place, character in enumerate(facts.name[:-1]):
            if character in SEPARATORS and not set("*$") & set(facts.name):
                rule = _rule(facts, f"{facts.name[: place + 1]}*", facts.name[place + 1 :])
                key = canonical_bytes(rule)
                rules[key] = rule
                followers[key].append(facts.name)
    found = [(rules[key], names) for key, names in followers.items() if len(names) >= FEWEST]
    return sorted(found, key=lambda each: (-len(each[1]), each[0].pattern))


def _rule(facts: ListFacts, pattern: str, rest: str) -> ListRule:
    """The rule for one list, with `$1` wherever its texts repeat `rest`, if there is any."""
    spec = facts.item.spec
    return ListRule(
        facts.subject,
        pattern,
        _template(spec.title, rest) if spec.title != facts.name else None,
        _template(spec.description, rest) if spec.description != facts.description else None,
        Grants(
            tuple(_template(role, rest) for role in spec.grants.roles),
            {
                _template(name, rest): tuple(_template(value, rest) for value in values)
                for name, values in sorted(spec.grants.traits.items())
            },
        ),
    )


def _template(text: str, rest: str) -> str:
    if not rest:
        return literal_template(text)
    # Only whole words: in `granted` the `a` of team-a stands by chance.
    parts = [literal_template(part) for part in re.split(rf"(?<![^\W_]){re.escape(rest)}(?![^\W_])", text)]
    whole = parts[0]
    for part in parts[1:]:
        follows_word = part[:1].isalnum() or part[:1] == "_"
        whole += ("${1}" if follows_word else "$1") + part
    return whole


def _takes(rule: ListRule, subject: ListSubject, name: str) -> bool:
    return rule.subject is subject and name.startswith(rule.pattern[:-1])


def _order(rule: ListRule) -> tuple[bool, str]:
    return rule.subject is ListSubject.APP, rule.pattern
