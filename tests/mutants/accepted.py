"""Mutants that may survive, each with the reason; they do not count."""

import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from tests.mutants.mutations import Mutant

FILE = Path(__file__).with_name("accepted.toml")


@dataclass(frozen=True)
class Accepted:
    """One entry: the file, the function, and the lines before and after, as a survivor is printed."""

    file: str
    function: str
    before: str
    after: str
    reason: str

    def is_of(self, mutant: Mutant) -> bool:
        """Whether this mutant is meant."""
        mine = self.file, self.function, self.before, self.after
        return mine == (mutant.file, mutant.function, mutant.before, mutant.after)


def read_accepted(text: str) -> tuple[Accepted, ...]:
    """The entries of a list; raises ValueError for one that says too little or too much."""
    try:
        return tuple(Accepted(**entry) for entry in tomllib.loads(text).get("accepted", []))
    except TypeError as error:
        raise ValueError(f"An accepted mutant has file, function, before, after and reason: {error}") from error


def stale(accepted: Iterable[Accepted], mutants: Iterable[Mutant]) -> list[Accepted]:
    """Entries of which there is no such mutant any more."""
    there = {(mutant.file, mutant.function, mutant.before, mutant.after) for mutant in mutants}
    return [entry for entry in accepted if (entry.file, entry.function, entry.before, entry.after) not in there]
