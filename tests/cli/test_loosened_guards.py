"""An edit that loosens what keeps people safe: it is told with its line, and judged by what was in force before it."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.cli.running import Idsync
from tests.cli.test_reconcile import Company
from tests.cli.test_reviewed import merge, review, rule, told

TIGHT = "user_deletes: {percent: 0, floor: 2}, access_losses: {percent: 0, floor: 2}, protected_users: [p00, p01]"
LOOSE = TIGHT.replace("floor: 2", "floor: 30")
UNPROTECTED = TIGHT.replace("[p00, p01]", "[p01]")
PAINTERS = rule("red", "painter")


@pytest.fixture
def company(tmp_path: Path, idsync: Idsync, monkeypatch: pytest.MonkeyPatch) -> Company:
    """Forty people, of whom two are protected, with low limits and a role by a rule of their own."""
    company = Company(tmp_path / "org", idsync, monkeypatch)
    company.configure(TIGHT, PAINTERS)
    company.reads()
    assert company("apply", "--auto-approve").code == 0
    return company


def findings(company: Company, *options: str) -> list[dict[str, Any]]:
    """What a plan tells of guards that changed."""
    company.reads()
    plan: Any = company("plan", "--format", "json", *options).json
    return [each for each in plan["findings"] if each["code"] == "guards_changed"]


def integration(company: Company, **settings: str) -> None:
    """Write settings into the Integration document."""
    path = company.folder / "idsync.yaml"
    lines = "".join(f"  {name}: {value}\n" for name, value in settings.items())
    path.write_text(path.read_text().replace("  app: {id: 0oa1}\n", f"  app: {{id: 0oa1}}\n{lines}"))


@pytest.mark.parametrize(
    ("guards", "setting"),
    [
        (LOOSE, "access_losses"),
        (TIGHT.replace("percent: 0", "percent: 50"), "user_deletes"),
        (UNPROTECTED, "protected_users"),
        (f"{TIGHT}, source_shrink: {{percent: 90}}", "source_shrink"),
        (f"{TIGHT}, lock_burst: {{floor: 900}}", "lock_burst"),
        (f"{TIGHT}, access_gains: {{percent: 100}}", "access_gains"),
        (f"{TIGHT}, member_removals: {{floor: 11}}", "member_removals"),
        ("", "access_losses"),
    ],
)
def test_r32_a_guard_that_an_edit_loosens_is_an_error_at_its_line(company: Company, guards: str, setting: str) -> None:
    company.configure(guards, PAINTERS)
    told_of = {each["message"].partition(" is ")[0]: each for each in findings(company)}
    finding = told_of[setting]
    assert finding["severity"] == "error"
    assert "is loosened" in finding["message"]
    (place,) = finding["causes"]
    lines = (company.folder / place["file"]).read_text().splitlines()
    assert "Guards" in lines[place["line"] - 1] or "user_deletes" in lines[place["line"] - 1]


@pytest.mark.parametrize(
    ("settings", "setting", "words"),
    [
        ({"locks": "{ttl: 1h}"}, "locks.ttl", "30h before, 1h now"),
        ({"locks": "{margin: 1m}"}, "locks.margin", "1h before, 1m now"),
        ({"users": "{suspended: ignore}"}, "users.suspended", "lock before, ignore now"),
        ({"users": "{suspended: delete}"}, "users.suspended", "lock before, delete now"),
        ({"users": "{adopt: [root]}"}, "users.adopt", "root"),
        ({"former_org_urls": "[https://old.okta.com]"}, "former_org_urls", "https://old.okta.com"),
        ({"sync": "{users: false}"}, "sync.users", "true before, false now"),
        ({"interval": "12h"}, "interval", "30m before, 12h now"),
        ({"interval": "30d"}, "interval", "30m before, 30d now"),
    ],
)
def test_r32_other_settings_that_keep_people_safe_are_told_too(
    company: Company, settings: dict[str, str], setting: str, words: str
) -> None:
    integration(company, **settings)
    (finding,) = findings(company)
    assert finding["severity"] == "error"
    assert finding["message"].startswith(f"{setting} is loosened: ")
    assert words in finding["message"]
    (place,) = finding["causes"]
    line = (company.folder / place["file"]).read_text().splitlines()[place["line"] - 1]
    assert setting.partition(".")[0] in line


@pytest.mark.parametrize(
    ("guards", "settings"),
    [
        (TIGHT.replace("floor: 2", "floor: 1"), {}),
        (TIGHT.replace("[p00, p01]", "[p00, p01, p02]"), {}),
        (TIGHT, {"locks": "{ttl: never}"}),
    ],
)
def test_r32_what_an_edit_tightens_is_information(company: Company, guards: str, settings: dict[str, str]) -> None:
    company.configure(guards, PAINTERS)
    integration(company, **settings)
    assert {each["severity"] for each in findings(company)} == {"info"}


def test_r32_the_owners_of_new_lists_are_told(company: Company) -> None:
    path = company.folder / "idsync.yaml"
    path.write_text(path.read_text().replace("owners: [olga]", "owners: [mallory, trudy]"))
    loosened, tightened = findings(company)
    assert (loosened["severity"], tightened["severity"]) == ("error", "info")
    assert loosened["message"] == "default_owners is loosened: mallory, trudy own new lists from now on."
    assert tightened["message"] == "default_owners is tightened: olga owns no new list from now on."
    assert "owners:" in path.read_text().splitlines()[loosened["causes"][0]["line"] - 1]


@pytest.mark.parametrize("tick", ["11s", "5m", "2h"])
def test_r32_a_longer_tick_is_told(company: Company, tick: str) -> None:
    service = f"---\napiVersion: idsync/v1\nkind: Service\nspec: {{tick: {tick}}}\n"
    company.configure(TIGHT, PAINTERS + service)
    (finding,) = findings(company)
    assert finding["severity"] == "error"
    assert finding["message"] == f"tick is loosened: 10s before, {tick} now."


def test_r32_another_store_is_told_to_who_plans_with_a_recording(company: Company) -> None:
    recorded = company.folder.parent / "current.json"
    recorded.write_text(company("get", "all", "--format", "json").out)
    integration(company, store="sqlite:///elsewhere.db")
    (finding,) = findings(company, "--current", str(recorded))
    assert finding["severity"] == "error"
    assert finding["message"].startswith("store is loosened: ")


@pytest.mark.parametrize(
    ("old", "new", "settings"),
    [
        ("{path: now.json}", "{path: forged.json}", ["source"]),
        ("source: {snapshot: {path: now.json}}", "source: {okta: {}}\n  auth: {api_token: {env: NONE}}", ["source"]),
        (
            "org_url: https://enzos-pizza.okta.com",
            "org_url: https://enzos.evil.com\n  former_org_urls: [https://enzos-pizza.okta.com]",
            ["org_url", "former_org_urls"],
        ),
    ],
)
def test_r32_who_tells_of_people_is_told_and_not_applied_as_reviewed(
    company: Company, old: str, new: str, settings: list[str]
) -> None:
    path = company.folder / "idsync.yaml"
    path.write_text(path.read_text().replace(old, new))
    company.reads()
    forged = json.loads((company.folder / "now.json").read_text())
    forged["users"].append({"id": "00umallory", "username": "mallory", "status": "ACTIVE", "profile": {"team": "red"}})
    (company.folder / "forged.json").write_text(json.dumps(forged))
    reviewed = company.folder.parent / "reviewed.plan"
    plan: Any = company(
        "plan", "--format", "json", "--snapshot", str(company.folder / "now.json"), "-o", str(reviewed)
    ).json
    told_of = [each for each in plan["findings"] if each["code"] == "guards_changed"]
    is_okta = "okta: {}" in new
    assert sorted(each["message"].partition(" is ")[0] for each in told_of) == sorted(settings)
    assert {each["severity"] for each in told_of} == {"info" if is_okta else "error"}
    ended = merge(company, reviewed)
    assert ended.code == 6, ended.err
    assert f"The edit changes {settings[0]}, and nothing of it was applied" in ended.err
    assert "mallory" not in company.named("users")


def test_r36_following_the_files_is_told_as_loosened(company: Company) -> None:
    """It does not decide who has which access, and lets passes go by files that nobody applied."""
    service = "---\napiVersion: idsync/v1\nkind: Service\nspec:\n  follow_config: true\n"
    company.configure(TIGHT, PAINTERS + service)
    (finding,) = findings(company)
    assert finding["message"] == "follow_config is loosened: false before, true now."
    line = (company.folder / "idsync.yaml").read_text().splitlines()[finding["causes"][0]["line"] - 1]
    assert "follow_config" in line
    assert company("plan", "--detailed-exitcode").code == 2
    assert company("apply", "--auto-approve").code == 0
    assert findings(company) == []


def test_r32_a_layout_or_a_comment_changes_no_guard(company: Company) -> None:
    path = company.folder / "idsync.yaml"
    path.write_text("# one\n" + path.read_text())
    assert findings(company) == []
    assert company("plan", "--detailed-exitcode").code == 0
    assert "No changes. " in company("plan").out


@pytest.mark.parametrize("form", ["text", "markdown", "html", "sarif", "junit", "github", "json"])
def test_r32_every_format_tells_of_a_loosened_guard_and_of_its_line(company: Company, form: str) -> None:
    company.configure(LOOSE, PAINTERS)
    company.reads()
    shown = company("plan", "--format", form).out
    assert "access_losses is loosened from the next change on" in shown.replace("`", "")
    line = next(
        number
        for number, text in enumerate((company.folder / "idsync.yaml").read_text().splitlines(), 1)
        if "access_losses" in text
    )
    assert str(line) in shown
    assert "guards_changed" in shown


def test_r32_a_plan_without_changes_that_loosens_says_so_first_and_is_a_change(company: Company) -> None:
    company.configure(UNPROTECTED, PAINTERS)
    company.reads()
    headline = company("plan").out.splitlines()[0]
    assert "No changes for anybody now, but the configuration loosens 1 setting that keeps people safe" in headline
    assert company("plan", "--detailed-exitcode").code == 2
    assert company("plan", "--fail-on", "error").code == 5
    applied = company("apply", "--auto-approve")
    assert applied.code == 0
    assert "Nothing to change; the configuration is in force now." in applied.out
    assert findings(company) == []
    assert company("plan", "--detailed-exitcode").code == 0


def test_r32_an_edit_that_reaches_nobody_yet_is_an_edit(company: Company) -> None:
    company.configure(TIGHT, PAINTERS + rule("nobody", "admin"))
    company.reads()
    ended = company("plan", "--detailed-exitcode")
    assert ended.code == 2
    assert "the configuration is not the one applied last" in ended.out
    assert "config_changed" in ended.out
    assert company("apply", "--auto-approve").code == 0
    assert company("plan", "--detailed-exitcode").code == 0


@pytest.mark.parametrize(
    "loosened", [LOOSE, "", "access_losses: {percent: 100}", f"{LOOSE}, access_gains: {{percent: 100}}"]
)
def test_r33_an_edit_is_judged_by_the_guards_before_it(company: Company, loosened: str) -> None:
    company.configure(loosened or "protected_users: []")
    company.reads()
    refused = company("apply", "--auto-approve")
    assert refused.code == 5
    assert "access_losses counts 40, limit 2" in refused.err
    assert "painter" in company.roles("p05")
    kept = company.folder.parent / "a.plan"
    assert company("plan", "-o", str(kept)).code == 0
    again = company("apply", str(kept))
    assert again.code == 5
    assert "painter" in company.roles("p05")


def test_r33_a_plan_file_that_says_otherwise_is_judged_so_too(company: Company) -> None:
    """What a plan file says of guards is not relied on."""
    company.configure(LOOSE)
    company.reads()
    kept = company.folder.parent / "a.plan"
    company("plan", "-o", str(kept))
    plan = json.loads(kept.read_text())
    assert next(each["limit"] for each in plan["guards"] if each["guard"] == "access_losses") == 2


def test_r33_a_loosened_guard_holds_from_the_next_change_on(company: Company) -> None:
    company.configure(TIGHT.replace("floor: 2", "floor: 60"), PAINTERS)
    company.reads()
    assert company("apply", "--auto-approve").code == 0
    company.configure(TIGHT.replace("floor: 2", "floor: 60"))
    company.reads()
    ended = company("apply", "--auto-approve")
    assert ended.code == 0, ended.err
    assert "painter" not in company.roles("p05")


def test_r34_a_person_releases_what_the_guards_before_hold(company: Company) -> None:
    company.configure(TIGHT.replace("floor: 2", "floor: 60"))
    company.reads()
    ended = company("apply", "--auto-approve", "--allow", "access_losses=the painters are done")
    assert ended.code == 0, ended.err
    assert "painter" not in company.roles("p05")


@pytest.mark.parametrize("name", ["p00", "P00"])
def test_r34_somebody_stays_protected_in_the_edit_that_ends_it(company: Company, name: str) -> None:
    company.configure(TIGHT.replace("[p00, p01]", f"[{name}, p01]"), PAINTERS)
    company.reads()
    assert company("apply", "--auto-approve").code == 0
    company.configure(UNPROTECTED, PAINTERS)
    company.leave("p00")
    company.reads()
    refused = company("apply", "--auto-approve")
    assert refused.code == 5
    assert "protected_users" in refused.err
    assert company.named("locks") == set()
    company.status.clear()
    company.reads()
    assert company("apply", "--auto-approve").code == 0
    company.leave("p00")
    company.reads()
    assert company("apply", "--auto-approve").code == 0
    assert company.named("locks") == {"p00"}


def test_r37_what_is_split_from_an_edit_is_held_by_the_guards_before_until_all_of_it_is_applied(
    company: Company,
) -> None:
    """Else the next pass would make what this one held, by the limits that the same edit raised."""
    company.configure(TIGHT.replace("floor: 2", "floor: 60"), rule("red", "singer"))
    company.reads()
    assert company("apply", "--auto-approve", "--split").code == 5
    assert {"painter", "singer"} <= {*company.roles("p05")}
    for _ in range(2):
        assert company.passes()["code"] == 5
        assert "painter" in company.roles("p05")
    company.reads()
    released = company("apply", "--auto-approve", "--allow", "access_losses=they were told")
    assert released.code == 0, released.err
    assert "painter" not in company.roles("p05")
    company.configure(TIGHT.replace("floor: 2", "floor: 60"))
    company.reads()
    assert company("apply", "--auto-approve").code == 0
    assert "singer" not in company.roles("p05")


def test_r36_a_service_that_follows_the_files_judges_an_edit_by_the_guards_before(company: Company) -> None:
    service = "---\napiVersion: idsync/v1\nkind: Service\nspec: {follow_config: true}\n"
    company.configure(TIGHT.replace("floor: 2", "floor: 60"), service)
    held = company.passes()
    assert held["code"] == 5
    assert "painter" in company.roles("p05")
    assert "guards_changed" in held["err"]
    assert company.passes()["code"] == 5
    assert "painter" in company.roles("p05")


def test_r38_a_reviewed_edit_is_judged_by_the_guards_before_it(company: Company) -> None:
    company.configure(TIGHT.replace("floor: 2", "floor: 60"))
    plan = review(company)
    headline = company("show", str(plan)).out.splitlines()[0]
    assert headline.endswith("; the configuration loosens 2 settings that keep people safe.")
    ended = merge(company, plan)
    assert ended.code == 5
    assert "access_losses" in ended.err
    assert "painter" in company.roles("p05")


@pytest.mark.parametrize("after", [LOOSE, UNPROTECTED, TIGHT.replace("percent: 0", "percent: 9")])
def test_r38_a_guard_that_is_loosened_after_the_review_is_exit_6(company: Company, after: str) -> None:
    company.configure(TIGHT, PAINTERS + rule("red", "singer"))
    plan = review(company)
    company.configure(after, PAINTERS + rule("red", "singer"))
    ended = merge(company, plan, "--format", "json")
    assert ended.code == 6
    assert "singer" not in company.roles("p05")
    codes = {each["code"] for each in told(ended)["difference"]["findings"]}
    assert "guards_changed" in codes


def test_r38_a_reviewed_edit_of_guards_alone_is_applied(company: Company) -> None:
    company.configure(LOOSE, PAINTERS)
    plan = review(company)
    ended = merge(company, plan)
    assert ended.code == 0, ended.err
    assert "access_losses is loosened" in ended.out
    assert findings(company) == []


def test_r33_the_first_apply_knows_no_guards_before(
    tmp_path: Path, idsync: Idsync, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = Company(tmp_path / "new", idsync, monkeypatch)
    made.configure(LOOSE)
    assert findings(made) == []


def test_r32_a_guard_that_blocks_tells_its_line_and_both_limits(company: Company) -> None:
    company.configure(LOOSE)
    company.reads()
    plan: Any = company("plan", "--format", "json").json
    (blocked,) = [each for each in plan["findings"] if each["code"] == "access_losses"]
    assert (
        "the limit is 2, as applied last (the 30 of this configuration hold for the changes after it)"
        in (blocked["message"])
    )
    (place,) = blocked["causes"]
    assert "access_losses" in (company.folder / place["file"]).read_text().splitlines()[place["line"] - 1]
    annotated = company("plan", "--format", "github").out
    assert any(
        "idsync.yaml,line=" in line and "title=idsync access_losses" in line and "access_losses" in line
        for line in annotated.splitlines()
    )


def test_r32_a_plan_from_files_knows_the_guards_before(company: Company) -> None:
    company.reads()
    current = company.folder.parent / "current.json"
    current.write_text(company("get", "all", "--format", "json").out)
    company.configure(LOOSE)
    company.reads()
    plan: Any = company("plan", "--current", str(current), "--format", "json").json
    assert {each["code"] for each in plan["findings"]} >= {"guards_changed", "access_losses"}
    assert next(each["limit"] for each in plan["guards"] if each["guard"] == "access_losses") == 2


def test_r32_names_of_people_are_left_out_of_a_redacted_plan(company: Company) -> None:
    company.configure(UNPROTECTED.replace("floor: 2", "floor: 3"), PAINTERS)
    company.reads()
    shown = company("plan", "--redact", "--format", "json").out
    told_of = [each["message"] for each in json.loads(shown)["findings"] if each["code"] == "guards_changed"]
    assert any("0 % or 2 before, 0 % or 3 now" in message for message in told_of)
    assert "p00 " not in shown


def test_r32_drift_tells_of_guards_that_are_loosened_and_not_in_force(company: Company) -> None:
    company.configure(LOOSE, PAINTERS)
    company.reads()
    ended = company("drift")
    assert ended.code == 0, "nobody changed anything by hand"
    assert "access_losses is loosened from the next change on" in ended.out
    assert company("apply", "--auto-approve").code == 0
    assert "loosened" not in company("drift").out
