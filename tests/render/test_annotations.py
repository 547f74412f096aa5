"""GitHub workflow commands: one a line, within GitHub's limits, the worst first, and no name is a command."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from idsync.diagnostics import Diagnostic, Position, Severity
from idsync.model.directory import ConfigCause, Reason
from idsync.model.findings import Finding
from idsync.plan.changes import PersonDelta, Plan
from idsync.render.links import Links
from idsync.render.reports.annotations import EACH_LEVEL, render_diagnostics, render_plan
from idsync.render.reports.reported import Places
from idsync.render.view.cells import Place as CellPlace
from tests.effort import examples
from tests.render import plans
from tests.render.plans import AWS, STORIES, belonging, group, list_change, role
from tests.render.strategies import PLANS

COMMAND = re.compile(r"::(error|warning|notice) ((?:(?:file|line|col|title)=[^,:\r\n]*,?)+)::([^\r\n]*)")


class Command:
    """A workflow command as GitHub's runner reads it: split first, unescaped after."""

    def __init__(self, line: str) -> None:
        found = COMMAND.fullmatch(line)
        assert found, line
        self.level = found[1]
        pairs = [pair.split("=", 1) for pair in found[2].split(",")]
        self.properties = {name: _unescaped(value, ":", ",") for name, value in pairs}
        assert len(self.properties) == len(pairs)
        self.message = _unescaped(found[3])


def _unescaped(text: str, *more: str) -> str:
    for character in ("\r", "\n", *more, "%"):
        text = text.replace(f"%{ord(character):02X}", character)
    return text


def commands(text: str) -> list[Command]:
    """The commands that a runner would take from a log: every line is one, within GitHub's limits."""
    assert "##[" not in text
    found = [Command(line) for line in text.split("\n")[:-1]]
    for level in ("error", "warning", "notice"):
        assert sum(each.level == level for each in found) <= EACH_LEVEL
    order = [("error", "warning", "notice").index(each.level) for each in found]
    assert order == sorted(order)
    return found


@pytest.mark.parametrize("story", STORIES)
def test_a_story_is_commands(story: str) -> None:
    commands(render_plan(STORIES[story]()))


@settings(max_examples=examples(200), deadline=None)
@given(PLANS)
def test_any_plan_is_commands_and_the_same_each_time(plan: Plan) -> None:
    text = render_plan(plan)
    commands(text)
    assert text == render_plan(plan)


@settings(max_examples=examples(200), deadline=None)
@given(st.text(st.characters(codec=None)))
@pytest.mark.parametrize(
    "name", ["\n::add-mask::x", "x%0A::error::y", "\r##[error]z", ",line=1::", "::stop-commands::t", "%25", "a:b,c=d"]
)
def test_no_name_is_a_command_or_ends_one(name: str, more: str) -> None:
    text = name + more
    rule = ConfigCause(text, 3, 1, text)
    finding = Finding(text, "error", text, (rule,))
    delta = PersonDelta(text, (), (role(text, rule),))
    found = commands(render_plan(replace(plans.empty(), findings=(finding,), access_delta=(delta,))))
    assert [each.level for each in found] == ["error", "warning"]
    assert all(set(each.properties) == {"file", "line", "col", "title"} for each in found)
    assert all(each.properties["line"] == "3" for each in found)


def test_what_a_line_takes_and_gives_stands_at_the_line() -> None:
    rule, default = ConfigCause("roles.yaml", 7, 5, "group is aws-*"), ConfigCause("idsync.yaml", 14, 1, "default role")
    delta = (
        PersonDelta("a@x.com", (role("new", rule),), (role("old", rule, edit=True),)),
        PersonDelta("b@x.com", (role("base", default),), (role("old", rule, edit=True),)),
    )
    lost, gained = commands(render_plan(replace(plans.empty(), access_delta=delta), Places("access")))
    assert lost.level == "warning"
    assert lost.properties == {
        "file": "access/roles.yaml",
        "line": "7",
        "col": "5",
        "title": "2 people lose access and 1 person gains access by this line",
    }
    assert lost.message == "group is aws-*\n- role old: 2 people: a@x.com, b@x.com\n+ role new: 1 person: a@x.com"
    assert (gained.level, gained.properties["file"]) == ("notice", "access/idsync.yaml")


def test_what_comes_by_a_list_stands_at_the_line_that_makes_the_list_so() -> None:
    change = list_change(AWS, AWS, Reason.GRANTS_CHANGED, ("a@x.com",), ())
    rule = ConfigCause("lists.yaml", 3, 7, "group is aws-*")
    change = replace(change, causes=(*change.causes, rule))
    delta = PersonDelta("a@x.com", (role("aws", via=("00g2",)), belonging("00g2", "aws-prod")), ())
    plan = replace(plans.empty(), changes=(change,), access_delta=(delta,))
    (gained,) = commands(render_plan(plan))
    assert gained.properties["file"] == "lists.yaml"
    assert "+ role aws: 1 person" in gained.message
    assert "+ list aws-prod (00g2): 1 person" in gained.message


def test_no_line_is_blamed_for_what_a_hand_gave() -> None:
    rule = ConfigCause("lists.yaml", 3, 7, "group is aws-*")
    change = replace(list_change(AWS, AWS, Reason.DRIFT, (), ("a@x.com",)), causes=(group("00g2", "aws-prod"), rule))
    plan = replace(
        plans.empty(), changes=(change,), access_delta=(PersonDelta("a@x.com", (), (belonging("00g2", "x"),)),)
    )
    assert commands(render_plan(plan)) == []


def test_what_is_left_out_is_counted_and_the_worst_is_kept() -> None:
    def delta(number: int) -> list[PersonDelta]:
        rule = ConfigCause("roles.yaml", number, 1, "")
        return [PersonDelta(f"p{person}@x.com", (), (role(f"r{number}", rule),)) for person in range(number)]

    everybody = tuple(each for number in range(1, 26) for each in delta(number))
    found = commands(render_plan(replace(plans.empty(), access_delta=everybody)))
    assert [each.properties["line"] for each in found[:-1]] == [str(line) for line in range(25, 16, -1)]
    assert found[-1].properties["title"] == "16 more warnings"


def test_exactly_ten_are_shown_without_a_count() -> None:
    findings = tuple(Finding("unreadable", "error", f"Row {number}.") for number in range(10))
    found = commands(render_plan(replace(plans.empty(), findings=findings)))
    assert [each.message for each in found] == [f"Row {number}." for number in range(10)]


def test_a_long_message_is_cut() -> None:
    many = tuple(PersonDelta("p" * 110 + str(number), (role("r" * 110, plans.AWS_RULE),), ()) for number in range(99))
    (found,) = commands(render_plan(replace(plans.empty(), access_delta=many)))
    assert found.message.endswith("… and 89 more")


def test_mistakes_in_a_configuration_stand_at_their_lines() -> None:
    error = Diagnostic("unknown_key", Severity.ERROR, "50%, what: this", "Why.", "Fix.", Position("a.yaml", 4, 2))
    info = replace(error, code="x", severity=Severity.INFO, position=Position("access"))
    first, second = commands(render_diagnostics([info, error], Places("access")))
    assert first.properties == {"file": "access/a.yaml", "line": "4", "col": "2", "title": "idsync unknown_key"}
    assert first.message == "50%, what: this. Why. Fix: Fix."
    assert (second.level, second.properties["file"]) == ("notice", "access")


def test_a_line_of_the_files_applied_before_is_said_to_be_one() -> None:
    gone = ConfigCause("roles.yaml", 7, 7, "group is aws-*, as applied before")
    lost = (role("dev", gone, edit=True),)
    (line,) = render_plan(plans.make_plan((), (PersonDelta("a", (), lost),))).splitlines()
    command = Command(line)
    assert command.level == "warning"
    assert "file=roles.yaml,line=7," in line, "near where it was"
    assert "title=1 person loses access by line 7 as it was applied before::" in line
    links = Links("https://github.com/acme/access/blob/abc")
    assert links.to(CellPlace(gone.file, gone.line, gone.rule)) == ""
    assert links.to(CellPlace(gone.file, gone.line, "group is aws-*")).endswith("/roles.yaml#L7")
