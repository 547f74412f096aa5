"""The page as text: whole, the same each time, with one script and one sheet that its policy knows, and names inert."""

import base64
import hashlib
import json
import re
from html.parser import HTMLParser

import pytest
from hypothesis import given, settings
from msgspec.structs import replace

from idsync.model.directory import ConfigCause
from idsync.model.findings import Finding
from idsync.plan.changes import PersonDelta, Plan
from idsync.render.html.document import render_plan
from idsync.render.html.flows import NODES_SHOWN, Flow, Node, flows_of
from idsync.render.html.people import ENTRIES_OPEN
from idsync.render.html.picture import picture
from idsync.render.links import Links
from idsync.render.redaction.redacted import redacted
from idsync.render.view.plan_view import plan_view
from tests.effort import examples
from tests.render import plans
from tests.render.large import large
from tests.render.plans import HOSTILE, STORIES, role
from tests.render.strategies import PLANS

VOID = {"meta", "input", "br"}
ATTRIBUTES = {
    *(
        "aria-label",
        "aria-labelledby",
        "autocomplete",
        "charset",
        "class",
        "content",
        "d",
        "data-k",
        "data-l",
        "data-r",
    ),
    *(
        "data-t",
        "data-total",
        "for",
        "height",
        "hidden",
        "href",
        "http-equiv",
        "id",
        "lang",
        "name",
        "placeholder",
        "role",
    ),
    *("scope", "spellcheck", "stroke-width", "tabindex", "type", "value", "viewbox", "width", "x", "y"),
}
"""Every attribute that idsync writes: none that runs a script, loads anything or has a style."""
ELEMENTS = {
    *(
        "a",
        "b",
        "bdi",
        "body",
        "caption",
        "code",
        "dd",
        "desc",
        "details",
        "div",
        "dl",
        "dt",
        "footer",
        "g",
        "h1",
        "h2",
    ),
    *("h3", "head", "header", "html", "input", "label", "li", "main", "meta", "nav", "option", "p", "path"),
    *(
        "rect",
        "script",
        "section",
        "select",
        "small",
        "span",
        "style",
        "summary",
        "svg",
        "table",
        "tbody",
        "td",
        "text",
    ),
    *("th", "thead", "time", "title", "tr", "ul"),
}


class Document(HTMLParser):
    """Reads a page, and the rows in its data, as a browser would: every element closed, nothing that is not ours."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.scripts: list[str] = []
        self.styles: list[str] = []
        self.data: list[str] = []
        self.policy = ""
        self.links: list[str] = []
        self.types: list[str] = []
        self.words: list[str] = []
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert tag in ELEMENTS, tag
        known = dict(attrs)
        assert known.keys() <= ATTRIBUTES, known
        assert len(known) == len(attrs)
        if tag == "a":
            self.links.append(known["href"] or "")
        if tag == "input":
            self.types.append(known["type"] or "")
        if known.get("http-equiv") == "Content-Security-Policy":
            self.policy = known["content"] or ""
        if tag == "script":
            (self.data if known.get("type") else self.scripts).append("")
            self.into = self.data if known.get("type") else self.scripts
        if tag == "style":
            self.styles.append("")
            self.into = self.styles
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] in ("script", "style"):
            self.into[-1] += data
        else:
            self.words.append(data)

    def handle_comment(self, data: str) -> None:
        raise AssertionError(f"a comment: {data}")


def read(text: str) -> Document:
    """A page that is whole, its data too."""
    document = Document(text)
    (script,), (style,) = document.scripts, document.styles
    assert f"script-src '{digest(script)}'" in document.policy
    assert f"style-src '{digest(style)}'" in document.policy
    assert "default-src 'none'" in document.policy
    assert "unsafe" not in document.policy
    for data in document.data:
        for row in json.loads(data):
            inner = Document(row)
            assert [*inner.scripts, *inner.styles, *inner.data] == []
            document.words += inner.words
            document.links += inner.links
    return document


def digest(text: str) -> str:
    """How a policy names a script."""
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"


@pytest.mark.parametrize("story", STORIES)
def test_a_story_is_a_whole_page(story: str) -> None:
    document = read(render_plan(STORIES[story]()))
    assert all(link.startswith("#") for link in document.links)
    assert document.types == (["search"] if STORIES[story]().access_delta else [])


@settings(max_examples=examples(60), deadline=None)
@given(PLANS)
def test_any_plan_is_a_whole_page_and_the_same_each_time(plan: Plan) -> None:
    text = render_plan(plan)
    read(text)
    assert text == render_plan(plan)


def test_it_asks_nothing_of_a_network() -> None:
    text = render_plan(plans.a_week())
    assert not re.search(r"\b(src|href)=\"(?!#)|@import|url\(|https?://(?!enzos-pizza)", text)


@pytest.mark.parametrize(
    "name",
    [
        HOSTILE,
        "</script><script>alert(1)</script>",
        "<!--<script>",
        '"><svg onload=alert(1)>',
        "</style>",
        "]]>",
        "&lt;b&gt;",
    ],
)
def test_a_name_is_text_wherever_it_stands(name: str) -> None:
    rule = ConfigCause(name, 3, 1, name)
    some = [PersonDelta(f"{name}{number}", (role(f"{name}{number}", rule),), ()) for number in range(3 * ENTRIES_OPEN)]
    plan = replace(
        plans.empty(), access_delta=tuple(some), findings=(Finding(name, "error", name, (rule,)),), integration=name
    )
    document = read(render_plan(plan))
    assert document.data, "nothing stands in data"
    if name.isprintable() and len(name) < 100:
        assert any(f"{name}{3 * ENTRIES_OPEN - 1}" in words for words in document.words)


def test_everybody_and_every_change_is_in_it() -> None:
    plan = large(2_000)
    words = " ".join(read(render_plan(plan)).words)
    assert [delta.person for delta in plan.access_delta if delta.person not in words] == []
    assert "Changes, in the order of the apply" in words


def test_lines_of_the_configuration_are_links_when_told_where() -> None:
    links = Links("https://git.example/blob/abc/access", "https://ci.example/1", "https://ci.example/2")
    document = read(render_plan(plans.a_week(), links=links))
    assert "https://git.example/blob/abc/access/roles.yaml#L7" in document.links
    assert {"https://ci.example/1", "https://ci.example/2"} <= {*document.links}


def test_it_can_be_redacted() -> None:
    text = render_plan(redacted(plans.a_week(), b"sixteen bytes or"))
    for name in ("hiro", "raven", "juanita", "yours.truly", "fido", "lagos"):
        assert name not in text


def test_the_way_of_access_is_counted() -> None:
    rule = ConfigCause("roles.yaml", 7, 1, "group is aws-*")
    delta = tuple(PersonDelta(f"p{n}@x.com", (role("aws", rule),), (role("old", rule),)) for n in range(5))
    flows = flows_of(plan_view(replace(plans.empty(), access_delta=delta), described=None).groups)
    way = Node(0, "group is aws-*")
    assert set(flows) == {Flow(way, Node(2, "aws"), "+", 5), Flow(way, Node(2, "old"), "-", 5)}


def test_a_leaver_loses_by_the_end_of_the_account_and_a_list_gives_its_roles() -> None:
    flows = flows_of(plan_view(plans.a_week(), described=None).groups)
    ends = {(flow.start.label, flow.end.label) for flow in flows if flow.symbol == "-"}
    assert ("account ends", "Engineering") in ends
    gives = {(flow.start.label, flow.end.label) for flow in flows if flow.symbol == "+"}
    assert ("Engineering", "dev") in gives


def test_a_picture_has_few_nodes_and_counts_everybody() -> None:
    flows = flows_of(plan_view(large(2_000), described=None).groups)
    nodes = {node for flow in flows for node in (flow.start, flow.end)}
    for column in (0, 1, 2):
        assert 0 < sum(node.column == column for node in nodes) <= NODES_SHOWN
    roles = [delta for delta in large(2_000).access_delta for entry in delta.gains if entry.name.startswith("title")]
    assert sum(
        flow.people for flow in flows if flow.symbol == "+" and flow.end.column == 2 and flow.start.column == 0
    ) == len(roles)
    assert "… " in picture(flows)
    assert picture(()) == ""


def test_a_plan_without_changes_is_a_page_that_says_so() -> None:
    words = read(render_plan(plans.empty())).words
    assert any(word.startswith("No changes.") for word in words)
