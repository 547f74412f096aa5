"""`idsync apply --reviewed PLAN`: what Okta changed is applied first, then the edit that was reviewed, and no other."""

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.cli.running import Ended, Idsync
from tests.cli.test_reconcile import Company

RULE = """\
---
apiVersion: idsync/v1
kind: RoleMapping
spec: {rules: [{trait: okta/team, value: VALUE, roles: [ROLE]}]}
"""
LOOSE = "user_deletes: {percent: 100}, user_locks: {percent: 100}, access_losses: {percent: 100}"


def rule(value: str, role: str) -> str:
    """A rule that gives a role to a team."""
    return RULE.replace("VALUE", f'"{value}"').replace("ROLE", role)


@pytest.fixture
def company(tmp_path: Path, idsync: Idsync, monkeypatch: pytest.MonkeyPatch) -> Company:
    """Forty people in one team, whose configuration was applied."""
    company = Company(tmp_path / "org", idsync, monkeypatch)
    company.configure()
    company.groups["crew"] = ["p00", "p01"]
    company.reads()
    assert company("apply", "--auto-approve").code == 0
    return company


def review(company: Company, *options: str) -> Path:
    """Plan what the files say; the plan that people review."""
    company.reads()
    path = company.folder.parent / "reviewed.plan"
    ended = company("plan", "-o", str(path), *options)
    assert ended.code == 0, ended.err
    return path


def merge(company: Company, plan: Path, *options: str, minutes: float = 10) -> Ended:
    """Apply it after the merge, some time later."""
    company.now += timedelta(minutes=minutes)
    company.reads()
    return company("apply", "--reviewed", str(plan), *options)


def told(ended: Ended) -> dict[str, Any]:
    """What it said for machines."""
    said = ended.json
    assert isinstance(said, dict)
    return said


def test_r38_what_was_reviewed_is_applied(company: Company) -> None:
    company.configure(more=rule("red", "painter"))
    ended = merge(company, review(company))
    assert ended.code == 0, ended.err
    assert company.roles("p05") == ["okta-requester", "team-red", "painter"]
    assert company("plan", "--detailed-exitcode").code == 0


def test_r38_a_joiner_and_a_leaver_change_nothing_about_the_review(company: Company) -> None:
    company.configure(more=rule("red", "painter"))
    plan = review(company)
    company.people["new"] = {"team": "red"}
    company.leave("p07")
    ended = merge(company, plan, "--format", "json")
    assert ended.code == 0, ended.err
    assert told(ended)["reconciled"]["run"] != told(ended)["edit"]["run"]
    assert "painter" in company.roles("new")
    assert company.named("locks") == {"p07"}
    assert company("plan", "--detailed-exitcode").code == 0


def test_a_mover_and_a_renamed_group_change_nothing_about_the_review(company: Company) -> None:
    company.configure(more=rule("red", "painter"))
    plan = review(company)
    company.people["p03"] = {"team": "blue"}
    company.groups["crew"] = ["p02"]
    assert merge(company, plan).code == 0
    assert company.roles("p03") == ["okta-requester", "team-blue"]


@pytest.mark.parametrize(
    "other",
    [rule("red", "admin"), rule("*", "painter") + rule("blue", "x"), rule("nobody", "admin"), ""],
    ids=["another role", "more rules", "a rule that gives nobody anything yet", "no edit"],
)
def test_r38_another_edit_than_the_reviewed_one_is_exit_6_and_nothing_of_it_is_applied(
    company: Company, other: str
) -> None:
    company.configure(more=rule("red", "painter"))
    plan = review(company)
    company.configure(more=other)
    company.leave("p07")
    ended = merge(company, plan)
    assert ended.code == 6
    assert "not the one that was reviewed" in ended.err
    assert company.roles("p05") == ["okta-requester", "team-red"]
    assert company.named("locks") == {"p07"}, "what Okta changed is applied all the same"


def test_the_difference_is_a_plan_of_its_own_which_is_shown_and_never_applied(company: Company) -> None:
    company.configure(more=rule("red", "painter"))
    plan = review(company)
    company.configure(more=rule("red", "painter") + rule("red", "admin"))
    file = company.folder.parent / "difference.plan"
    ended = merge(company, plan, "--difference", str(file), "--format", "json")
    assert ended.code == 6
    difference = told(ended)["difference"]
    gains = {access["name"] for delta in difference["access_delta"] for access in delta["gains"]}
    assert gains == {"admin"}, "what was reviewed does not differ"
    assert len(difference["access_delta"]) == 40
    shown = company("show", str(file))
    assert shown.code == 0
    assert "admin" in shown.out
    refused = company("apply", str(file))
    assert refused.code == 6
    assert "differs from the one that was reviewed" in refused.err


def test_another_merge_that_was_applied_meanwhile_changes_nothing_about_an_edit_beside_it(company: Company) -> None:
    company.configure(more=rule("red", "painter"))
    plan = review(company)
    company.configure(more=rule("red", "singer"))
    assert company("apply", "--auto-approve").code == 0
    company.configure(more=rule("red", "singer") + rule("red", "painter"))
    ended = merge(company, plan)
    assert ended.code == 0, ended.err
    assert {"singer", "painter"} <= {*company.roles("p05")}


def test_an_edit_that_comes_to_something_else_on_another_configuration_is_exit_6(company: Company) -> None:
    company.configure(more=rule("red", "painter"))
    plan = review(company)
    company.configure(more=rule("red", "singer"))
    assert company("apply", "--auto-approve").code == 0
    company.configure(more=rule("red", "singer") + rule("red", "painter") + rule("red", "admin"))
    ended = merge(company, plan, "--format", "json")
    assert ended.code == 6
    gains = {access["name"] for delta in told(ended)["difference"]["access_delta"] for access in delta["gains"]}
    assert "admin" in gains
    company.configure(more=rule("red", "singer"))
    again = merge(company, plan)
    assert again.code == 6
    assert "asks for nothing that is not in force" in again.err


def test_the_same_command_again_applies_nothing_and_says_so(company: Company) -> None:
    company.configure(more=rule("red", "painter"))
    plan = review(company)
    assert merge(company, plan).code == 0
    again = merge(company, plan, "--format", "json")
    assert again.code == 0
    assert "in force already" in again.err
    assert told(again)["edit"]["run"] is None


def test_the_first_configuration_of_all_is_applied_as_it_was_reviewed(
    tmp_path: Path, idsync: Idsync, monkeypatch: pytest.MonkeyPatch
) -> None:
    company = Company(tmp_path / "org", idsync, monkeypatch)
    company.configure()
    plan = review(company)
    company.people["new"] = {"team": "red"}
    ended = merge(company, plan, "--format", "json")
    assert ended.code == 0, ended.err
    assert "reconciled" not in told(ended)
    assert len(company.named("users")) == 41


def test_a_first_configuration_that_is_another_one_is_exit_6(
    tmp_path: Path, idsync: Idsync, monkeypatch: pytest.MonkeyPatch
) -> None:
    company = Company(tmp_path / "org", idsync, monkeypatch)
    company.configure()
    plan = review(company)
    company.configure(more=rule("red", "admin"))
    assert merge(company, plan).code == 6
    assert company.named("users") == set()


def test_a_plan_that_says_nothing_of_the_configuration_before_is_refused_with_the_way_out(company: Company) -> None:
    current = company.folder / "current.json"
    whole: list[dict[str, Any]] = company("get", "all", "--format", "json").json  # type: ignore[assignment]
    current.write_text(json.dumps([each for each in whole if each["kind"] != "idsync_state"]))
    company.configure(more=rule("red", "painter"))
    ended = merge(company, review(company, "--current", str(current)))
    assert ended.code == 6
    assert "does not say which configuration was in force" in ended.err


def test_a_plan_from_recordings_is_as_good(company: Company) -> None:
    current = company.folder / "current.json"
    current.write_text(company("get", "all", "--format", "json").out)
    company.configure(more=rule("red", "painter"))
    assert merge(company, review(company, "--current", str(current))).code == 0


# -- each row of the table of what a plan meets


def test_r37_a_doubt_holds_the_edit_back_and_what_it_does_not_hold_of_okta_goes_on(company: Company) -> None:
    company.configure(more=rule("red", "painter"))
    plan = review(company)
    for number in range(20, 40):
        del company.people[f"p{number}"]
    company.people["new"] = {"team": "red"}
    ended = merge(company, plan)
    assert ended.code == 7
    assert "source_shrink" in ended.err
    assert "new" in company.named("users")
    assert "p30" in company.named("users")
    assert company.roles("p05") == ["okta-requester", "team-red"]
    released = merge(company, plan, "--allow", "source_shrink=half of the company was sold")
    assert released.code == 5, "its guards are still to be released"
    reasons = [f"--allow={guard}=sold" for guard in ("user_deletes", "user_locks")]
    again = merge(company, plan, "--allow", "source_shrink=half of the company was sold", *reasons)
    assert again.code == 0, again.err
    assert "painter" in company.roles("p05")
    assert "p30" not in company.named("users")


def test_r37_a_broken_reading_changes_nothing(company: Company) -> None:
    company.configure(more=rule("red", "painter"))
    plan = review(company)
    company.now += timedelta(minutes=10)
    (company.folder / "now.json").write_text("{")
    assert company("apply", "--reviewed", str(plan)).code == 7
    assert company.roles("p05") == ["okta-requester", "team-red"]


def test_r37_what_a_guard_holds_of_okta_stays_held_and_the_edit_is_applied(company: Company) -> None:
    company.configure(more=rule("red", "painter"))
    plan = review(company)
    company.leave(*(f"p{number}" for number in range(10, 20)))
    ended = merge(company, plan)
    assert ended.code == 5
    assert "user_deletes" in ended.err
    assert "painter" in company.roles("p05")
    assert "p10" in company.named("users"), "nobody reviewed that it is deleted"
    assert len(company.named("locks")) == 10
    assert company("reconcile").code == 5


def test_r37_gains_that_a_guard_of_unattended_passes_holds_do_not_slip_through_with_an_edit(company: Company) -> None:
    company.configure(more=rule("green", "painter"))
    plan = review(company)
    for number in range(30):
        company.people[f"p{number:02}"] = {"team": "green"}
    ended = merge(company, plan)
    assert ended.code == 5
    assert "access_gains" in ended.err
    assert "team-green" not in company.roles("p05")


def test_r37_a_guard_that_the_edit_itself_reaches_holds_all_of_it(company: Company) -> None:
    company.configure(more=rule("red", "painter"))
    assert company("apply", "--auto-approve").code == 0
    company.configure()
    plan = review(company)
    company.people["new"] = {"team": "red"}
    ended = merge(company, plan)
    assert ended.code == 5
    assert "access_losses" in ended.err
    assert "painter" in company.roles("p05")
    assert "new" in company.named("users")


def test_r37_orphaned_objects_hold_everything(company: Company) -> None:
    company.configure(more=rule("red", "painter"))
    plan = review(company)
    text = (company.folder / "idsync.yaml").read_text()
    (company.folder / "idsync.yaml").write_text(text.replace("enzos-pizza.okta", "luigis-pizza.okta"))
    assert merge(company, plan).code == 6


def test_r31_an_older_reading_changes_nothing(company: Company) -> None:
    company.configure(more=rule("red", "painter"))
    plan = review(company)
    ended = merge(company, plan, minutes=-60)
    assert ended.code == 6
    assert company.roles("p05") == ["okta-requester", "team-red"]


def test_an_edit_of_what_is_held_back_waits_for_it(company: Company) -> None:
    company.configure(guards="access_losses: {percent: 0, floor: 0}", more=rule("red", "painter"))
    assert company("apply", "--auto-approve").code == 0
    company.configure(guards="access_losses: {percent: 0, floor: 0}", more=rule("red", "painter") + rule("*", "guest"))
    plan = review(company)
    company.people["p03"] = {"team": "blue"}
    ended = merge(company, plan)
    assert ended.code == 5
    assert "guest" in company.roles("p04")
    assert "painter" in company.roles("p03")


# -- releases


def burst(company: Company, count: int) -> None:
    """So many people leave at once."""
    company.leave(*(f"p{number}" for number in range(10, 10 + count)))


def test_r34_a_reviewed_release_holds_up_to_the_count_that_was_reviewed(company: Company) -> None:
    burst(company, 10)
    plan = review(company, "--allow", "user_deletes=the kitchen closed", "--allow", "user_locks=the kitchen closed")
    ended = merge(company, plan)
    assert ended.code == 0, ended.err
    assert "p10" not in company.named("users")
    assert "the kitchen closed" in company("history").out


def test_r34_a_reviewed_release_does_not_hold_for_more_than_was_reviewed(company: Company) -> None:
    burst(company, 10)
    plan = review(company, "--allow", "user_deletes=the kitchen closed", "--allow", "user_locks=the kitchen closed")
    burst(company, 11)
    ended = merge(company, plan)
    assert ended.code == 5
    assert "was released for 10" in ended.err
    assert "p10" in company.named("users")


def test_r34_a_reviewed_release_holds_once(company: Company) -> None:
    burst(company, 10)
    plan = review(company, "--allow", "user_deletes=the kitchen closed", "--allow", "user_locks=the kitchen closed")
    assert merge(company, plan).code == 0
    company.leave(*(f"p{number}" for number in range(20, 28)))
    ended = merge(company, plan, minutes=120)
    assert ended.code == 5
    assert "releases no more" in ended.err
    assert "p20" in company.named("users")


# -- the command line


@pytest.mark.parametrize(
    "options", [["--split", "--reviewed", "PLAN"], ["PLAN", "--reviewed", "PLAN"], ["--difference", "x"]]
)
def test_what_does_not_go_with_a_reviewed_plan_is_refused(company: Company, options: list[str]) -> None:
    plan = review(company)
    ended = company("apply", *(str(plan) if option == "PLAN" else option for option in options))
    assert ended.code == 64


def test_a_reviewed_plan_that_was_edited_is_exit_6(company: Company) -> None:
    company.configure(more=rule("red", "painter"))
    plan = review(company)
    plan.write_bytes(plan.read_bytes().replace(b"painter", b"printer"))
    assert merge(company, plan).code == 6


def test_a_configuration_that_is_followed_as_it_is_does_not_go_round_the_review(company: Company) -> None:
    follow = "---\napiVersion: idsync/v1\nkind: Service\nspec: {follow_config: true}\n"
    company.configure(more=rule("red", "painter") + follow)
    plan = review(company)
    company.configure(more=rule("red", "admin") + follow)
    assert merge(company, plan).code == 6
    assert company.roles("p05") == ["okta-requester", "team-red"]


@pytest.mark.parametrize("how", ["joins", "moves", "both"])
def test_who_came_into_the_reach_of_an_edit_since_the_review_is_named(company: Company, how: str) -> None:
    company.people["p39"] = {"team": "blue"}
    company.reads()
    assert company("apply", "--auto-approve").code == 0
    company.configure(more=rule("red", "painter"))
    plan = review(company)
    expected = []
    if how != "moves":
        company.people["new"] = {"team": "red"}
        expected.append("new")
    if how != "joins":
        company.people["p39"] = {"team": "red"}
        expected.append("p39")
    ended = merge(company, plan, "--format", "json")
    assert ended.code == 0, ended.err
    assert told(ended)["also_reached"] == expected
    assert all("painter" in company.roles(name) for name in expected)


def test_who_came_into_the_reach_of_an_edit_is_named_in_text(company: Company) -> None:
    company.configure(more=rule("red", "painter"))
    plan = review(company)
    company.people["new"] = {"team": "red"}
    ended = merge(company, plan)
    assert "Also reached by your edit since the review: 1 person: new." in ended.out


@pytest.mark.parametrize("change", ["nothing", "a leaver", "a joiner elsewhere", "another role"])
def test_nobody_is_named_who_is_not_in_the_reach_of_the_edit_or_was_before(company: Company, change: str) -> None:
    company.configure(more=rule("red", "painter"))
    plan = review(company)
    match change:
        case "a leaver":
            company.leave("p07")
        case "a joiner elsewhere":
            company.people["new"] = {"team": "blue"}
        case "another role":
            company.people["p03"] = {"team": "blue"}
        case _:
            pass
    ended = merge(company, plan, "--format", "json")
    assert ended.code == 0, ended.err
    assert "also_reached" not in told(ended)
