"""Event hooks: verified by a challenge before they are told anything, by Okta's own SDK."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest
from okta.models.event_hook import EventHook

from tests.okta_simulator import Organization, Simulator
from tests.okta_simulator.event_hooks import deliver
from tests.test_okta_simulator.sdk import adapt, converse, done, refusal

pytestmark = pytest.mark.long


@pytest.fixture(autouse=True)
def _adapt_the_sdk(monkeypatch: pytest.MonkeyPatch) -> None:
    adapt(monkeypatch)


class Listener:
    """A server that answers challenges and keeps what it is told."""

    def __init__(self) -> None:
        listener = self
        self.told: list[tuple[str, dict[str, Any]]] = []
        self.answers = [204]
        self.honest = True

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                challenge = self.headers["x-okta-verification-challenge"]
                self._answer(200, {"verification": challenge if listener.honest else "other"})

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"]))
                listener.told.append((self.headers["Authorization"], json.loads(body)))
                self._answer(listener.answers.pop(0) if len(listener.answers) > 1 else listener.answers[0], {})

            def _answer(self, status: int, shape: dict[str, str]) -> None:
                body = json.dumps(shape).encode()
                self.send_response(status)
                self.send_header("content-length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: Any) -> None:
                """Say nothing."""

        self.server = HTTPServer(("127.0.0.1", 0), Handler)
        self.uri = f"http://127.0.0.1:{self.server.server_port}/hooks/okta"


@pytest.fixture
def listener() -> Iterator[Listener]:
    listening = Listener()
    thread = threading.Thread(target=listening.server.serve_forever, daemon=True)
    thread.start()
    yield listening
    listening.server.shutdown()
    listening.server.server_close()
    thread.join()


def hook(uri: str) -> EventHook:
    config = {"uri": uri, "authScheme": {"type": "HEADER", "key": "Authorization", "value": "a-secret"}}
    made = EventHook.from_dict(
        {
            "name": "idsync",
            "events": {"type": "EVENT_TYPE", "items": ["user.lifecycle.deactivate"]},
            "channel": {"type": "HTTP", "version": "1.0.0", "config": config},
        }
    )
    assert made is not None
    return made


def test_a_hook_is_verified_and_told_of_its_events_alone(listener: Listener) -> None:
    organization = Organization()
    hiro = organization.add_user("hiro@enzos-pizza.com")
    simulator = Simulator(organization)

    async def work(client: Any) -> None:
        made = await done(client.create_event_hook(hook(listener.uri)))
        assert made.verification_status.value == "UNVERIFIED"
        organization.suspend(hiro)
        assert deliver(organization) == [], "nobody tells what is not verified"
        listener.honest = False
        assert await refusal(client.verify_event_hook(made.id)) == (400, "E0000001")
        listener.honest = True
        verified = await done(client.verify_event_hook(made.id))
        assert verified.verification_status.value == "VERIFIED"
        (listed,) = await done(client.list_event_hooks())
        assert listed.channel.config.auth_scheme.value is None, "a secret is not shown again"

    converse(simulator, {"token": simulator.token}, work)
    organization.unsuspend(hiro)
    organization.deactivate(hiro)
    assert deliver(organization) == [204]
    ((secret, body),) = listener.told
    assert secret == "a-secret"
    assert [event["eventType"] for event in body["data"]["events"]] == ["user.lifecycle.deactivate"]
    assert deliver(organization) == []


@pytest.mark.parametrize(
    ("answers", "tries", "last"), [([500, 204], 2, 204), ([400, 204], 1, 400), ([503, 503], 2, 503)]
)
def test_what_fails_on_the_other_side_is_tried_once_more(
    listener: Listener, answers: list[int], tries: int, last: int
) -> None:
    organization = Organization()
    hiro = organization.add_user("hiro@enzos-pizza.com")
    simulator = Simulator(organization)

    async def work(client: Any) -> None:
        made = await done(client.create_event_hook(hook(listener.uri)))
        await done(client.verify_event_hook(made.id))

    converse(simulator, {"token": simulator.token}, work)
    listener.answers = answers
    organization.deactivate(hiro)
    assert deliver(organization) == [last]
    assert len(listener.told) == tries
