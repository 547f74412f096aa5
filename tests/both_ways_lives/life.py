"""One life: people edit memberships on both sides, passes come and break off, and an oracle knows what has to be.

The oracle looks at one membership at a time. It remembers what both sides last had alike. Where Okta has it otherwise,
Okta has changed it, and that counts; else the directory's word does. Nothing else decides.
"""

import random
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from unittest import mock

from idsync.okta.request import Request
from idsync.targets.okta.writer import MembershipWriter
from tests.acceptance.both_ways_world import PEOPLE, World
from tests.okta_simulator import Change, ChangeAfter, Fault, Organization

GUARDS = """---
apiVersion: idsync/v1
kind: Guards
spec:
  upstream_removals: {floor: 50}
  upstream_additions: {floor: 50}
  member_removals: {floor: 50}
  access_list_deletes: {floor: 50}
  access_losses: {floor: 50}
"""
NO_LAG = "idsync.compiler.both_ways.LAG"
SCRIPT = """
import sys
from idsync.compiler import both_ways
both_ways.LAG = -5.0
from idsync.cli.application import run
sys.exit(run(sys.argv[1:]))
"""
Pair = tuple[str, str]


class Wrong(Exception):
    """Something is not as the oracle says."""


class Life:
    """A world that agrees, and what both sides last had alike of each membership."""

    def __init__(self, world: World, seed: int) -> None:
        self.world = world
        self.chance = random.Random(seed)
        self.told: list[str] = []
        self._lists = (world.group.id, world.app.id)
        self._pairs = [(name, person) for name in self._lists for person in PEOPLE]
        self._alike = self._there()
        self._spared: set[Pair] = set()

    def edit(self) -> None:
        """Up to four edits, on either side; one may be edited twice, and on both sides."""
        for _ in range(self.chance.randrange(5)):
            pair = self.chance.choice([each for each in self._pairs if each not in self._spared])
            self._toggle(pair, in_okta=self.chance.random() < 0.5 or not self._is_here(pair))

    def both_edit_one(self) -> None:
        """Two people edit one membership, on both sides, to the same end or not."""
        pair = self.chance.choice([each for each in self._pairs if each not in self._spared])
        self._toggle(pair, in_okta=True)
        if self._is_here(pair):
            self._toggle(pair, in_okta=False)

    def whole_pass(self) -> None:
        """A pass that nothing breaks off: both sides are as the oracle says, by as many requests as it takes."""
        wanted, needed = self._wanted(), self._needed()
        self.world.wrote()
        ended = self.world.place.run("apply", "--auto-approve")
        if ended.code != 0:
            raise self._wrong(f"the apply ended with {ended.code}: {ended.out}{ended.err}")
        self._look(wanted, sides=("here", "in Okta"))
        sent = len(self.world.wrote())
        if sent != needed:
            raise self._wrong(f"{sent} requests that write, and {needed} memberships to send")
        self._spared.clear()

    def idle_pass(self) -> None:
        """Once more, with nothing to do."""
        self.whole_pass()
        planned = self.world.place.run("plan", "--detailed-exitcode")
        if planned.code != 0:
            raise self._wrong(f"a plan after it has something to do: {planned.out}{planned.err}")

    def pass_that_breaks_off(self) -> None:
        """A pass that is broken off before one of its requests goes out, in this process."""
        wanted, needed = self._wanted(), self._needed()
        after = self.chance.randrange(needed + 1)
        with _broken_before(after):
            self._broken(lambda: self.world.place.run("apply", "--auto-approve").code, wanted, killed=after < needed)

    def pass_that_is_killed(self) -> None:
        """A pass whose process is killed while Okta serves one of its requests."""
        wanted, needed, before = self._wanted(), self._needed(), self._there()
        if not needed:
            self.whole_pass()
            return
        process: list[subprocess.Popen[str]] = []

        def kill(_: Organization) -> None:
            process[0].kill()

        effect = Change(kill) if self.chance.random() < 0.5 else ChangeAfter(kill)
        first = self.chance.randrange(1, needed + 1)
        faults = self.world.simulator.faults
        faults.add(Fault("/api/v1/**", effect, first=first, times=1, writes=True))
        self.world.wrote()
        process.append(self.world.place.start("apply", "--auto-approve", script=SCRIPT))
        self._broken(lambda: _ended(process[0]), wanted, killed=True)
        faults.clear()
        # Of the request on its way nobody knows yet whether it was made: the next pass sees.
        there = self._there()
        self._spared.update(pair for pair in self._pairs if before[pair] != wanted[pair] == there[pair])

    def _broken(self, run: Callable[[], int], wanted: dict[Pair, bool], *, killed: bool) -> None:
        before = self._there()
        code = run()
        if killed == (code == 0):
            raise self._wrong(f"a pass that was {'broken off' if killed else 'let be'} ended with {code}")
        self.told.append("broken off")
        self._look(wanted, sides=("here",))
        there = self._there()
        odd = [pair for pair in self._pairs if there[pair] not in (before[pair], wanted[pair])]
        if odd:
            raise self._wrong(f"nobody wanted {odd} in Okta to be so")
        self._remember()

    def _toggle(self, pair: Pair, *, in_okta: bool) -> None:
        name, person = pair
        self.told.append(f"{person} in {name[:3]} {'in Okta' if in_okta else 'here'}")
        if not in_okta:
            self.world.edit(name, person, joins=not self._here()[pair])
            return
        user, joins, organization = self.world.people[person], not self._there()[pair], self.world.organization
        if name == self.world.app.id:
            (organization.assign_user if joins else organization.unassign_user)(self.world.app, user)
        else:
            (organization.add_member if joins else organization.remove_member)(self.world.group, user)

    def _is_here(self, pair: Pair) -> bool:
        """Whether the directory has the list: it goes with its last member, and nobody can be put into it then."""
        lists = self.world.place.run("get", "access_lists", "--format", "json").json
        return pair[0] in {each["metadata"]["name"] for each in lists}

    def _wanted(self) -> dict[Pair, bool]:
        here, there = self._here(), self._there()
        return {each: there[each] if there[each] != self._alike[each] else here[each] for each in self._pairs}

    def _needed(self) -> int:
        there, wanted = self._there(), self._wanted()
        return sum(there[pair] != wanted[pair] for pair in self._pairs)

    def _look(self, wanted: dict[Pair, bool], *, sides: tuple[str, ...]) -> None:
        for side, found in (("here", self._here()), ("in Okta", self._there())):
            odd = [pair for pair in self._pairs if found[pair] != wanted[pair]]
            if side in sides and odd:
                raise self._wrong(f"{side}, {odd} should be {[wanted[pair] for pair in odd]}")
        self._remember()

    def _remember(self) -> None:
        here, there = self._here(), self._there()
        self._alike.update((pair, here[pair]) for pair in self._pairs if here[pair] == there[pair])

    def _here(self) -> dict[Pair, bool]:
        inside = {name: self.world.here(name) for name in self._lists}
        return {(name, person): person in inside[name] for name, person in self._pairs}

    def _there(self) -> dict[Pair, bool]:
        inside = {self.world.group.id: self.world.there(self.world.group), self.world.app.id: self.world.assigned()}
        return {(name, person): person in inside[name] for name, person in self._pairs}

    def _wrong(self, what: str) -> Wrong:
        return Wrong(f"{what}; after: {'; '.join(self.told)}")


def _ended(process: "subprocess.Popen[str]") -> int:
    """How a process ended, once it has."""
    process.communicate(timeout=120)
    return process.returncode


@contextmanager
def _broken_before(request: int) -> Iterator[None]:
    """Break the process off before the request of this number, counted from 0, goes out."""
    sent: list[str] = []
    write = MembershipWriter._write

    def cut(writer: MembershipWriter, asked: Request, check: Callable[[], None], body: bytes | None = None) -> None:
        if len(sent) == request:
            raise KeyboardInterrupt
        sent.append(asked.url)
        write(writer, asked, check, body)

    with mock.patch.object(MembershipWriter, "_write", cut):
        yield


def live(world: World, seed: int, passes: int, *, as_process: bool = False) -> None:
    """Live so many passes, and then until both sides agree. Raises Wrong."""
    world.switch(both=True, more=GUARDS)
    with mock.patch(NO_LAG, -5.0):
        world.place.apply()
        world.place.apply()
        life = Life(world, seed)
        for _ in range(passes):
            (life.both_edit_one if life.chance.random() < 0.2 else life.edit)()
            if life.chance.random() < 0.4:
                (life.pass_that_is_killed if as_process else life.pass_that_breaks_off)()
            else:
                life.whole_pass()
        life.whole_pass()
        life.idle_pass()
