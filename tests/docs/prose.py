"""Words and turns that readers stumble over, and where they stand."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]

BETTER = {
    r"(?:who(?:so)?ever|whom(?:so)?ever)": "say who: `people who …`, `the person who …`, `anyone who …`",
    r"anew": "`again`, `new`",
    r"mend(?:s|ed|ing)?": "`fix`, `repair`, `put right`",
    r"of\s+note": "say what it is that is noted",
    r"(?:is|are)\s+no\s+(?!longer\b|\w+er\s+than\b)\w+": "`is not a …`, `has no …`",
}
"""Each habit as an expression, and what to write instead."""

_HERE = Path(__file__).parent
"""This folder names the habits."""

_BREAK = r"(?:\s|[#>*_-])+"
_HABITS = {
    advice: re.compile(rf"\b{habit}\b".replace(r"\s+", _BREAK), re.IGNORECASE) for habit, advice in BETTER.items()
}
_THERE = re.compile(r"\bthere\s*$", re.IGNORECASE)
"""`There is no store` is plain English and allowed; `what is no store` is not."""

PROSE = (
    "*.md",
    "docs/**/*.md",
    "examples/**/*.md",
    "examples/**/*.y*ml",
    "idsync/**/*.py",
    "idsync/**/*.md",
    "idsync/**/*.sql",
    "idsync/**/*.y*ml",
    "idsync/**/*.schema.json",
    "benchmarks/**/*.py",
    "tests/**/*.py",
    "tests/**/*.md",
)
"""Where the project speaks: documents, docstrings, comments, messages and names."""


@dataclass(frozen=True, order=True)
class Offence:
    """One habit in one place."""

    file: str
    line: int
    words: str
    advice: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.words!r}; better: {self.advice}"


def offences_in(file: str, text: str) -> list[Offence]:
    """What in a text readers stumble over. The words of a name count as words."""
    spaced = text.replace("_", " ")
    return sorted(
        Offence(file, spaced.count("\n", 0, found.start()) + 1, " ".join(found[0].split()), advice)
        for advice, habit in _HABITS.items()
        for found in habit.finditer(spaced)
        if not _THERE.search(spaced, max(0, found.start() - 20), found.start())
    )


def prose_files() -> Iterator[Path]:
    """Every file in which the project speaks."""
    for pattern in PROSE:
        yield from (path for path in sorted(ROOT.glob(pattern)) if not _is_output(path) and _HERE not in path.parents)


def _is_output(path: Path) -> bool:
    return any(part.startswith(".") or part == "__pycache__" for part in path.relative_to(ROOT).parts)
