"""A server that repeats the token, in what it refuses with and in what it calls a group: it is left out, by value."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.acceptance.programs import command

TOKEN = "00shortTok"
CONFIG = """
apiVersion: idsync/v1
kind: Integration
spec: {{org_url: "http://127.0.0.1:{port}", app: {{id: 0oa1}}, auth: {{api_token: {{file: token}}}}}}
---
apiVersion: idsync/v1
kind: DefaultOwners
spec: {{owners: [alice]}}
"""


class Echo(BaseHTTPRequestHandler):
    """Okta with one person in one group, whose name is the token."""

    refuses = False

    def log_message(self, *_arguments: object) -> None:
        """Say nothing."""

    def do_GET(self) -> None:
        said = self.headers["Authorization"].split()[1]
        user = {"id": "00u1", "status": "ACTIVE", "profile": {"login": f"{said}@x", "email": "a@x"}}
        rows: dict[str, object] = {
            "apps": [{"id": "0oa1", "label": "SSO", "name": "n", "status": "ACTIVE"}],
            "apps/0oa1": {"id": "0oa1", "label": "SSO", "name": "n", "status": "ACTIVE"},
            "apps/0oa1/users": [
                {
                    "id": "00u1",
                    "scope": "USER",
                    "credentials": {"userName": "a@x"},
                    "profile": {},
                    "_embedded": {"user": user},
                }
            ],
            "groups": [{"id": "00g1", "type": "OKTA_GROUP", "profile": {"name": f"team {said}", "description": said}}],
            "groups/00g1/users": [{"id": "00u1", "status": "ACTIVE"}],
        }
        path = urlsplit(self.path).path.removeprefix("/api/v1/")
        body = rows.get(path, []) if not self.refuses else {"errorCode": "E1", "errorSummary": f"Invalid: {said}"}
        data = json.dumps(body).encode()
        self.send_response(401 if self.refuses else 200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.send_header("Link", f'<http://127.0.0.1{self.path}>; rel="self"')
        self.end_headers()
        with suppress(ConnectionError):  # who is refused once asks no more, and hangs up on the other answers
            self.wfile.write(data)


@contextmanager
def served(*, refuses: bool) -> Iterator[int]:
    handler = type("Handler", (Echo,), {"refuses": refuses})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.mark.parametrize("refuses", [True, False])
def test_a_short_token_is_in_nothing_that_is_said_or_kept(refuses: bool, tmp_path: Path) -> None:
    with served(refuses=refuses) as port:
        (tmp_path / "idsync.yaml").write_text(CONFIG.format(port=port))
        (tmp_path / "token").write_text(TOKEN)
        (tmp_path / "token").chmod(0o600)
        said = [
            command("plan", "-c", tmp_path, "--debug", "-o", tmp_path / "a.plan"),
            command("plan", "-c", tmp_path, "--debug", "--format", "markdown"),
            command("snapshot", "-c", tmp_path, "-o", tmp_path / "s.json"),
            command("apply", "-c", tmp_path, "--auto-approve", "--log-format", "json"),
            command("get", "all", "-c", tmp_path, "--format", "json"),
            command("history", "-c", tmp_path, "1", "--format", "json"),
        ]
    assert {ended.code for ended in said[:4]} == ({4} if refuses else {0}), said
    assert not [ended for ended in said if TOKEN in ended.out + ended.err]
    kept = [path for path in tmp_path.rglob("*") if path.is_file() and path.name != "token"]
    assert not [path for path in kept if TOKEN.encode() in path.read_bytes()]
    assert "(secret)" in said[0].out + said[0].err
