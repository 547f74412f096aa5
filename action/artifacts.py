"""Artifacts of other runs: the newest recording of the main branch, and the plan that was reviewed."""

import io
import zipfile
from collections.abc import Callable, Collection
from datetime import datetime, timedelta
from pathlib import Path

from action.circumstances import Circumstances, Refused
from action.github import GitHub, Json
from action.times import time_of

RECORDED = ("snapshot.json", "current.json")
_TRUSTED_EVENTS = frozenset({"push", "schedule", "workflow_dispatch"})
"""Events whose workflows are those of the branch itself. A pull request brings its own, also from a fork's main."""
_LARGEST = 2 << 30


def fetch_recording(about: Circumstances, github: GitHub, into: Path, now: datetime) -> Json:
    """Fetch the newest recording of the main branch; its artifact. Raises Refused where it is old or missing."""
    found = _newest(github, about.recording_name, lambda run, _: _is_of_main(run, about))
    if found is None:
        raise Refused(
            f"No recording of Okta and the directory was made yet, or it has expired: run {_names(about)} on"
            f" {about.branch}, and then this job again.",
            7,
        )
    made = time_of(found["created_at"])
    if now - made > timedelta(hours=about.hours):
        raise Refused(
            f"The newest recording is of {found['created_at']}, older than {about.hours:g} hours: see why"
            f" {_names(about)} made none since on {about.branch}, and then run this job again.",
            7,
        )
    unpack(github.archive(int(found["id"])), RECORDED, into)
    return found


def fetch_newest_recording(about: Circumstances, github: GitHub, into: Path) -> bool:
    """Fetch the newest recording of the main branch, however old; whether there is one."""
    found = _newest(github, about.recording_name, lambda run, _: _is_of_main(run, about))
    return found is not None and bool(unpack(github.archive(int(found["id"])), RECORDED, into))


def fetch_that_recording(about: Circumstances, github: GitHub, identifier: int, planned: datetime, into: Path) -> Json:
    """Fetch the recording that a plan says it was made from; its artifact. Raises Refused where it is not one of the
    main branch that was recent enough when the plan was made.
    """
    found: Json | None = github.find(f"actions/artifacts/{identifier}")
    run = None if found is None else github.find(f"actions/runs/{(found.get('workflow_run') or {}).get('id')}")
    known = found is not None and found["name"] == about.recording_name and not found["expired"]
    if found is None or run is None or not known or not _is_of_main(run, about):
        raise Refused(
            "The recording that the plan was made from is not one of the main branch, or has expired. Open a pull"
            " request that plans again, and have that reviewed.",
            6,
        )
    if not timedelta(0) <= planned - _made(found) <= timedelta(hours=about.hours):
        raise Refused(f"The plan was made from a recording that was older than {about.hours:g} hours.", 6)
    unpack(github.archive(identifier), RECORDED, into)
    return found


def last_recording(about: Circumstances, github: GitHub) -> datetime | None:
    """When the newest recording of the main branch was made."""
    found = _newest(github, about.recording_name, lambda run, _: _is_of_main(run, about))
    return None if found is None else time_of(found["created_at"])


def plans_of(about: Circumstances, github: GitHub, number: int, head: str, until: datetime) -> list[Json]:
    """The artifacts with plans of a pull request's commit that were there at a time, the newest first.

    Another pull request may have the same head, and its own base and workflows. GitHub names the pull requests of a run
    only while they are open: where it names any, this one must be among them. What the files say is checked as well.
    """
    runs = github.rows("actions/runs", "workflow_runs", head_sha=head, event="pull_request")
    found: list[Json] = []
    for run in runs:
        if run["head_sha"] == head and _path_of(run) == about.plan_workflow and _may_be_of(run, number, about.branch):
            found += named_artifacts(github, int(run["id"]), about.plan_name(head), until)
    return sorted(found, key=_age, reverse=True)


def named_artifacts(github: GitHub, run: int, name: str, until: datetime | None = None) -> list[Json]:
    """The artifacts of a run whose name begins so, and that were there at a time."""
    rows = github.rows(f"actions/runs/{run}/artifacts", "artifacts")
    named = [row for row in rows if str(row["name"]).startswith(name) and not row["expired"]]
    return [row for row in named if until is None or _made(row) <= until]


def newest_plan(github: GitHub, run: int, name: str) -> Json | None:
    """The newest artifact of a run whose name begins so."""
    return max(named_artifacts(github, run, name), key=_age, default=None)


def _may_be_of(run: Json, number: int, base: str) -> bool:
    told = run.get("pull_requests") or []
    return not told or any(row["number"] == number and row["base"]["ref"] == base for row in told)


def unpack(archive: bytes, wanted: Collection[str], into: Path) -> list[str]:
    """Write the files of these names, and no others, from a ZIP file; the names of those that it has."""
    into.mkdir(parents=True, exist_ok=True)
    written = []
    try:
        with zipfile.ZipFile(io.BytesIO(archive)) as opened:
            for info in opened.infolist():
                if info.filename not in wanted or info.file_size > _LARGEST:
                    continue
                path = into / info.filename
                path.touch(mode=0o600)
                path.write_bytes(opened.read(info))
                written.append(info.filename)
    except (zipfile.BadZipFile, OSError) as error:
        raise Refused(f"The artifact cannot be unpacked: {error}.", 7) from None
    return written


def _newest(github: GitHub, name: str, is_meant: Callable[[Json, Json], bool]) -> Json | None:
    """The newest artifact of that name whose run is meant; runs are asked about one by one, the newest first."""
    listed = [row for row in github.rows("actions/artifacts", "artifacts", name=name) if not row["expired"]]
    for artifact in sorted(listed, key=_age, reverse=True):
        run = github.find(f"actions/runs/{(artifact.get('workflow_run') or {}).get('id')}")
        if run is not None and is_meant(run, artifact):
            return artifact
    return None


def _is_of_main(run: Json, about: Circumstances) -> bool:
    head = (run.get("head_repository") or {}).get("full_name") or ""
    return (
        run["event"] in _TRUSTED_EVENTS
        and run["head_branch"] == about.branch
        and _path_of(run) in about.recording_workflows
        and str(head).lower() == about.repository.lower()
    )


def _made(artifact: Json) -> datetime:
    return time_of(str(artifact["created_at"]))


def _age(artifact: Json) -> tuple[datetime, int]:
    """What artifacts are put in order by: GitHub tells times in whole seconds, and numbers them as they come."""
    return _made(artifact), int(artifact["id"])


def _path_of(run: Json) -> str:
    return str(run["path"]).partition("@")[0]


def _names(about: Circumstances) -> str:
    return " or ".join(Path(path).name for path in about.recording_workflows)
