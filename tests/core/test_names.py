"""Names: twins, Unicode, and everything that a hostile or careless directory may call people and lists."""

from typing import Any

import pytest

from idsync.config.texts import is_usable_text
from idsync.model.directory import DirectoryState, UpstreamCause
from idsync.model.identity import IdentityUser, raw_json
from idsync.model.ownership import USER_ID_LABEL
from tests.core.replay import applied, settled
from tests.core.world import codes, config, group, lines, okta, person, plan, replace, user_change, with_user

COMPOSED, DECOMPOSED = "ren\u00e9", "rene\u0301"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("alice", "alice"),
        ("alice", "Alice"),
        (COMPOSED, DECOMPOSED),
        (COMPOSED.upper(), DECOMPOSED),
        ("straße", "STRASSE"),
        ("ς", "Σ"),
        ("İ", "i̇"),
    ],
)
def test_r03_two_people_with_one_name_are_reported_and_neither_is_touched(one: str, other: str) -> None:
    made = plan(okta(person(one, id="00u-1"), person(other, id="00u-2"), person("carol")))
    assert lines(made) == ["create user carol: assigned"]
    assert codes(made) == ["twin_names"]
    assert made.findings[0].severity == "error"
    assert {cause.id for cause in made.findings[0].causes if isinstance(cause, UpstreamCause)} == {"00u-1", "00u-2"}


def test_what_the_directory_holds_of_twins_stays_memberships_included() -> None:
    state = settled(okta(person("alice"), person("bob"), group("eng", "alice", "bob")))
    twins = okta(person("alice"), person("ALICE"), person("bob", title="chef"), group("eng", "bob"))
    made = plan(twins, state)
    assert lines(made) == ["update user bob: profile_changed"]
    after = applied(state, made)
    assert after.members == state.members
    assert after.users["alice"] == state.users["alice"]


def test_a_renamed_person_who_becomes_a_twin_stays_under_the_old_name() -> None:
    state = settled(okta(person("alice"), person("bob")))
    made = plan(okta(person("ALICE", id="00u-bob"), person("alice")), state)
    assert made.is_empty
    assert codes(made) == ["twin_names"]


def test_someone_who_lacks_access_is_nobodys_twin() -> None:
    made = plan(okta(person("alice", id="00u-1"), person("Alice", "DEPROVISIONED", id="00u-2")))
    assert lines(made) == ["create user alice: assigned"]
    assert codes(made) == []


def test_r13_an_unknown_status_leaves_the_person_as_they_are_with_a_warning() -> None:
    snapshot = okta(person("alice"), person("bob"), group("eng", "alice", "bob"))
    state = settled(snapshot)
    made = plan(okta(person("alice", "HIBERNATED", title="new"), person("bob"), group("eng", "bob")), state)
    assert made.is_empty
    assert codes(made) == ["unknown_status"]
    assert made.findings[0].severity == "warning"


def test_a_new_person_of_unknown_status_is_not_created() -> None:
    made = plan(okta(person("alice", "HIBERNATED"), person("bob"), group("eng", "alice", "bob")))
    assert lines(made) == ["create user bob: assigned", "create access_list eng: imported +bob"]


def test_an_unknown_status_does_not_hold_another_person_of_that_name() -> None:
    state = settled(okta(person("alice")))
    made = plan(okta(person("alice", title="chef"), person("alice", "HIBERNATED", id="00u-2")), state)
    assert lines(made) == ["update user alice: profile_changed"]


STRANGE = [
    "team/eng",
    "//",
    'o\'brien "the" `boss`',
    "two\nlines\r\n",
    "\x1b[2J\x1b]0;pwned\x07",
    "x" * 10_000,
    DECOMPOSED,
    "日本語",
    "👩\u200d🚀",
    "\u202egnp.exe",
    "a,b=c;d",
    "<script>alert(1)</script>",
    "${jndi:ldap://x}",
    "%s{0}$1",
    "..",
    "null",
]


@pytest.mark.parametrize("name", STRANGE, ids=range(len(STRANGE)))
def test_any_name_comes_goes_and_returns(name: str) -> None:
    present = okta(
        person(name, id="00u-1", title=name), person("x"), group(name, "1", "x", id="00g-1", description=name)
    )
    absent = okta(person("x"), group(name, "1", "x", id="00g-1", description=name))
    settings = config(
        'RoleMapping: {rules: [{group: "*", roles: ["in-$1"]}, {trait: okta/title, value: "*", roles: ["is-$1"]}]}'
    )
    state = settled(present, settings)
    assert state.users[name].spec.traits == ({"okta/title": (name,)} if is_usable_text(name) else {})
    assert state.access_lists["00g-1"].spec.title == name
    assert plan(present, state, settings).is_empty
    state = applied(state, plan(absent, state, settings))
    assert name not in state.users
    assert plan(absent, state, settings).is_empty
    state = applied(state, plan(present, state, settings))
    assert state.members["00g-1"].keys() == {name, "x"}
    assert state.locks == {}


def test_a_name_is_kept_as_okta_spells_it() -> None:
    assert user_change(plan(okta(person(DECOMPOSED))), DECOMPOSED).address == f"user/{DECOMPOSED}"


def test_r05_any_profile_becomes_traits_or_is_left_out() -> None:
    profile: dict[str, Any] = {
        "text": "x",
        "empty": "",
        "none": None,
        "yes": True,
        "no": False,
        "whole": 7,
        "huge": 2**70,
        "part": 1.5,
        "round": 1.0,
        "list": ["b", "a", "b", "", None, 3, True, {"deep": 1}, ["deep"]],
        "empty list": [],
        "object": {"deep": 1},
    }
    snapshot = okta(person("alice", **profile))
    after = user_change(plan(snapshot), "alice").after
    assert after is not None
    assert after.spec.traits == {
        "okta/text": ("x",),
        "okta/yes": ("true",),
        "okta/no": ("false",),
        "okta/whole": ("7",),
        "okta/huge": (str(2**70),),
        "okta/part": ("1.5",),
        "okta/round": ("1.0",),
        "okta/list": ("b", "a", "3", "true"),
    }
    assert plan(snapshot, settled(snapshot)).is_empty


def test_no_value_with_nul_becomes_a_trait() -> None:
    after = user_change(plan(okta(person("alice", title="a\0b", team=["a", "\0"]))), "alice").after
    assert after is not None
    assert after.spec.traits == {"okta/team": ("a",)}


def test_the_layout_of_the_profile_does_not_matter() -> None:
    one, other = person("alice", a="1", b="2"), person("alice", b="2", a="1")
    assert plan(okta(one)) == plan(okta(other))
    assert raw_json({"a": 1, "b": 2}) == raw_json({"b": 2, "a": 1})


def _bob_under_the_id_of_ann(*others: IdentityUser) -> DirectoryState:
    state = settled(okta(person("ann"), person("bob"), *others, group("eng", "ann", "bob")))
    bob = state.users["bob"]
    labels = {**bob.metadata.labels, USER_ID_LABEL: "00u-ann"}
    return with_user(state, replace(bob, metadata=replace(bob.metadata, labels=labels)))


def test_somebody_whom_a_hand_gave_the_id_of_another_keeps_account_and_lists() -> None:
    state = _bob_under_the_id_of_ann()
    snapshot = okta(person("ann"), person("bob"), group("eng", "ann", "bob"))
    made = plan(snapshot, state)
    assert lines(made) == ["update user bob: profile_changed"]
    assert plan(snapshot, applied(state, made)).is_empty


def test_an_id_that_a_hand_gave_twice_changes_nothing_for_other_people() -> None:
    state = _bob_under_the_id_of_ann(person("cat"), person("dan"))
    swapped = person("cat", id="00u-dan"), person("dan", id="00u-cat")
    made = plan(okta(person("ann"), person("bob"), *swapped, group("eng", "ann", "bob")), state)
    assert lines(made) == ["update user bob: profile_changed"]
    assert codes(made) == ["name_taken", "name_taken", "identity_replaced"]


def test_someone_renamed_to_a_name_that_has_their_id_by_hand_is_not_held_by_one_of_unknown_status() -> None:
    renamed, unknown = person("bob", id="00u-ann", title="chef"), person("bob", "STRANGE", id="00u-x")
    made = plan(okta(renamed, unknown, group("eng", "ann")), _bob_under_the_id_of_ann())
    assert lines(made) == [
        "create lock ann: renamed",
        "update user bob: profile_changed",
        "update access_list eng: membership_changed -ann",
        "delete user ann: renamed",
    ]


@pytest.mark.parametrize(
    "others", [(person("BOB"), person("bob")), (person("bob", "STRANGE"),)], ids=["twin", "unknown"]
)
def test_somebody_who_is_held_stays_though_a_hand_gave_them_the_id_of_another(others: tuple[IdentityUser, ...]) -> None:
    snapshot = okta(person("ann"), *others, group("eng", "ann", "bob"))
    assert plan(snapshot, _bob_under_the_id_of_ann()).is_empty


@pytest.mark.parametrize(
    "others",
    [(person("BOB", id="00u-1"), person("bob", id="00u-2")), (person("bob", "STRANGE", id="00u-1"),)],
    ids=["twins", "unknown"],
)
def test_somebody_who_left_is_locked_and_goes_though_people_who_are_held_have_that_name(
    others: tuple[IdentityUser, ...],
) -> None:
    state = settled(okta(person("ann"), person("bob"), group("eng", "ann", "bob")))
    made = plan(okta(person("ann"), *others, group("eng", "ann", "bob")), state)
    assert lines(made) == [
        "create lock bob: unassigned",
        "update access_list eng: membership_changed -bob",
        "delete user bob: unassigned",
    ]


def test_nobody_takes_the_name_of_somebody_who_left_while_a_person_who_is_held_has_it_too() -> None:
    state = settled(okta(person("ann"), person("bob")))
    made = plan(okta(person("ann"), person("bob", "STRANGE", id="00u-1"), person("bob", id="00u-2")), state)
    assert lines(made) == ["create lock bob: unassigned", "delete user bob: unassigned"]
    assert codes(made) == ["name_taken", "unknown_status"]
