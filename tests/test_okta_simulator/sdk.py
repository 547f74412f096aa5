"""Okta's own Python SDK, made to talk to a simulator on this machine."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from joserfc.jwk import RSAKey
from okta.pagination import paginate_all

from tests.okta_simulator import Simulator, running

KEY = RSAKey.generate_key(2048, parameters={"kid": "k1"})


def adapt(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the SDK talk to an address of this machine, and quickly."""
    # Its own switch for tests lets it take an address without TLS.
    monkeypatch.setenv("OKTA_TESTING_TESTINGDISABLEHTTPSCHECK", "true")
    # It makes its proof key of 3072 bits in Python, which takes up to a quarter of a minute.
    monkeypatch.setattr("okta.dpop.RSA_KEY_SIZE_BITS", 2048)


def service_app(client_id: str, scopes: list[str], *, dpop: bool = False) -> dict[str, Any]:
    """The configuration of a service app with the key of these tests."""
    return {
        "authorizationMode": "PrivateKey",
        "clientId": client_id,
        "scopes": scopes,
        "privateKey": KEY.as_pem(private=True).decode(),
        "kid": "k1",
        "dpopEnabled": dpop,
    }


def converse(simulator: Simulator, credential: dict[str, Any], work: Callable[[Any], Awaitable[None]]) -> None:
    """Let the SDK's client do some work with a running simulator."""

    from okta.client import Client  # takes seconds to import, which processes that ask nothing of it are spared

    async def session(base_url: str) -> None:
        async with Client({"orgUrl": base_url, **credential}) as client:
            await work(client)

    with running(simulator) as base_url:
        asyncio.run(session(base_url))


async def every(method: Any, **arguments: Any) -> list[Any]:
    """All rows of a listing, by the SDK's own paging."""
    return [row async for row in paginate_all(method, **arguments)]


async def done(call: Awaitable[tuple[Any, ...]]) -> Any:
    """What a call gives, None where nothing comes back; an error of it is an error here."""
    result, error = _taken_apart(await call)
    assert error is None, error
    return result


async def refusal(call: Awaitable[tuple[Any, ...]]) -> tuple[int, str]:
    """Status and code of a call that must be refused."""
    _, error = _taken_apart(await call)
    assert error is not None
    return error.status, error.error_code


def _taken_apart(answer: tuple[Any, ...]) -> tuple[Any, Any]:
    # Result, response and error; where a call gives nothing back, a failed one has no result in front.
    return (answer[0], answer[-1]) if len(answer) == 3 else (None, answer[-1])
