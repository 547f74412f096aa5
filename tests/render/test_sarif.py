"""SARIF: by the schema, with a rule and a place for every result, and alerts that stay the same while they are."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from msgspec.structs import replace
from pydantic_sarif.model import (  # type: ignore[import-untyped]
    StaticAnalysisResultsFormatSarifVersion210JsonSchema as Schema,
)

from idsync import __version__
from idsync.diagnostics import Diagnostic, Position, Severity
from idsync.model.directory import ConfigCause, UpstreamCause
from idsync.model.findings import Finding, Health
from idsync.plan.changes import GuardResult, Plan
from idsync.render.reports.finding_codes import FINDING_CODES
from idsync.render.reports.reported import Places
from idsync.render.reports.sarif import FINGERPRINT, render_diagnostics, render_plan
from tests.effort import examples
from tests.render import plans
from tests.render.plans import HOSTILE, STORIES
from tests.render.strategies import PLANS


def run_of(text: str) -> dict[str, Any]:
    """The one run of a log that is as the schema of SARIF 2.1.0 asks."""
    log: dict[str, Any] = json.loads(text)
    assert log["version"] == "2.1.0"
    Schema.model_validate(log)
    (run,) = log["runs"]
    rules = run["tool"]["driver"]["rules"]
    assert len({rule["id"] for rule in rules}) == len(rules)
    for result in run["results"]:
        assert rules[result["ruleIndex"]]["id"] == result["ruleId"]
        (location,) = result["locations"]
        assert location["physicalLocation"]["artifactLocation"]["uri"]
    return dict(run)


def results_of(plan: Plan, places: Places | None = None) -> list[dict[str, Any]]:
    """The results of a plan."""
    return list(run_of(render_plan(plan, places))["results"])


@pytest.mark.parametrize("story", STORIES)
def test_a_story_is_a_log_by_the_schema(story: str) -> None:
    plan = STORIES[story]()
    run = run_of(render_plan(plan))
    assert run["tool"]["driver"]["name"] == "idsync"
    held = [each for each in plan.guards if each.verdict == "blocked"]
    codes = {each.guard for each in held}
    others = [each for each in (*plan.health.findings, *plan.findings) if each.code not in codes]
    assert len(run["results"]) == len(held) + len(others)


@settings(max_examples=examples(100), deadline=None)
@given(PLANS)
def test_any_plan_is_a_log_by_the_schema(plan: Plan) -> None:
    text = render_plan(plan)
    run_of(text)
    assert text == render_plan(plan)


def test_a_finding_stands_at_its_line_with_the_help_of_its_code() -> None:
    run = run_of(render_plan(plans.a_week(), Places("access/prod", "access/prod/idsync.yaml")))
    conflict, mismatch = run["results"]
    assert (conflict["ruleId"], conflict["level"]) == ("user_conflict", "error")
    assert (mismatch["ruleId"], mismatch["level"]) == ("case_mismatch", "warning")
    physical = mismatch["locations"][0]["physicalLocation"]
    assert physical["artifactLocation"]["uri"] == "access/prod/roles.yaml"
    assert physical["region"] == {"startLine": 9, "startColumn": 7}
    assert conflict["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] == "access/prod/idsync.yaml"
    assert conflict["locations"][0]["logicalLocations"][0]["fullyQualifiedName"] == "user/00u-root"
    rules = {rule["id"]: rule for rule in run["tool"]["driver"]["rules"]}
    for code in ("user_conflict", "case_mismatch"):
        assert FINDING_CODES[code].says in rules[code]["help"]["text"]
        assert FINDING_CODES[code].to_do in rules[code]["help"]["markdown"]


def test_a_guard_that_blocks_is_one_error_and_a_released_one_a_note() -> None:
    plan = plans.mass_leaving()
    assert [(each["ruleId"], each["level"]) for each in results_of(plan)] == [
        ("user_deletes", "error"),
        ("user_locks", "error"),
    ]
    released = replace(plan.guards[0], released="they left")
    let_pass = replace(plan.findings[0], severity="info", message="12 deletions. Released: they left")
    plan = replace(plan, guards=(released, *plan.guards[1:]), findings=(let_pass, *plan.findings[1:]))
    first, second = results_of(plan)
    assert (first["level"], second["level"]) == ("note", "error")
    assert "they left" in first["message"]["text"]


def test_each_target_has_a_result_of_its_guard() -> None:
    guards = (GuardResult("user_locks", 9, 5, "blocked"), GuardResult("user_locks", 7, 5, "blocked", "teleport"))
    findings = (Finding("user_locks", "error", "9 locks."), Finding("user_locks", "error", "7 locks."))
    plan = replace(plans.empty(), guards=guards, findings=findings)
    first, second = results_of(plan)
    assert (first["message"]["text"], second["message"]["text"]) == ("9 locks.", "7 locks. in the target teleport")
    assert first["partialFingerprints"] != second["partialFingerprints"]


def test_an_alert_stays_the_same_while_its_numbers_move() -> None:
    def marks(count: int, person: str) -> list[str]:
        doubt = Finding("source_shrink", "error", f"{count} people have the app.")
        conflict = Finding("user_conflict", "error", f"A user exists, {count}.", (UpstreamCause("user", person, "x"),))
        plan = replace(plans.empty(), health=Health("suspect", (doubt,)), findings=(conflict,))
        return [each["partialFingerprints"][FINGERPRINT] for each in results_of(plan)]

    assert marks(40, "00u1") == marks(41, "00u1")
    assert marks(40, "00u1")[0] == marks(40, "00u2")[0]
    assert marks(40, "00u1")[1] != marks(40, "00u2")[1]


@pytest.mark.parametrize(
    ("file", "uri"),
    [
        ("roles.yaml", "access/roles.yaml"),
        ("röles & more/#1%.yaml", "access/r%C3%B6les%20%26%20more/%231%25.yaml"),
        ("c:evil.yaml", "access/c%3Aevil.yaml"),
        ("bytes\udcff.yaml", "access/bytes%FF.yaml"),
        ("half\ud800.yaml", "access/half%3F.yaml"),
        ("/elsewhere/roles.yaml", "file:///elsewhere/roles.yaml"),
    ],
)
def test_a_file_of_any_name_is_an_address(file: str, uri: str) -> None:
    finding = Finding("case_mismatch", "warning", "Something.", (ConfigCause(file, 3, 1),))
    (result,) = results_of(replace(plans.empty(), findings=(finding,)), Places("access"))
    assert result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] == uri


def test_mistakes_in_a_configuration_are_results_with_their_place_and_help() -> None:
    found = [
        Diagnostic("unknown_key", Severity.ERROR, f"{HOSTILE} is unknown.", "Why.", "Fix.", Position("a.yaml", 4, 2)),
        Diagnostic("no_documents", Severity.ERROR, "Nothing.", "Why.", "Fix.", Position("access")),
    ]
    run = run_of(render_diagnostics(found, __version__, Places("access")))
    first, second = run["results"]
    assert first["locations"][0]["physicalLocation"] == {
        "artifactLocation": {"uri": "access/a.yaml"},
        "region": {"startLine": 4, "startColumn": 2},
    }
    assert second["locations"][0]["physicalLocation"] == {"artifactLocation": {"uri": "access"}}
    assert first["message"]["text"].isprintable()
    assert all("help" in rule for rule in run["tool"]["driver"]["rules"])


def test_a_configuration_without_mistakes_is_a_log_without_results() -> None:
    assert run_of(render_diagnostics([], __version__))["results"] == []
