"""What the jobs of gitlab-ci.yml need of GitLab's API: recordings, the reviewed plan, one note, one issue.

Python's standard library alone; everything that it is told comes by the environment and by arguments.
https://docs.gitlab.com/api/
"""

import io
import json
import os
import re
import sys
import urllib.error
import urllib.parse
import urllib.request
import zipfile
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

OLDEST = timedelta(hours=24)
MARK = "<!-- idsync: {} -->"
FEW = 4_000


class Refused(Exception):
    """What cannot be done; the message says what to change."""

    def __init__(self, message: str, code: int = 1) -> None:
        super().__init__(message)
        self.code = code


class GitLab:
    """The project of this job, asked with the job's own token, or with IDSYNC_API_TOKEN where that is there."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._api = environment["CI_API_V4_URL"]
        self._project = environment["CI_PROJECT_ID"]
        token = environment.get("IDSYNC_API_TOKEN")
        self._header = ("PRIVATE-TOKEN", token) if token else ("JOB-TOKEN", environment.get("CI_JOB_TOKEN", ""))

    def ask(self, method: str, path: str, body: Mapping[str, object] | None = None, **query: object) -> bytes:
        """What GitLab answers. Raises Refused with its status."""
        address = f"{self._api}/projects/{self._project}/{path}"
        address += f"?{urllib.parse.urlencode(query)}" if query else ""
        if not address.startswith(("https://", "http://")):
            raise Refused(f"{address} is not an address of GitLab's API.")
        content = None if body is None else json.dumps(body).encode()
        headers = {self._header[0]: self._header[1], "Content-Type": "application/json"}
        request = urllib.request.Request(address, content, headers, method=method)  # noqa: S310 - the scheme is checked
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310 - likewise
                found: bytes = answer.read()
                return found
        except urllib.error.HTTPError as error:
            raise Refused(f"GitLab answered {error.code} to {method} {path}.", 7) from None
        except OSError as error:
            raise Refused(f"GitLab did not answer {method} {path}: {error}.", 7) from None

    def json(self, method: str, path: str, body: Mapping[str, object] | None = None, **query: object) -> Any:
        """The same, as JSON."""
        return json.loads(self.ask(method, path, body, **query))


def private(_gitlab: GitLab, environment: Mapping[str, str]) -> int:
    """Refuse to go on in a public project: plans, recordings and logs name people."""
    if environment.get("CI_PROJECT_VISIBILITY") in {"private", "internal"}:
        return 0
    if environment.get("IDSYNC_ALLOW_PUBLIC") == "true":
        return 0
    raise Refused(
        "This project is public, and plans, recordings and logs name people. Make it private, or set the variable"
        " IDSYNC_ALLOW_PUBLIC to true if that is meant.",
        64,
    )


def recording(gitlab: GitLab, environment: Mapping[str, str], folder: str) -> int:
    """Fetch the newest recording of the default branch, at most a day old."""
    branch = urllib.parse.quote(environment["CI_DEFAULT_BRANCH"], safe="")
    archive = gitlab.ask("GET", f"jobs/artifacts/{branch}/download", job="idsync-reconcile")
    _unpack(archive, ("recording/snapshot.json", "recording/current.json"), Path(folder))
    taken = datetime.fromisoformat(json.loads(Path(folder, "snapshot.json").read_text())["taken_at"])
    if datetime.now(UTC) - taken > OLDEST:
        raise Refused(f"The newest recording is of {taken:%Y-%m-%d %H:%M}: see why there is none since.", 7)
    return 0


def reviewed(gitlab: GitLab, environment: Mapping[str, str], folder: str) -> int:
    """Fetch the plan of the merge request that this commit merged, as it was when it was merged."""
    request = _merged(gitlab, environment)
    merged_at = datetime.fromisoformat(request["merged_at"])
    pipelines = gitlab.json("GET", f"merge_requests/{request['iid']}/pipelines", per_page=100)
    for pipeline in sorted((row for row in pipelines if row["sha"] == request["sha"]), key=lambda row: -row["id"]):
        jobs = gitlab.json("GET", f"pipelines/{pipeline['id']}/jobs", per_page=100)
        plans = [job for job in jobs if job["name"] == "idsync-plan" and job["status"] == "success"]
        for job in sorted(plans, key=lambda row: -row["id"]):
            if datetime.fromisoformat(job["finished_at"]) <= merged_at:
                archive = gitlab.ask("GET", f"jobs/{job['id']}/artifacts")
                _unpack(archive, ("reviewed/idsync.plan",), Path(folder))
                _refuse_releases(Path(folder, "idsync.plan"))
                return 0
    raise Refused(f"No plan of !{request['iid']} was there to be reviewed. Open a merge request that plans again.", 6)


def applied(_gitlab: GitLab, _environment: Mapping[str, str], history: str) -> int:
    """Refuse to go on where nothing was ever applied: the first pass would apply what nobody reviewed."""
    if json.loads(Path(history).read_text()):
        return 0
    raise Refused(
        "Nothing was ever applied in this store. The first apply is a person's; if there was one, `store` leads"
        " somewhere else now, and nobody is locked until it leads where it led.",
        7,
    )


def tell(gitlab: GitLab, environment: Mapping[str, str], code: str, *files: str) -> int:
    """Put the result of the apply into the one note on the merge request."""
    request = _merged(gitlab, environment)
    what = "Applied" if code == "0" else f"Not applied whole: exit code {code}"
    commit, job = environment["CI_COMMIT_SHORT_SHA"], environment["CI_JOB_URL"]
    text = f"### {what} at {commit}\n\n{_fenced(files)}\n\n[Job]({job})"
    mark = MARK.format("result")
    notes = gitlab.json("GET", f"merge_requests/{request['iid']}/notes", per_page=100)
    found = next((note for note in notes if str(note["body"]).startswith(mark)), None)
    path = f"merge_requests/{request['iid']}/notes"
    gitlab.ask("PUT" if found else "POST", f"{path}/{found['id']}" if found else path, {"body": f"{mark}\n{text}"})
    return 0


def issue(gitlab: GitLab, environment: Mapping[str, str], about: str, code: str, *files: str) -> int:
    """Keep one issue about `reconcile` or `drift`: open while something is wrong, closed once all is well."""
    mark = MARK.format(about)
    title = f"idsync {about} needs somebody"
    rows = gitlab.json("GET", "issues", search=title, per_page=100)
    found = next((row for row in rows if str(row["description"] or "").startswith(mark)), None)
    if code in {"0", "9"}:
        if found and found["state"] == "opened" and code == "0":
            gitlab.ask("PUT", f"issues/{found['iid']}", {"state_event": "close"})
        return 0
    text = f"{mark}\nExit code {code}.\n\n{_fenced(files)}\n\n[Job]({environment['CI_JOB_URL']})"
    if found is None:
        gitlab.ask("POST", "issues", {"title": title, "description": text, "confidential": True})
    else:
        gitlab.ask("PUT", f"issues/{found['iid']}", {"description": text, "state_event": "reopen"})
    return 0


def _merged(gitlab: GitLab, environment: Mapping[str, str]) -> Any:
    commit = environment["CI_COMMIT_SHA"]
    rows = gitlab.json("GET", f"repository/commits/{commit}/merge_requests")
    meant = {"state": "merged", "target_branch": environment["CI_DEFAULT_BRANCH"]}
    for row in rows:
        if all(row[name] == value for name, value in meant.items()):
            return row
    raise Refused(f"No merge request was merged as {commit[:8]}, so that no plan was reviewed.", 6)


def _refuse_releases(plan: Path) -> None:
    """Refuse a plan that releases a guard: the job that made it ran what its merge request brought."""
    guards = json.loads(plan.read_text()).get("guards", [])
    released = [str(guard.get("guard")) for guard in guards if guard.get("released")]
    if released:
        raise Refused(
            f"The plan releases {', '.join(released)}. A guard is released by a person, where the store is:"
            " `idsync apply --allow GUARD=REASON`.",
            6,
        )


def _fenced(files: Sequence[str]) -> str:
    """The texts of files, in which nothing is markup or a mention."""
    text = "\n".join(Path(file).read_text(errors="replace").strip() for file in files).strip()[:FEW]
    longest = max((len(run) for run in re.findall(r"`+", text)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}text\n{text}\n{fence}"


def _unpack(archive: bytes, wanted: Sequence[str], folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(io.BytesIO(archive)) as opened:
        for name in wanted:
            path = folder / Path(name).name
            path.touch(mode=0o600)
            path.write_bytes(opened.read(name))


COMMANDS: Mapping[str, Callable[..., int]] = {
    "private": private,
    "recording": recording,
    "reviewed": reviewed,
    "applied": applied,
    "tell": tell,
    "issue": issue,
}


def main(arguments: Sequence[str], environment: Mapping[str, str]) -> int:
    """Do one of the commands; the exit code."""
    try:
        return COMMANDS[arguments[0]](GitLab(environment), environment, *arguments[1:])
    except Refused as refused:
        print(refused, file=sys.stderr)
        return refused.code
    except (KeyError, ValueError, zipfile.BadZipFile) as error:
        print(f"An artifact lacks a file, or cannot be unpacked: {error}.", file=sys.stderr)
        return 7


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:], os.environ))
