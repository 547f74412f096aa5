"""What is found wrong in a configuration: kinds of mistakes, each with a code, and those found so far."""

from __future__ import annotations

import msgspec

from idsync.diagnostics import Diagnostic, Position, Severity


class Code(msgspec.Struct, frozen=True):
    """A kind of mistake. A diagnostic says `what` in particulars, and may say a closer `why` and `fix`."""

    name: str
    severity: Severity
    what: str
    why: str
    fix: str


class Mistakes:
    """Collects what is found wrong. Past `LIMIT` it stops listening: nobody reads on."""

    LIMIT = 1000

    def __init__(self) -> None:
        self.found: list[Diagnostic] = []

    def add(
        self,
        code: Code,
        position: Position,
        summary: str,
        *,
        why: str | None = None,
        fix: str | None = None,
        related: tuple[Position, ...] = (),
    ) -> None:
        """Note one mistake of that kind."""
        if not self.full:
            self.found.append(
                Diagnostic(code.name, code.severity, summary, why or code.why, fix or code.fix, position, related)
            )

    @property
    def full(self) -> bool:
        """Tell whether looking further is of no use."""
        return len(self.found) >= self.LIMIT

    def has(self, *codes: Code) -> bool:
        """Tell whether a mistake of any of these kinds was found."""
        names = {code.name for code in codes}
        return any(found.code in names for found in self.found)


def new_code(
    codes: dict[str, Code], name: str, what: str, why: str, fix: str, severity: Severity = Severity.ERROR
) -> Code:
    """Make a code and put it among those that are documented."""
    return codes.setdefault(name, Code(name, severity, what, why, fix))
