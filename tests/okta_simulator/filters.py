"""The filter and search language of Okta's lists: SCIM expressions within what each list allows."""

import operator as operators
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from tests.okta_simulator import moments
from tests.okta_simulator.errors import OktaError

Values = Callable[[str], list[Any]]
"""The values of an attribute of one row, by its path; moments as whole milliseconds."""
Predicate = Callable[[Values], bool]

EQUAL = frozenset({"eq"})
RANGE = frozenset({"eq", "gt", "ge", "lt", "le"})
SEARCH = RANGE | {"sw", "co", "pr"}
TEXT = SEARCH | {"ew", "ne"}

_TOKEN = re.compile(r"""\s*(?:([()])|([A-Za-z_][\w.]*)|("(?:[^"\\]|\\.)*")|(-?\d+(?:\.\d+)?))""")


@dataclass(frozen=True, slots=True)
class Language:
    """What a list allows: operators by attribute (`profile.*` for any of that kind), `and`/`or`, `not`, the code."""

    operators: Mapping[str, frozenset[str]]
    combined: bool = True
    negated: bool = False
    code: str = "E0000031"

    def allows(self, attribute: str, operator: str) -> bool:
        family = attribute.rpartition(".")[0] + ".*"
        allowed = self.operators.get(attribute, self.operators.get(family, self.operators.get("*", frozenset())))
        return operator in allowed


USERS = Language(
    {"lastUpdated": RANGE}
    | dict.fromkeys(("status", "id", "profile.login", "profile.email", "profile.firstName", "profile.lastName"), EQUAL)
)
USERS_SEARCH = Language(
    {"profile.*": SEARCH}
    | dict.fromkeys(("id", "status", "created", "activated", "statusChanged", "lastUpdated", "type.id"), SEARCH)
)
GROUPS = Language({"id": EQUAL, "type": EQUAL, "lastUpdated": RANGE, "lastMembershipUpdated": RANGE})
GROUPS_SEARCH = Language(
    {"profile.*": SEARCH}
    | dict.fromkeys(("id", "type", "lastUpdated", "lastMembershipUpdated", "created", "source.id"), SEARCH)
)
APPS = Language(
    dict.fromkeys(("id", "status", "name", "credentials.signing.kid", "user.id", "group.id"), EQUAL), combined=False
)
LOGS = Language({"*": TEXT}, negated=True, code="E0000053")


def parse(text: str, language: Language) -> Predicate:
    """The predicate of an expression; 400 with the language's code when it is not allowed or cannot be read."""
    parser = _Parser(text, language)
    predicate = parser.either()
    parser.end()
    return predicate


def look_up(shape: Mapping[str, Any]) -> Values:
    """The values of a JSON shape by path; lists on the way are looked through."""

    def values(path: str) -> list[Any]:
        found: list[Any] = [shape]
        for part in path.split("."):
            nested: list[Any] = []
            for value in found:
                step = value.get(part) if isinstance(value, Mapping) else None
                nested.extend(step if isinstance(step, list) else [step])
            found = [value for value in nested if value is not None]
        return [moment_or_text(value) if isinstance(value, str) else value for value in found]

    return values


class _Parser:
    def __init__(self, text: str, language: Language) -> None:
        self._text = text
        self._language = language
        self._tokens: list[str] = []
        self._depth = 0
        position = 0
        while position < len(text.rstrip()):
            token = _TOKEN.match(text, position)
            if token is None:
                raise self._wrong(f"cannot read {text[position : position + 20]!r}")
            self._tokens.append(token.group().strip())
            position = token.end()

    def either(self) -> Predicate:
        predicates = [self._both()]
        while self._word("or"):
            predicates.append(self._both())
        return lambda values: any(predicate(values) for predicate in predicates)

    def end(self) -> None:
        if self._tokens:
            raise self._wrong(f"unexpected {self._tokens[0]!r}")

    def _both(self) -> Predicate:
        predicates = [self._single()]
        while self._word("and"):
            predicates.append(self._single())
        return lambda values: all(predicate(values) for predicate in predicates)

    def _single(self) -> Predicate:
        if self._word("not", permitted=self._language.negated):
            inner = self._single()
            return lambda values: not inner(values)
        if self._tokens[:1] == ["("]:
            self._depth += 1
            if self._depth > 20:
                raise self._wrong("too deeply nested")
            self._tokens.pop(0)
            predicate = self.either()
            if self._next() != ")":
                raise self._wrong("a parenthesis is not closed")
            self._depth -= 1
            return predicate
        return self._comparison()

    def _comparison(self) -> Predicate:
        attribute, operator = self._next(), self._next().lower()
        if not self._language.allows(attribute, operator):
            raise self._wrong(f"{operator} on {attribute} is not allowed")
        if operator == "pr":
            return lambda values: bool(values(attribute))
        literal = self._next()
        quoted = literal.startswith('"')
        if not quoted and literal not in ("true", "false") and not re.fullmatch(r"-?\d+(\.\d+)?", literal):
            raise self._wrong(f"{literal!r} is not a value")
        wanted = re.sub(r"\\(.)", r"\1", literal[1:-1]) if quoted else literal
        return _comparison(attribute, operator, wanted)

    def _word(self, word: str, *, permitted: bool | None = None) -> bool:
        if not self._tokens or self._tokens[0].lower() != word:
            return False
        if not (self._language.combined if permitted is None else permitted):
            raise self._wrong(f"{word} is not allowed")
        self._tokens.pop(0)
        return True

    def _next(self) -> str:
        if not self._tokens:
            raise self._wrong("it ends too early")
        return self._tokens.pop(0)

    def _wrong(self, why: str) -> OktaError:
        return OktaError(400, self._language.code, f"Invalid search criteria: {why}.", self._text)


def moment_or_text(text: str) -> int | str:
    """A text that is a moment as that moment, so that moments compare as such."""
    if "T" not in text:
        return text
    try:
        return moments.read(text)
    except ValueError:
        return text


def _comparison(attribute: str, operator: str, wanted: str) -> Predicate:
    compare = _OPERATORS[operator]
    reference = moment_or_text(wanted)

    def matches(value: Any) -> bool:
        if isinstance(value, int) and not isinstance(value, bool) and isinstance(reference, int):
            return compare(value, reference)
        text = str(value).lower() if isinstance(value, bool) else str(value)
        return compare(text.casefold(), wanted.casefold())

    if operator == "ne":
        return lambda values: not any(not matches(value) for value in values(attribute))
    return lambda values: any(matches(value) for value in values(attribute))


_OPERATORS: dict[str, Callable[[Any, Any], bool]] = {
    "eq": operators.eq,
    "ne": operators.ne,
    "gt": operators.gt,
    "ge": operators.ge,
    "lt": operators.lt,
    "le": operators.le,
    "sw": lambda value, wanted: str(value).startswith(str(wanted)),
    "ew": lambda value, wanted: str(value).endswith(str(wanted)),
    "co": lambda value, wanted: str(wanted) in str(value),
}
