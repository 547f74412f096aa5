"""A GitHub on loopback: as much of its REST API as the action asks, with its pages, and faults on request."""

import json
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any
from urllib.parse import parse_qs, urlsplit

REPOSITORY = "enzo/access"
BOT = {"login": "github-actions[bot]", "type": "Bot"}
Row = dict[str, Any]


class FakeGitHub:
    """What GitHub knows. `faults` are answered first: (method and path pattern, status, times)."""

    def __init__(self) -> None:
        self.pulls: dict[int, Row] = {}
        self.comments: dict[int, list[Row]] = {}
        self.issues: dict[int, Row] = {}
        self.reviews: dict[int, list[Row]] = {}
        self.runs: dict[int, Row] = {}
        self.artifacts: dict[int, Row] = {}
        self.archives: dict[int, bytes] = {}
        self.pushes: dict[str, list[Row]] = {}
        """By branch, the newest first."""
        self.commits: dict[int, list[Row]] = {}
        self.edits: dict[str, list[Row]] = {}
        """Versions of texts, by what they are of, the newest first."""
        self.trees: dict[str, str] = {}
        self.private = True
        self.keeps_history = True
        self.permissions: dict[str, str] = {}
        self.faults: list[tuple[str, int, int]] = []
        self.asked: list[str] = []
        self.address = ""
        self.read_only = False
        self.writer = BOT
        """Whose token is used."""
        self._time = datetime.now(UTC) - timedelta(minutes=30)
        self._ids = iter(range(1000, 1_000_000))

    def next_id(self) -> int:
        """An id that nothing has yet."""
        return next(self._ids)

    def now(self) -> str:
        """The time, which goes on by a second whenever it is asked for."""
        self._time += timedelta(seconds=1)
        return self._time.strftime("%Y-%m-%dT%H:%M:%SZ")

    def add_run(
        self, workflow: str, event: str, sha: str, branch: str, repository: str = REPOSITORY, pull: int | None = None
    ) -> int:
        """A run of a workflow, of a pull request or not."""
        identifier = self.next_id()
        self.runs[identifier] = {
            "id": identifier,
            "event": event,
            "path": f".github/workflows/{workflow}",
            "head_sha": sha,
            "head_branch": branch,
            "head_repository": {"full_name": repository},
            "pull_requests": [{"number": pull, "base": {"ref": "main"}}] if pull else [],
        }
        return identifier

    def add_artifact(self, run: int, name: str, archive: bytes) -> int:
        """An artifact that a run left."""
        identifier = self.next_id()
        self.artifacts[identifier] = {
            "id": identifier,
            "name": name,
            "expired": False,
            "created_at": self.now(),
            "workflow_run": {"id": run},
        }
        self.archives[identifier] = archive
        return identifier

    def add_pull(self, head: str, author: str = "olga", body: str = "", repository: str = REPOSITORY) -> int:
        """An open pull request."""
        number = len(self.pulls) + 1
        self.pulls[number] = {
            "number": number,
            "body": body,
            "user": {"login": author},
            "head": {"sha": head, "ref": f"branch-{number}", "repo": {"full_name": repository}},
            "base": {"ref": "main", "repo": {"full_name": REPOSITORY}},
            "created_at": self.now(),
            "merged_at": None,
            "merge_commit_sha": None,
        }
        self.push(number, head, author, "branch_creation")
        return number

    def push(self, number: int, head: str, who: str, kind: str = "push", made_by: str | None = None) -> None:
        """Somebody pushes a commit to the branch of a pull request."""
        pull = self.pulls[number]
        pull["head"]["sha"] = head
        actor = {"login": who, "type": "Bot" if who.endswith("[bot]") else "User"}
        row = {"id": self.next_id(), "after": head, "timestamp": self.now(), "activity_type": kind, "actor": actor}
        self.pushes.setdefault(pull["head"]["ref"], []).insert(0, row)
        maker = {"login": made_by or who}
        self.commits.setdefault(number, []).append({"sha": head, "author": maker, "committer": {"login": "web-flow"}})

    def edit_text(self, number: int, body: str, who: str, kind: str = "User") -> None:
        """Somebody edits the text of a pull request."""
        pull = self.pulls[number]
        author = {"login": pull["user"]["login"], "__typename": "User"}
        edits = self.edits.setdefault(
            f"pull-{number}", [{"editedAt": pull["created_at"], "editor": author, "diff": pull["body"]}]
        )
        editor = {"login": who, "__typename": kind}
        edits.insert(0, {"editedAt": self.now(), "editor": editor, "diff": body})
        pull["body"] = body

    def edit_comment(self, row: Row, body: str, who: str | None = None) -> None:
        """Somebody, or the action, writes another version of a comment."""
        author = _actor(row["user"])
        edits = self.edits.setdefault(
            str(row["id"]), [{"editedAt": row["created_at"], "editor": author, "diff": row["body"]}]
        )
        editor = author if who is None else {"login": who, "__typename": "User"}
        edits.insert(0, {"editedAt": self.now(), "editor": editor, "diff": body})
        row["body"] = body

    def faulty(self, asked: str) -> bool:
        """Whether a fault is set for that."""
        return any(times and re.search(pattern, asked) for pattern, _, times in self.faults)

    def answer(self, method: str, path: str, query: dict[str, str], body: Any) -> tuple[int, Any]:
        """What GitHub says."""
        for place, (pattern, status, times) in enumerate(self.faults):
            if times and re.search(pattern, f"{method} {path}"):
                self.faults[place] = (pattern, status, times - 1)
                return status, {"message": "secondary rate limit" if status == 403 else "out of order"}
        if method != "GET" and path != "graphql" and self.read_only:
            return 403, {"message": "Resource not accessible by integration"}
        if path == "graphql":
            return self._ask(body["query"], body["variables"])
        for pattern, route in _ROUTES:
            if match := re.fullmatch(pattern, f"{method} {path}"):
                return route(self, *match.groups(), query=query, body=body)
        return 404, {"message": "Not Found"}

    # -- routes

    def _pull(self, number: str, **_: Any) -> tuple[int, Any]:
        found = self.pulls.get(int(number))
        return (200, found) if found else (404, {"message": "Not Found"})

    def _reviews(self, number: str, query: dict[str, str], **_: Any) -> tuple[int, Any]:
        return 200, _page(self.reviews.get(int(number), []), query)

    def _pulls_of(self, sha: str, query: dict[str, str], **_: Any) -> tuple[int, Any]:
        rows = [row for row in self.pulls.values() if sha in {row["merge_commit_sha"], row["head"]["sha"]}]
        return 200, _page(rows, query)

    def _comments(self, number: str, query: dict[str, str], **_: Any) -> tuple[int, Any]:
        return 200, _page(self.comments.get(int(number), []), query)

    def _comment(self, number: str, body: Any, **_: Any) -> tuple[int, Any]:
        row = {"id": self.next_id(), "user": self.writer, "body": body["body"], "created_at": self.now()}
        row["node_id"] = f"IC_{row['id']}"
        row["html_url"] = f"https://example.com/comment/{row['id']}"
        self.comments.setdefault(int(number), []).append(row)
        return 201, row

    def _change_comment(self, identifier: str, body: Any, **_: Any) -> tuple[int, Any]:
        for rows in self.comments.values():
            for row in rows:
                if row["id"] == int(identifier):
                    self.edit_comment(row, body["body"])
                    return 200, row
        return 404, {"message": "Not Found"}

    def _issues(self, query: dict[str, str], **_: Any) -> tuple[int, Any]:
        rows = [row for row in self.issues.values() if query.get("labels") in {None, *row["labels"]}]
        return 200, _page(rows[::-1], query)

    def _open(self, body: Any, **_: Any) -> tuple[int, Any]:
        number = len(self.issues) + 500
        self.issues[number] = {**body, "number": number, "state": "open", "user": self.writer}
        self.issues[number]["html_url"] = f"https://example.com/issues/{number}"
        return 201, self.issues[number]

    def _change_issue(self, number: str, body: Any, **_: Any) -> tuple[int, Any]:
        self.issues[int(number)].update(body)
        return 200, self.issues[int(number)]

    def _artifacts(self, query: dict[str, str], **_: Any) -> tuple[int, Any]:
        rows = [row for row in self.artifacts.values() if query.get("name") in {None, row["name"]}]
        return 200, {"artifacts": _page(rows, query)}

    def _artifacts_of(self, run: str, query: dict[str, str], **_: Any) -> tuple[int, Any]:
        rows = [row for row in self.artifacts.values() if row["workflow_run"]["id"] == int(run)]
        return 200, {"artifacts": _page(rows, query)}

    def _artifact(self, identifier: str, **_: Any) -> tuple[int, Any]:
        found = self.artifacts.get(int(identifier))
        return (200, found) if found else (404, {"message": "Not Found"})

    def _archive(self, identifier: str, **_: Any) -> tuple[int, Any]:
        return 302, f"{self.address}/stored/{identifier}"

    def _run(self, identifier: str, **_: Any) -> tuple[int, Any]:
        found = self.runs.get(int(identifier))
        return (200, found) if found else (404, {"message": "Not Found"})

    def _runs(self, query: dict[str, str], **_: Any) -> tuple[int, Any]:
        rows = [
            run
            for run in self.runs.values()
            if query.get("head_sha") in {None, run["head_sha"]} and query.get("event") in {None, run["event"]}
        ]
        return 200, {"workflow_runs": _page(rows, query)}

    def _activity(self, query: dict[str, str], **_: Any) -> tuple[int, Any]:
        return 200, self.pushes.get(query["ref"].removeprefix("refs/heads/"), [])

    def _commits_of(self, number: str, query: dict[str, str], **_: Any) -> tuple[int, Any]:
        return 200, _page(self.commits.get(int(number), []), query)

    def _tree(self, sha: str, **_: Any) -> tuple[int, Any]:
        found = self.trees.get(sha)
        return (200, {"sha": sha, "tree": {"sha": found}}) if found else (404, {"message": "Not Found"})

    def _ask(self, question: str, variables: Row) -> tuple[int, Any]:
        """GraphQL, as far as it is asked: who wrote the text of a pull request, and the versions of a comment."""
        if "pullRequest(" in question:
            pull = self.pulls[variables["number"]]
            edits = self.edits.get(f"pull-{pull['number']}", [])
            told = {
                "body": pull["body"],
                "createdAt": pull["created_at"],
                "author": _actor(pull["user"]),
                "lastEditedAt": edits[0]["editedAt"] if edits else None,
                "editor": edits[0]["editor"] if edits else None,
                "userContentEdits": {"totalCount": len(edits), "nodes": edits[:100]},
            }
            return 200, {"data": {"repository": {"pullRequest": told}}}
        row = next(row for rows in self.comments.values() for row in rows if row["node_id"] == variables["id"])
        edits = self.edits.get(str(row["id"]), [])
        begin = int(variables["before"] or 0)
        comment = {
            "body": row["body"],
            "createdAt": row["created_at"],
            "author": _actor(row["user"]),
            "userContentEdits": {
                "pageInfo": {"hasNextPage": begin + 50 < len(edits), "endCursor": str(begin + 50)},
                "nodes": [edit | ({} if self.keeps_history else {"diff": None}) for edit in edits[begin : begin + 50]],
            },
        }
        return 200, {"data": {"node": comment}}

    def _permission(self, login: str, **_: Any) -> tuple[int, Any]:
        return 200, {"permission": self.permissions.get(login, "read")}


_ROUTES: list[tuple[str, Callable[..., tuple[int, Any]]]] = [
    (r"GET pulls/(\d+)", FakeGitHub._pull),
    (r"GET pulls/(\d+)/commits", FakeGitHub._commits_of),
    (r"GET activity", FakeGitHub._activity),
    (r"GET git/commits/(\w+)", FakeGitHub._tree),
    (r"GET pulls/(\d+)/reviews", FakeGitHub._reviews),
    (r"GET commits/(\w+)/pulls", FakeGitHub._pulls_of),
    (r"GET issues/(\d+)/comments", FakeGitHub._comments),
    (r"POST issues/(\d+)/comments", FakeGitHub._comment),
    (r"PATCH issues/comments/(\d+)", FakeGitHub._change_comment),
    (r"GET issues", FakeGitHub._issues),
    (r"POST issues", FakeGitHub._open),
    (r"PATCH issues/(\d+)", FakeGitHub._change_issue),
    (r"GET actions/artifacts", FakeGitHub._artifacts),
    (r"GET actions/artifacts/(\d+)", FakeGitHub._artifact),
    (r"GET actions/runs/(\d+)/artifacts", FakeGitHub._artifacts_of),
    (r"GET actions/artifacts/(\d+)/zip", FakeGitHub._archive),
    (r"GET actions/runs/(\d+)", FakeGitHub._run),
    (r"GET actions/runs", FakeGitHub._runs),
    (r"GET collaborators/([^/]+)/permission", FakeGitHub._permission),
]


def _actor(user: Row) -> Row:
    """Somebody as GraphQL tells it, which calls a program by its name alone."""
    return {"login": user["login"].removesuffix("[bot]"), "__typename": user.get("type", "User")}


def _page(rows: list[Row], query: dict[str, str]) -> list[Row]:
    size, page = int(query.get("per_page", 30)), int(query.get("page", 1))
    return rows[(page - 1) * size : page * size]


@contextmanager
def serving(github: FakeGitHub) -> Iterator[FakeGitHub]:
    """Let a GitHub listen on loopback."""

    class Handler(BaseHTTPRequestHandler):
        def _answer(self) -> None:
            split = urlsplit(self.path)
            if split.path.startswith("/stored/"):
                github.asked.append(f"STORED {self.headers.get('Authorization', 'without a token')}")
                return self._send(200, github.archives[int(split.path.rpartition("/")[2])])
            length = int(self.headers.get("Content-Length") or 0)
            body = json.loads(self.rfile.read(length)) if length else None
            if split.path == "/user":
                github.asked.append("GET /user")
                known = github.writer["type"] == "User"
                return self._send(200 if known else 403, json.dumps(github.writer if known else {}).encode())
            if split.path == f"/repos/{REPOSITORY}" and not github.faulty("GET repository"):
                visibility = "private" if github.private else "public"
                return self._send(200, json.dumps({"private": github.private, "visibility": visibility}).encode())
            path = split.path.removeprefix(f"/repos/{REPOSITORY}/").removeprefix("/")
            github.asked.append(f"{self.command} {path}")
            query = {name: values[0] for name, values in parse_qs(split.query).items()}
            status, answer = github.answer(self.command, path, query, body)
            if status == 302:
                self.send_response(302)
                # Another host, as GitHub does it.
                self.send_header("Location", answer.replace("127.0.0.1", "localhost"))
                self.send_header("Content-Length", "0")
                self.end_headers()
                return None
            return self._send(status, json.dumps(answer).encode())

        def _send(self, status: int, content: bytes) -> None:
            self.send_response(status)
            self.send_header("Content-Length", str(len(content)))
            if status in {403, 429}:
                self.send_header("Retry-After", "0")
            self.end_headers()
            self.wfile.write(content)

        do_GET = _answer  # noqa: N815 - as the standard library names it
        do_POST = _answer  # noqa: N815 - likewise
        do_PATCH = _answer  # noqa: N815 - likewise

        def log_message(self, format: str, *arguments: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    github.address = f"http://127.0.0.1:{server.server_address[1]}"
    try:
        yield github
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
