"""JUnit: XML whatever the names hold, a case for each finding and guard, failures where somebody must act."""

from xml.etree import ElementTree as Xml

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from idsync.diagnostics import Diagnostic, Position, Severity
from idsync.model.directory import UpstreamCause
from idsync.model.findings import Finding
from idsync.plan.changes import GuardResult, Plan
from idsync.render.reports.junit import render_diagnostics, render_plan
from idsync.render.reports.reported import Places
from tests.effort import examples
from tests.render import plans
from tests.render.plans import STORIES
from tests.render.strategies import PLANS


def cases(text: str) -> list[Xml.Element]:
    """The cases of a document whose counts are right."""
    document = Xml.fromstring(text.encode())
    assert document.tag == "testsuites"
    for element in (document, *document.iter("testsuite")):
        inside = list(element.iter("testcase"))
        assert int(element.attrib["tests"]) == len(inside)
        assert int(element.attrib["failures"]) == sum(case.find("failure") is not None for case in inside)
    return list(document.iter("testcase"))


def failed(text: str) -> list[str]:
    """The names of the cases that failed."""
    return [case.attrib["classname"] for case in cases(text) if case.find("failure") is not None]


@pytest.mark.parametrize("story", STORIES)
def test_a_story_has_a_case_for_each_doubt_guard_and_finding(story: str) -> None:
    plan = STORIES[story]()
    blocked = {each.guard for each in plan.guards if each.verdict == "blocked"}
    others = [each for each in (*plan.health.findings, *plan.findings) if each.code not in blocked]
    assert len(cases(render_plan(plan))) == len(plan.guards) + len(others)


@settings(max_examples=examples(100), deadline=None)
@given(PLANS)
def test_any_plan_is_a_document_and_the_same_each_time(plan: Plan) -> None:
    cases(render_plan(plan))
    assert render_plan(plan) == render_plan(plan)


@settings(max_examples=examples(200), deadline=None)
@given(st.text(st.characters(codec=None)))
@pytest.mark.parametrize(
    "name", ["]]>", "<![CDATA[", "&#0;", "\x00\x0b\x1b", "\ud800", "\udfff\ud800", "\ufffe\uffff", '"><x y="']
)
def test_no_text_ends_the_document_or_becomes_part_of_it(name: str, more: str) -> None:
    text = name + more
    finding = Finding(text, "error", text, (UpstreamCause(text, text, text),))
    guard = GuardResult(text, 9, 5, "blocked", text, text)
    plan = replace(plans.empty(), integration=text, guards=(guard,), findings=(finding,))
    document = render_plan(plan)
    found = cases(document)
    assert len(found) == 1
    assert {each.tag for each in Xml.fromstring(document.encode()).iter()} <= {
        "testsuites",
        "testsuite",
        "testcase",
        "failure",
        "system-out",
    }


def test_errors_and_guards_that_block_have_failed_and_nothing_else() -> None:
    assert failed(render_plan(plans.a_week())) == ["idsync.findings.user_conflict"]
    assert failed(render_plan(plans.bad_read())) == ["idsync.snapshot.source_shrink"]
    assert failed(render_plan(plans.mass_leaving())) == ["idsync.guards.user_deletes", "idsync.guards.user_locks"]
    released = tuple(replace(each, released="why") for each in plans.mass_leaving().guards)
    assert failed(render_plan(replace(plans.mass_leaving(), guards=released))) == []


def test_a_case_says_where() -> None:
    week = cases(render_plan(plans.a_week(), Places("access")))
    (mismatch,) = [case for case in week if case.attrib["classname"].endswith("case_mismatch")]
    assert (mismatch.attrib["file"], mismatch.attrib["line"]) == ("access/roles.yaml", "9")
    (guard,) = [case for case in week if case.attrib["classname"] == "idsync.guards.user_locks"]
    assert "file" not in guard.attrib
    assert guard.findtext("system-out") == "Within its limit: 3 of 5."


def test_mistakes_in_a_configuration_are_cases_and_none_is_one_that_passed() -> None:
    error = Diagnostic("unknown_key", Severity.ERROR, "What.", "Why.", "Fix.", Position("a.yaml", 4, 2))
    warning = replace(error, code="unreachable_rule", severity=Severity.WARNING)
    assert failed(render_diagnostics([error, warning])) == ["idsync.configuration.unknown_key"]
    (passed,) = cases(render_diagnostics([]))
    assert passed.find("failure") is None
