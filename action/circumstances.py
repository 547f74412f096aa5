"""What the runner tells a step: its inputs, the event and the repository, all of it by environment variables.

https://docs.github.com/actions/reference/workflows-and-actions/variables
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

MODES = ("validate", "plan", "comment", "apply", "reconcile", "drift")
INPUT = "IDSYNC_ACTION_"


class Refused(Exception):
    """The action cannot do what it was asked for; the message says what to change. Exits with `code`."""

    def __init__(self, message: str, code: int = 1) -> None:
        super().__init__(message)
        self.code = code


@dataclass(frozen=True)
class Circumstances:
    """One step of one run. `name` tells several configurations of a repository apart; `folder` is for what is made."""

    mode: str
    config: str
    name: str
    token: str
    repository: str
    api: str
    graphql: str
    server: str
    run: int
    attempt: int
    sha: str
    event_name: str
    event: Mapping[str, Any]
    folder: Path
    workspace: Path
    branch: str
    plan_workflow: str
    recording_workflows: tuple[str, ...]
    hours: float
    record: str
    lock_timeout: str
    allow_public: bool

    @property
    def run_address(self) -> str:
        """Where people see this run."""
        return f"{self.server}/{self.repository}/actions/runs/{self.run}"

    @property
    def pull_request(self) -> Mapping[str, Any]:
        """The pull request of the event; empty where it has none."""
        found: Mapping[str, Any] = self.event.get("pull_request") or {}
        return found

    @property
    def head(self) -> str:
        """The commit that is looked at: the head of the pull request, not what GitHub merged it to."""
        return str(self.pull_request.get("head", {}).get("sha") or self.sha)

    @property
    def recording_name(self) -> str:
        """The artifact that holds a recording of Okta and the directory."""
        return f"idsync-recording-{self.name}"

    def plan_name(self, head: str) -> str:
        """How the names of artifacts begin that hold plans of a commit; each attempt of a run adds its number."""
        return f"idsync-plan-{self.name}-{head}-"


def circumstances(environment: Mapping[str, str]) -> Circumstances:
    """What the environment says. Raises Refused for what is missing or makes no sense."""
    given = {
        key.removeprefix(INPUT).lower(): value.strip() for key, value in environment.items() if key.startswith(INPUT)
    }
    mode, config = given.get("mode", ""), given.get("config") or "."
    if mode not in MODES:
        raise Refused(f"mode is {mode!r}, and must be one of {', '.join(MODES)}.", 64)
    name = given.get("name") or Path(config).name or "idsync"
    if not name.replace("-", "").replace("_", "").replace(".", "").isalnum():
        raise Refused(f"name is {name!r}: use letters, digits, '.', '-' and '_'.", 64)
    path = environment.get("GITHUB_EVENT_PATH")
    event = json.loads(Path(path).read_text()) if path else {}
    workspace = Path(environment.get("GITHUB_WORKSPACE", "."))
    return Circumstances(
        mode=mode,
        config=config,
        name=name,
        token=given.get("token", ""),
        repository=environment.get("GITHUB_REPOSITORY", ""),
        api=environment.get("GITHUB_API_URL", "https://api.github.com"),
        graphql=environment.get("GITHUB_GRAPHQL_URL", ""),
        server=environment.get("GITHUB_SERVER_URL", "https://github.com"),
        run=int(environment.get("GITHUB_RUN_ID") or 0),
        attempt=int(environment.get("GITHUB_RUN_ATTEMPT") or 1),
        sha=environment.get("GITHUB_SHA", ""),
        event_name=environment.get("GITHUB_EVENT_NAME", ""),
        event=event,
        folder=Path(given.get("folder") or workspace / ".idsync-action"),
        workspace=workspace,
        branch=given.get("branch") or event.get("repository", {}).get("default_branch") or "main",
        plan_workflow=given.get("plan_workflow") or ".github/workflows/plan.yml",
        recording_workflows=tuple(
            (given.get("recording_workflows") or ".github/workflows/apply.yml .github/workflows/reconcile.yml").split()
        ),
        hours=_hours(given.get("recording_hours") or "24"),
        record=given.get("record") or "auto",
        lock_timeout=given.get("lock_timeout") or "5m",
        allow_public=given.get("allow_public", "").lower() == "true",
    )


def _hours(text: str) -> float:
    try:
        hours = float(text)
    except ValueError:
        hours = 0.0
    if not 0 < hours <= 24 * 7:
        raise Refused(f"recording-hours is {text!r}: give a number of hours, at most a week.", 64)
    return hours
