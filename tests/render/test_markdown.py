"""Plans as comments: never too long, never markup of somebody else's making."""

import re
from html.parser import HTMLParser

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from idsync.model.directory import Reason
from idsync.model.findings import Finding, Health
from idsync.plan.changes import GuardResult, PersonDelta, Plan
from idsync.render import markdown
from idsync.render.escape_markdown import code, prose
from idsync.render.markdown import MARKER, SIZE_LIMIT, render_plan
from tests.effort import examples
from tests.render import plans
from tests.render.plans import HOSTILE, STORIES
from tests.render.strategies import PLANS, TEXT

FENCED = re.compile(r"^`{5}diff\n.*?^`{5}$", re.MULTILINE | re.DOTALL)
CODED = re.compile(r"<code>(.*?)</code>")
OURS = re.compile(
    r"^<!-- idsync-plan -->$|^#{3} |^> |\[!CAUTION\]|^\| | \| ?| \|$|^\|(---\|)+$|^- |\*\*|<br>"
    r"|</?(?:sub|details|summary)>|`idsync show PLAN --format json`",
    re.MULTILINE,
)


class Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.seen: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.add(tag if not attrs else f"{tag} {attrs}")


def assert_inert(comment: str) -> None:
    """Outside of fences and code there is nothing but our own markup and plain words; inside code, nothing acts."""
    unfenced = FENCED.sub("", comment)
    assert "`````" not in unfenced
    for inside in CODED.findall(unfenced):
        assert not re.search(r"[`<>|@\[\]*_~#\\\"'!$&]|://|www\.", re.sub(r"&#\d+;", "", inside))
    tags = Tags()
    tags.feed(unfenced)
    assert tags.seen <= {"code", "br", "sub", "details", "summary"}
    rest = OURS.sub("", CODED.sub("", unfenced))
    assert not re.search(r"[`<>|@\[\]*_~#\\&!$]|://|www\.|GH-\d|\b[0-9a-f]{7,}\b", rest)


@pytest.mark.parametrize("story", STORIES)
def test_stories_are_inert(story: str) -> None:
    assert_inert(render_plan(STORIES[story]()))


@settings(max_examples=examples(270), deadline=None)
@given(PLANS)
def test_any_plan_is_inert_and_the_same_each_time(plan: Plan) -> None:
    comment = render_plan(plan)
    assert_inert(comment)
    assert comment == render_plan(plan)
    assert len(comment) <= SIZE_LIMIT


@given(st.one_of(TEXT, st.just(HOSTILE)))
def test_a_fence_is_closed_by_nothing_but_us(name: str) -> None:
    there = plans.make_list("00g1", name, (name,))
    changes = (plans.list_change(there, None, Reason.BECAME_EMPTY, (), (name,)),)
    comment = render_plan(plans.make_plan(changes))
    fenced = FENCED.findall(comment)
    assert len(fenced) == 1
    assert all(line[0] in "+-~! " for line in fenced[0].splitlines()[1:-1])


@pytest.mark.parametrize(
    ("sentence", "expected"),
    [
        ("A user exists that is not ours; it stays.", "A user exists that is not ours; it stays."),
        ("The user hiro@x.com (00u1) exists.", "The user <code>hiro&#64;x.com</code> (<code>00u1</code>) exists."),
        ("see GH-12 and #7", "see <code>GH-12</code> and <code>&#35;7</code>"),
        ("commit deadbeef, fine", "commit <code>deadbeef</code>, fine"),
        ("1,200 of 5", "1,200 of 5"),
        ("www.evil.example", "<code>www&#46;evil.example</code>"),
        ("- item", "<code>-</code> item"),
        ("", ""),
    ],
)
def test_prose_keeps_words_and_codes_the_rest(sentence: str, expected: str) -> None:
    assert prose(sentence) == expected


def test_code_writes_what_acts_as_numbers() -> None:
    assert code("`a`|<b>@c") == "<code>&#96;a&#96;&#124;&#60;b&#62;&#64;c</code>"


@pytest.mark.parametrize("story", STORIES)
def test_a_workflow_finds_its_comment_by_the_first_line_and_the_digest_by_the_last(story: str) -> None:
    plan = STORIES[story]()
    lines = render_plan(plan).splitlines()
    assert lines[0] == MARKER == "<!-- idsync-plan -->"
    assert plan.digest.partition(":")[2] in lines[-1]


@pytest.mark.parametrize(("people", "least_shown"), [(150, 150), (400, 400), (3_000, 400)])
def test_a_long_plan_is_cut_at_rows_from_the_least_important_up(people: int, least_shown: int) -> None:
    plan = plans.mass_leaving(people)
    comment = render_plan(plan)
    assert SIZE_LIMIT * 0.98 < len(comment) <= SIZE_LIMIT
    assert f"Plan: {people:,} people lose all access" in comment
    assert f"**Lose all access** ({people:,})" in comment
    shown = re.findall(
        r"^\| <code>(person\d+)&#64;enzos-pizza\.com</code>.*locked, then deleted \|", comment, re.MULTILINE
    )
    assert len(shown) >= least_shown
    assert shown == [delta.person.partition("@")[0] for delta in plan.access_delta][: len(shown)]
    counts = re.findall(r"… and ([\d,]+) more people: see `idsync show PLAN --format json`", comment)
    assert counts == ([f"{people - len(shown):,}"] if people > len(shown) else [])
    assert_inert(comment)


def test_detail_goes_before_people_do() -> None:
    comment = render_plan(plans.mass_leaving(300))
    assert comment.count("locked, then deleted |") == 300
    assert "… and 300 more users: see" in comment


def test_size_holds_when_every_part_is_as_long_as_can_be(monkeypatch: pytest.MonkeyPatch) -> None:
    long = "\U000e0041" * 400
    finding = Finding(long, "error", long * 10, (plans.group(long, long),) * 9)
    plan = plans.mass_leaving(500)
    guards = tuple(GuardResult(f"{number}{long}", 10**12, 0, "blocked") for number in range(300))
    health = Health("suspect", (finding,) * 300)
    inputs = replace(plan.inputs, org_url=long, snapshot_taken_at=long)
    hostile = replace(plan, guards=guards, health=health, findings=(finding,) * 300, inputs=inputs, digest=long)
    comment = render_plan(hostile)
    assert len(comment) <= SIZE_LIMIT
    assert_inert(comment)
    monkeypatch.setattr(markdown, "SIZE_LIMIT", 40_000)
    assert len(render_plan(hostile)) <= 40_000


def test_people_who_lose_stand_before_those_who_gain_and_detail_is_folded() -> None:
    comment = render_plan(plans.a_week())
    parts = [
        "### Plan",
        "**Lose all access**",
        "**Gain access**",
        "**Locks**",
        "**Guards**",
        "**Findings**",
        "<details>",
    ]
    places = [comment.index(part) for part in parts]
    assert places == sorted(places)


def test_nothing_to_do_needs_no_tables() -> None:
    comment = render_plan(plans.empty())
    assert "### No changes." in comment
    assert "|" not in comment
    assert "<details>" not in comment


def test_cells_that_grow_are_cut_and_counted() -> None:
    gains = tuple(plans.role(f"role{number}") for number in range(30))
    plan = plans.make_plan(
        (plans.user_change(None, plans.make_user("a"), Reason.ASSIGNED),), (PersonDelta("a", gains, ()),)
    )
    assert "role <code>role11</code><br>… and 18 more (use <code>--format</code> json)" in render_plan(plan)
