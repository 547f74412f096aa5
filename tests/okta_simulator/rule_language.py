"""The part of Okta's expression language that group rules are commonly written in.

`user.department == "Sales" AND !(user.title == "Guest")`, `String.startsWith(user.login, "ext-")`,
`String.stringContains(user.email, "@")`, `isMemberOfAnyGroup("00g…")`; everything else makes a rule INVALID.
"""

import re
from collections.abc import Callable

from tests.okta_simulator.objects import User

Predicate = Callable[[User, frozenset[str]], bool]
"""Does the rule want this user, who is in the groups of these ids?"""

_TOKEN = re.compile(
    r"""\s*(?:(?P<and>AND\b|and\b|&&)|(?P<or>OR\b|or\b|\|\|)|(?P<not>!(?!=)|NOT\b)|(?P<open>\()|(?P<close>\))
    |user\.(?P<left>\w+)\s*(?P<operator>==|!=|eq|ne)\s*"(?P<right>[^"]*)"
    |String\.(?P<function>startsWith|stringContains)\(\s*user\.(?P<attribute>\w+)\s*,\s*"(?P<needle>[^"]*)"\s*\)
    |isMemberOfAnyGroup\((?P<groups>(?:\s*"[^"]*"\s*,?)*)\))""",
    re.VERBOSE,
)


def parse(expression: str) -> Predicate:
    """The predicate of an expression; ValueError when it lies outside the supported language."""
    tokens: list[re.Match[str]] = []
    position = 0
    while position < len(expression.rstrip()):
        token = _TOKEN.match(expression, position)
        if token is None:
            raise ValueError(f"cannot read the rule at {expression[position : position + 20]!r}")
        tokens.append(token)
        position = token.end()
    predicate, rest = _either(tokens)
    if rest:
        raise ValueError(f"unexpected {rest[0].group().strip()!r}")
    return predicate


def _either(tokens: list[re.Match[str]]) -> tuple[Predicate, list[re.Match[str]]]:
    first, tokens = _both(tokens)
    while tokens and tokens[0]["or"]:
        second, tokens = _both(tokens[1:])
        first = _or(first, second)
    return first, tokens


def _both(tokens: list[re.Match[str]]) -> tuple[Predicate, list[re.Match[str]]]:
    first, tokens = _single(tokens)
    while tokens and tokens[0]["and"]:
        second, tokens = _single(tokens[1:])
        first = _and(first, second)
    return first, tokens


def _single(tokens: list[re.Match[str]]) -> tuple[Predicate, list[re.Match[str]]]:
    if not tokens:
        raise ValueError("the rule ends too early")
    token, rest = tokens[0], tokens[1:]
    if token["not"]:
        inner, rest = _single(rest)
        return (lambda user, groups: not inner(user, groups)), rest
    if token["open"]:
        inner, rest = _either(rest)
        if not rest or not rest[0]["close"]:
            raise ValueError("a parenthesis is not closed")
        return inner, rest[1:]
    return _comparison(token), rest


def _comparison(token: re.Match[str]) -> Predicate:
    if token["left"]:
        attribute, right = token["left"], token["right"]
        equal = token["operator"] in ("==", "eq")
        return lambda user, groups: (str(user.profile.get(attribute, "")) == right) is equal
    if token["function"]:
        attribute, needle = token["attribute"], token["needle"]
        if token["function"] == "startsWith":
            return lambda user, groups: str(user.profile.get(attribute, "")).startswith(needle)
        return lambda user, groups: needle in str(user.profile.get(attribute, ""))
    if token["groups"] is not None:
        wanted = frozenset(re.findall(r'"([^"]*)"', token["groups"]))
        return lambda user, groups: not wanted.isdisjoint(groups)
    raise ValueError(f"unexpected {token.group().strip()!r}")


def _or(first: Predicate, second: Predicate) -> Predicate:
    return lambda user, groups: first(user, groups) or second(user, groups)


def _and(first: Predicate, second: Predicate) -> Predicate:
    return lambda user, groups: first(user, groups) and second(user, groups)
