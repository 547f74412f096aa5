"""What captures and profiles come to is given only where the configuration itself might say it."""

import pytest

from tests.core.replay import applied
from tests.core.world import NOTHING, codes, config, group, list_change, okta, person, plan, user_change

ROLE = config('RoleMapping: {rules: [{group: "team-*", roles: ["r-$1", "all"]}]}')
LIST = config(
    'AccessListRules: {rules: [{group: "team-*", title: "Team $1", owners: ["$1-lead"], '
    'grants: {roles: ["r-$1"], traits: {logins: ["$1", "root"], "x-$1": ["y"]}}}]}'
)
VALUE = config('RoleMapping: {rules: [{trait: okta/title, value: "* lead", roles: ["lead-$1"]}]}')
ODD = ["team-a\nadmin", "team-a ", "team-a\u2028b", "team-\x1b[31m", "team-a\u00a0"]


@pytest.mark.parametrize("name", ODD)
def test_a_role_that_a_group_s_name_makes_unusable_is_not_given(name: str) -> None:
    made = plan(okta(person("ann"), group(name, "ann", id="00g1")), settings=ROLE)
    after = user_change(made, "ann").after
    assert after is not None
    assert after.spec.roles == ("okta-requester", "all")
    assert codes(made) == ["unusable_expansion"]


@pytest.mark.parametrize("name", ["team-a\nadmin", "team-\tb"])
def test_nothing_of_a_list_is_made_of_an_unusable_capture(name: str) -> None:
    made = plan(okta(person("ann"), group(name, "ann", id="00g1")), settings=LIST)
    after = list_change(made, "00g1").after
    assert after is not None
    assert after.spec.title == name
    assert [owner.name for owner in after.spec.owners] == ["olga"]
    assert after.spec.grants.roles == ()
    assert after.spec.grants.traits == {"logins": ("root",)}
    assert set(codes(made)) == {"unusable_expansion"}
    said = " ".join(finding.message for finding in made.findings)
    for what in ("title", "owner", "role", "trait", "trait value"):
        assert f"The {what} " in said


def test_a_capture_in_the_middle_of_a_text_may_end_as_it_likes() -> None:
    settings = config('RoleMapping: {rules: [{group: "team-*", roles: ["${1}x"]}]}')
    made = plan(okta(person("ann"), group("team-a ", "ann", id="00g1")), settings=settings)
    after = user_change(made, "ann").after
    assert after is not None
    assert after.spec.roles == ("okta-requester", "a x")
    assert codes(made) == []


def test_a_role_that_a_profile_makes_unusable_is_not_given() -> None:
    made = plan(okta(person("ann", title="web\n lead"), person("bob", title="ops lead")), settings=VALUE)
    ann, bob = user_change(made, "ann").after, user_change(made, "bob").after
    assert ann is not None
    assert bob is not None
    assert ann.spec.roles == ("okta-requester",)
    assert bob.spec.roles == ("okta-requester", "lead-ops")
    assert set(codes(made)) == {"unusable_expansion"}


@pytest.mark.parametrize("value", ["Sales ", "\tSales", "Sales\n", "Sa\x00les", "Sa\u0085les", "\ufeffSales"])
def test_a_trait_value_that_no_configuration_could_compare_is_not_given(value: str) -> None:
    made = plan(okta(person("ann", department=value, team=["red", value]), person("bob", department="Sales")))
    after = user_change(made, "ann").after
    assert after is not None
    assert after.spec.traits == {"okta/team": ("red",)}
    told = [finding.message for finding in made.findings if finding.code == "unusable_expansion"]
    assert any("okta/department" in message and "ann" in message for message in told)


@pytest.mark.parametrize("value", ["Sales & Care", "caf\u00e9", "\u8ca9\u58f2", "a\u00a0b", "x" * 300])
def test_other_values_are_given_as_they_are(value: str) -> None:
    made = plan(okta(person("ann", department=value)))
    after = user_change(made, "ann").after
    assert after is not None
    assert after.spec.traits == {"okta/department": (value,)}
    assert codes(made) == []


def test_the_same_reading_twice_plans_nothing_and_says_the_same() -> None:
    snapshot = okta(person("ann", department="Sales "), group("team-a ", "ann", id="00g1"))
    first = plan(snapshot, settings=LIST)
    again = plan(snapshot, applied(NOTHING, first), LIST)
    assert again.is_empty
    assert codes(again) == codes(first)
