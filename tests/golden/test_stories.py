"""Each story is planned as its folder says, to the byte.

To accept what is planned now, run with IDSYNC_ACCEPT=1 and review the difference.
"""

import os
from pathlib import Path

import pytest

from idsync.config.loader import load
from idsync.model.extent import Reading
from idsync.plan.planfile import decode_plan, encode_plan
from idsync.reconcile.plan_options import PlanOptions
from idsync.reconcile.planning import make_plan
from idsync.sources.snapshot import read_snapshot
from idsync.targets.given import GivenDirectory
from tests.core.replay import applied
from tests.golden.stories import NOW, STORIES, current, plan_json, plan_text, planned

each_story = pytest.mark.parametrize("story", STORIES, ids=lambda story: story.name)


def test_there_are_stories() -> None:
    assert len(STORIES) >= 8


@each_story
def test_a_story_is_planned_as_its_folder_says(story: Path) -> None:
    made = planned(story)
    if os.environ.get("IDSYNC_ACCEPT"):
        (story / "plan.json").write_bytes(plan_json(made))
        (story / "plan.txt").write_text(plan_text(made), encoding="utf-8")
    assert plan_text(made) == (story / "plan.txt").read_text(encoding="utf-8")
    assert plan_json(made) == (story / "plan.json").read_bytes()


@each_story
def test_after_a_story_nothing_is_left_to_plan(story: Path) -> None:
    settings, snapshot = load(story).settings, read_snapshot(story / "snapshot.json")
    assert settings is not None
    after = applied(current(story).state(), planned(story), NOW)
    assert make_plan(settings, Reading(snapshot), GivenDirectory(after), PlanOptions(now=NOW)).plan.is_empty


@each_story
def test_the_plan_file_of_a_story_reads_back(story: Path) -> None:
    made = planned(story)
    assert decode_plan(encode_plan(made)) == made
