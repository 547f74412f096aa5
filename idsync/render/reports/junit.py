"""Findings, doubts, guards and mistakes as JUnit XML: a case each; what is an error, or blocks, has failed.

The format has several forms: this is the one that Jenkins, GitLab and the usual GitHub actions read.
"""

from collections.abc import Iterable, Sequence
from itertools import groupby
from xml.etree import ElementTree as Xml

from idsync.diagnostics import Diagnostic
from idsync.plan.changes import Plan
from idsync.render.escape_text import shown
from idsync.render.phrases import in_target
from idsync.render.reports.reported import Family, Places, Reported, reported_of_diagnostics, reported_of_plan

NAME_LIMIT = 200
_SUITES: dict[Family, str] = {
    "snapshot": "idsync.snapshot",
    "guard": "idsync.guards",
    "finding": "idsync.findings",
    "configuration": "idsync.configuration",
}


def render_plan(plan: Plan, places: Places | None = None) -> str:
    """A case for each doubt, each guard and each finding of a plan."""
    return _document(reported_of_plan(plan, places or Places()))


def render_diagnostics(found: Sequence[Diagnostic], places: Places | None = None) -> str:
    """A case for each mistake in a configuration; a configuration without one is a case that passed."""
    reported = reported_of_diagnostics(found, places or Places())
    suites = Xml.Element("testsuites", _counts("idsync", reported, extra=not reported))
    suite = Xml.SubElement(suites, "testsuite", _counts(_SUITES["configuration"], reported, extra=not reported))
    suite.extend(map(_case, reported))
    if not reported:
        Xml.SubElement(
            suite, "testcase", {"classname": _SUITES["configuration"], "name": "The configuration is valid."}
        )
    return _written(suites)


def _document(reported: Sequence[Reported]) -> str:
    suites = Xml.Element("testsuites", _counts("idsync", reported))
    for family, some in groupby(reported, key=lambda each: each.family):
        cases = list(some)
        suite = Xml.SubElement(suites, "testsuite", _counts(_SUITES[family], cases))
        suite.extend(map(_case, cases))
    return _written(suites)


def _counts(name: str, reported: Iterable[Reported], *, extra: bool = False) -> dict[str, str]:
    failed = [each.level == "error" for each in reported]
    return {
        "name": name,
        "tests": str(len(failed) + extra),
        "failures": str(sum(failed)),
        "errors": "0",
        "skipped": "0",
    }


def _case(reported: Reported) -> Xml.Element:
    """What stays the same from run to run is the name: a guard by itself, anything else by its code and words."""
    name = reported.code + in_target(reported.target)
    if reported.family != "guard":
        name = f"{reported.code}: {shown(reported.message, NAME_LIMIT)}"
    attributes = {"classname": f"{_SUITES[reported.family]}.{reported.code}", "name": name}
    where = ""
    if (place := reported.place) is not None:
        attributes |= {"file": shown(place.file)} | ({"line": str(place.line)} if place.line else {})
        where = f"{shown(place.file)}{f':{place.line}' if place.line else ''}: "
    case = Xml.Element("testcase", attributes)
    if reported.level == "error":
        failure = Xml.SubElement(case, "failure", {"type": reported.code, "message": reported.message})
        failure.text = f"{where}{reported.message}"
    else:
        level = "" if reported.family == "guard" else f"{reported.level}: "
        Xml.SubElement(case, "system-out").text = f"{where}{level}{reported.message}"
    return case


def _written(suites: Xml.Element) -> str:
    """The document as text. Every text is visible, so that XML 1.0 can hold it; mark-up in it is escaped."""
    Xml.indent(suites)
    return '<?xml version="1.0" encoding="utf-8"?>\n' + Xml.tostring(suites, encoding="unicode") + "\n"
