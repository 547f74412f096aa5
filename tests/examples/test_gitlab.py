"""The GitLab example: its jobs by GitLab's own schema, and what it asks of the API against one on loopback."""

import io
import json
import re
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from threading import Thread
from types import ModuleType
from typing import Any

import pytest
import yaml

GITLAB = Path(__file__).parents[2] / "examples" / "gitlab"


def _loaded() -> ModuleType:
    spec = spec_from_file_location("loop", GITLAB / "loop.py")
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


loop = _loaded()
JOBS = yaml.safe_load((GITLAB / "gitlab-ci.yml").read_text())
AT = "2026-11-02T10:00:00.000Z"
PLAN = json.dumps({"guards": [{"guard": "user_deletes", "count": 1, "limit": 5}]})


class FakeGitLab:
    """Answers by method and path; what was asked and what was sent is kept."""

    def __init__(self) -> None:
        self.answers: dict[str, Any] = {}
        self.asked: list[tuple[str, Any]] = []
        self.tokens: set[str] = set()


@pytest.fixture
def gitlab() -> Iterator[tuple[FakeGitLab, dict[str, str]]]:
    """A GitLab on loopback, and what a job on the default branch is told."""
    fake = FakeGitLab()

    class Handler(BaseHTTPRequestHandler):
        def _answer(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            body = json.loads(self.rfile.read(length)) if length else None
            path = self.path.partition("?")[0].removeprefix("/projects/7/")
            fake.asked.append((f"{self.command} {path}", body))
            fake.tokens.update(name for name in ("JOB-TOKEN", "PRIVATE-TOKEN") if self.headers.get(name))
            answer = fake.answers.get(f"{self.command} {path}", {} if body else None)
            content = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
            self.send_response(404 if answer is None else 200)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        do_GET = _answer  # noqa: N815 - as the standard library names it
        do_POST = _answer  # noqa: N815 - likewise
        do_PUT = _answer  # noqa: N815 - likewise

        def log_message(self, format: str, *arguments: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    yield (
        fake,
        {
            "CI_API_V4_URL": f"http://127.0.0.1:{server.server_address[1]}",
            "CI_PROJECT_ID": "7",
            "CI_JOB_TOKEN": "job",
            "CI_DEFAULT_BRANCH": "main",
            "CI_COMMIT_SHA": "c" * 40,
            "CI_COMMIT_SHORT_SHA": "cccccccc",
            "CI_JOB_URL": "https://gitlab.example.com/job",
        },
    )
    server.shutdown()
    server.server_close()
    thread.join()


def _zip(**files: str) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        for name, text in files.items():
            archive.writestr(name, text)
    return content.getvalue()


def test_the_jobs_are_what_gitlab_understands() -> None:
    command = [str(Path(sys.executable).with_name("check-jsonschema")), "--builtin-schema", "vendor.gitlab-ci"]
    ended = subprocess.run(
        [*command, "--data-transform", "gitlab-ci", str(GITLAB / "gitlab-ci.yml")],
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 0, ended.stdout + ended.stderr


def test_a_merge_request_comes_near_no_secret_and_no_runner_of_its_own() -> None:
    plan = JOBS["idsync-plan"]
    assert plan["rules"] == [{"if": '$CI_PIPELINE_SOURCE == "merge_request_event"'}]
    assert "tags" not in plan
    assert "environment" not in plan
    assert "TOKEN" not in json.dumps(plan)


@pytest.mark.parametrize("name", ["idsync-apply", "idsync-reconcile", "idsync-drift"])
def test_what_reaches_okta_runs_one_at_a_time_and_on_the_default_branch(name: str) -> None:
    assert JOBS[name]["resource_group"] == "idsync"
    (rule,) = JOBS[name]["rules"]
    assert "merge_request_event" not in rule["if"]
    assert "schedule" in rule["if"] or "$CI_COMMIT_BRANCH == $CI_DEFAULT_BRANCH" in rule["if"]


def test_everything_is_installed_by_hash_and_from_the_repository() -> None:
    installs = [line for line in JOBS[".idsync"]["before_script"] if "pip install" in line]
    assert all("--require-hashes" in line or "--no-index" in line for line in installs)


@pytest.mark.parametrize(("hours", "code"), [(1, 0), (25, 7)])
def test_a_recording_is_a_day_old_at_most(
    gitlab: tuple[FakeGitLab, dict[str, str]], tmp_path: Path, hours: int, code: int
) -> None:
    fake, environment = gitlab
    taken = (datetime.now(UTC) - timedelta(hours=hours)).strftime("%Y-%m-%dT%H:%M:%SZ")
    files = {"recording/snapshot.json": json.dumps({"taken_at": taken}), "recording/current.json": "[]"}
    fake.answers["GET jobs/artifacts/main/download"] = _zip(**files)
    assert loop.main(["recording", str(tmp_path / "in")], environment) == code
    assert fake.tokens == {"JOB-TOKEN"}


@pytest.mark.parametrize(
    ("told", "code"),
    [
        ({"CI_PROJECT_VISIBILITY": "private"}, 0),
        ({"CI_PROJECT_VISIBILITY": "internal"}, 0),
        ({"CI_PROJECT_VISIBILITY": "public"}, 64),
        ({}, 64),
        ({"CI_PROJECT_VISIBILITY": "public", "IDSYNC_ALLOW_PUBLIC": "true"}, 0),
    ],
)
def test_a_public_project_gets_nothing_that_names_people(
    gitlab: tuple[FakeGitLab, dict[str, str]], told: dict[str, str], code: int
) -> None:
    assert loop.main(["private"], gitlab[1] | told) == code


@pytest.mark.parametrize("name", ["idsync-plan", "idsync-apply", "idsync-reconcile", "idsync-drift"])
def test_that_is_looked_at_before_anything_is_shown_or_kept(name: str) -> None:
    script = JOBS[name]["script"]
    place = next(place for place, line in enumerate(script) if line.startswith("python .gitlab/loop.py private"))
    assert not any(re.match(r"cat|mkdir", line) for line in script[:place])
    reconciles = [at for at, line in enumerate(script) if line.startswith("idsync reconcile")]
    assert place == (reconciles[0] + 1 if reconciles else 0), "leavers do not wait for it"


def test_what_a_guard_holds_does_not_fail_the_schedule_and_no_runner_of_ones_own_is_needed() -> None:
    assert JOBS["idsync-reconcile"]["script"][-1] == '[ "$code" = 5 ] || exit "$code"'
    assert not any("tags" in job for job in JOBS.values() if isinstance(job, dict))


def test_no_recording_is_told(gitlab: tuple[FakeGitLab, dict[str, str]], capsys: pytest.CaptureFixture[str]) -> None:
    assert loop.main(["recording", "x"], gitlab[1]) == 7
    assert "404" in capsys.readouterr().err


def _merged(fake: FakeGitLab) -> None:
    request = {"iid": 3, "state": "merged", "target_branch": "main", "sha": "head", "merged_at": AT}
    fake.answers[f"GET repository/commits/{'c' * 40}/merge_requests"] = [request]
    fake.answers["GET merge_requests/3/pipelines"] = [{"id": 1, "sha": "head"}, {"id": 2, "sha": "older"}]
    before = {"name": "idsync-plan", "status": "success", "finished_at": "2026-11-02T09:00:00.000Z", "id": 10}
    fake.answers["GET pipelines/1/jobs"] = [
        before,
        {**before, "id": 11, "finished_at": "2026-11-02T11:00:00.000Z"},
        {**before, "id": 12, "status": "failed"},
        {**before, "id": 13, "name": "other"},
    ]
    fake.answers["GET jobs/10/artifacts"] = _zip(**{"reviewed/idsync.plan": PLAN})


def test_the_plan_that_is_applied_is_the_one_that_was_there_at_the_merge(
    gitlab: tuple[FakeGitLab, dict[str, str]], tmp_path: Path
) -> None:
    fake, environment = gitlab
    _merged(fake)
    environment["IDSYNC_API_TOKEN"] = "project"
    assert loop.main(["reviewed", str(tmp_path / "in")], environment) == 0
    assert (tmp_path / "in" / "idsync.plan").read_text() == PLAN
    assert fake.tokens == {"PRIVATE-TOKEN"}


@pytest.mark.parametrize("guards", [["user_deletes"], ["access_losses", "user_locks"]])
def test_a_plan_that_releases_a_guard_is_exit_6(
    guards: list[str], gitlab: tuple[FakeGitLab, dict[str, str]], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The job that made it came with the merge request."""
    fake, environment = gitlab
    _merged(fake)
    told = [{"guard": guard, "count": 9, "limit": 5, "released": "because"} for guard in guards]
    fake.answers["GET jobs/10/artifacts"] = _zip(**{"reviewed/idsync.plan": json.dumps({"guards": told})})
    assert loop.main(["reviewed", str(tmp_path / "in")], environment) == 6
    assert f"The plan releases {', '.join(guards)}." in capsys.readouterr().err


@pytest.mark.parametrize(("history", "code"), [("[]", 7), ('[{"run": 1}]', 0), ("", 7)])
def test_a_schedule_on_an_empty_store_applies_nothing(
    history: str, code: int, gitlab: tuple[FakeGitLab, dict[str, str]], tmp_path: Path
) -> None:
    path = tmp_path / "history.json"
    path.write_text(history)
    assert loop.main(["applied", str(path)], gitlab[1]) == code
    script = JOBS["idsync-reconcile"]["script"]
    checks = next(place for place, line in enumerate(script) if "loop.py applied" in line)
    assert checks < next(place for place, line in enumerate(script) if line.startswith("idsync reconcile"))


def test_a_push_that_no_merge_request_made_is_exit_6(gitlab: tuple[FakeGitLab, dict[str, str]]) -> None:
    fake, environment = gitlab
    fake.answers[f"GET repository/commits/{'c' * 40}/merge_requests"] = []
    assert loop.main(["reviewed", "x"], environment) == 6


def test_the_result_is_one_note_in_which_nothing_is_markup(
    gitlab: tuple[FakeGitLab, dict[str, str]], tmp_path: Path
) -> None:
    fake, environment = gitlab
    _merged(fake)
    said = tmp_path / "said"
    said.write_text("````\n@everyone </details>")
    fake.answers["GET merge_requests/3/notes"] = []
    assert loop.main(["tell", "5", str(said)], environment) == 0
    fake.answers["GET merge_requests/3/notes"] = [{"id": 9, "body": "<!-- idsync: result -->\nx"}]
    assert loop.main(["tell", "0", str(said)], environment) == 0
    posted, changed = [(what, body) for what, body in fake.asked if body]
    assert posted[0] == "POST merge_requests/3/notes"
    assert changed[0] == "PUT merge_requests/3/notes/9"
    assert "exit code 5" in posted[1]["body"]
    assert re.search(r"(?m)^`````text$", posted[1]["body"])


def test_the_issue_is_opened_kept_and_closed(gitlab: tuple[FakeGitLab, dict[str, str]], tmp_path: Path) -> None:
    fake, environment = gitlab
    said = tmp_path / "said"
    said.write_text("held")
    fake.answers["GET issues"] = []
    assert loop.main(["issue", "reconcile", "5", str(said)], environment) == 0
    assert fake.asked[-1][0] == "POST issues"
    assert fake.asked[-1][1]["confidential"] is True
    fake.answers["GET issues"] = [{"iid": 4, "state": "opened", "description": "<!-- idsync: reconcile -->\nx"}]
    assert loop.main(["issue", "reconcile", "9", str(said)], environment) == 0
    assert fake.asked[-1][0] == "GET issues", "another run at work says nothing of what is held"
    assert loop.main(["issue", "reconcile", "0", str(said)], environment) == 0
    assert fake.asked[-1] == ("PUT issues/4", {"state_event": "close"})
