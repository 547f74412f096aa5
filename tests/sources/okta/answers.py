"""A server whose every answer the test decides."""

import traceback
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from idsync.config.settings import AppById
from idsync.errors import IdsyncError
from idsync.okta.auth import ApiTokenCredential, Credential
from idsync.sources.okta.selection import Selection
from idsync.sources.okta.source import OktaSource
from tests.sources.okta.organizations import Clock

ORG = "https://enzos-pizza.okta.com"
TOKEN = "00aSecretTokenOfSomeLength-1234567890abcde"
DATE = {"date": "Sun, 22 Nov 2026 08:00:00 GMT"}
APP = {"id": "0oa1", "label": "Teleport", "status": "ACTIVE"}
ROW = {
    "id": "00u1",
    "scope": "USER",
    "credentials": {"userName": "ada"},
    "_embedded": {"user": {"status": "ACTIVE", "profile": {"login": "ada@x"}}},
}


Answer = httpx.Response | Callable[[httpx.Request], httpx.Response | None]


class Okta:
    """A server of the two listings that a reading without lists needs; `answers` replaces them by path."""

    def __init__(self, **answers: Answer | None) -> None:
        self.answers = answers
        self.requests: list[httpx.Request] = []
        self.clock = Clock()

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        what = {"/oauth2/v1/token": "token", "/api/v1/apps/0oa1": "app"}.get(request.url.path, "users")
        answer = self.answers.get(what)
        if callable(answer):
            answer = answer(request)
        if answer is not None:
            return answer
        return httpx.Response(200, headers=DATE, json=APP if what == "app" else [ROW])

    def source(self, credential: Credential | None = None, **choices: Any) -> OktaSource:
        choices.setdefault("transport", httpx.MockTransport(self))
        return OktaSource(
            org_url=ORG,
            app=AppById("0oa1"),
            credential=credential or ApiTokenCredential(TOKEN),
            selection=Selection(lists=False),
            timing=self.clock.timing,
            **choices,
        )

    def refusal(self, credential: Credential | None = None, **choices: Any) -> IdsyncError:
        with pytest.raises(IdsyncError) as caught:
            self.source(credential, **choices).read()
        assert TOKEN not in "".join(traceback.format_exception(caught.value))
        assert caught.value.why
        return caught.value


def raising(error: Exception) -> Answer:
    def answer(request: httpx.Request) -> httpx.Response:
        raise error

    return answer


def caused(error: Exception, cause: Exception) -> Exception:
    error.__cause__ = cause
    return error


def page(*rows: object, **headers: str) -> httpx.Response:
    return httpx.Response(200, headers=DATE | headers, json=list(rows))
