"""Reports for other programs (SARIF, JUnit, GitHub), with files named as seen from the top of the repository."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from idsync import __version__
from idsync.cli.invocation import Invocation
from idsync.diagnostics import Diagnostic
from idsync.plan.changes import Plan
from idsync.render.reports import annotations, junit, sarif
from idsync.render.reports.reported import Places

REPORTS = ("sarif", "junit", "github")
"""The formats of `--format` that are reports."""
USUAL_FILE = "idsync.yaml"


def plan_report(plan: Plan, form: str, invocation: Invocation) -> str:
    """What a plan reports, in one of `REPORTS`."""
    places = report_places(invocation)
    match form:
        case "sarif":
            return sarif.render_plan(plan, places)
        case "junit":
            return junit.render_plan(plan, places)
        case _:
            return annotations.render_plan(plan, places)


def diagnostics_report(found: Sequence[Diagnostic], form: str, invocation: Invocation) -> str:
    """The mistakes in a configuration, in one of `REPORTS`."""
    places = report_places(invocation)
    match form:
        case "sarif":
            return sarif.render_diagnostics(found, __version__, places)
        case "junit":
            return junit.render_diagnostics(found, places)
        case _:
            return annotations.render_diagnostics(found, places)


def report_places(invocation: Invocation) -> Places:
    """The places of an invocation's configuration, which need not exist."""
    config = Path(invocation.config)
    folder = config.parent if config.is_file() else config
    top = _top(folder.absolute())
    root = _relative(folder, top)
    name = config.name if config.is_file() else _first_file(folder)
    return Places("" if root == "." else root, name if root == "." else f"{root.rstrip('/')}/{name}")


def _top(folder: Path) -> Path:
    """The top of the repository that a folder is in; where it is in none, the current directory."""
    for above in (folder, *folder.parents):
        if (above / ".git").exists():
            return above
    return Path.cwd()


def _relative(folder: Path, top: Path) -> str:
    whole = folder.resolve()
    top = top.resolve()
    return whole.relative_to(top).as_posix() if whole.is_relative_to(top) else whole.as_posix()


def _first_file(folder: Path) -> str:
    """The file to name where none is at fault: the usual one, or the first one that is there."""
    if (folder / USUAL_FILE).is_file():
        return USUAL_FILE
    return next(iter(sorted(_yaml_files(folder))), USUAL_FILE)


def _yaml_files(folder: Path) -> Iterator[str]:
    for suffix in ("*.yaml", "*.yml"):
        yield from (path.name for path in folder.glob(suffix) if not path.name.startswith("."))
