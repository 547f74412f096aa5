"""Which rules would make access lists say and grant what they do; lists that follow one pattern share one rule."""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator

import msgspec
import re2

from idsync.config.settings import ListSubject
from idsync.config.texts import looks_like_expression, text_complaint
from idsync.model.canonical import canonical_bytes
from idsync.model.resources import AccessList, Grants

APP = ListSubject.APP
SEPARATORS = "-_ ./:"
FEWEST = 3
"""So many lists more than its exceptions make a pattern worth while."""


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
    wanted = sorted(lists, key=lambda facts: (facts.subject is APP, facts.name))
    patterns = _chosen_patterns(wanted)
    followers: Counter[int] = Counter()
    single: list[ListRule] = []
    for facts in wanted:
        # Of the patterns that take a name only the first counts, and it may have been made for others.
        place = next((place for place, rule in enumerate(patterns) if _takes(rule, facts)), None)
        if (
            place is not None
            and _rule(facts, patterns[place].pattern, _rest(patterns[place], facts)) == patterns[place]
        ):
            followers[place] += 1
        elif place is not None or _differs(facts):
            single.append(_rule(facts, literal_filter(facts.name), ""))
    shared = [msgspec.structs.replace(rule, lists=followers[place]) for place, rule in enumerate(patterns)]
    return tuple(sorted([*single, *(rule for rule in shared if rule.lists)], key=lambda rule: rule.subject is APP))


def literal_filter(name: str) -> str:
    """The filter that matches one name and no other."""
    expression = name.startswith("^") and name.endswith("$")
    if "*" in name or expression or text_complaint(name)[0] or looks_like_expression(name):
        return f"^{''.join(map(_escaped, name))}$"
    return name


def _escaped(character: str) -> str:
    """One character in an expression; as its number where a text of the configuration may not hold it."""
    if text_complaint(character)[0] and character != " ":
        return f"\\x{{{ord(character):x}}}"
    return re2.escape(character)


def literal_template(text: str) -> str:
    """The text with captures that expands to `text`."""
    return text.replace("$", "$$")


def _differs(facts: ListFacts) -> bool:
    spec = facts.item.spec
    return (spec.title, spec.description, spec.grants) != (facts.name, facts.description, Grants())


def _chosen_patterns(lists: Iterable[ListFacts]) -> list[ListRule]:
    """Rules over a common beginning that spare more rules than they make exceptions necessary; the narrow first."""
    rules: dict[bytes, ListRule] = {}
    followers: dict[bytes, list[str]] = defaultdict(list)
    exceptions: Counter[tuple[ListSubject, str]] = Counter()
    for facts in lists:
        for pattern in _beginnings(facts.name):
            if not _differs(facts):
                exceptions[facts.subject, pattern] += 1
                continue
            rule = _rule(facts, pattern, facts.name[len(pattern) - 1 :])
            key = canonical_bytes(rule)
            rules[key] = rule
            followers[key].append(facts.name)
    chosen: list[ListRule] = []
    taken: set[tuple[ListSubject, str]] = set()
    for key in sorted(followers, key=lambda key: (-len(followers[key]), rules[key].pattern, key)):
        rule = rules[key]
        free = {(rule.subject, name) for name in followers[key]} - taken
        if len(free) - exceptions[rule.subject, rule.pattern] >= FEWEST:
            chosen.append(rule)
            taken |= free
    return sorted(chosen, key=lambda rule: (-len(rule.pattern), rule.pattern, canonical_bytes(rule)))


def _beginnings(name: str) -> Iterator[str]:
    """The patterns for what a name begins with, up to each separator."""
    if set("*$") & set(name):
        return
    for place, character in enumerate(name[:-1]):
        if character in SEPARATORS:
            yield f"{name[: place + 1]}*"


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


def _takes(rule: ListRule, facts: ListFacts) -> bool:
    return rule.subject is facts.subject and facts.name.startswith(rule.pattern[:-1])


def _rest(rule: ListRule, facts: ListFacts) -> str:
    """What the `*` of a pattern stands for."""
    return facts.name[len(rule.pattern) - 1 :]
