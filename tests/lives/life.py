"""Lives a script with the program and with the oracle, and says where they part."""

import json
import tempfile
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from tests.lives.directory import Directory, difference
from tests.lives.doubts import Doubt, Measures, doubt, measure, takes
from tests.lives.events import BY_HAND, IN_THE_FILES, Script, Week, happen
from tests.lives.guards import blocking, counts
from tests.lives.hands import by_hand
from tests.lives.misreadings import misread
from tests.lives.oracle import World, after_pass, copy_of
from tests.lives.organization import Document, Organization
from tests.lives.people import decide
from tests.lives.program import Program, Unexpected

DONE, CHANGES, BLOCKED, DOUBTED = 0, 2, 5, 7
"""Exit codes."""


@dataclass
class Failure:
    """In which week a life went wrong, and how."""

    week: int
    what: str

    @property
    def kind(self) -> str:
        """Its first words, without what is named in them: shorter lives that fail must fail alike."""
        return " ".join(self.what.replace("\n", " ").split(" ")[:5])


def live(script: Script) -> Failure | None:
    """Live the whole script; the first thing that is not as the rules say, or None."""
    with tempfile.TemporaryDirectory(prefix="idsync-life-") as folder:
        life = _Life(script.organization.copy(), Program(Path(folder)))
        for number, week in enumerate((Week(0, ()), *script.weeks)):
            try:
                life.live(week)
            except Unexpected as unexpected:
                return Failure(number, str(unexpected))
        try:
            life.look_back()
        except Unexpected as unexpected:
            return Failure(len(script.weeks), str(unexpected))
    return None


class _Life:
    """One organization, one program, one oracle."""

    def __init__(self, organization: Organization, program: Program) -> None:
        self._organization, self._program = organization, program
        self._files = organization.configuration
        program.configure(self._files.documents())
        self._world = World()
        self._good: Measures | None = None
        self._runs: dict[int, Directory] = {}

    def live(self, week: Week) -> None:
        """Let things happen, then read and apply, and look whether a second pass would change anything."""
        self._program.now += timedelta(hours=week.hours)
        for event in week.events:
            if event.where == BY_HAND:
                by_hand(event, self._world, self._program, self._program.now)
            else:
                happen(event, self._organization)
        if any(event.where == IN_THE_FILES for event in week.events):
            self._program.configure(self._files.documents())
        reading = self._organization.reading(f"{self._program.now:%Y-%m-%dT%H:%M:%SZ}")
        if week.misread:
            reading = misread(week.misread, reading)
        self._program.give(reading)
        self._program.now += timedelta(minutes=1)
        self._apply(reading, week)

    def _apply(self, reading: Document, week: Week) -> None:
        before, files = self._world.directory, self._files
        wanted = after_pass(copy_of(self._world), reading, files, self._program.now)
        measures = measure(reading, files)
        doubted = Doubt.NO if self._good is None else doubt(measures, self._good, files, reading)
        if not takes(before, wanted.directory):
            doubted = Doubt.NO
        must, may = blocking(counts(before, wanted.directory, decide(reading, files, before)), files)
        released = [part for guard in may if week.released for part in ("--allow", f"{guard}=it is meant")]
        blocked = Doubt.NO if released else Doubt.YES if must else Doubt.MAYBE if may else Doubt.NO
        code, out = self._program.expect(_codes(doubted, blocked), *self._command(week), *released)
        if code == DONE:
            self._world, self._good = wanted, measures
        self._compare(self._world.directory, "after the apply")
        if code == DONE:
            self._remember(json.loads(out)["run"])
            self._again(reading)

    def _command(self, week: Week) -> list[str]:
        if not week.from_file:
            return ["apply", "--auto-approve", "--format", "json"]
        self._program.expect((DONE,), "plan", "-o", self._program.plan)
        return ["apply", self._program.plan, "--format", "json"]

    def _compare(self, expected: Directory, when: str, *options: str) -> None:
        found = self._program.directory(*options)
        differs = difference(expected, found)
        if differs:
            raise Unexpected(f"{when}: {differs}")

    def _again(self, reading: Document) -> None:
        """A second pass over the same reading plans nothing, unless the rules themselves need one."""
        next_world = after_pass(copy_of(self._world), reading, self._files, self._program.now)
        settled = not difference(next_world.directory, self._world.directory)
        self._program.expect((DONE,) if settled else (CHANGES,), "plan", "--detailed-exitcode")

    def _remember(self, run: int | None) -> None:
        if run is not None:
            self._runs[run] = copy_of(self._world).directory

    def look_back(self) -> None:
        """The journal is whole, and every run's state can still be told."""
        self._program.expect((DONE,), "history", "--verify")
        for run, then in self._runs.items():
            if run % 3 == 1:
                self._compare(then, f"as of run {run}", "--as-of", str(run))


def _codes(doubted: Doubt, blocked: Doubt) -> list[int]:
    """How an apply may end; a doubt comes first."""
    codes = [DOUBTED] if doubted is not Doubt.NO else []
    codes += [BLOCKED] if blocked is not Doubt.NO and doubted is not Doubt.YES else []
    return codes if Doubt.YES in (doubted, blocked) else [*codes, DONE]
