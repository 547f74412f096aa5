"""Lives a script with the program and with the oracle, and says where they part."""

import tempfile
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from tests.lives.chance import AWAITED
from tests.lives.directory import Directory, difference
from tests.lives.doubts import Doubt, Measures, doubt, measure, takes
from tests.lives.events import BY_HAND, Script, Week, happen
from tests.lives.hands import by_hand
from tests.lives.misreadings import misread
from tests.lives.oracle import World, after_pass, copy_of
from tests.lives.organization import Document, Organization
from tests.lives.program import Program, Unexpected

DONE, CHANGES, DOUBTED = 0, 2, 7
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
        self._world = World()
        self._good: Measures | None = None
        self._past: dict[int, Directory] = {}

    def live(self, week: Week) -> None:
        """Let things happen, then read and apply, twice."""
        self._program.now += timedelta(hours=week.hours)
        self._program.configure(self._organization.configuration.documents())
        for event in week.events:
            if event.where == BY_HAND:
                by_hand(event, self._world, self._program, self._program.now)
            else:
                happen(event, self._organization)
        self._program.configure(self._organization.configuration.documents())
        reading = self._organization.reading(f"{self._program.now:%Y-%m-%dT%H:%M:%SZ}")
        if week.misread:
            reading = misread(week.misread, reading)
        self._program.give(reading)
        self._program.now += timedelta(minutes=1)
        self._apply(reading)

    def _apply(self, reading: Document) -> None:
        files = self._organization.configuration
        wanted = after_pass(copy_of(self._world), reading, files, self._program.now)
        measures = measure(reading, files)
        doubted = Doubt.NO if self._good is None else doubt(measures, self._good, files, reading)
        if not takes(self._world.directory, wanted.directory):
            doubted = Doubt.NO
        codes = {Doubt.NO: (DONE,), Doubt.MAYBE: (DONE, DOUBTED), Doubt.YES: (DOUBTED,)}[doubted]
        code = self._program.expect(codes, "apply", "--auto-approve", "--format", "json")[0]
        if code == DONE:
            self._world, self._good = wanted, measures
        self._compare("after the apply")
        if code == DONE:
            self._again(reading)

    def _compare(self, when: str) -> None:
        found = difference(self._world.directory, self._found())
        if found:
            raise Unexpected(f"{when}: {found}")

    def _found(self) -> Directory:
        found = self._program.directory()
        if "names that pass on" in AWAITED:  # locks do not say yet for whom they are
            for name, lock in found.locks.items():
                lock.id = self._world.directory.locks[name].id if name in self._world.directory.locks else None
        return found

    def _again(self, reading: Document) -> None:
        """A second pass over the same reading plans nothing, unless the rules themselves need one."""
        files = self._organization.configuration
        next_world = after_pass(copy_of(self._world), reading, files, self._program.now)
        settled = not difference(next_world.directory, self._world.directory)
        self._program.expect((DONE,) if settled else (CHANGES,), "plan", "--detailed-exitcode")

    def look_back(self) -> None:
        """The journal is whole."""
        self._program.expect((DONE,), "history", "--verify")
