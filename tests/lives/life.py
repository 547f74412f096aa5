"""Lives a script with the program and with the oracle, and says where they part."""

import json
import tempfile
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

from tests.lives.directory import Directory, difference, neither
from tests.lives.doubts import Doubt, Measures, doubt, measure, measures_after, takes
from tests.lives.events import BY_HAND, IN_THE_FILES, Script, Week, happen
from tests.lives.guards import blocking, counts
from tests.lives.hands import by_hand
from tests.lives.misreadings import misread
from tests.lives.oracle import World, after_pass, copy_of
from tests.lives.organization import GUARDS, Document, Organization
from tests.lives.people import decide
from tests.lives.program import Program, Unexpected

DONE, CHANGES, BLOCKED, STALE, DOUBTED = 0, 2, 5, 6, 7
"""Exit codes."""
DOUBTS = ("source_empty", "source_shrink", "groups_empty", "apps_empty", "group_emptied", "profiles_empty")


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
        self._readings: list[Document] = []
        """Those that were applied, in their order."""
        self._waiting = False
        self._edited = False
        """Whether the files say something that was not applied yet."""

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
            self._edited = True
        reading = self._reading(week)
        self._program.give(reading)
        self._program.now += timedelta(minutes=1)
        if week.waits:
            self._program.expect((DONE,), "plan", "-o", self._program.late)
            self._waiting = True
        else:
            self._apply(reading, week)

    def _reading(self, week: Week) -> Document:
        reading = self._organization.reading(f"{self._program.now:%Y-%m-%dT%H:%M:%SZ}")
        if week.misread[:1] == ("an older one",):
            return self._readings[-2] if len(self._readings) > 1 else reading
        return misread(week.misread, reading) if week.misread else reading

    def _apply(self, reading: Document, week: Week) -> None:
        wanted = after_pass(copy_of(self._world), reading, self._files, self._program.now)
        released, codes = self._outcomes(reading, wanted.directory, week)
        if week.in_parts and codes != [STALE] and self._is_settled(wanted, reading):
            unreleased = replace(week, released=False, believed=False)
            self._in_parts(week, reading, wanted.directory, self._outcomes(reading, wanted.directory, unreleased)[1])
            released, codes = _allowed([*GUARDS, *DOUBTS]), [DONE]
        code, out = self._program.expect(codes, *self._command(week), *released)
        if code == DONE:
            self._good = measures_after(measure(reading, self._files), self._good, self._files, reading)
            self._world, self._edited = wanted, False
            self._readings.append(reading)
        self._compare(self._world.directory, "after the apply")
        if code == DONE:
            self._remember(json.loads(out)["run"])
            self._again(reading)
            if self._waiting:  # what waited for its review is of an older reading now
                self._program.expect((STALE,), "apply", self._program.late)
                self._compare(self._world.directory, "after the apply of an older plan")
                self._waiting = False

    def _in_parts(self, week: Week, reading: Document, wanted: Directory, codes: list[int]) -> None:
        """Apply what may go ahead: nothing is then that neither was so before nor is wanted, and leavers are locked."""
        unattended = week.in_parts == "reconcile" and self._readings and not self._edited
        command = ["reconcile"] if unattended else ["apply", "--split", "--auto-approve"]
        code, _ = self._program.expect(codes, *command)
        before, found = self._world.directory, self._program.directory()
        odd = [*neither(before, wanted, found)]
        if code != DOUBTED:
            there = {(lock.user, lock.id) for lock in found.locks.values()}
            meant = {(lock.user, lock.id) for lock in wanted.locks.values()}
            leaving = decide(reading, self._files, before).leaving
            odd += [f"{name} is not locked" for name, okta_id in leaving.items() if (name, okta_id) in meant - there]
        if odd:
            raise Unexpected(f"after a part was applied: {odd[0]}")

    def _outcomes(self, reading: Document, wanted: Directory, week: Week) -> tuple[list[str], list[int]]:
        """What is released, as options, and how the apply may end."""
        before, files = self._world.directory, self._files
        if self._readings and reading["taken_at"] < self._readings[-1]["taken_at"]:
            return [], [STALE]
        measures = measure(reading, files)
        doubted = Doubt.NO if self._good is None else doubt(measures, self._good, files, reading)
        if doubted is Doubt.YES and not takes(before, wanted, self._program.now):
            doubted = Doubt.MAYBE  # it may be told of what the directory has nothing of
        counted = counts(before, wanted, decide(reading, files, before), self._program.now)
        must, may = blocking(counted, files)
        blocked = Doubt.YES if must else Doubt.MAYBE if may else Doubt.NO
        names: list[str] = []
        if week.released and may:
            names, blocked = [*may], Doubt.NO
        if week.believed and doubted is not Doubt.NO:
            names, doubted = [*names, *DOUBTS], Doubt.NO
        return _allowed(names), _codes(doubted, blocked)

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
        settled = self._is_settled(self._world, reading)
        self._program.expect((DONE,) if settled else (CHANGES,), "plan", "--detailed-exitcode")

    def _is_settled(self, world: World, reading: Document) -> bool:
        """Whether another pass over the same reading would change nothing: names that pass on take several."""
        return not difference(
            after_pass(copy_of(world), reading, self._files, self._program.now).directory, world.directory
        )

    def _remember(self, run: int | None) -> None:
        if run is not None:
            self._runs[run] = copy_of(self._world).directory

    def look_back(self) -> None:
        """The journal is whole, and every run's state can still be told."""
        self._program.expect((DONE,), "history", "--verify")
        for run, then in self._runs.items():
            if run % 3 == 1:
                self._compare(then, f"as of run {run}", "--as-of", str(run))


def _allowed(names: list[str]) -> list[str]:
    return [part for name in names for part in ("--allow", f"{name}=it is meant")]


def _codes(doubted: Doubt, blocked: Doubt) -> list[int]:
    """How an apply may end; a doubt comes first."""
    codes = [DOUBTED] if doubted is not Doubt.NO else []
    codes += [BLOCKED] if blocked is not Doubt.NO and doubted is not Doubt.YES else []
    return codes if Doubt.YES in (doubted, blocked) else [*codes, DONE]
