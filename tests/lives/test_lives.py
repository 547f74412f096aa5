"""Thirty random lives go as the rules say; and a program that breaks a rule is seen, and told of in few words."""

from typing import Any

import pytest
from msgspec.structs import replace

from idsync.compiler import compile as compiler
from idsync.compiler.users import desired_user
from idsync.model.findings import Health
from idsync.model.resources import User
from idsync.plan.health import Judgement
from idsync.reconcile import one_plan
from tests.lives.chance import random_life
from tests.lives.events import IN_OKTA, IN_THE_FILES, Event, Script, Week
from tests.lives.life import Failure, live
from tests.lives.organization import Configuration, Group, Organization, Person
from tests.lives.shrink import shrunk
from tests.lives.telling import told

pytestmark = pytest.mark.long


WEEKS = 8
ANN, BOB, CEM = (Person(f"00u{name}", f"{name}@x", profile={"department": "Eng"}) for name in ("ann", "bob", "cem"))


@pytest.mark.parametrize("seed", range(30))
def test_a_random_life_goes_as_the_rules_say(seed: int) -> None:
    script = random_life(seed, WEEKS)
    failure = live(script)
    if failure is not None:
        pytest.fail(told(seed, *shrunk(script, failure)), pytrace=False)


def test_a_seed_makes_one_life() -> None:
    assert random_life(7, 3) == random_life(7, 3)
    assert random_life(7, 3) != random_life(8, 3)


def small(*weeks: Week) -> Script:
    """Three people, two groups."""
    organization = Organization(
        Configuration(["base"]),
        {person.id: person for person in (ANN, BOB, CEM)},
        {"00g1": Group("00g1", "eng", {ANN.id, BOB.id}), "00g2": Group("00g2", "ops", {BOB.id, CEM.id})},
    )
    return Script(organization, weeks)


QUIET = Week(26, (Event(IN_THE_FILES, "owners", ("ann@x",)), Event(IN_OKTA, "moves to", (CEM.id, "Ops"))))
LEAVES = Week(26, (Event(IN_OKTA, "moves to", (ANN.id, "Ops")), Event(IN_OKTA, "loses the app", (BOB.id,))))


def test_a_program_that_breaks_a_rule_is_seen_and_told_of_in_few_words(monkeypatch: pytest.MonkeyPatch) -> None:
    def generous(*arguments: Any) -> User:
        user = desired_user(*arguments)
        roles = (*user.spec.roles, "root") if ("okta/department", ("Ops",)) in user.spec.traits.items() else ()
        return replace(user, spec=replace(user.spec, roles=roles or user.spec.roles))

    monkeypatch.setattr(compiler, "desired_user", generous)
    script = small(QUIET, LEAVES)
    failure = live(script)
    assert failure is not None
    shortest, same = shrunk(script, failure)
    assert shortest.weeks == (Week(26, (Event(IN_OKTA, "moves to", (CEM.id, "Ops")),)),)
    assert [*shortest.organization.people] == [CEM.id]
    assert not shortest.organization.groups
    assert told(5, shortest, same).splitlines() == [
        "seed 5, made as short as it fails:",
        f"people: {CEM.id} cem@x",
        f"configuration: {shortest.organization.configuration}",
        "week 1, after 26 hours:",
        f"  okta: moves to '{CEM.id}' 'Ops'",
        "then, in week 1: after the apply: user cem@x:",
        f"  expected User(id='{CEM.id}', roles=['base'], traits={{'okta/department': ['Ops']}})",
        f"  found    User(id='{CEM.id}', roles=['base', 'root'], traits={{'okta/department': ['Ops']}})",
    ]


def test_a_program_that_believes_a_bad_reading_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    script = small(LEAVES, Week(2, (), ("no groups", "-")))
    assert live(script) is None
    monkeypatch.setattr(one_plan, "judge", lambda *_: Judgement(Health()))
    failure = live(script)
    assert isinstance(failure, Failure)
    assert failure.week == 2
    assert failure.what.startswith("idsync apply --auto-approve --format json ends with 0, not 7")
