"""`apply --reviewed` in random worlds: what Okta changes never makes a review stale, and another edit always does."""

from collections.abc import Callable
from copy import deepcopy
from datetime import timedelta
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.effort import examples
from tests.lives.directory import Directory
from tests.lives.organization import Configuration, Group, Organization, Person
from tests.lives.program import Program

pytestmark = pytest.mark.long


DEPARTMENTS = ["Eng", "Ops", "Sales"]
GROUPS = ["eng-a", "eng-b", "ops"]
seeds = st.integers(0, 1 << 32)


class World:
    """A small organization whose configuration was applied, and chance."""

    def __init__(self, folder: Path, seed: int) -> None:
        self.random = Random(seed)
        self.edits = EDITS
        self.program = Program(folder)
        self.organization = Organization(self._configuration())
        for number in range(self.random.randint(3, 8)):
            self._joins(number)
        for number, name in enumerate(GROUPS):
            members = {person for person in self.organization.people if self.random.random() < 0.6}
            self.organization.groups[f"00g{number}"] = Group(f"00g{number}", name, members)
        self.organization.groups["00gAll"] = Group("00gAll", "all", {*self.organization.people})
        self._next = 100
        self.write(self.configuration)
        self.read()
        self.program.expect((0,), "apply", "--auto-approve")

    @property
    def configuration(self) -> Configuration:
        """What the files say."""
        return self.organization.configuration

    def write(self, configuration: Configuration) -> None:
        """Let the files say this."""
        self.organization.configuration = configuration
        self.program.configure(configuration.documents())

    def read(self) -> None:
        """Let time go by, and the next reading show Okta as it is."""
        self.program.now += timedelta(hours=1)
        self.program.give(self.organization.reading(self.program.now.strftime("%Y-%m-%dT%H:%M:%SZ")))

    def review(self) -> str:
        """Plan what the files say."""
        self.read()
        self.program.expect((0,), "plan", "-o", self.program.plan)
        return self.program.plan

    def merge(self, *codes: int) -> Directory:
        """Apply what was reviewed, which is to end with one of these codes; what is in the directory then."""
        self.read()
        self.program.expect(codes, "apply", "--reviewed", self.program.plan)
        return self.program.directory()

    def edited(self, before: Configuration) -> Configuration:
        """Another configuration, by one to three random edits that ask for something else."""
        while True:
            after = deepcopy(before)
            for _ in range(self.random.randint(1, 3)):
                self.random.choice(self.edits)(after, self.random)
            if after != before:
                return after

    def okta_changes(self) -> None:
        """Let some random things happen in Okta."""
        for _ in range(self.random.randint(1, 5)):
            self.random.choice([self._joiner, self._leaver, self._mover, self._membership, self._suspension])()

    def _configuration(self) -> Configuration:
        random = self.random
        return Configuration(
            default_roles=["base"],
            group_rules=random.sample([("eng-*", "eng"), ("*-*", "$2"), ("ops", "on-call")], random.randint(0, 3)),
            department_rules=random.sample([("Eng", "dev"), ("O*", "op-$1"), ("*", "in-$1")], random.randint(0, 3)),
            list_rules=random.sample([("eng-*", "code"), ("*", "see")], random.randint(0, 2)),
        )

    def _joins(self, number: int) -> str:
        okta_id = f"00u{number}"
        profile = {"department": self.random.choice(DEPARTMENTS)}
        self.organization.people[okta_id] = Person(okta_id, f"p{number}@x", profile=profile)
        return okta_id

    def _joiner(self) -> None:
        self._next += 1
        joined = self._joins(self._next)
        self.organization.groups["00gAll"].members.add(joined)
        self.random.choice([*self.organization.groups.values()]).members.add(joined)

    def _somebody(self) -> Person:
        return self.random.choice([*self.organization.people.values()])

    def _many_are_there(self) -> bool:
        """Whether one may go or be suspended: a reading in which everybody is gone is a doubtful one, and held."""
        return sum(person.status == "ACTIVE" for person in self.organization.people.values()) > 2

    def _leaver(self) -> None:
        if self._many_are_there():
            self._somebody().status = "DEPROVISIONED"

    def _mover(self) -> None:
        self._somebody().profile["department"] = self.random.choice(DEPARTMENTS)

    def _membership(self) -> None:
        group = self.organization.groups[f"00g{self.random.randrange(len(GROUPS))}"]
        group.members.symmetric_difference_update({self._somebody().id})

    def _suspension(self) -> None:
        person = self._somebody()
        if person.status == "ACTIVE" and self._many_are_there():
            person.status = "SUSPENDED"


def _more_default_roles(configuration: Configuration, random: Random) -> None:
    configuration.default_roles = [*configuration.default_roles, f"extra-{random.randrange(3)}"]


def _department_rule(configuration: Configuration, random: Random) -> None:
    configuration.department_rules.append((random.choice([*DEPARTMENTS, "Nobody"]), f"d-{random.randrange(3)}"))


def _group_rule(configuration: Configuration, random: Random) -> None:
    configuration.group_rules.append((random.choice([*GROUPS, "nothing"]), f"g-{random.randrange(3)}"))


def _fewer_rules(configuration: Configuration, random: Random) -> None:
    rules = random.choice([configuration.department_rules, configuration.group_rules, configuration.list_rules])
    if rules:
        rules.pop(random.randrange(len(rules)))


def _filter(configuration: Configuration, random: Random) -> None:
    configuration.include = random.choice([["eng-*", "all"], ["all"], None])


def _list_rule(configuration: Configuration, random: Random) -> None:
    configuration.list_rules.insert(0, (random.choice(GROUPS), f"l-{random.randrange(3)}"))


def _circumstances(configuration: Configuration, random: Random) -> None:
    configuration.suspended = random.choice(["lock", "ignore", "delete"])
    configuration.ttl = random.choice([12, 30, None])


EDITS: list[Callable[[Configuration, Random], None]] = [
    _more_default_roles,
    _department_rule,
    _group_rule,
    _fewer_rules,
    _filter,
    _list_rule,
    _circumstances,
]


@given(seeds)
@settings(max_examples=examples(200), deadline=None)
def test_what_okta_changes_never_makes_a_review_stale(seed: int) -> None:
    with TemporaryDirectory() as folder:
        world = World(Path(folder), seed)
        if world.random.random() < 0.5:
            world.okta_changes()  # Okta was ahead of the directory already when people reviewed
        world.write(world.edited(world.configuration))
        world.review()
        world.okta_changes()
        world.merge(0)
        assert world.program.expect((0,), "plan", "--detailed-exitcode"), "all that is asked for is there"


@given(seeds)
@settings(max_examples=examples(200), deadline=None)
def test_another_edit_always_makes_a_review_stale_and_nothing_of_it_is_applied(seed: int) -> None:
    with TemporaryDirectory() as folder:
        world = World(Path(folder), seed)
        before = deepcopy(world.configuration)
        world.write(world.edited(before))
        world.review()
        if world.random.random() < 0.5:
            world.okta_changes()
        reviewed = world.configuration
        world.write(world.edited(reviewed))
        found = world.merge(6)
        # What is there is what the configuration before asks for.
        world.write(before)
        assert world.program.expect((0,), "plan", "--detailed-exitcode")
        assert found == world.program.directory()


@given(seeds)
@settings(max_examples=examples(200), deadline=None)
def test_an_edit_is_the_same_beside_another_one_that_was_applied_meanwhile(seed: int) -> None:
    with TemporaryDirectory() as folder:
        world = World(Path(folder), seed)
        before = deepcopy(world.configuration)
        # Whom one edit brings back gets what the other one gives: these two are not beside each other.
        world.edits = [edit for edit in EDITS if edit is not _circumstances]
        world.write(world.edited(before))
        edited = world.configuration
        world.review()
        # Another pull request, of roles that no other rule gives, is merged and applied.
        other = ("E*", "beside-$1")
        world.write(_with(before, other))
        world.read()
        world.program.expect((0,), "apply", "--auto-approve")
        world.okta_changes()
        world.write(_with(edited, other))
        world.merge(0)
        assert world.program.expect((0,), "plan", "--detailed-exitcode")


def _with(configuration: Configuration, rule: tuple[str, str]) -> Configuration:
    beside = deepcopy(configuration)
    beside.department_rules.append(rule)
    return beside
