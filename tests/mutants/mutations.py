"""The mistakes to make in a module: a condition turned round or dropped, a bound moved by one, a step left out."""

import ast
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from hashlib import blake2b

_COMPARISONS: dict[type[ast.cmpop], str] = {
    ast.Lt: "<=",
    ast.LtE: "<",
    ast.Gt: ">=",
    ast.GtE: ">",
    ast.Eq: "!=",
    ast.NotEq: "==",
    ast.In: "not in",
    ast.NotIn: "in",
    ast.Is: "is not",
    ast.IsNot: "is",
}
_ARITHMETIC: dict[type[ast.operator], ast.operator] = {
    ast.Add: ast.Sub(),
    ast.Sub: ast.Add(),
    ast.Mult: ast.FloorDiv(),
    ast.FloorDiv: ast.Mult(),
    ast.BitOr: ast.BitAnd(),
    ast.BitAnd: ast.BitOr(),
}
_CALLS = {"any": "all", "all": "any", "min": "max", "max": "min"}
_OPERATOR = re.compile(r"not\s+in\b|is\s+not\b|\bin\b|\bis\b|[<>]=?|[=!]=")
_EQUALITY = (ast.Eq, ast.NotEq, ast.In, ast.NotIn, ast.Is, ast.IsNot)
_UNTOUCHED_KEYWORDS = {"strict"}
"""Keyword arguments that guard against mistakes of our own; no behaviour follows from them."""


@dataclass(frozen=True, order=True)
class Mutant:
    """One mistake: the bytes from `start` to `end` of `file` become `replacement`.

    `before` and `after` are the lines that it touches, without indentation. With the function around them, and a
    `number` where a function has the same mistake twice, they are its name: other lines may change, and it stays.
    """

    file: str
    start: int
    end: int
    replacement: str
    line: int
    function: str
    before: str
    after: str
    number: int = 0

    def rank(self, seed: int) -> bytes:
        """Where it stands in the order that a seed gives all mutants; independent of which others there are."""
        name = "\0".join((str(seed), self.file, self.function, self.before, self.after, str(self.number)))
        return blake2b(name.encode(), digest_size=16).digest()

    def made_in(self, source: bytes) -> bytes:
        """The module with this mistake."""
        return source[: self.start] + self.replacement.encode() + source[self.end :]


def mutants_of(file: str, source: bytes) -> list[Mutant]:
    """Every mutant of a module, in the order of its text."""
    finder = _Finder(file, source)
    finder.visit(ast.parse(source))
    seen: Counter[tuple[str, str, str]] = Counter()
    found = []
    for mutant in sorted(finder.found):
        name = mutant.function, mutant.before, mutant.after
        found.append(replace(mutant, number=seen[name]))
        seen[name] += 1
    return found


def sample(mutants: Iterable[Mutant], count: int, seed: int) -> list[Mutant]:
    """So many of them, chosen by the seed. A change of the program changes the sample only where it changed."""
    return sorted(sorted(mutants, key=lambda mutant: mutant.rank(seed))[:count])


class _Finder(ast.NodeVisitor):
    """Walks a module and keeps what could be wrong in it. Annotations, decorators, messages and assertions are left."""

    def __init__(self, file: str, source: bytes) -> None:
        self.found: list[Mutant] = []
        self._file = file
        self._source = source
        self._lines = [0]
        for line in source.splitlines(keepends=True):
            self._lines.append(self._lines[-1] + len(line))
        self._around: list[str] = []

    def _place(self, node: ast.expr | ast.stmt) -> tuple[int, int]:
        assert node.end_lineno is not None
        assert node.end_col_offset is not None
        return self._lines[node.lineno - 1] + node.col_offset, self._lines[node.end_lineno - 1] + node.end_col_offset

    def _keep(self, start: int, end: int, replacement: str) -> None:
        source = self._source
        first = source.rfind(b"\n", 0, start) + 1
        last = source.find(b"\n", end)
        last = len(source) if last == -1 else last
        before, after = source[first:last], source[first:start] + replacement.encode() + source[end:last]
        line = source.count(b"\n", 0, start) + 1
        self.found.append(
            Mutant(self._file, start, end, replacement, line, ".".join(self._around), _bare(before), _bare(after))
        )

    def _put(self, node: ast.expr | ast.stmt, replacement: ast.expr | str) -> None:
        text = replacement if isinstance(replacement, str) else _in_parentheses(replacement)
        self._keep(*self._place(node), text)

    # What surrounds

    def visit_ClassDef(self, node: ast.ClassDef) -> None:
        self._inside(node.name, node.body)

    def visit_FunctionDef(self, node: ast.FunctionDef) -> None:
        defaults = [*node.args.defaults, *(default for default in node.args.kw_defaults if default is not None)]
        self._inside(node.name, [*defaults, *node.body])

    def _inside(self, name: str, parts: Iterable[ast.AST]) -> None:
        self._around.append(name)
        for part in parts:
            self.visit(part)
        self._around.pop()

    def visit_AnnAssign(self, node: ast.AnnAssign) -> None:
        if node.value is not None:
            self.visit(node.value)

    def visit_Assign(self, node: ast.Assign) -> None:
        names_types = isinstance(node.value, ast.BinOp) and isinstance(node.value.op, ast.BitOr) and not self._around
        if names_types:
            return
        if len(node.targets) == 1 and isinstance(node.targets[0], ast.Subscript):
            self._put(node, "pass")
        self.generic_visit(node)

    def visit_Assert(self, _node: ast.Assert) -> None:
        """Assertions tell the type checker something; they do nothing else."""

    def visit_JoinedStr(self, _node: ast.JoinedStr) -> None:
        """Messages; Python 3.11 does not know where the parts of one stand."""

    # What can be wrong

    def visit_Compare(self, node: ast.Compare) -> None:
        sides = [node.left, *node.comparators]
        for left, operator, right in zip(sides, node.ops, sides[1:], strict=False):
            start, end = self._place(left)[1], self._place(right)[0]
            gap = self._source[start:end].decode()
            self._keep(start, end, _OPERATOR.sub(_COMPARISONS[type(operator)], gap, count=1))
        self.generic_visit(node)

    def visit_BoolOp(self, node: ast.BoolOp) -> None:
        other = ast.Or() if isinstance(node.op, ast.And) else ast.And()
        self._put(node, ast.BoolOp(other, node.values))
        for place in range(len(node.values)):
            left = [*node.values[:place], *node.values[place + 1 :]]
            self._put(node, left[0] if len(left) == 1 else ast.BoolOp(node.op, left))
        self.generic_visit(node)

    def visit_UnaryOp(self, node: ast.UnaryOp) -> None:
        if isinstance(node.op, ast.Not):
            self._put(node, node.operand)
        self.generic_visit(node)

    def visit_BinOp(self, node: ast.BinOp) -> None:
        other = _ARITHMETIC.get(type(node.op))
        if other is not None and not any(_is_text(side) for side in (node.left, node.right)):
            self._put(node, ast.BinOp(node.left, other, node.right))
        self.generic_visit(node)

    def visit_Constant(self, node: ast.Constant) -> None:
        match node.value:
            case bool(value):
                self._put(node, str(not value))
            case int(value):
                self._put(node, str(value + 1))
            case _:
                pass

    def visit_Call(self, node: ast.Call) -> None:
        match node.func:
            case ast.Name(id=name) if name in _CALLS:
                self._put(node.func, _CALLS[name])
            case _:
                pass
        self.generic_visit(node)

    def visit_keyword(self, node: ast.keyword) -> None:
        if node.arg not in _UNTOUCHED_KEYWORDS:
            self.visit(node.value)

    def visit_If(self, node: ast.If) -> None:
        self._turn_round(node.test)
        self.generic_visit(node)

    def visit_IfExp(self, node: ast.IfExp) -> None:
        self._turn_round(node.test)
        self.generic_visit(node)

    def visit_comprehension(self, node: ast.comprehension) -> None:
        for condition in node.ifs:
            self._put(condition, "True")
        self.generic_visit(node)

    def visit_match_case(self, node: ast.match_case) -> None:
        if node.guard is not None:
            self._put(node.guard, "True")
            self.visit(node.guard)
        for part in node.body:
            self.visit(part)

    def visit_Expr(self, node: ast.Expr) -> None:
        if isinstance(node.value, ast.Call | ast.Yield | ast.YieldFrom) and not _only_for_types(node.value):
            self._put(node, "pass")
        self.generic_visit(node)

    def visit_AugAssign(self, node: ast.AugAssign) -> None:
        self._put(node, "pass")
        self.generic_visit(node)

    def visit_Continue(self, node: ast.Continue) -> None:
        self._put(node, "break")

    def _turn_round(self, test: ast.expr) -> None:
        compares = isinstance(test, ast.Compare) and len(test.ops) == 1 and isinstance(test.ops[0], _EQUALITY)
        negated = isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not)
        if not compares and not negated:  # those are turned round already
            self._put(test, ast.UnaryOp(ast.Not(), test))


def _in_parentheses(expression: ast.expr) -> str:
    text = ast.unparse(expression)
    simple = isinstance(expression, ast.Name | ast.Attribute | ast.Call | ast.Constant | ast.Subscript)
    return text if simple else f"({text})"


def _bare(lines: bytes) -> str:
    return "\n".join(line.strip() for line in lines.decode().splitlines())


def _is_text(node: ast.expr) -> bool:
    return isinstance(node, ast.JoinedStr) or (isinstance(node, ast.Constant) and isinstance(node.value, str))


def _only_for_types(node: ast.expr) -> bool:
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "assert_never"


def lines_of(mutants: Iterable[Mutant]) -> Iterator[str]:
    """Each mutant with its place, and the lines before and after."""
    for mutant in mutants:
        yield f"{mutant.file}:{mutant.line} in {mutant.function or 'the module'}"
        yield from (f"  - {line}" for line in mutant.before.splitlines())
        yield from (f"  + {line}" for line in mutant.after.splitlines())
