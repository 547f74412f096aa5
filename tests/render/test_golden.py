"""Each story renders to the bytes that were reviewed; golden/README.md says how to write them again."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from idsync.plan.changes import Plan
from idsync.render import annotations, json, junit, markdown, sarif, text
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


def test_no_golden_file_is_left_over() -> None:
    expected = {f"{story}.{suffix}" for story in STORIES for suffix in FORMATS}
    assert {path.name for path in GOLDEN.iterdir()} == expected | {"README.md"}
