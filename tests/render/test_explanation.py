"""An explanation says who the person is, and every path to what they have, or what is missing."""

import json

from idsync.model.findings import MissingEdge
from idsync.plan.explain import ExplainedAccess, Explanation, Path
from idsync.render.explanation import render_json, render_text
from idsync.render.style import COLOUR
from tests.render.plans import AWS_RULE, DEFAULT_ROLE, HOSTILE, group

DEV = ExplainedAccess(
    "role",
    "dev",
    "",
    True,
    True,
    (Path("user", "", (group("00g2", "aws-prod"), AWS_RULE)), Path("00g1", "Engineering", (group("00g1", "eng"),))),
)
COMES = ExplainedAccess("access_list", "00g1", "Engineering", False, True, (Path("00g1", "Engineering", ()),))
GOES = ExplainedAccess("trait", "a=b", "", True, False, (Path("user", "", (DEFAULT_ROLE,)), Path("user", "", ())))


def explanation(*access: ExplainedAccess, **more: object) -> Explanation:
    facts: dict[str, object] = {
        "person": "hiro@x.com",
        "okta_id": "00u1",
        "okta_status": "ACTIVE",
        "standing": "present",
        "locked": False,
        "resource": None,
        "access": access,
        "missing": (),
    }
    return Explanation(**(facts | more))  # type: ignore[arg-type]


def test_every_path_runs_from_okta_to_the_thing() -> None:
    assert render_text(explanation(DEV)).splitlines() == [
        "hiro@x.com (Okta user 00u1, ACTIVE) has the app.",
        "",
        "  role dev",
        "      group aws-prod (00g2) → roles.yaml:7 (group is aws-*)",
        "      group eng (00g1) → list Engineering (00g1)",
    ]


def test_what_comes_and_goes_with_the_next_apply_is_marked() -> None:
    text = render_text(explanation(COMES, GOES))
    assert "+ list Engineering (00g1)  [comes with the next apply]" in text
    assert "- trait a=b  [goes with the next apply]" in text
    assert "      idsync.yaml:14 (default role)\n      on the user\n" in text


def test_standing_and_lock_are_in_the_first_line() -> None:
    text = render_text(explanation(DEV, standing="suspended", okta_status="SUSPENDED", locked=True))
    assert text.startswith("hiro@x.com (Okta user 00u1, SUSPENDED) is suspended: kept, behind a lock; locked now.")
    text = render_text(explanation(standing="absent", okta_id="", okta_status="", unknown="unread"))
    assert text.startswith("hiro@x.com (not in the last reading) does not have the app.")


def test_the_missing_edge_says_what_to_do() -> None:
    edge = MissingEdge("The group eng is filtered out.", "Add it to ImportFilters.", (AWS_RULE,))
    text = render_text(explanation(missing=(edge,), resource="eng"))
    assert "missing: The group eng is filtered out.  [roles.yaml:7 (group is aws-*)]\n  fix: Add it" in text


def test_nothing_to_explain_is_said() -> None:
    assert "There is nothing to explain." in render_text(explanation())
    assert 'There is nothing called "oven" to explain.' in render_text(explanation(resource="oven"))


def test_json_is_the_whole_value() -> None:
    told = json.loads(render_json(explanation(DEV)))
    assert told["person"] == "hiro@x.com"
    assert [path["via"] for path in told["access"][0]["paths"]] == ["user", "00g1"]


def test_hostile_names_stay_on_their_line() -> None:
    path = Path(HOSTILE, HOSTILE, (group(HOSTILE, HOSTILE),))
    access = ExplainedAccess("access_list", HOSTILE, HOSTILE, False, True, (path,))
    text = render_text(
        explanation(
            access, person=HOSTILE, okta_id=HOSTILE, okta_status=HOSTILE, missing=(MissingEdge(HOSTILE, HOSTILE),)
        )
    )
    assert all(line.isprintable() for line in text.split("\n"))


def test_colour_marks_what_comes() -> None:
    assert "\x1b[32m+ list" in render_text(explanation(COMES), COLOUR)
