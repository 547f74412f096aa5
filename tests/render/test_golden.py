"""Each story renders to the bytes that were reviewed; golden/README.md says how to write them again."""

import html
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from idsync.plan.changes import Plan
from idsync.render import json, markdown, text
from idsync.render.reports import annotations, junit, sarif
from idsync.render.view.titles import ORDER, OUTCOMES, PROBLEMS, REACH, RELEASED, SIDES, TALLIES
from tests.render.page import page_of
from tests.render.plans import STORIES

GOLDEN = Path(__file__).parent / "golden"
FORMATS: dict[str, Callable[[Plan], str]] = {
    "txt": text.render_plan,
    "json": json.render_plan,
    "md": markdown.render_plan,
    "html": page_of,
    "sarif": sarif.render_plan,
    "xml": junit.render_plan,
    "github": annotations.render_plan,
}


@pytest.mark.parametrize("suffix", FORMATS)
@pytest.mark.parametrize("story", STORIES)
def test_a_story_renders_as_reviewed(story: str, suffix: str) -> None:
    rendered = FORMATS[suffix](STORIES[story]()).encode()
    golden = GOLDEN / f"{story}.{suffix}"
    if os.environ.get("IDSYNC_ACCEPT"):
        golden.write_bytes(rendered)
    assert rendered == golden.read_bytes()


@pytest.mark.parametrize(
    "section",
    [
        "Blocked by",
        *OUTCOMES.values(),
        *(heading for _, heading in SIDES),
        f"{PROBLEMS} (the snapshot is suspect)",
        RELEASED,
        TALLIES,
        REACH,
        ORDER,
        "Lists",
        "Apps, groups and roles",
        "Users without effect on access",
        "Locks without effect on access",
        "Goes to Okta",
        "as applied before",
        "passes to another person",
        "within 14 days",
        "no owner left",
    ],
)
@pytest.mark.parametrize("suffix", ["txt", "md", "html"])
def test_every_section_has_a_golden_example(section: str, suffix: str) -> None:
    written = "".join(html.unescape((GOLDEN / f"{story}.{suffix}").read_text()) for story in STORIES)
    where = "".join(text.render_plan(STORIES[story](), detail=True) for story in STORIES) if suffix == "txt" else ""
    assert section in written + where


def test_no_golden_file_is_left_over() -> None:
    expected = {f"{story}.{suffix}" for story in STORIES for suffix in FORMATS}
    assert {path.name for path in GOLDEN.iterdir()} == expected | {"README.md"}
