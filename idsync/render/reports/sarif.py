"""Findings, doubts, blocked guards and mistakes as SARIF 2.1.0, as code scanning takes them.

https://docs.oasis-open.org/sarif/sarif/v2.1.0/. Every result has a place: GitHub refuses a file where one has none.
"""

import hashlib
from collections.abc import Sequence
from typing import Any
from urllib.parse import quote

import msgspec

from idsync.diagnostics import Diagnostic
from idsync.plan.changes import Plan
from idsync.render.escape_text import shown
from idsync.render.reports.reported import (
    Place,
    Places,
    Reported,
    help_of,
    reported_of_diagnostics,
    reported_of_plan,
)

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
VERSION = "2.1.0"
DRIVER = "idsync"
FINGERPRINT = "primaryLocationLineHash"
"""The name under which GitHub looks for what tells one alert from another."""


def render_plan(plan: Plan, places: Places | None = None) -> str:
    """What a plan reports: a result for each doubt, each finding, and each guard that blocks or was released."""
    places = places or Places()
    reported = [each for each in reported_of_plan(plan, places) if not each.passed]
    facts = {
        "integration": shown(plan.integration),
        "planDigest": shown(plan.digest),
        "snapshotTakenAt": shown(plan.inputs.snapshot_taken_at),
    }
    category = f"idsync/{shown(plan.integration)}"
    return _log(reported, plan.inputs.tool_version, category, facts, places.fallback)


def render_diagnostics(found: Sequence[Diagnostic], version: str, places: Places | None = None) -> str:
    """The mistakes in a configuration, found by this `version` of the program."""
    places = places or Places()
    return _log(reported_of_diagnostics(found, places), version, "idsync/configuration", {}, places.fallback)


def _log(reported: Sequence[Reported], version: str, category: str, facts: dict[str, str], fallback: str) -> str:
    firsts: dict[str, Reported] = {}
    for each in reported:
        firsts.setdefault(each.code, each)
    rules = sorted(firsts)
    numbers = {rule: number for number, rule in enumerate(rules)}
    run: dict[str, Any] = {
        "tool": {
            "driver": {
                "name": DRIVER,
                "version": shown(version),
                "rules": [_rule(rule, firsts[rule]) for rule in rules],
            }
        },
        "automationDetails": {"id": f"{category}/"},
        "columnKind": "unicodeCodePoints",
        "results": [_result(each, numbers[each.code], fallback) for each in reported],
    }
    if facts:
        run["properties"] = facts
    return _json({"$schema": SCHEMA, "version": VERSION, "runs": [run]})


def _rule(rule: str, first: Reported) -> dict[str, Any]:
    """A rule with its help; one that this version does not know has its id alone."""
    known = help_of(first)
    described: dict[str, Any] = {
        "id": rule,
        "name": "".join(word.capitalize() for word in rule.split("_")),
        "defaultConfiguration": {"level": first.level},
        "properties": {"tags": [first.family]},
    }
    if known is not None:
        described["shortDescription"] = {"text": _first_sentence(known.says)}
        described["fullDescription"] = {"text": known.says}
        described["help"] = {
            "text": f"{known.says}\n\nWhat to do: {known.to_do}",
            "markdown": f"{known.says}\n\n**What to do:** {known.to_do}",
        }
    return described


def _first_sentence(text: str) -> str:
    return text.split(". ")[0].rstrip(".") + "."


def _result(reported: Reported, rule: int, fallback: str) -> dict[str, Any]:
    location: dict[str, Any] = {"physicalLocation": _physical(reported.place or Place(fallback, 1))}
    if reported.objects:
        location["logicalLocations"] = [
            {
                "name": shown(each.name or each.id),
                "fullyQualifiedName": f"{shown(each.object)}/{shown(each.id)}",
                "kind": "resource",
            }
            for each in reported.objects
        ]
    return {
        "ruleId": reported.code,
        "ruleIndex": rule,
        "level": reported.level,
        "message": {"text": reported.message},
        "locations": [location],
        "partialFingerprints": {FINGERPRINT: _fingerprint(reported)},
    }


def _physical(place: Place) -> dict[str, Any]:
    physical: dict[str, Any] = {"artifactLocation": {"uri": _uri(place.file)}}
    if place.line:
        region = {"startLine": place.line}
        if place.column:
            region["startColumn"] = place.column
        physical["region"] = region
    return physical


def _uri(file: str) -> str:
    """A file as a relative reference, or as a file's address where its path is whole."""
    path = quote(_bytes(file), safe="/")
    return f"file://{path}" if file.startswith("/") else path


def _bytes(file: str) -> bytes:
    """The bytes of a path, also of one that is not UTF-8; half a surrogate pair becomes a question mark."""
    try:
        return file.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        return file.encode("utf-8", "replace")


def _fingerprint(reported: Reported) -> str:
    """What tells one result from another for as long as it is about the same: not its words, which hold counts.

    Where no object and no line is known, nothing but its words can tell it from another one.
    """
    about = [f"{each.object}/{each.id}" for each in reported.objects]
    place = reported.place
    parts = [reported.family, reported.code, reported.target, *about]
    if reported.family == "finding" and not about:
        parts.append(reported.message)
    if reported.family == "configuration" and place is not None:
        parts += [place.file, str(place.line), reported.message]
    return hashlib.sha256("\0".join(parts).encode("utf-8", "surrogatepass")).hexdigest()[:32]


def _json(value: dict[str, Any]) -> str:
    return msgspec.json.format(msgspec.json.encode(value), indent=2).decode() + "\n"
