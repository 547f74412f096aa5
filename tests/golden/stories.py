"""Plans a story: a folder with a configuration, a snapshot, and the directory as `get all --format json` prints it."""

import datetime as dt
from pathlib import Path

import msgspec

from idsync.cli.resource_files import directory_of, read_resources
from idsync.config.loader import load
from idsync.model.extent import Reading
from idsync.plan.changes import Plan
from idsync.plan.planfile import encode_plan
from idsync.plan.seal import sealed
from idsync.reconcile.plan_options import PlanOptions
from idsync.reconcile.planning import make_plan
from idsync.render.text import render_plan
from idsync.sources.snapshot import read_snapshot
from idsync.targets.given import GivenDirectory

FOLDER = Path(__file__).parent
NOW = dt.datetime(2026, 11, 22, 12, 0, tzinfo=dt.UTC)
STORIES = sorted(path.parent for path in FOLDER.glob("*/idsync.yaml"))


def planned(story: Path) -> Plan:
    """The plan of a story, as any version of the tool makes it."""
    loaded = load(story)
    assert loaded.settings is not None, "\n".join(map(str, loaded.diagnostics))
    made = make_plan(
        loaded.settings, Reading(read_snapshot(story / "snapshot.json")), current(story), PlanOptions(now=NOW)
    ).plan
    return sealed(msgspec.structs.replace(made, inputs=msgspec.structs.replace(made.inputs, tool_version="0.0.0")))


def current(story: Path) -> GivenDirectory:
    """The directory before the plan."""
    file = story / "current.json"
    return directory_of(read_resources(file.read_bytes(), str(file)))


def plan_json(made: Plan) -> bytes:
    """A plan file laid out for reading."""
    return msgspec.json.format(encode_plan(made).rstrip(), indent=1) + b"\n"


def plan_text(made: Plan) -> str:
    """The plan as people read it."""
    return render_plan(made)
