"""Secrets and keys that cannot be read while a service runs: an answer, and a line in the log that says why."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from idsync.errors import SecretError
from idsync.server.application import application
from idsync.server.hooks import EventHooks
from tests.server.conftest import Served, served
from tests.server.page_world import page_settings


def missing(*_: Any) -> Any:
    """Not to be read."""
    raise SecretError("The secret is not set.", why="No variable /a/place.", fix="Set it.")


@pytest.mark.parametrize(
    ("method", "path"), [("GET", "/.well-known/jwks.json"), ("POST", "/hooks/okta"), ("GET", "/hooks/okta")]
)
def test_what_cannot_be_read_is_503(service: Served, method: str, path: str, caplog: pytest.LogCaptureFixture) -> None:
    keys: Callable[[], list[dict[str, Any]]] = missing
    app = application(service.endpoint, service.worker, EventHooks(missing, lambda: None), keys=keys)
    answer = TestClient(app, raise_server_exceptions=False).request(method, path, headers={"Authorization": "x"})
    assert answer.status_code == 503
    assert "/a/place" not in answer.text
    assert "The secret is not set." in caplog.text


@pytest.mark.parametrize("path", ["/", "/people?q=a", "/sign-in"])
def test_a_stranger_is_not_told_which_secret_is_missing(tmp_path: Path, path: str) -> None:
    with served(tmp_path / "idsync.db", page_settings(), secrets={}) as service:
        headers = {"Cookie": "idsync-session=99999999999.abc", "Sec-Fetch-Site": "same-origin"}
        method, data = ("POST", {"token": "x"}) if path == "/sign-in" else ("GET", None)
        answer = service.http.request(method, path, headers=headers, data=data)
        assert answer.status_code == 503
        assert "ALICE" not in answer.text
