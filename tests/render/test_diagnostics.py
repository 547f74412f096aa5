"""Mistakes and errors say what, why, how to fix it and where, and nothing that acts."""

import json

import pytest

from idsync.diagnostics import Diagnostic, Position, Severity
from idsync.errors import (
    AuthorizationError,
    BlockedError,
    ConfigError,
    IdsyncError,
    LeaseHeld,
    PartlyApplied,
    PlanStale,
    SecretError,
    SourceUnhealthy,
)
from idsync.render.diagnostics import (
    count_words,
    render_diagnostics,
    render_diagnostics_json,
    render_error,
)
from idsync.render.style import COLOUR
from tests.render.plans import HOSTILE

WRONG = Diagnostic(
    "unknown_key",
    Severity.ERROR,
    '"rolez" has no meaning here; did you mean "roles"?',
    "What it asks for would be left out silently.",
    "Correct or remove the key.",
    Position("roles.yaml", 12, 5),
    (Position("idsync.yaml", 3, 1),),
)
ODD = Diagnostic("empty_include", Severity.WARNING, "Nothing passes.", "So it is.", "Remove it.", Position("a.yaml"))


def test_a_mistake_is_told_with_place_code_reason_remedy_and_what_it_collides_with() -> None:
    assert render_diagnostics([WRONG, ODD]).splitlines() == [
        'roles.yaml:12:5: error unknown_key: "rolez" has no meaning here; did you mean "roles"?',
        "  why: What it asks for would be left out silently.",
        "  fix: Correct or remove the key.",
        "  see: idsync.yaml:3:1",
        "a.yaml: warning empty_include: Nothing passes.",
        "  why: So it is.",
        "  fix: Remove it.",
        "1 error, 1 warning.",
    ]


def test_where_nothing_is_wrong_nothing_is_said() -> None:
    assert render_diagnostics([]) == ""
    assert count_words([]) == "no mistakes"


def test_json_of_mistakes_says_whether_the_files_are_valid() -> None:
    told = json.loads(render_diagnostics_json([WRONG]))
    assert told["valid"] is False
    assert told["diagnostics"][0]["position"] == {"file": "roles.yaml", "line": 12, "column": 5}
    assert json.loads(render_diagnostics_json([ODD]))["valid"] is True


@pytest.mark.parametrize(
    ("error", "line"),
    [
        (AuthorizationError("No.", scope="okta.groups.read"), "  scope: okta.groups.read"),
        (BlockedError("No.", guards=["user_deletes", "user_locks"]), "  guards: user_deletes, user_locks"),
        (PlanStale("No.", addresses=[f"user/{n}" for n in range(25)]), "user/19, … and 5 more"),
        (SourceUnhealthy("No.", codes=["source_shrink"]), "  health: source_shrink"),
        (PartlyApplied("No.", done=3, total=1_000), "  done: 3 of 1,000 steps"),
        (LeaseHeld("No.", holder="ci@host", since="2026-01-01"), "  held by: ci@host since 2026-01-01"),
    ],
)
def test_an_error_tells_what_it_knows(error: IdsyncError, line: str) -> None:
    assert line in render_error(error)
    assert render_error(error).startswith("error: No.\n")


def test_an_error_says_where_why_and_how_to_fix_it() -> None:
    error = SecretError(
        "The token is missing.", why="Nobody can sign in.", fix="Set it.", position=Position("i.yaml", 2, 3)
    )
    assert render_error(error) == (
        "error: The token is missing.\n  at: i.yaml:2:3\n  why: Nobody can sign in.\n  fix: Set it.\n"
    )


def test_an_invalid_configuration_tells_every_mistake_first() -> None:
    text = render_error(ConfigError("The configuration is invalid.", [WRONG, ODD]))
    assert text.startswith("roles.yaml:12:5: error unknown_key")
    assert text.endswith("error: The configuration is invalid.\n")


def test_hostile_words_stay_on_their_line() -> None:
    found = Diagnostic(HOSTILE, Severity.ERROR, HOSTILE, HOSTILE, HOSTILE, Position(HOSTILE, 1, 1))
    text = render_diagnostics([found]) + render_error(IdsyncError(HOSTILE, why=HOSTILE, fix=HOSTILE))
    assert len(text.splitlines()) == 7
    assert all(line.isprintable() for line in text.splitlines())


def test_colour_marks_severity() -> None:
    assert "\x1b[31;1merror unknown_key\x1b[0m" in render_diagnostics([WRONG], COLOUR)
