"""Plans as comments: never too long, whole under any cut, never markup of somebody else's making."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from idsync.model.directory import Reason
from idsync.model.findings import Finding, Health
from idsync.plan.changes import Change, GuardResult, PersonDelta, Plan
from idsync.render import markdown
from idsync.render.escape_markdown import code, prose
from idsync.render.escape_text import shown
from idsync.render.links import Links, is_address
from idsync.render.markdown import MARKER, SIZE_LIMIT, render_plan
from tests.effort import examples
from tests.render import gfm, plans
from tests.render.gfm import assert_inert
from tests.render.plans import HOSTILE, STORIES
from tests.render.strategies import PLANS, TEXT

LINKS = Links("https://git.example/o/r/blob/0123abc/access", "https://git.example/run/1", "https://git.example/file/2")
ADDRESSES = st.sampled_from(
    [
        "ann@x.com",
        "www.evil.example",
        "https://evil.example/?a|b",
        "mailto:ann@x.com",
        "xmpp:a@b.example",
        "a|b@c.example",
        "`a`@b.example",
        "\\|`<b>@d.example",
        "@acme/admins",
        "GH-12",
        "a#12",
        "0123456789abcdef",
        "</code>",
        "<!-- -->",
        "--> <b>",
        "| --- |",
        "</details>",
    ]
)


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


@settings(max_examples=examples(200), deadline=None)
@given(st.lists(st.one_of(TEXT, ADDRESSES, st.just(HOSTILE)), min_size=1, max_size=3))
def test_no_name_is_a_link_or_ends_a_cell(names: list[str]) -> None:
    there = plans.make_list("00g1", names[0], (names[-1],))
    changes: tuple[Change, ...] = (
        plans.list_change(there, there, Reason.MEMBERSHIP_CHANGED, (), tuple(sorted(set(names)))),
        *(plans.user_change(None, plans.make_user(name, (names[0],)), Reason.ASSIGNED) for name in set(names)),
    )
    delta = tuple(
        PersonDelta(name, (plans.role(names[0], plans.group(name, name)),), (plans.belonging("00g1", names[-1]),))
        for name in set(names)
    )
    comment = render_plan(plans.make_plan(changes, delta))
    assert_inert(comment)
    assert gfm.links(comment) == []


PIECES = st.sampled_from(
    [
        "@",
        "a",
        "b.co",
        "www.",
        "http://",
        "mailto:",
        "xmpp:",
        "|",
        "`",
        "``",
        "\\",
        "<",
        "&amp;",
        "_",
        "*",
        "~~",
        "[x](y)",
        "#1",
        "!",
        "é",
        ".com",
        "ann@x.com",
        "<a@b.co>",
        "(",
        ")",
        ",",
        "GH-1",
        "deadbeef",
        "https://x.example/|",
    ]
)


@settings(max_examples=examples(3_000), deadline=None)
@given(st.lists(st.one_of(PIECES, st.just(" ")), min_size=1, max_size=8).map("".join))
def test_github_s_own_parser_finds_nothing_in_a_name(name: str) -> None:
    told = prose(shown(f"The user {name} exists; {name}."))
    html = gfm.as_github_has_it(f"| a | b |\n|---|---|\n| {code(shown(name))} | {told} |\n\n- {told}\n")
    assert not re.search(r"<(?:a|img|em|strong|del|h\d)\b", html)
    assert html.count("<td>") == 2
    assert html.count("<li>") == 1


@given(st.one_of(TEXT, ADDRESSES, st.just(HOSTILE)))
def test_a_fence_is_closed_by_nothing_but_us(name: str) -> None:
    there = plans.make_list("00g1", name, (name,))
    changes = (plans.list_change(there, None, Reason.BECAME_EMPTY, (), (name,)),)
    comment = render_plan(plans.make_plan(changes))
    fences = [token.content for token in gfm.tokens(comment) if token.type == "fence"]
    assert len(fences) == 1
    assert all(line[0] in "+-~! " for line in fences[0].splitlines())


@pytest.mark.parametrize(
    ("sentence", "expected"),
    [
        ("A user exists that is not ours; it stays.", "A user exists that is not ours; it stays."),
        ("The user hiro@x.com (00u1) exists.", "The user `hiro@x.com` (`00u1`) exists."),
        ("see GH-12 and #7", "see `GH-12` and `#7`"),
        ("commit deadbeef, fine", "commit `deadbeef`, fine"),
        ("1,200 of 5", "1,200 of 5"),
        ("www.evil.example", "`www.evil.example`"),
        ("see www. and WWW, please", "see `www`. and `WWW`, please"),
        ("- item", "`-` item"),
        ("", ""),
    ],
)
def test_prose_keeps_words_and_codes_the_rest(sentence: str, expected: str) -> None:
    assert prose(sentence) == expected


def test_code_that_a_span_cannot_hold_is_written_as_numbers_and_parted_where_it_would_be_a_link() -> None:
    assert code("`a`|<b>@c.de") == "<code>&#96;a&#96;&#124;&#60;b&#62;<!-- -->&#64;c<!-- -->&#46;de</code>"
    assert gfm.links(f"| a |\n|---|\n| {code('x|y@c.de www.a.de http://b.de')} |") == []


@pytest.mark.parametrize("name", ["ann@x.com", "a|b", "`", "``a", "\\", "a\\|b", "<b>", "é", "*a*", "[x](y)"])
def test_code_shows_the_name_itself_in_a_table_too(name: str) -> None:
    assert gfm.rows(f"| a | b |\n|---|---|\n| {code(name)} | c |")[1:] == [f"{name} | c"]


@pytest.mark.parametrize("story", STORIES)
def test_a_workflow_finds_its_comment_by_the_first_line_and_the_digest_by_the_last(story: str) -> None:
    plan = STORIES[story]()
    lines = render_plan(plan).splitlines()
    assert lines[0] == MARKER == "<!-- idsync-plan -->"
    assert plan.digest.partition(":")[2] in lines[-1]


def test_links_lead_to_the_line_of_the_configuration_the_run_and_the_file() -> None:
    comment = render_plan(plans.a_week(), links=LINKS)
    assert_inert(comment, linked=True)
    found = gfm.links(comment)
    assert found[:2] == [LINKS.run, LINKS.plan]
    assert f"{LINKS.config}/roles.yaml#L9" in found
    assert all(link.startswith("https://git.example/") for link in found)


def test_nothing_of_a_file_s_name_leaves_its_link() -> None:
    comment = render_plan(plans.hostile(), links=LINKS)
    assert_inert(comment, linked=True)
    assert f"{LINKS.config}/%40team/r%C3%B4les%60.yaml#L3" in gfm.links(comment)


@pytest.mark.parametrize(
    "text", ["", "javascript:alert(1)", "https://a b", "https://a)b", "https://a|b", "https://<a>"]
)
def test_what_cannot_stand_in_a_link_is_refused(text: str) -> None:
    assert not is_address(text)


@pytest.mark.parametrize("people", [150, 3_000, pytest.param(20_000, marks=pytest.mark.long)])
def test_people_to_whom_the_same_happens_are_one_row_however_many_they_are(people: int) -> None:
    comment = render_plan(plans.mass_leaving(people))
    assert f"Plan: {people:,} people lose all access" in comment
    assert f"**Lose all access ({people:,})**" in comment
    assert f"| {people:,} people: `person000000@enzos-pizza.com`, " in comment
    assert len(comment) <= SIZE_LIMIT
    assert_inert(comment)


def apart(people: int) -> Plan:
    """Leavers of whom each loses something else."""
    names = [f"person{number:06d}@enzos-pizza.com" for number in range(people)]
    changes = tuple(plans.user_change(plans.make_user(name), None, Reason.UNASSIGNED) for name in names)
    delta = tuple(PersonDelta(name, (), (plans.role(f"role-{name}"),), locked=Reason.UNASSIGNED) for name in names)
    return plans.make_plan(changes, delta)


@pytest.mark.parametrize("people", [100, 1_000, pytest.param(5_000, marks=pytest.mark.long)])
def test_a_long_plan_is_cut_at_rows_and_says_how_many_are_missing(people: int) -> None:
    comment = render_plan(apart(people))
    assert_inert(comment)
    shown = [row for row in gfm.rows(comment) if re.match(r"person\d+@.*locked, then deleted", row)]
    missing = re.findall(r"… and ([\d,]+) more people", comment)
    assert missing == ([f"{people - len(shown):,}"] if people > len(shown) else [])
    assert len(shown) >= min(people, 150)
    assert len(comment) <= SIZE_LIMIT
    if people > 1_000:
        assert len(comment) > 0.9 * SIZE_LIMIT


def test_every_section_has_its_share_however_long_another_is() -> None:
    many = apart(3_000)
    findings = tuple(Finding("conflict", "error", f"The user u{number} exists.") for number in range(3_000))
    comment = render_plan(replace(many, findings=findings))
    assert len(re.findall("The user", comment)) > 50
    assert len([row for row in gfm.rows(comment) if row.startswith("person")]) > 100
    assert comment.count("\n- user person") > 20


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


@pytest.mark.parametrize("size", range(6_000, 20_000, 1_111))
def test_it_is_whole_under_any_cut(size: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(markdown, "SIZE_LIMIT", size)
    for plan in (plans.a_week(), apart(60), plans.hostile()):
        comment = render_plan(plan, links=LINKS)
        assert_inert(comment, linked=True)


def test_what_is_wrong_stands_first_and_detail_is_folded() -> None:
    comment = render_plan(plans.a_week())
    parts = [
        "### Plan",
        "**Findings**",
        "**By role and list**",
        "**How far it reaches**",
        "By your edit",
        "By Okta's changes",
        "**Lose all access",
        "**Lists**",
        "<details>",
        "**Locks (3)**",
    ]
    places = [comment.index(part) for part in parts]
    assert places == sorted(places)


def test_a_lock_that_is_made_does_not_look_like_a_gain() -> None:
    comment = render_plan(plans.a_week())
    assert "\n! + lock on raven@enzos-pizza.com" in comment
    assert "\n+ lock" not in comment


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
    assert "role `role11`<br>… and 18 more" in render_plan(plan)
